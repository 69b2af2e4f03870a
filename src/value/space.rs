//! `Space`: the heap, the shapes, and the objects that always exist. Everything here takes
//! `&self`, because nothing here can run code of the program or collect (I2).

use std::cell::{Cell as RustCell, RefCell};
use std::sync::Arc;

use dashu_int::IBig;

use super::class::{flags as class_flags, overrides};
use super::intern::Interned;
use super::kind::{KINDS, Object, Tracer};
use super::set::Elements;
use super::shape::Shapes;
use super::str::{INTERNED, WIDE};
use super::table::Table;
use super::types::TYPES;
use super::weak::Finals;
use super::*;
use crate::gc::{Gc, Header, Heap, Signals};

/// Entries of the cache in front of lookups along an MRO.
const LOOKUPS: usize = 2048;

#[derive(Clone, Copy)]
struct Lookup {
    class: usize,
    name: usize,
    epoch: u32,
    value: Value,
}

pub struct Space {
    pub heap: Heap,
    pub shapes: Shapes,
    /// Keys of the string hash.
    pub(super) seed: crate::plain::hash::Key,
    types: Vec<Gc<Class>>,
    pub(super) chars: Vec<Gc<Str>>,
    pub(super) empty_str: RustCell<Option<Gc<Str>>>,
    empty_tuple: RustCell<Value>,
    pub(super) interned: RefCell<Interned>,
    /// All zero, which no lookup matches, means empty: its pages cost nothing until used.
    lookups: Box<[RustCell<Lookup>]>,
    pub finals: Finals,
}

impl Space {
    pub fn new(signals: Arc<Signals>, seed: (u64, u64)) -> Space {
        let mut space = Space {
            heap: Heap::new(KINDS, signals),
            finals: Finals::default(),
            shapes: Shapes::new(),
            seed: crate::plain::hash::Key(seed.0, seed.1),
            types: Vec::with_capacity(TYPES.len()),
            chars: Vec::with_capacity(256),
            empty_str: RustCell::new(None),
            empty_tuple: RustCell::new(Value::UNDEF),
            interned: RefCell::default(),
            // SAFETY: all zero is a valid entry.
            lookups: unsafe { Box::new_zeroed_slice(LOOKUPS).assume_init() },
        };
        let text = space.raw_str(b"", INTERNED, 0);
        space.empty_str.set(Some(text));
        for byte in 0..128u8 {
            let char = space.raw_str(&[byte], INTERNED, 1);
            space.chars.push(char);
        }
        for byte in 128..=255u8 {
            let char = space.raw_str(&[0xC0 | byte >> 6, 0x80 | byte & 0x3F], WIDE, 1);
            space.chars.push(char);
        }
        space.empty_tuple.set(Value::object(space.raw_tuple(&[])));
        space.make_types();
        space
    }

    fn make_types(&mut self) {
        for row in TYPES {
            let name = self.intern(row.name.rsplit('.').next().expect("split yields one"));
            let mut mro = Vec::new();
            let base = (row.id != T::Object).then(|| self.types[row.base as usize]);
            let class = self.raw_class(
                name,
                base.map_or(Value::UNDEF, |b| Value::object(self.tuple(&[Value::object(b)]))),
                row.layout,
                row.flags,
                T::Type.shape(),
            );
            mro.push(class);
            if let Some(base) = base {
                mro.extend(base.mro.borrow().iter().copied());
                base.subclasses.borrow_mut().push(class);
            } else {
                class.bases.set(self.empty_tuple.get());
            }
            *class.mro.borrow_mut() = mro;
            let shape = self.shapes.root(class, 0);
            debug_assert_eq!(shape, row.id.shape());
            class.shape.set(shape);
            self.types.push(class);
        }
    }

    /// A class object without ancestry or root shape: the caller supplies both.
    pub fn raw_class(
        &self,
        name: Gc<Str>,
        bases: Value,
        layout: Kind,
        flags: u8,
        shape: ShapeId,
    ) -> Gc<Class> {
        let dict = self.dict();
        let class = Class {
            header: Header { kind: 0, mark: 0, cells: 0, flags: 0, shape: 0 },
            name: RustCell::new(name),
            qualname: RustCell::new(Value::object(name)),
            bases: RustCell::new(bases),
            mro: RefCell::default(),
            dict,
            layout,
            shape: RustCell::new(0),
            inline: RustCell::new(0),
            overrides: RustCell::new(0),
            subclasses: RefCell::default(),
            volatile: RefCell::default(),
            slotted: false.into(),
            dotted: false.into(),
            slots: RefCell::default(),
        };
        self.put(class, flags, shape)
    }

