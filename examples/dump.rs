use sloop::code::op::*;
use sloop::code::*;
use sloop::compile::*;
use sloop::syntax::{Mode, Outcome, parse};
use std::fmt::Write;
fn s(b: &[u8]) -> String {
    let mut o = String::from("b'");
    for x in b {
        write!(o, "\\x{x:02x}").unwrap();
    }
    o.push('\'');
    o
}
fn t(x: &str) -> String {
    format!("{}.decode('utf8')", s(x.as_bytes()))
}
fn c(v: &Const) -> String {
    match v {
        Const::None => "None".into(),
        Const::True => "True".into(),
        Const::False => "False".into(),
        Const::Ellipsis => "...".into(),
        Const::Int(i) => format!("({i})"),
        Const::BigInt { radix, digits } => format!("int('{digits}',{radix})"),
        Const::Float(f) => {
            if f.is_finite() {
                format!("float('{f:?}')")
            } else {
                format!("float('{f}')")
            }
        }
        Const::Complex(a, b) => format!("complex(float('{a}'),float('{b}'))"),
        Const::Str(b) => format!("{}.decode('utf8','surrogatepass')", s(b)),
        Const::Bytes(b) => s(b),
        Const::Tuple(x) => format!("({})", x.iter().map(|x| c(x) + ",").collect::<String>()),
        Const::FrozenSet(x) => format!(
            "frozenset([{}])",
            x.iter().map(|x| c(x) + ",").collect::<String>()
        ),
    }
}
fn dump(code: &Code, o: &mut String) {
    write!(
        o,
        "dict(kind='{:?}',is_module={},name={},qualname={},doc={},first_line={},",
        code.kind,
        if code.is_module { "True" } else { "False" },
        t(&code.name),
        t(&code.qualname),
        code.doc.as_ref().map_or("None".into(), |d| t(d)),
        code.first_line
    )
    .unwrap();
    let p = &code.params;
    write!(
        o,
        "params=({},{},{},{},{}),registers={},words={:?},",
        p.positional_only,
        p.positional,
        p.keyword_only,
        p.star as u8,
        p.double_star as u8,
        code.registers,
        code.words
    )
    .unwrap();
    write!(
        o,
        "consts=[{}],",
        code.consts.iter().map(|x| c(x) + ",").collect::<String>()
    )
    .unwrap();
    write!(
        o,
        "names=[{}],",
        code.names.iter().map(|x| t(x) + ",").collect::<String>()
    )
    .unwrap();
    write!(
        o,
        "locals=[{}],",
        code.locals
            .iter()
            .map(|x| format!("({},{},{}),", t(&x.name), x.register, x.is_cell as u8))
            .collect::<String>()
    )
    .unwrap();
    write!(
        o,
        "captures=[{}],",
        code.captures
            .iter()
            .map(|x| match x {
                Capture::Local(r) => format!("(0,{r}),"),
                Capture::Free(r) => format!("(1,{r}),"),
            })
            .collect::<String>()
    )
    .unwrap();
    write!(
        o,
        "free_names=[{}],",
        code.free_names
            .iter()
            .map(|x| t(x) + ",")
            .collect::<String>()
    )
    .unwrap();
    write!(
        o,
        "handlers=[{}],",
        code.handlers
            .iter()
            .map(|h| format!("({},{},{},{}),", h.start, h.end, h.target, h.register))
            .collect::<String>()
    )
    .unwrap();
    write!(
        o,
        "lines=[{}],",
        code.lines
            .iter()
            .map(|h| format!("({},{}),", h.word, h.line))
            .collect::<String>()
    )
    .unwrap();
    o.push_str("codes=[");
    for x in &code.codes {
        dump(x, o);
        o.push(',');
    }
    o.push_str("])");
}
fn main() {
    let path = std::env::args().nth(1).unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    let ast = match parse(&text, Mode::Module).outcome {
        Outcome::Tree { ast, .. } => ast,
        x => {
            println!("ERROR = {:?}", format!("{x:?}"));
            return;
        }
    };
    let source = SourceInfo {
        filename: path.as_str().into(),
        text: &text,
    };
    match compile(&ast, &source, &Options::default()) {
        Ok((code, _)) => {
            verify::verify(&code).unwrap();
            let mut o = String::from("CODE = ");
            dump(&code, &mut o);
            let mut names = String::new();
            let mut words = String::new();
            let mut i = 0u8;
            while let Some(op) = Op::from_byte(i) {
                write!(names, "'{}',", op.name()).unwrap();
                write!(words, "{},", op.words()).unwrap();
                i += 1;
            }
            println!("OPS = [{names}]\nWORDS = [{words}]\n{o}");
        }
        Err(e) => {
            println!("ERROR = {:?}", e[0].message);
        }
    }
}
