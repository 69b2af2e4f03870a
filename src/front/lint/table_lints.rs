//! Codes of what the files of this folder find.

use super::table::Class::{Certain, Idle, Old, Risk};
use super::table::{Class, Row, row};

pub(super) static ROWS: &[Row] = &[
    row(
        Certain,
        "missing-await",
        "a coroutine is made and not awaited",
        "Calling an `async def` runs nothing: it makes a coroutine, and only `await` (or a task) \
         runs that. A coroutine that is dropped, compared, asked whether it is true, put into a \
         text or gone over is not what was meant. --fix writes the `await` inside of an `async \
         def`.",
        "async def ready():\n    return False\n\nasync def main():\n    if ready():\n        print(\"never mind\")\n\nawait main()\n",
        "async def ready():\n    return False\n\nasync def main():\n    if await ready():\n        print(\"never mind\")\n\nawait main()\n",
    ),
    row(
        Certain,
        "missing-call",
        "a function stands where the coroutine belongs that it makes",
        "`await`, `asyncio.run`, `create_task` and their like take a coroutine. The name of an \
         `async def` alone is a function: they raise TypeError or ValueError for it.",
        "import asyncio\n\nasync def main():\n    print(\"hello\")\n\nasyncio.run(main)\n",
        "import asyncio\n\nasync def main():\n    print(\"hello\")\n\nasyncio.run(main())\n",
    ),
    row(
        Certain,
        "missing-async",
        "`with` or `for` where only `async with` or `async for` works",
        "Locks, semaphores, task groups and timeouts of asyncio may have to wait when they are \
         entered, and async generators before each value: the plain statements raise TypeError.",
        "import asyncio\n\nasync def main(lock: asyncio.Lock):\n    with lock:\n        print(\"mine\")\n",
        "import asyncio\n\nasync def main(lock: asyncio.Lock):\n    async with lock:\n        print(\"mine\")\n",
    ),
    row(
        Certain,
        "needless-async",
        "`async with` or `async for` where only the plain statement works",
        "Lists, ranges and plain files have nothing to wait for and lack the methods that the \
         async statements call: these raise TypeError.",
        "async def main():\n    async for number in range(3):\n        print(number)\n",
        "async def main():\n    for number in range(3):\n        print(number)\n",
    ),
    row(
        Certain,
        "not-awaitable",
        "`await` of something that cannot be awaited",
        "Coroutines, tasks and futures can be awaited. A list of them cannot (`asyncio.gather` \
         waits for several), a lock cannot (its `acquire()` can), nor can what a plain function \
         returns.",
        "import asyncio\n\nasync def work():\n    print(\"working\")\n\nasync def main():\n    await [work(), work()]\n",
        "import asyncio\n\nasync def work():\n    print(\"working\")\n\nasync def main():\n    await asyncio.gather(work(), work())\n",
    ),
    row(
        Certain,
        "nested-run",
        "`asyncio.run` inside of a coroutine",
        "A coroutine is run by a loop already, and a loop runs no second one: `asyncio.run` and \
         `run_until_complete` raise RuntimeError there. Await the coroutine instead.",
        "import asyncio\n\nasync def work():\n    print(\"working\")\n\nasync def main():\n    asyncio.run(work())\n",
        "import asyncio\n\nasync def work():\n    print(\"working\")\n\nasync def main():\n    await work()\n",
    ),
    row(
        Risk,
        "unbound-name",
        "a name that nothing binds",
        "No assignment, import, parameter or builtin is called so: whoever gets to this place ends \
         with NameError. Names that a star import, `exec` or `globals()` may bind are not told, nor \
         are those under a test of versions or a handler of NameError.",
        "counter = 0\nprint(conter)\n",
        "counter = 0\nprint(counter)\n",
    ),
    row(
        Risk,
        "unbound-local",
        "a variable of a function that is read before anything binds it",
        "An assignment anywhere in a function, `+=` as well, makes the name a variable of that \
         function, whatever the module has. Read before it is bound it raises UnboundLocalError. \
         Only what no way through the function can have bound is told.",
        "count = 0\n\ndef more():\n    count += 1\n\nmore()\nprint(count)\n",
        "count = 0\n\ndef more():\n    global count\n    count += 1\n\nmore()\nprint(count)\n",
    ),
    row(
        Risk,
        "dangling-task",
        "a task that nobody holds",
        "Nobody waits for such a task, cancels it or hears of its errors, and the program may end \
         before it has done its work. Keep the task and await it, or start it in a `TaskGroup`. A \
         task that shares a queue or a future with somebody who waits for that is not told.",
        "import asyncio\n\nasync def work():\n    print(\"working\")\n\nasync def main():\n    asyncio.create_task(work())\n",
        "import asyncio\n\nasync def work():\n    print(\"working\")\n\nasync def main():\n    async with asyncio.TaskGroup() as group:\n        group.create_task(work())\n",
    ),
    row(
        Risk,
        "swallowed-cancel",
        "a handler around `await` keeps a task from being cancelled",
        "A task is cancelled by raising CancelledError where it waits. `except:` and `except \
         BaseException:` catch that too; without `raise` the task goes on, and timeouts and task \
         groups wait for it in vain. A handler of CancelledError in a loop without end does the \
         same.",
        "import asyncio\n\nasync def worker(queue):\n    while True:\n        try:\n            print(await queue.get())\n        except:\n            print(\"failed\")\n",
        "import asyncio\n\nasync def worker(queue):\n    while True:\n        try:\n            print(await queue.get())\n        except Exception:\n            print(\"failed\")\n",
    ),
    row(
        Risk,
        "blocking-call",
        "a call in async code that stops every other task",
        "While a plain function waits, for time, the network or a process, nothing else runs on \
         the loop. Use the function of asyncio that awaits, or `asyncio.to_thread`.",
        "import time\n\nasync def main():\n    time.sleep(1)\n",
        "import asyncio\n\nasync def main():\n    await asyncio.sleep(1)\n",
    ),
    row(
        Risk,
        "yield-in-scope",
        "`yield` inside of a timeout or a task group",
        "At a `yield` the generator is suspended while the scope stays open. The timeout then \
         cancels whatever its consumer does meanwhile, and a generator that is not finished leaves \
         the scope in another task. Yield outside of the scope, or hand values over through a \
         queue.",
        "import asyncio\n\nasync def numbers():\n    async with asyncio.timeout(1):\n        for number in range(3):\n            yield number\n",
        "import asyncio\n\nasync def numbers():\n    for number in range(3):\n        async with asyncio.timeout(1):\n            await asyncio.sleep(0.1)\n        yield number\n",
    ),
    row(
        Risk,
        "lost-exception",
        "`return`, `break` or `continue` in `finally`",
        "Leaving a `finally` block in this way drops the exception that is on its way through it, \
         KeyboardInterrupt and a cancellation included. Python 3.14 warns of it, too.",
        "def first(items):\n    try:\n        return items[0]\n    finally:\n        return None\n",
        "def first(items):\n    try:\n        return items[0]\n    except IndexError:\n        return None\n",
    ),
    row(
        Idle,
        "unreachable",
        "code that is never reached",
        "Every way to this place ends before: in a `return`, a `raise`, a loop without end.",
        "def double(x):\n    return 2 * x\n    print(x)\n",
        "def double(x):\n    print(x)\n    return 2 * x\n",
    ),
    row(
        Idle,
        "redefined",
        "a function that another replaces before it is used",
        "Two definitions of one name follow each other in one block, and nothing uses the first: \
         one of them probably wants another name. Of two test functions, only the last runs.",
        "def test_add():\n    assert 1 + 1 == 2\n\ndef test_add():\n    assert 2 + 2 == 4\n",
        "def test_add():\n    assert 1 + 1 == 2\n\ndef test_add_more():\n    assert 2 + 2 == 4\n",
    ),
    row(
        Idle,
        "unused-variable",
        "a variable that is assigned and never read",
        "The function gives the name a constant or a fresh list and nobody asks for it again: it \
         is left over, or another name was meant. A name that begins with `_` may be unused.",
        "def area(width, height):\n    depth = 0\n    return width * height\n",
        "def area(width, height):\n    return width * height\n",
    ),
    row(
        Idle,
        "idle-ignore",
        "a comment that silences nothing",
        "`# sloop: ignore[CODE]` stands on a line that has no such finding, or names no code.",
        "print(1)  # sloop: ignore[missing-await]\n",
        "print(1)\n",
    ),
    row(
        Old,
        "old-coroutine",
        "`@asyncio.coroutine`, gone since Python 3.11",
        "Coroutines were once generators with a decorator that waited with `yield from`. Sloop \
         still runs them; elsewhere they end with AttributeError. --fix writes `async def` and \
         `await`.",
        "import asyncio\n\n@asyncio.coroutine\ndef pause():\n    yield from asyncio.sleep(1)\n",
        "import asyncio\n\nasync def pause():\n    await asyncio.sleep(1)\n",
    ),
    row(
        Old,
        "old-loop-argument",
        "a `loop` argument, dropped by Python 3.10",
        "Functions and classes of asyncio use the loop that runs. --fix takes the argument away.",
        "import asyncio\n\nasync def pause(loop):\n    await asyncio.sleep(1, loop=loop)\n",
        "import asyncio\n\nasync def pause():\n    await asyncio.sleep(1)\n",
    ),
    row(
        Old,
        "old-wait",
        "coroutines for `asyncio.wait`, refused since Python 3.11",
        "`asyncio.wait` tells which of its tasks are done: who passes coroutines cannot recognise \
         them in the answer. Make tasks of them, or use `asyncio.gather`.",
        "import asyncio\n\nasync def work():\n    await asyncio.sleep(1)\n\nasync def main():\n    await asyncio.wait([work(), work()])\n",
        "import asyncio\n\nasync def work():\n    await asyncio.sleep(1)\n\nasync def main():\n    await asyncio.wait([asyncio.create_task(work()), asyncio.create_task(work())])\n",
    ),
    row(
        Old,
        "old-event-loop",
        "`asyncio.get_event_loop()` where no loop runs",
        "It once made a loop. Since Python 3.14 it raises RuntimeError unless a loop runs. \
         `asyncio.run` makes one, runs it and closes it.",
        "import asyncio\n\nasync def main():\n    print(\"hello\")\n\nloop = asyncio.get_event_loop()\nloop.run_until_complete(main())\n",
        "import asyncio\n\nasync def main():\n    print(\"hello\")\n\nasyncio.run(main())\n",
    ),
    row(
        Old,
        "old-name",
        "a name of asyncio that is gone, or soon will be",
        "The finding says with which version of Python the name went and what to use instead.",
        "import asyncio\n\nasync def count():\n    return len(asyncio.Task.all_tasks())\n",
        "import asyncio\n\nasync def count():\n    return len(asyncio.all_tasks())\n",
    ),
    row(
        Class::Error,
        "unreadable",
        "a file that cannot be read",
        "The system has refused to open it: it may belong to somebody else.",
        "",
        "",
    ),
];
