//! What the Unicode Character Database says of code points beyond the predicates, as of 15.1.
//!
//! `database.bin` is written by `tests/plain/make_unicode.py`, which says how it is laid out. It is
//! taken apart when somebody asks for the first time.

use std::sync::OnceLock;

static DATA: &[u8] = include_bytes!("database.bin");
const PAGE: usize = 128;
const INDEX: usize = 0x110000 / PAGE;
const RECORD: usize = 3;
const MIRRORED: u8 = 0x80;

/// The version of Unicode that all of this module speaks of.
pub const VERSION: &str = "15.1.0";

pub struct Database {
    categories: Vec<&'static str>,
    directions: Vec<&'static str>,
    widths: Vec<&'static str>,
    tags: Vec<&'static str>,
    fractions: Vec<f64>,
    index: &'static [u8],
    pages: &'static [u8],
    records: &'static [u8],
    combining: Ranges,
    digits: Ranges,
    numbers: Ranges,
    decompositions: Vec<Decomposition>,
    parts: Vec<u32>,
}

struct Decomposition {
    point: u32,
    tag: u8,
    count: u8,
    start: u32,
}

/// Runs of code points that share a value: first, one behind the last, value.
struct Ranges(Vec<(u32, u32, u32)>);

impl Ranges {
    fn get(&self, point: u32) -> Option<u32> {
        let at = self.0.partition_point(|&(_, end, _)| end <= point);
        let &(first, _, value) = self.0.get(at)?;
        (first <= point).then_some(value)
    }
}

pub fn database() -> &'static Database {
    static KNOWN: OnceLock<Database> = OnceLock::new();
    KNOWN.get_or_init(|| Reader { rest: DATA }.database())
}

impl Database {
    fn record(&self, point: u32) -> &[u8] {
        let point = point as usize;
        let at = point / PAGE * 2;
        let page = u16::from_le_bytes([self.index[at], self.index[at + 1]]) as usize;
        let record = self.pages[page * PAGE + point % PAGE] as usize;
        &self.records[record * RECORD..(record + 1) * RECORD]
    }

    pub fn category(&self, point: u32) -> &'static str {
        self.categories[self.record(point)[0] as usize]
    }

    pub fn bidirectional(&self, point: u32) -> &'static str {
        self.directions[self.record(point)[1] as usize]
    }

    pub fn east_asian_width(&self, point: u32) -> &'static str {
        self.widths[(self.record(point)[2] & !MIRRORED) as usize]
    }

    pub fn is_mirrored(&self, point: u32) -> bool {
        self.record(point)[2] & MIRRORED != 0
    }

    pub fn is_assigned(&self, point: u32) -> bool {
        self.category(point) != "Cn"
    }

    /// The canonical combining class.
    pub fn combining(&self, point: u32) -> u32 {
        self.combining.get(point).unwrap_or(0)
    }

    pub fn digit(&self, point: u32) -> Option<u32> {
        self.digits.get(point)
    }

    pub fn numeric(&self, point: u32) -> Option<f64> {
        self.numbers.get(point).map(|number| self.fractions[number as usize])
    }

    /// The mapping as the database writes it: a tag unless it is canonical, and code points.
    pub fn decomposition(&self, point: u32) -> String {
        let known = self.decompositions.binary_search_by_key(&point, |known| known.point);
        let Ok(at) = known else { return String::new() };
        let known = &self.decompositions[at];
        let mut text = match known.tag {
            0 => String::new(),
            tag => format!("{} ", self.tags[tag as usize - 1]),
        };
        let start = known.start as usize;
        for (i, part) in self.parts[start..start + known.count as usize].iter().enumerate() {
            text += &format!("{}{part:04X}", if i == 0 { "" } else { " " });
        }
        text
    }
}

struct Reader {
    rest: &'static [u8],
}

impl Reader {
    fn database(mut self) -> Database {
        let [categories, directions, widths, tags] = [(); 4].map(|_| self.words());
        // Stored as one more than they are: one is negative.
        let fractions = self.many(|r| (r.long() as f64 - 1.0) / r.long() as f64);
        let (pages, records) = (self.number() as usize, self.number() as usize);
        let index = self.take(INDEX * 2);
        let pages = self.take(pages * PAGE);
        let records = self.take(records * RECORD);
        let [combining, digits, numbers] = [(); 3].map(|_| self.ranges());
        let (mut parts, mut point) = (Vec::new(), 0);
        let decompositions = self.many(|r| {
            point += r.number();
            let (tag, count) = (r.take(1)[0], r.number() as u8);
            let start = parts.len() as u32;
            parts.extend((0..count).map(|_| r.number()));
            Decomposition { point, tag, count, start }
        });
        Database {
            categories,
            directions,
            widths,
            tags,
            fractions,
            index,
            pages,
            records,
            combining,
            digits,
            numbers,
            decompositions,
            parts,
        }
    }

    fn many<X>(&mut self, mut each: impl FnMut(&mut Self) -> X) -> Vec<X> {
        (0..self.number()).map(|_| each(self)).collect()
    }

    fn ranges(&mut self) -> Ranges {
        let mut last = 0;
        Ranges(self.many(|r| {
            let first = last + r.number();
            last = first + r.number();
            (first, last, r.number())
        }))
    }

    fn words(&mut self) -> Vec<&'static str> {
        let length = self.number() as usize;
        str::from_utf8(self.take(length)).expect("it is ASCII").split(' ').collect()
    }

    fn take(&mut self, length: usize) -> &'static [u8] {
        let (taken, rest) = self.rest.split_at(length);
        self.rest = rest;
        taken
    }

    fn number(&mut self) -> u32 {
        self.long() as u32
    }

    fn long(&mut self) -> u64 {
        let (mut number, mut shift) = (0, 0);
        loop {
            let byte = self.take(1)[0];
            number |= u64::from(byte & 0x7F) << shift;
            if byte < 0x80 {
                return number;
            }
            shift += 7;
        }
    }
}
