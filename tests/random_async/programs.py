"""Random programs of tasks: the same seed gives the same program.

    programs.py SEED [COUNT]     prints programs as compare.py runs them, without what is in common.py

A program has a few shared things (locks, queues, futures, ...), functions w0 .. wN whose steps use
them, and a main function. A function calls and waits only for functions of a lower number, so that no
tasks wait for one another in a circle that only recursion could cancel. Every wait is a multiple of an
eighth of a second: sums are exact. Programs draw a few features each, so that tasks meet.
"""

import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, '..', 'random'))

from pools import Chance  # noqa: E402

with open(os.path.join(HERE, 'common.py'), encoding='utf-8') as f:
    COMMON = f.read()

FEATURES = ['lock', 'event', 'condition', 'semaphore', 'queue', 'barrier', 'future', 'agen', 'group', 'timeout', 'gather', 'wait', 'completed',
            'shield', 'cancel', 'callbacks', 'context', 'eager', 'errors', 'managed', 'uncancel', 'loops']
MADE = {
    'lock': ['asyncio.Lock()'],
    'event': ['asyncio.Event()'],
    'condition': ['asyncio.Condition()'],
    'semaphore': ['asyncio.Semaphore(1)', 'asyncio.Semaphore(2)', 'asyncio.Semaphore(0)', 'asyncio.BoundedSemaphore(1)', 'asyncio.BoundedSemaphore(2)'],
    'queue': ['asyncio.Queue()', 'asyncio.Queue(1)', 'asyncio.Queue(2)', 'asyncio.LifoQueue(2)', 'asyncio.PriorityQueue(2)', 'asyncio.PriorityQueue()'],
    'barrier': ['asyncio.Barrier(2)', 'asyncio.Barrier(3)'],
    'future': ['LOOP.create_future()'],
}


def indent(lines):
    return ['    ' + line for line in lines] or ['    pass']


