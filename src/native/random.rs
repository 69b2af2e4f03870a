//! `_random`: the generator behind `random.Random`, and its most used methods.
//!
//! A method draws from the generator itself as long as the class leaves `random` and `getrandbits`
//! as they are here; otherwise it goes on in `stdlib/random.sloop`, under its name with `_slow_`
//! in front.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::io::Read;

use dashu_int::IBig;

use super::object::{derive, new_class};
use super::{TypeDef, add_functions, add_types, function, method, static_method};
use crate::gc::Gc;
use crate::plain::int::Int;
use crate::plain::random_mt::Twister;
use crate::plain::{Fault, MAX_BYTES, sha512};
use crate::value::{Dict, List, Resource, Str, T, Tuple, Value};
use crate::vm::{Args, Cx, Def, Flow, Number, Stop};

pub static TYPE: TypeDef = TypeDef {
    id: T::Random,
    doc: "Random() -> create a random number generator with its own internal state.",
    methods: &[
        static_method("__new__(cls, *args, **kwargs)", "Create and return a new object.", new),
        method("random(self, /)", "random() -> x in the interval [0, 1).", |cx, args| {
            with_twister(cx, args, |twister| Value::float(twister.random()))
        }),
        method("seed(self, n=None, /)", "seed([n]) -> None.", seed),
        method("getstate(self, /)", "getstate() -> tuple containing the current state.", state),
        method("setstate(self, state, /)", "setstate(state) -> None.", set_state),
        method("getrandbits(self, k, /)", "getrandbits(k) -> x.", bits),
    ],
    getsets: &[],
};

/// Methods for `random.Random`.
static METHODS: &[Def] = &[
    method("_randbelow(self, n)", "Return a random int in the range [0,n).", below),
    method(
        "randrange(self, start, stop=None, step=1)",
        "Choose a random item from range(stop) or range(start, stop[, step]).",
        randrange,
    ),
    method(
        "randint(self, a, b)",
        "Return random integer in range [a, b], including both end points.",
        randint,
    ),
    method("choice(self, seq)", "Choose a random element from a non-empty sequence.", choice),
    method("shuffle(self, x)", "Shuffle list x in place, and return None.", shuffle),
    method(
        "uniform(self, a, b)",
        "Get a random number in the range [a, b) or [a, b] depending on rounding.",
        uniform,
    ),
];

static FUNCTIONS: &[Def] = &[
    function("_urandom(size, /)", "Random bytes from the system.", |cx, args| {
        let size = cx.index_i64(cx.arg(args, 0).value())?;
        let Ok(size) = usize::try_from(size) else {
            return Err(cx.value_error("negative argument not allowed"));
        };
        if size > MAX_BYTES {
            return Err(cx.error_with(T::MemoryError, &[]));
        }
        let bytes = entropy(cx, size)?;
        Ok(Value::object(cx.bytes(bytes)))
    }),
    function("_sha512(data, /)", "The SHA-512 digest of bytes.", |cx, args| {
        let data = cx.arg(args, 0).value();
        match cx.unwrap(data).cast::<crate::value::Bytes>() {
            Some(data) => Ok(Value::object(cx.bytes(sha512::digest(data.as_slice())))),
            None => Err(cx.type_error("_sha512() takes bytes")),
        }
    }),
];

pub fn module(cx: &mut Cx, namespace: Gc<Dict>) -> Result<(), Stop> {
    add_functions(cx, namespace, FUNCTIONS, "_random");
    add_types(cx, &[&TYPE]);
    namespace.set_str(cx, cx.intern("Random"), cx.type_object(T::Random));
    let methods = cx.dict();
    for row in METHODS {
        let native = super::make(cx, row, cx.type_object(T::Random));
        methods.set_str(cx, cx.intern(native.signature.name()), Value::object(native));
    }
    namespace.set_str(cx, cx.intern("_methods"), Value::object(methods));
    Ok(())
}

