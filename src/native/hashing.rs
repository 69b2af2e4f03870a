//! `_digests`: digests of bytes, for `stdlib/hashlib.sloop` and `stdlib/hmac.sloop`.

use std::cell::RefCell;

use super::bytes::buffer_of;
use super::{TypeDef, add_functions, add_types, function, method, this};
use crate::gc::Gc;
use crate::plain::bytes::hex;
use crate::plain::digest::{self, Hasher, Named};
use crate::plain::{MAX_BYTES, digest::ALGORITHMS};
use crate::value::{Dict, Resource, Str, T, Value};
use crate::vm::{Args, Cx, Def, Flow, GetSet, Stop};

pub static TYPE: TypeDef = TypeDef {
    id: T::Hash,
    doc: "A digest that is fed piece by piece.",
    methods: &[
        method("update(self, obj, /)", "Feeds more bytes.", update),
        method("digest(self, /, length=UNDEF)", "The digest as bytes.", |cx, args| {
            let bytes = digest_of(cx, args, "digest")?;
            Ok(Value::object(cx.bytes(bytes)))
        }),
        method(
            "hexdigest(self, /, length=UNDEF)",
            "The digest in hexadecimal digits.",
            |cx, args| {
                let bytes = digest_of(cx, args, "hexdigest")?;
                Ok(cx.str_value(&hex(&bytes, None, 1)))
            },
        ),
        method("copy(self, /)", "Another one that has eaten the same.", |cx, args| {
            let hasher = look(cx, cx.arg(args, 0).value(), |hasher| hasher.clone())?;
            Ok(made(cx, hasher))
        }),
        method("__repr__(self, /)", "Return repr(self).", |cx, args| {
            let this = cx.arg(args, 0).value();
            let name = look(cx, this, |hasher| hasher.kind.name)?;
            let address = super::display_object::address(this);
            Ok(cx.str_value(&format!("<{name} _hashlib.HASH object @ {address}>")))
        }),
    ],
    getsets: &[
        get("name", "The algorithm.", |cx, this| {
            let name = look(cx, this, |hasher| hasher.kind.name)?;
            Ok(cx.str_value(name))
        }),
        get("digest_size", "The bytes of a digest.", |cx, this| {
            Ok(Value::int(look(cx, this, |hasher| hasher.size)? as i64))
        }),
        get("block_size", "The bytes that are eaten at once.", |cx, this| {
            Ok(Value::int(look(cx, this, |hasher| hasher.kind.block)? as i64))
        }),
    ],
};

static FUNCTIONS: &[Def] = &[
    function("new(name, data, /)", "A digest by the name of its algorithm.", new),
    function(
        "blake2(name, data, parameters, key, last_node, /)",
        "BLAKE2 with what its first block says.",
        blake2,
    ),
    function("hmac(name, key, message, /)", "The HMAC of a message.", hmac),
    function("pbkdf2(name, password, salt, rounds, size, /)", "A key out of a password.", pbkdf2),
    function("names()", "The names of all algorithms.", |cx, _| {
        let names: Vec<Value> = ALGORITHMS.iter().map(|row| cx.str_value(row.name)).collect();
        Ok(Value::object(cx.tuple(&names)))
    }),
];

const fn get(name: &'static str, doc: &'static str, get: fn(&mut Cx, Value) -> Flow) -> GetSet {
    GetSet { name, doc, get, set: None }
}

pub fn module(cx: &mut Cx, namespace: Gc<Dict>) -> Result<(), Stop> {
    add_functions(cx, namespace, FUNCTIONS, "_digests");
    add_types(cx, &[&TYPE]);
    namespace.set_str(cx, cx.intern("HASH"), cx.type_object(T::Hash));
    Ok(())
}

fn made(cx: &Cx, hasher: Hasher) -> Value {
    Value::object(cx.new_object(T::Hash.shape(), 0, |header| Resource {
        header,
        extra: Value::UNDEF.into(),
        payload: RefCell::new(Some(Box::new(hasher))),
    }))
}

fn look<R>(cx: &Cx, value: Value, look: impl FnOnce(&mut Hasher) -> R) -> Result<R, Stop> {
    let resource = value.cast::<Resource>().filter(|_| cx.is_exact(value, T::Hash));
    if let Some(resource) = resource
        && let Some(payload) = resource.payload.borrow_mut().as_mut()
        && let Some(hasher) = payload.downcast_mut::<Hasher>()
    {
        return Ok(look(hasher));
    }
    Err(super::operators::wrong_receiver(cx, "", T::Hash, value))
}

