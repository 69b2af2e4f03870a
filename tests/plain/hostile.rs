//! Whatever comes in, nothing panics and nothing grows without bound.
//!
//! Random input from a deterministic generator: malformed text, absurd specifications, extreme
//! numbers. Where a function has a law (what is written reads back), the law is checked too.

use dashu_int::IBig;
use sloop::plain::codec::{Encoding, Handler, decode, decode_prefix, encode};
use sloop::plain::wtf8::{self, Side};
use sloop::plain::{
    bytes, float, index, int, number_text, percent, random_mt, repr, spec, template, unicode,
};

/// A small deterministic generator of nasty bytes.
struct Nasty(random_mt::Twister);

impl Nasty {
    fn below(&mut self, n: usize) -> usize {
        self.0.below(n as u64) as usize
    }

    fn bytes(&mut self, alphabet: &[u8]) -> Vec<u8> {
        let len = self.below(14);
        (0..len)
            .map(|_| match self.below(10) {
                0 => self.below(256) as u8,
                _ => alphabet[self.below(alphabet.len())],
            })
            .collect()
    }

    fn float(&mut self) -> f64 {
        match self.below(4) {
            0 => f64::from_bits(self.0.bits(64)),
            1 => [0.0, -0.0, f64::NAN, f64::INFINITY, f64::MAX, 5e-324][self.below(6)],
            _ => (self.0.random() - 0.5) * 10f64.powi(self.below(60) as i32 - 30),
        }
    }

    fn int(&mut self) -> i64 {
        match self.below(3) {
            0 => [i64::MIN, i64::MAX, 0, 1, -1, 1 << 62][self.below(6)],
            1 => self.0.bits(64) as i64,
            _ => self.below(200) as i64 - 100,
        }
    }
}

