//! `import`: the machine's side. Where modules come from is the host's business: a `Finder`.

use std::sync::Arc;

use super::lookup::{NOT_INCLUDED, nearly_has};
use super::pc::{Base, Ip, Pc, reg};
use super::threads::{Key, Woke};
use super::{Cx, Flow, Outcome, Stop, Vm, call, raise, unwind};
use crate::code::Code;
use crate::code::op::{Word, word};
use crate::gc::Gc;
use crate::value::frame::{DST_MASK, FUNCTION};
use crate::value::{Dict, Function, Module, Native, Str, T, Tuple, Value};

/// A module that was found.
pub enum Found {
    /// Code to be run in a fresh namespace.
    Code {
        code: Arc<Code>,
        file: Option<String>,
        /// The search path of a package.
        path: Option<Vec<String>>,
    },
    /// A function that fills the namespace of a native module.
    Native(fn(&mut Cx, Gc<Dict>) -> Result<(), Stop>),
}

/// Finds modules by full name. `path` is the package's `__path__` for a submodule.
pub trait Finder {
    /// Has CPython a standard module of this name?
    fn is_standard(&self, name: &str) -> bool;

    /// `Err` when an exception (a SyntaxError) is pending.
    fn find(
        &mut self,
        cx: &mut Cx,
        name: &str,
        path: Option<&[String]>,
    ) -> Result<Option<Found>, Stop>;
}

pub unsafe fn import_name(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    // SAFETY: I3; so throughout this file.
    unsafe {
        let name = (*vm).code_of(base).names[word::name(w)];
        let (fromlist, level) = (reg!(base, word::b(w)), reg!(base, word::b(w) + 1));
        let function: Gc<Function> = (*base.offset(FUNCTION)).cast_unchecked();
        (*vm).leave_registers(ip, base);
        let cx = Cx::of(&mut *vm);
        let hook = function.code.builtins.get_str(cx, cx.intern("__import__"));
        if hook.is_none() {
            cx.error(T::ImportError, "__import__ not found");
            return unwind::unwind(vm, ip, base);
        }
        if let Some(hook) = hook.filter(|hook| !hook.is::<Native>()) {
            // The program has put its own function in the place of `__import__`.
            let locals = Value::object(function.globals);
            let args = [Value::object(name), locals, locals, fromlist, level];
            return call::invoke(vm, ip, base, hook, &args, w & DST_MASK);
        }
        let level = level.as_int().unwrap_or(0) as usize;
        let flow = match cx.absolute_name(name, function.globals, level) {
            Ok(full) => cx.import_then(&full, fromlist, level == 0),
            Err(stop) => Err(stop),
        };
        call::settle(vm, ip, base, w & DST_MASK, flow)
    }
}

impl Cx {
    /// The full name that a relative import means.
    pub fn absolute_name(
        &mut self,
        name: Gc<Str>,
        globals: Gc<Dict>,
        level: usize,
    ) -> Result<String, Stop> {
        let name = name.lossy().into_owned();
        if level == 0 {
            return Ok(name);
        }
        let names = &self.vm().names;
        let text = |key: Gc<Str>| {
            let value = globals.get_str(self, key)?.cast::<Str>()?;
            Some(value.lossy().into_owned())
        };
        let package = match text(names.__package__) {
            Some(package) => package,
            None => {
                let own = text(names.__name__).unwrap_or_default();
                if globals.get_str(self, names.__path__).is_some() {
                    own
                } else {
                    own.rsplit_once('.').map_or(String::new(), |(package, _)| package.into())
                }
            }
        };
        if package.is_empty() {
            let text = "attempted relative import with no known parent package";
            return Err(self.error(T::ImportError, text));
        }
        let mut parts: Vec<&str> = package.split('.').collect();
        for _ in 1..level {
            if parts.pop().is_none() || parts.is_empty() {
                let text = "attempted relative import beyond top-level package";
                return Err(self.error(T::ImportError, text));
            }
        }
        let package = parts.join(".");
        Ok(if name.is_empty() { package } else { format!("{package}.{name}") })
    }

    /// Imports a module by its full name. The result is the module itself if something is to be
    /// taken from it, else the top of its name. A native's last act.
    pub fn import_then(&mut self, name: &str, fromlist: Value, absolute: bool) -> Flow {
        let state = [self.str_value(name), fromlist, Value::bool(absolute)];
        import_step(self, state, Ok(Value::NONE))
    }

    pub fn module_named(&self, name: &str) -> Option<Value> {
        self.vm().modules.get_str(self, self.intern(name))
    }

    pub fn add_module(&self, name: &str, module: Value) {
        self.vm().modules.set_str(self, self.intern(name), module);
    }