class Maker:
    def __init__(self, r):
        self.r = r
        self.features = set(r.sample(FEATURES, r.randint(3, 8)))
        self.names = {}
        self.level = 0
        self.label = 0
        self.children = 0

    def has(self, feature):
        return feature in self.features

    # -- small things -------------------------------------------------------------------------

    def one(self, kind):
        return self.r.choice(self.names[kind])

    def delay(self):
        return str(self.r.choice([0, 0, 0, 1, 1, 1, 2, 2, 3, 4, 6, 8]) / 8)

    def limit(self):
        return self.r.choice(['0', '-1', 'None', '0.125', '0.125', '0.25', '0.25', '0.375', '0.5', '1.0'])

    def number(self):
        return str(self.r.randint(0, 9))

    def tag(self):
        self.label += 1
        return repr(str(self.label))

    def child(self):
        self.children += 1
        return f"me + '.{self.children}'"

    def error(self, thrown=False):
        """An exception; what is `thrown` into a generator may not end the await around it."""
        r = self.r
        pairs = [(6, 'E0({n})'), (4, 'E1({n})'), (1, 'TimeoutError()'), (2, "asyncio.CancelledError('own')"), (1, 'Base({n})'), (1, 'StopAsyncIteration({n})'),
                 (1, "ExceptionGroup('g', [E0({n}), E1(2)])"), (0.5, 'StopIteration({n})'), (0.3, 'KeyboardInterrupt({n})'), (0.2, 'SystemExit({n})'),
                 (0.5, 'asyncio.InvalidStateError({n})'), (0.3, 'GeneratorExit({n})')]
        if thrown:
            pairs = [pair for pair in pairs if not pair[1].startswith('StopIteration')]
        return r.weighted(pairs).replace('{n}', self.number())

    def caught(self):
        return self.r.weighted([(5, 'E0'), (3, '(E0, E1)'), (5, 'Exception'), (5, 'asyncio.CancelledError'), (4, 'BaseException'), (3, 'TimeoutError'),
                                (1, 'RuntimeError'), (1, '(TimeoutError, asyncio.CancelledError)')])

    # -- what can be awaited ------------------------------------------------------------------

    def coroutine(self, deep=0):
        """A coroutine, for what makes a task of it, and the level of what it waits for."""
        r = self.r
        if self.level and r.odds(0.6):
            level = r.randrange(self.level)
            return f'w{level}({self.child()})', level
        ways = [(3, lambda: f'asyncio.sleep({self.delay()}, {self.number()})'), (2, lambda: f'inner({self.awaitable(deep + 1)})')]
        if self.has('timeout') and deep < 2:
            ways.append((1, lambda: f'asyncio.wait_for({self.awaitable(deep + 1)}, {self.limit()})'))
        return r.weighted(ways)(), self.level

    def waitable(self, deep=0):
        """A future or a task."""
        r = self.r
        ways = [(2, lambda: f'pick({self.level}, {self.number()})'), (2, lambda: self.spawning(deep + 1))]
        if self.has('future'):
            ways.append((2, lambda: self.one('future')))
        if deep < 2:
            if self.has('shield'):
                ways.append((1, lambda: f'asyncio.shield({self.awaitable(deep + 1)})'))
            if self.has('gather'):
                ways.append((1, lambda: self.gathering(deep)))
        return r.weighted(ways)()

    def spawning(self, deep=0):
        r = self.r
        how = r.choice(['LOOP.create_task', 'asyncio.create_task', 'asyncio.ensure_future'])
        if self.has('eager') and r.odds(0.5):
            how = "'eager'"
        more = ''
        if self.has('context') and r.odds(0.4) and 'ensure' not in how:
            more = ', context=contextvars.copy_context()' if r.odds(0.7) else ', context=CTX'
        coro, level = self.coroutine(deep)
        return f'spawn(me, {level}, {coro}, {how}{more})'

    def gathering(self, deep):
        r = self.r
        items = ', '.join(self.awaitable(deep + 1) for _ in range(r.randint(1, 3)))
        return f'asyncio.gather({items}{r.choice(["", ", return_exceptions=True"])})'

    def several(self, deep):
        return ', '.join(self.waitable(deep + 1) for _ in range(self.r.randint(1, 3)))

    def awaitable(self, deep=0):
        r = self.r
        ways = [(6, lambda: f'asyncio.sleep({self.delay()})'), (2, lambda: f'asyncio.sleep(0, {self.number()})'),
                (2, lambda: f'pick({self.level}, {self.number()})')]
        if self.level:
            ways.append((4, lambda: f'w{r.randrange(self.level)}({self.child()})'))
        if deep < 3:
            wrap = lambda form: lambda: form.replace('AW', self.awaitable(deep + 1), 1)
            ways += [(1, wrap('inner(AW)')), (0.6, wrap('Custom(AW)')), (0.6, wrap('old_style(AW)'))]
            if self.has('timeout'):
                ways.append((5, lambda: f'asyncio.wait_for({self.awaitable(deep + 1)}, {self.limit()})'))
            if self.has('shield'):
                ways.append((4, wrap('asyncio.shield(AW)')))
            if self.has('gather'):
                ways.append((5, lambda: self.gathering(deep)))
            if self.has('wait'):
                ways.append((5, lambda: f'waited([{self.several(deep)}], timeout={r.choice(["None", self.limit()])}, '
                             f'return_when=asyncio.{r.choice(["FIRST_COMPLETED", "FIRST_EXCEPTION", "ALL_COMPLETED"])})'))
            if self.has('completed'):
                ways.append((5, lambda: f'completed{r.choice(["", "_async"])}(me, [{self.several(deep)}], {self.limit()})'))
        if self.has('lock'):
            ways.append((4, lambda: f'{self.one("lock")}.acquire()'))
        if self.has('event'):
            ways.append((6, lambda: f'{self.one("event")}.wait()'))
        if self.has('semaphore'):
            ways.append((5, lambda: f'{self.one("semaphore")}.acquire()'))
        if self.has('future'):
            ways.append((6, lambda: self.one('future')))
        if self.has('barrier'):
            ways.append((7, lambda: self.one('barrier') + r.weighted([(10, '.wait()'), (2, '.reset()'), (1, '.abort()')])))
        if self.has('queue'):
            ways.append((10, lambda: self.one('queue') + r.weighted([(5, '.get()'), (5, f'.put({self.number()})'), (1, '.join()')])))
        if self.has('condition'):
            ways.append((8, lambda: r.weighted([(4, 'c_wait(C)'), (3, f'c_wait_for(C, {r.randint(1, 3)})'), (3, f'c_notify(C, {r.randint(1, 2)})'),
                                                (2, 'c_notify_all(C)'), (1, 'C.wait()'), (1, 'C.acquire()')]).replace('C', self.one('condition'), 1)))
        if self.has('agen'):
            ways.append((7, lambda: self.one('agen') + r.weighted([(4, f'.asend({self.number()})'), (3, '.asend(None)'), (2, '.aclose()'),
                                                                   (2, f'.athrow({self.error(thrown=True)})'), (3, '.__anext__()')])))
        return r.weighted(ways)()

    # -- what is done at once -----------------------------------------------------------------

    def deed(self):
        """(function, arguments...) as source, for `do` and for callbacks."""
        r = self.r
        ways = [(1, lambda: f'show, pick({self.level}, {self.number()})')]
        if self.has('lock'):
            ways.append((4, lambda: self.one('lock') + r.choice(['.release', '.release', '.locked'])))
        if self.has('event'):
            ways.append((6, lambda: self.one('event') + r.choice(['.set', '.set', '.clear', '.is_set'])))
        if self.has('semaphore'):
            ways.append((4, lambda: self.one('semaphore') + r.choice(['.release', '.release', '.locked'])))
        if self.has('condition'):
            ways.append((3, lambda: self.one('condition') + r.choice(['.notify', '.notify_all', '.release', '.locked'])))
        if self.has('queue'):
            ways.append((7, lambda: self.one('queue') + r.weighted([(4, '.get_nowait'), (4, f'.put_nowait, {self.number()}'), (4, '.task_done'), (1, '.qsize'),
                                                                    (1, '.empty'), (1, '.full'), (0.7, '.shutdown'), (0.5, '.shutdown, True')])))
        if self.has('barrier'):
            ways.append((1, lambda: f'lambda: ({0}.n_waiting, {0}.broken, {0}.parties)'.replace('0', self.one('barrier'))))
        if self.has('future'):
            ways.append((8, lambda: self.one('future') + r.weighted([
                (5, f'.set_result, {self.number()}'), (3, f'.set_exception, {self.error()}'), (1, '.set_exception, E0'), (2, '.cancel'), (1, ".cancel, 'fc'"),
                (1, '.result'), (1, '.exception'), (1, '.done'), (1, '.cancelled'), (3, f'.add_done_callback, called_back({self.child()})'), (1, '.remove_done_callback, SHARED'),
                (2, '.add_done_callback, SHARED')])))
        if self.has('cancel'):
            ways.append((8, lambda: f'anyone({self.number()}).cancel' + r.choice(['', ", 'msg'", f', {self.number()}', ', None'])))
        if self.has('uncancel'):
            ways.append((5, lambda: r.choice([f'anyone({self.number()})', 'asyncio.current_task()' if r.odds(0.9) else f'anyone({self.number()})']) + r.choice(['.uncancel', '.cancelling', '.cancel'])))
        if self.has('context'):
            ways.append((5, lambda: r.choice([f'V.set, {self.number()}', 'V.get', 'CTX.run, V.get', f'CTX.run, V.set, {self.number()}'])))
        if self.has('callbacks'):
            ways.append((6, lambda: r.choice([
                f'pick({self.level}, {self.number()}).add_done_callback, {r.choice(["SHARED", f"called_back({self.child()})"])}',
                f'anyone({self.number()}).remove_done_callback, SHARED', f'anyone({self.number()}).add_done_callback, SHARED',
                f'anyone({self.number()}).{r.choice(["result", "exception", "done", "cancelled"])}',
                f'H[{self.number()} % len(H)].{r.choice(["cancel", "cancelled"])}' if r.odds(0.8) else f'due, H[{self.number()} % len(H)]'])))
        return r.weighted(ways)()

    def raising_callback(self):
        return f'lambda: fails({self.error()})'

    # -- statements ---------------------------------------------------------------------------

    def wait_line(self):
        return [f'L(me, {self.tag()}, show(await {self.awaitable()}))']

    def deed_line(self):
        return [f'do(me, {self.tag()}, {self.deed()})']

    def block(self, depth, low=1, high=3):
        lines = []
        for _ in range(self.r.randint(low, high)):
            lines += self.statement(depth + 1)
        return lines

    def statement(self, depth=0):
        r = self.r
        ways = [(10, self.wait_line), (7, self.deed_line), (4, self.spawn_line)]
        if self.has('callbacks'):
            ways += [(3, self.later_line)]
        if self.has('errors'):
            ways += [(2, lambda: [f'raise {self.error()}' + r.choice(['', '', ' from E1(0)', ' from None'])]), (0.5, lambda: [f'return {self.number()}'])]
        if depth < 3:
            ways += [(3, lambda: self.trying(depth))]
            if self.has('errors') or self.has('cancel'):
                ways += [(4, lambda: self.trying(depth))]
            if self.has('group'):
                ways += [(7, lambda: self.group(depth))]
            if self.has('timeout'):
                ways += [(6, lambda: self.limited(depth))]
            if self.has('loops'):
                ways += [(3, lambda: [f'for _ in range({r.randint(2, 3)}):', *indent(self.block(depth))])]
            if self.has('agen'):
                ways += [(4, lambda: self.iteration(depth))]
            if self.has('managed'):
                ways += [(4, lambda: [f'async with Managed({self.child()}, {self.delay()}, {self.delay()}, {r.odds(0.3)}) as _:', *indent(self.block(depth))])]
            for kind in ('lock', 'semaphore', 'condition', 'barrier'):
                if self.has(kind):
                    ways += [(4, lambda kind=kind: [f'async with {self.one(kind)} as got:', f'    L(me, {self.tag()}, show(got))', *indent(self.block(depth))])]
            if self.has('condition'):
                ways += [(4, lambda: self.conditional(depth))]
        return r.weighted(ways)()

    def spawn_line(self):
        lines = [f'task = {self.spawning()}']
        if self.r.odds(0.3):
            lines.append(f'task.add_done_callback(called_back({self.child()}))')
        return lines

    def later_line(self):
        r = self.r
        what = f'do, {self.child()}, {self.tag()}, {self.deed()}' if r.odds(0.85) else self.raising_callback()
        when = r.weighted([(3, 'LOOP.call_soon('), (4, f'LOOP.call_later({self.delay()}, '), (3, f'LOOP.call_at(LOOP.time() + {self.delay()}, '), (0.5, 'LOOP.call_at(LOOP.time() - 1, ')])
        more = ', context=CTX' if self.has('context') and r.odds(0.3) else ''
        return [f'H.append({when}{what}{more}))']

    def trying(self, depth):
        r = self.r
        lines = ['try:', *indent(self.block(depth))]
        if r.odds(0.85):
            group = self.has('group') and r.odds(0.4)
            kinds = ['E0', 'E1', 'Exception'] if group else [self.caught()]
            for kind in r.sample(kinds, r.randint(1, 2)) if group else kinds:
                body = [f'L(me, {self.tag()}, told(e))']
                if r.odds(0.5):
                    body += self.block(depth, 1, 2)
                if r.odds(0.35) and not group:
                    body += [r.choice(['raise', 'raise', f'raise {self.error()}', f'return {self.number()}'])]
                lines += [f'except{"*" if group else ""} {kind} as e:', *indent(body)]
            if r.odds(0.15):
                lines += ['else:', *indent(self.block(depth, 1, 1))]
        if len(lines) < 3 or not any(line.startswith('except') for line in lines) or r.odds(0.25):
            lines += ['finally:', *indent(self.block(depth, 1, 2))]
        return lines

    def group(self, depth):
        r = self.r
        name = f'g{depth}'
        body = []
        for _ in range(r.randint(1, 3)):
            coro, level = self.coroutine()
            body += [f'spawn(me, {level}, {coro}, {name}.create_task)']
            if r.odds(0.4):
                body += self.statement(depth + 1)
        return [f'async with asyncio.TaskGroup() as {name}:', *indent(body)]

    def limited(self, depth):
        r = self.r
        name = f'limit{depth}'
        made = f'asyncio.timeout({self.limit()})' if r.odds(0.7) else f'asyncio.timeout_at(LOOP.time() + {self.delay()})'
        body = self.block(depth)
        if r.odds(0.4):
            when = r.choice(['None', f'LOOP.time() + {self.delay()}', 'LOOP.time() - 1'])
            body.insert(0, f'do(me, {self.tag()}, {name}.reschedule, {when})')
        lines = [f'{name} = {made}', 'try:', f'    async with {name}:', *indent(indent(body))]
        lines += [f'except {r.choice(["TimeoutError", "asyncio.CancelledError", "Exception"])} as e:', f'    L(me, {self.tag()}, told(e), {name}.expired())']
        return lines

    def iteration(self, depth):
        r = self.r
        body = self.block(depth, 1, 2)
        if r.odds(0.4):
            body += [r.choice(['break', 'continue'])]
        source = r.choice([f'keep(a{r.randrange(2)}({self.child()}))', self.one('agen')])
        if r.odds(0.15):
            return [f'L(me, {self.tag()}, [show(x) async for x in {source}])']
        return [f'async for x in {source}:', f'    L(me, {self.tag()}, show(x))', *indent(body)] + (['else:', f'    L(me, {self.tag()})'] if r.odds(0.3) else [])

    def conditional(self, depth):
        r = self.r
        c = self.one('condition')
        body = self.block(depth, 0, 1) + [r.choice([
            f'L(me, {self.tag()}, await {c}.wait())', f'L(me, {self.tag()}, await asyncio.wait_for({c}.wait(), {self.limit()}))',
            f'L(me, {self.tag()}, await {c}.wait_for(lambda: X[0] > {r.randint(0, 2)}))', f'do(me, {self.tag()}, {c}.notify, {r.randint(0, 3)})', f'{c}.notify_all()'])]
        return [f'async with {c}:', *indent(body + self.block(depth, 0, 1))]

    # -- the whole ----------------------------------------------------------------------------

    def function(self, level, low, high):
        self.level = level
        body = []
        for _ in range(self.r.randint(low, high)):
            body += self.statement()
        return body

    def program(self):
        r = self.r
        lines = ['CTX = contextvars.copy_context()', "SHARED = called_back('shared')", '', 'def fails(error):', '    raise error', '']
        for kind, ways in MADE.items():
            if self.has(kind):
                self.names[kind] = [f'{kind}{i}' for i in range(r.choice([1, 1, 2]))]
                lines += [f'{name} = {r.choice(ways)}' for name in self.names[kind]]
        if self.has('agen'):
            self.names['agen'] = ['ag0', 'ag1'][:r.choice([1, 2])]
            own, self.features = self.features, self.features - {'agen'}
            for i in range(2):
                lines += ['', f'async def a{i}(me):'] + indent(self.yielding(self.function(0, 2, 4)))
            self.features = own
            lines += [''] + [f'{name} = keep(a{r.randrange(2)}({name!r}))' for name in self.names['agen']]
        count = r.randint(1, 3)
        for level in range(count):
            body = self.function(level, 2, 5)
            lines += ['', f'async def w{level}(me):', '    if FUEL[0] < 0:', "        return 'spent'", '    L(me, 0)', *indent(body), f'    return {self.number()}']
        body = self.function(count, 3, 7)
        start = []
        if self.has('callbacks'):
            start += ["H.append(LOOP.call_later(0.25, L, 'm', 'handle'))"]
        if self.has('eager') and r.odds(0.4):
            start += ['LOOP.set_task_factory(asyncio.eager_task_factory)']
        for _ in range(r.randint(1, 3)):
            level = r.randrange(count)
            start += [f'spawn(me, {level}, w{level}({self.child()}), LOOP.create_task)']
        if self.has('cancel') or r.odds(0.3):
            start += [f"LOOP.call_later({self.delay()}, do, 'm', 'c', lambda: anyone({self.number()}).cancel({r.choice(['', repr('late')])}))"]
        lines += ['', 'async def main(me):', *indent(start + body), '', 'run(main)']
        return lines

    def yielding(self, body):
        """Puts `yield` before and behind the statements of a generator's body, wherever they stand."""
        r = self.r
        lines = []
        for line in body:
            space = line[:len(line) - len(line.lstrip())]
            text = line.strip()
            if text.startswith('return '):
                line = space + 'return'
            if r.odds(0.4) and text.startswith(('L(', 'do(', 'task =')):
                lines.append(f'{space}L(me, {self.tag()}, show((yield {self.number()})))')
            lines.append(line)
        return lines + [f'yield {self.number()}']


def program(seed):
    """The source of a seed; what CPython does not compile is drawn again."""
    r = Chance(f'async:{seed}')
    while True:
        source = '\n'.join(Maker(r).program()) + '\n'
        try:
            compile(source, 'program', 'exec')
        except SyntaxError:
            # `return` and `break` are no parts of an `except*`.
            continue
        return source


def main():
    first, count = int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1
    for seed in range(first, first + count):
        print(f'# {seed}\n{program(seed)}')


if __name__ == '__main__':
    main()
