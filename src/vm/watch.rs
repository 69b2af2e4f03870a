//! Frames for programs: `sys._getframe`, `f_back`, `f_locals`.
//!
//! Ordinary calls pay nothing. An activation on the register stack that somebody has asked for
//! is *watched*: its info word says so, which leads its end into `ended`, where the view keeps
//! what it can no longer read. Views of heap frames hold the frame itself.

use super::pc::{Base, Ip};
use super::{Cx, Vm, call, frame_at, intrinsic, suspend};
use crate::gc::Gc;
use crate::value::frame::{CALLER, INFO, Ret, called_from, state};
use crate::value::{CodeObject, Frame, FrameView, T, Tuple, Value};

/// A watched activation.
pub struct Watched {
    base: Base,
    view: Gc<FrameView>,
    /// Who waits for its end: what its info word said before.
    kind: u8,
}

impl Watched {
    pub fn view(&self) -> Value {
        Value::object(self.view)
    }
}

/// A place in the chain of callers: an activation of the program, and where it is.
#[derive(Clone, Copy)]
struct Level {
    base: Base,
    ip: Ip,
}

/// The first activation of the program from here on outwards.
unsafe fn visible(vm: &Vm, mut ip: Ip, mut base: Base) -> Option<Level> {
    // SAFETY: bases of live activations, the lowest of which has caller 0.
    unsafe {
        while !base.is_null() {
            let function = vm.function_at(base);
            if function.is_some_and(|function| !function.code.code.is_internal()) {
                return Some(Level { base, ip });
            }
            ip = behind(base);
            base = (*base.offset(CALLER)).bits() as Base;
        }
        None
    }
}

/// Behind the instruction that called the activation.
unsafe fn behind(base: Base) -> Ip {
    // SAFETY: the base of a live activation.
    unsafe { called_from(base, (*base.offset(INFO)).bits()).cast_mut() }
}

unsafe fn outwards(vm: &Vm, level: Level) -> Option<Level> {
    // SAFETY: by contract of `visible`.
    unsafe { visible(vm, behind(level.base), (*level.base.offset(CALLER)).bits() as Base) }
}

/// What an exception that passes keeps of an activation: its view if it goes on or has one, else
/// its variables.
pub(super) unsafe fn keep(vm: *mut Vm, ip: Ip, base: Base, goes_on: bool) -> Value {
    // SAFETY: I3; a live activation.
    unsafe {
        let is_watched = (*vm).watched.iter().any(|watched| watched.base == base);
        if is_watched || goes_on && (*vm).on_stack(base) {
            return Value::object(Cx::of(&mut *vm).watch(Level { base, ip }));
        }
        intrinsic::keep_locals(&*vm, base)
    }
}

/// `ended` for an activation that returns from the instruction before `ip`.
pub(super) unsafe fn returned(vm: *mut Vm, ip: Ip, base: Base, info: u64) -> u64 {
    // SAFETY: as there.
    unsafe { ended(vm, base, info, word_at((*vm).code_of(base), ip)) }
}

fn word_at(code: Gc<CodeObject>, ip: Ip) -> u32 {
    let word = code.index_of(ip).wrapping_sub(1);
    if (word as usize) < code.word_count() { word } else { 0 }
}

/// The activation at `base` ends: its view keeps the variables. Returns the info word of before.
pub(super) unsafe fn ended(vm: *mut Vm, base: Base, info: u64, word: u32) -> u64 {
    // SAFETY: I3; the activation is still whole.
    unsafe {
        let Some(at) = (*vm).watched.iter().rposition(|watched| watched.base == base) else {
            return info & !0xFF;
        };
        let watched = (*vm).watched.swap_remove(at);
        let view = watched.view;
        view.word.set(word);
        view.locals.set(intrinsic::locals(&*vm, base, word));
        view.base.set(0);
        let caller = (*base.offset(CALLER)).bits() as Base;
        let back = (*vm).watched.iter().find(|other| other.base == caller);
        view.back.set(back.map_or(Value::NONE, Watched::view));
        info & !0xFF | u64::from(watched.kind)
    }
}