    pub fn class(&self, id: T) -> Gc<Class> {
        self.types[id as usize]
    }

    /// Writes a whole object into a fresh cell; the header is supplied here.
    fn put<O: Object>(&self, object: O, flags: u8, shape: ShapeId) -> Gc<O> {
        // SAFETY: the cell is large enough and written in full before anything else happens.
        unsafe {
            let cell = self.heap.alloc(size_of::<O>(), O::KIND, flags, shape);
            let header = *cell;
            cell.cast::<O>().write(object);
            *cell = header;
            Gc::from_raw(cell.cast())
        }
    }

    /// An object with a placeholder header, as `put` wants it.
    pub fn new_object<O: Object>(
        &self,
        shape: ShapeId,
        flags: u8,
        make: impl FnOnce(Header) -> O,
    ) -> Gc<O> {
        self.put(make(Header { kind: 0, mark: 0, cells: 0, flags: 0, shape: 0 }), flags, shape)
    }

    // ---- numbers

    /// An integer of any size that fits 64 bits.
    #[inline]
    pub fn int(&self, i: i64) -> Value {
        Value::try_int(i).unwrap_or_else(|| self.big_int(IBig::from(i)))
    }

    pub fn uint(&self, i: u64) -> Value {
        match i64::try_from(i) {
            Ok(i) => self.int(i),
            Err(_) => self.big_int(IBig::from(i)),
        }
    }

    /// An integer, in the word if it fits.
    pub fn big_int(&self, value: IBig) -> Value {
        if let Ok(small) = i64::try_from(&value)
            && let Some(word) = Value::try_int(small)
        {
            return word;
        }
        use dashu_int::ops::BitTest;
        self.heap.charge(value.bit_len() / 8);
        let shape = T::Int.shape();
        Value::object(self.new_object(shape, 0, |header| BigInt { header, value }))
    }

    pub fn complex(&self, re: f64, im: f64) -> Value {
        let shape = T::Complex.shape();
        Value::object(self.new_object(shape, 0, |header| Complex { header, re, im }))
    }

    // ---- containers

    pub fn list(&self, items: Vec<Value>) -> Gc<List> {
        // SAFETY: a fresh cell, initialised at once.
        unsafe {
            self.heap.charge(items.capacity() * size_of::<Value>());
            let cell = self.heap.alloc(size_of::<List>(), Kind::List as u8, 0, T::List.shape());
            List::init(cell.cast(), items);
            Gc::from_raw(cell.cast())
        }
    }

    fn raw_tuple(&self, items: &[Value]) -> Gc<Tuple> {
        // SAFETY: a fresh cell of the right size, initialised at once.
        unsafe {
            let size = Tuple::size(items.len());
            let cell = self.heap.alloc(size, Kind::Tuple as u8, 0, T::Tuple.shape());
            Tuple::init(cell.cast(), items.as_ptr(), items.len());
            Gc::from_raw(cell.cast())
        }
    }

    #[inline]
    pub fn tuple(&self, items: &[Value]) -> Gc<Tuple> {
        if items.is_empty() {
            // SAFETY: made as a tuple at the start.
            return unsafe { self.empty_tuple.get().cast_unchecked() };
        }
        self.raw_tuple(items)
    }

    pub fn dict(&self) -> Gc<Dict> {
        self.dict_of(Table::default(), 0)
    }

    pub fn dict_of(&self, table: Table, flags: u8) -> Gc<Dict> {
        // SAFETY: a fresh cell, initialised at once.
        unsafe {
            self.heap.charge(table.bytes());
            let cell = self.heap.alloc(size_of::<Dict>(), Kind::Dict as u8, flags, T::Dict.shape());
            Dict::init(cell.cast(), table);
            Gc::from_raw(cell.cast())
        }
    }

    /// A dict whose values live in cells: the globals of a module.
    pub fn namespace(&self) -> Gc<Dict> {
        self.dict_of(Table::default(), dict::NAMESPACE)
    }

