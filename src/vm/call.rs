//! The calling convention: entering functions and natives, and delivering what they return.
//!
//! Nothing here recurses for a call from language to language: `enter` leaves the callee's
//! activation on the stack and returns its first instruction. Who waits for the result is in the
//! info word (`value/frame.rs`); `finish` and `fail` act on it.

use super::known::Known;
use super::pc::{Base, Ip, Pc, reg};
use super::{
    Flow, Stop, TAIL_LIMIT, Vm, awaiting, bind, construct, cx, raise, safepoint, suspend, unwind,
};
use crate::code::Content;
use crate::code::op::{HEADER, Word, word};
use crate::gc::Gc;
use crate::value::class::overrides;
use crate::value::frame::{
    CALLER, DEPTH_MASK, DEPTH_ONE, DST_MASK, FUNCTION, INFO, RETURN_IP, Ret,
};
use crate::value::func::NOT_SIMPLE;
use crate::value::{
    BoundMethod, Class, Frame, Function, Module, Native, NativeKind, Str, T, Value,
};

/// Flag of an info word: the truth of the result is negated.
pub const NEGATE: u64 = 1 << 8;
/// Flag of an info word: any object may be the answer, not only a bool or a length.
pub const ANY_TRUTH: u64 = 1 << 9;

/// Flag of an info word: the answer is a length, not a bool.
pub const BY_LEN: u64 = 1 << 13;

pub fn by_len(yes: bool) -> u64 {
    if yes { BY_LEN } else { 0 }
}

pub(super) const ARGS: usize = HEADER as usize;

/// A native that goes on once a call it asked for has ended.
pub struct Continuation {
    pub run: super::Resumption,
    pub state: [Value; 3],
    /// How the native's own result is to be delivered.
    pub info: u64,
}

/// Arguments on their way to a call: a few are kept without an allocation.
pub enum Given {
    Few([Value; FEW], usize),
    Many(Vec<Value>),
}

const FEW: usize = 3;

impl Given {
    #[inline]
    pub fn copy(args: &[Value]) -> Given {
        if args.len() > FEW {
            return Given::Many(args.to_vec());
        }
        let mut few = [Value::UNDEF; FEW];
        for (place, &arg) in few.iter_mut().zip(args) {
            *place = arg;
        }
        Given::Few(few, args.len())
    }
}

impl std::ops::Deref for Given {
    type Target = [Value];

    #[inline]
    fn deref(&self) -> &[Value] {
        match self {
            Given::Few(few, len) => &few[..*len],
            Given::Many(args) => args,
        }
    }
}

/// What a native asked for by returning `Stop::Tail`.
pub struct Tail {
    pub callee: Value,
    pub args: Given,
    /// The last ones are keyword arguments with these names.
    pub names: Vec<Gc<Str>>,
    pub then: Option<(super::Resumption, [Value; 3])>,
}

/// Serves what is due before a call; the stack is live below `top`.
macro_rules! due {
    ($vm:ident, $ip:ident, $base:ident, $top:expr) => {
        if (*$vm).interrupted()
            && let Err(pc) = safepoint::poll_below($vm, $ip, $base, $top)
        {
            return pc;
        }
    };
}

pub(super) use due;

// ---- hot

/// Puts a function's activation at `nb`, whose function slot and arguments are in place.
#[inline(always)]
pub(super) unsafe fn activate(
    vm: *mut Vm,
    ip: Ip,
    base: Base,
    nb: Base,
    function: *const Function,
    low: u64,
) -> Pc {
    // SAFETY: I3, I4; so throughout this file.
    unsafe {
        let room = (nb as usize)
            .wrapping_sub((*vm).stack_low)
            .wrapping_add((*function).registers as usize * 8);
        let info = ((*base.offset(INFO)).bits() & DEPTH_MASK).wrapping_add(DEPTH_ONE) | low;
        // The caller may be a heap frame, whose windows are elsewhere: then `room` is out of
        // bounds too. The fence is the depth limit, or 0 while a safepoint is due.
        if room > (*vm).stack_size || info >= (*vm).fence() {
            return Pc::DECLINE;
        }
        *nb.offset(RETURN_IP) = Value::from_bits(ip as u64);
        *nb.offset(CALLER) = Value::from_bits(base as u64);
        *nb.offset(INFO) = Value::from_bits(info);
        Pc::new((*function).start.cast_mut(), nb)
    }
}

