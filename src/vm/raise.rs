//! Making exceptions: the one place that sets the pending one.

use super::{Cx, Stop, Vm};
use crate::code::Code;
use crate::gc::Gc;
use crate::value::{CodeObject, Exception, Native, Str, T, Traceback, Value};

/// The VM, seen by code that only allocates and sets the pending exception.
///
/// Raising takes `&Vm` so that a native may hold locals while it composes the message; the
/// pending exception is the one field written through it.
fn set_pending(vm: &Vm, exception: Gc<Exception>) {
    let vm = (&raw const *vm).cast_mut();
    // SAFETY: one thread, and nobody holds a reference to this field.
    unsafe { (*vm).exception = Value::object(exception) };
}

/// Raises an exception object: the handled one becomes its context.
pub fn set(vm: &Vm, exception: Gc<Exception>) {
    let handled = vm.handled;
    let this = Value::object(exception);
    Exception::show(exception);
    if handled.is::<Exception>() && handled != this {
        // Break a cycle that the new context would close.
        let mut at = handled.cast::<Exception>().expect("just checked");
        Exception::show(at);
        let mut slow = at;
        let mut steps = 0usize;
        while let Some(context) = at.context.get().cast::<Exception>() {
            if context == exception {
                at.context.set(Value::NONE);
                break;
            }
            at = context;
            steps += 1;
            // Somebody may have built a cycle by hand: the slow walker meets it.
            if steps.is_multiple_of(2) {
                slow = slow.context.get().cast::<Exception>().expect("walked before");
                if slow == at {
                    break;
                }
            }
        }
        exception.context.set(handled);
    }
    set_pending(vm, exception);
}

/// Raises an exception that was made for that, and that nobody else has.
pub fn set_new(vm: &Vm, exception: Gc<Exception>) {
    set(vm, exception);
    Exception::hide(exception);
}

/// Raises an exception of a built-in type with a message.
#[cold]
#[inline(never)]
pub fn error(vm: &Vm, id: T, message: &str) -> Stop {
    let text = vm.space.str_value(message);
    with_args(vm, id, &[text])
}

#[cold]
#[inline(never)]
pub fn with_args(vm: &Vm, id: T, args: &[Value]) -> Stop {
    let args = Value::object(vm.space.tuple(args));
    set_new(vm, vm.space.exception(vm.space.class(id), args));
    Stop::Raised
}

/// NameError and its kin carry the name.
#[cold]
pub fn named(vm: &Vm, id: T, message: &str, name: &str) -> Stop {
    let stop = error(vm, id, message);
    if let Some(exception) = vm.pending() {
        exception.set_field(&vm.space, vm.names.name, vm.space.str_value(name));
    }
    stop
}

/// AttributeError carries the name and the object.
#[cold]
pub fn attribute(vm: &Vm, message: &str, object: Value, name: Gc<Str>) -> Stop {
    let stop = error(vm, T::AttributeError, message);
    if let Some(exception) = vm.pending() {
        exception.set_field(&vm.space, vm.names.name, Value::object(name));
        exception.set_field(&vm.space, vm.names.obj, object);
    }
    stop
}

/// A native with what it belongs to.
pub fn native_name(native: Gc<Native>) -> String {
    let name = native.signature.name();
    let owner = native.owner.get();
    if let Some(class) = owner.cast::<crate::value::Class>() {
        return format!("{}.{name}", class.name_text());
    }
    match owner.cast::<Str>() {
        Some(module) if module.as_bytes() != b"builtins" => format!("{}.{name}", module.lossy()),
        _ => name.to_string(),
    }
}

/// Is it one of the special methods that CPython fills in for what its types do in C?
pub fn is_slot_wrapper(native: Gc<Native>) -> bool {
    const METHODS: [&str; 20] = [
        "__format__",
        "__reversed__",
        "__sizeof__",
        "__trunc__",
        "__floor__",
        "__ceil__",
        "__round__",
        "__complex__",
        "__length_hint__",
        "__dir__",
        "__bytes__",
        "__reduce__",
        "__reduce_ex__",
        "__getnewargs__",
        "__copy__",
        "__deepcopy__",
        "__missing__",
        "__instancecheck__",
        "__subclasscheck__",
        "__subclasses__",
    ];
    let name = native.signature.name();
    let method = matches!(native.kind, crate::value::NativeKind::Method);
    if !method || !name.starts_with("__") || METHODS.contains(&name) {
        return false;
    }
    let class = native.owner.get().cast::<crate::value::Class>();
    let class = class.map(|c| c.name_text()).unwrap_or_default();
    !matches!(
        (class.as_str(), name),
        ("dict" | "set" | "frozenset", "__contains__") | ("dict" | "list", "__getitem__")
    )
}

