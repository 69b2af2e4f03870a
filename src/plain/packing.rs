//! Layouts of C structs, as the module `struct` spells them: which bytes belong to which value.
//!
//! Nothing here knows values of programs; `native/packing.rs` puts them in and takes them out.

/// One format character with its count.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    pub code: u8,
    /// How many items; the number of bytes for texts (`s`, `p`) and padding (`x`).
    pub count: usize,
    /// Where the first item lies.
    pub at: usize,
    /// The size of an item.
    pub size: usize,
}

impl Field {
    /// How many values of the program it stands for.
    pub fn values(&self) -> usize {
        match self.code {
            b'x' => 0,
            b's' | b'p' => 1,
            _ => self.count,
        }
    }
}

#[derive(Debug)]
pub struct Plan {
    pub fields: Vec<Field>,
    pub size: usize,
    pub values: usize,
    /// Are the bytes of an item turned around?
    pub big: bool,
    /// Sizes of the machine, each item aligned.
    pub native: bool,
}

/// The size of an item; with the sizes of the standard, or of this machine.
fn size_of(code: u8, native: bool) -> Option<usize> {
    Some(match code {
        b'x' | b'c' | b'b' | b'B' | b'?' | b's' | b'p' => 1,
        b'h' | b'H' | b'e' => 2,
        b'i' | b'I' | b'f' => 4,
        b'l' | b'L' => {
            if native {
                8
            } else {
                4
            }
        }
        b'q' | b'Q' | b'd' => 8,
        b'n' | b'N' | b'P' if native => 8,
        _ => return None,
    })
}

impl Plan {
    pub fn parse(format: &[u8]) -> Result<Plan, &'static str> {
        const TOO_LONG: &str = "total struct size too long";
        let (big, native, text) = match format {
            [b'<', rest @ ..] => (false, false, rest),
            [b'>' | b'!', rest @ ..] => (true, false, rest),
            [b'=', rest @ ..] => (false, false, rest),
            [b'@', rest @ ..] => (false, true, rest),
            _ => (false, true, format),
        };
        let mut plan = Plan { fields: Vec::new(), size: 0, values: 0, big, native };
        let mut rest = text.iter().copied();
        while let Some(mut code) = rest.next() {
            if code.is_ascii_whitespace() || code == 0x0b {
                continue;
            }
            let mut count = 1usize;
            if code.is_ascii_digit() {
                count = 0;
                while code.is_ascii_digit() {
                    let digit = usize::from(code - b'0');
                    count =
                        count.checked_mul(10).and_then(|n| n.checked_add(digit)).ok_or(TOO_LONG)?;
                    code = rest.next().ok_or("repeat count given without format specifier")?;
                }
            }
            let size = size_of(code, native).ok_or("bad char in struct format")?;
            if native {
                plan.size = plan.size.checked_next_multiple_of(size).ok_or(TOO_LONG)?;
            }
            let field = Field { code, count, at: plan.size, size };
            let end = size.checked_mul(count).and_then(|bytes| bytes.checked_add(plan.size));
            plan.size = end.filter(|&end| end <= isize::MAX as usize).ok_or(TOO_LONG)?;
            plan.values += field.values();
            if code != b'x' {
                plan.fields.push(field);
            }
        }
        Ok(plan)
    }
}

/// What an integer of a format may be: its least and its greatest value.
pub fn range(code: u8, size: usize) -> (i128, i128) {
    let bits = 8 * size as u32;
    match code.is_ascii_lowercase() {
        true => (-(1 << (bits - 1)), (1 << (bits - 1)) - 1),
        false => (0, (1 << bits) - 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layouts_are_those_of_c() {
        let size = |format: &str| Plan::parse(format.as_bytes()).map(|plan| plan.size);
        assert_eq!(size("bi"), Ok(8));
        assert_eq!(size("<bi"), Ok(5));
        assert_eq!(size("bi0q"), Ok(8));
        assert_eq!(size("3x 2s\n4p"), Ok(9));
        assert_eq!(size("9"), Err("repeat count given without format specifier"));
        assert_eq!(size("<n"), Err("bad char in struct format"));
        assert_eq!(size("9223372036854775808b"), Err("total struct size too long"));
        assert_eq!(range(b'b', 1), (-128, 127));
        assert_eq!(range(b'Q', 8), (0, u64::MAX.into()));
    }
}
