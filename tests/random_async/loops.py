"""Loops of the program's own for Sloop: the same programs must run the same on them.

"""

import asyncio


class Replaced(asyncio.SelectorEventLoop):
    """Schedules by methods of its own, so that futures and tasks have to ask for everything."""

    def call_soon(self, callback, *args, context=None):
        return super().call_soon(callback, *args, context=context)

    def call_at(self, when, callback, *args, context=None):
        return super().call_at(when, callback, *args, context=context)


class Jump:
    def __init__(self, loop):
        self.loop = loop

    def select(self, timeout):
        if timeout is None:
            raise SystemExit('nothing can run any more')
        self.loop.now += timeout
        return []


class Turns(asyncio.SelectorEventLoop):
    """Takes its turns one by one, by a clock of its own."""

    def __init__(self):
        super().__init__()
        self.now = 0.0
        self._selector = Jump(self)

    def time(self):
        return self.now

    def _process_events(self, events):
        pass


def use(kind):
    asyncio.new_event_loop = {'replaced': Replaced, 'turns': Turns}[kind]