/// AttributeError for an attribute of a built-in type that cannot be set. CPython words it
/// otherwise where the attribute is a field of a struct.
pub fn not_writable(vm: &Vm, object: Value, name: &str) -> Stop {
    const FIELDS: [&str; 19] = [
        "start",
        "stop",
        "step",
        "real",
        "imag",
        "fget",
        "fset",
        "fdel",
        "message",
        "exceptions",
        "func",
        "args",
        "keywords",
        "__self__",
        "__func__",
        "__wrapped__",
        "__closure__",
        "__globals__",
        "__thisclass__",
    ];
    const OWNERS: [T; 10] = [
        T::Range,
        T::Slice,
        T::Complex,
        T::Property,
        T::BaseExceptionGroup,
        T::Partial,
        T::BoundMethod,
        T::StaticMethod,
        T::ClassMethod,
        T::Function,
    ];
    let field = FIELDS.contains(&name) && OWNERS.iter().any(|&id| vm.space.isinstance(object, id));
    let text = match field {
        true => "readonly attribute".to_string(),
        false => {
            let owner = match object.is::<crate::value::Class>() {
                true => "type".to_string(),
                false => vm.space.type_name(object),
            };
            format!("attribute '{name}' of '{owner}' objects is not writable")
        }
    };
    error(vm, T::AttributeError, &text)
}

/// What is said of a required argument that was not given.
pub fn missing(native: &str, param: &str, position: usize) -> String {
    let place = match native {
        "enumerate" => String::new(),
        _ => format!(" (pos {position})"),
    };
    format!("{native}() missing required argument '{param}'{place}")
}

/// TypeError unless the first argument of a built-in type's method is of that type.
pub fn receiver(vm: &Vm, native: Gc<Native>, this: Option<Value>) -> Result<(), Stop> {
    let owner = match native.owner.get().cast::<crate::value::Class>() {
        Some(owner) if native.kind == crate::value::NativeKind::Method => owner,
        _ => return Ok(()),
    };
    let Some(this) = this else { return Ok(()) };
    let class = vm.space.class_of(this);
    if class.is_subclass(owner) {
        return Ok(());
    }
    let (name, owner) = (native.signature.name(), vm.space.class_text(owner));
    let shown = vm.space.class_text(class);
    let text = match is_slot_wrapper(native) {
        true => format!("descriptor '{name}' requires a '{owner}' object but received a '{shown}'"),
        false => {
            format!("descriptor '{name}' for '{owner}' objects doesn't apply to a '{shown}' object")
        }
    };
    Err(error(vm, T::TypeError, &text))
}

/// What is wrong with the number of arguments of a native that takes some by keyword.
pub fn keyword_arity(native: Gc<Native>, given: usize, keywords: usize) -> Option<String> {
    use crate::value::NativeKind;
    let signature = native.signature;
    let makes = signature.name() == "__new__";
    let method = matches!(native.kind, NativeKind::Method | NativeKind::ClassMethod);
    let skip = usize::from(method || makes);
    if given == 0 && !makes && matches!(signature.name(), "max" | "min") {
        return Some(format!("{} expected at least 1 argument, got 0", signature.name()));
    }
    let by_keyword = signature.len() > signature.positional_only().max(skip);
    if !by_keyword || signature.keywords || signature.variadic || given < skip {
        return None;
    }
    let name = match native.owner.get().cast::<crate::value::Class>() {
        Some(class) if makes => class.name_text(),
        _ => signature.name().to_string(),
    };
    // These look at keywords only if there are any.
    if makes && keywords == 0 && matches!(name.as_str(), "int" | "str") {
        return None;
    }
    let given = given - skip;
    if name == "sorted" && given != 1 {
        return Some(format!("sorted expected 1 argument, got {given}"));
    }
    let plural = |n: usize| if n == 1 { "" } else { "s" };
    let most = signature.len() - skip;
    if given + keywords > most {
        let what = if given == 0 { "keyword " } else { "" };
        return Some(format!(
            "{name}() takes at most {most} {what}argument{} ({} given)",
            plural(most),
            given + keywords
        ));
    }
    let positional = signature.positional() - skip;
    if given > positional {
        if positional == 0 {
            return Some(format!("{name}() takes no positional arguments"));
        }
        let least = signature.required().saturating_sub(skip);
        let how = if least < positional { "at most" } else { "exactly" };
        return Some(format!(
            "{name}() takes {how} {positional} positional argument{} ({given} given)",
            plural(positional)
        ));
    }
    let only = signature.positional_only().min(signature.required()).saturating_sub(skip);
    if given < only {
        let how = if only < positional { "at least" } else { "exactly" };
        return Some(format!(
            "{name}() takes {how} {only} positional argument{} ({given} given)",
            plural(only)
        ));
    }
    None
}