    /// A new module with its usual attributes, not yet in `sys.modules`.
    pub fn new_module(&self, name: &str) -> Gc<Module> {
        let names = &self.vm().names;
        let dict = self.namespace();
        dict.set_str(self, names.__name__, Value::object(self.intern(name)));
        dict.set_str(self, names.__doc__, Value::NONE);
        dict.set_str(self, names.__package__, Value::NONE);
        dict.set_str(self, names.__loader__, Value::NONE);
        dict.set_str(self, names.__spec__, Value::NONE);
        self.module(self.class(T::Module), dict)
    }

    /// Imports a module and everything above it, by the door.
    pub fn import_now(&mut self, name: &str) -> Result<Value, Stop> {
        let import = self.vm().builtins.get_str(self, self.intern("__import__"));
        let import = import.ok_or_else(|| self.error(T::ImportError, "__import__ not found"))?;
        let fromlist = Value::object(self.tuple(&[Value::NONE]));
        let name = self.str_value(name);
        self.call(import, &[name, Value::NONE, Value::NONE, fromlist, Value::int(0)])
    }
}

/// Imports the next missing part of a dotted name, until all are there.
fn import_step(cx: &mut Cx, state: [Value; 3], outcome: Outcome) -> Flow {
    outcome?;
    let name = state[0].cast::<Str>().expect("a name").lossy().into_owned();
    for (at, _) in name.match_indices('.').chain([(name.len(), "")]) {
        let part = &name[..at];
        if part.is_empty() {
            return Err(cx.value_error("Empty module name"));
        }
        if let Some(found) = cx.module_named(part) {
            if found.is_none() {
                let text = format!("import of {part} halted; None in sys.modules");
                return Err(import_error(cx, &text, part));
            }
            if !cx.vm().importing.is_empty() {
                wait_for_others(cx, state, found)?;
                if cx.module_named(part).is_none() {
                    // The other's attempt has failed.
                    return start(cx, part, state);
                }
            }
            continue;
        }
        return start(cx, part, state);
    }
    let module = cx.module_named(&name).expect("every part was just seen");
    submodules_then(cx, [state[0], state[1], module], state[2] == Value::TRUE)
}

/// Modules whose bodies run, and who waits for them.
#[derive(Default)]
pub struct Importing {
    /// A module, as its address, and the thread that runs its body.
    bodies: Vec<(u64, usize)>,
    /// A thread, and the module that it waits for.
    waits: Vec<(usize, u64)>,
}

impl Importing {
    fn is_empty(&self) -> bool {
        self.bodies.is_empty()
    }

    fn owner(&self, module: u64) -> Option<usize> {
        self.bodies.iter().find(|body| body.0 == module).map(|body| body.1)
    }

    /// May a thread wait for a module? Not for its own, nor for those who wait for it.
    fn may_wait(&self, thread: usize, module: u64) -> bool {
        let mut module = module;
        while let Some(owner) = self.owner(module) {
            if owner == thread {
                return false;
            }
            match self.waits.iter().find(|wait| wait.0 == owner) {
                Some(wait) => module = wait.1,
                None => return true,
            }
        }
        false
    }
}

/// Lets another thread finish the import of a module that it has begun.
fn wait_for_others(cx: &mut Cx, state: [Value; 3], module: Value) -> Result<(), Stop> {
    let (thread, key) = (cx.thread_number(), module.bits());
    cx.scope(|cx| {
        for value in state.into_iter().chain([module]) {
            cx.root(value);
        }
        while cx.vm().importing.may_wait(thread, key) {
            cx.vm_mut().importing.waits.push((thread, key));
            let woke = cx.park(Some(Key::of_value(module)), None, module);
            cx.vm_mut().importing.waits.retain(|wait| wait.0 != thread);
            match woke {
                Woke::Interrupted => cx.serve_signals()?,
                Woke::Stuck => break,
                Woke::Called | Woke::Late => {}
            }
        }
        Ok(())
    })
}

fn import_error(cx: &mut Cx, text: &str, name: &str) -> Stop {
    let stop = cx.error(T::ModuleNotFoundError, text);
    if let Some(exception) = cx.vm().pending() {
        exception.set_field(cx, cx.vm().names.name, cx.str_value(name));
    }
    stop
}

