//! Functions and types for scripts, written in Rust.
//!
//! A native is one function and one row: `method("append(self, object, /)", "…", list_append)`.
//! The signature is parsed once at start; absent optional arguments arrive as UNDEF, whatever
//! text their default has. A native never calls back into the language: it returns a value,
//! an exception, or a wish (`Cx::tail`, `Cx::call_then`). What takes callbacks has a short way
//! here for plain data and otherwise goes on in `stdlib/prelude.sloop`.

mod abc;
pub mod asyncio;
mod binascii;
mod builtins;
mod bytearray;
mod bytes;
mod bytes_methods;
mod cell;
mod child;
mod class;
mod codec;
mod collections;
mod complex;
mod contextvars;
mod copying;
mod deque;
mod descriptor;
mod dict;
pub mod display;
mod display_object;
mod display_walk;
pub mod dynamic;
pub mod error;
mod flate;
mod float;
mod fold;
mod format;
mod frames;
pub mod front;
mod function;
mod gc_module;
mod generator;
mod generic_alias;
mod group;
mod groupby;
mod hashing;
mod heap;
pub mod hints;
mod http;
mod int;
pub mod io;
mod iter_next;
mod iter_reduce;
mod iterators;
mod itertools;
mod json;
mod lazy;
mod list;
mod lru_cache;
mod math;
mod math_whole;
mod member;
mod memory;
mod module;
mod object;
pub mod opened;
mod operator;
mod operators;
mod packing;
mod partial;
mod parts;
mod percent;
mod posix;
pub mod raised;
mod random;
mod range;
mod re;
mod select;
mod set;
mod set_algebra;
mod signal;
mod slice;
mod socket;
mod sort;
mod starmap;
mod str;
mod str_search;
mod str_shape;
mod str_split;
mod str_table;
pub mod suggest;
mod super_object;
pub mod sys;
mod target;
mod tee;
mod template;
mod text_args;
mod text_builtins;
mod thread;
mod time;
mod tls;
mod tool_reduce;
pub mod traceback;
mod transfer;
mod tuple;
mod unicodedata;
mod union;
mod view;
mod weak;
pub mod witness;

use crate::gc::{Gc, HeapType};
use crate::value::class::overrides;
use crate::value::func::NativeKind;
use crate::value::types::TYPES;
use crate::value::{Class, Dict, Member, Native, Signature, T, Value};
use crate::vm::{Args, Cx, Def, GetSet, NativeFn, Stop, Vm};

// ---- rows

const fn def(signature: &'static str, doc: &'static str, kind: NativeKind, run: NativeFn) -> Def {
    let is_slot = matches!(kind, NativeKind::Method) && is_slot(signature.as_bytes());
    Def { signature: Signature::parse(signature), doc, kind, run, waits: None, is_slot }
}

/// Is a special method one that CPython keeps in a slot of the type?
const fn is_slot(signature: &[u8]) -> bool {
    const METHODS: &[&str] = &[
        "__class_getitem__",
        "__bytes__",
        "__ceil__",
        "__complex__",
        "__copy__",
        "__deepcopy__",
        "__dir__",
        "__enter__",
        "__exit__",
        "__floor__",
        "__format__",
        "__getnewargs__",
        "__getstate__",
        "__init_subclass__",
        "__instancecheck__",
        "__length_hint__",
        "__missing__",
        "__mro_entries__",
        "__reduce__",
        "__reduce_ex__",
        "__reversed__",
        "__round__",
        "__set_name__",
        "__setstate__",
        "__sizeof__",
        "__subclasscheck__",
        "__subclasses__",
        "__trunc__",
    ];
    if !(signature[0] == b'_' && signature[1] == b'_') {
        return false;
    }
    let mut i = 0;
    while i < METHODS.len() {
        let name = METHODS[i].as_bytes();
        let mut at = 0;
        while at < name.len() && signature[at] == name[at] {
            at += 1;
        }
        if at == name.len() && signature[at] == b'(' {
            return false;
        }
        i += 1;
    }
    true
}

