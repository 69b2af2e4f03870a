//! The module `_thread`: threads, and the locks that everything else about them is made of
//! (`stdlib/threading.sloop`).

use super::builtins::is_callable;
use super::display_object::address;
use super::float::float_arg;
use super::{TypeDef, add_functions, add_types, function, method, static_method};
use crate::gc::Gc;
use crate::value::{Class, Dict, Record, T, Value};
use crate::vm::system;
use crate::vm::threads::{Key, Woke};
use crate::vm::{Args, Cx, Def, Flow, GetSet, Stop};

/// Longest time that a wait may be given, in seconds.
const TIMEOUT_MAX: f64 = 9_223_372_036.0;

// Places of a lock: the number of the thread that holds it, or None;
const HOLDER: usize = 0;
/// of a re-entrant one: how often.
const COUNT: usize = 1;
// Places of a handle: the thread's number, and whether it has ended;
const NUMBER: usize = 0;
const DONE: usize = 1;
/// whether the program waits for it at its end.
const DAEMON: usize = 2;

static HANDLE: TypeDef = TypeDef {
    id: T::ThreadHandle,
    doc: "A thread that was started.",
    methods: &[
        method("join(self, timeout=None, /)", "Waits for the end of the thread.", join),
        method("is_done(self, /)", "Has it ended?", |cx, args| {
            Ok(record(cx, args, T::ThreadHandle)?.places[DONE].get())
        }),
    ],
    getsets: &[
        GetSet {
            name: "ident",
            doc: "The thread's number.",
            get: |cx, handle| Ok(cast(cx, handle, T::ThreadHandle)?.places[NUMBER].get()),
            set: None,
        },
        GetSet {
            name: "daemon",
            doc: "Does the program end without it?",
            get: |cx, handle| Ok(cast(cx, handle, T::ThreadHandle)?.places[DAEMON].get()),
            set: None,
        },
    ],
};

static LOCK: TypeDef = TypeDef {
    id: T::ThreadLock,
    doc: "A lock that one thread at a time can hold.",
    methods: &[
        static_method("__new__(cls)", "Create and return a new object.", |cx, _| {
            Ok(Value::object(cx.record(T::ThreadLock, &[Value::NONE], false)))
        }),
        method("acquire(self, blocking=True, timeout=-1)", "Takes the lock.", |cx, args| {
            let lock = record(cx, args, T::ThreadLock)?;
            let patience = patience(cx, args)?;
            take(cx, lock, patience)
        }),
        method("acquire_lock(self, blocking=True, timeout=-1)", "As `acquire`.", |cx, args| {
            let lock = record(cx, args, T::ThreadLock)?;
            let patience = patience(cx, args)?;
            take(cx, lock, patience)
        }),
        method("__enter__(self, /)", "Takes the lock.", |cx, args| {
            let lock = record(cx, args, T::ThreadLock)?;
            take(cx, lock, Patience::Endless)
        }),
        method("release(self, /)", "Lets go of the lock.", release),
        method("release_lock(self, /)", "As `release`.", release),
        method("__exit__(self, /, *args)", "Lets go of the lock.", release),
        method("locked(self, /)", "Does somebody hold it?", |cx, args| {
            let lock = record(cx, args, T::ThreadLock)?;
            Ok(Value::bool(!lock.places[HOLDER].get().is_none()))
        }),
        method("locked_lock(self, /)", "As `locked`.", |cx, args| {
            let lock = record(cx, args, T::ThreadLock)?;
            Ok(Value::bool(!lock.places[HOLDER].get().is_none()))
        }),
        method("__repr__(self, /)", "Return repr(self).", |cx, args| {
            let lock = record(cx, args, T::ThreadLock)?;
            let state = if lock.places[HOLDER].get().is_none() { "unlocked" } else { "locked" };
            let at = address(Value::object(lock));
            Ok(cx.str_value(&format!("<{state} _thread.lock object at {at}>")))
        }),
    ],
    getsets: &[],
};

