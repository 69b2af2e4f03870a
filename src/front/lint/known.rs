//! What is known of libraries by name: what calling a member gives, what blocks, what is gone.
//!
//! A row more is all it takes to teach the lints another function.

use Gives::*;
use Lib::*;

/// What a call gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gives {
    /// A coroutine, and what awaiting it gives.
    Coroutine(Then),
    Task,
    Future,
    Object(Lib),
    /// None.
    Nothing,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Then {
    Anything,
    Object(Lib),
    /// A reader and a writer.
    Streams,
}

/// Classes of asyncio whose methods matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lib {
    Lock,
    Event,
    Condition,
    Semaphore,
    Barrier,
    Queue,
    TaskGroup,
    Timeout,
    Loop,
    StreamReader,
    StreamWriter,
    Process,
    Server,
}

impl Lib {
    pub fn describe(self) -> &'static str {
        match self {
            Lock => "an asyncio lock",
            Event => "an asyncio event",
            Condition => "an asyncio condition",
            Semaphore => "an asyncio semaphore",
            Barrier => "an asyncio barrier",
            Queue => "an asyncio queue",
            TaskGroup => "a task group",
            Timeout => "a timeout of asyncio",
            Loop => "an event loop",
            StreamReader => "a stream reader",
            StreamWriter => "a stream writer",
            Process => "a subprocess of asyncio",
            Server => "a server of asyncio",
        }
    }

    /// Is it entered with `async with`, and never with `with`?
    pub fn is_entered_async(self) -> bool {
        matches!(self, Lock | Condition | Semaphore | Barrier | TaskGroup | Timeout | Server)
    }

    /// What one would await instead of the object itself.
    pub fn awaited_method(self) -> Option<&'static str> {
        Some(match self {
            Lock | Condition | Semaphore => "acquire",
            Event | Barrier | Process => "wait",
            Queue => "get",
            StreamReader => "read",
            StreamWriter => "drain",
            Server => "wait_closed",
            TaskGroup | Timeout | Loop => return None,
        })
    }
}

const ANY: Gives = Coroutine(Then::Anything);

/// In order of their paths.
const MEMBERS: &[(&str, Gives)] = &[
    ("asyncio.Barrier", Object(Barrier)),
    ("asyncio.BoundedSemaphore", Object(Semaphore)),
    ("asyncio.Condition", Object(Condition)),
    ("asyncio.Event", Object(Event)),
    ("asyncio.LifoQueue", Object(Queue)),
    ("asyncio.Lock", Object(Lock)),
    ("asyncio.PriorityQueue", Object(Queue)),
    ("asyncio.Queue", Object(Queue)),
    ("asyncio.Semaphore", Object(Semaphore)),
    ("asyncio.TaskGroup", Object(TaskGroup)),
    ("asyncio.create_subprocess_exec", Coroutine(Then::Object(Process))),
    ("asyncio.create_subprocess_shell", Coroutine(Then::Object(Process))),
    ("asyncio.create_task", Task),
    ("asyncio.ensure_future", Task),
    ("asyncio.gather", Future),
    ("asyncio.get_event_loop", Object(Loop)),
    ("asyncio.get_running_loop", Object(Loop)),
    ("asyncio.new_event_loop", Object(Loop)),
    ("asyncio.open_connection", Coroutine(Then::Streams)),
    ("asyncio.open_unix_connection", Coroutine(Then::Streams)),
    ("asyncio.shield", Future),
    ("asyncio.sleep", ANY),
    ("asyncio.start_server", Coroutine(Then::Object(Server))),
    ("asyncio.start_unix_server", Coroutine(Then::Object(Server))),
    ("asyncio.timeout", Object(Timeout)),
    ("asyncio.timeout_at", Object(Timeout)),
    ("asyncio.to_thread", ANY),
    ("asyncio.wait", ANY),
    ("asyncio.wait_for", ANY),
    ("asyncio.wrap_future", Future),
    ("time.sleep", Nothing),
];

/// What calling the member of a library gives.
pub(super) fn member(path: &str) -> Option<Gives> {
    let at = MEMBERS.binary_search_by_key(&path, |&(path, _)| path).ok()?;
    Some(MEMBERS[at].1)
}

