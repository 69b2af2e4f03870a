"""Programs about what is told: wrong sources, tracebacks, groups, formatted strings; and about what changes under way."""

import re

from pools import indent

TOKEN = re.compile(r'\s+|[A-Za-z_]\w*|\d[\w.]*|"[^"]*"|\'[^\']*\'|\*\*|//|->|:=|[-+*/%<>=!&|^@]=|.', re.S)
STATEMENTS = '''x = 1
x, *y = 1, 2, 3
x += (1, 2)[0]
def f(a, b=1, *c, d, e=2, **g): return a
def f(a, /, b, *, c): yield a
async def f(): await g(); return [x async for x in y]
class A(B, metaclass=M): x: int = 1
for i, j in x: break
while x: continue
if x: pass\nelif y: pass\nelse: pass
try: pass\nexcept E as e: pass\nelse: pass\nfinally: pass
try: pass\nexcept* (A, B): pass
with a as b, c as d: pass
with (a as b, c): pass
match x:\n    case [1, *y] | {"a": y, **z}: pass\n    case A(b, c=1) if d: pass\n    case _: pass
lambda a, *b, c=1: a
[x for x in y if z for w in x]
{a: b for a, b in c}
{*a, b}
{**a, "b": c}
f(a, *b, c=1, **d)
x[1:2, ..., ::3] = y
del x, y[0], z.w
import a.b as c, d
from . import (a, b as c)
from a import *
global x
return x
assert x, y
raise x from y
print(f"{x!r:>{w}} {y=}")
print((y := 5))
x = yield
x: int
not a in b is not c
a if b else c
"abc" 'def' b"x"
0x1F + 1_000 + 1e5j
@d\ndef f(): pass
type X[T] = list[T]
def f[T: int](a: T) -> T: nonlocal a
x = await y
*a, = b
(a, b) = c = d
x = {1, 2}
a <= b == c != d
async with a as b: pass
async for a in b: pass'''.split('\n')
STATEMENTS = [s.replace('\\n', '\n') for s in STATEMENTS]
PIECES = ['(', ')', '[', ']', '{', '}', ':', ',', '.', '=', '==', ':=', '*', '**', '@', '->', ';', '...', 'if', 'else', 'for', 'in', 'is', 'not', 'and', 'lambda', 'def', 'class', 'yield', 'await', 'return', 'None',
          'True', 'import', 'from', 'as', 'with', 'pass', 'del', 'x', '1', '"s"', 'f"{"', 'f"{}"', "f'{x!z}'", 'b"é"', '0777', '1_', '0x', '1e', '5a', '$', '?', '!', '\\', '"', "'", '"""', '\n', '    ', '\t', '#', 'é', 'global', 'match', 'case', '_', 'except', 'try', '%', '~', '<>']


def wrong_source(r):
    """Damaged statements and what the compiler says."""
    out = ['def S(source):', '    try:', '        compile(source, "s", "exec")', '        print("fine")', '    except SyntaxError as e:', '        print(type(e).__name__, e.msg, e.lineno)', '    except ValueError as e:', '        print(told(e))']
    for _ in range(r.randint(4, 8)):
        source = r.choice(STATEMENTS)
        where = r.randint(0, 5)
        if where == 0:
            source = 'def g():\n' + '\n'.join('    ' + line for line in source.split('\n'))
        elif where == 1:
            source = r.choice(STATEMENTS) + '\n' + source
        tokens = TOKEN.findall(source)
        for _ in range(r.choice([1, 1, 1, 2])):
            i = r.randrange(len(tokens))
            how = r.randint(0, 4)
            if how == 0:
                del tokens[i]
            elif how == 1:
                tokens.insert(i, r.choice(PIECES))
            elif how == 2:
                tokens[i] = r.choice(PIECES)
            elif how == 3:
                tokens.insert(i, r.choice(tokens))
            else:
                j = r.randrange(len(tokens))
                tokens[i], tokens[j] = tokens[j], tokens[i]
            if not tokens:
                tokens = ['pass']
        out.append(f'S({"".join(tokens)!r})')
    return out


