//! Sets of chars, and letters that count as the same when case is ignored.

use super::super::unicode;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Category {
    Digit,
    Space,
    Word,
}

impl Category {
    pub fn has(self, point: u32, ascii: bool) -> bool {
        if ascii || point < 0x80 {
            let Ok(byte) = u8::try_from(point) else { return false };
            return match self {
                Category::Digit => byte.is_ascii_digit(),
                Category::Space => {
                    if ascii {
                        matches!(byte, b' ' | 0x09..=0x0d)
                    } else {
                        unicode::is_ascii_space(byte)
                    }
                }
                Category::Word => byte.is_ascii_alphanumeric() || byte == b'_',
            };
        }
        match self {
            Category::Digit => unicode::is_decimal(point),
            Category::Space => unicode::is_space(point),
            Category::Word => unicode::is_alnum(point),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    Range(u32, u32),
    Category { category: Category, ascii: bool, negated: bool },
}

#[derive(Debug, Clone)]
pub struct Set {
    pub items: Vec<Item>,
    pub negated: bool,
    /// Case is ignored, of ASCII letters alone or of all.
    pub fold: Option<Fold>,
    /// The answers for the first 256 points, once known.
    low: [u64; 4],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fold {
    Ascii,
    Unicode,
}

impl Set {
    pub fn new(items: Vec<Item>, negated: bool, fold: Option<Fold>) -> Set {
        let mut set = Set { items, negated, fold, low: [0; 4] };
        for point in 0..256u32 {
            if set.asks(point) {
                set.low[(point / 64) as usize] |= 1 << (point % 64);
            }
        }
        set
    }

    #[inline]
    pub fn has(&self, point: u32) -> bool {
        match self.low.get((point / 64) as usize) {
            Some(word) => word >> (point % 64) & 1 != 0,
            None => self.asks(point),
        }
    }

    fn asks(&self, point: u32) -> bool {
        let mut found = self.holds(point);
        if let (false, Some(kind)) = (found, self.fold) {
            found = variants(point, kind).iter().any(|&other| self.holds(other))
                || point >= 0x80 && self.holds_equal(folded(point, kind), kind);
        }
        found != self.negated
    }

    /// Is there a char that counts as the same? Large ranges are asked for the usual ones only.
    fn holds_equal(&self, wanted: u32, kind: Fold) -> bool {
        self.items.iter().any(|item| match *item {
            Item::Range(low, high) => {
                high - low < 256 && (low..=high).any(|other| folded(other, kind) == wanted)
            }
            Item::Category { .. } => false,
        })
    }

    fn holds(&self, point: u32) -> bool {
        self.items.iter().any(|item| match *item {
            Item::Range(low, high) => (low..=high).contains(&point),
            Item::Category { category, ascii, negated } => category.has(point, ascii) != negated,
        })
    }
}

fn lower(point: u32) -> u32 {
    if point == 0x130 {
        return 'i' as u32;
    }
    let Some(c) = char::from_u32(point) else { return point };
    let mut all = c.to_lowercase();
    match (all.next(), all.next()) {
        (Some(one), None) => one as u32,
        _ => point,
    }
}

fn upper(point: u32) -> u32 {
    let Some(c) = char::from_u32(point) else { return point };
    let mut all = c.to_uppercase();
    match (all.next(), all.next()) {
        (Some(one), None) => one as u32,
        _ => point,
    }
}

/// What a letter is compared as when case is ignored.
pub fn folded(point: u32, kind: Fold) -> u32 {
    if point < 0x80 || kind == Fold::Ascii {
        let is_capital = (0x41..=0x5a).contains(&point);
        return if is_capital { point + 32 } else { point };
    }
    match point {
        // Their capitals are several letters, the same ones.
        0x1fd3 => 0x390,
        0x1fe3 => 0x3b0,
        0xfb05 => 0xfb06,
        _ => lower(upper(point)),
    }
}

fn variants(point: u32, kind: Fold) -> [u32; 4] {
    if kind == Fold::Ascii {
        let other = match point {
            0x41..=0x5a => point + 32,
            0x61..=0x7a => point - 32,
            _ => point,
        };
        return [other; 4];
    }
    // The Kelvin sign, the long s and the dotless i meet their letters from either side.
    let special = match point {
        0x6b | 0x4b => 0x212a,
        0x73 | 0x53 => 0x17f,
        0x69 | 0x49 => 0x131,
        0xe5 | 0xc5 => 0x212b,
        _ => upper(lower(point)),
    };
    [lower(point), upper(point), folded(point, kind), special]
}