#[inline(always)]
pub unsafe fn call(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe {
        let window = base.add(word::b(w));
        let callee = *window;
        if !callee.is::<Function>() {
            return Pc::DECLINE;
        }
        let function = callee.header_unchecked() as *const Function;
        if (*function).argc as usize != word::c(w) {
            return Pc::DECLINE;
        }
        activate(vm, ip, base, window.add(ARGS), function, w & DST_MASK)
    }
}

/// As `call`, where `load_method` left the receiver or its absence in front.
#[inline(always)]
pub unsafe fn call_loaded(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe {
        let window = base.add(word::b(w));
        if (*window.add(ARGS)).is_undef() {
            return Pc::DECLINE;
        }
        call(vm, ip, base, w)
    }
}

#[inline(always)]
pub unsafe fn call_loaded_slow(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe {
        let window = base.add(word::b(w));
        due!(vm, ip, base, window.add(ARGS + word::c(w)));
        let n = loaded(window, word::c(w));
        enter(vm, ip, base, window, n, w & DST_MASK)
    }
}

/// Closes the gap of a receiver that is not there; returns how many arguments there are.
pub unsafe fn loaded(window: Base, n: usize) -> usize {
    unsafe {
        let args = window.add(ARGS);
        if n == 0 || !(*args).is_undef() {
            return n;
        }
        std::ptr::copy(args.add(1), args, n - 1);
        n - 1
    }
}

#[inline(always)]
pub unsafe fn call_slow(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe {
        let window = base.add(word::b(w));
        due!(vm, ip, base, window.add(ARGS + word::c(w)));
        enter(vm, ip, base, window, word::c(w), w & DST_MASK)
    }
}

/// The method is cached by (shape, epoch): the second word holds the callee.
#[inline(always)]
pub unsafe fn call_method(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe {
        let window = base.add(word::b(w));
        let this = *window.add(ARGS);
        if !this.is_object() {
            return Pc::DECLINE;
        }
        let shape = (*this.header_unchecked()).shape as u64 | (*vm).epoch() << 32;
        if shape != *ip {
            return Pc::DECLINE;
        }
        let callee = Value::from_bits(*ip.add(1));
        if !callee.is::<Function>() {
            return Pc::DECLINE;
        }
        let function = callee.header_unchecked() as *const Function;
        if (*function).argc as usize != word::c(w) + 1 {
            return Pc::DECLINE;
        }
        *window = callee;
        activate(vm, ip.add(3), base, window.add(ARGS), function, w & DST_MASK)
    }
}

#[inline(always)]
pub unsafe fn ret(_: *mut Vm, _: Ip, base: Base, w: Word) -> Pc {
    unsafe { give_back(base, reg!(base, word::a(w))) }
}

#[inline(always)]
pub unsafe fn ret_none(_: *mut Vm, _: Ip, base: Base, _: Word) -> Pc {
    unsafe {
        let info = (*base.offset(INFO)).bits();
        // The usual end of `__init__`: the instance goes to whoever called the class.
        if info as u8 == Ret::Init as u8 {
            let ip = (*base.offset(RETURN_IP)).bits() as Ip;
            let caller = (*base.offset(CALLER)).bits() as Base;
            reg!(caller, (info >> 16) as u16 as usize) = *base.sub(5);
            return Pc::new(ip, caller);
        }
        give_back(base, Value::NONE)
    }
}