def group(r, depth=2):
    if depth == 0 or r.odds(0.4):
        return r.choice(['ValueError(1)', 'KeyError("k")', 'TypeError("t")', 'IndexError()', 'OSError(2, "no")', 'ZeroDivisionError("z")', 'Mine(5)'])
    parts = ', '.join(group(r, depth - 1) for _ in range(r.randint(1, 3)))
    return f'{r.choice(["ExceptionGroup", "ExceptionGroup", "BaseExceptionGroup", "MyGroup"])}({r.choice(["g", "h", ""])!r}, [{parts}])'


def groups(r):
    out = ['''class Mine(ValueError): pass
class MyGroup(ExceptionGroup):
    def derive(self, excs): return MyGroup("derived " + self.message, excs)
def shape(e):
    if isinstance(e, BaseExceptionGroup): return (type(e).__name__, e.message, [shape(x) for x in e.exceptions])
    return told(e)
def ends(e):
    return (shape(e), e.__cause__ and shape(e.__cause__), e.__context__ and shape(e.__context__), e.__suppress_context__)''']
    for _ in range(r.randint(2, 4)):
        body = [f'raise {group(r, 3)}' + r.choice(['', '', ' from KeyError("cause")', ' from None'])]
        if r.odds(0.2):
            body = ['try: 1 // 0', 'except ZeroDivisionError:', *indent(body)]
        lines = ['try:', *indent(body)]
        for i in range(r.randint(1, 3)):
            kind = r.choice(['ValueError', 'KeyError', 'TypeError', '(KeyError, OSError)', 'Exception', 'LookupError', 'Mine', 'ZeroDivisionError', 'BaseException', 'ExceptionGroup' if r.odds(0.1) else 'OSError', '5' if r.odds(0.2) else 'IndexError'])
            act = r.choice(['pass', 'print(shape(e))', 'print(shape(sys.exception()))', 'raise', 'raise e', 'raise TypeError("new")', 'raise TypeError("new") from e', 'raise e.exceptions[0]', 'raise ExceptionGroup("again", [e, KeyError(3)])', '1 // 0', 'e = 5', 'del e'])
            lines += [f'except* {kind} as e:', f'    L({i}); {act}']
        if r.odds(0.3):
            lines += ['else:', '    L("else")']
        if r.odds(0.3):
            lines += ['finally:', '    L("fin")']
        out += ['try:', *indent(lines), 'except BaseException as x:', '    print(show(ends(x)))', 'print(sys.exception())']
    for _ in range(r.randint(1, 4)):
        g = group(r, 3)
        use = r.choice(['g.split({c})', 'g.subgroup({c})', 'g.derive([KeyError(1)])', 'g.exceptions', 'str(g)', 'repr(g)', 'g.args', 'g.split(lambda e: isinstance(e, LookupError))', 'g.split(lambda e: 1 // 0)', 'g.subgroup(5)', 'g.split()',
                        'type(g)("m", [1])', 'type(g)("m", [])', 'type(g)("m")', 'type(g)(5, [ValueError()])', 'ExceptionGroup("m", [KeyboardInterrupt()])', 'ExceptionGroup("m", 5)', 'g.message', 'setattr(g, "message", 1)', 'type(g.split({c})[0])', 'isinstance(g, Exception)'])
        c = r.choice(['ValueError', '(KeyError, TypeError)', 'Exception', 'type(g)', 'BaseExceptionGroup', '()'])
        out += [f'g = {g}', f'T(lambda: {use.format(c=c)})']
    return ['import sys'] + out


