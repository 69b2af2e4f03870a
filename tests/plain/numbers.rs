//! Tables of floats, ints and hashes.
//!
//! `make_tables.py` writes the tables; a row is one call of one function, and the functions of the
//! floor are called here under the names that the rows use.

use std::cmp::Ordering;

use dashu_int::IBig;
use sloop::plain::int::{self, Base, Int, MAX_DIGITS};
use sloop::plain::{Result, float, hash};

use crate::{Row, Show, check};

#[test]
fn floats() {
    check(include_str!("float.txt"), |name, row| {
        let x = || row.float(0);
        match name {
            "repr" => float::repr(x()).show(),
            "hex" => float::to_hex(x()).show(),
            "fromhex" => float::from_hex(&row.text(0)).show(),
            "int" => float::to_int(x()).show(),
            "round" => float::round_to_int(x()).show(),
            "ratio" => float::as_integer_ratio(x()).show(),
            "hash" => hash::float(x()).map_or("id".to_string(), |hash| hash.show()),
            "roundn" => float::round(x(), row.int(1)).show(),
            "floordiv" => float::floor_div(x(), row.float(1)).show(),
            "mod" => float::modulo(x(), row.float(1)).show(),
            "divmod" => float::divmod(x(), row.float(1)).show(),
            "pow" => match float::pow(x(), row.float(1)) {
                Ok(float::Power::Complex) => "complex".to_string(),
                Ok(float::Power::Real(value)) => value.show(),
                Err(fault) if fault.kind == sloop::plain::Kind::Range => {
                    "!OverflowError: (34, 'Numerical result out of range')".to_string()
                }
                Err(fault) => crate::show_fault(&fault),
            },
            "cmp" => {
                let big = row.big(1);
                let order = float::cmp_big(x(), &big);
                if let Ok(small) = i64::try_from(&big) {
                    assert_eq!(float::cmp_i64(x(), small), order);
                }
                match order {
                    Some(Ordering::Less) => "<",
                    Some(Ordering::Equal) => "=",
                    Some(Ordering::Greater) => ">",
                    None => "?",
                }
                .to_string()
            }
            "tofloat" => float::big_to_f64(&row.big(0)).show(),
            "truediv" => {
                let (a, b) = (row.big(0), row.big(1));
                let big = float::div_big(&a, &b);
                if let (Ok(a), Ok(b)) = (i64::try_from(&a), i64::try_from(&b)) {
                    assert_eq!(float::div_i64(a, b), big);
                }
                big.show()
            }
            "parse" => float::parse_str(&row.text(0)).show(),
            "parsebytes" => float::parse_bytes(&row.text(0)).show(),
            _ => panic!("{name}"),
        }
    });
}

/// Checks that the functions of small and of big numbers agree, and shows what they say.
fn both<T: Show>(small: Option<Result<T>>, big: Result<T>) -> String {
    if let Some(small) = small {
        assert_eq!(small.show(), big.show());
    }
    big.show()
}

fn texts(n: &IBig) -> Result<Vec<String>> {
    let mut texts = Vec::new();
    let mut decimal = Vec::new();
    int::push_big(&mut decimal, n, MAX_DIGITS)?;
    texts.push(String::from_utf8(decimal).unwrap());
    for base in [Base::Binary, Base::Octal, Base::Hex] {
        let mut out = Vec::new();
        int::text::push_prefixed_big(&mut out, n, base)?;
        texts.push(String::from_utf8(out).unwrap());
    }
    if let Ok(small) = i64::try_from(n) {
        let mut out = Vec::new();
        int::push_i64(&mut out, small);
        assert_eq!(out, texts[0].as_bytes());
        out.clear();
        int::text::push_prefixed_i64(&mut out, small, Base::Octal);
        assert_eq!(out, texts[2].as_bytes());
    }
    if texts[0].len() > 4000 {
        texts.truncate(1);
    }
    Ok(texts)
}

#[test]
fn ints() {
    check(include_str!("int.txt"), |name, row: &Row| {
        let parsing = matches!(name, "parse" | "parsebytes" | "frombytes");
        let a = if parsing { IBig::ZERO } else { row.big(0) };
        let small = |at: usize| i64::try_from(&row.big(at)).ok();
        let smalls = || small(0).zip(small(1));
        match name {
            "floordiv" => both(
                smalls().map(|(a, b)| int::floor_div_i64(a, b)),
                int::floor_div_big(&a, &row.big(1)),
            ),
            "mod" => both(
                smalls().map(|(a, b)| int::mod_i64(a, b).map(Int::Small)),
                int::mod_big(&a, &row.big(1)),
            ),
            "divmod" => both(
                smalls().map(|(a, b)| int::divmod_i64(a, b).map(|(q, r)| (q, Int::Small(r)))),
                int::divmod_big(&a, &row.big(1)),
            ),
            "gcd" => both(
                smalls().map(|(a, b)| Ok(int::gcd_i64(a, b))),
                Ok(int::gcd_big(&a, &row.big(1))),
            ),
            "bits" => {
                if let Some(a) = small(0) {
                    assert_eq!(int::bit_length_i64(a) as usize, int::bit_length_big(&row.big(0)));
                }
                (int::bit_length_big(&a), int::bit_count_big(&a)).show()
            }
            "hash" => both(small(0).map(|a| Ok(hash::int(a))), Ok(hash::big(&a))),
            "isqrt" => {
                both(small(0).map(|a| int::isqrt_i64(a).map(Int::Small)), int::isqrt_big(&a))
            }
            "shl" => both(smalls().map(|(a, b)| int::shl_i64(a, b)), int::shl_big(&a, &row.big(1))),
            "shr" => both(
                smalls().map(|(a, b)| int::shr_i64(a, b).map(Int::Small)),
                int::shr_big(&a, &row.big(1)),
            ),
            "text" => texts(&a).show(),
            "pow" => both(
                smalls().map(|(a, b)| int::pow_i64(a, b as u64)),
                int::pow_big(&a, &row.big(1)),
            ),
            "powmod" => int::pow_mod(&a, &row.big(1), &row.big(2)).show(),
            "tobytes" => int::to_bytes(&a, row.int(1) as usize, row.flag(2), row.flag(3)).show(),
            "frombytes" => int::from_bytes(&row.text(0), row.flag(1), row.flag(2)).show(),
            "parse" => int::parse_str(&row.text(0), row.int(1), MAX_DIGITS).show(),
            "parsebytes" => int::parse_bytes(&row.text(0), row.int(1), MAX_DIGITS).show(),
            _ => panic!("{name}"),
        }
    });
}

#[test]
fn hashes() {
    check(include_str!("hash.txt"), |name, row| {
        let elements = || (0..row.width()).map(|at| hash::big(&row.big(at)));
        match name {
            "tuple" => hash::tuple(elements()).show(),
            "frozenset" => hash::frozenset(elements()).show(),
            "complex" => {
                let part = |at| hash::float(row.float(at)).unwrap();
                hash::complex(part(0), part(1)).show()
            }
            _ => panic!("{name}"),
        }
    });
}

#[test]
fn text_is_hashed_by_siphash_1_3() {
    // PYTHONHASHSEED=0 is a key of zeros.
    let key = hash::Key(0, 0);
    let rows: [(&[u8], i64); 5] = [
        (b"", 0),
        (b"a", 4644417185603328019),
        (b"abcdefg", 7904145750247929094),
        (b"abcdefgh", 4574395652268504554),
        (b"hello world, this is long", 7650859633215404784),
    ];
    for (text, expected) in rows {
        assert_eq!(hash::bytes(key, text), expected, "{text:?}");
    }
}