/// The wrong number of positional arguments for a native, in the words that CPython has for
/// special methods, for functions that take keywords, and for others.
#[cold]
pub unsafe fn arity(vm: &Vm, native: Gc<Native>, _: *const Value, n: usize) -> Stop {
    use crate::value::NativeKind;
    let signature = native.signature;
    let method = matches!(native.kind, NativeKind::Method | NativeKind::ClassMethod);
    let makes = signature.name() == "__new__";
    let class = native.owner.get().cast::<crate::value::Class>().map(|c| c.name_text());
    let skip = usize::from(method || makes);
    let full = native_name(native);
    let name = match &class {
        Some(class) if makes => class.clone(),
        _ => signature.name().to_string(),
    };
    if n < skip {
        let text = if makes {
            format!("{full}(): not enough arguments")
        } else if is_slot_wrapper(native) {
            let owner = class.unwrap_or_default();
            format!("descriptor '{}' of '{owner}' object needs an argument", signature.name())
        } else {
            format!("unbound method {full}() needs an argument")
        };
        return error(vm, T::TypeError, &text);
    }
    let (given, min) = (n - skip, signature.required().saturating_sub(skip));
    let max = (native.max as usize).saturating_sub(skip);
    let plural = |n: usize| if n == 1 { "" } else { "s" };
    let by_keyword = signature.len() > signature.positional_only().max(skip);
    let wrong = super::python_arity::of_native(native, n, &[]);
    let text = if let Some(text) = wrong.or_else(|| keyword_arity(native, n, 0)) {
        text
    } else if is_slot_wrapper(native) && max > 1 {
        // They are unpacked under no name.
        let (least, most) = match signature.name() {
            "__pow__" | "__rpow__" | "__get__" => (1, 2),
            _ => (max, max),
        };
        let (how, count) = match (least < most, given < least) {
            (true, true) => ("at least ", least),
            (true, false) => ("at most ", most),
            (false, _) => ("", max),
        };
        format!(" expected {how}{count} argument{}, got {given}", plural(count))
    } else if is_slot_wrapper(native) {
        format!("expected {max} argument{}, got {given}", plural(max))
    } else if by_keyword && given < min {
        if given + skip >= signature.positional_only() {
            missing(&name, signature.param(given + skip), given + 1)
        } else {
            format!(
                "{name}() takes at least {min} positional argument{} ({given} given)",
                plural(min)
            )
        }
    } else if native.variadic || min < max && given < min {
        format!("{name} expected at least {min} argument{}, got {given}", plural(min))
    } else if min < max {
        format!("{name} expected at most {max} argument{}, got {given}", plural(max))
    } else if max == 0 {
        format!("{full}() takes no arguments ({given} given)")
    } else if max == 1 && !makes {
        format!("{full}() takes exactly one argument ({given} given)")
    } else {
        format!("{name} expected {max} argument{}, got {given}", plural(max))
    };
    error(vm, T::TypeError, &text)
}

/// The `__traceback__` of an exception: a chain of objects made from its trace points, in front
/// of what it was set to. Code of the runtime itself is left out.
pub fn traceback_of(vm: &Vm, exception: Value) -> Value {
    let Some(exception) = exception.cast::<Exception>() else {
        return Value::NONE;
    };
    let mut next = exception.traceback.get();
    if next.is_undef() {
        next = Value::NONE;
    }
    for point in exception.trace.take() {
        if point.code.code.is_internal() {
            continue;
        }
        let traceback = vm.space.new_object(T::Traceback.shape(), 0, |header| Traceback {
            header,
            code: Value::object(point.code).into(),
            word: Value::int(i64::from(point.word)).into(),
            next: next.into(),
            frame: Value::UNDEF.into(),
            line: Value::UNDEF.into(),
            kept: point.kept.into(),
        });
        next = Value::object(traceback);
    }
    exception.traceback.set(next);
    next
}

impl Cx {
    /// Takes the outermost levels of the pending exception's traceback away, as far as their code is of
    /// this kind.
    pub fn forget_callers(&self, is_such: impl Fn(&Code) -> bool) {
        let Some(exception) = self.vm().pending() else { return };
        let mut points = exception.trace.take();
        while points.pop_if(|point| is_such(&point.code.code)).is_some() {}
        if points.is_empty() {
            let mut at = exception.traceback.get();
            while let Some(level) = at.cast::<Traceback>()
                && level.code.get().cast::<CodeObject>().is_some_and(|code| is_such(&code.code))
            {
                at = level.next.get();
            }
            exception.traceback.set(at);
        }
        points.into_iter().for_each(|point| exception.trace.push(point));
    }

    /// Raises an exception of a built-in type with a message.
    pub fn error(&self, id: T, message: &str) -> Stop {
        error(self.vm(), id, message)
    }

    pub fn not_writable(&self, object: Value, name: &str) -> Stop {
        not_writable(self.vm(), object, name)
    }

    pub fn type_error(&self, message: &str) -> Stop {
        self.error(T::TypeError, message)
    }

    pub fn value_error(&self, message: &str) -> Stop {
        self.error(T::ValueError, message)
    }

    /// Raises an exception of a built-in type with any arguments.
    pub fn error_with(&self, id: T, args: &[Value]) -> Stop {
        with_args(self.vm(), id, args)
    }

    /// The `__traceback__` of an exception.
    pub fn traceback(&self, exception: Value) -> Value {
        traceback_of(self.vm(), exception)
    }

    /// Raises an exception object.
    pub fn throw(&self, exception: Gc<Exception>) -> Stop {
        set(self.vm(), exception);
        Stop::Raised
    }
}
