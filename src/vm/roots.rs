//! Everything the collector must see, on one page.

use super::Vm;
use super::pc::Base;
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
    for value in [vm.exception, vm.handled, vm.result, vm.context, vm.running_loop, vm.on_interrupt]
    {
        tracer.value(value);
    }
    for hook in vm.asyncgen_hooks {
        tracer.value(hook);
    }
    for &value in &vm.roots {
        tracer.value(value);
    }
    vm.tasks.trace(&mut tracer);
    for watched in &vm.watched {
        tracer.value(watched.view());
    }
    vm.prelude.trace(&mut tracer);
    for shown in vm.showing.iter().flatten() {
        tracer.value(*shown);
    }
    for continuation in &vm.continuations {
        for value in continuation.state {
            tracer.value(value);
        }
    }
    if let Some(tail) = &vm.tail {
        tracer.value(tail.callee);
        tail.args.iter().for_each(|&arg| tracer.value(arg));
    }
    let mut at = vm.stack_low as Base;
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
            if !vm.on_stack(base) {
                tracer.object(crate::gc::Gc::<Frame>::from_raw(Frame::from_base(base)));
            }
            base = (*base.offset(CALLER)).bits() as Base;
        }
    }
}

/// Forgets what stands above the top, so that a later window may contain anything but a
/// reference to a freed cell.
pub fn clear_above(vm: &Vm, top: Base) {
    const PAGE: usize = 4096;
    // What most programs use is cleared by hand: giving it back means a fault for every page.
    const NEAR: usize = 4 * PAGE;
    let end = vm.stack_low + vm.stack_size;
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
