//! Classes: calling them, and making them.

use super::pc::{Base, Ip, Pc};
use super::rebase::{checked_order, linearise, no_order, own_order};
use super::slots::{add_places, apply_slots, read_slots, solid_base};
use super::unwind::class_text;
use super::{Cx, Flow, Outcome, Stop, Vm, bind, call, native_call, raise, unwind};
use crate::code::CodeKind;
use crate::code::op::{HEADER, Op, word};
use crate::gc::Gc;
use crate::value::class::{flags, overrides};
use crate::value::frame::Ret;
use crate::value::kind::Kind;
use crate::value::{
    Cell, Class, ClassMethod, Dict, Function, Instance, Native, Property, StaticMethod, Str, T,
    Tuple, Value,
};

const ARGS: usize = HEADER as usize;

// ---- calling a class

/// Calls a class with `n` positional arguments at `window[4]`.
pub unsafe fn class(
    vm: *mut Vm,
    ip: Ip,
    base: Base,
    window: Base,
    n: usize,
    class: Gc<Class>,
    info: u64,
) -> Pc {
    // SAFETY: I3; so throughout this file.
    unsafe {
        let special = overrides::NEW;
        if class.is_user()
            && class.layout == Kind::Instance
            && !class.has(special)
            && class.header.flags & flags::ABSTRACT == 0
            && !has_meta_call(&*vm, class)
        {
            let instance = Value::object((*vm).space.instance(class));
            if !class.has(overrides::INIT) {
                if n > 0 {
                    let text = format!("{}() takes no arguments", class.name_text());
                    raise::error(&*vm, T::TypeError, &text);
                    return call::fail(vm, ip, base, info);
                }
                return call::finish(vm, ip, base, info, instance);
            }
            let init = (*vm).space.lookup(class, (*vm).names.__init__);
            if let Some(function) = init.and_then(|i| i.cast::<Function>())
                && call::ret_of(info) == Ret::Plain
                && function.code.code.kind == CodeKind::Function
            {
                // The instance stands below the header, where `leave` finds it again.
                let nb = window.add(ARGS + 1);
                if !(*vm).has_room(nb, n + 2) {
                    raise::error(&*vm, T::RecursionError, "maximum recursion depth exceeded");
                    return call::fail(vm, ip, base, info);
                }
                std::ptr::copy(window.add(ARGS), nb.add(1), n);
                *window = instance;
                *nb = instance;
                let info = info | Ret::Init as u64;
                return call::enter_function(vm, ip, base, nb, n + 1, function, info);
            }
        }
        class_of_another_kind(vm, ip, base, window, n, class, info)
    }
}

/// The `__init__` of a class whose objects are made by nothing else, for a call that a function of
/// the language makes.
pub fn plain_init(vm: &Vm, class: Gc<Class>, info: u64) -> Option<Gc<Function>> {
    let is_plain = class.is_user()
        && class.layout == Kind::Instance
        && !class.has(overrides::NEW)
        && class.has(overrides::INIT)
        && class.header.flags & flags::ABSTRACT == 0
        && call::ret_of(info) == Ret::Plain
        && !has_meta_call(vm, class);
    let init = is_plain.then(|| vm.space.lookup(class, vm.names.__init__)).flatten();
    init?.cast::<Function>().filter(|init| init.code.code.kind == CodeKind::Function)
}

