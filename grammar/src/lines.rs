//! Physical lines of a source text: `\n`, `\r\n` and a lone `\r` all end one.

/// How many bytes the newline at `at` has, if there is one.
pub fn newline_width(bytes: &[u8], at: usize) -> Option<usize> {
    match bytes.get(at)? {
        b'\n' => Some(1),
        b'\r' if bytes.get(at + 1) == Some(&b'\n') => Some(2),
        b'\r' => Some(1),
        _ => None,
    }
}

/// Where the physical line around `at` ends, before its newline.
pub fn line_end(bytes: &[u8], at: usize) -> usize {
    let rest = &bytes[at.min(bytes.len())..];
    at + rest.iter().position(|byte| matches!(byte, b'\n' | b'\r')).unwrap_or(rest.len())
}

/// Where the physical line around `at` begins.
pub fn line_start(bytes: &[u8], at: usize) -> usize {
    let before = &bytes[..at.min(bytes.len())];
    before.iter().rposition(|byte| matches!(byte, b'\n' | b'\r')).map_or(0, |index| index + 1)
}

/// The 1-based number of the physical line around `at`.
pub fn line_number(bytes: &[u8], at: usize) -> usize {
    let mut line = 1;
    let mut index = 0;
    while index < at {
        match newline_width(bytes, index) {
            Some(width) => {
                index += width;
                if index <= at {
                    line += 1;
                }
            }
            None => index += 1,
        }
    }
    line
}