def tracebacks(r):
    """Exceptions out of several functions and what `traceback` writes of them."""
    names = ['a', 'b', 'c', 'd']
    risky = ['1 // (n - n)', 'int("x" * n)', '[1][n + 5]', '{}["k"]', 'None.attr', 'undefined', 'len(5)', '"a" + n', 'raise ValueError("v")', 'raise KeyError(n) from None', 'assert n > 99, "small"', 'raise Mine', 'f"{n:zz}"', '[x / 0 for x in [n]]',
             '(lambda q: q.nope)(n)', 'next(iter(()))', 'x, y = [n]', 'max([])', 'raise ExceptionGroup("g", [ValueError(1), KeyError(2)])', 'exec("1 +")', 'exec("def z(): return 1 // 0\\nz()")', 'import nothing_here', 'for _ in 5: pass', 'print(n)(n)', 'n.x = 1', 'del n[0]',
             '[1, 2][\n        n + 9\n    ]', 'sorted([1, "a"])', 'dict([1])', 'str(n, n, n)', 'list(map(lambda v: v + "", [n]))', 'sum(x for x in [n, "s"])']
    out = ['import traceback', 'class Mine(Exception):', '    def __str__(self): return "mine\\nlines"']
    for i, name in enumerate(names):
        called = r.choice(names[:i]) if i else None
        act = f'{called}(n + 1)' if called and r.odds(0.75) else r.choice(risky)
        lines = [act]
        k = r.randint(0, 7)
        if k == 0:
            lines = ['try:', *indent(lines), f'except Exception as e:', f'    {r.choice(["raise", "raise TypeError(8) from e", "raise TypeError(9)", "raise e", r.choice(risky), "e.add_note(chr(110)); raise", "raise RuntimeError from None"])}']
        elif k == 1:
            lines = ['try:', *indent(lines), 'finally:', '    ' + r.choice(['pass', 'n = 0', 'n.nope' if r.odds(0.3) else 'str(n)'])]
        elif k == 2:
            lines = ['with open("/dev/null") as f:', *indent(lines)]
        elif k == 3:
            lines = ['class K:', '    def __repr__(self): return "K"', '    ' + act.replace('return', 'pass') if '\n' not in act else '    pass', 'return K'] if 'raise' not in act else lines
        elif k == 4:
            lines = ['for n in [n]:', *indent(lines)]
        head = r.choice([f'def {name}(n):', f'def {name}(n, *more, k=2):'])
        out += [head, *[line for one in lines for line in indent(one.split('\n'))]]
    for _ in range(r.randint(1, 3)):
        show = r.choice(['print(traceback.format_exc())', 'print("".join(traceback.format_exception(e)))', 'print(traceback.format_exception_only(e))', 'print("".join(traceback.format_tb(e.__traceback__, 2)))', 'print([(f.name, f.lineno) for f in traceback.extract_tb(e.__traceback__)])', 'print("".join(traceback.TracebackException.from_exception(e).format(chain=False)))', 'print("".join(traceback.format_exception(e, limit=1)))', 'traceback.print_exc(file=sys.stdout)'])
        out += ['try:', f'    {r.choice(names)}({r.choice(["1", "0", "[]", "", "1, 2, 3"])})', 'except Exception as e:', f'    {show}']
    return ['import sys'] + out


def fstrings(r):
    """Nested formatted strings."""
    def expr(d):
        return r.choice([lambda: r.small(), lambda: 'v', lambda: 'w', lambda: 'v * 2', lambda: "'s'", lambda: 'd["k"]', lambda: '(lambda: v)()', lambda: '{1: v}[1]', lambda: '[v, w]', lambda: 'v if v else w', lambda: '(y := v)', lambda: 'x.n', lambda: 'f(v, k=w)',
                         lambda: 'nope' if r.odds(0.1) else 'v', lambda: '1.5', lambda: '2**70', lambda: 'not v', lambda: '*[1], 2', lambda: 'v,', lambda: 'None', lambda: '-v', lambda: fstring(d - 1) if d else 'w', lambda: 'yes\n' if r.odds(0.1) else 'v', lambda: 'v == w'])()

    def field(d):
        eq = r.choice(['', '', '', '=', ' = ', ' '])
        conv = r.choice(['', '', '', '!r', '!s', '!a'])
        spec = r.choice(['', '', '', ':', ':>6', ':x', ':{w}', ':{v}{w}', ':>{w}.{v}', ':%%', ':{"x"}', ':08.3f', ':^+9,d', ':é^5', ':=+5', ':_b', ':{w!r}', ':{w:>2}', ':#o', ':s', ':n', ':.2%', ':e'])
        return '{' + r.choice(['', ' ']) + expr(d) + eq + conv + spec + '}'

    def fstring(d):
        quote = r.choice(['"', "'", '"""', "'''"])
        parts = [r.choice([lambda: field(d), lambda: field(d), lambda: r.choice(['a', ' ', '{{', '}}', '{{}}', 'é', '\\n', '\\\\', '\\x41', '\\N{BULLET}', '😀', '%s', '\\{v}', '#'])])() for _ in range(r.randint(1, 4))]
        return r.choice(['f', 'f', 'F', 'rf', 'fR']) + quote + ''.join(parts) + quote

    out = ['v = 5; w = 3; d = {"k": 7}', 'class X:', '    n = 4', '    def __format__(self, s): return f"<{s}>"', '    def __repr__(self): return "X\\u00e9"', 'x = X()', 'def f(*a, **k): return (a, k)']
    for _ in range(r.randint(5, 10)):
        source = fstring(2)
        if r.odds(0.2):
            source += ' ' + r.choice(['"tail {v}"', "'t'", fstring(1), 'b"x"' if r.odds(0.1) else '""'])
        out.append(f'try: print(show(eval({source!r})))\nexcept SyntaxError as e: print("SyntaxError", e.msg)\nexcept Exception as e: print(told(e))')
    return out


