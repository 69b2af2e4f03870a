//! The floor of plain data against CPython 3.13: every row of a table is a call and its result.
//!
//! `make_tables.py` and `make_unicode.py` write the tables; they say how a row is read.

mod bytes;
mod hostile;
mod numbers;
mod specs;
mod templates;
mod texts;
mod unicode;

use sloop::plain::{Fault, Kind};

/// A row of a table.
pub struct Row {
    fields: Vec<String>,
}

impl Row {
    pub fn text(&self, at: usize) -> Vec<u8> {
        unescape(&self.fields[at])
    }

    pub fn float(&self, at: usize) -> f64 {
        match self.fields[at].as_str() {
            "nan" => f64::NAN,
            bits => f64::from_bits(u64::from_str_radix(bits, 16).unwrap()),
        }
    }

    pub fn int(&self, at: usize) -> i64 {
        self.fields[at].parse().unwrap()
    }

    pub fn big(&self, at: usize) -> dashu_int::IBig {
        dashu_int::IBig::from_str_with_radix_prefix(&self.fields[at]).unwrap().0
    }

    pub fn flag(&self, at: usize) -> bool {
        self.fields[at] == "true"
    }

    pub fn width(&self) -> usize {
        self.fields.len()
    }
}

pub fn unescape(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let (mut out, mut at) = (Vec::new(), 0);
    while at < bytes.len() {
        if bytes[at] == b'\\' {
            out.push(u8::from_str_radix(&text[at + 2..at + 4], 16).unwrap());
            at += 4;
        } else {
            out.push(bytes[at]);
            at += 1;
        }
    }
    out
}

pub fn escape(text: &[u8]) -> String {
    let one = |&byte: &u8| match byte {
        b'\\' => "\\x5c".to_string(),
        32..127 => (byte as char).to_string(),
        _ => format!("\\x{byte:02x}"),
    };
    text.iter().map(one).collect()
}

/// A result as the tables write it.
pub trait Show {
    fn show(&self) -> String;
}

impl Show for f64 {
    fn show(&self) -> String {
        if self.is_nan() { "nan".to_string() } else { format!("{:016x}", self.to_bits()) }
    }
}

impl Show for i64 {
    fn show(&self) -> String {
        self.to_string()
    }
}

impl Show for usize {
    fn show(&self) -> String {
        self.to_string()
    }
}

impl Show for bool {
    fn show(&self) -> String {
        self.to_string()
    }
}

impl Show for sloop::plain::int::Int {
    fn show(&self) -> String {
        self.clone().into_big().show()
    }
}

impl Show for dashu_int::IBig {
    /// The tables write very large numbers in hexadecimal.
    fn show(&self) -> String {
        let text = self.to_string();
        if text.trim_start_matches('-').len() <= 4000 { text } else { format!("{self:#x}") }
    }
}

impl Show for String {
    fn show(&self) -> String {
        escape(self.as_bytes())
    }
}

impl Show for Vec<u8> {
    fn show(&self) -> String {
        escape(self)
    }
}

impl Show for &[u8] {
    fn show(&self) -> String {
        escape(self)
    }
}

impl<T: Show> Show for Vec<T>
where
    Vec<T>: NotBytes,
{
    fn show(&self) -> String {
        self.iter().map(Show::show).collect::<Vec<_>>().join("|")
    }
}

pub trait NotBytes {}
impl NotBytes for Vec<&[u8]> {}
impl NotBytes for Vec<Vec<u8>> {}
impl NotBytes for Vec<String> {}

impl<A: Show, B: Show> Show for (A, B) {
    fn show(&self) -> String {
        format!("{}|{}", self.0.show(), self.1.show())
    }
}

impl<T: Show> Show for Result<T, Fault> {
    fn show(&self) -> String {
        match self {
            Ok(value) => value.show(),
            Err(fault) => show_fault(fault),
        }
    }
}

pub fn show_fault(fault: &Fault) -> String {
    let (kind, text) = match fault.kind {
        Kind::Index => ("IndexError", fault.text.to_string()),
        Kind::Key => ("KeyError", fault.text.to_string()),
        Kind::Memory => ("MemoryError", fault.text.to_string()),
        Kind::Overflow => ("OverflowError", fault.text.to_string()),
        Kind::Range => ("OverflowError", format!("(34, '{}')", fault.text)),
        Kind::Type => ("TypeError", fault.text.to_string()),
        Kind::Value => ("ValueError", fault.text.to_string()),
        Kind::ZeroDivision => ("ZeroDivisionError", fault.text.to_string()),
    };
    format!("!{kind}: {}", escape(text.as_bytes()))
}

/// Runs every row of a table and reports all that differ.
pub fn check(table: &str, answer: impl Fn(&str, &Row) -> String) {
    let mut wrong = Vec::new();
    for line in table.lines() {
        let mut fields: Vec<String> = line.split('\t').map(str::to_string).collect();
        let expected = fields.pop().unwrap();
        assert_eq!(fields.pop().unwrap(), "=", "{line}");
        let name = fields.remove(0);
        let got = answer(&name, &Row { fields });
        if got != expected {
            wrong.push(format!("{line}\n    got {got}"));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} rows differ:\n{}",
        wrong.len(),
        wrong[..wrong.len().min(30)].join("\n")
    );
}