/// Finds and runs one module whose parent is there.
fn start(cx: &mut Cx, name: &str, state: [Value; 3]) -> Flow {
    let parent = name.rsplit_once('.').map(|(parent, _)| parent);
    let path = match parent {
        None => None,
        Some(parent) => {
            let module = cx.module_named(parent).expect("imported before its child");
            let key = cx.vm().names.__path__;
            let path = cx.get_optional(module, key)?;
            match path.and_then(|path| cx.plain_items(path)) {
                Some(items) => Some(
                    items
                        .iter()
                        .filter_map(|item| item.cast::<Str>())
                        .map(|item| item.lossy().into_owned())
                        .collect::<Vec<_>>(),
                ),
                None => {
                    let text = format!("No module named '{name}'; '{parent}' is not a package");
                    return Err(import_error(cx, &text, name));
                }
            }
        }
    };
    let mut finder = cx.vm_mut().finder.take();
    let found = match &mut finder {
        Some(finder) => finder.find(cx, name, path.as_deref()),
        None => Ok(None),
    };
    cx.vm_mut().finder = finder;
    let Some(found) = found? else {
        let standard = match parent.and_then(|parent| cx.module_named(parent)?.cast::<Module>()) {
            Some(parent) => parent.standard.get(),
            None => cx.vm().finder.as_ref().is_some_and(|finder| finder.is_standard(name)),
        };
        let left_out = if standard { NOT_INCLUDED } else { "" };
        let text = format!("No module named '{name}'{left_out}");
        return Err(import_error(cx, &text, name));
    };
    let module = cx.new_module(name);
    let names = &cx.vm().names;
    let set = |key: Gc<Str>, value: Value| module.dict.set_str(cx, key, value);
    let package = match &found {
        Found::Code { path: Some(_), .. } => name,
        _ => parent.unwrap_or(""),
    };
    set(names.__package__, cx.str_value(package));
    match found {
        Found::Native(fill) => {
            module.standard.set(true);
            cx.add_module(name, Value::object(module));
            fill(cx, module.dict)?;
            bind_to_parent(cx, name, Value::object(module))?;
            import_step(cx, state, Ok(Value::NONE))
        }
        Found::Code { code, file, path } => {
            match file {
                Some(file) => {
                    set(names.__file__, cx.str_value(&file));
                    set(cx.intern("__cached__"), Value::NONE);
                }
                None => module.standard.set(true),
            }
            if let Some(path) = path {
                let items = path.iter().map(|p| cx.str_value(p)).collect();
                set(names.__path__, Value::object(cx.list(items)));
            }
            set(names.__builtins__, Value::object(cx.vm().builtins));
            cx.add_module(name, Value::object(module));
            let thread = cx.thread_number();
            cx.vm_mut().importing.bodies.push((Value::object(module).bits(), thread));
            let linked = cx.vm().link(&code, module.dict);
            let function = cx.vm().function(linked, module.dict);
            let part = cx.str_value(name);
            let fromlist = Value::object(cx.tuple(&[state[0], state[1], state[2]]));
            cx.call_then(
                Value::object(function),
                &[],
                body_done,
                [part, fromlist, Value::object(module)],
            )
        }
    }
}

/// The body of a module has run, or has raised: then it is forgotten.
fn body_done(cx: &mut Cx, [part, outer, module]: [Value; 3], outcome: Outcome) -> Flow {
    cx.vm_mut().importing.bodies.retain(|body| body.0 != module.bits());
    cx.wake_all(Key::of_value(module));
    let name = part.cast::<Str>().expect("a name");
    if let Err(stop) = outcome {
        let key = cx.intern_str(name);
        cx.vm().modules.remove_str(cx, key);
        return Err(stop);
    }
    let name = name.lossy().into_owned();
    // A module may have replaced itself in `sys.modules`.
    let module = cx.module_named(&name).unwrap_or(module);
    bind_to_parent(cx, &name, module)?;
    let outer = outer.cast::<Tuple>().expect("made by `start`");
    let state = [outer.as_slice()[0], outer.as_slice()[1], outer.as_slice()[2]];
    import_step(cx, state, Ok(Value::NONE))
}

fn bind_to_parent(cx: &mut Cx, name: &str, module: Value) -> Result<(), Stop> {
    if let Some((parent, child)) = name.rsplit_once('.')
        && let Some(parent) = cx.module_named(parent)
    {
        let child = cx.intern(child);
        cx.set_own(parent, child, module);
    }
    Ok(())
}