static RLOCK: TypeDef = TypeDef {
    id: T::ThreadRLock,
    doc: "A lock that its holder can take again.",
    methods: &[
        static_method("__new__(cls)", "Create and return a new object.", |cx, args| {
            let class = cx.arg(args, 0).value().cast::<Class>().expect("a class");
            let made = cx.record(T::ThreadRLock, &[Value::NONE, Value::int(0)], true);
            cx.set_class(Value::object(made), class);
            Ok(Value::object(made))
        }),
        method("acquire(self, blocking=True, timeout=-1)", "Takes the lock.", |cx, args| {
            let lock = record(cx, args, T::ThreadRLock)?;
            let patience = patience(cx, args)?;
            take_again(cx, lock, patience, 1)
        }),
        method("__enter__(self, /)", "Takes the lock.", |cx, args| {
            let lock = record(cx, args, T::ThreadRLock)?;
            take_again(cx, lock, Patience::Endless, 1)
        }),
        method("release(self, /)", "Lets go of the lock once.", release_again),
        method("__exit__(self, /, *args)", "Lets go of the lock once.", release_again),
        method("_is_owned(self, /)", "Does this thread hold it?", |cx, args| {
            let lock = record(cx, args, T::ThreadRLock)?;
            Ok(Value::bool(lock.places[HOLDER].get() == number(cx)))
        }),
        method("_recursion_count(self, /)", "How often this thread holds it.", |cx, args| {
            let lock = record(cx, args, T::ThreadRLock)?;
            let own = lock.places[HOLDER].get() == number(cx);
            Ok(if own { lock.places[COUNT].get() } else { Value::int(0) })
        }),
        method("_release_save(self, /)", "Lets go of it altogether.", |cx, args| {
            let lock = record(cx, args, T::ThreadRLock)?;
            let count = lock.places[COUNT].get();
            if lock.places[HOLDER].get().is_none() {
                return Err(cx.error(T::RuntimeError, "cannot release un-acquired lock"));
            }
            let saved = cx.tuple(&[count, lock.places[HOLDER].get()]);
            let_go(cx, lock);
            Ok(Value::object(saved))
        }),
        method("_acquire_restore(self, state, /)", "Takes it as often as before.", |cx, args| {
            let lock = record(cx, args, T::ThreadRLock)?;
            let state = cx.arg(args, 1).value();
            let count = cx.plain_items(state).and_then(|items| items.first()?.as_int());
            let Some(count) = count else {
                return Err(cx.type_error("_acquire_restore() expects what _release_save() gave"));
            };
            take_again(cx, lock, Patience::Endless, count)?;
            Ok(Value::NONE)
        }),
        method("__repr__(self, /)", "Return repr(self).", |cx, args| {
            let lock = record(cx, args, T::ThreadRLock)?;
            let holder = lock.places[HOLDER].get();
            let state = if holder.is_none() { "unlocked" } else { "locked" };
            let (owner, count) = (holder.as_int().unwrap_or(0), lock.places[COUNT].get());
            let name = cx.type_name(Value::object(lock));
            let at = address(Value::object(lock));
            let count = count.as_int().unwrap_or(0);
            Ok(cx
                .str_value(&format!("<{state} {name} object owner={owner} count={count} at {at}>")))
        }),
    ],
    getsets: &[],
};

static FUNCTIONS: &[Def] = &[
    function("get_ident()", "The number of the thread that runs.", |cx, _| Ok(number(cx))),
    function("get_native_id()", "The number that the system knows the thread by.", |cx, _| {
        Ok(number(cx))
    }),
    function("_count()", "How many threads there are besides the main one.", |cx, _| {
        Ok(Value::int(cx.thread_numbers().len() as i64 - 1))
    }),
    function("_numbers()", "The numbers of all threads.", |cx, _| {
        let numbers = cx.thread_numbers().into_iter().map(|n| cx.int(n as i64)).collect();
        Ok(Value::object(cx.list(numbers)))
    }),
    function("_is_main()", "Is this the thread that the program began on?", |cx, _| {
        Ok(Value::bool(cx.is_main_thread()))
    }),
    function("allocate_lock()", "A new lock.", |cx, _| {
        Ok(Value::object(cx.record(T::ThreadLock, &[Value::NONE], false)))
    }),
    function("start_new_thread(function, args, kwargs=None, /)", "Starts a thread.", start_new),
    function("start_new(function, args, kwargs=None, /)", "As `start_new_thread`.", start_new),
    function("_start(function, args, kwargs, daemon, /)", "Starts a thread; its handle.", start),
    function("exit()", "Ends the thread.", |cx, _| Err(cx.error_with(T::SystemExit, &[]))),
    function("_processors()", "How many processors the process may use.", |_, _| {
        Ok(Value::int(system::processors() as i64))
    }),
    function("_give_way()", "Lets others run that can.", |cx, _| {
        cx.give_way();
        Ok(Value::NONE)
    }),
    function("interrupt_main(signum=2, /)", "As Ctrl-C does.", |cx, args| {
        let given = cx.arg(args, 0).value();
        match if given.is_undef() { 2 } else { cx.index_i64(given)? } {
            signal @ 1..=64 => {
                if let Some(process) = cx.vm().process {
                    (process.pretend)(signal as i32);
                    cx.serve_signals()?;
                }
            }
            _ => return Err(cx.value_error("signal number out of range")),
        }
        Ok(Value::NONE)
    }),
    function(
        "stack_size(size=0, /)",
        "Threads have room for the deepest recursion.",
        |cx, args| {
            let given = cx.arg(args, 0).value();
            match if given.is_undef() { 0 } else { cx.index_i64(given)? } {
                size if size < 0 => Err(cx.value_error("size must be 0 or a positive value")),
                size if size != 0 && size < 32 << 10 => {
                    Err(cx.value_error(&format!("size not valid: {size} bytes")))
                }
                // It is remembered, and makes no difference.
                size => Ok(Value::int(cx.state::<StackSize>().0.replace(size))),
            }
        },
    ),
];

