# Abuses the event loop: random calls of everything that its objects offer, with arguments that
# are wrong, from places that are wrong. Nothing is printed but what a program should never see.
#
#     sloop --virtual-time abuse.py FIRST COUNT

import asyncio
import contextvars
import gc
import random
import sys
import types

LIMIT = 120


class Odd(asyncio.Future):
    def cancel(self, msg=None):
        return RANDOM.choice([True, False, super().cancel()])


class OddTask(asyncio.Task):
    def __repr__(self):
        raise KeyError("no text")


class OddLoop(asyncio.SelectorEventLoop):
    def call_soon(self, callback, *args, context=None):
        if RANDOM.random() < 0.1:
            raise MemoryError("no room")
        return super().call_soon(callback, *args, context=context)


class Awaitable:
    def __await__(self):
        yield RANDOM.choice([None, 5, POOL[0], POOL[-1]])
        return 3

    def send(self, value):
        return RANDOM.choice(POOL)

    def throw(self, *error):
        raise error[0]

    def close(self):
        pass

    def __call__(self, *args):
        act(3)
        return 4

    def __eq__(self, other):
        act(2)
        return False

    __hash__ = None


async def waits(depth=0):
    try:
        thing = RANDOM.choice(POOL)
        if RANDOM.random() < 0.5:
            act(3)
        if depth < 3 and RANDOM.random() < 0.3:
            return await waits(depth + 1)
        return await thing
    except asyncio.CancelledError:
        if RANDOM.random() < 0.3:
            return "swallowed"
        raise
    finally:
        if RANDOM.random() < 0.3:
            await asyncio.sleep(0)


async def items():
    try:
        for i in range(3):
            yield i
            await asyncio.sleep(RANDOM.choice([0, 0.1]))
    finally:
        await asyncio.sleep(0)


@types.coroutine
def old():
    yield RANDOM.choice(POOL)


def new_thing():
    kind = RANDOM.randrange(26)
    make = [
        lambda: POOL[0].create_future(), lambda: POOL[0].create_task(waits()), lambda: asyncio.ensure_future(waits()),
        lambda: Odd(), lambda: OddTask(waits()), asyncio.Lock, asyncio.Event, asyncio.Condition,
        lambda: asyncio.Semaphore(RANDOM.randrange(3)), lambda: asyncio.BoundedSemaphore(1), lambda: asyncio.Barrier(2),
        lambda: asyncio.Queue(RANDOM.randrange(3)), lambda: asyncio.PriorityQueue(2), asyncio.LifoQueue,
        lambda: asyncio.timeout(RANDOM.choice([None, 0, 0.5])), asyncio.TaskGroup, lambda: POOL[0].call_soon(act, 3),
        lambda: POOL[0].call_later(0.25, act, 3), waits, items, old, Awaitable,
        lambda: asyncio.gather(*RANDOM.choices(POOL, k=2), return_exceptions=RANDOM.random() < 0.5),
        lambda: asyncio.shield(RANDOM.choice(POOL)), lambda: asyncio.wait(RANDOM.choices(POOL, k=2), timeout=0.5),
        lambda: asyncio.wait_for(RANDOM.choice(POOL), RANDOM.choice([0, 0.5, None])),
    ][kind]
    return make()


PLAIN = [None, True, 0, -1, 1 << 70, 0.5, float("nan"), float("inf"), "text", b"", (), [], {}, print, len, ValueError, ValueError("v"),
         asyncio.CancelledError("c"), StopIteration(1), SystemExit, object(), contextvars.copy_context(), type, waits]
# What would end the program, or wait without a clock.
LEFT_OUT = {"run_forever", "run_until_complete", "close", "_drive", "_turn", "_run_once", "print_stack", "add_reader", "add_writer",
            "_add_reader", "_add_writer", "__class__", "__init_subclass__", "__subclasshook__", "run_in_executor", "_watch", "_forget",
            "getaddrinfo", "getnameinfo", "subprocess_exec", "subprocess_shell", "connect_read_pipe", "connect_write_pipe", "sock_accept",
            "set_default_executor", "shutdown_default_executor", "create_connection", "create_server", "add_signal_handler",
            "default_exception_handler", "call_exception_handler", "set_debug", "__reduce_ex__", "__reduce__", "__sizeof__"}


def act(count):
    for _ in range(count):
        FUEL[0] -= 1
        if FUEL[0] < 0:
            return
        try:
            if RANDOM.random() < 0.3:
                POOL.append(new_thing())
                continue
            thing = RANDOM.choice(POOL)
            names = [name for name in dir(thing) if name not in LEFT_OUT]
            name = RANDOM.choice(names)
            args = RANDOM.choices(RANDOM.choice([PLAIN, POOL]), k=RANDOM.choice([0, 0, 1, 1, 2, 3]))
            how = RANDOM.random()
            if how < 0.05:
                setattr(thing, name, RANDOM.choice(PLAIN + POOL))
            elif how < 0.08:
                delattr(thing, name)
            elif how < 0.1:
                gc.collect()
            else:
                found = getattr(thing, name)
                if callable(found):
                    found = found(*args)
                if len(POOL) < 60 and type(found).__module__ in ("builtins", "asyncio", "_asyncio") and RANDOM.random() < 0.2:
                    POOL.append(found)
        except BaseException as error:
            if RANDOM.random() < 0.1 and len(POOL) < 60:
                POOL.append(error)


async def main():
    for _ in range(6):
        act(8)
        try:
            await asyncio.sleep(RANDOM.choice([0, 0.25]))
        except BaseException:
            pass


def one(seed):
    global RANDOM, POOL, FUEL
    RANDOM = random.Random(seed)
    FUEL = [LIMIT]
    loop = OddLoop() if seed % 5 == 0 else asyncio.new_event_loop()
    loop.set_exception_handler(lambda *args: None)
    POOL = [loop]
    stop = loop.stop
    for _ in range(3):
        try:
            asyncio.SelectorEventLoop.call_later(loop, 2, stop)
            loop.run_until_complete(main())
        except BaseException:
            pass
    FUEL[0] = -1
    POOL = [None]
    try:
        loop.close()
    except BaseException:
        pass


FUEL = [0]
sys.unraisablehook = lambda *args: None
for seed in range(int(sys.argv[1]), int(sys.argv[1]) + int(sys.argv[2])):
    print(seed, flush=True)
    asyncio.events._set_running_loop(None)
    one(seed)
    asyncio.events._set_running_loop(None)