#[inline(always)]
unsafe fn give_back(base: Base, value: Value) -> Pc {
    unsafe {
        let info = (*base.offset(INFO)).bits();
        if info as u8 != Ret::Plain as u8 {
            return Pc::DECLINE;
        }
        let ip = (*base.offset(RETURN_IP)).bits() as Ip;
        let caller = (*base.offset(CALLER)).bits() as Base;
        reg!(caller, (info >> 16) as u16 as usize) = value;
        Pc::new(ip, caller)
    }
}

pub unsafe fn ret_slow(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe { leave(vm, ip, base, reg!(base, word::a(w))) }
}

pub unsafe fn ret_none_slow(vm: *mut Vm, ip: Ip, base: Base, _: Word) -> Pc {
    unsafe { leave(vm, ip, base, Value::NONE) }
}

/// The activation at `base` ends with a value, for whoever waits.
unsafe fn leave(vm: *mut Vm, at: Ip, base: Base, value: Value) -> Pc {
    unsafe {
        let mut info = (*base.offset(INFO)).bits();
        if info as u8 == Ret::Watched as u8 {
            info = super::watch::returned(vm, at, base, info);
        }
        let ip = (*base.offset(RETURN_IP)).bits() as Ip;
        let caller = (*base.offset(CALLER)).bits() as Base;
        if info as u8 == Ret::Init as u8 {
            if !value.is_none() {
                let text = format!(
                    "__init__() should return None, not '{}'",
                    (*vm).space.type_name(value)
                );
                raise::error(&*vm, T::TypeError, &text);
                return unwind::unwind(vm, ip, caller);
            }
            reg!(caller, (info >> 16) as u16 as usize) = *base.sub(5);
            return Pc::new(ip, caller);
        }
        if !(*vm).on_stack(base) {
            return suspend::frame_returns(vm, base, value);
        }
        finish(vm, ip, caller, info, value)
    }
}

// ---- entering

/// Where windows of calls out of the activation at `base` may go.
pub unsafe fn free_window(vm: *mut Vm, base: Base) -> Base {
    unsafe {
        if !(*vm).on_stack(base) {
            let frame = Frame::from_base(base);
            if (*frame).link.is_null() {
                (*frame).link = free_window(vm, (*frame).caller);
            }
            return (*frame).link;
        }
        let function = *base.offset(FUNCTION);
        match function.cast::<Function>() {
            Some(function) => base.add(function.registers as usize),
            // A door: nothing is above it yet.
            None => base,
        }
    }
}

/// Calls a value with arguments from Rust's side of the machine: the window is made above the
/// activation at `base`.
pub unsafe fn invoke(
    vm: *mut Vm,
    ip: Ip,
    base: Base,
    callee: Value,
    args: &[Value],
    info: u64,
) -> Pc {
    unsafe {
        let window = free_window(vm, base);
        if !(*vm).has_room(window, args.len() + ARGS) {
            return overflow(vm, ip, base, info);
        }
        *window = callee;
        std::ptr::copy(args.as_ptr(), window.add(ARGS), args.len());
        enter(vm, ip, base, window, args.len(), info)
    }
}

#[cold]
pub unsafe fn overflow(vm: *mut Vm, ip: Ip, base: Base, info: u64) -> Pc {
    unsafe {
        raise::error(&*vm, T::RecursionError, "maximum recursion depth exceeded");
        fail(vm, ip, base, info)
    }
}