/// Calls a class whose instances are not plain objects, or whose construction is its own.
#[inline(never)]
unsafe fn class_of_another_kind(
    vm: *mut Vm,
    ip: Ip,
    base: Base,
    window: Base,
    n: usize,
    class: Gc<Class>,
    info: u64,
) -> Pc {
    unsafe {
        if class.layout == Kind::Exception
            && !class.has(overrides::NEW | overrides::INIT)
            && keeps_args_only(&*vm, class)
            && !has_meta_call(&*vm, class)
        {
            let args = std::slice::from_raw_parts(window.add(ARGS), n);
            let args = Value::object((*vm).space.tuple(args));
            let exception = (*vm).space.exception(class, args);
            return call::finish(vm, ip, base, info, Value::object(exception));
        }
        if n == 1 && class == (*vm).space.class(T::Type) {
            let own = (*vm).space.class_of(*window.add(ARGS));
            return call::finish(vm, ip, base, info, Value::object(own));
        }
        // A built-in type is complete after its `__new__`: the class goes in front of the arguments.
        if !class.is_user()
            && class.header.flags & flags::NO_NEW == 0
            && !class.has(overrides::INIT)
            && (*vm).has_room(window.add(ARGS), n + 1)
            && let Some(new) = (*vm).space.lookup(class, (*vm).names.__new__)
            && let Some(native) = new.cast::<Native>()
        {
            std::ptr::copy(window.add(ARGS), window.add(ARGS + 1), n);
            *window.add(ARGS) = Value::object(class);
            return native_call::enter_native(vm, ip, base, window, n + 1, native, info);
        }
        // A class with a `__new__` of its own whose objects nobody initialises afterwards.
        if class.is_user()
            && class.has(overrides::NEW)
            && !class.has(overrides::INIT)
            && class.subclasses.borrow().is_empty()
            && call::ret_of(info) == Ret::Plain
            && (*vm).has_room(window.add(ARGS), n + 1)
            && !has_meta_call(&*vm, class)
            && let Some(function) = new_function(&*vm, class)
        {
            std::ptr::copy(window.add(ARGS), window.add(ARGS + 1), n);
            *window = function;
            *window.add(ARGS) = Value::object(class);
            return call::enter(vm, ip, base, window, n + 1, info);
        }
        let args: Vec<Value> = (0..n).map(|i| *window.add(ARGS + i)).collect();
        class_with_names(vm, ip, base, class, &args, &[], info)
    }
}

/// The function that is the class's `__new__`, if `__init__` is the one of `object`.
fn new_function(vm: &Vm, class: Gc<Class>) -> Option<Value> {
    let object = vm.space.class(T::Object);
    let init = vm.names.__init__;
    if vm.space.lookup(class, init) != object.dict.get_str(&vm.space, init) {
        return None;
    }
    let new = vm.space.lookup(class, vm.names.__new__)?.cast::<StaticMethod>()?;
    let function = new.func.get().cast::<Function>()?;
    let plain = function.code.code.kind == CodeKind::Function;
    plain.then_some(Value::object(function))
}

/// Is an exception of this class made as `BaseException` makes it: from its arguments alone?
fn keeps_args_only(vm: &Vm, class: Gc<Class>) -> bool {
    let root = vm.space.class(T::BaseException);
    [vm.names.__new__, vm.names.__init__]
        .into_iter()
        .all(|name| vm.space.lookup(class, name) == vm.space.lookup(root, name))
}

/// Does the metaclass define `__call__`?
#[inline]
fn has_meta_call(vm: &Vm, class: Gc<Class>) -> bool {
    let meta = vm.space.class_of(Value::object(class));
    meta != vm.space.class(T::Type) && meta.has(overrides::CALL)
}

/// Calls a class, the last arguments being named.
pub unsafe fn class_with_names(
    vm: *mut Vm,
    ip: Ip,
    base: Base,
    class: Gc<Class>,
    args: &[Value],
    names: &[Gc<Str>],
    info: u64,
) -> Pc {
    unsafe {
        if has_meta_call(&*vm, class) {
            let meta = (*vm).space.class_of(Value::object(class));
            let method = (*vm).space.lookup(meta, (*vm).names.__call__).expect("just found");
            let (method, this) = match call::bind_special(&mut *vm, method, Value::object(class)) {
                Ok(bound) => bound,
                Err(_) => return call::fail(vm, ip, base, info),
            };
            let mut all: Vec<Value> = this.into_iter().collect();
            all.extend(args);
            return bind::invoke_with_names(vm, ip, base, method, &all, names, info);
        }
        // As in `class_of_another_kind`.
        if !class.is_user()
            && class.header.flags & flags::NO_NEW == 0
            && !class.has(overrides::INIT)
            && class.layout != Kind::Exception
            && class != (*vm).space.class(T::Type)
            && let Some(new) = (*vm).space.lookup(class, (*vm).names.__new__)
            && let Some(native) = new.cast::<Native>()
        {
            let mut room = [Value::UNDEF; bind::FEW];
            let all = bind::gather(&mut room, &[Value::object(class)], args);
            return bind::native_with_names(vm, ip, base, native, &all, names, info);
        }
        let flow = Cx::of(&mut *vm).construct_then(class, args, names);
        call::settle(vm, ip, base, info, flow)
    }
}

