//! Tables of the format mini-language.
//!
//! `make_tables.py` writes the tables; a row is one call of one function, and the functions of the
//! floor are called here under the names that the rows use.

use sloop::plain::int::MAX_DIGITS;
use sloop::plain::{spec, wtf8};

use crate::{Show, check};

#[test]
fn specs() {
    check(include_str!("spec.txt"), |name, row| {
        let spec = &row.text(0)[..];
        let mut out = Vec::new();
        let done = match name {
            "str" => {
                let text = row.text(1);
                spec::format_str(&mut out, spec, &text, wtf8::len(&text), "str")
            }
            "bool" => spec::format_bool(&mut out, spec, row.flag(1)),
            "float" => spec::format_f64(&mut out, spec, row.float(1), "float"),
            "complex" => {
                spec::format_complex(&mut out, spec, row.float(1), row.float(2), "complex")
            }
            "int" => {
                let n = row.big(1);
                let done = spec::format_big(&mut out, spec, &n, MAX_DIGITS, "int");
                if let Ok(small) = i64::try_from(&n) {
                    let mut same = Vec::new();
                    let small = spec::format_i64(&mut same, spec, small, "int");
                    if !spec.ends_with(b"c") {
                        assert_eq!((&same, &small), (&out, &done), "{spec:?} {n}");
                    }
                    out = same;
                    small
                } else {
                    done
                }
            }
            _ => panic!("{name}"),
        };
        done.map(|()| out).show()
    });
}
