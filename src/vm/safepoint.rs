//! Safepoints: the only places where the collector runs and signals are served.

use super::call::ARGS;
use super::pc::{Base, Ip, Pc};
use super::{Args, Cx, Vm, raise, roots, threads, unwind};
use crate::gc::Signals;
use crate::value::frame::{FUNCTION, Ret};
use crate::value::{Function, T, Tracer, Value};

/// A backward jump found the flag up.
#[cold]
#[inline(never)]
pub unsafe fn at_loop(vm: *mut Vm, ip: Ip, base: Base, offset: i64) -> Pc {
    // SAFETY: I3; so throughout this file.
    unsafe {
        match poll(vm, ip, base) {
            Ok(()) => Pc::new(ip.offset(offset as isize), base),
            Err(pc) => pc,
        }
    }
}

/// Serves what is due, at an instruction whose live registers the code's table tells.
pub unsafe fn poll(vm: *mut Vm, ip: Ip, base: Base) -> Result<(), Pc> {
    unsafe {
        let function: crate::gc::Gc<Function> = (*base.offset(FUNCTION)).cast_unchecked();
        let code = function.code;
        let word = code.index_of(ip) - 1;
        let live = match code.code.live.binary_search_by_key(&word, |&(at, _)| at) {
            Ok(at) => code.code.live[at].1 as usize,
            Err(_) => code.code.registers as usize,
        };
        poll_below(vm, ip, base, base.add(live))
    }
}

/// Serves what is due; the stack is live below `top`. `Err` says where to go on instead: in a
/// handler, or in finalisers, after which the instruction before `ip` runs again.
#[cold]
#[inline(never)]
pub unsafe fn poll_below(vm: *mut Vm, ip: Ip, base: Base, top: Base) -> Result<(), Pc> {
    unsafe {
        if (*vm).signals.is_up(Signals::COLLECT) {
            let kept = (*vm).door_roots;
            (*vm).roots.truncate(kept);
            let top = if (*vm).on_stack(top) { top } else { super::call::free_window(vm, base) };
            collect(vm, base, top);
            if (*vm).space.heap.is_full() {
                super::ops::memory_error(&*vm);
                return Err(unwind::unwind(vm, ip, base));
            }
            if let Some(pc) = super::finalise::begin(vm, ip, base) {
                return Err(pc);
            }
        }
        if (*vm).signals.is_up(Signals::LAST) {
            ((*vm).reports.last)(Cx::of_ref(&*vm));
        }
        if (*vm).signals.is_up(Signals::SLICE) || (*vm).wants_main() {
            threads::slice_is_over(vm, ip, base, top);
        }
        if !(*vm).threads.is_main() {
            return Ok(());
        }
        if (*vm).signals.is_up(Signals::QUIT) {
            let (at, around) = ((*vm).native_ip, (*vm).native_base);
            ((*vm).native_ip, (*vm).native_base) = (ip, base);
            tell(&*vm);
            ((*vm).native_ip, (*vm).native_base) = (at, around);
        }
        // What a finaliser raises is lost, and many may run one after the other: Ctrl-C waits for
        // them. Pressed again it reaches the finaliser, and once more what comes after.
        let finalising = (*vm).finalising;
        let waits = finalising && (*vm).signals.interrupts() < 2;
        if (*vm).signals.is_up(Signals::INTERRUPT) && !waits {
            (*vm).signals.lower(Signals::INTERRUPT);
            if finalising {
                (*vm).signals.raise(Signals::INTERRUPT);
            }
            if !(*vm).on_interrupt.is_none() {
                // The instruction before `ip` runs again afterwards.
                let handler = (*vm).on_interrupt;
                (*vm).insists = true;
                let info = Ret::Again as u64;
                return Err(super::call::invoke(vm, ip.sub(1), base, handler, &[], info));
            }
            raise::with_args(&*vm, T::KeyboardInterrupt, &[]);
            return Err(unwind::unwind(vm, ip, base));
        }
        if (*vm).signals.is_up(Signals::HANDLE) {
            (*vm).signals.lower(Signals::HANDLE);
            let handler = (*vm).on_signal;
            if !handler.is_none() {
                // As above.
                let info = Ret::Again as u64;
                return Err(super::call::invoke(vm, ip.sub(1), base, handler, &[], info));
            }
        }
        Ok(())
    }
}