impl Cx {
    /// What `type.__call__` does: `__new__`, then `__init__`. A native's last act.
    pub fn construct_then(&mut self, class: Gc<Class>, args: &[Value], names: &[Gc<Str>]) -> Flow {
        if class == self.class(T::Type) && args.len() == 1 && names.is_empty() {
            return Ok(Value::object(self.class_of(args[0])));
        }
        if class.header.flags & flags::NO_NEW != 0 {
            let text = format!("cannot create '{}' instances", self.class_text(class));
            return Err(self.type_error(&text));
        }
        let name = self.vm().names.__new__;
        let Some(new) = self.lookup(class, name) else {
            let text = format!("cannot create '{}' instances", self.class_text(class));
            return Err(self.type_error(&text));
        };
        let func = match new.cast::<StaticMethod>() {
            Some(method) => method.func.get(),
            None if new.is::<Function>() || new.is::<Native>() => new,
            None => self.get_attribute(Value::object(class), name)?,
        };
        // What takes no keywords leaves them to the `__init__` of a derived class.
        let own_init = || {
            let init = self.lookup(class, self.vm().names.__init__);
            class.is_user() && init.is_some_and(|init| !init.is::<Native>())
        };
        let given = match func.cast::<Native>() {
            Some(native)
                if native.signature.positional_only() == native.signature.len()
                    && !native.signature.keywords
                    && !names.is_empty()
                    && own_init() =>
            {
                args.len() - names.len()
            }
            _ => args.len(),
        };
        let taken = if given == args.len() { names } else { &[] };
        let mut all = vec![Value::object(class)];
        all.extend(&args[..given]);
        let values = Value::object(self.tuple(args));
        let keys: Vec<Value> = names.iter().map(|&n| Value::object(n)).collect();
        let keys = Value::object(self.tuple(&keys));
        let state = [Value::object(class), values, keys];
        // Built-in types are complete after `__new__`.
        let then: Option<(super::Resumption, [Value; 3])> =
            if class.is_user() || class.has(overrides::INIT) { Some((made, state)) } else { None };
        self.vm_mut().tail = Some(call::Tail {
            callee: func,
            args: call::Given::Many(all),
            names: taken.to_vec(),
            then,
        });
        Err(Stop::Tail)
    }
}

/// `__new__` has returned: `__init__` follows if the object is of the class.
fn made(cx: &mut Cx, [class, args, names]: [Value; 3], outcome: Outcome) -> Flow {
    let object = outcome?;
    let class = class.cast::<Class>().expect("kept in the state");
    let own = cx.class_of(object);
    if own != class && !own.is_subclass(class) {
        return Ok(object);
    }
    let Some(init) = cx.lookup(own, cx.vm().names.__init__) else {
        return Ok(object);
    };
    let mut all = vec![object];
    all.extend(cx.plain_items(args).unwrap_or_default());
    let names: Vec<Gc<Str>> =
        cx.plain_items(names).unwrap_or_default().iter().filter_map(|n| n.cast()).collect();
    let (func, this) = call::bind_special(cx.vm_mut(), init, object)?;
    if this.is_none() {
        all.remove(0);
    }
    let state = [object, Value::NONE, Value::NONE];
    cx.vm_mut().tail = Some(call::Tail {
        callee: func,
        args: call::Given::Many(all),
        names,
        then: Some((initialised, state)),
    });
    Err(Stop::Tail)
}

fn initialised(cx: &mut Cx, [object, ..]: [Value; 3], outcome: Outcome) -> Flow {
    let result = outcome?;
    if result.is_none() {
        return Ok(object);
    }
    let text = format!("__init__() should return None, not '{}'", cx.type_name(result));
    Err(cx.type_error(&text))
}

// ---- the class statement

