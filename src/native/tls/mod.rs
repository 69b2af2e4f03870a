//! The module `_ssl`: TLS for `stdlib/ssl.sloop`, which knows contexts, sockets and exceptions.
//!
//! Nothing here touches a socket: `engine.rs` takes and gives bytes, `verify.rs` judges
//! certificates. What goes wrong is returned as `(number, reason, text)`, which the module in Sloop
//! makes an exception of.

mod engine;
mod verify;

use std::any::Any;
use std::cell::RefCell;
use std::sync::Arc;

use rustls::RootCertStore;

use engine::{Config, Fault, Session, Setup};
use verify::Mode;

use super::bytes::{data_arg, data_of};
use super::{TypeDef, add_functions, add_types, function, method};
use crate::gc::Gc;
use crate::plain::x509::{self, Certificate, Name};
use crate::value::{Dict, List, Resource, Str, T, Tuple, Value};
use crate::vm::{Args, Cx, Def, Flow, Stop};

pub static SETTINGS: TypeDef = TypeDef {
    id: T::TlsSettings,
    doc: "What connections have in common.",
    methods: &[],
    getsets: &[],
};

pub static CONNECTION: TypeDef = TypeDef {
    id: T::TlsConnection,
    doc: "A session of TLS, apart from what it is sent over.",
    methods: &[
        method(
            "feed(self, data, /)",
            "Takes what has come; None, or what is wrong.",
            |cx, args| {
                let data = data_arg(cx, args, 1)?;
                let fed = with_session(cx, args, |session| session.feed(&data))?;
                Ok(outcome(cx, fed, |_, ()| Value::NONE))
            },
        ),
        method("take(self, /)", "What is to be sent.", |cx, args| {
            let out = with_session(cx, args, Session::take)?;
            Ok(Value::object(cx.bytes(out)))
        }),
        method("write(self, data, /)", "Encrypts; how much, or what is wrong.", |cx, args| {
            let data = data_arg(cx, args, 1)?;
            let written = with_session(cx, args, |session| session.write(&data))?;
            Ok(outcome(cx, written, |_, count| Value::int(count as i64)))
        }),
        method("read(self, size, /)", "What was decrypted, at most so much.", |cx, args| {
            let most = cx.index_i64(cx.arg(args, 1).value())?;
            let most = usize::try_from(most).unwrap_or(usize::MAX);
            let data = with_session(cx, args, |session| session.read(most))?;
            Ok(Value::object(cx.bytes(data)))
        }),
        method("pending(self, /)", "How much is decrypted and not read.", |cx, args| {
            Ok(Value::int(with_session(cx, args, |session| session.pending())? as i64))
        }),
        method("shut(self, /)", "Says that nothing more is sent.", |cx, args| {
            with_session(cx, args, Session::shut)?;
            Ok(Value::NONE)
        }),
        method("is_handshaking(self, /)", "Is it not agreed yet?", |cx, args| {
            Ok(Value::bool(with_session(cx, args, |session| session.is_handshaking())?))
        }),
        method("is_over(self, /)", "Does the other side send no more?", |cx, args| {
            Ok(Value::bool(with_session(cx, args, Session::is_over)?))
        }),
        method("version(self, /)", "The protocol's name, or None.", |cx, args| {
            let version = with_session(cx, args, |session| session.version())?;
            Ok(version.map_or(Value::NONE, |version| cx.str_value(version)))
        }),
        method("cipher(self, /)", "Name, protocol and bits of the cipher, or None.", |cx, args| {
            let cipher = with_session(cx, args, |session| session.cipher())?;
            Ok(cipher.map_or(Value::NONE, |cipher| cipher_value(cx, cipher)))
        }),
        method("protocol(self, /)", "What ALPN has agreed on, or None.", |cx, args| {
            let found = with_session(cx, args, |s| {
                s.protocol().map(|name| String::from_utf8_lossy(name).into_owned())
            })?;
            Ok(found.map_or(Value::NONE, |name| cx.str_value(&name)))
        }),
        method("peer(self, /)", "The other side's certificates.", |cx, args| {
            let chain: Vec<Vec<u8>> = with_session(cx, args, |session| {
                session.peer().into_iter().map(<[u8]>::to_vec).collect()
            })?;
            let items = chain.into_iter().map(|each| Value::object(cx.bytes(each))).collect();
            Ok(Value::object(cx.list(items)))
        }),
        method("server_name(self, /)", "The name that a client has asked for.", |cx, args| {
            let name = with_session(cx, args, |s| s.server_name().map(str::to_owned))?;
            Ok(name.map_or(Value::NONE, |name| cx.str_value(&name)))
        }),
    ],
    getsets: &[],
};

