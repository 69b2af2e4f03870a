//! Binding arguments to parameters: everything that a plain positional call of exactly the right
//! number is not.

use std::borrow::Cow;

use super::pc::{Base, Ip, Pc};
use super::{Cx, Stop, Vm, call, construct, probe, python_arity, raise};
use crate::code::op::HEADER;
use crate::gc::Gc;
use crate::plain::closest::closest;
use crate::value::{
    BoundMethod, Class, Dict, Function, Native, NativeKind, Ret, Str, T, Tuple, Value,
};

const ARGS: usize = HEADER as usize;

/// Puts `n` positional arguments at `nb` into the registers of a function's parameters.
pub fn positional(vm: &mut Vm, function: Gc<Function>, nb: Base, n: usize) -> Result<(), Stop> {
    let params = &function.code.code.params;
    let count = (params.positional_only + params.positional) as usize;
    if n <= count && !params.star && !params.double_star && defaulted(vm, function, nb, n) {
        return Ok(());
    }
    // SAFETY: the caller made sure of room for all parameters.
    let args: Vec<Value> = (0..n).map(|i| unsafe { *nb.add(i) }).collect();
    named(vm, function, nb, &args, &[], &[])
}

/// Gives the parameters behind the first `n` their defaults. False if one has none.
fn defaulted(vm: &Vm, function: Gc<Function>, nb: Base, n: usize) -> bool {
    let code = function.code;
    let params = &code.code.params;
    let count = (params.positional_only + params.positional) as usize;
    if n < count {
        let defaults = function.defaults.get().cast::<Tuple>();
        let defaults = defaults.as_ref().map_or(&[][..], |defaults| defaults.as_slice());
        let Some(first) = (defaults.len() + n).checked_sub(count) else { return false };
        for (i, &default) in (n..count).zip(&defaults[first..]) {
            // SAFETY: the caller made sure of room for all parameters.
            unsafe { *nb.add(i) = default };
        }
    }
    if params.keyword_only == 0 {
        return true;
    }
    let defaults = detail_of(vm, function, vm.names.__kwdefaults__);
    let Some(defaults) = defaults.and_then(|defaults| defaults.cast::<Dict>()) else {
        return false;
    };
    for i in count..count + params.keyword_only as usize {
        let Some(default) = defaults.get_str(&vm.space, code.params[i]) else { return false };
        // SAFETY: as above.
        unsafe { *nb.add(i) = default };
    }
    true
}

/// The general case: positional arguments, then keyword arguments by name.
pub fn named(
    vm: &mut Vm,
    function: Gc<Function>,
    nb: Base,
    args: &[Value],
    names: &[Gc<Str>],
    values: &[Value],
) -> Result<(), Stop> {
    let code = function.code;
    let params = &code.code.params;
    let positional = (params.positional_only + params.positional) as usize;
    let keyword_only = params.keyword_only as usize;
    let total = params.total();
    // SAFETY: room for `total` registers was checked by the caller.
    let put = |i: usize, value: Value| unsafe { *nb.add(i) = value };
    let at = |i: usize| unsafe { *nb.add(i) };
    for i in 0..total {
        put(i, Value::UNDEF);
    }
    for (i, &arg) in args.iter().take(positional).enumerate() {
        put(i, arg);
    }
    let star = positional + keyword_only;
    if params.star {
        let rest = args.get(positional..).unwrap_or(&[]);
        put(star, Value::object(vm.space.tuple(rest)));
    }
    let extra = params.double_star.then(|| vm.space.dict());
    if let Some(extra) = extra {
        put(star + usize::from(params.star), Value::object(extra));
    }
    for (&name, &value) in names.iter().zip(values) {
        let interned = vm.space.intern_str(name);
        let place = code.params[..star].iter().position(|&p| p == interned);
        match place {
            Some(i) if i >= params.positional_only as usize => {
                if !at(i).is_undef() {
                    let text = format!(
                        "{}() got multiple values for argument '{}'",
                        qualname(vm, function),
                        name.lossy()
                    );
                    return Err(raise::error(vm, T::TypeError, &text));
                }
                put(i, value);
            }
            _ => match extra {
                Some(extra) => extra.set_str(&vm.space, name, value),
                None => return Err(unexpected(vm, function, name, names)),
            },
        }
    }
    if args.len() > positional && !params.star {
        let keywords = (positional..star).filter(|&i| !at(i).is_undef()).count();
        return Err(too_many(vm, function, args.len(), keywords));
    }
    if let Some(defaults) = function.defaults.get().cast::<Tuple>() {
        let first = positional - defaults.len().min(positional);
        for (i, &default) in (first..positional).zip(defaults.as_slice()) {
            if at(i).is_undef() {
                put(i, default);
            }
        }
    }
    let missing: Vec<Gc<Str>> =
        (0..positional).filter(|&i| at(i).is_undef()).map(|i| code.params[i]).collect();
    if !missing.is_empty() {
        return Err(missing_error(vm, function, &missing, "positional"));
    }
    if keyword_only > 0 {
        let defaults = detail_of(vm, function, vm.names.__kwdefaults__);
        let defaults = defaults.and_then(|d| d.cast::<Dict>());
        let mut missing = Vec::new();
        for i in positional..star {
            if at(i).is_undef() {
                match defaults.and_then(|d| d.get_str(&vm.space, code.params[i])) {
                    Some(value) => put(i, value),
                    None => missing.push(code.params[i]),
                }
            }
        }
        if !missing.is_empty() {
            return Err(missing_error(vm, function, &missing, "keyword-only"));
        }
    }
    Ok(())
}

