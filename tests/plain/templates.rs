//! Tables of `%`-formatting and of the templates of `str.format`.
//!
//! `make_tables.py` writes the tables; a row is one call of one function, and the functions of the
//! floor are called here under the names that the rows use.

use sloop::plain::int::{Int, MAX_DIGITS};
use sloop::plain::template::{Field, First, Numbering, Step, split_name};
use sloop::plain::{Fault, Result, float, percent, repr, template, wtf8};

use crate::{Row, Show, check};

#[test]
fn percents() {
    check(include_str!("percent.txt"), |name, row| {
        if name == "star" {
            return star(row);
        }
        percent_row(row, name == "bytes").show()
    });
}

fn star(row: &Row) -> String {
    let (width, precision, x) = (row.big(0), row.big(1), row.float(2));
    let done = percent::Pieces::of_str(b"%*.*f|").next().unwrap().and_then(|piece| {
        let percent::Piece::Conversion(conversion) = piece else { panic!() };
        let field = conversion.field(Some(&width), Some(&precision))?;
        let mut out = Vec::new();
        percent::push_f64(&mut out, &field, x)?;
        out.push(b'|');
        Ok(out)
    });
    // The one row that CPython would carry out and Sloop would not.
    if width == dashu_int::IBig::from(1u64 << 31) { "!".to_string() } else { done.show() }
}

fn percent_row(row: &Row, bytes: bool) -> Result<Vec<u8>> {
    let source = row.text(0);
    let pieces =
        if bytes { percent::Pieces::of_bytes(&source) } else { percent::Pieces::of_str(&source) };
    let (mut out, mut used) = (Vec::new(), false);
    let mut keyed = false;
    for piece in pieces {
        match piece? {
            percent::Piece::Literal(text) => out.extend_from_slice(text),
            percent::Piece::Conversion(conversion) => {
                keyed |= conversion.key.is_some();
                if used && !keyed {
                    return Err(Fault::type_error(percent::NOT_ENOUGH));
                }
                used = true;
                value(&mut out, row, &conversion, bytes)?;
            }
        }
    }
    if !used && !source.starts_with(b"%(") {
        return Err(Fault::type_error(if bytes {
            percent::NOT_ALL_BYTES
        } else {
            percent::NOT_ALL_STR
        }));
    }
    Ok(out)
}

fn value(
    out: &mut Vec<u8>,
    row: &Row,
    conversion: &percent::Conversion,
    bytes: bool,
) -> Result<()> {
    let kind = String::from_utf8(row.text(1)).unwrap();
    let field = conversion.field(None, None)?;
    let letter = char::from_u32(field.letter).unwrap_or('?');
    match letter {
        'd' | 'i' | 'u' | 'x' | 'X' | 'o' => {
            let n = match kind.as_str() {
                "int" => Int::from(row.big(2)),
                "float" if matches!(letter, 'd' | 'i' | 'u') => float::to_int(row.float(2))?,
                _ => return Err(percent::not_a_number(field.letter, &kind)),
            };
            match n {
                Int::Small(n) => percent::push_i64(out, &field, n),
                Int::Big(n) => percent::push_big(out, &field, &n, MAX_DIGITS),
            }
        }
        'e' | 'E' | 'f' | 'F' | 'g' | 'G' => match kind.as_str() {
            "int" => {
                let x = float::big_to_f64(&row.big(2));
                let x = x.map_err(
                    |fault| {
                        if bytes { percent::not_a_float("int", true) } else { fault }
                    },
                )?;
                percent::push_f64(out, &field, x)
            }
            "float" => percent::push_f64(out, &field, row.float(2)),
            _ => Err(percent::not_a_float(&kind, bytes)),
        },
        'c' => {
            let point = match kind.as_str() {
                "int" => percent::char_of(i64::try_from(&row.big(2)).ok(), bytes)?,
                "str" if wtf8::len(&row.text(2)) == 1 => wtf8::decode(&row.text(2)).0,
                _ => return Err(percent::not_a_char(bytes)),
            };
            percent::push_char(out, &field, point, bytes)
        }
        's' | 'r' | 'a' => {
            let mut text = Vec::new();
            match kind.as_str() {
                "int" => sloop::plain::int::push_big(&mut text, &row.big(2), MAX_DIGITS)?,
                "float" => float::push_repr(&mut text, row.float(2)),
                _ if letter == 's' => text = row.text(2),
                _ if letter == 'r' => repr::push_str_repr(&mut text, &row.text(2)),
                _ => repr::push_str_ascii(&mut text, &row.text(2)),
            }
            let len = wtf8::len(&text);
            percent::push_text(out, &field, &text, len)
        }
        _ => Err(conversion.unsupported(bytes)),
    }
}

fn letter(point: u32) -> Vec<u8> {
    let mut out = Vec::new();
    wtf8::push_point(&mut out, point);
    out
}

fn field_text(field: &Field) -> Vec<u8> {
    let conversion = field.conversion.map(letter).unwrap_or_default();
    [b"F", field.name, b" ", &conversion, b" ", field.spec].concat()
}

#[test]
fn templates() {
    check(include_str!("template.txt"), |name, row| {
        let text = row.text(0);
        if name == "pieces" {
            let pieces = template::Pieces::new(&text).map(|piece| {
                piece.map(|piece| match piece {
                    template::Piece::Literal(text) => [b"L", text].concat(),
                    template::Piece::Field(field) => field_text(&field),
                })
            });
            return pieces.collect::<Result<Vec<Vec<u8>>>>().show();
        }
        split(&text).show()
    });
}

fn split(name: &[u8]) -> Result<Vec<Vec<u8>>> {
    let (first, steps) = split_name(name);
    let mut out = vec![match Numbering::Manual.resolve(first) {
        Ok(First::Index(index)) => format!("I{index}").into_bytes(),
        Err(fault) if !first.is_empty() => return Err(fault),
        _ => [b"N", first].concat(),
    }];
    for step in steps {
        out.push(match step? {
            Step::Attribute(name) => [b"A", name].concat(),
            Step::Index(index) => format!("I{index}").into_bytes(),
            Step::Key(key) => [b"K", key].concat(),
        });
    }
    Ok(out)
}

#[test]
fn numbering() {
    let mut numbering = Numbering::default();
    assert_eq!(numbering.resolve(b"a"), Ok(First::Name(b"a")));
    assert_eq!(numbering.resolve(b""), Ok(First::Index(0)));
    assert_eq!(numbering.resolve(b""), Ok(First::Index(1)));
    let fault = numbering.resolve(b"0").unwrap_err();
    assert_eq!(
        fault.text,
        "cannot switch from automatic field numbering to manual field specification"
    );
    let mut numbering = Numbering::default();
    assert_eq!(numbering.resolve(b"7"), Ok(First::Index(7)));
    let fault = numbering.resolve(b"").unwrap_err();
    assert_eq!(
        fault.text,
        "cannot switch from manual field specification to automatic field numbering"
    );
}