/// Calls `window[0]` with `n` positional arguments from `window[4]`. `info` says what becomes of
/// the result (its depth is filled in here); `ip` and `base` are the caller's.
pub unsafe fn enter(vm: *mut Vm, ip: Ip, base: Base, window: Base, mut n: usize, info: u64) -> Pc {
    unsafe {
        let window = stack_window(vm, base, window, n + ARGS);
        if let Some(native) = (*window).cast::<Native>()
            && native.kind != NativeKind::Method
        {
            return super::native_call::enter_native(vm, ip, base, window, n, native, info);
        }
        let mut steps = 0;
        loop {
            steps += 1;
            if steps > (*vm).recursion_limit || !(*vm).has_room(window, n + ARGS + 2) {
                return overflow(vm, ip, base, info);
            }
            let callee = *window;
            if let Some(function) = callee.cast::<Function>() {
                return enter_function(vm, ip, base, window.add(ARGS), n, function, info);
            }
            if let Some(native) = callee.cast::<Native>() {
                let this = (n > 0).then(|| *window.add(ARGS));
                if steps == 1 && raise::receiver(&*vm, native, this).is_err() {
                    return fail(vm, ip, base, info);
                }
                return super::native_call::enter_native(vm, ip, base, window, n, native, info);
            }
            if let Some(method) = callee.cast::<BoundMethod>() {
                std::ptr::copy(window.add(ARGS), window.add(ARGS + 1), n);
                *window.add(ARGS) = method.this.get();
                *window = method.func.get();
                n += 1;
                continue;
            }
            if let Some(class) = callee.cast::<Class>() {
                return construct::class(vm, ip, base, window, n, class, info);
            }
            let class = (*vm).space.class_of(callee);
            match (*vm).space.lookup(class, (*vm).names.__call__) {
                Some(method) => match bind_special(&mut *vm, method, callee) {
                    Ok((func, Some(this))) => {
                        std::ptr::copy(window.add(ARGS), window.add(ARGS + 1), n);
                        *window.add(ARGS) = this;
                        *window = func;
                        n += 1;
                    }
                    Ok((func, None)) => *window = func,
                    Err(_) => return fail(vm, ip, base, info),
                },
                None => {
                    let text =
                        format!("'{}' object is not callable", (*vm).space.type_name(callee));
                    raise::error(&*vm, T::TypeError, &text);
                    return fail(vm, ip, base, info);
                }
            }
        }
    }
}

/// A method found on a type, and what it is to be called with in front, if anything.
pub fn bind_special(
    vm: &mut Vm,
    method: Value,
    this: Value,
) -> Result<(Value, Option<Value>), Stop> {
    if method.is::<Function>() || method.is::<Native>() {
        let first = match method.cast::<Native>().map(|native| native.kind) {
            None | Some(NativeKind::Method) => Some(this),
            Some(NativeKind::ClassMethod) => Some(Value::object(vm.space.class_of(this))),
            Some(_) => None,
        };
        return Ok((method, first));
    }
    let class = vm.space.class_of(this);
    Ok((super::lookup::bind_now(vm, method, this, class)?, None))
}

/// Calls a special method without arguments that was found on the type of `this`.
pub unsafe fn ask(vm: *mut Vm, ip: Ip, base: Base, method: Value, this: Value, info: u64) -> Pc {
    unsafe {
        match bind_special(&mut *vm, method, this) {
            Ok((func, Some(this))) => invoke(vm, ip, base, func, &[this], info),
            Ok((func, None)) => invoke(vm, ip, base, func, &[], info),
            Err(_) => unwind::unwind(vm, ip, base),
        }
    }
}

/// A window for the call: windows of heap frames are moved to the stack.
unsafe fn stack_window(vm: *mut Vm, base: Base, window: Base, len: usize) -> Base {
    unsafe {
        if (*vm).on_stack(window) {
            return window;
        }
        let moved = free_window(vm, base);
        if (*vm).has_room(moved, len) {
            // The header is the machine's.
            *moved = *window;
            for i in ARGS..len {
                *moved.add(i) = *window.add(i);
            }
        }
        moved
    }
}

/// Enters a function whose `n` positional arguments are at `nb`.
pub unsafe fn enter_function(
    vm: *mut Vm,
    ip: Ip,
    base: Base,
    nb: Base,
    n: usize,
    function: Gc<Function>,
    info: u64,
) -> Pc {
    unsafe {
        (*vm).ready(function);
        if function.argc as usize != n || function.argc == NOT_SIMPLE {
            let total = function.code.code.params.total().max(n) + 1;
            if !(*vm).has_room(nb, total) {
                return overflow(vm, ip, base, info);
            }
            if bind::positional(&mut *vm, function, nb, n).is_err() {
                return fail(vm, ip, base, info);
            }
        }
        enter_bound(vm, ip, base, nb, function, info)
    }
}