pub unsafe fn class_statement(
    vm: *mut Vm,
    ip: Ip,
    base: Base,
    [body, name, bases, keywords]: [Value; 4],
    info: u64,
) -> Pc {
    unsafe {
        let list = bases.cast::<Tuple>().expect("the compiler makes a tuple");
        let builtins = (*vm).function_of(base).code.builtins;
        let hook = builtins.get_str(&(*vm).space, (*vm).space.intern("__build_class__"));
        if hook.is_none_or(|hook| !hook.is::<Native>()) {
            return replaced_statement(vm, ip, base, hook, [body, name, bases, keywords], info);
        }
        let plain = |b: &Value| {
            b.cast::<Class>().is_some_and(|c| {
                (*vm).space.class_of(Value::object(c)) == (*vm).space.class(T::Type)
            })
        };
        let metaclass = (*vm).names.metaclass;
        let keywords = keywords.cast::<Dict>().map_or(Value::NONE, Value::object);
        let named =
            keywords.cast::<Dict>().is_some_and(|d| d.get_str(&(*vm).space, metaclass).is_some());
        if named || !list.as_slice().iter().all(plain) {
            let keywords =
                if keywords.is_none() { Value::object((*vm).space.dict()) } else { keywords };
            let build = (*vm).prelude("_build_class");
            return call::invoke(vm, ip, base, build, &[body, name, bases, keywords], info);
        }
        let namespace = Value::object((*vm).space.dict());
        let parts = Value::object((*vm).space.tuple(&[name, bases, keywords]));
        (*vm).continuations.push(call::Continuation {
            run: body_done,
            state: [parts, namespace, Value::NONE],
            info,
        });
        call::invoke(vm, ip, base, body, &[namespace], Ret::Native as u64)
    }
}

/// A class statement where the program has put its own function in the place of
/// `__build_class__`, or taken it away.
unsafe fn replaced_statement(
    vm: *mut Vm,
    ip: Ip,
    base: Base,
    hook: Option<Value>,
    [body, name, bases, keywords]: [Value; 4],
    info: u64,
) -> Pc {
    // SAFETY: as in `class_statement`.
    unsafe {
        let Some(callee) = hook else {
            raise::error(&*vm, T::NameError, "__build_class__ not found");
            return unwind::unwind(vm, ip, base);
        };
        let mut args = vec![body, name];
        args.extend(bases.cast::<Tuple>().iter().flat_map(|bases| bases.as_slice()));
        let mut names = Vec::new();
        for entry in keywords.cast::<Dict>().iter().flat_map(|keywords| keywords.iter()) {
            names.extend(entry.key.cast::<Str>());
            args.push(entry.value);
        }
        (*vm).tail = Some(call::Tail { callee, args: call::Given::Many(args), names, then: None });
        call::settle(vm, ip, base, info, Err(Stop::Tail))
    }
}

/// The body of a class whose metaclass is `type` has run.
fn body_done(cx: &mut Cx, [parts, namespace, _]: [Value; 3], outcome: Outcome) -> Flow {
    let cell = outcome?;
    let parts = parts.cast::<Tuple>().expect("made by `class_statement`");
    let [name, bases, keywords] = [parts.as_slice()[0], parts.as_slice()[1], parts.as_slice()[2]];
    let meta = cx.class(T::Type);
    let dict = namespace.cast::<Dict>().expect("made by `class_statement`");
    if cell.is::<Cell>() {
        dict.set_str(cx, cx.vm().names.__classcell__, cell);
    }
    cx.make_class_then(meta, name.cast().expect("a name"), bases, dict, keywords)
}

impl Cx {
    /// `type.__new__`: makes a class, then lets attributes and bases know. A native's last act.
    pub fn make_class_then(
        &mut self,
        meta: Gc<Class>,
        name: Gc<Str>,
        bases: Value,
        namespace: Gc<Dict>,
        keywords: Value,
    ) -> Flow {
        let class = build(self, meta, name, bases, namespace)?;
        if let Some(method) = own_order(self, class) {
            // Until the metaclass has said where to search, nothing is found.
            class.mro.borrow_mut().clear();
            let order = self.scope(|cx| {
                for value in [Value::object(class), Value::object(namespace), bases, keywords] {
                    cx.root(value);
                }
                let order = cx.call(method, &[Value::object(class)])?;
                checked_order(cx, class, order)
            })?;
            if !order.contains(&class) {
                // So it fails where the bases are to hear of the new class.
                let name = class.name_text();
                return Err(self.type_error(&format!(
                    "super(type, obj): obj (type {name}) is not an instance or subtype of type \
                     ({name})."
                )));
            }
            *class.mro.borrow_mut() = order;
            self.refresh_overrides(class);
            self.bump_epoch();
        }
        let set_name = self.vm().names.__set_name__;
        let mut waiting = false;
        for entry in namespace.iter() {
            if let Some(property) = entry.value.cast::<Property>() {
                property.name.set(entry.key);
            } else if entry.value.is::<Instance>() {
                let kind = self.class_of(entry.value);
                waiting |= self.lookup(kind, set_name).is_some();
            }
        }
        let hook = self.vm().names.__init_subclass__;
        let object = self.class(T::Object);
        let hooked = class.mro.borrow()[1..]
            .iter()
            .any(|c| *c != object && c.dict.get_str(self, hook).is_some());
        let with_keywords = keywords.cast::<Dict>().is_some_and(|d| !d.is_empty());
        if waiting || hooked || with_keywords {
            let keywords = if with_keywords { keywords } else { Value::object(self.dict()) };
            let args = [Value::object(class), Value::object(namespace), keywords];
            return self.tail_prelude("_finish_class", &args);
        }
        Ok(Value::object(class))
    }
}