fn kind(cx: &Cx, args: Args) -> Result<&'static Named, Stop> {
    let name = cx.arg(args, 0).value();
    let Some(text) = name.cast::<Str>() else {
        return Err(cx.type_error("name must be a string"));
    };
    let found = text.as_str().and_then(|name| digest::named(&name.to_ascii_lowercase()));
    found.ok_or_else(|| cx.value_error(&format!("unsupported hash type {}", text.lossy())))
}

fn data(cx: &mut Cx, args: Args, i: usize) -> Result<Vec<u8>, Stop> {
    let value = cx.arg(args, i).value();
    if cx.unwrap(value).is::<Str>() {
        return Err(cx.type_error("Strings must be encoded before hashing"));
    }
    match buffer_of(cx, value) {
        Err(_) if cx.pending_is(T::TypeError) => {
            cx.take_exception();
            Err(cx.type_error("object supporting the buffer API required"))
        }
        found => Ok(found?.to_vec()),
    }
}

fn new(cx: &mut Cx, args: Args) -> Flow {
    let kind = kind(cx, args)?;
    let mut hasher = Hasher::new(kind);
    hasher.update(&data(cx, args, 1)?);
    Ok(made(cx, hasher))
}

fn blake2(cx: &mut Cx, args: Args) -> Flow {
    let kind = kind(cx, args)?;
    let (parameters, key) = (data(cx, args, 2)?, data(cx, args, 3)?);
    let last_node = cx.truth(cx.arg(args, 4).value())?;
    if parameters.is_empty() || key.len() > kind.block {
        return Err(cx.value_error("these are no parameters of BLAKE2"));
    }
    let mut hasher = Hasher::blake2(kind, &parameters, &key, last_node);
    hasher.update(&data(cx, args, 1)?);
    Ok(made(cx, hasher))
}

fn update(cx: &mut Cx, args: Args) -> Flow {
    let hasher = this::<Resource>(cx, args, T::Hash)?;
    let more = data(cx, args, 1)?;
    look(cx, Value::object(hasher), |hasher| hasher.update(&more))?;
    Ok(Value::NONE)
}

fn digest_of(cx: &mut Cx, args: Args, name: &str) -> Result<Vec<u8>, Stop> {
    let this = cx.arg(args, 0).value();
    let endless = look(cx, this, |hasher| hasher.kind.is_endless())?;
    let size = match cx.opt(args, 1).map(|size| size.value()) {
        Some(size) if endless => cx.index_i64(size)?,
        None if endless => {
            return Err(
                cx.type_error(&format!("{name}() missing required argument 'length' (pos 1)"))
            );
        }
        Some(_) => {
            return Err(cx.type_error(&format!("HASH.{name}() takes no arguments (1 given)")));
        }
        None => 0,
    };
    match usize::try_from(size) {
        Ok(size) if size <= MAX_BYTES => look(cx, this, |hasher| hasher.digest(size)),
        _ => Err(cx.value_error("value must be positive")),
    }
}

fn hmac(cx: &mut Cx, args: Args) -> Flow {
    let kind = kind(cx, args)?;
    let (key, message) = (data(cx, args, 1)?, data(cx, args, 2)?);
    Ok(Value::object(cx.bytes(digest::hmac(kind, &key, &message))))
}

fn pbkdf2(cx: &mut Cx, args: Args) -> Flow {
    let kind = kind(cx, args)?;
    let (password, salt) = (data(cx, args, 1)?, data(cx, args, 2)?);
    let [rounds, size] = [3, 4].map(|i| cx.arg(args, i).value());
    let (rounds, size) = (cx.index_i64(rounds)?, cx.index_i64(size)?);
    let (Ok(rounds), Ok(size)) = (u64::try_from(rounds), usize::try_from(size)) else {
        return Err(cx.value_error("iteration value must be greater than 0."));
    };
    if size > MAX_BYTES {
        return Err(cx.error_with(T::MemoryError, &[]));
    }
    let key = cx.long_work(move || digest::pbkdf2(kind, &password, &salt, rounds, size))?;
    Ok(Value::object(cx.bytes(key)))
}