/// Enters a function whose parameters are all in their registers at `nb`.
pub unsafe fn enter_bound(
    vm: *mut Vm,
    ip: Ip,
    base: Base,
    nb: Base,
    function: Gc<Function>,
    info: u64,
) -> Pc {
    unsafe {
        use crate::code::CodeKind::*;
        let code: &Content = &function.code.code;
        if matches!(code.kind, Generator | Coroutine | AsyncGenerator) {
            let frame = suspend::make_frame(&*vm, function, nb);
            // Until it begins it knows where it was made (`tasks/unawaited.rs`).
            (*frame).caller = ip.cast();
            if !code.handlers.is_empty() || code.kind == Coroutine {
                // It may have something to clean up when nobody resumes it any more; and whoever
                // forgets to await is told.
                (*vm).space.finals.register(Value::from_header(frame.cast()));
            }
            return finish(vm, ip, base, info, Value::from_header(frame.cast()));
        }
        *nb.offset(FUNCTION) = Value::object(function);
        let pc = activate(vm, ip, base, nb, function.as_ptr(), info & !DEPTH_MASK);
        if !pc.ip.is_null() {
            return pc;
        }
        let depth = ((*base.offset(INFO)).bits() & DEPTH_MASK).wrapping_add(DEPTH_ONE);
        if !(*vm).has_room(nb, function.registers as usize) || depth >= (*vm).signals.limit() {
            return overflow(vm, ip, base, info);
        }
        // Only a safepoint that is due can have been in the way. It is served at the next
        // instruction that tests for it; arguments at `nb` must not be collected here.
        *nb.offset(RETURN_IP) = Value::from_bits(ip as u64);
        *nb.offset(CALLER) = Value::from_bits(base as u64);
        *nb.offset(INFO) = Value::from_bits(depth | info & !DEPTH_MASK);
        Pc::new(function.start.cast_mut(), nb)
    }
}

/// Acts on what a native returned.
pub unsafe fn settle(vm: *mut Vm, ip: Ip, base: Base, info: u64, flow: Flow) -> Pc {
    unsafe {
        match flow {
            Ok(value) => finish(vm, ip, base, info, value),
            Err(Stop::Raised) => fail(vm, ip, base, info),
            Err(Stop::Resume) => {
                let request = (*vm).resume.take().expect("a native that says Resume has set one");
                suspend::serve(vm, ip, base, request, info)
            }
            Err(Stop::Tail) => {
                let tail = (*vm).tail.take().expect("a native that says Tail has set one");
                let info = match tail.then {
                    None => info,
                    Some((run, state)) => {
                        (*vm).continuations.push(Continuation { run, state, info });
                        Ret::Native as u64
                    }
                };
                // Natives under natives nest in Rust: code of the program ends the nesting.
                if (*vm).tails >= TAIL_LIMIT {
                    return overflow(vm, ip, base, info);
                }
                (*vm).tails += 1;
                let pc = if tail.names.is_empty() {
                    invoke(vm, ip, base, tail.callee, &tail.args, info)
                } else {
                    bind::invoke_with_names(
                        vm,
                        ip,
                        base,
                        tail.callee,
                        &tail.args,
                        &tail.names,
                        info,
                    )
                };
                (*vm).tails -= 1;
                pc
            }
        }
    }
}

// ---- leaving

