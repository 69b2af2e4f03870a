//! Tables of texts: reprs, case, searching, splitting, shaping, slicing.
//!
//! `make_tables.py` writes the tables; a row is one call of one function, and the functions of the
//! floor are called here under the names that the rows use.

use sloop::plain::wtf8::{self, Side};
use sloop::plain::{index, repr, unicode};

use crate::{Show, check};

fn made(push: impl FnOnce(&mut Vec<u8>)) -> String {
    let mut out = Vec::new();
    push(&mut out);
    out.show()
}

fn limit(n: i64) -> Option<usize> {
    usize::try_from(n).ok()
}

fn side(name: &str) -> Side {
    match name.as_bytes()[0] {
        b'l' => Side::Left,
        b'r' => Side::Right,
        _ => Side::Both,
    }
}

#[test]
fn texts() {
    check(include_str!("text.txt"), |name, row| {
        let s = &row.text(0)[..];
        let arg = |at: usize| row.text(at);
        match name {
            "repr" => made(|out| repr::push_str_repr(out, s)),
            "ascii" => {
                let direct = made(|out| repr::push_str_ascii(out, s));
                let mut whole = Vec::new();
                repr::push_str_repr(&mut whole, s);
                assert_eq!(made(|out| repr::push_ascii_of_repr(out, &whole)), direct);
                direct
            }
            "bytesrepr" => made(|out| repr::push_bytes_repr(out, s)),
            "complexrepr" => made(|out| repr::push_complex_repr(out, row.float(0), row.float(1))),
            "reverse" => wtf8::reverse(s).show(),
            "splitlines" => wtf8::split_lines(s, false, true).show(),
            "splitlines_keep" => wtf8::split_lines(s, true, true).show(),
            "bytes_splitlines" => wtf8::split_lines(s, false, false).show(),
            "lower" => unicode::lower(s).show(),
            "upper" => unicode::upper(s).show(),
            "title" => unicode::title(s).show(),
            "capitalize" => unicode::capitalize(s).show(),
            "swapcase" => unicode::swapcase(s).show(),
            "casefold" => unicode::casefold(s).show(),
            "isalpha" => unicode::all(s, unicode::is_alpha).show(),
            "isdecimal" => unicode::all(s, unicode::is_decimal).show(),
            "isdigit" => unicode::all(s, unicode::is_digit).show(),
            "isnumeric" => unicode::all(s, unicode::is_numeric).show(),
            "isalnum" => unicode::all(s, unicode::is_alnum).show(),
            "isspace" => unicode::all(s, unicode::is_space).show(),
            "islower" => unicode::all_lower(s).show(),
            "isupper" => unicode::all_upper(s).show(),
            "istitle" => unicode::all_title(s).show(),
            "isprintable" => unicode::all_printable(s).show(),
            "isidentifier" => unicode::is_identifier(s).show(),
            "find" => wtf8::find(s, &arg(1)).map_or(-1, |at| wtf8::index_of(s, at) as i64).show(),
            "rfind" => wtf8::rfind(s, &arg(1)).map_or(-1, |at| wtf8::index_of(s, at) as i64).show(),
            "count" => wtf8::count(s, &arg(1)).show(),
            "replace" => wtf8::replace(s, &arg(1), &arg(2), limit(row.int(3)))
                .map(|new| new.unwrap_or_else(|| s.to_vec()))
                .show(),
            "split" => wtf8::split(s, &arg(1), limit(row.int(2))).show(),
            "rsplit" => wtf8::rsplit(s, &arg(1), limit(row.int(2))).show(),
            "split_space" => wtf8::split_space(s, limit(row.int(1)), true).show(),
            "rsplit_space" => wtf8::rsplit_space(s, limit(row.int(1)), true).show(),
            "partition" => {
                let sep = &arg(1)[..];
                let found = wtf8::partition(s, sep);
                found.map(|found| found.map_or(vec![s, b"", b""], |(a, b)| vec![a, sep, b])).show()
            }
            "rpartition" => {
                let sep = &arg(1)[..];
                let found = wtf8::rpartition(s, sep);
                found.map(|found| found.map_or(vec![b"", b"", s], |(a, b)| vec![a, sep, b])).show()
            }
            "strip" | "lstrip" | "rstrip" => wtf8::strip_chars(s, &arg(1), side(name), true).show(),
            "strip_space" | "lstrip_space" | "rstrip_space" => {
                wtf8::strip_space(s, side(name), true).show()
            }
            "center" | "ljust" | "rjust" => {
                let (len, width) = (wtf8::len(s), row.int(1) as usize);
                let fill = wtf8::decode(&arg(2)).0;
                match name {
                    "center" => wtf8::center(s, len, width, fill),
                    "ljust" => wtf8::left(s, len, width, fill),
                    _ => wtf8::right(s, len, width, fill),
                }
                .show()
            }
            "zfill" => wtf8::zfill(s, wtf8::len(s), row.int(1) as usize).show(),
            "expandtabs" => wtf8::expand_tabs(s, row.int(1) as usize, true).show(),
            "slice" => {
                let len = wtf8::len(s);
                let range = index::resolve(Some(row.int(1)), Some(row.int(2)), row.int(3), len);
                let stepped = wtf8::slice_step(s, range.start, range.step, range.count);
                if range.step == 1 {
                    assert_eq!(stepped, wtf8::slice(s, range.start, range.start + range.count));
                }
                stepped.show()
            }
            _ => panic!("{name}"),
        }
    });
}