def mutation(r):
    """Containers that change while something goes through them."""
    kind = r.choice(['list', 'dict', 'set', 'deque', 'bytearray', 'odict', 'list', 'dict', 'defaultdict', 'Counter'])
    make = {'list': '[5, 3, 1, 4]', 'dict': '{1: 5, 2: 6, 3: 7}', 'set': '{1, 2, 3, 4}', 'deque': 'collections.deque([1, 2, 3, 4])', 'bytearray': 'bytearray(b"abcd")', 'odict': 'collections.OrderedDict([(1, 5), (2, 6), (3, 7)])', 'defaultdict': 'collections.defaultdict(list, {1: [], 2: []})', 'Counter': 'collections.Counter("aab")'}[kind]
    seq = ['x.append(9)', 'x.pop()', 'x.clear()', 'x.insert(0, 8)', 'x.reverse()', 'x.remove(x[0])', 'del x[0]', 'x.extend([1, 2])', 'x *= 2', 'x += [7]', 'x[0] = 6']
    act = {
        'list': seq + ['x.sort()', 'x[:] = []', 'x[1:1] = [0, 0]', 'del x[::2]', 'x[::2] = [1, 1]', 'x.extend(x)'], 'deque': seq[:-3] + ['x.rotate(1)', 'x.popleft()', 'x.appendleft(0)', 'x[0] = 6'],
        'bytearray': ['x.append(65)', 'x.pop()', 'x.clear()', 'x.insert(0, 66)', 'x.reverse()', 'del x[0]', 'x.extend(b"zz")', 'x[0] = 67', 'x[:] = b""', 'x *= 2', 'x += b"q"'],
        'set': ['x.add(9)', 'x.discard(1)', 'x.clear()', 'x.pop()', 'x.update({7, 8})', 'x.add(1)', 'x -= {1, 2}', 'x &= {3}', 'x ^= {3, 9}', 'x.remove(2); x.add(2)'],
    }.get(kind, ['x[9] = 1', 'del x[1]', 'x.clear()', 'x.popitem()', 'x[1] = 0', 'x.update({7: 1, 8: 2})', 'x.pop(2)', 'x |= {5: 5}', 'x.setdefault(6, 6)', 'x[1]'] + (['x.move_to_end(1)'] if kind == 'odict' else []))
    over = ['x', 'x', 'iter(x)', 'reversed(x)', 'enumerate(x)', 'zip(x, x)', 'map(str, x)'] if kind not in ('set',) else ['x', 'iter(x)', 'enumerate(x)', 'zip(x, x)']
    if kind in ('dict', 'odict', 'defaultdict', 'Counter'):
        over += ['x.items()', 'x.values()', 'x.keys()', 'reversed(x.items())', 'list(x)']
    out = ['import collections', 'class Evil:', '    def __init__(self, n): self.n = n', '    def __eq__(self, o): hit(); return self.n == getattr(o, "n", o)', '    def __hash__(self): return 1', '    def __lt__(self, o): hit(); return self.n < getattr(o, "n", o)',
           '    def __repr__(self): return f"Evil({self.n})"', '    def __index__(self): hit(); return 1', '    def __len__(self): hit(); return 2', '    def __iter__(self): hit(); return iter([1, 2])', 'count = 0', 'def hit():', '    global count', '    count += 1', f'    if count in ({r.choice("123")}, 5):', '        try:', '            exec(action, globals())', '        except Exception as e: print("hit", told(e))']
    for _ in range(r.randint(3, 6)):
        action = r.choice(act)
        out += [f'x = {make}; count = 0; action = {action!r}']
        how = r.randint(0, 3)
        if how <= 1:
            out += ['try:', f'    for n, i in enumerate({r.choice(over)}):', '        print(show(i), end=" ")', f'        if n {r.choice(["==", "<", ">="])} {r.choice("0123")}: {action}', '        if n > 6: break', '    else: print("else", end=" ")', 'except Exception as e:', '    print(told(e), end=" ")']
        elif how == 2:
            it = r.choice(over)
            out += [f'it = iter({it})', f'T(lambda: next(it))', 'try:', f'    {action}', 'except Exception as e:', '    print(told(e))', 'T(lambda: next(it))', 'T(lambda: list(limited(it)))', 'T(lambda: next(it, "end"))', 'T(lambda: it.__length_hint__() if hasattr(it, "__length_hint__") else None)']
        else:
            use = {'list': ['x.sort(key=lambda q: (hit(), -q)[1])', 'x.index(Evil(77))', 'x.remove(Evil(4))', 'Evil(3) in x', 'x.count(Evil(1))', 'x == [Evil(5), Evil(3), Evil(1)]', 'x[Evil(0)]', 'x.pop(Evil(0))', 'x.insert(Evil(0), 7)', 'x.extend(Evil(0))', 'x.__setitem__(slice(Evil(0), 3), Evil(0))', 'max(x, key=lambda q: (hit(), q)[1])', 'sorted(x, key=lambda q: (hit(), q)[1])', 'x < [Evil(5), Evil(3)]', '[hit() for _ in x]', 'x * Evil(0)', 'x.__delitem__(Evil(0))', 'list(map(lambda q: (hit(), q), x))', 'sum(x, start=(hit(), 0)[1])'],
                   'deque': ['x.index(Evil(77))', 'x.remove(Evil(4))', 'x.count(Evil(1))', 'Evil(3) in x', 'x == collections.deque([Evil(1), Evil(2)])', 'x[Evil(0)]', 'x.extend(Evil(0))', 'x.rotate(Evil(0))', 'x.insert(Evil(0), 7)'],
                   'set': ['x.add(Evil(1))', 'Evil(1) in x', 'x.discard(Evil(2))', 'x | {Evil(5)}', 'x.issuperset(Evil(0))', 'x.update(Evil(0))', 'x == {Evil(1), 2, 3, 4}', 'x.intersection(Evil(0))', 'x.remove(Evil(9))'],
                   'bytearray': ['x[Evil(0)]', 'x.pop(Evil(0))', 'x.insert(Evil(0), 7)', 'x.extend(Evil(0))', 'x.append(Evil(0))', 'x.find(Evil(0))', 'x.__setitem__(Evil(0), Evil(0))', 'x.__setitem__(slice(0, Evil(0)), Evil(0))', 'x * Evil(0)', 'x.join([b"a", x])', 'x.__delitem__(Evil(0))'],
                   }.get(kind, ['x[Evil(1)]', 'x.get(Evil(1))', 'x.setdefault(Evil(1), 2)', 'x.pop(Evil(1))', 'x.pop(Evil(7), None)', 'Evil(1) in x', 'x == {1: Evil(5), 2: 6, 3: Evil(7)}', 'x.update({Evil(1): 3})', 'x | {Evil(2): 1}', '5 in x.values()', 'Evil(6) in x.values()', '(Evil(1), 5) in x.items()', 'x.keys() & Evil(0)', 'x.fromkeys(Evil(0))', '{**x, Evil(1): 2}'])
            out.append(f'T(lambda: {r.choice(use)})')
        out.append('print(show(x))')
    return out


