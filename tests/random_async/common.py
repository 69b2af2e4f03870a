# What every random program begins with. It runs on CPython and on Sloop.

import asyncio
import contextvars
import types

LOOP = asyncio.new_event_loop()
START = LOOP.time()
T = []  # (task, name, level): every task that has a name, in the order of their creation
H = []  # handles
KEPT = []  # asynchronous generators: nothing depends on when they are collected
X = [0]  # what conditions are about
FUEL = [250]
V = contextvars.ContextVar('V', default=0)


class E0(Exception):
    pass


class E1(ValueError):
    pass


class Base(BaseException):
    pass


def L(me, *what):
    FUEL[0] -= 1
    if FUEL[0] > -1000:
        print(LOOP.time() - START, me, *what)


def show(v, deep=3):
    if isinstance(v, BaseException):
        return told(v, deep)
    if isinstance(v, asyncio.Future):
        if not v.done():
            return 'pending'
        if v.cancelled():
            return 'cancelled'
        return told(v.exception(), deep) if v.exception() is not None else f'done={show(v.result(), deep - 1)}'
    if isinstance(v, (list, tuple)):
        return '[' + ' '.join(show(x, deep) for x in v) + ']'
    if isinstance(v, str):
        return repr(v.split('<')[0])
    if v is None or isinstance(v, (int, float)):
        return repr(v)
    return type(v).__name__


def told(e, deep=3):
    if e is None:
        return 'None'
    if deep < 0:
        return type(e).__name__
    text = f'{type(e).__name__}{show(e.args, deep - 1)}'
    if e.__cause__ is not None:
        text += ' from ' + told(e.__cause__, deep - 2)
    elif e.__context__ is not None and not e.__suppress_context__:
        text += ' in ' + told(e.__context__, deep - 2)
    return text


def heard(loop, context):
    # Errors nobody asked for are told of when a task is collected, which is the collector's affair.
    if 'never retrieved' not in context['message'] and 'destroyed' not in context['message']:
        L('loop', context['message'].split(' <')[0].split(' functools')[0], told(context.get('exception')))


LOOP.set_exception_handler(heard)


def do(me, what, f, *args):
    try:
        found = f(*args)
    except Exception as e:
        L(me, what, '!', told(e))
    else:
        L(me, what, show(found))
        return found


def spawn(me, level, coro, how, **more):
    if 'context' in more and (how == 'eager' or LOOP.get_task_factory()):
        try:
            more['context'].run(int)
        except RuntimeError:
            # Entered already: CPython would keep an eager task that cannot begin as its current one.
            del more['context']
    if how == 'eager':
        task = asyncio.Task(coro, loop=LOOP, eager_start=True, **more)
    else:
        task = how(coro, **more)
    T.append((task, f't{len(T)}', level))
    return task


def pick(level, k):
    """A task that cannot wait, however indirectly, for one that runs a function of this level."""
    found = [task for task, _, of in T if of < level]
    if found:
        return found[k % len(found)]
    future = LOOP.create_future()
    future.set_result('nobody')
    return future


def anyone(k):
    return T[k % len(T)][0] if T else pick(0, 0)


def due(handle):
    return handle.when() - START if isinstance(handle, asyncio.TimerHandle) else 'soon'


def called_back(me):
    return lambda future: L(me, 'done', show(future))


def keep(agen):
    KEPT.append(agen)
    return agen


async def inner(awaitable):
    return await awaitable


class Custom:
    def __init__(self, awaitable):
        self.awaitable = awaitable

    def __await__(self):
        return self.awaitable.__await__()


@types.coroutine
def old_style(awaitable):
    return (yield from awaitable.__await__())


class Managed:
    def __init__(self, me, enter, leave, swallows):
        self.me, self.enter, self.leave, self.swallows = me, enter, leave, swallows

    async def __aenter__(self):
        await asyncio.sleep(self.enter)
        L(self.me, 'entered')
        return self.enter

    async def __aexit__(self, kind, error, trace):
        L(self.me, 'leaves', told(error))
        await asyncio.sleep(self.leave)
        L(self.me, 'left')
        return self.swallows


async def c_wait(c):
    async with c:
        return await c.wait()


async def c_wait_for(c, n):
    async with c:
        return await c.wait_for(lambda: X[0] >= n)


async def c_notify(c, n):
    async with c:
        X[0] += 1
        c.notify(n)


async def c_notify_all(c):
    async with c:
        X[0] += 1
        c.notify_all()


async def waited(fs, **how):
    fs = list(dict.fromkeys(fs))
    done, pending = await asyncio.wait(fs, **how)
    return [[i for i, f in enumerate(fs) if f in done], [i for i, f in enumerate(fs) if f in pending]]


async def completed(me, aws, timeout):
    for next_one in asyncio.as_completed(aws, timeout=timeout):
        try:
            L(me, 'next', show(await next_one))
        except Exception as e:
            L(me, 'next!', told(e))
    return 'all'


async def completed_async(me, aws, timeout):
    async for done in asyncio.as_completed(aws, timeout=timeout):
        L(me, 'next', show(done))
    return 'all'


def watch(task, times):
    if task.done():
        return
    L('watch', times)
    if not times:
        LOOP.stop()
        return
    for other, _, _ in T:
        other.cancel('watch')
    task.cancel('watch')
    LOOP.call_later(4, watch, task, times - 1)


def run(main):
    task = LOOP.create_task(main('m'), name='m')
    LOOP.call_later(24, watch, task, 4)
    task.add_done_callback(lambda _: LOOP.call_later(6, LOOP.stop))
    for _ in range(4):
        try:
            LOOP.run_forever()
            break
        except (KeyboardInterrupt, SystemExit) as e:
            L('run', told(e))
    L('end', show(task), *(f'{name}:{show(other)}' for other, name, _ in T))
    # What is left may not disturb the next program.
    FUEL[0] = -1000
    for _ in range(4):
        for left in asyncio.all_tasks(LOOP):
            left.cancel()
        LOOP.call_later(8, LOOP.stop)
        try:
            LOOP.run_forever()
        except (KeyboardInterrupt, SystemExit):
            pass
    LOOP.close()
