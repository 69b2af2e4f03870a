//! Everything the collector must see, on one page.

use super::Vm;
use super::call::{Continuation, Tail};
use super::pc::Base;
use super::watch::Watched;
use crate::gc::Marker;
use crate::value::frame::{CALLER, FUNCTION};
use crate::value::{Frame, Tracer, Value};

/// Marks all roots, with the activation at `base` running and the stack live below `top`.
pub fn trace(vm: &Vm, marker: &mut Marker, base: Base, top: Base) {
    let mut tracer = Tracer::new(marker);
    vm.space.trace(&mut tracer);
    vm.names.trace(&mut tracer);
    tracer.object(vm.builtins);
    tracer.object(vm.modules);
    tracer.value(vm.on_interrupt);
    tracer.value(vm.on_signal);
    vm.tasks.trace(&mut tracer);
    vm.threads.trace(&mut tracer);
    vm.prelude.trace(&mut tracer);
    let seen = Seen {
        values: [vm.exception, vm.handled, vm.result, vm.context, vm.running_loop],
        hooks: vm.asyncgen_hooks,
        roots: &vm.roots,
        watched: &vm.watched,
        showing: &vm.showing,
        continuations: &vm.continuations,
        tail: vm.tail.as_ref(),
        stack_low: vm.stack_low,
        stack_size: vm.stack_size,
    };
    trace_thread(&mut tracer, &seen, base, top);
}

/// What belongs to one thread.
pub struct Seen<'a> {
    pub values: [Value; 5],
    pub hooks: [Value; 2],
    pub roots: &'a [Value],
    pub watched: &'a [Watched],
    pub showing: &'a [[Value; 2]],
    pub continuations: &'a [Continuation],
    pub tail: Option<&'a Tail>,
    pub stack_low: usize,
    pub stack_size: usize,
}

/// Marks a thread's roots, with the activation at `base` innermost and its stack live below `top`.
pub fn trace_thread(tracer: &mut Tracer<'_>, seen: &Seen<'_>, base: Base, top: Base) {
    for &value in seen.values.iter().chain(&seen.hooks).chain(seen.roots) {
        tracer.value(value);
    }
    for watched in seen.watched {
        tracer.value(watched.view());
    }
    for &shown in seen.showing.iter().flatten() {
        tracer.value(shown);
    }
    for continuation in seen.continuations {
        for value in continuation.state {
            tracer.value(value);
        }
    }
    if let Some(tail) = seen.tail {
        tracer.value(tail.callee);
        tail.args.iter().for_each(|&arg| tracer.value(arg));
    }
    let mut at = seen.stack_low as Base;
    while at < top {
        // SAFETY: I4, the stack is mapped; what is no value reads as a float.
        tracer.value(unsafe { *at });
        at = at.wrapping_add(1);
    }
    // Running heap frames may be referred to by nobody but the chain of callers.
    let mut base = base;
    // SAFETY: bases of live activations, the lowest of which has caller 0.
    unsafe {
        while !base.is_null() {
            tracer.value(*base.offset(FUNCTION));
            if (base as usize).wrapping_sub(seen.stack_low) > seen.stack_size {
                tracer.object(crate::gc::Gc::<Frame>::from_raw(Frame::from_base(base)));
            }
            base = (*base.offset(CALLER)).bits() as Base;
        }
    }
}

/// Forgets what stands above the top of a stack, so that a later window may contain anything but a
/// reference to a freed cell.
pub fn clear_above(stack_low: usize, stack_size: usize, top: Base) {
    const PAGE: usize = 4096;
    // What most programs use is cleared by hand: giving it back means a fault for every page.
    const NEAR: usize = 4 * PAGE;
    let end = stack_low + stack_size;
    let page = (top as usize + NEAR).next_multiple_of(PAGE);
    let mut at = top;
    while (at as usize) < page.min(end) {
        // SAFETY: inside the mapping.
        unsafe { *at = Value::from_bits(0) };
        at = at.wrapping_add(1);
    }
    if page < end {
        // SAFETY: whole private pages above everything live: they read as zero again.
        unsafe { libc::madvise(page as *mut libc::c_void, end - page, libc::MADV_DONTNEED) };
    }
}