def targets(r):
    """Assignment to and deletion of everything, by every way of binding."""
    def target(d=2):
        return r.choice([lambda: r.choice('abc'), lambda: r.choice('abc'), lambda: 'o.p', lambda: 'z[0]', lambda: 'z[1:2]', lambda: 'm["k"]', lambda: 'z[-1]', lambda: 'o.q.r' if r.odds(0.2) else 'o.q', lambda: several(d - 1) if d else 'a', lambda: f'[{several(d - 1)}]' if d else 'b', lambda: f'({several(d - 1)})' if d else 'c'])()

    def several(d):
        parts = [target(d) for _ in range(r.randint(1, 3))]
        if r.odds(0.4):
            i = r.randrange(len(parts) + 1)
            parts.insert(i, '*' + target(0))
        text = ', '.join(f'({p})' if ',' in p and p[0] not in '([*' else p for p in parts)
        return text + ',' if len(parts) == 1 else text

    value = lambda: r.choice(['1', '(1, 2)', '[1, 2, 3]', '(1, (2, 3))', '"ab"', 'range(3)', '{5: 6, 7: 8}', '[[1], [2, 3]]', 'iter([1, 2, 3, 4])', 'None', '(1, 2, 3, 4)', '[(1, 2), 3]', '()', 'gen()', 'z', '[*z, 1]', '(a, b)', '(b, a, c)'])
    out = ['class O: pass', 'def gen():', '    yield 1', '    yield (2, 3)', '    L("more")', '    yield 4', 'def reset():', '    global a, b, c, o, z, m', '    a, b, c, o, z, m = 1, [2], "c", O(), [1, 2, 3, 4], {"k": 0}',
           'def state():', '    print({n: globals()[n] for n in "abc" if n in globals()}, vars(o), z, m)']
    for _ in range(r.randint(4, 8)):
        t = several(r.randint(0, 2)) if r.odds(0.7) else target(1)
        line = r.choice([
            lambda: f'{t} = {value()}', lambda: f'{t} = {value()}', lambda: f'{t} = {target(1)} = {value()}', lambda: f'for {t} in [{value()}, {value()}]: state()', lambda: f'[{r.choice("abc")} for {r.choice("abc")}, *{r.choice("abc")}2 in [{value()}]]', lambda: f'{target(0)} {r.choice(["+=", "*=", "-=", "|=", "//=", "<<=", "@=", "%="])} {value()}',
            lambda: f'del {r.choice(["a", "a, b", "(a, [b, c])", "z[0], z[0]", "o.p", "z[1:3]", "m[" + chr(39) + "k" + chr(39) + "]", "z[::2], a", "m[5]", "o.nope", "z[9]", "[]", "()", "z[:], m"])}', lambda: f'with ctx({value()}) as {target(1)}: state()', lambda: f'a: int = {value()}', lambda: f'o.p: int = {value()}', lambda: f'print([(a := i) for i in {value()}], (b := {value()}))',
            lambda: f'import sys as {r.choice("abc")}; {r.choice("abc")} = 1', lambda: f'class {r.choice("abc")}: x = {value()}', lambda: f'try: raise ValueError({value()})\nexcept ValueError as {r.choice("abc")}: state()', lambda: f'z[{r.choice(["1:2", "::2", "5:", "-1:", ":0", "1:3:1", "::-1", "3:1"])}] = {value()}', lambda: f'z[{r.choice(["1:2", "::2", ":", "-2:"])}] {r.choice(["+=", "*="])} {value()}',
            lambda: f'print(f(*{value()}, k=(a := 3)), a)', lambda: f'match {value()}:\n    case [{r.choice("abc")}, *{r.choice("xyw")}] | {{}} if 0: pass\n    case [a, *b]: state()\n    case {r.choice("abc")}: state()'])()
        out += ['reset()', 'try:', *indent(line.split('\n')), 'except Exception as e:', '    print(told(e), end=" ")', 'state()']
    return ['import contextlib', 'ctx = contextlib.nullcontext', 'def f(*a, **k): return (a, k)'] + out
