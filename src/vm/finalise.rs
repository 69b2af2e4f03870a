//! Running what fell due when objects died: `__del__`, `close` of suspended generators, callbacks
//! of weak references.
//!
//! A collection only notes what is due (`value/weak.rs`). It runs at the safepoint that made the
//! collection, called by the activation that happened to be there, before that goes on; at the
//! end of `gc.collect()`; and for everything that is left at the end of the program. A function
//! of the prelude takes the calls one by one and shows what they raise.

use super::pc::{Base, Ip, Pc};
use super::{Args, Cx, Flow, Outcome, Stop, Vm, call};
use crate::value::frame::{Ret, state};
use crate::value::wait::phase;
use crate::value::{Due, Frame, Value, Wait};

/// Calls the finalisers from the activation at `base`; its instruction before `ip` is run again
/// afterwards. None if there is nothing to do, or no room to do it in.
pub(super) unsafe fn begin(vm: *mut Vm, ip: Ip, base: Base) -> Option<Pc> {
    // SAFETY: I3; a call from here clobbers nothing, its window is above all registers.
    unsafe {
        if !(*vm).space.finals.has_due()
            || (*vm).finalising
            || !(*vm).has_room(call::free_window(vm, base), ROOM)
        {
            return None;
        }
        let run = (*vm).start_finalising();
        Some(call::invoke(vm, ip.sub(1), base, run, &[], Ret::Again as u64))
    }
}

/// Registers that finalisers can count on.
const ROOM: usize = 1 << 12;
/// How often what finalisers let go of is finalised in its turn, where all of it is asked for.
/// Finalisers may make objects that have finalisers without end.
const ROUNDS: i64 = 16;

impl Vm {
    /// What is due now is one batch: what falls due meanwhile has to wait for the next.
    fn start_finalising(&mut self) -> Value {
        self.finalising = true;
        self.space.finals.begin_batch();
        self.prelude("_finalise")
    }
}

impl Cx {
    /// Collects and runs what falls due, until nothing does: 0. A native's last act.
    pub fn collect_all(&mut self) -> Flow {
        self.collect_rounds(ROUNDS)
    }

    fn collect_rounds(&mut self, left: i64) -> Flow {
        self.collect();
        if left == 0 || !self.finals.has_due() || self.vm().finalising {
            return Ok(Value::int(0));
        }
        let run = self.vm_mut().start_finalising();
        self.call_then(run, &[], finalised, [Value::int(left - 1), Value::NONE, Value::NONE])
    }

    /// Runs every finaliser that is left.
    pub fn finalise_all(&mut self) -> Result<(), Stop> {
        for _ in 0..ROUNDS {
            self.finals.all_due();
            if !self.finals.has_due() {
                break;
            }
            self.vm_mut().start_finalising();
            self.call_prelude("_finalise", &[])?;
        }
        Ok(())
    }
}

/// What finalisers kept alive may be gone now.
fn finalised(cx: &mut Cx, [left, ..]: [Value; 3], outcome: Outcome) -> Flow {
    outcome?;
    cx.collect_rounds(left.as_int().unwrap_or(0))
}

/// `_next_finaliser()`: a function and its argument, or None when the batch is done.
pub fn next(cx: &mut Cx, _: Args) -> Flow {
    while let Some(due) = cx.finals.take_due() {
        let pair = match due {
            Due::Callback(weak) => [weak.callback.get(), Value::object(weak)],
            Due::Finaliser(object) => match finaliser_of(cx, object) {
                Some(function) => [function, object],
                None => continue,
            },
        };
        return Ok(Value::object(cx.tuple(&pair)));
    }
    Ok(Value::NONE)
}

/// `_finalised()`: from now on finalisers may begin again.
pub fn done(cx: &mut Cx, _: Args) -> Flow {
    cx.vm_mut().finalising = false;
    Ok(Value::NONE)
}

fn finaliser_of(cx: &Cx, object: Value) -> Option<Value> {
    if let Some(wait) = object.cast::<Wait>() {
        let fresh = wait.phase.get() == phase::CREATED;
        return fresh.then(|| cx.vm().prelude("_never_awaited"));
    }
    match object.cast::<Frame>() {
        Some(frame) if frame.state() == state::CREATED && frame.kind() == state::COROUTINE => {
            Some(cx.vm().prelude("_never_awaited"))
        }
        // Another that never began has nothing to clean up.
        Some(frame) if frame.state() != state::SUSPENDED => None,
        // Closing it may have to wait: that is the event loop's affair, unless it was asked to
        // close before.
        Some(frame)
            if frame.kind() == state::ASYNC_GENERATOR
                && frame.header.flags & state::BUSY == 0
                && !cx.vm().asyncgen_hooks[1].is_none() =>
        {
            Some(cx.vm().asyncgen_hooks[1])
        }
        Some(_) => cx.vm().prelude_globals().get_str(cx, cx.intern("_close_frame")),
        None => cx.lookup(cx.class_of(object), cx.intern("__del__")),
    }
}
