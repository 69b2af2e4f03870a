//! The module `_ssl`: TLS for `stdlib/ssl.sloop`, which knows contexts, sockets and exceptions.
//!
//! Nothing here touches a socket: `engine.rs` takes and gives bytes, `verify.rs` judges
//! certificates. What goes wrong is returned as `(number, reason, text)`, which the module in Sloop
//! makes an exception of.

mod engine;
mod fault;
mod memory;
mod session;
mod verify;

use std::any::Any;
use std::cell::RefCell;
use std::sync::Arc;

use rustls::RootCertStore;

use engine::{Config, Setup};
use fault::Fault;
use memory::Memory;
use session::Session;
use verify::{Mode, Revocation};

use super::bytes::{data_arg, data_of};
use super::{TypeDef, add_functions, add_types, function, method};
use crate::gc::Gc;
use crate::plain::x509::{self, Alternative, Certificate, Name};
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
        method("offered(self, /)", "A client's ciphers that the server knows.", |cx, args| {
            let rows = with_session(cx, args, |session| session.offered())?;
            let rows = rows.into_iter().map(|row| cipher_value(cx, row));
            Ok(Value::object(cx.list(rows.collect())))
        }),
        method("rest(self, /)", "What came behind the end.", |cx, args| {
            let rest = with_session(cx, args, |session| session.rest())?;
            Ok(Value::object(cx.bytes(rest)))
        }),
        method(
            "asked(self, /)",
            "(name,) if a client waits for an answer, or None.",
            |cx, args| {
                let Some(name) = with_session(cx, args, |session| session.asked())? else {
                    return Ok(Value::NONE);
                };
                let name = name.map_or(Value::NONE, |name| cx.str_value(&name));
                Ok(Value::object(cx.tuple(&[name])))
            },
        ),
        method("answer(self, config, /)", "Answers it; None, or what is wrong.", |cx, args| {
            let done = with_payload(cx, cx.arg(args, 1).value(), |config: &mut Config| {
                with_session(cx, args, |session| session.answer(config))
            })??;
            Ok(outcome(cx, done, |_, ()| Value::NONE))
        }),
        method("refuse(self, alert, /)", "Sends it away.", |cx, args| {
            let alert = cx.index_i64(cx.arg(args, 1).value())?;
            with_session(cx, args, |session| session.refuse(alert as u8))?;
            Ok(Value::NONE)
        }),
        method("memory(self, /)", "What another connection can take up again.", |cx, args| {
            let memory = with_session(cx, args, |session| session.memory())?;
            Ok(resource(cx, T::TlsSettings, Box::new(memory)))
        }),
        method("is_resumed(self, /)", "Was a session taken up?", |cx, args| {
            Ok(Value::bool(with_session(cx, args, |session| session.is_resumed())?))
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
    function("config(given, /)", "Settings of connections, or what is wrong.", config),
    function(
        "connection(config, name, memory, /)",
        "A connection, or what is wrong.",
        |cx, args| {
            let name = text(cx, cx.arg(args, 1).value());
            let (config, memory) = (cx.arg(args, 0).value(), cx.arg(args, 2).value());
            if config.is_none() {
                return Ok(resource(cx, T::TlsConnection, Box::new(Session::listening())));
            }
            let past = match memory.is_none() {
                true => None,
                false => Some(with_payload(cx, memory, |memory: &mut Arc<Memory>| memory.clone())?),
            };
            let made = with_payload(cx, config, |config: &mut Config| {
                Session::new(config, name.as_deref(), past)
            })?;
            Ok(outcome(cx, made, |cx, made| resource(cx, T::TlsConnection, Box::new(made))))
        },
    ),
    function("is_full(memory, /)", "Is there something to take up?", |cx, args| {
        let memory = cx.arg(args, 0).value();
        Ok(Value::bool(with_payload(cx, memory, |memory: &mut Arc<Memory>| memory.is_full())?))
    }),
    function("ciphers()", "Names, protocols and bits of all ciphers.", |cx, _| {
        let rows = engine::ciphers().into_iter().map(|row| cipher_value(cx, row));
        Ok(Value::object(cx.list(rows.collect())))
    }),
    function("is_curve(name, /)", "Is there a curve of this name?", |cx, args| {
        let name = text(cx, cx.arg(args, 0).value());
        Ok(Value::bool(name.is_some_and(|name| engine::is_curve(&name))))
    }),
    function("is_authority(der, /)", "May a certificate vouch for others?", |cx, args| {
        let der = data_arg(cx, args, 0)?;
        Ok(Value::bool(Certificate::read(&der).is_some_and(|read| read.authority)))
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

/// The context of the module `ssl` answers by the names of the setup's fields.
fn config(cx: &mut Cx, args: Args) -> Flow {
    let given = cx.arg(args, 0).value();
    let Some(given) = cx.unwrap(given).cast::<Dict>() else {
        return Err(cx.type_error("a dict is expected"));
    };
    let given = Given { cx, given };
    let system = given.value("system");
    let system = match system.is_none() {
        true => None,
        false => Some(with_payload(cx, system, |roots: &mut Arc<RootCertStore>| roots.clone())?),
    };
    let mut shown = Vec::new();
    for item in given.items("shown") {
        let Some(parts) = cx.unwrap(item).cast::<Tuple>() else { continue };
        let [chain, kind, key] = *parts.as_slice() else { continue };
        let chain = cx.unwrap(chain).cast::<List>().map_or(Vec::new(), |list| list.to_vec());
        if let Some((kind, key)) = text(cx, kind).zip(data_of(cx, key)) {
            shown.push((bytes_of(cx, &chain)?, kind, key.to_vec()));
        }
    }
    let key_log = match text(cx, given.value("log")) {
        Some(path) => match std::fs::File::options().append(true).create(true).open(&path) {
            Ok(file) => Some(file),
            Err(error) => {
                let fault = Fault::new("SYS_LIB", format!("system lib: {path}: {error}"));
                return Ok(outcome(cx, Err(fault), |_, ()| Value::NONE));
            }
        },
        None => None,
    };
    let setup = Setup {
        server: given.number("server") != 0,
        mode: match given.number("mode") {
            0 => Mode::None,
            1 => Mode::Optional,
            _ => Mode::Required,
        },
        names: given.number("names") != 0,
        trusted: given.list("trusted")?,
        system,
        revoked: given.list("revoked")?,
        revocation: match given.number("revocation") {
            0 => Revocation::Ignored,
            1 => Revocation::OfEnds,
            _ => Revocation::OfAll,
        },
        shown,
        protocols: given.list("protocols")?,
        tls12: given.number("tls12") != 0,
        tls13: given.number("tls13") != 0,
        ciphers: given.texts("ciphers"),
        curve: text(cx, given.value("curve")),
        tickets: usize::try_from(given.number("tickets")).unwrap_or(0),
        key_log,
    };
    let made = Config::new(setup);
    Ok(outcome(cx, made, |cx, made| resource(cx, T::TlsSettings, Box::new(made))))
}

/// What a dict says; what is not in it is 0, None or empty. Yes and no are 1 and 0.
struct Given<'a> {
    cx: &'a Cx,
    given: Gc<Dict>,
}

impl Given<'_> {
    fn value(&self, name: &str) -> Value {
        self.given.get_str(self.cx, self.cx.intern(name)).unwrap_or(Value::NONE)
    }

    fn number(&self, name: &str) -> i64 {
        self.value(name).as_int().unwrap_or(0)
    }

    fn items(&self, name: &str) -> Vec<Value> {
        let list = self.cx.unwrap(self.value(name)).cast::<List>();
        list.map_or(Vec::new(), |list| list.to_vec())
    }

    fn list(&self, name: &str) -> Result<Vec<Vec<u8>>, Stop> {
        bytes_of(self.cx, &self.items(name))
    }

    fn texts(&self, name: &str) -> Vec<String> {
        self.items(name).into_iter().filter_map(|each| text(self.cx, each)).collect()
    }
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
    let items = cx.unwrap(cx.arg(args, i).value()).cast::<List>().map(|list| list.to_vec());
    bytes_of(cx, &items.ok_or_else(|| cx.type_error("a list of bytes is expected"))?)
}

fn bytes_of(cx: &Cx, items: &[Value]) -> Result<Vec<Vec<u8>>, Stop> {
    let items = items.iter().map(|&item| Some(data_of(cx, item)?.to_vec())).collect();
    Option::ok_or_else(items, || cx.type_error("a list of bytes is expected"))
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
            read.names.iter().map(|(kind, name)| alternative(cx, kind, name)).collect();
        set("subjectAltName", Value::object(cx.tuple(&pairs)));
    }
    for (key, places) in [
        ("OCSP", &read.status),
        ("caIssuers", &read.issuers),
        ("crlDistributionPoints", &read.revoked),
    ] {
        if !places.is_empty() {
            let places: Vec<Value> = places.iter().map(|place| cx.str_value(place)).collect();
            set(key, Value::object(cx.tuple(&places)));
        }
    }
    Value::object(dict)
}

fn alternative(cx: &Cx, kind: &str, name: &Alternative) -> Value {
    match name {
        Alternative::Text(text) => pair(cx, kind, text),
        Alternative::Folder(name) => {
            Value::object(cx.tuple(&[cx.str_value(kind), name_value(cx, name)]))
        }
    }
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