    pub fn set(&self, elements: Elements, frozen: bool) -> Gc<Set> {
        let (id, flags) = if frozen { (T::FrozenSet, set::FROZEN) } else { (T::Set, 0) };
        // SAFETY: a fresh cell, initialised at once.
        unsafe {
            self.heap.charge(elements.bytes());
            let cell = self.heap.alloc(size_of::<Set>(), Kind::Set as u8, flags, id.shape());
            Set::init(cell.cast(), elements);
            Gc::from_raw(cell.cast())
        }
    }

    pub fn bytes(&self, data: impl AsRef<[u8]>) -> Gc<Bytes> {
        self.bytes_of(&[data.as_ref()])
    }

    /// Bytes made of parts.
    #[inline]
    pub fn bytes_of(&self, parts: &[&[u8]]) -> Gc<Bytes> {
        let len = parts.iter().map(|part| part.len()).sum();
        // SAFETY: a fresh cell of the right size, initialised at once.
        unsafe {
            let size = Bytes::size(len);
            let cell = self.heap.alloc(size, Kind::Bytes as u8, 0, T::Bytes.shape());
            Bytes::init(cell.cast(), len, parts);
            Gc::from_raw(cell.cast())
        }
    }

    pub fn bytearray(&self, data: Vec<u8>) -> Gc<ByteArray> {
        // SAFETY: a fresh cell, initialised at once.
        unsafe {
            self.heap.charge(data.capacity());
            let size = size_of::<ByteArray>();
            let cell = self.heap.alloc(size, Kind::ByteArray as u8, 0, T::ByteArray.shape());
            ByteArray::init(cell.cast(), data);
            Gc::from_raw(cell.cast())
        }
    }

    pub fn range(&self, start: Value, stop: Value, step: Value) -> Gc<Range> {
        self.new_object(T::Range.shape(), 0, |header| Range {
            header,
            start: start.into(),
            stop: stop.into(),
            step: step.into(),
        })
    }

    pub fn slice(&self, start: Value, stop: Value, step: Value) -> Gc<Slice> {
        self.new_object(T::Slice.shape(), 0, |header| Slice {
            header,
            start: start.into(),
            stop: stop.into(),
            step: step.into(),
        })
    }

    #[inline]
    pub fn cell(&self, value: Value) -> Gc<Cell> {
        self.new_object(T::Cell.shape(), 0, |header| Cell { header, value: value.into() })
    }

    #[inline]
    pub fn bound_method(&self, func: Value, this: Value) -> Gc<BoundMethod> {
        // A bound native is no `method` but of the type that functions of modules have, or of
        // one for the slots of types.
        let id = match func.cast::<Native>() {
            None => T::BoundMethod,
            Some(native) if native.header.shape == T::SlotWrapper.shape() => T::MethodWrapper,
            Some(_) => T::Native,
        };
        self.new_object(id.shape(), 0, |header| BoundMethod {
            header,
            func: func.into(),
            this: this.into(),
        })
    }

    pub fn iter(&self, id: T, kind: IterKind, a: Value, b: Value, at: i64) -> Gc<Iter> {
        self.new_object(id.shape(), 0, |header| Iter {
            header,
            at: at.into(),
            a: a.into(),
            b: b.into(),
            kind,
            guard: 0.into(),
        })
    }

    /// An object of a native type that is made of a few values; with attributes if it is `open`.
    pub fn record(&self, id: T, places: &[Value], open: bool) -> Gc<Record> {
        let all: [Value; record::PLACES] =
            std::array::from_fn(|i| places.get(i).copied().unwrap_or(Value::UNDEF));
        let extra = if open { Value::UNDEF } else { Value::NONE };
        self.new_object(id.shape(), 0, |header| Record {
            header,
            extra: extra.into(),
            places: all.map(RustCell::new),
        })
    }

    /// A module, `class` being the type of modules or derived from it.
    pub fn module(&self, class: Gc<Class>, dict: Gc<Dict>) -> Gc<Module> {
        // A module has a shape of its own, so that a cache can tell modules apart.
        let shape = self.shapes.root(class, 0);
        self.new_object(shape, 0, |header| Module { header, dict, standard: false.into() })
    }

