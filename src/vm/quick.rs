//! Natives that call natives: `map(len, xs)` needs no instruction of the machine for each item.
//!
//! Only a native that answers at once is run here; what it wishes instead is seen to by the door,
//! like any call from Rust. So whoever steps this way keeps what it holds in roots.

use super::step::{self, is_plain};
use super::{Args, Cx, Flow, Step, Stop, TAIL_LIMIT, call, natives};
use crate::code::op::HEADER;
use crate::gc::Gc;
use crate::value::class::{flags, overrides};
use crate::value::frame::Ret;
use crate::value::{BoundMethod, Class, Iter, IterKind, List, Native, NativeKind, T, Tuple, Value};

const ARGS: usize = HEADER as usize;

/// A callable that is a native in the end, with what comes in front of its arguments, or UNDEF.
#[derive(Clone, Copy)]
pub struct Quick {
    native: Gc<Native>,
    first: Value,
}

impl Cx {
    /// What calling the value with so many arguments runs, if that is a native. It lives as long
    /// as the callee does.
    pub fn quick(&self, callee: Value, n: usize) -> Option<Quick> {
        let quick = if let Some(native) = callee.cast::<Native>() {
            Quick { native, first: Value::UNDEF }
        } else if let Some(method) = callee.cast::<BoundMethod>() {
            Quick { native: method.func.get().cast::<Native>()?, first: method.this.get() }
        } else {
            // A built-in type is complete after its `__new__`.
            let class = callee.cast::<Class>()?;
            if class.is_user()
                || class.header.flags & flags::NO_NEW != 0
                || class.has(overrides::INIT)
                || class == self.class(T::Type)
            {
                return None;
            }
            let new = self.lookup(class, self.vm().names.__new__)?.cast::<Native>()?;
            debug_assert!(new.kind == NativeKind::StaticMethod);
            Quick { native: new, first: callee }
        };
        let n = n + usize::from(!quick.first.is_undef());
        let native = quick.native;
        (n >= native.min as usize && n <= native.max as usize).then_some(quick)
    }

    /// Calls it with the arguments that `quick` was asked about. The result is a value or an
    /// exception, no wish.
    pub fn run_quick(&mut self, quick: Quick, args: &[Value]) -> Flow {
        let vm = self.vm_mut();
        let native = quick.native;
        if native.kind == NativeKind::Method && quick.first.is_undef() {
            super::raise::receiver(vm, native, args.first().copied())?;
        }
        let n = args.len() + usize::from(!quick.first.is_undef());
        let own_tails = vm.tails < TAIL_LIMIT;
        // SAFETY: I4; the window is above everything live.
        let flow = unsafe {
            let window = vm.first_free();
            if !own_tails || !vm.has_room(window, ARGS + n) {
                return Err(self.error(T::RecursionError, "maximum recursion depth exceeded"));
            }
            let place = window.add(ARGS);
            let mut at = 0;
            if !quick.first.is_undef() {
                *place = quick.first;
                at = 1;
            }
            for &arg in args {
                *place.add(at) = arg;
                at += 1;
            }
            let top = vm.top;
            vm.top = place.add(n);
            vm.tails += 1;
            let flow = natives::run(native, Cx::of(vm), Args::new(place, n));
            vm.tails -= 1;
            vm.top = top;
            flow
        };
        match flow {
            Err(Stop::Tail | Stop::Resume) => self.enter_door(|vm, _| {
                // SAFETY: the door is the caller now.
                unsafe {
                    let (ip, base) = ((*vm).native_ip, (*vm).native_base);
                    call::settle(vm, ip, base, Ret::Door as u64, flow)
                }
            }),
            other => other,
        }
    }

    /// One step of a `map` of a native over a plain source. None for every other iterator, before
    /// anything has moved.
    pub fn step_mapped(&mut self, iter: Gc<Iter>) -> Option<Step> {
        if let Some(source) = self.starred(iter) {
            return Some(self.step_starred(iter, source));
        }
        let (quick, source) = self.mapped(iter)?;
        Some(self.step_quick(quick, source))
    }