fn entropy(cx: &Cx, size: usize) -> Result<Vec<u8>, Stop> {
    let mut bytes = vec![0; size];
    std::fs::File::open("/dev/urandom")
        .and_then(|mut source| source.read_exact(&mut bytes))
        .map(|()| bytes)
        .map_err(|error| {
            let text = format!("the system gives no random bytes: {error}");
            cx.error(T::NotImplementedError, &text)
        })
}

// ---- the generator

/// What an object of `Random` carries.
struct Generator {
    twister: Twister,
    /// The class of the last object that was found to be plain (see `is_plain`), and the epoch.
    plain: Cell<(usize, u32)>,
}

impl Generator {
    fn boxed(twister: Twister) -> Option<Box<dyn Any>> {
        Some(Box::new(Generator { twister, plain: Cell::new((0, 0)) }))
    }
}

/// Runs `body` on the generator of the receiver, which is seeded by the system if need be.
fn generate<R>(cx: &Cx, this: Value, body: impl FnOnce(&mut Generator) -> R) -> Result<R, Stop> {
    let inner = cx.unwrap(this);
    let resource = inner.cast::<Resource>();
    let Some(resource) = resource.filter(|_| cx.is_exact(inner, T::Random)) else {
        return Err(super::operators::wrong_receiver(cx, "", T::Random, this));
    };
    let mut payload = resource.payload.borrow_mut();
    if payload.is_none() {
        *payload = Generator::boxed(fresh_twister(cx)?);
    }
    match payload.as_mut().and_then(|state| state.downcast_mut::<Generator>()) {
        Some(generator) => Ok(body(generator)),
        None => Err(cx.error(T::SystemError, "the generator was lost")),
    }
}

/// A generator seeded by the system.
fn fresh_twister(cx: &Cx) -> Result<Twister, Stop> {
    let bytes = entropy(cx, 64)?;
    let words = bytes.chunks_exact(4).map(|b| b.iter().fold(0, |n, &b| n << 8 | u32::from(b)));
    let key: Vec<u32> = words.collect();
    Ok(Twister::from_key(&key))
}

fn twist<R>(cx: &Cx, this: Value, body: impl FnOnce(&mut Twister) -> R) -> Result<R, Stop> {
    generate(cx, this, |generator| body(&mut generator.twister))
}

fn with_twister(cx: &Cx, args: Args, body: impl FnOnce(&mut Twister) -> Value) -> Flow {
    twist(cx, cx.arg(args, 0).value(), body)
}

fn new(cx: &mut Cx, args: Args) -> Flow {
    let class = new_class(cx, args, T::Random)?;
    let object = cx.new_object(T::Random.shape(), 0, |header| Resource {
        header,
        extra: Value::UNDEF.into(),
        payload: RefCell::new(None),
    });
    let object = Value::object(object);
    if class == cx.class(T::Random)
        && let Some(n) = cx.opt(args, 2).map(|n| n.value())
    {
        put_seed(cx, object, n)?;
    }
    derive(cx, class, T::Random, object)
}

fn seed(cx: &mut Cx, args: Args) -> Flow {
    let (this, n) = (cx.arg(args, 0).value(), cx.arg(args, 1).value());
    put_seed(cx, this, n)?;
    Ok(Value::NONE)
}

fn put_seed(cx: &mut Cx, this: Value, n: Value) -> Result<(), Stop> {
    let twister = if n.is_undef() || n.is_none() {
        fresh_twister(cx)?
    } else {
        match cx.integer(n) {
            Some(n) => Twister::seeded(&n.into_big()),
            None => Twister::seeded_u64(cx.hash(n)?),
        }
    };
    twist_raw(cx, this, twister)
}

/// Replaces the generator.
fn twist_raw(cx: &Cx, this: Value, twister: Twister) -> Result<(), Stop> {
    match cx.unwrap(this).cast::<Resource>() {
        Some(resource) => {
            *resource.payload.borrow_mut() = Generator::boxed(twister);
            Ok(())
        }
        None => Err(super::operators::wrong_receiver(cx, "", T::Random, this)),
    }
}