impl Cx {
    /// From now on exceptions keep the variables of the functions they leave.
    pub fn keep_locals(&self) {
        self.vm().keeps_locals.set(true);
    }

    fn new_view(&self, code: Gc<CodeObject>, globals: Value, owner: Value) -> Gc<FrameView> {
        self.new_object(T::FrameView.shape(), 0, |header| FrameView {
            header,
            code,
            globals,
            word: 0.into(),
            base: 0.into(),
            owner,
            locals: Value::UNDEF.into(),
            back: Value::NONE.into(),
            hook: Value::NONE.into(),
        })
    }

    /// A view of a place in code whose activation is gone, with what was kept of its variables.
    pub fn view_of_place(&self, code: Gc<CodeObject>, word: u32, kept: Value) -> Gc<FrameView> {
        let globals = code.globals.get().map_or(Value::NONE, Value::object);
        let view = self.new_view(code, globals, Value::NONE);
        view.word.set(word);
        view.locals.set(if code.code.is_module { globals } else { kept });
        view
    }

    /// The view of a generator or coroutine that has not ended.
    pub fn view_of_frame(&self, frame: Gc<Frame>) -> Option<Gc<FrameView>> {
        if frame.state() == state::FINISHED {
            return None;
        }
        let function = frame.function;
        // SAFETY: a live frame; whoever runs it must not free it now.
        unsafe { (*frame.as_ptr()).header.flags |= state::EXPOSED };
        let globals = Value::object(function.globals);
        Some(self.new_view(function.code, globals, Value::object(frame)))
    }

    /// The view of the activation `depth` levels outwards from the caller of the running native.
    pub fn frame_at(&mut self, depth: usize) -> Option<Gc<FrameView>> {
        let level = self.level_at(depth)?;
        Some(self.watch(level))
    }

    /// The code of that activation, and a word of the instruction that it is at.
    pub fn place_above(&self, depth: usize) -> Option<(Gc<CodeObject>, u32)> {
        let level = self.level_at(depth)?;
        // SAFETY: a live activation.
        let code = unsafe { self.vm().code_of(level.base) };
        Some((code, word_at(code, level.ip)))
    }

    /// The code of the program that is at work, and a word of the instruction that each is at: from
    /// the caller of the running native outwards.
    pub fn places(&self) -> impl Iterator<Item = (Gc<CodeObject>, u32)> {
        let vm = self.vm();
        // SAFETY: levels of the chain, which stays as it is while the machine is borrowed.
        std::iter::successors(self.level_at(0), |&level| unsafe { outwards(vm, level) })
            .map(|level| unsafe { (vm.code_of(level.base), level.ip) })
            .map(|(code, ip)| (code, word_at(code, ip)))
    }

    /// The globals of that activation.
    pub fn globals_at(&self, depth: usize) -> Option<Value> {
        let level = self.level_at(depth)?;
        // SAFETY: a live activation.
        Some(Value::object(unsafe { self.vm().function_of(level.base).globals }))
    }

    fn level_at(&self, depth: usize) -> Option<Level> {
        let vm = self.vm();
        // SAFETY: where the running native's caller stands.
        unsafe {
            let mut level = visible(vm, vm.native_ip, vm.native_base)?;
            for _ in 0..depth {
                level = outwards(vm, level)?;
            }
            Some(level)
        }
    }

    fn watch(&mut self, level: Level) -> Gc<FrameView> {
        let base = level.base;
        // SAFETY: a live activation of language code.
        let function = unsafe { self.vm().function_of(base) };
        if !self.vm().on_stack(base) {
            // SAFETY: an activation that is not on the stack is in its frame.
            let frame = unsafe { Gc::from_raw(Frame::from_base(base)) };
            return self.view_of_frame(frame).expect("it runs");
        }
        if let Some(known) = self.vm().watched.iter().find(|watched| watched.base == base) {
            return known.view;
        }
        let view = self.new_view(function.code, Value::object(function.globals), Value::NONE);
        view.base.set(base as usize);
        view.word.set(word_at(function.code, level.ip));
        // SAFETY: as above; the info word is a plain word.
        let kind = unsafe {
            let info = (*base.offset(INFO)).bits();
            *base.offset(INFO) = Value::from_bits(info & !0xFF | Ret::Watched as u64);
            info as u8
        };
        debug_assert!(call::ret_of(kind.into()) != Ret::Watched);
        self.vm_mut().watched.push(Watched { base, view, kind });
        view
    }