/// Something that was given to a function object beyond what every function has.
pub fn detail_of(vm: &Vm, function: Gc<Function>, name: Gc<Str>) -> Option<Value> {
    function.details.get().cast::<Dict>()?.get_str(&vm.space, name)
}

impl Cx {
    /// Something that was given to a function object beyond what every function has.
    pub fn detail(&self, function: Gc<Function>, name: Gc<Str>) -> Option<Value> {
        detail_of(self.vm(), function, name)
    }

    /// Gives a function object such a thing, or with UNDEF takes it away.
    pub fn set_detail(&self, function: Gc<Function>, name: Gc<Str>, value: Value) {
        set_detail(self.vm(), function, name, value);
    }
}

pub fn set_detail(vm: &Vm, function: Gc<Function>, name: Gc<Str>, value: Value) {
    let space = &vm.space;
    let dict = function.details.get().cast::<Dict>().unwrap_or_else(|| {
        let dict = space.dict();
        function.details.set(Value::object(dict));
        dict
    });
    if value.is_undef() {
        dict.remove_str(space, name);
    } else {
        dict.set_str(space, name, value);
    }
}

pub fn qualname(vm: &Vm, function: Gc<Function>) -> String {
    match detail_of(vm, function, vm.names.__qualname__).and_then(|q| q.cast::<Str>()) {
        Some(name) => name.lossy().into_owned(),
        None => function.code.code.qualname.to_string(),
    }
}

/// `name` is none of the keywords; positional-only parameters among `names` are told first.
fn unexpected(vm: &Vm, function: Gc<Function>, name: Gc<Str>, names: &[Gc<Str>]) -> Stop {
    let code = function.code;
    let only = &code.params[..code.code.params.positional_only as usize];
    let names: Vec<Gc<Str>> = names.iter().map(|&n| vm.space.intern_str(n)).collect();
    let misplaced: Vec<_> =
        only.iter().filter(|p| names.contains(p)).map(|p| p.lossy().into_owned()).collect();
    if !misplaced.is_empty() {
        let text = format!(
            "{}() got some positional-only arguments passed as keyword arguments: '{}'",
            qualname(vm, function),
            misplaced.join(", ")
        );
        return raise::error(vm, T::TypeError, &text);
    }
    let params = &code.code.params;
    let count = (params.positional_only + params.positional + params.keyword_only) as usize;
    let known: Vec<_> = code.params[only.len()..count].iter().map(|p| p.lossy()).collect();
    let known = known.iter().map(|name| name.as_ref()).collect();
    raise::error(vm, T::TypeError, &unknown_keyword(&qualname(vm, function), &name.lossy(), known))
}

/// What is said of a keyword that no parameter is called by.
pub(super) fn unknown_keyword(callee: &str, name: &str, known: Vec<&str>) -> String {
    let advice = closest(name, known).map(|name| format!(". Did you mean '{name}'?"));
    let advice = advice.unwrap_or_default();
    format!("{callee}() got an unexpected keyword argument '{name}'{advice}")
}

fn too_many(vm: &Vm, function: Gc<Function>, given: usize, keywords: usize) -> Stop {
    let params = &function.code.code.params;
    let count = (params.positional_only + params.positional) as usize;
    let defaults = function.defaults.get().cast::<Tuple>().map_or(0, |d| d.len());
    let text = python_arity::too_many(&qualname(vm, function), count, defaults, given, keywords);
    raise::error(vm, T::TypeError, &text)
}