static FUNCTIONS: &[Def] = &[
    function("sections(data, /)", "Kinds and contents of a PEM file, or None.", |cx, args| {
        let data = data_arg(cx, args, 0)?;
        let Some(found) = engine::sections(&data) else { return Ok(Value::NONE) };
        let rows = found.into_iter().map(|(kind, data)| {
            let pair = [cx.str_value(kind), Value::object(cx.bytes(data))];
            Value::object(cx.tuple(&pair))
        });
        Ok(Value::object(cx.list(rows.collect())))
    }),
    function("roots(files, /)", "The certificates in the texts of files.", |cx, args| {
        let texts = list_arg(cx, args, 0)?;
        Ok(resource(cx, T::TlsSettings, Box::new(Arc::new(engine::roots(&texts)))))
    }),
    function(
        "config(server, mode, names, trusted, roots, chain, key, protocols, old, new, ciphers, /)",
        "Settings of connections, or what is wrong.",
        config,
    ),
    function("connection(config, name, /)", "A connection, or what is wrong.", |cx, args| {
        let name = text(cx, cx.arg(args, 1).value());
        let made = with_payload(cx, cx.arg(args, 0).value(), |config: &mut Config| {
            Session::new(config, name.as_deref())
        })?;
        Ok(outcome(cx, made, |cx, made| resource(cx, T::TlsConnection, Box::new(made))))
    }),
    function("ciphers()", "Names, protocols and bits of all ciphers.", |cx, _| {
        let rows = engine::ciphers().into_iter().map(|row| cipher_value(cx, row));
        Ok(Value::object(cx.list(rows.collect())))
    }),
    function("certificate(der, /)", "What a certificate says, or None.", |cx, args| {
        let der = data_arg(cx, args, 0)?;
        Ok(Certificate::read(&der).map_or(Value::NONE, |read| certificate_value(cx, &read)))
    }),
];

pub fn module(cx: &mut Cx, dict: Gc<Dict>) -> Result<(), Stop> {
    add_types(cx, &[&SETTINGS, &CONNECTION]);
    add_functions(cx, dict, FUNCTIONS, "_ssl");
    Ok(())
}

fn config(cx: &mut Cx, args: Args) -> Flow {
    let flag = |cx: &mut Cx, i| cx.truth(cx.arg(args, i).value());
    let server = flag(cx, 0)?;
    let mode = match cx.index_i64(cx.arg(args, 1).value())? {
        0 => Mode::None,
        1 => Mode::Optional,
        _ => Mode::Required,
    };
    let names = flag(cx, 2)?;
    let trusted = list_arg(cx, args, 3)?;
    let system = cx.arg(args, 4).value();
    let system = match system.is_none() {
        true => None,
        false => Some(with_payload(cx, system, |roots: &mut Arc<RootCertStore>| roots.clone())?),
    };
    let chain = list_arg(cx, args, 5)?;
    let key = cx.arg(args, 6).value();
    let key = match cx.unwrap(key).cast::<Tuple>() {
        Some(pair) => match *pair.as_slice() {
            [kind, data] => text(cx, kind).zip(data_of(cx, data).map(|data| data.to_vec())),
            _ => None,
        },
        None => None,
    };
    let protocols = list_arg(cx, args, 7)?;
    let (tls12, tls13) = (flag(cx, 8)?, flag(cx, 9)?);
    let ciphers = cx.arg(args, 10).value();
    let ciphers = cx.unwrap(ciphers).cast::<List>().map_or(Vec::new(), |list| list.to_vec());
    let ciphers = ciphers.into_iter().filter_map(|name| text(cx, name)).collect();
    let setup = Setup {
        server,
        mode,
        names,
        trusted,
        system,
        chain,
        key,
        protocols,
        tls12,
        tls13,
        ciphers,
    };
    let made = Config::new(setup);
    Ok(outcome(cx, made, |cx, made| resource(cx, T::TlsSettings, Box::new(made))))
}