/// `from package import a, b`: names that are submodules are imported, too.
fn submodules_then(cx: &mut Cx, state: [Value; 3], absolute: bool) -> Flow {
    let [name, fromlist, module] = state;
    let text = name.cast::<Str>().expect("a name").lossy().into_owned();
    let Some(wanted) = cx.plain_items(fromlist).filter(|items| !items.is_empty()) else {
        // `import a.b.c` binds `a`; a relative import always names what it takes.
        let top = if absolute { text.split('.').next().unwrap_or(&text) } else { &text };
        return Ok(cx.module_named(top).unwrap_or(module));
    };
    let path = cx.vm().names.__path__;
    if !module.is::<Module>() || cx.own_attribute(module, path).is_none() {
        return Ok(module);
    }
    for item in wanted {
        let Some(item) = item.cast::<Str>() else {
            continue;
        };
        if item.as_bytes() == b"*" || cx.own_attribute(module, cx.intern_str(item)).is_some() {
            continue;
        }
        let full = format!("{text}.{}", item.lossy());
        if cx.module_named(&full).is_some() {
            continue;
        }
        let outer = Value::object(cx.tuple(&[name, fromlist, Value::bool(absolute)]));
        let part = cx.str_value(&full);
        let nested = [part, Value::NONE, Value::TRUE];
        return match import_step(cx, nested, Ok(Value::NONE)) {
            Ok(_) => submodules_then(cx, state, absolute),
            Err(Stop::Raised) => submodule_missing(cx, &full, state, absolute),
            Err(stop) => {
                // The submodule's body runs first: go on afterwards.
                let then = cx.vm_mut().tail.as_mut().and_then(|tail| tail.then.take());
                if let Some((_, inner)) = then {
                    let packed = Value::object(cx.tuple(&inner));
                    if let Some(tail) = &mut cx.vm_mut().tail {
                        tail.then = Some((submodule_done, [packed, outer, module]));
                    }
                }
                Err(stop)
            }
        };
    }
    Ok(module)
}

/// A name that is no submodule is no error yet: `ImportFrom` will say.
fn submodule_missing(cx: &mut Cx, full: &str, state: [Value; 3], absolute: bool) -> Flow {
    let key = cx.vm().names.name;
    let missing = cx.pending_is(T::ModuleNotFoundError)
        && cx
            .vm()
            .pending()
            .and_then(|exception| exception.field(cx, key)?.cast::<Str>())
            .is_some_and(|n| n.lossy() == full);
    if !missing {
        return Err(Stop::Raised);
    }
    cx.take_exception();
    // The others in the list may still be submodules: drop this one.
    let items: Vec<Value> = cx.plain_items(state[1]).unwrap_or_default();
    let child = full.rsplit('.').next().unwrap_or("");
    let left: Vec<Value> =
        items.into_iter().filter(|i| i.cast::<Str>().is_none_or(|i| i.lossy() != child)).collect();
    if left.is_empty() {
        return Ok(state[2]);
    }
    let left = Value::object(cx.tuple(&left));
    submodules_then(cx, [state[0], left, state[2]], absolute)
}

/// A submodule's body has run.
fn submodule_done(cx: &mut Cx, [packed, outer, module]: [Value; 3], outcome: Outcome) -> Flow {
    let packed = packed.cast::<Tuple>().expect("made by `submodules_then`");
    let inner = [packed.as_slice()[0], packed.as_slice()[1], packed.as_slice()[2]];
    match body_done(cx, inner, outcome) {
        Ok(_) => {
            let outer = outer.cast::<Tuple>().expect("made by `submodules_then`");
            let [name, fromlist, absolute] =
                [outer.as_slice()[0], outer.as_slice()[1], outer.as_slice()[2]];
            submodules_then(cx, [name, fromlist, module], absolute == Value::TRUE)
        }
        flow => flow,
    }
}

pub unsafe fn import_from(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe {
        let module = reg!(base, word::b(w));
        let name = (*vm).code_of(base).names[word::name(w)];
        let cx = Cx::of(&mut *vm);
        match cx.get_optional(module, name) {
            Ok(Some(value)) => {
                reg!(base, word::a(w)) = value;
                return Pc::new(ip, base);
            }
            Ok(None) => {}
            Err(_) => return unwind::unwind(vm, ip, base),
        }
        let own = cx.own_attribute(module, cx.vm().names.__name__);
        let own = own.and_then(|n| n.cast::<Str>()).map(|n| n.lossy().into_owned());
        let own = own.unwrap_or_else(|| "<unknown module name>".into());
        let lacks = module
            .cast::<Module>()
            .is_some_and(|module| module.standard.get() && !nearly_has(&module, &name.lossy()));
        // In a cycle the submodule may be there before its parent knows.
        if let Some(found) = cx.module_named(&format!("{own}.{}", name.lossy())) {
            reg!(base, word::a(w)) = found;
            return Pc::new(ip, base);
        }
        let file = cx.own_attribute(module, cx.vm().names.__file__);
        let place = match file.and_then(|f| f.cast::<Str>()) {
            Some(file) => format!(" ({})", file.lossy()),
            None if lacks => NOT_INCLUDED.into(),
            None => " (unknown location)".into(),
        };
        let text = format!("cannot import name '{}' from '{own}'{place}", name.lossy());
        raise::error(&*vm, T::ImportError, &text);
        if let Some(exception) = (*vm).pending() {
            let space = &(*vm).space;
            exception.set_field(space, (*vm).names.name, space.str_value(&own));
            exception.set_field(space, space.intern("name_from"), Value::object(name));
        }
        unwind::unwind(vm, ip, base)
    }
}
