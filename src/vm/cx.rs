//! What a native sees of the machine.
//!
//! `Cx` enforces I2 with the borrow checker: whatever cannot run code of the program takes
//! `&self` and hands out `Local<'_>`; whatever can takes `&mut self`. A local held across such a
//! call does not compile; keep it with `root`. A native that needs a call made for it *returns*
//! that wish (`tail`, `call_then`); `call` is the bounded door for the few places that cannot.

use std::marker::PhantomData;
use std::ops::Deref;

use super::pc::{Base, Pc};
use super::{DOOR_LIMIT, Flow, Outcome, Stop, Vm, call, interp};
use crate::code::op::HEADER;
use crate::gc::{Gc, HeapType, budget};
use crate::plain::MAX_BYTES;
use crate::value::frame::{CALLER, FUNCTION, INFO, RETURN_IP};
use crate::value::{Class, Exception, Ret, Space, Str, T, Value};

#[repr(transparent)]
pub struct Cx {
    vm: Vm,
}

impl Deref for Cx {
    type Target = Space;

    fn deref(&self) -> &Space {
        &self.vm.space
    }
}

/// A value that stays valid as long as no code of the program runs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Local<'a> {
    value: Value,
    lifetime: PhantomData<&'a Cx>,
}

impl<'a> Local<'a> {
    fn new(value: Value) -> Local<'a> {
        Local { value, lifetime: PhantomData }
    }

    /// The bare word: to return it, store it into a live object, or pass it to a call.
    #[inline(always)]
    pub fn value(self) -> Value {
        self.value
    }

    pub fn get<O: HeapType>(self) -> Option<Ref<'a, O>> {
        self.value.cast::<O>().map(|object| Ref { object, lifetime: PhantomData })
    }
}

impl Deref for Local<'_> {
    type Target = Value;

    fn deref(&self) -> &Value {
        &self.value
    }
}

/// An object of known kind that stays valid as long as no code of the program runs.
pub struct Ref<'a, O> {
    object: Gc<O>,
    lifetime: PhantomData<&'a Cx>,
}

impl<O> Clone for Ref<'_, O> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<O> Copy for Ref<'_, O> {}

impl<O> Ref<'_, O> {
    pub fn object(self) -> Gc<O> {
        self.object
    }
}

impl<O> Deref for Ref<'_, O> {
    type Target = O;

    fn deref(&self) -> &O {
        &self.object
    }
}

/// Arguments of a native in the places that its signature gives them: those of the positional
/// ones, of those by keyword, and behind all of them what is surplus. Absent ones are UNDEF, and
/// where nothing follows them they need not be there at all.
#[derive(Clone, Copy)]
pub struct Args {
    base: Base,
    n: usize,
}

impl Args {
    pub(super) fn new(base: Base, n: usize) -> Args {
        Args { base, n }
    }

    pub(super) fn base(self) -> Base {
        self.base
    }

    #[inline(always)]
    pub fn len(self) -> usize {
        self.n
    }

    /// How many there are behind the first `places`.
    #[inline(always)]
    pub fn beyond(self, places: usize) -> usize {
        self.n.saturating_sub(places)
    }

    #[inline(always)]
    pub fn is_empty(self) -> bool {
        self.n == 0
    }
}

/// A value kept alive across calls, until the native that made it returns.
#[derive(Clone, Copy)]
pub struct Root(usize);

impl Cx {
    #[inline(always)]
    pub fn of(vm: &mut Vm) -> &mut Cx {
        // SAFETY: `repr(transparent)`.
        unsafe { &mut *std::ptr::from_mut(vm).cast() }
    }

    /// For those who only look.
    pub fn of_ref(vm: &Vm) -> &Cx {
        // SAFETY: `repr(transparent)`.
        unsafe { &*std::ptr::from_ref(vm).cast() }
    }

    #[inline(always)]
    pub fn vm(&self) -> &Vm {
        &self.vm
    }

    #[inline(always)]
    pub fn vm_mut(&mut self) -> &mut Vm {
        &mut self.vm
    }

