//! The machine: one `Vm` is one isolated world of objects and one stack of activations.
//!
//! Read `interp.rs` first, then `call.rs` (how activations begin and end) and `cx.rs` (what a
//! native may do). Topic files hold the handlers of the instruction table.

mod arith;
mod attr;
mod awaiting;
mod bind;
mod call;
mod call_super;
pub mod children;
mod compare;
mod construct;
pub mod context;
mod cx;
mod data;
pub mod descriptors;
pub mod files;
pub mod finalise;
mod frame_calls;
mod handling;
mod import;
mod index;
mod interp;
mod intrinsic;
mod iter;
mod iter_groups;
mod iter_tools;
mod jump;
mod known;
mod link;
mod linked;
mod lookup;
mod make;
mod manager;
mod member;
pub mod messages;
mod name;
mod native_call;
pub mod natives;
mod numeric;
mod ops;
mod order;
mod own;
mod patience;
mod pattern;
mod pc;
mod prelude;
mod probe;
pub mod process;
mod python_arity;
mod quick;
mod raise;
mod range;
mod rebase;
mod reclass;
mod roots;
mod safepoint;
mod slots;
mod state;
mod step;
mod store;
mod suspend;
pub mod system;
pub mod tasks;
pub mod threads;
mod unwind;
mod watch;

use std::sync::Arc;

use crate::gc::{Gc, Signals};
use crate::rt::Clock;
use crate::value::frame::{DEPTH_ONE, FUNCTION};
use crate::value::names::Names;
use crate::value::{CodeObject, Dict, Exception, Frame, Function, Space, T, Value};

pub use attr::Found;
pub use call::Continuation;
pub use compare::Order;
pub use cx::{Args, Cx, Local, Ref, Root};
pub use import::{Finder, Found as FoundModule};
pub use iter::{Step, str_iter_type};
pub use lookup::{missing_in_module, nearly_has};
pub use name::OF_ASYNCIO;
pub use natives::{Def, GetSet, NativeFn};
pub use numeric::Number;
pub use ops::{Binary, Unary};
use pc::{Base, Ip};
use prelude::Prelude;
pub use quick::Quick;
pub use store::accessor_missing;
use threads::Threads;

/// Why a native has no value to return. As wide as a value, so that a `Flow` fits two machine
/// registers and is returned in them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub enum Stop {
    /// An exception is pending.
    Raised,
    /// The native asks for a call (see `Cx::tail`), whose result is its own.
    Tail,
    /// The native asks for a frame to be resumed (see `Cx::resume`).
    Resume,
}

/// What a native returns.
pub type Flow = Result<Value, Stop>;

/// How a call that a native asked for has ended; on `Err` the exception is pending.
pub type Outcome = Result<Value, Stop>;

/// Where a native goes on once what it asked for has ended, with the state it kept.
pub type Resumption = fn(&mut Cx, [Value; 3], Outcome) -> Flow;

/// Why a question about a value has no answer yet.
#[derive(Clone, Copy, Debug)]
pub enum Ask {
    /// Calling this with the value gives the answer: a bool, or a length if `by_len`.
    Call {
        method: Value,
        by_len: bool,
    },
    Raised,
}

impl From<Stop> for Ask {
    fn from(_: Stop) -> Ask {
        Ask::Raised
    }
}

/// Address space of the register stack: 64 MiB, touched as it is used.
const STACK_WORDS: usize = 8 << 20;
/// Inaccessible pages below it, wider than any activation (see `call::activate`).
const GUARD: usize = 1 << 20;
/// Words above the last usable one for the windows that natives build.
const SLACK: usize = 4096;
/// Depth of calls before RecursionError, as in CPython.
const RECURSION_LIMIT: u32 = 1000;
/// Nested entries from Rust before RecursionError: each takes some native stack.
const DOOR_LIMIT: u32 = 200;

/// No limit of recursion allows more than this: heap frames, which need no room on the stack, would
/// take all memory.
const DEEPEST: u32 = 1_000_000;
/// Natives that call natives in their place, one within the other, before RecursionError: each
/// takes some native stack, too.
const TAIL_LIMIT: u32 = 300;