// ---- values

fn resource(cx: &Cx, id: T, payload: Box<dyn Any>) -> Value {
    Value::object(cx.new_object(id.shape(), 0, |header| Resource {
        header,
        extra: Value::UNDEF.into(),
        payload: RefCell::new(Some(payload)),
    }))
}

fn with_payload<P: 'static, R>(
    cx: &Cx,
    value: Value,
    body: impl FnOnce(&mut P) -> R,
) -> Result<R, Stop> {
    let resource = cx.unwrap(value).cast::<Resource>();
    if let Some(resource) = resource {
        let mut payload = resource.payload.borrow_mut();
        if let Some(payload) = payload.as_mut().and_then(|payload| payload.downcast_mut::<P>()) {
            return Ok(body(payload));
        }
    }
    Err(cx.type_error("an object of the module _ssl is expected"))
}

fn with_session<R>(cx: &Cx, args: Args, body: impl FnOnce(&mut Session) -> R) -> Result<R, Stop> {
    with_payload(cx, cx.arg(args, 0).value(), body)
}

fn outcome<R>(cx: &Cx, result: Result<R, Fault>, made: impl FnOnce(&Cx, R) -> Value) -> Value {
    match result {
        Ok(result) => made(cx, result),
        Err(fault) => {
            let code = fault.refused.map_or(Value::NONE, Value::int);
            let parts = [code, cx.str_value(&fault.reason), cx.str_value(&fault.text)];
            Value::object(cx.tuple(&parts))
        }
    }
}

fn text(cx: &Cx, value: Value) -> Option<String> {
    Some(cx.unwrap(value).cast::<Str>()?.lossy().into_owned())
}

/// A list of bytes.
fn list_arg(cx: &Cx, args: Args, i: usize) -> Result<Vec<Vec<u8>>, Stop> {
    let value = cx.arg(args, i).value();
    let items = cx.unwrap(value).cast::<List>().map(|list| list.to_vec());
    let items: Option<Vec<Vec<u8>>> = items
        .and_then(|items| items.iter().map(|&item| Some(data_of(cx, item)?.to_vec())).collect());
    items.ok_or_else(|| cx.type_error("a list of bytes is expected"))
}

fn cipher_value(cx: &Cx, (name, protocol, bits): (&str, &str, i64)) -> Value {
    let parts = [cx.str_value(name), cx.str_value(protocol), Value::int(bits)];
    Value::object(cx.tuple(&parts))
}

fn certificate_value(cx: &Cx, read: &Certificate) -> Value {
    let dict = cx.dict();
    let set = |key: &str, value: Value| dict.set_str(cx, cx.intern(key), value);
    set("subject", name_value(cx, &read.subject));
    set("issuer", name_value(cx, &read.issuer));
    set("version", Value::int(read.version as i64));
    set("serialNumber", cx.str_value(&read.serial));
    set("notBefore", cx.str_value(&x509::shown(&read.not_before)));
    set("notAfter", cx.str_value(&x509::shown(&read.not_after)));
    if !read.names.is_empty() {
        let pairs: Vec<Value> =
            read.names.iter().map(|(kind, name)| pair(cx, kind, name)).collect();
        set("subjectAltName", Value::object(cx.tuple(&pairs)));
    }
    Value::object(dict)
}

fn name_value(cx: &Cx, name: &Name) -> Value {
    let parts: Vec<Value> = name
        .iter()
        .map(|part| {
            let pairs: Vec<Value> = part.iter().map(|(key, value)| pair(cx, key, value)).collect();
            Value::object(cx.tuple(&pairs))
        })
        .collect();
    Value::object(cx.tuple(&parts))
}

fn pair(cx: &Cx, key: &str, value: &str) -> Value {
    Value::object(cx.tuple(&[cx.str_value(key), cx.str_value(value)]))
}
