//! What natives ask of frames: to go on, with a value or an exception, and to end.

use super::suspend::{DELEGATE, DELEGATE_TO, Request, cut, kind_name};
use super::tasks::Met;
use super::{Cx, Flow, Outcome, Stop};
use crate::gc::Gc;
use crate::value::frame::state;
use crate::value::{Exception, Frame, T, Value};

impl Cx {
    /// Resumes a frame with a value: what it yields is the native's result; StopIteration is
    /// pending when it ends. A native's last act.
    pub fn resume(&mut self, frame: Gc<Frame>, value: Value) -> Flow {
        if frame.state() == state::FINISHED && frame.kind() == state::GENERATOR {
            return Err(self.error_with(T::StopIteration, &[]));
        }
        self.vm_mut().resume = Some(Request { frame, value, throws: false, then: None });
        Err(Stop::Resume)
    }

    /// As `resume`, going on in `run` with what was yielded.
    pub fn resume_then(
        &mut self,
        frame: Gc<Frame>,
        value: Value,
        run: fn(&mut Cx, [Value; 3], Outcome) -> Flow,
        state: [Value; 3],
    ) -> Flow {
        self.vm_mut().resume =
            Some(Request { frame, value, throws: false, then: Some((run, state)) });
        Err(Stop::Resume)
    }

    /// The iterator to which a frame of the prelude forwards; None for any other frame.
    pub fn forwarded(&self, frame: Gc<Frame>) -> Option<Value> {
        let forwards = [DELEGATE, DELEGATE_TO]
            .iter()
            .any(|name| Value::object(frame.function) == self.vm().prelude(name));
        // SAFETY: the functions have one parameter, which is never assigned to.
        forwards.then(|| unsafe { *Frame::base(frame.as_ptr()) })
    }

    /// Does a suspended frame delegate, in the end, to an iterator that wants what is thrown as it
    /// was given? Then the mark in front of such arguments.
    pub fn parcel_mark(&mut self, frame: Gc<Frame>) -> Option<Value> {
        let mut innermost = self.delegated_to(frame)?;
        while let Some(inner) = self.delegated_to(innermost) {
            innermost = inner;
        }
        let mark = self.vm().prelude(DELEGATE_TO);
        (Value::object(innermost.function) == mark).then_some(mark)
    }

    /// Raises an exception where a frame is suspended. A native's last act.
    pub fn throw_into(&mut self, frame: Gc<Frame>, exception: Gc<Exception>) -> Flow {
        if frame.state() == state::FINISHED {
            if frame.kind() == state::COROUTINE {
                let text = "cannot reuse already awaited coroutine";
                return Err(self.error(T::RuntimeError, text));
            }
            return Err(self.throw(exception));
        }
        let exception = match self.throw_past_wait(frame, exception) {
            Met::Raise(exception) => exception,
            // What it awaits now, in the eyes of who drives it.
            Met::Waits => return Ok(Value::object(self.future(self.vm().running_loop))),
        };
        let exit = self.isinstance(Value::object(exception), T::GeneratorExit);
        // SAFETY: the frame is suspended; cutting leaves both parts whole.
        if exit && let Some(inner) = unsafe { cut(frame.as_ptr()) } {
            // What is delegated to is closed first, and need not pass the exception on.
            // SAFETY: `cut` returns a live frame.
            let inner = unsafe { Gc::from_raw(inner) };
            let state = [Value::object(frame), Value::object(exception), Value::NONE];
            return match self.close_then(inner, inner_closed, state) {
                Ok(_) => inner_closed(self, state, Ok(Value::NONE)),
                flow => flow,
            };
        }
        let value = Value::object(exception);
        self.vm_mut().resume = Some(Request { frame, value, throws: true, then: None });
        Err(Stop::Resume)
    }

    /// Closes a frame: GeneratorExit is raised where it is suspended. A native's last act.
    pub fn close_frame(&mut self, frame: Gc<Frame>) -> Flow {
        self.close_frame_for(frame, Hears::All)
    }

    /// Ends a suspended generator that nobody can reach any more: what comes of that is told, and
    /// nobody's affair. A native's last act.
    pub fn let_go(&mut self, frame: Gc<Frame>) -> Flow {
        if frame.kind() == state::ASYNC_GENERATOR {
            // It may have to wait, which is the event loop's affair.
            let hook = self.vm().asyncgen_hooks[1];
            if frame.header.flags & state::BUSY != 0 {
                return Ok(Value::NONE);
            }
            if !hook.is_none() {
                let frame = Value::object(frame);
                let state = [frame, Value::NONE, Value::NONE];
                return self.call_then(hook, &[frame], let_go, state);
            }
        }
        let rests = std::ptr::eq(frame.link, Frame::base(frame.as_ptr()));
        if rests && frame.function.code.code.handlers.is_empty() {
            // Nothing in it could tell.
            // SAFETY: a live frame that does not run.
            unsafe { Frame::set_state(frame.as_ptr(), state::FINISHED) };
            return Ok(Value::NONE);
        }
        match self.close_frame_for(frame, Hears::Nobody) {
            Err(Stop::Raised) => let_go(self, [Value::object(frame); 3], Err(Stop::Raised)),
            flow => flow,
        }
    }