/// Has the type a method beside the slot, for speed?
fn is_doubled(cx: &Cx, name: &str, owner: Value) -> bool {
    let is_of = |ids: &[T]| ids.iter().any(|&id| owner == Value::object(cx.class(id)));
    match name {
        "__contains__" => is_of(&[T::Dict, T::Set, T::FrozenSet]),
        "__getitem__" => is_of(&[T::Dict, T::List]),
        _ => false,
    }
}

pub const fn function(signature: &'static str, doc: &'static str, run: NativeFn) -> Def {
    def(signature, doc, NativeKind::Function, run)
}

/// A method: its first parameter is the receiver, which is checked to be of the type.
pub const fn method(signature: &'static str, doc: &'static str, run: NativeFn) -> Def {
    def(signature, doc, NativeKind::Method, run)
}

pub const fn class_method(signature: &'static str, doc: &'static str, run: NativeFn) -> Def {
    def(signature, doc, NativeKind::ClassMethod, run)
}

/// Also for `__new__`, whose first parameter is the class.
pub const fn static_method(signature: &'static str, doc: &'static str, run: NativeFn) -> Def {
    def(signature, doc, NativeKind::StaticMethod, run)
}

/// The setter of what CPython keeps as a read-only field.
pub fn readonly(cx: &mut Cx, _: Value, _: Value) -> crate::vm::Flow {
    Err(cx.error(T::AttributeError, "readonly attribute"))
}

/// What a topic file offers for one built-in type.
pub struct TypeDef {
    pub id: T,
    pub doc: &'static str,
    pub methods: &'static [Def],
    pub getsets: &'static [GetSet],
}

/// The built-in types that have members, one row per topic file entry. Types that only a module
/// offers get theirs when it is imported: see `add_types`.
static TYPE_DEFS: &[&TypeDef] = &[
    &tuple::TYPE,
    &dict::TYPE,
    &view::KEYS,
    &view::VALUES,
    &view::ITEMS,
    &set::SET,
    &set::FROZEN_SET,
    &range::TYPE,
    &slice::TYPE,
    &iterators::REVERSED,
    &iterators::ENUMERATE,
    &iterators::ZIP,
    &iterators::MAP,
    &iterators::FILTER,
    &generator::GENERATOR,
    &generator::COROUTINE,
    &generator::ASYNC_GENERATOR,
    &generator::ASYNC_SEND,
    &generator::ASYNC_THROW,
    &list::TYPE,
    &str::TYPE,
    &str_search::TYPE,
    &str_split::TYPE,
    &str_shape::TYPE,
    &str_table::TYPE,
    &bytes::TYPE,
    &bytes::COMMON,
    &bytes::SHARED,
    &bytearray::TYPE,
    &bytearray::COMMON,
    &bytearray::SHARED,
    &memory::TYPE,
    &group::TYPE,
    &frames::TRACEBACK,
    &frames::FRAME,
    &module::TYPE,
    &object::TYPE,
    &class::TYPE,
    &int::TYPE,
    &int::BOOL,
    &float::TYPE,
    &complex::TYPE,
    &union::TYPE,
    &generic_alias::TYPE,
    &function::FUNCTION,
    &function::NATIVE,
    &function::NATIVE_METHOD,
    &function::CLASS_NATIVE,
    &function::SLOT_WRAPPER,
    &function::METHOD_WRAPPER,
    &function::METHOD,
    &member::MEMBER,
    &member::GETSET,
    &function::CODE,
    &cell::TYPE,
    &descriptor::PROPERTY,
    &descriptor::STATIC_METHOD,
    &descriptor::CLASS_METHOD,
    &super_object::SUPER,
    &descriptor::MAPPING_PROXY,
    &descriptor::NONE,
    &descriptor::ELLIPSIS,
    &descriptor::NOT_IMPLEMENTED,
];

/// The same for topics with many types.
static TYPE_LISTS: &[&[&TypeDef]] = &[error::TYPES, io::TYPES, iterators::PLAIN];