/// The path of an asyncio name that needs no import.
pub(super) fn builtin(name: &str) -> Option<&'static str> {
    let wanted = |path: &str| path.strip_prefix("asyncio.") == Some(name);
    MEMBERS.iter().map(|&(path, _)| path).find(|path| wanted(path))
}

/// What calling a method gives.
pub(super) fn method(lib: Lib, name: &str) -> Option<Gives> {
    Some(match (lib, name) {
        (Lock | Condition | Semaphore, "acquire")
        | (Event | Barrier | Process, "wait")
        | (Condition, "wait" | "wait_for")
        | (Barrier, "reset" | "abort")
        | (Queue, "get" | "put" | "join")
        | (StreamReader, "read" | "readline" | "readexactly" | "readuntil")
        | (StreamWriter, "drain" | "wait_closed")
        | (Process, "communicate")
        | (Server, "start_serving" | "serve_forever" | "wait_closed")
        | (Loop, "shutdown_asyncgens" | "shutdown_default_executor" | "getaddrinfo")
        | (Loop, "create_connection" | "create_server" | "create_datagram_endpoint")
        | (Loop, "sock_recv" | "sock_sendall" | "sock_connect" | "sock_accept") => ANY,
        (Loop, "create_task") => Task,
        (Loop, "run_in_executor" | "create_future") => Future,
        _ => return None,
    })
}

/// Calls that stop every task while they last, and what to call instead.
const BLOCKING: &[(&str, &str)] = &[
    ("builtins.input", "await asyncio.to_thread(input)"),
    ("os.system", "await asyncio.create_subprocess_shell(…)"),
    ("os.wait", "await asyncio.create_subprocess_exec(…), then `.wait()`"),
    ("os.waitpid", "await asyncio.create_subprocess_exec(…), then `.wait()`"),
    ("requests.delete", "await asyncio.to_thread(requests.delete, …)"),
    ("requests.get", "await asyncio.to_thread(requests.get, …)"),
    ("requests.head", "await asyncio.to_thread(requests.head, …)"),
    ("requests.patch", "await asyncio.to_thread(requests.patch, …)"),
    ("requests.post", "await asyncio.to_thread(requests.post, …)"),
    ("requests.put", "await asyncio.to_thread(requests.put, …)"),
    ("requests.request", "await asyncio.to_thread(requests.request, …)"),
    ("socket.create_connection", "await asyncio.open_connection(…)"),
    ("socket.gethostbyname", "await asyncio.get_running_loop().getaddrinfo(…)"),
    ("subprocess.call", "await asyncio.create_subprocess_exec(…)"),
    ("subprocess.check_call", "await asyncio.create_subprocess_exec(…)"),
    ("subprocess.check_output", "await asyncio.create_subprocess_exec(…)"),
    ("subprocess.getoutput", "await asyncio.create_subprocess_shell(…)"),
    ("subprocess.getstatusoutput", "await asyncio.create_subprocess_shell(…)"),
    ("subprocess.run", "await asyncio.create_subprocess_exec(…)"),
    ("time.sleep", "await asyncio.sleep(…)"),
    ("urllib.request.urlopen", "await asyncio.to_thread(urllib.request.urlopen, …)"),
    ("urllib.request.urlretrieve", "await asyncio.to_thread(urllib.request.urlretrieve, …)"),
];

pub(super) fn blocking(path: &str) -> Option<&'static str> {
    let at = BLOCKING.binary_search_by_key(&path, |&(path, _)| path).ok()?;
    Some(BLOCKING[at].1)
}

/// A name of asyncio that CPython has given up or is about to.
pub(super) struct Gone {
    pub path: &'static str,
    pub version: &'static str,
    pub instead: &'static str,
    /// Is `instead` a path that can simply stand there?
    pub is_same: bool,
}

const fn gone(path: &'static str, version: &'static str, instead: &'static str) -> Gone {
    Gone { path, version, instead, is_same: false }
}