fn build(
    cx: &mut Cx,
    meta: Gc<Class>,
    name: Gc<Str>,
    bases: Value,
    namespace: Gc<Dict>,
) -> Result<Gc<Class>, Stop> {
    let mut bases = bases;
    if bases.cast::<Tuple>().is_some_and(|t| t.is_empty()) {
        bases = Value::object(cx.tuple(&[Value::object(cx.class(T::Object))]));
    }
    let list: Vec<Gc<Class>> = bases
        .cast::<Tuple>()
        .map(|t| t.as_slice().iter().filter_map(|b| b.cast()).collect())
        .unwrap_or_default();
    for (i, base) in list.iter().enumerate() {
        if base.header.flags & flags::FINAL != 0 {
            let text = format!(
                "type '{}' is not an acceptable base type",
                cx.vm().space.class_text(*base)
            );
            return Err(cx.type_error(&text));
        }
        if list[..i].contains(base) {
            let text = format!("duplicate base class {}", base.name_text());
            return Err(cx.type_error(&text));
        }
    }
    let mut layout = Kind::Instance;
    // Of two bases that give instances a layout one must contain the other.
    let mut best: Option<(Gc<Class>, Gc<Class>)> = None;
    for base in &list {
        if base.layout != Kind::Instance {
            layout = base.layout;
        }
        let solid = solid_base(cx, *base);
        match best {
            None => best = Some((*base, solid)),
            Some((_, other)) if other.is_subclass(solid) => {}
            Some((_, other)) if solid.is_subclass(other) => best = Some((*base, solid)),
            Some(_) => {
                let text = "multiple bases have instance lay-out conflict";
                return Err(cx.type_error(text));
            }
        }
    }
    let slots = match (namespace.get_str(cx, cx.vm().names.__slots__), best) {
        (Some(slots), Some((best, _))) => Some(read_slots(cx, slots, name, namespace, best)?),
        _ => None,
    };
    let ancestors = match linearise(&list) {
        Ok(ancestors) => ancestors,
        Err(heads) => return Err(no_order(cx, &heads)),
    };
    let cell = match namespace.get_str(cx, cx.vm().names.__classcell__) {
        None => None,
        Some(cell) => match cell.cast::<Cell>() {
            Some(cell) => Some(cell),
            None => {
                let text = format!(
                    "__classcell__ must be a nonlocal cell, not {}",
                    class_text(cx, cx.class_of(cell))
                );
                return Err(cx.type_error(&text));
            }
        },
    };
    let name_text = cx.intern_str(name);
    let shape = cx.shapes.root(meta, 0);
    let inherited = super::pattern::inherited_flags(&ancestors);
    let class = cx.raw_class(name_text, bases, layout, flags::USER | inherited, shape);
    fill_namespace(cx, class, namespace)?;
    if let Some((best, _)) = best {
        add_places(cx, class, slots.as_ref(), &list, best);
    }
    let doc = cx.vm().names.__doc__;
    if class.dict.get_str(cx, doc).is_none() {
        class.dict.set_str(cx, doc, Value::NONE);
    }
    let mut mro = vec![class];
    mro.extend(ancestors);
    *class.mro.borrow_mut() = mro;
    if let Some(slots) = slots {
        apply_slots(cx, class, slots, &list);
    }
    cx.refresh_overrides(class);
    for base in &list {
        base.subclasses.borrow_mut().push(class);
    }
    let inline = guess_slots(cx, class, &list);
    class.inline.set(inline);
    let mut root = cx.shapes.root(class, inline as usize);
    // Objects of these kinds say themselves of which class they are.
    let payload = !matches!(
        layout,
        Kind::Instance | Kind::Exception | Kind::Class | Kind::Module | Kind::Super
    );
    if payload {
        root = cx.shapes.child(root, cx.intern(super::own::PAYLOAD_KEY));
    }
    class.shape.set(root);
    if let Some(cell) = cell {
        cell.value.set(Value::object(class));
    }
    Ok(class)
}