    // ---- arguments

    /// Argument `i`, or UNDEF when there are fewer.
    #[inline(always)]
    pub fn arg(&self, args: Args, i: usize) -> Local<'_> {
        if i >= args.n {
            return Local::new(Value::UNDEF);
        }
        // SAFETY: the native's window holds `n` values while it runs.
        Local::new(unsafe { *args.base.add(i) })
    }

    /// Arguments from `from` on, copied.
    pub fn args_from(&self, args: Args, from: usize) -> Vec<Value> {
        (from..args.n).map(|i| self.arg(args, i).value).collect()
    }

    /// Argument `i` unless it is absent.
    pub fn opt(&self, args: Args, i: usize) -> Option<Local<'_>> {
        let arg = self.arg(args, i);
        if arg.is_undef() { None } else { Some(arg) }
    }

    pub fn local(&self, value: Value) -> Local<'_> {
        Local::new(value)
    }

    // ---- keeping values across calls

    pub fn root(&mut self, value: Value) -> Root {
        self.vm.roots.push(value);
        Root(self.vm.roots.len() - 1)
    }

    pub fn get(&self, root: Root) -> Local<'_> {
        Local::new(self.vm.roots[root.0])
    }

    /// Lets go of a root and of all made after it.
    pub fn drop_root(&mut self, root: Root) {
        self.vm.roots.truncate(root.0);
    }

    /// Runs `body` and drops the roots that it made.
    pub fn scope<R>(&mut self, body: impl FnOnce(&mut Cx) -> R) -> R {
        let mark = self.vm.roots.len();
        let result = body(self);
        self.vm.roots.truncate(mark);
        result
    }

    // ---- calls

    /// "The result of calling this is mine": return the value of this function.
    pub fn tail(&mut self, callee: Value, args: &[Value]) -> Flow {
        self.vm.tail = Some(call::Tail {
            callee,
            args: call::Given::copy(args),
            names: Vec::new(),
            then: None,
        });
        Err(Stop::Tail)
    }

    /// As `tail`, the last arguments being keyword arguments with these names.
    pub fn tail_with_names(&mut self, callee: Value, args: &[Value], names: &[Gc<Str>]) -> Flow {
        self.vm.tail = Some(call::Tail {
            callee,
            args: call::Given::copy(args),
            names: names.to_vec(),
            then: None,
        });
        Err(Stop::Tail)
    }

    /// "Call this, then go on with `run`": return the value of this function.
    pub fn call_then(
        &mut self,
        callee: Value,
        args: &[Value],
        run: fn(&mut Cx, [Value; 3], Outcome) -> Flow,
        state: [Value; 3],
    ) -> Flow {
        self.vm.tail = Some(call::Tail {
            callee,
            args: call::Given::copy(args),
            names: Vec::new(),
            then: Some((run, state)),
        });
        Err(Stop::Tail)
    }

    /// As `call_then`, the last arguments being keyword arguments with these names.
    pub fn call_then_with_names(
        &mut self,
        callee: Value,
        (args, names): (Vec<Value>, Vec<Gc<Str>>),
        run: fn(&mut Cx, [Value; 3], Outcome) -> Flow,
        state: [Value; 3],
    ) -> Flow {
        self.vm.tail = Some(call::Tail {
            callee,
            args: call::Given::Many(args),
            names,
            then: Some((run, state)),
        });
        Err(Stop::Tail)
    }

    /// A function of the prelude, called in the native's place.
    pub fn tail_prelude(&mut self, name: &'static str, args: &[Value]) -> Flow {
        let callee = self.vm.prelude(name);
        self.tail(callee, args)
    }

    /// A function of the prelude, called by the door.
    pub fn call_prelude(&mut self, name: &'static str, args: &[Value]) -> Flow {
        let callee = self.vm.prelude(name);
        self.call(callee, args)
    }

    /// The door: calls a value and runs the interpreter until it returns. Bounded and counted;
    /// inside, nothing can be awaited.
    pub fn call(&mut self, callee: Value, args: &[Value]) -> Result<Value, Stop> {
        self.enter_door(|vm, window| {
            // SAFETY: the door made room for the arguments.
            unsafe {
                *window = callee;
                std::ptr::copy_nonoverlapping(
                    args.as_ptr(),
                    window.add(HEADER as usize),
                    args.len(),
                );
                let (ip, base) = ((*vm).native_ip, (*vm).native_base);
                call::enter(vm, ip, base, window, args.len(), Ret::Door as u64)
            }
        })
    }

    /// Resumes or enters whatever `begin` sets up at a free window, with Rust waiting.
    pub(super) fn enter_door(
        &mut self,
        begin: impl FnOnce(*mut Vm, Base) -> Pc,
    ) -> Result<Value, Stop> {
        let vm: *mut Vm = &raw mut self.vm;
        // SAFETY: the VM is exclusively ours; the state it is left in is restored below.
        unsafe {
            let first = (*vm).first_free();
            if (*vm).doors >= DOOR_LIMIT || !(*vm).has_room(first, 1 << 12) {
                return Err(self.error(T::RecursionError, "maximum recursion depth exceeded"));
            }
            (*vm).doors += 1;
            let door_roots = std::mem::replace(&mut (*vm).door_roots, (*vm).roots.len());
            let (top, base, ip) = ((*vm).top, (*vm).native_base, (*vm).native_ip);
            // An activation of nobody: it stands for the native among the callers, so that
            // windows of what is called are above the native's arguments.
            let door = first.add(HEADER as usize);
            let depth = (*base.offset(INFO)).bits() & crate::value::frame::DEPTH_MASK;
            *door.offset(FUNCTION) = Value::NONE;
            *door.offset(RETURN_IP) = Value::from_bits(ip as u64);
            *door.offset(CALLER) = Value::from_bits(base as u64);
            *door.offset(INFO) = Value::from_bits(depth);
            (*vm).native_base = door;
            (*vm).native_ip = interp::exit_ip();
            (*vm).top = door;
            let pc = begin(vm, door);
            if pc.ip != interp::exit_ip() {
                interp::run(vm, pc);
            }
            (*vm).native_base = base;
            (*vm).native_ip = ip;
            (*vm).top = top;
            (*vm).doors -= 1;
            (*vm).door_roots = door_roots;
            let result = std::mem::replace(&mut (*vm).result, Value::UNDEF);
            if result.is_undef() { Err(Stop::Raised) } else { Ok(result) }
        }
    }

    /// The pending exception, taken.
    pub fn take_exception(&mut self) -> Value {
        self.vm.take_exception()
    }

    /// Is the pending exception of this type?
    pub fn pending_is(&self, id: T) -> bool {
        self.vm.pending_is(id)
    }

    pub fn handled(&self) -> Value {
        self.vm.handled.cast::<Exception>().inspect(|&exception| Exception::show(exception));
        self.vm.handled
    }

    /// What `write` writes, as a string made in the machine's buffer. Nested uses are fine: the
    /// inner one gets a buffer of its own.
    pub fn written(
        &mut self,
        write: impl FnOnce(&mut Cx, &mut Vec<u8>) -> Result<(), Stop>,
    ) -> Result<Gc<Str>, Stop> {
        let mut out = std::mem::take(&mut self.vm.scratch);
        out.clear();
        let result = write(self, &mut out);
        let text = match result {
            Ok(()) if out.len() > MAX_BYTES || !budget::grants(out.len()) => {
                Err(self.error_with(T::MemoryError, &[]))
            }
            Ok(()) => Ok(self.str_wtf8(&out)),
            Err(stop) => Err(stop),
        };
        self.vm.give_scratch(out);
        text
    }

    /// The instruction that has called the native.
    pub fn call_place(&self) -> *const crate::code::op::Word {
        self.vm.native_ip
    }

    // ---- shorthands

    pub fn type_object(&self, id: T) -> Value {
        Value::object(self.class(id))
    }

    pub fn is_subclass_of(&self, class: Gc<Class>, id: T) -> bool {
        class.is_subclass(self.class(id))
    }
}