    /// The plain source of a `starmap` of a native.
    fn starred(&self, iter: Gc<Iter>) -> Option<Gc<Iter>> {
        if iter.kind != IterKind::StarMap || iter.header.flags != 0 {
            return None;
        }
        let source = iter.b.get().cast::<List>()?.get(0)?;
        let told = iter.a.get().is::<Native>() && is_plain(source, 0);
        source.cast::<Iter>().filter(|_| told)
    }

    fn step_starred(&mut self, iter: Gc<Iter>, source: Gc<Iter>) -> Step {
        let item = match self.step(source) {
            Step::Item(item) => item,
            other => return other,
        };
        let function = iter.a.get();
        let flow = match item.cast::<Tuple>() {
            Some(tuple) => match self.quick(function, tuple.len()) {
                Some(quick) => self.run_quick(quick, tuple.as_slice()),
                None => self.call(function, tuple.as_slice()),
            },
            None => self.call_prelude("_call_starred", &[function, item]),
        };
        self.stepped(flow)
    }

    /// The native and the plain source of a `map`, which `step_quick` takes one step of.
    pub fn mapped(&self, iter: Gc<Iter>) -> Option<(Quick, Gc<Iter>)> {
        if iter.kind != IterKind::Map || iter.header.flags != 0 {
            return None;
        }
        let sources = iter.b.get().cast::<List>().filter(|sources| sources.len() == 1)?;
        let source = sources.get(0)?.cast::<Iter>()?;
        let quick = self.quick(iter.a.get(), 1)?;
        is_plain(Value::object(source), 0).then_some((quick, source))
    }

    /// One step of what `mapped` has found.
    pub fn step_quick(&mut self, quick: Quick, source: Gc<Iter>) -> Step {
        let item = match step::lean_step(self.vm(), source) {
            Some(item) => item,
            None => match step::step(self.vm_mut(), source, 0) {
                Step::Item(item) => item,
                other => return other,
            },
        };
        let flow = self.run_quick(quick, &[item]);
        self.stepped(flow)
    }

    /// What a function has answered, as a step.
    fn stepped(&mut self, flow: Flow) -> Step {
        match flow {
            Ok(value) => Step::Item(value),
            Err(_) if self.pending_is(T::StopIteration) => {
                self.take_exception();
                Step::End
            }
            Err(_) => Step::Raised,
        }
    }

    /// What is left in a `map` of a native over a plain source; None for other iterators. The
    /// caller keeps the iterator and whatever else it holds.
    pub fn drain_mapped(&mut self, iterator: Value) -> Result<Option<Vec<Value>>, Stop> {
        let Some(iter) = iterator.cast::<Iter>() else { return Ok(None) };
        let starred = self.starred(iter);
        let mapped = self.mapped(iter);
        if starred.is_none() && mapped.is_none() {
            return Ok(None);
        }
        self.scope(|cx| {
            let items = cx.list(Vec::new());
            cx.root(Value::object(items));
            cx.root(iterator);
            loop {
                let step = match (mapped, starred) {
                    (Some((quick, source)), _) => cx.step_quick(quick, source),
                    (None, Some(source)) => cx.step_starred(iter, source),
                    (None, None) => Step::End,
                };
                match step {
                    Step::Item(item) => items.push(item),
                    Step::Raised => return Err(Stop::Raised),
                    Step::End | Step::Code => return Ok(Some(items.edit(std::mem::take))),
                };
                if items.len().is_multiple_of(1 << 16) {
                    cx.check_interrupt()?;
                    if items.len() > crate::plain::MAX_BYTES {
                        return Err(cx.error_with(T::MemoryError, &[]));
                    }
                }
            }
        })
    }
}