/// What the program wants the stacks of its threads to be.
#[derive(Default)]
struct StackSize(std::cell::Cell<i64>);

pub fn module(cx: &mut Cx, dict: Gc<Dict>) -> Result<(), Stop> {
    add_types(cx, &[&HANDLE, &LOCK, &RLOCK]);
    add_functions(cx, dict, FUNCTIONS, "_thread");
    for (name, value) in [
        ("lock", cx.type_object(T::ThreadLock)),
        ("LockType", cx.type_object(T::ThreadLock)),
        ("RLock", cx.type_object(T::ThreadRLock)),
        ("_ThreadHandle", cx.type_object(T::ThreadHandle)),
        ("error", cx.type_object(T::RuntimeError)),
        ("TIMEOUT_MAX", Value::float(TIMEOUT_MAX)),
    ] {
        dict.set_str(cx, cx.intern(name), value);
    }
    Ok(())
}

fn cast(cx: &Cx, value: Value, id: T) -> Result<Gc<Record>, Stop> {
    match value.cast::<Record>() {
        Some(record) if cx.isinstance(value, id) => Ok(record),
        _ => {
            let (wanted, name) =
                (cx.class(id).name.get().lossy().into_owned(), cx.type_name(value));
            Err(cx.type_error(&format!("expected a '{wanted}' object, not '{name}'")))
        }
    }
}

fn record(cx: &Cx, args: Args, id: T) -> Result<Gc<Record>, Stop> {
    cast(cx, cx.arg(args, 0).value(), id)
}

/// The number of the thread that a handle is of.
pub fn number_of(handle: Gc<Record>) -> Option<i64> {
    handle.places[NUMBER].get().as_int()
}

/// The number of the thread that holds a lock.
pub fn holder_of(lock: Gc<Record>) -> Option<i64> {
    lock.places[HOLDER].get().as_int()
}

fn number(cx: &Cx) -> Value {
    cx.int(cx.thread_number() as i64)
}

// ---- threads

fn start(cx: &mut Cx, args: Args) -> Flow {
    let [function, given, named, daemon] = [0, 1, 2, 3].map(|i| cx.arg(args, i).value());
    let daemon = cx.truth(daemon)?;
    begin(cx, [function, given, named], daemon).map(Value::object)
}

fn begin(cx: &mut Cx, call: [Value; 3], daemon: bool) -> Result<Gc<Record>, Stop> {
    let places = [Value::NONE, Value::FALSE, Value::bool(daemon)];
    let handle = cx.record(T::ThreadHandle, &places, false);
    // What runs first must not collect it.
    cx.root(Value::object(handle));
    let entry = Value::object(cx.tuple(&call));
    let arg = Value::object(handle);
    cx.start_thread("_run_thread", [entry, arg, Value::NONE], arg)?;
    Ok(handle)
}

fn start_new(cx: &mut Cx, args: Args) -> Flow {
    let [function, given, named] = [0, 1, 2].map(|i| cx.arg(args, i).value());
    if !is_callable(cx, function) {
        return Err(cx.type_error("first arg must be callable"));
    }
    if !cx.isinstance(given, T::Tuple) {
        return Err(cx.type_error("2nd arg must be a tuple"));
    }
    if !named.is_undef() && !cx.isinstance(named, T::Dict) {
        return Err(cx.type_error("optional 3rd arg must be a dictionary"));
    }
    let named = if named.is_undef() { Value::object(cx.dict()) } else { named };
    let handle = begin(cx, [function, given, named], true)?;
    Ok(handle.places[NUMBER].get())
}

/// For the prelude: the thread that runs has begun, or is about to end.
pub static HOOKS: &[Def] = &[
    function("_thread_begins(handle, /)", "Gives it its number.", |cx, args| {
        record(cx, args, T::ThreadHandle)?.places[NUMBER].set(number(cx));
        Ok(Value::NONE)
    }),
    function("_thread_ends(handle, /)", "Nobody needs to wait for it any more.", |cx, args| {
        let handle = record(cx, args, T::ThreadHandle)?;
        handle.places[DONE].set(Value::TRUE);
        cx.wake_all(Key::of(handle));
        Ok(Value::NONE)
    }),
];