const GONE: &[Gone] = &[
    gone("asyncio.AbstractChildWatcher", "3.14", "nothing: processes are watched by the loop"),
    gone("asyncio.AbstractEventLoopPolicy", "3.16", "`asyncio.run(main(), loop_factory=…)`"),
    gone("asyncio.DefaultEventLoopPolicy", "3.16", "`asyncio.run(main(), loop_factory=…)`"),
    gone("asyncio.FastChildWatcher", "3.14", "nothing: processes are watched by the loop"),
    Gone { path: "asyncio.JoinableQueue", version: "3.5", instead: "asyncio.Queue", is_same: true },
    gone("asyncio.MultiLoopChildWatcher", "3.14", "nothing: processes are watched by the loop"),
    gone("asyncio.PidfdChildWatcher", "3.14", "nothing: processes are watched by the loop"),
    gone("asyncio.SafeChildWatcher", "3.14", "nothing: processes are watched by the loop"),
    Gone {
        path: "asyncio.Task.all_tasks",
        version: "3.9",
        instead: "asyncio.all_tasks",
        is_same: true,
    },
    Gone {
        path: "asyncio.Task.current_task",
        version: "3.9",
        instead: "asyncio.current_task",
        is_same: true,
    },
    gone("asyncio.ThreadedChildWatcher", "3.14", "nothing: processes are watched by the loop"),
    gone("asyncio.get_child_watcher", "3.14", "nothing: processes are watched by the loop"),
    gone("asyncio.get_event_loop_policy", "3.16", "`asyncio.run(main(), loop_factory=…)`"),
    gone("asyncio.iscoroutinefunction", "3.16", "`inspect.iscoroutinefunction`"),
    gone("asyncio.set_child_watcher", "3.14", "nothing: processes are watched by the loop"),
    gone("asyncio.set_event_loop_policy", "3.16", "`asyncio.run(main(), loop_factory=…)`"),
];

pub(super) fn gone_name(path: &str) -> Option<&'static Gone> {
    GONE.iter().find(|row| row.path == path)
}

/// Functions and classes of asyncio that had a parameter `loop` until 3.10.
pub(super) const HAD_LOOP: &[&str] = &[
    "asyncio.BoundedSemaphore",
    "asyncio.Condition",
    "asyncio.Event",
    "asyncio.LifoQueue",
    "asyncio.Lock",
    "asyncio.PriorityQueue",
    "asyncio.Queue",
    "asyncio.Semaphore",
    "asyncio.as_completed",
    "asyncio.create_subprocess_exec",
    "asyncio.create_subprocess_shell",
    "asyncio.gather",
    "asyncio.open_connection",
    "asyncio.open_unix_connection",
    "asyncio.shield",
    "asyncio.sleep",
    "asyncio.start_server",
    "asyncio.start_unix_server",
    "asyncio.wait",
    "asyncio.wait_for",
];

/// Contexts that cancel what is inside, which a generator must not be suspended in.
pub(super) const CANCELLING: &[&str] = &[
    "anyio.CancelScope",
    "anyio.create_task_group",
    "anyio.fail_after",
    "anyio.move_on_after",
    "asyncio.TaskGroup",
    "asyncio.timeout",
    "asyncio.timeout_at",
    "trio.CancelScope",
    "trio.fail_after",
    "trio.fail_at",
    "trio.move_on_after",
    "trio.move_on_at",
    "trio.open_nursery",
];

/// Builtin functions that use up or show what they get, and keep nothing of it.
pub(super) const CONSUMING: &[&str] = &[
    "abs",
    "all",
    "any",
    "bool",
    "bytes",
    "dict",
    "enumerate",
    "float",
    "frozenset",
    "int",
    "len",
    "list",
    "max",
    "min",
    "print",
    "range",
    "repr",
    "reversed",
    "round",
    "set",
    "sorted",
    "str",
    "sum",
    "tuple",
];

/// Those that iterate over their first argument.
pub(super) const ITERATING: &[&str] = &[
    "all",
    "any",
    "dict",
    "enumerate",
    "frozenset",
    "list",
    "max",
    "min",
    "reversed",
    "set",
    "sorted",
    "sum",
    "tuple",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_in_order() {
        assert!(MEMBERS.is_sorted_by_key(|row| row.0));
        assert!(BLOCKING.is_sorted_by_key(|row| row.0));
        assert!(GONE.is_sorted_by_key(|row| row.path));
    }
}
