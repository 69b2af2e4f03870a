use std::sync::Arc;
use sloop::compile::{Options, SourceInfo, compile};
use sloop::syntax::{Mode, Outcome, parse};
use sloop::vm::*;
use sloop::value::*;
use sloop::native::display;

static PRINT: [Def; 5] = [
    sloop::native::function("range(x, /)", "", range),
    sloop::native::function("print(*args)", "", print),
    sloop::native::function("type(x, /)", "", ty),
    sloop::native::function("len(x, /)", "", len),
    sloop::native::function("clock()", "", clock),
];
fn clock(_: &mut Cx, _: Args) -> Flow {
    Ok(Value::float(std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs_f64()))
}
fn range(cx: &mut Cx, a: Args) -> Flow { let v = cx.arg(a,0).value(); Ok(Value::object(cx.range(Value::int(0), v, Value::int(1)))) }
fn ty(cx: &mut Cx, a: Args) -> Flow { Ok(Value::object(cx.class_of(cx.arg(a,0).value()))) }
fn len(cx: &mut Cx, a: Args) -> Flow {
    let v = cx.arg(a,0).value();
    match cx.len_plain(v) { Some(n) => Ok(Value::int(n as i64)), None => Err(cx.type_error("no len")) } }
fn print(cx: &mut Cx, a: Args) -> Flow {
    let mut out = Vec::new();
    for i in 0..a.len() {
        if i > 0 { out.push(b' ') }
        let v = cx.arg(a, i).value();
        if let Some(e) = v.cast::<Exception>() {
            let t = e.args.get().cast::<Tuple>().unwrap();
            if t.len() == 1 { if cx.isinstance(v, T::KeyError) { display::push_repr(cx, &mut out, t.as_slice()[0])?; } else { display::push_str(cx, &mut out, t.as_slice()[0])?; } continue; }
        }
        display::push_str(cx, &mut out, v)?;
    }
    out.push(b'\n');
    use std::io::Write;
    std::io::stdout().write_all(&out).unwrap();
    Ok(Value::NONE)
}

fn load(name: &str, text: &str) -> Arc<sloop::code::Code> {
    let ast = match parse(text, Mode::Module).outcome {
        Outcome::Tree { ast, .. } => ast,
        Outcome::Errors(e) => panic!("{e:?}"),
        Outcome::Incomplete => panic!(),
    };
    compile(&ast, &SourceInfo { filename: name.into(), text }, &Options::default()).unwrap_or_else(|e| panic!("{e:?}")).0
}

const PRELUDE: &str = "
def _collect(it):
    return [x for x in it]
def _contains(c, item):
    for x in c:
        if x is item or x == item: return True
    return False
def _unpack(source, want):
    return tuple([x for x in source])
def _sorted(x): pass
";

fn main() {
    let path = std::env::args().nth(1).unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    let mut vm = Vm::new();

    if std::env::var_os("STRESS").is_some() { vm.set_stress(true); }
    let cx = Cx::of(&mut vm);
    let b = cx.vm().builtins;
    for row in &PRINT {
        let n = sloop::native::make(cx, row, Value::UNDEF);
        let name = cx.intern(n.signature.name);
        if b.get_str(cx, name).is_none() {
        b.set_str(cx, name, Value::object(n));
        }
    }
    let g = cx.namespace();
    let code = load("prelude", PRELUDE);
    cx.run_code(&code, g, &[]).unwrap_or_else(|_| panic!());
    for name in ["_collect", "_contains", "_unpack", "_sorted"] {
        let f = g.get_str(cx, cx.intern(name)).unwrap();
        cx.vm_mut().set_prelude(name, f);
    }
    let code = load(&path, &text);
    let m = cx.new_module("__main__");
    let g = m.dict;
    g.set_str(cx, cx.intern("__name__"), cx.str_value("__main__"));
    if cx.run_code(&code, g, &[]).is_err() {
        let e = cx.take_exception();
        let r = display::repr(cx, e);
        match r { Ok(r) => println!("UNCAUGHT {}", String::from_utf8_lossy(&r)), Err(_) => println!("UNCAUGHT {}", cx.type_name(e)) }
        std::process::exit(1);
    }
}