    /// An instance of a plain class, its slots unbound.
    #[inline]
    pub fn instance(&self, class: Gc<Class>) -> Gc<Instance> {
        let mut inline = self.shapes.get(class.shape.get()).inline as usize;
        if class.inline.get() as usize > inline {
            inline = self.widen(class);
        }
        // SAFETY: a fresh cell; every slot it has room for is written.
        unsafe {
            let cell =
                self.heap.alloc(Instance::size(inline), Kind::Instance as u8, 0, class.shape.get());
            let instance = Gc::<Instance>::from_raw(cell.cast());
            let words = cell.cast::<Value>().add(1);
            for i in 0..(*cell).cells as usize * 2 - 1 {
                words.add(i).write(Value::UNDEF);
            }
            if class.has(overrides::DEL) {
                self.finals.register(Value::object(instance));
            }
            instance
        }
    }

    /// New instances get as many inline slots as earlier ones turned out to need.
    #[cold]
    fn widen(&self, class: Gc<Class>) -> usize {
        let inline = class.inline.get() as usize;
        let root = self.shapes.root(class, inline);
        class.shape.set(self.shapes.rebase(class.shape.get(), root));
        inline
    }

    /// An instance of a class derived from a built-in type, around the built-in value.
    pub fn instance_with(&self, class: Gc<Class>, payload: Value) -> Gc<Instance> {
        let instance = self.instance(class);
        instance.slot(0).set(payload);
        // SAFETY: a live object; flags are a plain field.
        unsafe { (*instance.header()).flags |= instance::PAYLOAD };
        instance
    }

    pub fn exception(&self, class: Gc<Class>, args: Value) -> Gc<Exception> {
        self.new_object(class.shape.get(), 0, |header| Exception {
            header,
            extra: Value::UNDEF.into(),
            fields: Value::UNDEF.into(),
            args: args.into(),
            cause: Value::NONE.into(),
            context: Value::NONE.into(),
            suppress: false.into(),
            trace: Trace::default(),
            traceback: Value::UNDEF.into(),
        })
    }

    pub fn slots(&self, values: Vec<Value>) -> Gc<Slots> {
        // SAFETY: a fresh cell, initialised at once.
        unsafe {
            self.heap.charge(values.capacity() * size_of::<Value>());
            let cell = self.heap.alloc(size_of::<Slots>(), Kind::Slots as u8, 0, 0);
            Slots::init(cell.cast(), values);
            Gc::from_raw(cell.cast())
        }
    }

    // ---- classes of values

    #[inline(always)]
    pub fn shape_of(&self, value: Value) -> ShapeId {
        if value.is_object() {
            // SAFETY: I2.
            return unsafe { (*value.header_unchecked()).shape };
        }
        if value.is_int() {
            T::Int.shape()
        } else if value.is_float() {
            T::Float.shape()
        } else if value.is_bool() {
            T::Bool.shape()
        } else if value.is_none() {
            T::NoneType.shape()
        } else if value == Value::ELLIPSIS {
            T::Ellipsis.shape()
        } else {
            T::NotImplemented.shape()
        }
    }

    #[inline]
    pub fn class_of(&self, value: Value) -> Gc<Class> {
        self.shapes.get(self.shape_of(value)).class
    }

    /// Name of a value's class, for messages; of built-in types outside `builtins` with the module.
    pub fn type_name(&self, value: Value) -> String {
        self.class_text(self.class_of(value))
    }

    /// What messages call instances of a class: built-in types with their module.
    pub fn class_text(&self, class: Gc<Class>) -> String {
        let row = (!class.is_user()).then(|| TYPES.get(class.shape.get() as usize - 1)).flatten();
        match row {
            // Exceptions are called by their bare names, as classes of the language are; and so
            // are those of asyncio, which CPython has in Python.
            Some(row) if row.layout != Kind::Exception && !row.name.starts_with("asyncio.") => {
                row.name.to_string()
            }
            _ if class.dotted.get() => self.dotted_text(class),
            _ => class.name_text(),
        }
    }

    fn dotted_text(&self, class: Gc<Class>) -> String {
        let key = self.intern("__module__");
        let module = class.dict.get_str(self, key).and_then(|module| module.cast::<Str>());
        match module {
            Some(module) => format!("{}.{}", module.lossy(), class.name_text()),
            None => class.name_text(),
        }
    }

    #[inline]
    pub fn is_exact(&self, value: Value, id: T) -> bool {
        self.shape_of(value) == id.shape()
    }