pub struct Vm {
    pub space: Space,
    pub names: Names,
    signals: Arc<Signals>,
    stack_low: usize,
    /// In bytes, without the slack.
    stack_size: usize,
    mapping: *mut libc::c_void,
    /// First free word of the stack while a native runs; null in a handler, where it follows from
    /// `native_base` (see `first_free`).
    top: Base,
    /// The activation on whose behalf Rust code runs, and where it goes on.
    native_base: Base,
    native_ip: Ip,
    /// The exception being raised; UNDEF when none is.
    exception: Value,
    /// What `sys.exception()` says.
    handled: Value,
    /// The context of context variables; UNDEF until somebody asks for it.
    pub context: Value,
    /// What is called when an async generator begins, and in place of closing one that nobody
    /// reaches any more; None for nothing.
    pub asyncgen_hooks: [Value; 2],
    /// Are finalisers running? Then they do not begin again.
    finalising: bool,
    /// Does the program look at the variables of functions that have failed? Then exceptions
    /// keep them from now on.
    keeps_locals: std::cell::Cell<bool>,
    /// What the innermost door returns.
    result: Value,
    doors: u32,
    /// How many calls that natives asked for are being entered, one within the other.
    tails: u32,
    tail: Option<call::Tail>,
    resume: Option<suspend::Request>,
    continuations: Vec<call::Continuation>,
    /// A buffer for building strings, kept for its capacity.
    scratch: Vec<u8>,
    /// Values that natives hold across calls.
    roots: Vec<Value>,
    /// So many roots were there when Rust last entered the interpreter: what is above them when
    /// that comes to a safepoint was left by natives that have returned.
    door_roots: usize,
    /// Called for Ctrl-C in place of raising KeyboardInterrupt, or None.
    pub on_interrupt: Value,
    /// Has it been called already? Then the next Ctrl-C is served even in the middle of natives.
    pub insists: bool,
    /// Calls the program's handlers of signals, or None.
    pub on_signal: Value,
    /// The process around the machine, if this is the machine that signals go to.
    pub process: Option<process::Process>,
    importing: import::Importing,
    /// Starts another machine, which serves a connection.
    pub isolates: Option<process::StartIsolate>,
    /// The loop that runs, or None.
    pub running_loop: Value,
    pub clock: Clock,
    tasks: tasks::State,
    threads: Threads,
    reports: tasks::Reports,
    /// Activations on the stack that programs have views of.
    watched: Vec<watch::Watched>,
    /// Containers whose repr is being made, outermost first, each with what is at work in it.
    pub showing: Vec<[Value; 2]>,
    known: known::Table,
    /// The class `super`, which `CallSuper` expects.
    super_type: Value,
    pub builtins: Gc<Dict>,
    /// `sys.modules`
    pub modules: Gc<Dict>,
    prelude: Prelude,
    /// What topic files keep.
    states: state::States,
    finder: Option<Box<dyn Finder>>,
    recursion_limit: u32,
}

impl Vm {
    /// A new world with the built-in types and no modules.
    pub fn new() -> Box<Vm> {
        Vm::seeded(None)
    }

    /// The same; hashes of texts are drawn from a number, or differ in every process.
    pub fn seeded(seed: Option<u64>) -> Box<Vm> {
        let signals = Arc::new(Signals::new(depth_limit(RECURSION_LIMIT)));
        let seed = seed.map_or_else(random_seed, |seed| (seed, !seed));
        let space = Space::new(signals.clone(), seed);
        let bytes = GUARD + (STACK_WORDS + SLACK) * 8;
        let mapping = map_stack(bytes).expect("address space for the register stack");
        let low = mapping as usize + GUARD;
        let names = Names::new(&space);
        let builtins = space.namespace();
        let modules = space.dict();
        let prelude_globals = space.namespace();
        // The lowest words are the header of an activation that nobody runs in: it gives the
        // first door a caller.
        let base = (low as Base).wrapping_add(8);
        let super_type = Value::object(space.class(T::Super));
        let vm = Box::new(Vm {
            space,
            names,
            signals,
            stack_low: low,
            stack_size: STACK_WORDS * 8,
            mapping,
            top: base.wrapping_add(4),
            native_base: base,
            native_ip: interp::exit_ip(),
            exception: Value::UNDEF,
            handled: Value::NONE,
            context: Value::UNDEF,
            asyncgen_hooks: [Value::NONE; 2],
            finalising: false,
            keeps_locals: false.into(),
            result: Value::UNDEF,
            doors: 0,
            tails: 0,
            tail: None,
            resume: None,
            continuations: Vec::new(),
            scratch: Vec::new(),
            roots: Vec::new(),
            door_roots: 0,
            on_interrupt: Value::NONE,
            insists: false,
            on_signal: Value::NONE,
            process: None,
            importing: import::Importing::default(),
            isolates: None,
            running_loop: Value::NONE,
            clock: Clock::real(system::monotonic, system::lagging),
            tasks: tasks::State::default(),
            threads: Threads::new(),
            reports: tasks::Reports::default(),
            watched: Vec::new(),
            showing: Vec::new(),
            known: known::Table::new(),
            super_type,
            builtins,
            modules,
            prelude: Prelude::new(prelude_globals),
            states: state::States::default(),
            finder: None,
            recursion_limit: RECURSION_LIMIT,
        });
        for i in 0..12 {
            // SAFETY: inside the mapping.
            unsafe { *(low as Base).add(i) = Value::from_bits(0) };
        }
        vm
    }

    #[inline(always)]
    fn interrupted(&self) -> bool {
        self.signals.any()
    }

    #[inline(always)]
    fn fence(&self) -> u64 {
        self.signals.fence()
    }

    #[inline(always)]
    fn epoch(&self) -> u64 {
        u64::from(self.space.shapes.epoch.get())
    }

    /// A cold handler begins: should it use the door, this is where it stands.
    #[inline(always)]
    fn leave_registers(&mut self, ip: Ip, base: Base) {
        self.native_base = base;
        self.native_ip = ip;
        self.top = std::ptr::null_mut();
    }