/// The six comparisons of a type, by its function that takes the order.
macro_rules! comparisons {
    ($compared:ident) => {
        $crate::native::comparisons! { $compared eq Eq ne Ne lt Lt le Le gt Gt ge Ge }
    };
    ($compared:ident $($name:ident $order:ident)*) => { $(
        fn $name(cx: &mut Cx, args: Args) -> Flow {
            $compared(cx, args, Order::$order)
        }
    )* };
}
use comparisons;

/// Functions of the builtins namespace.
static BUILTINS: &[&[Def]] = &[
    abc::HOOKS,
    asyncio::HOOKS,
    asyncio::REPORTS,
    builtins::FUNCTIONS,
    dict::HOOKS,
    dynamic::FUNCTIONS,
    fold::FUNCTIONS,
    fold::HOOKS,
    generator::FUNCTIONS,
    weak::HOOKS,
    io::OPEN,
    io::PRINT,
    copying::HOOKS,
    iterators::HOOKS,
    sort::FUNCTIONS,
    &text_builtins::FUNCTIONS,
    &text_builtins::HOOKS,
    sys::HOOKS,
    thread::HOOKS,
];

/// What fills the namespace of a module when it is first imported.
pub type Fill = fn(&mut Cx, Gc<Dict>) -> Result<(), Stop>;

/// The modules that are natives.
pub static MODULES: &[(&str, Fill)] = &[
    ("sys", sys::module),
    ("time", time::module),
    ("gc", gc_module::module),
    ("itertools", itertools::module),
    ("_copy", copying::module),
    ("_heapq", heap::heap_module),
    ("_json", json::module),
    ("bisect", heap::bisect_module),
    ("operator", operator::module),
    ("_functools", partial::module),
    ("_weakref", weak::module),
    ("contextvars", contextvars::module),
    ("math", math::module),
    ("_cmath", complex::module),
    ("_abc", abc::module),
    ("_asyncio", asyncio::module),
    ("_collections", collections::module),
    ("_random", random::module),
    ("_re", re::module),
    ("_string", template::module),
    ("_io", io::module),
    ("_binascii", binascii::module),
    ("_digests", hashing::module),
    ("_struct", packing::module),
    ("_traceback", traceback::module),
    ("_introspect", parts::module),
    ("posix", posix::module),
    ("_socket", socket::module),
    ("_ssl", tls::module),
    ("_http", http::module),
    ("_zlib", flate::module),
    ("_subprocess", child::module),
    ("_signal", signal::module),
    ("_select", select::module),
    ("_thread", thread::module),
    ("_transfer", transfer::module),
    ("_typing", union::module),
    ("unicodedata", unicodedata::module),
    ("_witness", witness::module),
];

/// A new world, with the built-in types and functions in it.
pub fn new_vm() -> Box<Vm> {
    new_vm_seeded(None)
}

/// The same; hashes of texts are drawn from a number.
pub fn new_vm_seeded(seed: Option<u64>) -> Box<Vm> {
    let mut vm = Vm::seeded(seed);
    install(Cx::of(&mut vm));
    vm
}