/// Delivers a result to the activation at `base` (which goes on at `ip`) as `info` says.
pub unsafe fn finish(vm: *mut Vm, ip: Ip, base: Base, info: u64, value: Value) -> Pc {
    unsafe {
        let dst = (info >> 16) as u16 as usize;
        match ret_of(info) {
            Ret::Plain => reg!(base, dst) = value,
            Ret::Discard | Ret::Again => {}
            Ret::Spread => {
                let items = value.cast::<crate::value::Tuple>().expect("the prelude returns one");
                for (i, &item) in items.as_slice().iter().enumerate() {
                    reg!(base, dst + i) = item;
                }
            }
            Ret::Next => return super::iter::next_arrived(ip, base, value),
            Ret::Native => {
                let Continuation { run, state, info } =
                    (*vm).continuations.pop().expect("one per waiting native");
                (*vm).native_base = base;
                (*vm).native_ip = ip;
                let top = (*vm).top;
                (*vm).top = free_window(vm, base);
                let flow = run(cx::Cx::of(&mut *vm), state, Ok(value));
                (*vm).top = top;
                return settle(vm, ip, base, info, flow);
            }
            Ret::Door => {
                (*vm).result = value;
                return Pc::new(super::interp::exit_ip(), base);
            }
            Ret::Truth | Ret::Branch => {
                return super::compare::truth_arrived(vm, ip, base, info, value);
            }
            Ret::Binary => return super::ops::binary_arrived(vm, ip, base, info, value),
            Ret::Compare => return super::order::compare_arrived(vm, ip, base, info, value),
            Ret::GetAttr => super::attr::value_arrived(ip, base, dst, value),
            Ret::Await => return awaiting::await_object(vm, ip, base, info, value),
            Ret::DelegateTo => return awaiting::delegate_to_answer(vm, ip, base, info, value),
            Ret::Init
            | Ret::ForFrame
            | Ret::Resume
            | Ret::Task
            | Ret::ResumeNative
            | Ret::Delegate
            | Ret::AsyncStep
            | Ret::Watched => unreachable!("activations that end by `leave`"),
        }
        Pc::new(ip, base)
    }
}

/// A call on behalf of the activation at `base` has raised; the exception is in `vm.exc`.
pub unsafe fn fail(vm: *mut Vm, ip: Ip, base: Base, info: u64) -> Pc {
    unsafe {
        match fail_here(vm, ip, base, info) {
            Some(pc) => pc,
            None => unwind::unwind(vm, ip, base),
        }
    }
}

/// As `fail`; None if the activation itself is to be unwound. The unwinder goes on by itself
/// then: however many natives wait one below the other, they cost no native stack.
pub unsafe fn fail_here(vm: *mut Vm, ip: Ip, base: Base, mut info: u64) -> Option<Pc> {
    unsafe {
        loop {
            match ret_of(info) {
                Ret::Next if (*vm).pending_is(T::StopIteration) => {
                    (*vm).take_exception();
                    return Some(Pc::new(ip, base));
                }
                Ret::GetAttr if (*vm).pending_is(T::AttributeError) => {
                    return Some(super::attr::fall_back(vm, ip, base, info));
                }
                Ret::Native => {
                    let waiting = (*vm).continuations.pop().expect("one per waiting native");
                    (*vm).native_base = base;
                    (*vm).native_ip = ip;
                    let top = (*vm).top;
                    (*vm).top = free_window(vm, base);
                    let cx = cx::Cx::of(&mut *vm);
                    let flow = (waiting.run)(cx, waiting.state, Err(Stop::Raised));
                    (*vm).top = top;
                    info = waiting.info;
                    if !matches!(flow, Err(Stop::Raised)) {
                        return Some(settle(vm, ip, base, info, flow));
                    }
                }
                Ret::Door => {
                    (*vm).result = Value::UNDEF;
                    return Some(Pc::new(super::interp::exit_ip(), base));
                }
                _ => return None,
            }
        }
    }
}

pub fn ret_of(info: u64) -> Ret {
    debug_assert!(info as u8 <= Ret::Watched as u8);
    // SAFETY: info words are made from `Ret` values only.
    unsafe { std::mem::transmute(info as u8) }
}

// ---- calls with keywords and unpacking