    /// Where the activation of a view stands in the chain of callers, if it runs.
    fn level_of(&self, view: Gc<FrameView>) -> Option<Level> {
        let wanted = match view.owner.cast::<Frame>() {
            Some(frame) if frame.state() == state::RUNNING => Frame::base(frame.as_ptr()),
            Some(_) => return None,
            None => view.base.get() as Base,
        };
        if wanted.is_null() {
            return None;
        }
        let vm = self.vm();
        // SAFETY: as in `level_at`.
        unsafe {
            let mut level = visible(vm, vm.native_ip, vm.native_base)?;
            while level.base != wanted {
                level = outwards(vm, level)?;
            }
            Some(level)
        }
    }

    /// The word of the instruction at which a view's activation is.
    pub fn view_word(&self, view: Gc<FrameView>) -> u32 {
        if let Some(level) = self.level_of(view) {
            view.word.set(word_at(view.code, level.ip));
        } else if let Some(frame) = view.owner.cast::<Frame>()
            && let Some(ip) = suspended_at(frame)
        {
            view.word.set(word_at(view.code, ip));
        }
        view.word.get()
    }

    pub fn view_back(&mut self, view: Gc<FrameView>) -> Value {
        // SAFETY: a level of the chain.
        match self.level_of(view).map(|level| unsafe { outwards(self.vm(), level) }) {
            Some(Some(level)) => Value::object(self.watch(level)),
            Some(None) => Value::NONE,
            None => view.back.get(),
        }
    }

    /// Is the activation at work?
    pub fn view_runs(&self, view: Gc<FrameView>) -> bool {
        match view.owner.cast::<Frame>() {
            Some(frame) => frame.state() == state::RUNNING,
            None => view.base.get() != 0,
        }
    }

    /// The variables: a module's or class body's namespace itself, a snapshot of a function's.
    pub fn view_locals(&self, view: Gc<FrameView>) -> Value {
        let base = match view.owner.cast::<Frame>() {
            Some(frame) if frame.state() != state::FINISHED => Frame::base(frame.as_ptr()),
            _ => view.base.get() as Base,
        };
        if !base.is_null() {
            let word = self.view_word(view);
            // SAFETY: a live activation.
            return unsafe { intrinsic::locals(self.vm(), base, word) };
        }
        if let Some(kept) = view.locals.get().cast::<Tuple>() {
            let word = view.word.get();
            view.locals.set(intrinsic::kept_locals(self.vm(), kept.as_slice(), word));
        }
        if view.locals.get().is_undef() {
            view.locals.set(Value::object(self.dict()));
        }
        view.locals.get()
    }
}

/// Where a suspended frame goes on, if it is one: a root, or inside of a suspended chain.
fn suspended_at(frame: Gc<Frame>) -> Option<Ip> {
    let own = Frame::base(frame.as_ptr());
    // SAFETY: the frames of a suspended chain are linked by their callers' bases, from the
    // innermost, which the root knows, to the root.
    unsafe {
        let root = match frame.state() {
            state::SUSPENDED => frame.as_ptr(),
            state::RUNNING => suspend::root_of(frame.as_ptr()),
            _ => return None,
        };
        if (*root).state() != state::SUSPENDED {
            return None;
        }
        // Where a frame delegates, the inner frame knows the address; the innermost frame's is
        // the root's.
        let (mut at, mut ip) = ((*root).link, (*root).return_ip);
        while at != own {
            let inner = frame_at(at);
            if inner == root {
                return None;
            }
            (at, ip) = ((*inner).caller, (*inner).return_ip);
        }
        Some(ip.cast_mut())
    }
}