fn state(cx: &mut Cx, args: Args) -> Flow {
    let words = twist(cx, cx.arg(args, 0).value(), |twister| {
        let (words, used) = twister.state();
        let all = words.iter().map(|&word| i64::from(word)).chain([used as i64]);
        all.map(Value::int).collect::<Vec<_>>()
    })?;
    Ok(Value::object(cx.tuple(&words)))
}

fn set_state(cx: &mut Cx, args: Args) -> Flow {
    let given = cx.arg(args, 1).value();
    let Some(given) = cx.unwrap(given).cast::<Tuple>() else {
        return Err(cx.type_error("state vector must be a tuple"));
    };
    if given.len() != 625 {
        return Err(cx.value_error("state vector is the wrong size"));
    }
    let mut words = Vec::with_capacity(625);
    for &word in given.as_slice() {
        match cx.integer(word) {
            Some(Int::Small(word)) if word >= 0 => words.push(word),
            Some(Int::Small(_)) => {
                let text = "can't convert negative value to unsigned int";
                return Err(cx.error(T::OverflowError, text));
            }
            Some(Int::Big(_)) => {
                let text = "Python int too large to convert to C unsigned long";
                return Err(cx.error(T::OverflowError, text));
            }
            None => return Err(cx.type_error("an integer is required")),
        }
    }
    let used = words.pop().unwrap_or(0) as usize;
    let words: Vec<u32> = words.into_iter().map(|word| word as u32).collect();
    match Twister::restored(&words, used) {
        Some(twister) => twist_raw(cx, cx.arg(args, 0).value(), twister).map(|()| Value::NONE),
        None => Err(cx.value_error("invalid state")),
    }
}

fn bits(cx: &mut Cx, args: Args) -> Flow {
    let k = match cx.index(cx.arg(args, 1).value())? {
        Int::Small(k) => k,
        Int::Big(_) => return Err(cx.error(T::OverflowError, TOO_MANY)),
    };
    let drawn = twist(cx, cx.arg(args, 0).value(), |twister| twister.getrandbits(k))?;
    drawn.map(|n| cx.int_value(n)).map_err(|fault: Fault| cx.fault(&fault))
}

const TOO_MANY: &str = "Python int too large to convert to C int";

// ---- what draws from it

/// Does the class leave the two sources of randomness as they are? The answer is kept with the
/// generator as long as no class changes.
fn is_plain(cx: &Cx, this: Value) -> bool {
    let class = cx.class_of(this);
    let now = (class.address(), cx.shapes.epoch.get());
    if matches!(generate(cx, this, |generator| generator.plain.get() == now), Ok(true)) {
        return true;
    }
    let root = cx.class(T::Random);
    let plain = ["random", "getrandbits"].iter().all(|name| {
        let name = cx.intern(name);
        cx.lookup(class, name) == root.dict.get_str(cx, name)
    });
    plain && generate(cx, this, |generator| generator.plain.set(now)).is_ok()
}

/// Goes on in the library.
fn slowly(cx: &mut Cx, args: Args, name: &str) -> Flow {
    let this = cx.arg(args, 0).value();
    let name = cx.intern(name);
    let slow = cx.get_attribute(this, name)?;
    let rest: Vec<Value> =
        cx.args_from(args, 1).into_iter().take_while(|arg| !arg.is_undef()).collect();
    cx.tail(slow, &rest)
}

fn draw_below(cx: &Cx, this: Value, n: i64) -> Result<i64, Stop> {
    twist(cx, this, |twister| twister.below(n as u64) as i64)
}

