//! Tables of bytes, encodings, and the random generator.
//!
//! `make_tables.py` writes the tables; a row is one call of one function, and the functions of the
//! floor are called here under the names that the rows use.

use sloop::plain::codec::{CodecFault, Encoding, Handler, decode, encode};
use sloop::plain::random_mt::Twister;
use sloop::plain::wtf8::{self, Side};
use sloop::plain::{bytes, number_text};

use crate::{Show, check};

fn coded(result: Result<Vec<u8>, CodecFault>, message: impl Fn(&CodecFault) -> String) -> String {
    match result {
        Ok(data) => data.show(),
        Err(fault) if fault.wrong_handler => "TypeError".to_string(),
        Err(fault) => {
            let CodecFault { encoding, start, end, reason, .. } = fault;
            format!("{} [{encoding} {start} {end} {reason}]", message(&fault)).show()
        }
    }
}

#[test]
fn bytes_and_codecs() {
    check(include_str!("bytes.txt"), |name, row| {
        let data = &row.text(0)[..];
        let named = |at| String::from_utf8(row.text(at)).unwrap();
        let coding = || (Encoding::named(&named(1)).unwrap(), Handler::named(&named(2)).unwrap());
        match name {
            "decode" => {
                let (encoding, handler) = coding();
                coded(decode(data, encoding, handler), |fault| fault.decode_text(data))
            }
            "encode" => {
                let (encoding, handler) = coding();
                coded(encode(data, encoding, handler), |fault| fault.encode_text(data))
            }
            "fromhex" => bytes::from_hex(data).show(),
            "hex" => bytes::hex(data, Some(b':'), row.int(1)).show(),
            "isalpha" => bytes::is_alpha(data).show(),
            "isalnum" => bytes::is_alnum(data).show(),
            "isdigit" => bytes::is_digit(data).show(),
            "isspace" => bytes::is_space(data).show(),
            "islower" => bytes::is_lower(data).show(),
            "isupper" => bytes::is_upper(data).show(),
            "istitle" => bytes::is_title(data).show(),
            "title" => bytes::title(data).show(),
            "capitalize" => bytes::capitalize(data).show(),
            "swapcase" => bytes::swapcase(data).show(),
            "replace" => {
                bytes::replace(data, &row.text(1), &row.text(2), usize::try_from(row.int(3)).ok())
                    .map(|new| new.unwrap_or_else(|| data.to_vec()))
                    .show()
            }
            "count" => bytes::count(data, &row.text(1)).show(),
            "strip" => {
                assert_eq!(wtf8::strip_space(data, Side::Both, false), number_text::strip(data));
                number_text::strip(data).show()
            }
            "split" => wtf8::split_space(data, None, false).show(),
            "translate" => {
                let table = bytes::make_table(b"aB", b"xy").unwrap();
                bytes::translate(data, Some(&table), b"1").show()
            }
            _ => panic!("{name}"),
        }
    });
}

#[test]
fn random_numbers() {
    check(include_str!("random.txt"), |_, row| {
        let mut twister = Twister::seeded(&row.big(0));
        let mut shown = vec![twister.random().show()];
        for k in [1, 32, 33, 64, 100, 0] {
            shown.push(twister.getrandbits(k).show());
        }
        shown.push(twister.below(10).to_string());
        shown.push(twister.below(1 << 40).to_string());
        shown.push(twister.below_big(&dashu_int::IBig::from(10).pow(30)).show());
        shown.push((0..700).map(|_| twister.random()).last().unwrap().show());
        shown.join("|")
    });
}