    fn close_frame_for(&mut self, frame: Gc<Frame>, hears: Hears) -> Flow {
        match frame.state() {
            state::CREATED => {
                // SAFETY: a live frame that never ran.
                unsafe { Frame::set_state(frame.as_ptr(), state::FINISHED) };
                Ok(Value::NONE)
            }
            state::FINISHED => Ok(Value::NONE),
            state::RUNNING => {
                let text = format!("{} already executing", kind_name(frame.as_ptr()));
                Err(self.value_error(&text))
            }
            _ => {
                let none = Value::object(self.tuple(&[]));
                let exit = self.exception(self.class(T::GeneratorExit), none);
                let exit = match self.throw_past_wait(frame, exit) {
                    Met::Raise(exit) => exit,
                    Met::Waits => return Err(self.ignored_exit(frame)),
                };
                // SAFETY: as in `throw_into`.
                if let Some(inner) = unsafe { cut(frame.as_ptr()) } {
                    // SAFETY: `cut` returns a live frame.
                    let inner = unsafe { Gc::from_raw(inner) };
                    let state = [Value::object(frame), Value::object(exit), hears.as_value()];
                    return match self.close_then(inner, inner_closed, state) {
                        Ok(_) => inner_closed(self, state, Ok(Value::NONE)),
                        flow => flow,
                    };
                }
                self.throw_exit(frame, Value::object(exit), hears.as_value())
            }
        }
    }

    fn ignored_exit(&self, frame: Gc<Frame>) -> Stop {
        let text = format!("{} ignored GeneratorExit", kind_name(frame.as_ptr()));
        self.error(T::RuntimeError, &text)
    }

    fn throw_exit(&mut self, frame: Gc<Frame>, exit: Value, hears: Value) -> Flow {
        let state = [Value::object(frame), hears, Value::NONE];
        self.vm_mut().resume =
            Some(Request { frame, value: exit, throws: true, then: Some((closed, state)) });
        Err(Stop::Resume)
    }

    /// Closes a frame, then goes on in `run`; `Ok` if it was closed without running.
    fn close_then(
        &mut self,
        frame: Gc<Frame>,
        run: fn(&mut Cx, [Value; 3], Outcome) -> Flow,
        state: [Value; 3],
    ) -> Flow {
        let close = self.vm().names.close;
        let method = self.special(Value::object(frame), close)?;
        match method {
            Some(method) => self.call_then(method, &[], run, state),
            None => Ok(Value::NONE),
        }
    }
}

/// Who hears of what goes wrong when a frame is closed.
#[derive(Clone, Copy)]
enum Hears {
    All,
    Nobody,
}

impl Hears {
    /// For the state of what goes on behind a call, where None stands for no closing at all.
    fn as_value(self) -> Value {
        match self {
            Hears::All => Value::TRUE,
            Hears::Nobody => Value::FALSE,
        }
    }
}

/// What was delegated to has been closed: now the outer frame gets the exception.
fn inner_closed(cx: &mut Cx, [frame, exit, closing]: [Value; 3], outcome: Outcome) -> Flow {
    let frame = frame.cast::<Frame>().expect("kept in the state");
    let value = match outcome {
        Ok(_) => exit,
        Err(_) => cx.take_exception(),
    };
    if !closing.is_none() {
        return cx.throw_exit(frame, value, closing);
    }
    cx.vm_mut().resume = Some(Request { frame, value, throws: true, then: None });
    Err(Stop::Resume)
}

/// GeneratorExit was raised in a frame that is being closed.
fn closed(cx: &mut Cx, [frame, hears, _]: [Value; 3], outcome: Outcome) -> Flow {
    let ended = end_of_closing(cx, frame, outcome);
    match hears == Value::FALSE {
        true => let_go(cx, [frame; 3], ended),
        false => ended,
    }
}

/// An exception out of what was let go of is told, and forgotten.
fn let_go(cx: &mut Cx, [frame, ..]: [Value; 3], outcome: Outcome) -> Flow {
    match outcome {
        Ok(_) => Ok(Value::NONE),
        Err(_) => {
            let error = cx.take_exception();
            cx.tail_prelude("_unraisable", &[error, frame])
        }
    }
}

fn end_of_closing(cx: &mut Cx, frame: Value, outcome: Outcome) -> Flow {
    match outcome {
        Ok(_) => {
            let frame = frame.cast::<Frame>().expect("kept in the state");
            Err(cx.ignored_exit(frame))
        }
        Err(_) if cx.pending_is(T::StopIteration) => {
            let exception = cx.take_exception().cast::<Exception>();
            let args = exception.and_then(|e| e.args.get().cast::<crate::value::Tuple>());
            Ok(args.and_then(|a| a.as_slice().first().copied()).unwrap_or(Value::NONE))
        }
        Err(_) if cx.pending_is(T::GeneratorExit) => {
            cx.take_exception();
            Ok(Value::NONE)
        }
        Err(stop) => Err(stop),
    }
}