    pub fn isinstance(&self, value: Value, id: T) -> bool {
        let class = self.class_of(value);
        class == self.class(id) || class.is_subclass(self.class(id))
    }

    /// Looks an attribute up along the MRO of a class, through a cache. The name is interned.
    #[inline]
    pub fn lookup(&self, class: Gc<Class>, name: Gc<Str>) -> Option<Value> {
        let slot = (class.address() >> 4 ^ name.address() >> 4) % LOOKUPS;
        let entry = self.lookups[slot].get();
        let epoch = self.shapes.epoch.get();
        if entry.class == class.address() && entry.name == name.address() && entry.epoch == epoch {
            return if entry.value.is_undef() { None } else { Some(entry.value) };
        }
        self.look_up_again(class, name, slot, epoch)
    }

    #[cold]
    #[inline(never)]
    fn look_up_again(
        &self,
        class: Gc<Class>,
        name: Gc<Str>,
        slot: usize,
        epoch: u32,
    ) -> Option<Value> {
        let found = class.lookup_uncached(self, name);
        if class.is_volatile(name) {
            return found;
        }
        self.lookups[slot].set(Lookup {
            class: class.address(),
            name: name.address(),
            epoch,
            value: found.unwrap_or(Value::UNDEF),
        });
        found
    }

    /// Everything that was remembered about classes is stale.
    pub fn bump_epoch(&self) {
        self.shapes.epoch.set(self.shapes.epoch.get().wrapping_add(1));
    }

    /// The built-in value inside an instance of a class derived from a built-in type; the value
    /// itself otherwise.
    #[inline]
    pub fn unwrap(&self, value: Value) -> Value {
        match value.cast::<Instance>() {
            Some(instance) => instance.payload().unwrap_or(value),
            None => value,
        }
    }

    /// Recomputes the override bits of a class from its MRO.
    pub fn refresh_overrides(&self, class: Gc<Class>) {
        let object = self.class(T::Object);
        let mut bits = 0;
        for &ancestor in class.mro.borrow().iter() {
            if ancestor == object {
                continue;
            }
            bits |= ancestor.overrides.get();
            if !ancestor.is_user() {
                continue;
            }
            for &(name, bit) in OVERRIDES {
                if ancestor.dict.find_str(self, self.intern(name)).is_some() {
                    bits |= bit;
                }
            }
        }
        class.overrides.set(bits);
    }

    // ---- the collector's view

    pub fn trace(&self, marker: &mut Tracer<'_>) {
        self.shapes.trace(marker);
        self.finals.trace(marker);
        for &class in &self.types {
            marker.object(class);
        }
        for &text in &self.chars {
            marker.object(text);
        }
        marker.maybe(self.empty_str.get());
        marker.value(self.empty_tuple.get());
        // The lookup cache holds addresses that may be reused after this collection.
        for entry in &self.lookups {
            entry.set(Lookup { class: 0, name: 0, epoch: 0, value: Value::UNDEF });
        }
    }
}

/// Which names set which override bit.
pub const OVERRIDES: &[(&str, u32)] = &[
    ("__getattribute__", overrides::GETATTRIBUTE),
    ("__getattr__", overrides::GETATTR),
    ("__setattr__", overrides::SETATTR),
    ("__delattr__", overrides::SETATTR),
    ("__get__", overrides::GET),
    ("__set__", overrides::SET),
    ("__delete__", overrides::SET),
    ("__new__", overrides::NEW),
    ("__init__", overrides::INIT),
    ("__eq__", overrides::EQ),
    ("__hash__", overrides::HASH),
    ("__bool__", overrides::BOOL),
    ("__len__", overrides::BOOL),
    ("__call__", overrides::CALL),
    ("__del__", overrides::DEL),
    ("__instancecheck__", overrides::CHECK),
    ("__subclasscheck__", overrides::CHECK),
    ("__iter__", overrides::ITER),
    ("__repr__", overrides::REPR),
    ("__str__", overrides::STR),
    ("__getitem__", overrides::ITEM),
    ("__setitem__", overrides::ITEM),
    ("__contains__", overrides::ITEM),
];

/// May a class with these flags be a base?
pub fn can_derive(flags: u8) -> bool {
    flags & class_flags::FINAL == 0
}