    /// The first free word of the stack while Rust code runs.
    ///
    /// # Safety
    /// `native_base` is the base of a live activation.
    unsafe fn first_free(&mut self) -> Base {
        if !self.top.is_null() {
            return self.top;
        }
        let base = self.native_base;
        // SAFETY: by contract.
        unsafe { call::free_window(self, base) }
    }

    /// Where safepoints are asked for, from other threads too.
    pub fn signals(&self) -> Arc<Signals> {
        self.signals.clone()
    }

    pub fn set_stress(&self, on: bool) {
        self.space.heap.set_stress(on);
    }

    #[inline(always)]
    fn on_stack(&self, at: Base) -> bool {
        (at as usize).wrapping_sub(self.stack_low) <= self.stack_size
    }

    /// Is there room for `len` words from `at` on?
    #[inline(always)]
    fn has_room(&self, at: Base, len: usize) -> bool {
        (at as usize).wrapping_sub(self.stack_low).saturating_add(len * 8) <= self.stack_size
    }

    pub fn recursion_limit(&self) -> u32 {
        self.recursion_limit
    }

    pub fn set_recursion_limit(&mut self, limit: u32) {
        self.recursion_limit = limit;
        self.signals.set_limit(depth_limit(limit.min(DEEPEST)));
    }

    /// The function of an activation.
    ///
    /// # Safety
    /// `base` is the base of a live activation of language code.
    #[inline(always)]
    unsafe fn function_of(&self, base: Base) -> Gc<Function> {
        // SAFETY: by contract.
        unsafe { (*base.offset(FUNCTION)).cast_unchecked() }
    }

    /// As `function_of`; None for a door.
    ///
    /// # Safety
    /// As `function_of`.
    unsafe fn function_at(&self, base: Base) -> Option<Gc<Function>> {
        // SAFETY: by contract. In a heap frame the slot is a bare reference.
        unsafe {
            if self.on_stack(base) {
                return (*base.offset(FUNCTION)).cast();
            }
            Some((*Frame::from_base(base)).function)
        }
    }

    /// # Safety
    /// As `function_of`.
    #[inline(always)]
    unsafe fn code_of(&self, base: Base) -> Gc<CodeObject> {
        // SAFETY: by contract.
        unsafe { self.function_of(base).code }
    }

    // ---- a buffer for texts

    /// Puts the buffer back for the next text; a huge one is let go.
    fn give_scratch(&mut self, buffer: Vec<u8>) {
        if buffer.capacity() <= 1 << 16 {
            self.scratch = buffer;
        }
    }

    // ---- the pending exception

    fn pending_is(&self, id: T) -> bool {
        !self.exception.is_undef() && self.space.isinstance(self.exception, id)
    }

    fn take_exception(&mut self) -> Value {
        self.pending().inspect(|&exception| Exception::show(exception));
        std::mem::replace(&mut self.exception, Value::UNDEF)
    }

    fn pending(&self) -> Option<Gc<Exception>> {
        self.exception.cast()
    }

    // ---- the prelude

    /// A function of the prelude. Its absence is a bug of the runtime.
    pub fn prelude(&self, name: &'static str) -> Value {
        self.prelude.known(self, name).unwrap_or_else(|| panic!("the prelude lacks {name}"))
    }

    /// The namespace of the prelude, where natives for its use alone are.
    pub fn prelude_globals(&self) -> Gc<Dict> {
        self.prelude.globals
    }

    /// Where the code of the prelude's functions comes from.
    pub fn set_prelude(&mut self, code: prelude::Compile) {
        self.prelude.set_source(code);
    }

    pub fn set_finder(&mut self, finder: Box<dyn Finder>) {
        self.finder = Some(finder);
    }
}

impl Drop for Vm {
    fn drop(&mut self) {
        // SAFETY: mapped in `new` with this size; nobody runs on it any more.
        unsafe { libc::munmap(self.mapping, GUARD + (STACK_WORDS + SLACK) * 8) };
    }
}

/// Reserves a register stack, the lowest pages of which nobody may touch.
fn map_stack(bytes: usize) -> Option<*mut libc::c_void> {
    // SAFETY: an anonymous reservation.
    unsafe {
        let mapping = libc::mmap(
            std::ptr::null_mut(),
            bytes,
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE,
            -1,
            0,
        );
        if mapping == libc::MAP_FAILED {
            return None;
        }
        libc::mprotect(mapping, GUARD, libc::PROT_NONE);
        Some(mapping)
    }
}

/// The first depth of an info word that is too deep, when so many activations are allowed.
fn depth_limit(limit: u32) -> u64 {
    (u64::from(limit) + 1) * DEPTH_ONE
}

/// Keys of the string hash that differ in every process.
fn random_seed() -> (u64, u64) {
    use std::hash::{BuildHasher, Hasher};
    let state = std::collections::hash_map::RandomState::new();
    let draw = |n: u64| {
        let mut hasher = state.build_hasher();
        hasher.write_u64(n);
        hasher.finish()
    };
    (draw(1), draw(2))
}

/// The frame whose registers start at `base`.
#[inline(always)]
fn frame_at(base: Base) -> *mut Frame {
    Frame::from_base(base)
}
