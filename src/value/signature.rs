//! Parameters of natives, read from the text of their signature while Sloop is compiled.

/// Most parameters that a native can have.
const MOST: usize = 14;

/// `name(self, a, /, b=1, *args, key=None, **kwargs)`: parameters as Python writes them. Absent
/// optional arguments arrive as UNDEF; the texts of defaults are documentation.
#[derive(Debug)]
pub struct Signature {
    pub text: &'static str,
    name_len: u8,
    /// Where the names of the parameters that have a place of their own begin and end.
    names: [(u8, u8); MOST],
    count: u8,
    positional_only: u8,
    positional: u8,
    required: u8,
    /// Bit i: keyword-only parameter i has no default.
    pub required_keywords: u16,
    /// `*args`: surplus positional arguments follow the places.
    pub variadic: bool,
    /// `**kwargs`: one more place (the last but the surplus) holds a dict or UNDEF.
    pub keywords: bool,
}

impl Signature {
    pub fn name(&self) -> &'static str {
        &self.text[..self.name_len as usize]
    }

    /// How many parameters have places.
    pub fn len(&self) -> usize {
        self.count as usize
    }

    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    pub fn param(&self, i: usize) -> &'static str {
        let (start, end) = self.names[i];
        &self.text[start as usize..end as usize]
    }

    pub fn position(&self, name: &str) -> Option<usize> {
        (0..self.len()).find(|&i| self.param(i) == name)
    }

    pub fn positional_only(&self) -> usize {
        self.positional_only as usize
    }

    /// Positional ones, positional-only included.
    pub fn positional(&self) -> usize {
        self.positional as usize
    }

    /// The first of the positional parameters, up to here, have no default.
    pub fn required(&self) -> usize {
        self.required as usize
    }

    pub const fn parse(text: &'static str) -> Signature {
        let bytes = text.as_bytes();
        assert!(bytes.len() < 256, "a signature is short");
        let mut at = 0;
        while bytes[at] != b'(' {
            at += 1;
        }
        let mut signature = Signature {
            text,
            name_len: at as u8,
            names: [(0, 0); MOST],
            count: 0,
            positional_only: 0,
            positional: 0,
            required: 0,
            required_keywords: 0,
            variadic: false,
            keywords: false,
        };
        let (mut keyword_only, mut keywords) = (false, 0);
        let end = bytes.len() - 1;
        assert!(bytes[end] == b')', "a signature ends with its parameters");
        at += 1;
        while at < end {
            let start = at;
            while at < end && bytes[at] != b',' && bytes[at] != b'=' {
                at += 1;
            }
            let stop = at;
            let optional = at < end && bytes[at] == b'=';
            while at < end && bytes[at] != b',' {
                at += 1;
            }
            at += 1;
            while at < end && bytes[at] == b' ' {
                at += 1;
            }
            match bytes[start] {
                b'/' => signature.positional_only = signature.count,
                b'*' if stop - start > 1 && bytes[start + 1] == b'*' => signature.keywords = true,
                b'*' => {
                    signature.variadic = stop - start > 1;
                    keyword_only = true;
                }
                _ => {
                    if keyword_only {
                        if !optional {
                            signature.required_keywords |= 1 << keywords;
                        }
                        keywords += 1;
                    } else {
                        signature.positional += 1;
                        if !optional {
                            signature.required = signature.positional;
                        }
                    }
                    signature.names[signature.count as usize] = (start as u8, stop as u8);
                    signature.count += 1;
                }
            }
        }
        signature
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_parameter() {
        let s = Signature::parse("f(self, a, /, b, c=(1), *args, key, other=None, **kwargs)");
        assert_eq!(s.name(), "f");
        let names: Vec<&str> = (0..s.len()).map(|i| s.param(i)).collect();
        assert_eq!(names, ["self", "a", "b", "c", "key", "other"]);
        assert_eq!((s.positional_only(), s.positional(), s.required()), (2, 4, 3));
        assert_eq!((s.required_keywords, s.variadic, s.keywords), (1, true, true));
        assert_eq!((s.position("other"), s.position("args")), (Some(5), None));
        let s = Signature::parse("g()");
        assert!(s.is_empty() && !s.variadic && !s.keywords);
        let s = Signature::parse("h(x, *, y=1)");
        assert_eq!((s.len(), s.positional(), s.variadic), (2, 1, false));
    }
}