/// Copies a class body's names, adjusting those that mean something to the class.
fn fill_namespace(cx: &Cx, class: Gc<Class>, namespace: Gc<Dict>) -> Result<(), Stop> {
    let names = &cx.vm().names;
    for entry in namespace.iter() {
        let Some(key) = entry.key.cast::<Str>() else {
            cx.dict_insert_raw(class.dict, entry.hash, entry.key, entry.value);
            continue;
        };
        let key = cx.intern_str(key);
        if key == names.__qualname__ {
            if !entry.value.is::<Str>() {
                let text =
                    format!("type __qualname__ must be a str, not {}", cx.type_name(entry.value));
                return Err(cx.type_error(&text));
            }
            class.qualname.set(entry.value);
            continue;
        }
        if key == names.__classcell__ {
            continue;
        }
        let mut value = entry.value;
        if value.is::<Function>() {
            if key == names.__new__ {
                value = Value::object(cx.new_object(T::StaticMethod.shape(), 0, |header| {
                    StaticMethod { header, func: value.into(), extra: Value::UNDEF.into() }
                }));
            } else if key == names.__init_subclass__ || key == names.__class_getitem__ {
                value = Value::object(cx.new_object(T::ClassMethod.shape(), 0, |header| {
                    ClassMethod { header, func: value.into(), extra: Value::UNDEF.into() }
                }));
            }
        }
        class.dict.set_str(cx, key, value);
    }
    // Equality without a hash of its own makes instances unhashable.
    if class.dict.get_str(cx, names.__eq__).is_some()
        && class.dict.get_str(cx, names.__hash__).is_none()
    {
        class.dict.set_str(cx, names.__hash__, Value::NONE);
    }
    Ok(())
}

/// How many inline slots the first instances get: what the bases' have, and the attributes that
/// `__init__` sets on its first parameter.
fn guess_slots(cx: &Cx, class: Gc<Class>, bases: &[Gc<Class>]) -> u32 {
    let inherited = bases.iter().map(|b| b.inline.get()).max().unwrap_or(0);
    let mut own = std::collections::HashSet::new();
    let init = class.dict.get_str(cx, cx.vm().names.__init__);
    if let Some(function) = init.and_then(|i| i.cast::<Function>()) {
        let code = &function.code.code;
        let mut at = 0;
        while at < code.words.len() {
            let w = code.words[at];
            let op = Op::from_byte(word::op(w)).expect("verified");
            if op == Op::SetAttr && word::a(w) == 0 {
                own.insert(word::name(w));
            }
            at += 1 + op.words();
        }
    }
    let slots = class.slots.borrow().as_ref().map_or(0, Vec::len);
    (inherited + (own.len() + slots) as u32).clamp(2, 24)
}

impl Cx {
    /// The base whose kind of objects a class with these bases has; the first one among equals.
    pub fn best_base(&self, bases: &[Gc<Class>]) -> Option<Gc<Class>> {
        let mut best: Option<(Gc<Class>, Gc<Class>)> = None;
        for &base in bases {
            let solid = solid_base(self, base);
            if best.is_none_or(|(_, other)| solid != other && solid.is_subclass(other)) {
                best = Some((base, solid));
            }
        }
        best.map(|(base, _)| base)
    }

    /// Adds an entry whose key is known to be absent, without asking anybody.
    pub fn dict_insert_raw(&self, dict: Gc<Dict>, hash: u64, key: Value, value: Value) {
        dict.insert_new(self, hash, key, value);
    }

    /// A bare object of a class: what `object.__new__` returns.
    pub fn allocate(&mut self, class: Gc<Class>) -> Flow {
        match class.layout {
            Kind::Instance => Ok(Value::object(self.instance(class))),
            Kind::Exception => {
                let none = Value::object(self.tuple(&[]));
                Ok(Value::object(self.exception(class, none)))
            }
            _ => {
                let text = format!(
                    "object.__new__({0}) is not safe, use {0}.__new__()",
                    class.name_text()
                );
                Err(self.type_error(&text))
            }
        }
    }
}