/// Collects with the activation at `base` running and the stack live below `top`.
pub unsafe fn collect(vm: *mut Vm, base: Base, top: Base) {
    unsafe {
        (*vm).signals.lower(Signals::COLLECT);
        roots::clear_above((*vm).stack_low, (*vm).stack_size, top);
        (*vm).threads.clear_above();
        (*vm).space.heap.collect(
            |marker| roots::trace(&*vm, marker, base, top),
            |marker, drain, within| {
                (*vm).space.finals.save(marker, &|marker, object| {
                    // What an object refers to is marked first: does that lead back to it?
                    within(object.header_unchecked(), marker);
                    drain(marker);
                    let leads_back = Tracer::new(marker).is_marked(object);
                    Tracer::new(marker).value(object);
                    drain(marker);
                    leads_back
                });
                (*vm).space.clear(&Tracer::new(marker));
                (*vm).known.clear();
            },
        );
        if (*vm).space.heap.stress() {
            (*vm).signals.raise(Signals::COLLECT);
        }
    }
}

impl Cx {
    /// The program asks for a collection by a native with these arguments: registers of the caller
    /// above its call hold nothing that will be read again, and must keep nothing alive.
    pub fn forget_dead(&mut self, args: Args) {
        let vm: *mut Vm = self.vm_mut();
        // SAFETY: I3; a call's window is above all registers that live on after it, and so are the
        // three words behind the callee.
        unsafe {
            let base = (*vm).native_base;
            let Some(function) = (*vm).function_at(base) else { return };
            let end = base.add(function.registers as usize);
            let window = args.base();
            if window < base.add(ARGS) || window > end {
                return;
            }
            for at in 1..ARGS {
                *window.sub(at) = Value::UNDEF;
            }
            let mut at = window.add(args.len());
            while at < end {
                *at = Value::UNDEF;
                at = at.add(1);
            }
        }
    }

    /// A collection now, asked for by the program (`gc.collect`).
    pub fn collect(&mut self) {
        let vm: *mut Vm = self.vm_mut();
        // SAFETY: `&mut self` means that no `Local` is alive; the native's arguments are below
        // `top`, which its own frame keeps.
        unsafe {
            let top = (*vm).first_free();
            collect(vm, (*vm).native_base, top);
        }
    }

    /// Long-running natives call this now and then: Ctrl-C reaches them through it.
    pub fn check_interrupt(&self) -> Result<(), super::Stop> {
        check_interrupt(self.vm())
    }

    /// For natives that wait, and go on waiting afterwards: handlers of signals run now.
    pub fn serve_signals(&mut self) -> Result<(), super::Stop> {
        self.check_interrupt()?;
        let vm = self.vm();
        if !vm.threads.is_main() || !vm.signals.is_up(Signals::HANDLE) {
            return Ok(());
        }
        vm.signals.lower(Signals::HANDLE);
        match vm.on_signal {
            handler if handler.is_none() => Ok(()),
            handler => self.call(handler, &[]).map(drop),
        }
    }
}

/// Somebody has asked what is going on.
fn tell(vm: &Vm) {
    vm.signals.lower(Signals::QUIT);
    (vm.reports.quit)(Cx::of_ref(vm));
}

pub(super) fn check_interrupt(vm: &Vm) -> Result<(), super::Stop> {
    if vm.signals.is_up(Signals::LAST) {
        (vm.reports.last)(Cx::of_ref(vm));
    }
    if !vm.threads.is_main() {
        return Ok(());
    }
    if vm.signals.is_up(Signals::QUIT) {
        tell(vm);
    }
    if !vm.signals.is_up(Signals::INTERRUPT) {
        return Ok(());
    }
    if !vm.on_interrupt.is_none() {
        if !vm.insists && vm.signals.interrupts() < 2 {
            // Whoever wants to hear of it does at the next safepoint; who insists is heard here.
            return Ok(());
        }
        super::tasks::insist(vm);
    }
    vm.signals.lower(Signals::INTERRUPT);
    Err(raise::with_args(vm, T::KeyboardInterrupt, &[]))
}