fn missing_error(vm: &Vm, function: Gc<Function>, names: &[Gc<Str>], what: &str) -> Stop {
    let params: Vec<String> = names.iter().map(|n| n.lossy().into_owned()).collect();
    let text = python_arity::missing(&qualname(vm, function), &params, what);
    raise::error(vm, T::TypeError, &text)
}

// ---- calls with keywords

/// Arguments that are copied without an allocation.
pub(super) const FEW: usize = 8;

/// Two parts of arguments in one piece, in the room that the caller has for a few.
#[inline]
pub(super) fn gather<'a>(
    room: &'a mut [Value; FEW],
    first: &[Value],
    rest: &[Value],
) -> Cow<'a, [Value]> {
    let n = first.len() + rest.len();
    if n > FEW {
        return Cow::Owned([first, rest].concat());
    }
    for (place, &arg) in room.iter_mut().zip(first.iter().chain(rest)) {
        *place = arg;
    }
    Cow::Borrowed(&room[..n])
}

/// `CallK`: the last of `n` arguments at `window[4]` are named by the tuple `names`.
#[inline(never)]
pub unsafe fn enter_with_names(
    vm: *mut Vm,
    ip: Ip,
    base: Base,
    window: Base,
    n: usize,
    names: Value,
    info: u64,
) -> Pc {
    // SAFETY: I3; so throughout this file.
    unsafe {
        let names = names.cast::<Tuple>().expect("the compiler makes a tuple");
        let text = |name: &Value| name.cast::<Str>().expect("of strings");
        let (mut few, many);
        let names: &[Gc<Str>] = match names.as_slice() {
            names @ [first, ..] if names.len() <= FEW => {
                few = [text(first); FEW];
                for (place, name) in few.iter_mut().zip(names) {
                    *place = text(name);
                }
                &few[..names.len()]
            }
            names => {
                many = names.iter().map(text).collect::<Vec<_>>();
                &many
            }
        };
        let mut room = [Value::UNDEF; FEW];
        let args = gather(&mut room, &[], std::slice::from_raw_parts(window.add(ARGS), n));
        invoke_with_names(vm, ip, base, *window, &args, names, info)
    }
}

/// `CallX`: `*window[4]`, `**window[5]`.
pub unsafe fn enter_unpacked(vm: *mut Vm, ip: Ip, base: Base, window: Base, info: u64) -> Pc {
    unsafe {
        let callee = *window;
        if !(*window.add(ARGS + 1)).is::<Dict>()
            && let Some(args) = (*window.add(ARGS)).cast::<Tuple>()
        {
            return call::invoke(vm, ip, base, callee, args.as_slice(), info);
        }
        if !(*window.add(ARGS + 1)).is::<Dict>()
            && let Some(list) = (*window.add(ARGS)).cast::<crate::value::List>()
            && list.len() <= FEW
        {
            let mut room = [Value::UNDEF; FEW];
            let (items, n) = list.raw();
            let args = gather(&mut room, &[], std::slice::from_raw_parts(items, n));
            return call::invoke(vm, ip, base, callee, &args, info);
        }
        let mut args = match probe::plain_items(&(*vm).space, *window.add(ARGS)) {
            Some(items) => items,
            None => unreachable!("the compiler builds a list or tuple"),
        };
        let Some(dict) = (*window.add(ARGS + 1)).cast::<Dict>() else {
            return call::invoke(vm, ip, base, callee, &args, info);
        };
        let mut names = Vec::new();
        for entry in dict.iter() {
            match (*vm).space.unwrap(entry.key).cast::<Str>() {
                Some(name) => names.push(name),
                None => {
                    raise::error(&*vm, T::TypeError, "keywords must be strings");
                    return call::fail(vm, ip, base, info);
                }
            }
            args.push(entry.value);
        }
        invoke_with_names(vm, ip, base, callee, &args, &names, info)
    }
}