fn below(cx: &mut Cx, args: Args) -> Flow {
    let this = cx.arg(args, 0).value();
    if !is_plain(cx, this) {
        return slowly(cx, args, "_slow_randbelow");
    }
    match cx.index(cx.arg(args, 1).value())? {
        Int::Small(n) if n >= 0 => Ok(cx.int(draw_below(cx, cx.arg(args, 0).value(), n)?)),
        n => {
            let n = n.into_big();
            if n < IBig::ZERO {
                return Err(cx.value_error("number of bits must be non-negative"));
            }
            let drawn = twist(cx, cx.arg(args, 0).value(), |twister| twister.below_big(&n))?;
            drawn.map(|n| cx.int_value(n)).map_err(|fault| cx.fault(&fault))
        }
    }
}

fn randint(cx: &mut Cx, args: Args) -> Flow {
    let this = cx.arg(args, 0).value();
    let (a, b) = (cx.arg(args, 1).value().as_int(), cx.arg(args, 2).value().as_int());
    match (a, b) {
        (Some(a), Some(b)) if a <= b && is_plain(cx, this) => {
            Ok(cx.int(a + draw_below(cx, this, b - a + 1)?))
        }
        _ => slowly(cx, args, "_slow_randint"),
    }
}

fn randrange(cx: &mut Cx, args: Args) -> Flow {
    let this = cx.arg(args, 0).value();
    let parts = [1, 2].map(|i| cx.arg(args, i).value());
    if cx.opt(args, 3).is_none() && is_plain(cx, this) {
        match parts.map(Value::as_int) {
            [Some(n), None] if n > 0 && parts[1].is_undef() => {
                return Ok(cx.int(draw_below(cx, this, n)?));
            }
            [Some(a), Some(b)] if a < b => {
                return Ok(cx.int(a + draw_below(cx, this, b - a)?));
            }
            _ => {}
        }
    }
    // A step may be given by name without a stop.
    if cx.arg(args, 2).value().is_undef()
        && let Some(step) = cx.opt(args, 3).map(|step| step.value())
    {
        let (slow, start) = (cx.intern("_slow_randrange"), cx.arg(args, 1).value());
        let slow = cx.get_attribute(cx.arg(args, 0).value(), slow)?;
        return cx.tail(slow, &[start, Value::NONE, step]);
    }
    slowly(cx, args, "_slow_randrange")
}

fn choice(cx: &mut Cx, args: Args) -> Flow {
    let (this, sequence) = (cx.arg(args, 0).value(), cx.arg(args, 1).value());
    let plain = sequence.is::<List>() || sequence.is::<Tuple>() || sequence.is::<Str>();
    match cx.len_plain(sequence) {
        Some(len) if len > 0 && plain && is_plain(cx, this) => {
            let at = draw_below(cx, this, len as i64)?;
            Ok(cx.item_plain(sequence, Value::int(at))?.unwrap_or(Value::NONE))
        }
        _ => slowly(cx, args, "_slow_choice"),
    }
}

fn shuffle(cx: &mut Cx, args: Args) -> Flow {
    let this = cx.arg(args, 0).value();
    let Some(list) = cx.arg(args, 1).value().cast::<List>().filter(|_| is_plain(cx, this)) else {
        return slowly(cx, args, "_slow_shuffle");
    };
    twist(cx, this, |twister| {
        list.edit(|items| {
            for at in (1..items.len()).rev() {
                items.swap(at, twister.below(at as u64 + 1) as usize);
            }
        });
        Value::NONE
    })
}

fn uniform(cx: &mut Cx, args: Args) -> Flow {
    let this = cx.arg(args, 0).value();
    let real = |value: Value| match cx.number(value) {
        Some(Number::Small(n)) if n.abs() < 1 << 52 => Some(n as f64),
        Some(Number::Float(x)) => Some(x),
        _ => None,
    };
    match (real(cx.arg(args, 1).value()), real(cx.arg(args, 2).value())) {
        (Some(a), Some(b)) if is_plain(cx, this) => {
            with_twister(cx, args, |twister| Value::float(a + (b - a) * twister.random()))
        }
        _ => slowly(cx, args, "_slow_uniform"),
    }
}