pub unsafe fn call_keywords(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe {
        let window = base.add(word::b(w));
        due!(vm, ip, base, window.add(ARGS + word::c(w)));
        let n = loaded(window, word::c(w));
        let names = (*vm).code_of(base).consts[*ip as usize];
        bind::enter_with_names(vm, ip.add(1), base, window, n, names, w & DST_MASK)
    }
}

pub unsafe fn call_unpacked(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe {
        let window = base.add(word::b(w));
        due!(vm, ip, base, window.add(ARGS + 2));
        bind::enter_unpacked(vm, ip, base, window, w & DST_MASK)
    }
}

// ---- methods

#[inline(never)]
pub unsafe fn call_method_slow(vm: *mut Vm, ip: Ip, base: Base, w: Word) -> Pc {
    unsafe {
        let window = base.add(word::b(w));
        let n = word::c(w);
        let this = *window.add(ARGS);
        let shape = (*vm).space.shape_of(this) as u64 | (*vm).epoch() << 32;
        if shape == *ip {
            let callee = Value::from_bits(*ip.add(1));
            due!(vm, ip, base, window.add(ARGS + 1 + n));
            if let Some(cell) = callee.cast::<crate::value::Cell>()
                && !cell.value.get().is_undef()
            {
                // A function of a module: it has no receiver.
                *window = cell.value.get();
                std::ptr::copy(window.add(ARGS + 1), window.add(ARGS), n);
                return enter(vm, ip.add(3), base, window, n, w & DST_MASK);
            }
            if let Some(native) = callee.cast::<Native>() {
                *window = callee;
                let window = stack_window(vm, base, window, n + 1 + ARGS);
                return super::native_call::enter_native(
                    vm,
                    ip.add(3),
                    base,
                    window,
                    n + 1,
                    native,
                    w & DST_MASK,
                );
            }
            if callee.is::<Function>() {
                *window = callee;
                return enter(vm, ip.add(3), base, window, n + 1, w & DST_MASK);
            }
        }
        let name = (*vm).code_of(base).names[*ip.add(2) as usize];
        if let Known::Method(func) = (*vm).known(shape as u32, name) {
            due!(vm, ip, base, window.add(ARGS + 1 + n));
            *ip = shape;
            *ip.add(1) = func.bits();
            *window = func;
            return enter(vm, ip.add(3), base, window, n + 1, w & DST_MASK);
        }
        match super::lookup::find_method(&mut *vm, this, name) {
            super::attr::Found::Method(func) => {
                if super::attr::cacheable(&*vm, this, name) && !this.is::<Module>() {
                    *ip = shape;
                    *ip.add(1) = func.bits();
                    (*vm).learn(shape as u32, name, Known::Method(func));
                }
                *window = func;
                enter(vm, ip.add(3), base, window, n + 1, w & DST_MASK)
            }
            super::attr::Found::Value(func) => {
                if let Some(cell) = super::attr::module_cell(&*vm, this, name) {
                    *ip = shape;
                    *ip.add(1) = cell.bits();
                }
                *window = func;
                std::ptr::copy(window.add(ARGS + 1), window.add(ARGS), n);
                enter(vm, ip.add(3), base, window, n, w & DST_MASK)
            }
            found @ (super::attr::Found::Missing | super::attr::Found::Raised)
                if !(*vm).space.class_of(this).has(overrides::GETATTR) =>
            {
                if let super::attr::Found::Missing = found {
                    super::lookup::missing(&*vm, this, name);
                }
                // The first cache word is where the lookup stands in the source.
                unwind::unwind(vm, ip.add(1), base)
            }
            found => {
                // Code of the program must run to find the method: then call what it returns.
                let args: Vec<Value> = (0..n).map(|i| *window.add(ARGS + 1 + i)).collect();
                super::attr::resolve_then_call(
                    vm,
                    ip.add(3),
                    base,
                    this,
                    name,
                    found,
                    args,
                    w & DST_MASK,
                )
            }
        }
    }
}
