"""CPython's event loop on virtual time, with an order where CPython's depends on addresses.

Importing this module changes asyncio: new loops jump over their waits, timers with equal deadlines fire
in the order of their creation, and what iterates over sets of tasks does so in the order in which they
were added.
"""

import asyncio
import asyncio.base_events
import inspect
import itertools
import types


class Jump:
    """A selector that lets time pass instead of waiting."""

    def __init__(self, loop):
        self.loop = loop

    def select(self, timeout):
        if timeout is None:
            raise SystemExit('nothing can run any more')
        self.loop.now += timeout
        return []


class Timer(asyncio.TimerHandle):
    __slots__ = ('number',)
    numbers = itertools.count()

    def __init__(self, *args):
        super().__init__(*args)
        self.number = next(self.numbers)

    def __lt__(self, other):
        return (self._when, self.number) < (other._when, other.number)


class VirtualLoop(asyncio.base_events.BaseEventLoop):
    def __init__(self):
        super().__init__()
        self.now = 0.0
        self._clock_resolution = 1e-9
        self._selector = Jump(self)

    def time(self):
        return self.now

    def _process_events(self, events):
        pass

    def _write_to_self(self):
        pass


class Ordered(dict):
    """A set that remembers the order of its elements."""

    def __init__(self, items=()):
        super().__init__(dict.fromkeys(items))

    def add(self, item):
        self[item] = None

    def remove(self, item):
        del self[item]

    def discard(self, item):
        self.pop(item, None)


def again(thing, module, *changes):
    """Defines a class or function of a module again, with changes of its source."""
    source = inspect.getsource(thing)
    for old, new in changes:
        assert old in source, old
        source = source.replace(old, new)
    exec(source, module.__dict__)


asyncio.base_events.events = types.SimpleNamespace(**{**vars(asyncio.events), 'TimerHandle': Timer})
asyncio.taskgroups.set = asyncio.tasks.Ordered = Ordered
again(asyncio.tasks.wait, asyncio.tasks, ('fs = set(fs)', 'fs = Ordered(fs)'))
again(asyncio.tasks._AsCompletedIterator, asyncio.tasks,
      ('{ensure_future(aw, loop=loop) for aw in set(aws)}', 'Ordered(ensure_future(aw, loop=loop) for aw in Ordered(aws))'))
asyncio.wait = asyncio.tasks.wait
asyncio.new_event_loop = VirtualLoop