#[test]
fn text_functions_take_anything() {
    let mut nasty = Nasty(random_mt::Twister::seeded_u64(7));
    let alphabet = b"a \t\n\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\xed\xa0\x80\xce\xa3'\"\\";
    for _ in 0..20_000 {
        let (a, b, c) = (nasty.bytes(alphabet), nasty.bytes(alphabet), nasty.bytes(alphabet));
        let n = nasty.below(20);
        let max = (n < 10).then_some(n);
        for unicode in [false, true] {
            wtf8::split_space(&a, max, unicode);
            wtf8::rsplit_space(&a, max, unicode);
            wtf8::split_lines(&a, n < 10, unicode);
            for side in [Side::Left, Side::Right, Side::Both] {
                wtf8::strip_space(&a, side, unicode);
                wtf8::strip_chars(&a, &b, side, unicode);
            }
            let _ = wtf8::expand_tabs(&a, n, unicode);
        }
        let _ = wtf8::split(&a, &b, max);
        let _ = wtf8::rsplit(&a, &b, max);
        let _ = wtf8::replace(&a, &b, &c, max);
        let _ = bytes::replace(&a, &b, &c, max);
        let _ = wtf8::partition(&a, &b);
        let _ = wtf8::zfill(&a, wtf8::len(&a), n);
        let _ = wtf8::center(&a, wtf8::len(&a), n, wtf8::points(&b).next().unwrap_or(0));
        wtf8::count(&a, &b);
        wtf8::slice(&a, n / 3, n);
        wtf8::point_at(&a, n);
        wtf8::reverse(&a);
        let range =
            index::resolve(Some(nasty.int()), Some(nasty.int()), nasty.int() | 1, wtf8::len(&a));
        wtf8::slice_step(&a, range.start, range.step, range.count);
        for change in [unicode::lower, unicode::upper, unicode::title, unicode::swapcase] {
            change(&a);
        }
        unicode::capitalize(&a);
        unicode::casefold(&a);
        unicode::all_title(&a);
        repr::str_repr(&a);
        repr::bytes_repr(&a);
        let _ = bytes::from_hex(&a);
        number_text::normalise(&a);
        let encodings = ["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "utf-32", "ascii", "latin-1"];
        let encoding = Encoding::named(encodings[nasty.below(7)]).unwrap();
        let handlers = ["strict", "ignore", "replace", "surrogateescape", "surrogatepass"];
        let handler = Handler::named(handlers[nasty.below(5)]).unwrap();
        if let Err(fault) = decode(&a, encoding, handler) {
            fault.decode_text(&a);
        }
        let _ = decode_prefix(&a, encoding, handler, false);
        if let Err(fault) = encode(&a, encoding, handler) {
            fault.encode_text(&a);
        }
    }
}

#[test]
fn what_decodes_encodes_again() {
    let mut nasty = Nasty(random_mt::Twister::seeded_u64(8));
    for _ in 0..5000 {
        let data = nasty.bytes(b"a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\xed\xa0\xff");
        let text = decode(&data, Encoding::Utf8, Handler::SurrogateEscape).unwrap();
        assert_eq!(encode(&text, Encoding::Utf8, Handler::SurrogateEscape).unwrap(), data);
        assert_eq!(wtf8::reverse(&wtf8::reverse(&text)), text);
    }
}

#[test]
fn formats_take_anything() {
    let mut nasty = Nasty(random_mt::Twister::seeded_u64(9));
    for _ in 0..40_000 {
        let format = nasty.bytes(b"<>=^+- z#0123456789,_.defgsxXbocn%\xc3\xa9");
        // Wide fields are right, but take their time.
        let digits = format.split(|byte| !byte.is_ascii_digit());
        if digits.into_iter().any(|run| (4..12).contains(&run.len())) {
            continue;
        }
        let (x, n) = (nasty.float(), nasty.int());
        let mut out = b"before".to_vec();
        let _ = spec::format_f64(&mut out, &format, x, "float");
        let _ = spec::format_i64(&mut out, &format, n, "int");
        let _ = spec::format_big(&mut out, &format, &(IBig::from(n) << 70), 4300, "int");
        let _ = spec::format_complex(&mut out, &format, x, -x, "complex");
        let _ = spec::format_str(&mut out, &format, "h\u{e9}llo".as_bytes(), 5, "str");
        assert!(out.starts_with(b"before"));
        let template = [b"%", &format[..]].concat();
        for piece in percent::Pieces::of_str(&template).chain(percent::Pieces::of_bytes(&template))
        {
            let Ok(percent::Piece::Conversion(conversion)) = piece else {
                continue;
            };
            let Ok(field) = conversion.field(None, None) else {
                continue;
            };
            let _ = percent::push_f64(&mut out, &field, x);
            let _ = percent::push_i64(&mut out, &field, n);
            let _ = percent::push_text(&mut out, &field, b"abc", 3);
            conversion.unsupported(true);
            conversion.unsupported(false);
        }
        let template = nasty.bytes(b"{}{}[]!:.ra0\xc3\xa9");
        let pieces: Vec<_> = template::Pieces::new(&template).collect();
        assert!(pieces.len() <= template.len() + 1);
        let (first, steps) = template::split_name(&template);
        let _ = template::Numbering::default().resolve(first);
        assert!(steps.count() <= template.len() + 1);
    }
}

#[test]
fn huge_widths_are_refused() {
    let mut out = Vec::new();
    for format in ["1000000000000", "01000000000000", "\u{e9}<1000000000000", "01000000000000,"] {
        let memory = Err(sloop::plain::Fault::memory());
        assert_eq!(spec::format_i64(&mut out, format.as_bytes(), 5, "int"), memory);
        assert_eq!(spec::format_f64(&mut out, format.as_bytes(), 5.0, "float"), memory);
    }
    let fault = spec::format_f64(&mut out, b".1000000000000f", 5.0, "float").unwrap_err();
    assert_eq!(fault.text, "precision too big");
    assert!(spec::format_f64(&mut out, b".2000000000f", 5.0, "float").is_err());
    assert!(int::shl_i64(1, i64::MAX).is_err());
    assert!(int::pow_i64(3, u64::MAX).is_err());
    assert!(wtf8::repeat(b"ab", usize::MAX).is_err());
}

#[test]
fn floats_survive_their_repr() {
    let mut nasty = Nasty(random_mt::Twister::seeded_u64(10));
    for _ in 0..50_000 {
        let x = nasty.float();
        let mut text = Vec::new();
        float::push_repr(&mut text, x);
        let back = float::parse_str(&text).unwrap();
        assert!(back.to_bits() == x.to_bits() || x.is_nan());
        assert_eq!(float::from_hex(float::to_hex(x).as_bytes()).unwrap().to_bits(), back.to_bits());
        let _ = float::round(x, nasty.below(700) as i64 - 350);
        let _ = float::floor_div(x, nasty.float());
        // The quick way to exact digits, and the slow one.
        let precision = nasty.below(20);
        let mut quick = Vec::new();
        spec::format_f64(&mut quick, format!(".{precision}e").as_bytes(), x.abs(), "float")
            .unwrap();
        if x.is_finite() {
            let slow = format!("{:.precision$e}", x.abs());
            let (mantissa, exponent) = slow.split_once('e').unwrap();
            let exponent: i32 = exponent.parse().unwrap();
            let sign = if exponent < 0 { '-' } else { '+' };
            let slow = format!("{mantissa}e{sign}{:02}", exponent.abs());
            assert_eq!(String::from_utf8(quick).unwrap(), slow);
        }
    }
}

#[test]
fn ints_obey_their_laws() {
    let mut nasty = Nasty(random_mt::Twister::seeded_u64(11));
    for _ in 0..20_000 {
        let (a, b) = (IBig::from(nasty.int()) * nasty.int(), IBig::from(nasty.int()));
        if let Ok((quotient, rest)) = int::divmod_big(&a, &b) {
            let (quotient, rest) = (quotient.into_big(), rest.into_big());
            assert_eq!(quotient * &b + &rest, a);
            assert!(rest == IBig::ZERO || (rest < IBig::ZERO) == (b < IBig::ZERO));
        }
        let mut text = Vec::new();
        int::push_big(&mut text, &a, 0).unwrap();
        assert_eq!(int::parse_str(&text, 10, 0).unwrap().into_big(), a);
        let data = int::to_bytes(&a, 17, true, true).unwrap();
        assert_eq!(int::from_bytes(&data, true, true).into_big(), a);
        let _ =
            int::parse_str(&nasty.bytes(b"0123456789_xobXaf+- "), nasty.below(40) as i64 - 1, 10);
        let _ = int::pow_mod(&a, &b, &IBig::from(nasty.int()));
    }
}