/// Makes built-in types and functions known to a new VM.
fn install(cx: &mut Cx) {
    for row in TYPES {
        let class = cx.class(row.id);
        if is_builtin(row.id) {
            let builtins = cx.vm().builtins;
            builtins.set_str(cx, class.name.get(), Value::object(class));
        }
    }
    error::install(cx);
    group::install(cx);
    asyncio::install(cx);
    let builtins = cx.vm().builtins;
    for (name, value) in [
        ("NotImplemented", Value::NOT_IMPLEMENTED),
        ("Ellipsis", Value::ELLIPSIS),
        ("__debug__", Value::TRUE),
    ] {
        builtins.set_str(cx, cx.intern(name), value);
    }
    for row in [&copying::REDUCE_EX, &copying::REDUCE, &copying::GET_STATE] {
        add_method(cx, T::Object, row);
    }
    for (id, groups) in operators::TABLE {
        for row in groups.iter().copied().flatten() {
            add_method(cx, *id, row);
        }
    }
    for id in [T::Bytes, T::ByteArray] {
        add_method(cx, id, &memory::BUFFER);
    }
    add_method(cx, T::ByteArray, &memory::RELEASE_BUFFER);
    for &id in generic_alias::SUBSCRIPTABLE {
        add_method(cx, id, &generic_alias::CLASS_GETITEM);
    }
    for &id in operators::UNHASHABLE {
        let dict = cx.class(id).dict;
        dict.set_str(cx, cx.vm().names.__hash__, Value::NONE);
    }
    for def in TYPE_DEFS.iter().chain(TYPE_LISTS.iter().copied().flatten()) {
        add_members(cx, def);
    }
    display::install(cx);
    for row in TYPES {
        set_overrides(cx, row.id);
    }
    let builtins = cx.vm().builtins;
    let hidden = cx.vm().prelude_globals();
    // Code that runs in a namespace without a name takes this one.
    builtins.set_str(cx, cx.vm().names.__name__, cx.str_value("builtins"));
    builtins.set_str(cx, cx.intern("__debug__"), Value::TRUE);
    let module = cx.module(cx.class(T::Module), builtins);
    module.standard.set(true);
    cx.add_module("builtins", Value::object(module));
    for row in BUILTINS.iter().copied().flatten() {
        // What begins with one underscore is for the prelude alone.
        let is_public =
            !row.signature.text.starts_with('_') || row.signature.text.starts_with("__");
        let namespace = if is_public { builtins } else { hidden };
        add_functions(cx, namespace, std::slice::from_ref(row), "builtins");
    }
}

fn add_members(cx: &Cx, def: &TypeDef) {
    let class = cx.class(def.id);
    class.dict.set_str(cx, cx.intern("__doc__"), cx.str_value(def.doc));
    for row in def.methods {
        add_method(cx, def.id, row);
    }
    for row in def.getsets {
        let shape = if is_field(def.id, row.name) { T::Member } else { T::GetSet }.shape();
        let member = cx.new_object(shape, 0, |header| Member {
            header,
            name: cx.str_value(row.name).into(),
            owner: Value::object(class).into(),
            computed: Some(row),
            item: None,
        });
        class.dict.set_str(cx, cx.intern(row.name), Value::object(member));
    }
}

/// Is the attribute one that CPython keeps in a plain field of the object?
fn is_field(id: T, name: &str) -> bool {
    match id {
        T::Property => matches!(name, "fget" | "fset" | "fdel" | "__doc__"),
        T::Function => matches!(name, "__closure__" | "__doc__" | "__globals__" | "__builtins__"),
        T::BoundMethod => matches!(name, "__func__" | "__self__"),
        T::Complex => matches!(name, "real" | "imag"),
        T::Slice => true,
        _ => false,
    }
}

/// Gives types their members when the module that offers them is imported: a program that does
/// not import it neither has such objects nor pays for them.
pub fn add_types(cx: &Cx, defs: &[&TypeDef]) {
    let doc = cx.intern("__doc__");
    for def in defs {
        if cx.class(def.id).dict.get_str(cx, doc).is_some() {
            continue;
        }
        add_members(cx, def);
        set_overrides(cx, def.id);
    }
}

/// Built-in types never override the usual protocol by functions of the language, but a few
/// have descriptors or hooks of their own.
fn set_overrides(cx: &Cx, id: T) {
    let class = cx.class(id);
    class.overrides.set(match id {
        T::Property => overrides::GET | overrides::SET,
        T::StaticMethod | T::ClassMethod => overrides::GET,
        // `__new__` is all that the type itself needs; `__init__` is for classes derived from it.
        T::Super => overrides::GET,
        T::Module => overrides::INIT,
        T::WeakRef => overrides::EQ | overrides::HASH | overrides::REPR,
        T::GenericAlias => overrides::GETATTRIBUTE,
        T::ContextVar | T::ContextToken | T::MissingToken => overrides::REPR,
        T::Count | T::Repeat => overrides::REPR,
        T::Partial => overrides::REPR | overrides::GET,
        T::ItemGetter | T::AttrGetter | T::MethodCaller => overrides::REPR,
        T::LruCache => overrides::GET,
        T::ThreadLock | T::ThreadRLock => overrides::REPR,
        T::Future | T::Task | T::Timeout => overrides::INIT | overrides::REPR,
        T::Gathering => overrides::REPR,
        T::Lock | T::Event | T::Semaphore | T::BoundedSemaphore | T::Condition | T::Barrier => {
            overrides::INIT | overrides::REPR
        }
        T::Handle => overrides::INIT | overrides::REPR,
        T::TimerHandle => overrides::INIT | overrides::REPR | overrides::EQ | overrides::HASH,
        _ => class.overrides.get(),
    });
    cx.refresh_overrides(class);
}