/// As `call::invoke`, the last arguments being named.
pub unsafe fn invoke_with_names(
    vm: *mut Vm,
    ip: Ip,
    base: Base,
    mut callee: Value,
    args: &[Value],
    names: &[Gc<Str>],
    info: u64,
) -> Pc {
    unsafe {
        if names.is_empty() {
            return call::invoke(vm, ip, base, callee, args, info);
        }
        let direct = |v: Value| v.is::<Function>() || v.is::<Native>();
        if let Some(method) = callee.cast::<BoundMethod>()
            && direct(method.func.get())
        {
            let mut room = [Value::UNDEF; FEW];
            let args = gather(&mut room, &[method.this.get()], args);
            return call_with_names(vm, ip, base, method.func.get(), &args, names, info);
        }
        if direct(callee) || callee.is::<Class>() {
            return call_with_names(vm, ip, base, callee, args, names, info);
        }
        let mut args = args.to_vec();
        while !direct(callee) && !callee.is::<Class>() {
            if let Some(method) = callee.cast::<BoundMethod>() {
                args.insert(0, method.this.get());
                callee = method.func.get();
                continue;
            }
            let class = (*vm).space.class_of(callee);
            match (*vm).space.lookup(class, (*vm).names.__call__) {
                Some(method) => match call::bind_special(&mut *vm, method, callee) {
                    Ok((func, this)) => {
                        callee = func;
                        if let Some(this) = this {
                            args.insert(0, this);
                        }
                    }
                    Err(_) => return call::fail(vm, ip, base, info),
                },
                None => {
                    let text =
                        format!("'{}' object is not callable", (*vm).space.type_name(callee));
                    raise::error(&*vm, T::TypeError, &text);
                    return call::fail(vm, ip, base, info);
                }
            }
        }
        call_with_names(vm, ip, base, callee, &args, names, info)
    }
}

/// The same of a function, a native or a class.
unsafe fn call_with_names(
    vm: *mut Vm,
    ip: Ip,
    base: Base,
    callee: Value,
    args: &[Value],
    names: &[Gc<Str>],
    info: u64,
) -> Pc {
    unsafe {
        let count = args.len() - names.len();
        let window = call::free_window(vm, base);
        if let Some(function) = callee.cast::<Function>() {
            (*vm).ready(function);
            let total = function.code.code.params.total() + 1;
            if !(*vm).has_room(window, ARGS + total) {
                raise::error(&*vm, T::RecursionError, "maximum recursion depth exceeded");
                return call::fail(vm, ip, base, info);
            }
            let nb = window.add(ARGS);
            let (plain, values) = args.split_at(count);
            if named(&mut *vm, function, nb, plain, names, values).is_err() {
                return call::fail(vm, ip, base, info);
            }
            return call::enter_bound(vm, ip, base, nb, function, info);
        }
        if let Some(native) = callee.cast::<Native>() {
            return native_with_names(vm, ip, base, native, args, names, info);
        }
        let class = callee.cast::<Class>().expect("the last of the three");
        if let Some(init) = construct::plain_init(&*vm, class, info) {
            (*vm).ready(init);
            // The instance stands below the header, where `leave` finds it again.
            let nb = window.add(ARGS + 1);
            if !(*vm).has_room(nb, ARGS + init.code.code.params.total() + 1) {
                raise::error(&*vm, T::RecursionError, "maximum recursion depth exceeded");
                return call::fail(vm, ip, base, info);
            }
            let instance = Value::object((*vm).space.instance(class));
            let mut room = [Value::UNDEF; FEW];
            let all = gather(&mut room, &[instance], args);
            let (plain, values) = all.split_at(count + 1);
            if named(&mut *vm, init, nb, plain, names, values).is_err() {
                return call::fail(vm, ip, base, info);
            }
            *window = instance;
            return call::enter_bound(vm, ip, base, nb, init, info | Ret::Init as u64);
        }
        construct::class_with_names(vm, ip, base, class, args, names, info)
    }
}

/// Places of a native that need no allocation.
const PLACES: usize = 16;