fn join(cx: &mut Cx, args: Args) -> Flow {
    let handle = record(cx, args, T::ThreadHandle)?;
    let timeout = cx.arg(args, 1).value();
    let until = if timeout.is_none() || timeout.is_undef() {
        None
    } else {
        Some(cx.now() + float_arg(cx, timeout)?.max(0.0))
    };
    while handle.places[DONE].get() != Value::TRUE {
        let what = Value::object(handle);
        match cx.park(Some(Key::of(handle)), until, what) {
            Woke::Called => {}
            Woke::Late => break,
            Woke::Interrupted => cx.serve_signals()?,
            Woke::Stuck => return stuck(cx, what),
        }
    }
    Ok(handle.places[DONE].get())
}

/// Nothing can ever run any more.
fn stuck(cx: &mut Cx, what: Value) -> Flow {
    cx.tail_prelude("_threads_are_stuck", &[what])
}

// ---- locks

enum Patience {
    None,
    Until(f64),
    Endless,
}

fn patience(cx: &mut Cx, args: Args) -> Result<Patience, Stop> {
    let blocking = match cx.opt(args, 1).map(|blocking| blocking.value()) {
        None => true,
        Some(blocking) => cx.truth(blocking)?,
    };
    let timeout = match cx.opt(args, 2).map(|timeout| timeout.value()) {
        None => -1.0,
        Some(timeout) => float_arg(cx, timeout)?,
    };
    if !blocking {
        return match timeout {
            -1.0 => Ok(Patience::None),
            _ => Err(cx.value_error("can't specify a timeout for a non-blocking call")),
        };
    }
    match timeout {
        -1.0 => Ok(Patience::Endless),
        timeout if timeout > TIMEOUT_MAX => {
            Err(cx.error(T::OverflowError, "timestamp out of range for platform time_t"))
        }
        timeout if timeout >= 0.0 => Ok(Patience::Until(cx.now() + timeout)),
        _ => Err(cx.value_error("timeout value must be a non-negative number")),
    }
}

/// Waits until nobody holds the lock. False if that takes too long.
fn wait(cx: &mut Cx, lock: Gc<Record>, patience: Patience) -> Result<bool, Flow> {
    let until = match patience {
        Patience::Until(until) => Some(until),
        _ => None,
    };
    while !lock.places[HOLDER].get().is_none() {
        if matches!(patience, Patience::None) || until.is_some_and(|until| until <= cx.now()) {
            return Ok(false);
        }
        let what = Value::object(lock);
        match cx.park(Some(Key::of(lock)), until, what) {
            Woke::Called => {}
            Woke::Late => return Ok(lock.places[HOLDER].get().is_none()),
            Woke::Interrupted => cx.serve_signals().map_err(Err)?,
            Woke::Stuck => return Err(stuck(cx, what)),
        }
    }
    Ok(true)
}

fn take(cx: &mut Cx, lock: Gc<Record>, patience: Patience) -> Flow {
    match wait(cx, lock, patience) {
        Ok(free) => {
            if free {
                lock.places[HOLDER].set(number(cx));
            }
            Ok(Value::bool(free))
        }
        Err(flow) => flow,
    }
}

fn let_go(cx: &mut Cx, lock: Gc<Record>) {
    lock.places[HOLDER].set(Value::NONE);
    cx.wake_one(Key::of(lock));
}

fn release(cx: &mut Cx, args: Args) -> Flow {
    let lock = record(cx, args, T::ThreadLock)?;
    if lock.places[HOLDER].get().is_none() {
        return Err(cx.error(T::RuntimeError, "release unlocked lock"));
    }
    let_go(cx, lock);
    Ok(Value::NONE)
}

fn take_again(cx: &mut Cx, lock: Gc<Record>, patience: Patience, times: i64) -> Flow {
    let own = number(cx);
    if lock.places[HOLDER].get() != own {
        match wait(cx, lock, patience) {
            Ok(true) => {}
            Ok(false) => return Ok(Value::FALSE),
            Err(flow) => return flow,
        }
        lock.places[HOLDER].set(own);
        lock.places[COUNT].set(Value::int(0));
    }
    let count = lock.places[COUNT].get().as_int().unwrap_or(0);
    lock.places[COUNT].set(Value::int(count + times));
    Ok(Value::TRUE)
}

fn release_again(cx: &mut Cx, args: Args) -> Flow {
    let lock = record(cx, args, T::ThreadRLock)?;
    if lock.places[HOLDER].get() != number(cx) {
        return Err(cx.error(T::RuntimeError, "cannot release un-acquired lock"));
    }
    let count = lock.places[COUNT].get().as_int().unwrap_or(1) - 1;
    lock.places[COUNT].set(Value::int(count));
    if count == 0 {
        let_go(cx, lock);
    }
    Ok(Value::NONE)
}