fn add_method(cx: &Cx, id: T, row: &'static Def) {
    let class = cx.class(id);
    let native = make(cx, row, Value::object(class));
    class.dict.set_str(cx, cx.intern(native.signature.name()), Value::object(native));
}

/// Adds natives to a module's namespace.
pub fn add_functions(cx: &Cx, namespace: Gc<Dict>, rows: &'static [Def], module: &str) {
    for row in rows {
        let native = make(cx, row, cx.str_value(module));
        namespace.set_str(cx, cx.intern(native.signature.name()), Value::object(native));
    }
}

/// Is the type a name of the builtins namespace?
fn is_builtin(id: T) -> bool {
    use T::*;
    matches!(
        id,
        Object
            | Type
            | Int
            | Bool
            | Float
            | Complex
            | Str
            | Bytes
            | ByteArray
            | MemoryView
            | List
            | Tuple
            | Dict
            | Set
            | FrozenSet
            | Range
            | Slice
            | Property
            | StaticMethod
            | ClassMethod
            | Super
            | Reversed
            | Enumerate
            | Zip
            | Map
            | Filter
    ) || id as u16 >= BaseException as u16
        && !matches!(id, UnsupportedOperation | BinasciiError | StructError)
}

/// The module that a built-in type says it is from.
pub fn module_of(cx: &Cx, class: Gc<Class>) -> &'static str {
    let row = TYPES.iter().find(|row| class == cx.class(row.id));
    row.and_then(|row| row.name.rsplit_once('.')).map_or("builtins", |(module, _)| module)
}

/// The object of a row.
pub fn make(cx: &Cx, def: &'static Def, owner: Value) -> Gc<Native> {
    let signature = &def.signature;
    let shape = match def.kind {
        NativeKind::Method if def.is_slot && !is_doubled(cx, signature.name(), owner) => {
            T::SlotWrapper.shape()
        }
        NativeKind::Method => T::NativeMethod.shape(),
        NativeKind::ClassMethod => T::ClassNative.shape(),
        _ => T::Native.shape(),
    };
    let places = signature.len() + usize::from(signature.keywords);
    // A required keyword-only argument makes every positional call wrong.
    let min = if signature.required_keywords != 0 { places + 1 } else { signature.required() };
    cx.new_object(shape, 0, |header| Native {
        header,
        run: def.entry(),
        min: min as u16,
        max: signature.positional() as u16,
        places: places as u16,
        kind: def.kind,
        variadic: signature.variadic,
        waits: def.waits,
        def,
        signature,
        owner: owner.into(),
    })
}

/// The receiver of a method of the built-in type `id`, seen through subclasses.
#[inline(always)]
pub fn this<O: HeapType>(cx: &Cx, args: Args, id: T) -> Result<Gc<O>, Stop> {
    let value = cx.arg(args, 0).value();
    match value.cast::<O>() {
        Some(object) => Ok(object),
        None => this_inside(cx, value, id),
    }
}

fn this_inside<O: HeapType>(cx: &Cx, value: Value, id: T) -> Result<Gc<O>, Stop> {
    cx.unwrap(value).cast::<O>().ok_or_else(|| {
        cx.type_error(&format!(
            "descriptor requires a '{}' object but received a '{}'",
            cx.class(id).name_text(),
            cx.type_name(value)
        ))
    })
}