/// Calls a native with keyword arguments: each goes to the place its name has.
pub unsafe fn native_with_names(
    vm: *mut Vm,
    ip: Ip,
    base: Base,
    native: Gc<Native>,
    args: &[Value],
    names: &[Gc<Str>],
    info: u64,
) -> Pc {
    unsafe {
        let signature = native.signature;
        let (plain, values) = args.split_at(args.len() - names.len());
        let count = native.places as usize;
        let surplus = plain.get(signature.positional()..).unwrap_or(&[]);
        let (mut few, mut many) = ([Value::UNDEF; PLACES], Vec::new());
        let places = match few.get_mut(..count + surplus.len()) {
            Some(places) => places,
            None => {
                many.resize(count + surplus.len(), Value::UNDEF);
                &mut many[..]
            }
        };
        let fixed = signature.len();
        if raise::receiver(&*vm, native, plain.first().copied()).is_err() {
            return call::fail(vm, ip, base, info);
        }
        let wrong = python_arity::of_native(native, plain.len(), names)
            .or_else(|| raise::keyword_arity(native, plain.len(), names.len()));
        if let Some(text) = wrong {
            raise::error(&*vm, T::TypeError, &text);
            return call::fail(vm, ip, base, info);
        }
        if plain.is_empty() && matches!(native.kind, NativeKind::Method | NativeKind::ClassMethod) {
            let _ = raise::arity(&*vm, native, std::ptr::null(), 0);
            return call::fail(vm, ip, base, info);
        }
        let mut problem = None;
        // What is missing is told before what is unknown.
        let mut unknown = None;
        let shown = || match signature.name() {
            "__new__" => display(native),
            name => name.to_string(),
        };
        for (i, &arg) in plain.iter().take(signature.positional()).enumerate() {
            places[i] = arg;
        }
        let extra = signature.keywords.then(|| (*vm).space.dict());
        if let Some(extra) = extra {
            places[fixed] = Value::object(extra);
        }
        for (&name, &value) in names.iter().zip(values) {
            let text = name.lossy();
            match signature.position(&text) {
                Some(i) if i >= signature.positional_only() => {
                    if !places[i].is_undef() {
                        let owner = native.owner.get().cast::<Class>();
                        let name = match owner {
                            Some(class) if signature.name() == "__new__" => class.name_text(),
                            _ => signature.name().to_string(),
                        };
                        problem = Some(format!(
                            "argument for {name}() given by name ('{text}') and position ({})",
                            i + usize::from(!native.owner.get().is::<Class>())
                        ));
                    }
                    places[i] = value;
                }
                _ => match extra {
                    Some(extra) => extra.set_str(&(*vm).space, name, value),
                    None if fixed == signature.positional_only() => {
                        problem = Some(match raise::is_slot_wrapper(native) {
                            true => {
                                format!("wrapper {}() takes no keyword arguments", signature.name())
                            }
                            false => format!("{}() takes no keyword arguments", display(native)),
                        });
                    }
                    None => {
                        // `sorted` leaves the keywords to `list.sort`.
                        let shown = shown();
                        let callee = match &*shown {
                            "sorted" => "sort",
                            shown => shown,
                        };
                        let known = signature.positional_only()..signature.len();
                        let known = known.map(|i| signature.param(i)).collect();
                        unknown = Some(match &*shown {
                            "enumerate" => {
                                format!("'{text}' is an invalid keyword argument for enumerate()")
                            }
                            "zip_longest" => {
                                "zip_longest() got an unexpected keyword argument".to_string()
                            }
                            _ => unknown_keyword(callee, &text, known),
                        });
                    }
                },
            }
        }
        if problem.is_none() && plain.len() > signature.positional() && !signature.variadic {
            let stop = raise::arity(&*vm, native, std::ptr::null(), plain.len());
            let _ = stop;
            return call::fail(vm, ip, base, info);
        }
        if problem.is_none()
            && let Some(i) = (0..signature.required()).find(|&i| places[i].is_undef())
        {
            let skip = usize::from(!native.owner.get().is::<Class>());
            problem = Some(raise::missing(&shown(), signature.param(i), i + skip));
        }
        if let Some(text) = problem.or(unknown) {
            raise::error(&*vm, T::TypeError, &text);
            return call::fail(vm, ip, base, info);
        }
        places[count..].copy_from_slice(surplus);
        place_and_run(vm, ip, base, native, places, info)
    }
}

fn display(native: Gc<Native>) -> String {
    match native.owner.get().cast::<Class>() {
        Some(class) if native.signature.name() == "__new__" => class.name_text(),
        _ => raise::native_name(native),
    }
}

unsafe fn place_and_run(
    vm: *mut Vm,
    ip: Ip,
    base: Base,
    native: Gc<Native>,
    places: &[Value],
    info: u64,
) -> Pc {
    unsafe {
        let args = call::free_window(vm, base).add(ARGS);
        if !(*vm).has_room(args, places.len()) {
            raise::error(&*vm, T::RecursionError, "maximum recursion depth exceeded");
            return call::fail(vm, ip, base, info);
        }
        std::ptr::copy(places.as_ptr(), args, places.len());
        let (n, top) = (places.len(), args.add(places.len()));
        super::native_call::run_native(vm, ip, base, args, n, native, info, top)
    }
}
