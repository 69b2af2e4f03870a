"""Programs about statements: typed programs, control flow, suspension, scopes, patterns, order of evaluation."""

from pools import TYPES, indent


class Typed:
    """Expressions of a wanted type over variables whose types are known; sometimes the wrong one."""

    KINDS = ['int', 'int', 'str', 'list', 'float', 'dict', 'tuple', 'bool', 'set']

    def __init__(self, r):
        self.r = r
        self.scopes = [{}]
        self.count = 0
        self.functions = []

    def fresh(self, stem='v'):
        self.count += 1
        return f'{stem}{self.count}'

    def names(self, kind):
        return [n for scope in self.scopes for n, k in scope.items() if k == kind]

    def bind(self, kind, name=None):
        name = name or self.fresh()
        self.scopes[-1][name] = kind
        return name

    def expr(self, kind, d=3):
        r = self.r
        if r.odds(0.012):
            kind = r.choice(self.KINDS)
        here = self.names(kind)
        if d <= 0 or r.odds(0.12):
            if here and r.odds(0.75):
                return r.choice(here)
            return r.value(kind, safe=kind == 'int' and r.odds(0.7))
        e = lambda k, less=1: self.expr(k, d - less)
        if r.odds(0.08):
            return f'({e(kind)} if {e("bool")} else {e(kind)})'
        if r.odds(0.04):
            return f'(lambda {self.fresh("p")}={e(kind)}: {e(kind)})()'
        if r.odds(0.04) and len(self.scopes) == 1:
            name = self.fresh('w')
            text = f'({name} := {e(kind)})'
            return text
        if r.odds(0.04):
            return f'({e(kind)} {r.choice(["or", "and"])} {e(kind)})'
        if r.odds(0.05):
            mine = [(n, k) for n, k in self.functions if k == kind]
            if mine:
                return f'{r.choice(mine)[0]}({e("int")}, {e("list")})'
        return getattr(self, kind)(e)

    def int(self, e):
        r = self.r
        return r.choice([
            lambda: f'({e("int")} {r.choice("+-+-&|^")} {e("int")})', lambda: f'({e("int")} {r.choice(["%", "//"])} {e("int")})',
            lambda: f'({e("int")} * {r.small()})', lambda: f'len({e(r.choice(["str", "list", "dict", "tuple", "set"]))})',
            lambda: f'sum({self.comp("int", e)})', lambda: f'{r.choice("-~")}{e("int")}', lambda: f'{e("list")}[{e("int")}]',
            lambda: f'C({e("int")} ** {r.choice("0123")})', lambda: f'abs({e("int")})', lambda: f'int({e("float")})', lambda: f'{r.choice(["max", "min"])}({e("int")}, {e("int")})',
            lambda: f'{e("dict")}.get({e("int")}, {e("int")})', lambda: f'({e("bool")} + {e("int")})', lambda: f'C({e("int")} << {r.choice(["1", "3", "40"])})', lambda: f'({e("int")} >> {r.choice(["1", "3", "40"])})',
            lambda: f'{e("str")}.find({e("str")})', lambda: f'ord({e("str")}[{r.small()}])', lambda: f'sum({e("list")})', lambda: f'{e("list")}.count({e("int")})', lambda: f'divmod({e("int")}, {e("int")})[1]',
            lambda: f'int({e("str")})', lambda: f'{e("list")}.index({e("int")})', lambda: f'(lambda a, *b, c={e("int")}: a + len(b) + c)(*{e("list")})'])()

    def bool(self, e):
        r = self.r
        cmp = r.choice(['<', '<=', '>', '>=', '==', '!='])
        return r.choice([
            lambda: f'({e("int")} {cmp} {e("int")})', lambda: f'({e("int")} {cmp} {e("int")} {r.choice(["<", "!=", "=="])} {e("float")})', lambda: f'(not {e("bool")})', lambda: f'({e("bool")} and {e("bool")})',
            lambda: f'({e("bool")} or {e("int")})', lambda: f'({e("int")} in {e("list")})', lambda: f'({e("str")} {cmp} {e("str")})', lambda: f'({e("list")} {cmp} {e("list")})', lambda: f'isinstance({e("int")}, {r.choice(["int", "bool", "str", "(int, float)", "int | str"])})',
            lambda: f'({e("str")} not in {e("str")})', lambda: f'any({self.comp("bool", e)})', lambda: f'all({self.comp("int", e)})', lambda: f'({e("set")} {r.choice(["<", "<=", "==", ">"])} {e("set")})', lambda: f'bool({e(r.choice(self.KINDS))})',
            lambda: f'({e("tuple")} {cmp} {e("tuple")})', lambda: f'({e("int")} is None)', lambda: f'({e("float")} {cmp} {e("int")})', lambda: f'({e("dict")} == {e("dict")})'])()

    def float(self, e):
        r = self.r
        return r.choice([
            lambda: f'({e("float")} {r.choice("+-*")} {e("float")})', lambda: f'({e("int")} / {e("int")})', lambda: f'({e("float")} {r.choice("+-")} {r.small()})', lambda: f'float({e("int")})', lambda: f'({e("float")} // {e("float")})', lambda: f'({e("float")} % {e("int")})',
            lambda: f'round({e("float")}, {r.small()})', lambda: f'-{e("float")}', lambda: f'abs({e("float")})', lambda: f'sum({e("list")}, {e("float")})'])()

    def str(self, e):
        r = self.r
        return r.choice([
            lambda: f'({e("str")} + {e("str")})', lambda: f'str({e(r.choice(["int", "list", "float", "bool"]))})', lambda: f'{e("str")}.{r.choice(["upper", "lower", "title", "strip"])}()', lambda: f'{e("str")}[{e("int")}:{e("int")}]', lambda: f'"{r.choice(["-", "é", ""])}".join(map(str, {e("list")}))',
            lambda: f'f"{{{self.plain(e("int"))}}}|{{{self.plain(e("float"))}!r:>6}}"', lambda: f'("%s:%r" % ({e("int")}, {e("str")}))', lambda: f'({e("str")} * {r.choice("0123")})', lambda: f'{e("str")}.replace({e("str")}, {e("str")})[:60]', lambda: f'repr({e(r.choice(self.KINDS))})', lambda: f'"{{}}/{{}}".format({e("int")}, {e("list")})',
            lambda: f'{e("str")}[{e("int")}]', lambda: f'type({e(r.choice(self.KINDS))}).__name__', lambda: f'"".join(sorted({e("str")}))', lambda: f'{e("str")}[::{r.choice(["-1", "2", "-2"])}]', lambda: f'{e("str")}.partition({e("str")})[{r.choice("012")}]'])()

    @staticmethod
    def plain(text):
        return text if not (set('"\\{\n') & set(text)) else 'None'

    def comp(self, kind, e, brackets=''):
        r = self.r
        name = self.fresh('i')
        src = r.choice([lambda: f'range({r.choice(["3", "4", "2", "0"])})', lambda: e('list'), lambda: e('tuple'), lambda: f'enumerate({e("list")})'])()
        target = f'{name}, {self.fresh("j")}' if src.startswith('enum') else name
        self.scopes.append({name: 'int'})
        head = e(kind)
        more = ''
        if r.odds(0.4):
            more += f' if {e("bool")}'
        if r.odds(0.2):
            inner = self.fresh('k')
            more += f' for {inner} in {r.choice([f"range({r.small()})", f"[{name}, 1]"])}'
            self.scopes[-1][inner] = 'int'
            if r.odds(0.5):
                head = e(kind)
            if r.odds(0.3):
                more += f' if {inner} != {e("int")}'
        self.scopes.pop()
        return f'{head} for {target} in {src}{more}'

    def list(self, e):
        r = self.r
        return r.choice([
            lambda: f'[{self.comp("int", e)}]', lambda: f'[{e("int")}, {e("int")}]', lambda: f'({e("list")} + {e("list")})', lambda: f'sorted({e("list")}{r.choice(["", ", reverse=True", ", key=str", ", key=lambda x: -x"])})', lambda: f'{e("list")}[{e("int")}:{e("int")}]', lambda: f'[*{e("list")}, *{e("tuple")}]',
            lambda: f'list({e(r.choice(["tuple", "dict", "set"]))})', lambda: f'list(range({r.small()}, {r.small()}))', lambda: f'list(map(lambda q: q {r.choice("+-*")} {r.small()}, {e("list")}))', lambda: f'{e("list")}[::-1]', lambda: f'list(filter(None, {e("list")}))', lambda: f'({e("list")} * {r.choice("012")})',
            lambda: f'[{self.comp("str", e)}]', lambda: f'{e("str")}.split({r.choice(["", repr(","), repr(" ")])})', lambda: f'[x for x, *_ in zip({e("list")}, {e("tuple")})]', lambda: f'list({e("dict")}.values())', lambda: f'[{self.comp("list", e)}]'])()

    def tuple(self, e):
        r = self.r
        return r.choice([
            lambda: f'({e("int")}, {e("str")})', lambda: f'tuple({e("list")})', lambda: f'(*{e("list")}, {e("int")})', lambda: f'({e("tuple")} + {e("tuple")})', lambda: f'{e("tuple")}[{r.small()}:]', lambda: f'divmod({e("int")}, {e("int")})', lambda: f'tuple({self.comp("int", e)})', lambda: f'({e("int")},)',
            lambda: f'max({e("dict")}.items())', lambda: f'({e("list")}, {e("dict")})'])()

    def dict(self, e):
        r = self.r
        return r.choice([
            lambda: '{' + f'{e("int")}: {e("int")}, {e("str")}: {e("list")}' + '}', lambda: '{' + f'{r.choice(["i", "str(i)", "-i"])}: {e("int")} for i in {e("list")}' + '}', lambda: f'dict(a={e("int")}, b={e("str")})', lambda: '{**' + e('dict') + ', ' + r.text() + ': ' + e('int') + '}',
            lambda: f'({e("dict")} | {e("dict")})', lambda: f'dict(zip({e("list")}, {e("str")}))', lambda: f'dict.fromkeys({e("list")}, {e("int")})', lambda: f'dict(enumerate({e("list")}))', lambda: f'dict(sorted({e("dict")}.items()))'])()

    def set(self, e):
        r = self.r
        return r.choice([
            lambda: f'({e("set")} {r.choice("|&-^")} {e("set")})', lambda: f'set(i for i in range({r.small()}))', lambda: '{' + f'{r.small()}, {r.small()}' + '}', lambda: f'set({e("set")})', lambda: '{' + f'i % {r.choice("2345")} for i in range({r.choice("0159")})' + '}', lambda: f'{e("set")}.union({e("set")})'])()

    # -- statements -----------------------------------------------------------------------------

    def block(self, depth, loop=False, func=None, n=None):
        out = []
        for _ in range(n or self.r.randint(1, 4)):
            out += self.stmt(depth, loop, func)
        return out

    def stmt(self, depth, loop, func):
        r = self.r
        kind = r.choice(self.KINDS)
        d = r.randint(1, 3)
        ex = lambda k: self.expr(k, d)
        flat = ['assign', 'assign', 'print', 'print', 'aug', 'unpack', 'sub', 'multi', 'method', 'expr', 'assert', 'del', 'slice']
        deep = ['if', 'if', 'for', 'while', 'try', 'def', 'with']
        what = r.choice(flat if depth <= 0 else flat + deep)
        if r.odds(0.06) and loop:
            return [f'if {ex("bool")}: {r.choice(["break", "continue"])}']
        if r.odds(0.05) and func:
            return [f'if {ex("bool")}: return {ex(func)}']
        if what == 'assign':
            here = self.names(kind)
            name = r.choice(here) if here and r.odds(0.4) and len(self.scopes) == 1 else None
            value = ex(kind)
            return [f'{name or self.bind(kind)} = C({value})']
        if what == 'print':
            return [f'print(show({ex(kind)}){", show(" + ex(r.choice(self.KINDS)) + ")" if r.odds(0.3) else ""})']
        if what == 'aug':
            here = [(n, k) for n, k in self.scopes[-1].items()]
            if not here:
                return ['pass']
            n, k = r.choice(here)
            op = {'int': r.choice(['+', '-', '&', '|', '^', '//', '%', '+']), 'float': r.choice('+-*/'), 'list': '+', 'str': '+', 'tuple': '+', 'dict': '|', 'set': r.choice('|&-^'), 'bool': r.choice('&|^')}[k]
            value = ex(k if k != 'int' or r.odds(0.9) else 'float')
            return [f'{n} {op}= {value}', f'{n} = C({n})']
        if what == 'unpack':
            names = [self.fresh() for _ in range(r.randint(1, 3))]
            star = r.odds(0.4)
            if star:
                i = r.randrange(len(names))
                target = ', '.join('*' + n if j == i else n for j, n in enumerate(names)) + ','
            else:
                target = ', '.join(names) + (',' if len(names) == 1 else '')
            value = ', '.join(ex('int') for _ in names) + ',' if r.odds(0.7) else ex(r.choice(['list', 'tuple', 'str', 'dict']))
            out = [f'{target} = {value}']
            for j, n in enumerate(names):
                self.bind('list' if star and j == i else 'int', n)
            return out
        if what == 'sub':
            here = self.names('list') + self.names('dict')
            if not here:
                return ['pass']
            n = r.choice(here)
            return [f'{n}[{ex("int")}] {r.choice(["=", "=", "+=", "-="])} {ex("int")}']
        if what == 'slice':
            here = self.names('list')
            return [f'{r.choice(here)}[{r.small()}:{r.small()}{r.choice(["", "", ":2", ":-1"])}] {r.choice(["=", "+="])} {ex(r.choice(["list", "tuple"]))}'] if here else ['pass']
        if what == 'multi':
            a, b = self.fresh(), self.fresh()
            text = f'{a} = {b} = {ex(kind)}'
            self.bind(kind, a)
            self.bind(kind, b)
            return [text]
        if what == 'method':
            here = self.names('list')
            if not here:
                return ['pass']
            return [f'{r.choice(here)}.' + r.choice([f'append({ex("int")})', f'extend({ex("list")})', 'pop()', f'insert({r.small()}, {ex("int")})', 'sort()', 'reverse()', f'remove({ex("int")})', 'sort(key=str)'])]
        if what == 'expr':
            return [ex(kind)]
        if what == 'assert':
            return [f'assert {ex("bool")}, {ex("str")}'] if r.odds(0.4) else ['pass']
        if what == 'del':
            here = list(self.scopes[-1].items())
            if here and r.odds(0.3):
                n, _ = r.choice(here)
                del self.scopes[-1][n]
                return [f'del {n}']
            here = self.names('list')
            return [f'del {r.choice(here)}[{r.small()}]'] if here else ['pass']
        body = lambda loop=loop, n=None: indent(self.block(depth - 1, loop, func, n))
        if what == 'if':
            out = [f'if {ex("bool")}:', *body()]
            if r.odds(0.3):
                out += [f'elif {ex("bool")}:', *body()]
            if r.odds(0.5):
                out += ['else:', *body()]
            return out
        if what == 'for':
            n = self.fresh('i')
            src = r.choice([f'range({r.choice(["3", "2", "4", "5, 0, -2"])})', ex('list') + '[:4]', f'[{ex("int")}, {ex("int")}]', f'list({ex("dict")})[:3]', f'enumerate({ex("list")}[:3])'])
            self.bind('int', n)
            return [f'for {n} in {src}:', *body(True)] + (['else:', *body()] if r.odds(0.25) else [])
        if what == 'while':
            n = self.fresh('n')
            test = f'{n} < {r.choice("234")}' + (f' and {ex("bool")}' if r.odds(0.3) else '')
            return [f'{n} = 0', f'while {test}:', f'    {n} += 1', *body(True)] + (['else:', *body()] if r.odds(0.25) else [])
        if what == 'try':
            out = ['try:', *body(), f'except {r.choice(["Exception", "Exception", "(TypeError, ValueError)", "LookupError", "ZeroDivisionError"])} as e:', '    print(told(e))', *(body() if r.odds(0.3) else [])]
            if r.odds(0.2):
                out += ['else:', *body()]
            if r.odds(0.25):
                out += ['finally:', *body(False)] if not func else ['finally:', '    print("fin")']
            return out
        if what == 'with':
            return ['with contextlib.suppress(Exception):', *body()]
        name = self.fresh('f')
        result = r.choice(self.KINDS)
        a, b = self.fresh('a'), self.fresh('b')
        self.scopes.append({a: 'int', b: 'list'})
        default = f'={self.expr("list", 1)}' if r.odds(0.5) else ''
        lines = indent(self.block(depth - 1, False, result) + [f'return {self.expr(result, d)}'])
        self.scopes.pop()
        self.functions.append((name, result))
        # Names assigned inside are local: reading an outer one before is an error that is told, too.
        return [f'def {name}({a}, {b}{default}):', *lines]

    def function_list(self):
        return self.functions


def typed(r):
    g = Typed(r)
    out = ['import contextlib']
    for _ in range(r.randint(3, 8)):
        lines = g.stmt(r.choice([0, 1, 2, 2, 3]), False, None)
        if r.odds(0.75):
            out += ['try:', *indent(lines), 'except Exception as e:', '    print(told(e))']
        else:
            out += lines
    for name in list(g.scopes[0])[:6]:
        out.append(f'T(lambda: {name})')
    for name, _ in g.functions[:4]:
        out.append(f'T(lambda: {name}({r.small()}, [1, 2]))')
    return out


class Flow:
    """Jumps through every kind of block, with marks that say where control went."""

    ERRORS = ['ValueError', 'KeyError', 'TypeError', 'IndexError', 'ZeroDivisionError', 'LookupError', 'ArithmeticError', 'Exception']

    def __init__(self, r, kind):
        self.r, self.kind, self.marks = r, kind, 0
        self.star = False

    def mark(self):
        self.marks += 1
        return f'L({self.marks})'

    def leaf(self, loop):
        r = self.r
        options = [(5, self.mark()), (2, f'raise {r.choice(self.ERRORS)}({self.marks})'), (1, '1 // 0'), (1, '{}[1]'), (0.6, 'raise'), (0.5, 'undefined_name'),
                   (0.7, f'raise {r.choice(self.ERRORS)}("x") from {r.choice(["None", "KeyError(1)", "e", "5"])}'), (1.2, 'x += 1'), (0.7, 'print(x, end=" ")'),
                   (0.8, 'e = sys.exception(); print(type(e).__name__, end=" ")'), (0.3, 'del x'), (0.4, 'int("z")'), (0.3, 'assert x > 3, x')]
        if self.kind != 'module' and not self.star:
            options += [(1.5, f'return {r.choice([self.mark(), "x", "None", str(self.marks)])}')] if self.kind != 'asyncgen' else [(1, 'return')]
        if loop and not self.star:
            options += [(1.5, 'break'), (1.5, 'continue')]
        if self.kind == 'gen':
            options += [(4, f'x = yield {self.marks}'), (2, 'yield x'), (1.5, f'print((yield {self.marks}), end=" ")'), (1.5, f'yield from {r.choice(["[1, 2]", "sub()", "sub()", "range(2)", "5"])}'), (1, 'x = yield from sub()')]
        if self.kind in ('coro', 'asyncgen'):
            options += [(3, f'x = await Wait({self.marks})'), (1.5, 'await sub()'), (0.3, 'await 5')]
        if self.kind == 'asyncgen':
            options += [(4, f'x = yield {self.marks}'), (1, f'print((yield {self.marks}), end=" ")')]
        return r.weighted(options)

    def body(self, depth, loop):
        out = []
        for _ in range(self.r.randint(1, 3)):
            out += self.stmt(depth, loop)
        return out

    def stmt(self, depth, loop):
        r = self.r
        if depth <= 0 or r.odds(0.25):
            return [self.leaf(loop)]
        sub = lambda loop=loop: indent(self.body(depth - 1, loop))
        what = r.choice(['try', 'try', 'finally', 'finally', 'for', 'while', 'if', 'with', 'with', 'star', 'match', 'def'] + (['afor', 'awith'] * 2 if self.kind in ('coro', 'asyncgen') else []))
        if what == 'try':
            out = ['try:', *sub()]
            for _ in range(r.randint(1, 2)):
                clause = r.choice([f'except {r.choice(self.ERRORS)}:', f'except {r.choice(self.ERRORS)} as e:', f'except ({r.choice(self.ERRORS)}, {r.choice(self.ERRORS)}) as e:'])
                out += [clause, *sub()]
            if r.odds(0.2):
                out += ['except:', *sub()]
            if r.odds(0.3):
                out += ['else:', *sub()]
            if r.odds(0.4):
                out += ['finally:', *sub()]
            return out
        if what == 'finally':
            return ['try:', *sub(), 'finally:', *sub()]
        if what == 'star':
            was, self.star = self.star, True
            handlers = [f'except* {r.choice(self.ERRORS)} as e:', *indent([f'print(show(e), end=" ")'] + self.body(depth - 1, False))]
            self.star = was
            raised = r.choice(['raise ValueError(1)', 'raise ExceptionGroup("g", [ValueError(1), KeyError(2)])', 'raise ExceptionGroup("g", [TypeError(1), ExceptionGroup("h", [KeyError(2), ValueError(3)])])'])
            out = ['try:', *sub(), *(indent([raised]) if r.odds(0.6) else []), *handlers]
            if r.odds(0.4):
                self.star = True
                out += [f'except* {r.choice(self.ERRORS)}:', *indent(self.body(depth - 1, False))]
                self.star = was
            return out + (['else:', *sub()] if r.odds(0.2) else []) + (['finally:', *sub()] if r.odds(0.3) else [])
        inside = lambda: self._loop(depth)
        if what == 'for':
            return [f'for {r.choice(["i", "i", "x"])} in {r.choice(["range(2)", "[1, 2, 3]", "(3, 4)", "iter([1, 2])", "G()", "range(0)"])}:', *inside()] + (['else:', *sub()] if r.odds(0.4) else [])
        if what == 'while':
            n = f'n{depth}'
            return [f'{n} = 0', f'while {n} < {r.randint(1, 3)}:', f'    {n} += 1', *inside()] + (['else:', *sub()] if r.odds(0.4) else [])
        if what == 'if':
            return [f'if {r.choice(["x > 1", "x", self.mark(), "not x", "x == 2 or L(0, 1)"])}:', *sub()] + (['else:', *sub()] if r.odds(0.5) else [])
        if what == 'with':
            cms = ', '.join(f'CM({r.randint(0, 9)}, {r.choice(["0", "0", "1", "2", "3", "4"])})' + r.choice(['', ' as x', ' as (x, _)', '']) for _ in range(r.choice([1, 1, 2])))
            return [f'with {cms}:', *sub()]
        if what == 'match':
            return [f'match {r.choice(["x", "[x, 1]", "L(0, 2)"])}:', f'    case {r.choice(["0", "1 | 2", "[a, b]", "int(x)"])}:', *indent(sub()), '    case _:', *indent(sub())]
        if what == 'def':
            was, self.kind, star = self.kind, 'fn', self.star
            self.star = False
            name = f'f{depth}'
            lines = [f'def {name}(x):', *indent(self.body(depth - 1, False))]
            self.kind, self.star = was, star
            return lines + [r.choice([f'print({name}(x), end=" ")', f'x = {name}(2)', f'{name}(1)'])]
        if what == 'afor':
            return [f'async for {r.choice(["i", "x"])} in AG({r.randint(0, 3)}):', *inside()] + (['else:', *sub()] if r.odds(0.4) else [])
        return [f'async with ACM({r.randint(0, 9)}, {r.choice(["0", "0", "1", "2", "3"])}){r.choice(["", " as x"])}:', *sub()]

    def _loop(self, depth):
        star, self.star = self.star, False
        lines = indent(self.body(depth - 1, True))
        self.star = star
        return lines


FLOW_HELP = '''
import sys
class CM:
    def __init__(self, n, mode):
        self.n, self.mode = n, mode
    def __enter__(self):
        L(f'enter{self.n}')
        if self.mode == 3: raise KeyError('enter')
        return self.n
    def __exit__(self, t, e, tb):
        L(f'exit{self.n}:{t and t.__name__}:{e is sys.exception()}')
        if self.mode == 2: raise ValueError('exit')
        if self.mode == 4: sub_error()
        return self.mode == 1
def sub_error():
    try: 1 // 0
    except ZeroDivisionError: L('handled')
def G():
    try:
        yield 1
        yield 2
    finally:
        L('gfin')
def chain(e):
    out = []
    while e is not None and len(out) < 8:
        out.append(told(e) + ('|sup' if e.__suppress_context__ else '') + (f'|cause {told(e.__cause__)}' if e.__cause__ else ''))
        e = e.__context__
    return ' <- '.join(out)
'''
GEN_HELP = '''
def sub():
    try:
        r = yield 'sub'
        print('got', r, end=' ')
        yield 'sub2'
    except ValueError as e:
        L('subcaught')
        yield 'after'
        return 7
    finally:
        L('subfin')
    return 8
'''
CORO_HELP = '''
class Wait:
    def __init__(self, n): self.n = n
    def __await__(self):
        got = yield self.n
        return got
async def sub():
    try:
        return await Wait('sub')
    finally:
        L('subfin')
class ACM(CM):
    async def __aenter__(self):
        await Wait('ae')
        return self.__enter__()
    async def __aexit__(self, t, e, tb):
        if self.n % 2: await Wait('ax')
        return self.__exit__(t, e, tb)
class AG:
    def __init__(self, n): self.n = n
    def __aiter__(self): return self
    async def __anext__(self):
        self.n -= 1
        if self.n < 0: raise StopAsyncIteration
        if self.n % 2: await Wait('an')
        return self.n
'''


def drive(r, kind):
    """Statements that push a suspended body along."""
    steps = []
    for _ in range(r.randint(2, 8)):
        steps.append(r.choice(['g.send(None)', 'g.send(None)', 'g.send(None)', 'g.send(3)', 'g.send("s")', 'g.throw(ValueError(9))', 'g.throw(KeyError)', 'g.close()', 'g.throw(GeneratorExit)', 'g.throw(ZeroDivisionError("z"))'] +
                              (['next(g)', 'next(g)', 'next(g, "end")', 'list(g)', 'g.throw(StopIteration(4))', '[*g]', 'sum(1 for _ in g)'] if kind == 'gen' else [])))
    out = []
    for s in steps:
        out += ['try:', f'    print("->", show({s}))', 'except BaseException as e:', '    print("!>", chain(e), getattr(e, "value", ""))']
    return out


def flow(r):
    kind = r.choice(['fn', 'fn', 'module', 'gen', 'gen', 'coro', 'asyncgen'])
    f = Flow(r, kind)
    body = []
    for _ in range(r.randint(1, 2)):
        body += f.stmt(r.choice([2, 3, 3, 4]), False)
    out = FLOW_HELP.strip().split('\n')
    if kind == 'module':
        return out + ['x = 1', 'try:', *indent(body), 'except BaseException as e:', '    print(chain(e))', 'print(sys.exception())']
    if kind == 'fn':
        return out + ['def f(x):', *indent(body), 'for a in (0, 1, 2):', '    try:', '        print("=", f(a))', '    except BaseException as e:', '        print("!", chain(e))', 'print(sys.exception())']
    if kind == 'gen':
        return out + GEN_HELP.strip().split('\n') + ['def f(x):', *indent(body), '    yield "last"', f'g = f({r.randint(0, 2)})', *drive(r, kind), 'print(sys.exception(), g.gi_running)']
    if kind == 'coro':
        return out + CORO_HELP.strip().split('\n') + ['async def f(x):', *indent(body), f'g = f({r.randint(0, 2)})', *drive(r, kind), 'g.close()', 'print(sys.exception(), g.cr_running)']
    drives = []
    for _ in range(r.randint(1, 4)):
        step = r.choice(['g.asend(None)', 'g.__anext__()', 'g.asend(5)', 'g.athrow(ValueError(8))', 'g.aclose()', 'g.athrow(KeyError)', 'g.asend(None)', 'g.athrow(GeneratorExit)'])
        drives += [f'a = {step}', 'for n in range(5):', '    try:', f'        print("->", a.{r.choice(["send(None)", "send(None)", "send(n or None)", "throw(ValueError(n)) if n == 1 else a.send(None)"])})', '    except BaseException as e:', '        print("!>", chain(e), getattr(e, "value", ""))', '        break']
    return out + CORO_HELP.strip().split('\n') + ['async def f(x):', *indent(body), '    yield "last"', f'g = f({r.randint(0, 2)})', *drives, 'print(sys.exception(), g.ag_running)']


def order(r):
    """Who is evaluated when: every operand says its number."""
    n = [0]

    def v(value=None):
        n[0] += 1
        return f'L({n[0]}, {value if value is not None else r.choice(["1", "2", "0", "3"])})'

    def x(d):
        if d <= 0:
            return v()
        s = lambda: x(d - 1)
        return r.choice([
            lambda: f'{s()} {r.choice(["+", "-", "*", "//", "%", "<", "==", "and", "or", "|"])} {s()}', lambda: f'({s()} if {s()} else {s()})', lambda: f'[{s()}, {s()}][{v("0")}]', lambda: f'({s()} < {s()} <= {s()} != {s()})',
            lambda: f'f({s()}, *[{s()}], k={s()}, **{{"m": {s()}}})', lambda: '{' + f'{s()}: {s()}, {s()}: {s()}' + '}', lambda: f'{v("d")}[{s()}]', lambda: f'{v("[4, 5, 6]")}[{s()}:{s()}]', lambda: f'f"{{{v()}}}{{{v()}:{{{v()}}}}}"', lambda: f'{v("o")}.m({s()}, {s()})', lambda: f'not {s()}',
            lambda: f'(lambda a={v()}, b={v()}: a)({s()})', lambda: f'[{v("i")} for i in [{s()}] if {v("1")}]', lambda: f'({s()}, *({s()}, {s()}), {s()})', lambda: f'({s()} in [{s()}])', lambda: f'f({s()}, {s()}, *({s()},), q={s()})', lambda: f'(y := {s()})', lambda: f'-{s()}', lambda: f'({s()}) ** {v("2")}'])()

    out = ['class O:', '    def __getattr__(self, name): print("." + name, end=" "); return lambda *a: len(a)', '    def __setattr__(self, name, v): print(f".{name}={v!r}", end=" ")', '    def __getitem__(self, k): print(f"[{k}]", end=" "); return 1',
           '    def __setitem__(self, k, v): print(f"[{k}]={v}", end=" ")', '    def __delitem__(self, k): print(f"del[{k}]", end=" ")', '    def __iadd__(self, v): print(f"+={v}", end=" "); return self', '    def __repr__(self): return "O"',
           'o = O(); d = O()', 'def f(*a, **k): print("f", a, k, end=" "); return len(a)']
    for _ in range(r.randint(3, 7)):
        e = x(r.randint(1, 3))
        line = r.choice([
            lambda: f'print({e})', lambda: f'{v("o")}.a = {v("o")}[{v()}] = q = {e}', lambda: f'{v("o")}[{v()}] += {e}', lambda: f'{v("o")}.a, {v("o")}[{v()}] = {e}, {v()}', lambda: f'del {v("o")}[{v()}], {v("o")}[{v()}]', lambda: f'[{v("o")}.a, *{v("o")}.b] = {v()}, {e}, {v()}', lambda: f'q: int = {e}',
            lambda: f'{v("o")}.a: int = {e}', lambda: f'for {v("o")}.a in [{e}, {v()}]: {v()}', lambda: f'assert {e}, {v()}', lambda: f'raise {v("ValueError")}({e}) from {v("None")}', lambda: f'def g(a: int = {e}, *, b: str = {v()}) -> int: pass', lambda: f'class K({v("O")}, metaclass={v("type")}): z = {e}',
            lambda: f'{v("[1, 2, 3]")}[{v()}:{v()}] = [{e}]', lambda: f'with {v("open")}: pass', lambda: f'(q, {v("o")}.z), w = ({e}, {v()}), {v()}', lambda: f'{v("o")}[{v()}:{v()}, {v()}] = {e}', lambda: f'{v("o")}.a += {e}', lambda: f'@{v("str")}\ndef h(a={v()}): pass', lambda: f'print({e} if {e} else {e})', lambda: f'while {v("0")} or {e}: break', lambda: f'if {e}: {v()}\nelif {e}: {v()}'])()
        out += ['try:', *indent(line.split('\n')), 'except Exception as e:', '    print(told(e), end="")', 'print()']
    return out


def pattern(r):
    def pat(d, names):
        simple = [lambda: r.choice(['0', '1', '-1', '2.5', "'a'", 'None', 'True', 'False', "b'x'", '1+2j', '-1.5']), lambda: '_', lambda: fresh(names), lambda: r.choice(['NS.one', 'NS.name', 'NS.sub.two'])]
        if d <= 0:
            return r.choice(simple)()
        s = lambda: pat(d - 1, names)

        def alternatives():
            # Every alternative binds the same names: use none.
            return ' | '.join(pat_free(d - 1) for _ in range(r.randint(2, 3)))

        def sequence():
            parts = [s() for _ in range(r.randint(0, 3))]
            if r.odds(0.4):
                parts.insert(r.randint(0, len(parts)), r.choice(['*_', '*' + fresh(names)]))
            return '[' + ', '.join(parts) + ']' if r.odds(0.6) else '(' + ', '.join(parts) + (',)' if len(parts) == 1 else ')')

        def mapping():
            keys = r.sample(["'a'", "'x'", '1', 'None', "'b'", 'NS.one2', '-1'], r.randint(0, 3))
            parts = [f'{k}: {s()}' for k in keys]
            if r.odds(0.35):
                parts.append('**' + fresh(names))
            return '{' + ', '.join(parts) + '}'

        def klass():
            c = r.choice(['int', 'str', 'Pt', 'Pt', 'Pt', 'list', 'dict', 'Bad', 'float', 'bool', 'Sub', 'tuple', 'NotAClass'])
            parts = [s() for _ in range(r.choice([0, 1, 1, 2, 3]))]
            kw = r.sample(['x', 'y', 'real', 'z'], r.choice([0, 0, 1, 2]))
            return f'{c}({", ".join(parts + [f"{k}={s()}" for k in kw])})'

        return r.choice(simple + [alternatives, sequence, sequence, mapping, mapping, klass, klass, lambda: f'{pat_closed(d - 1, names)} as {fresh(names)}', lambda: f'({s()})'])()

    def pat_closed(d, names):
        return '(' + pat(d, names) + ')' if d > 0 else r.choice(['0', '1', "'a'", 'int()', 'str()', '[_, *_]', '{}'])

    def pat_free(d):
        p = pat(d, None)
        return f'({p})' if ' | ' in p or ' as ' in p else p

    def fresh(names):
        if names is None:
            return '[_, *_]'[:0] + r.choice(['0', "'q'", 'None'])
        names.append(f'n{len(names)}')
        return names[-1]

    out = '''class Pt:
    __match_args__ = ('x', 'y')
    def __init__(self, x, y): self.x, self.y = x, y
    def __repr__(self): return f'Pt({self.x}, {self.y})'
class Sub(Pt): __match_args__ = ()
class Bad: __match_args__ = [1]
NotAClass = 5
class NS:
    one = 1; name = 'a'; one2 = 5
    class sub: two = 2
class Logged(dict):
    def get(self, *a): print('get', a[0], end=' '); return dict.get(self, *a)
class Log:
    def __eq__(self, o): print('eq', o, end=' '); return False
    def __repr__(self): return 'Log'
'''.strip().split('\n')
    subjects = ["0", "1", "'a'", "[1, 2]", "(1, 'a')", "[]", "{'a': 1}", "{'a': 1, 'x': [0, 1], 1: None}", "Pt(1, 2)", "Pt(0, 'a')", "None", "True", "2.5", "'abc'", "[[1], [2, 3]]", "range(3)", "Sub(1, 1)", "b'x'", "{}", "Bad()", "Log()", "{None: 0}", "1+2j", "(0, [1, {'b': 2}], 'z')", "Logged(a=1)", "-1", "collections.deque([1, 2])", "bytearray(b'x')", "collections.defaultdict(int)"]
    cases = []
    for i in range(r.randint(2, 5)):
        names = []
        p = pat(r.randint(0, 3), names)
        guard = f' if {r.choice(["s", "not s", "L(7, 1)", "s == 1"] + [n for n in names[:1]])}' if r.odds(0.25) else ''
        if p == '_' and not guard or (p.startswith('n') and p.isidentifier() and not guard):
            p += ' if s != 99'
        cases += [f'            case {p}{guard}:', f'                return {i}, {", ".join(names) + "," if names else ""}']
    return ['import collections'] + out + ['def f(s):', '        match s:', *cases, '            case _:', '                return "default"', '        return "none"'] + [f'T(lambda: f({s}))' for s in r.sample(subjects, 9)]


def scopes(r):
    """Names: global, nonlocal, class bodies, comprehensions, exec, del, shadowing."""
    names = ['a', 'b', 'c', 'len', 'x']

    def expr(d=2):
        n = r.choice(names)
        if d <= 0:
            return r.choice([n, n, r.small(), '[i for i in range(2)]'])
        s = lambda: expr(d - 1)
        return r.choice([lambda: n, lambda: f'[{s()}, {s()}]', lambda: f'(lambda {n}: {s()})({s()})', lambda: f'(lambda: {s()})()', lambda: f'[{s()} for {n} in range(2)]', lambda: f'[({s()}, {n}) for {n} in [{s()}] if {s()}]', lambda: f'({n} := {s()})', lambda: f'[{n} := {s()} for i in (1, 2)]', lambda: f'(lambda {n}={s()}: {n})()',
                         lambda: f'eval("{n}")', lambda: f'str({s()})[:9]', lambda: f'[[{s()} for j in [i]] for i in range(2)]', lambda: f'sorted(locals())[:6]', lambda: f'"{n}" in globals()', lambda: '{' + f'{n}: {s()} for {n} in "ab"' + '}', lambda: f'list({s()} for {n} in (0, 1))', lambda: f'(lambda *{n}, **k: ({n}, k))(1, z={s()})', lambda: f'vars().get("{n}")'])()

    def stmts(depth, where, outer):
        out = []
        declared = set()
        if where == 'def' and r.odds(0.35):
            n = r.choice(names)
            kind = 'nonlocal' if n in outer and r.odds(0.6) else 'global'
            out.append(f'{kind} {n}')
            declared.add(n)
        assigned = set()
        for _ in range(r.randint(1, 4)):
            n = r.choice(names)
            what = r.randint(0, 13)
            e = expr(r.randint(0, 2))
            if where == 'class' and ':=' in e:
                e = e.replace(':=', '==')
            # A walrus in a comprehension may not rebind its own target, nor shadow a parameter that is iterated.
            if what <= 3:
                out.append(f'{n} = {e}')
                assigned.add(n)
            elif what <= 5:
                out.append(f'print({n!r}, show({e}))')
            elif what == 6:
                out.append(f'del {n}')
            elif what == 7:
                out.append(f'{n} {r.choice(["+=", "*="])} {r.choice(["1", "[0]", "2"])}')
            elif what == 8:
                out.append(f'for {n} in range(2): pass')
            elif what == 9:
                out += ['try:', f'    1 // 0', f'except ZeroDivisionError as {n}:', f'    print(show({n}))']
            elif what == 10:
                out.append(f'exec("{n} = {r.small()}")')
            elif what == 11:
                out.append(f'import operator as {n}; {n} = {n}.add(1, 2)')
            elif depth > 0 and what == 12:
                k = r.choice(['def', 'def', 'class'])
                if k == 'def':
                    param = r.choice(['', n, f'{n}=1', f'*{n}'])
                    inner_outer = outer | (assigned - declared if where == 'def' else set())
                    lines = stmts(depth - 1, 'def', inner_outer)
                    if any(line == f'{d} {param.strip("*").split("=")[0]}' for line in lines for d in ('global', 'nonlocal')):
                        param = ''
                    out += [f'def g{depth}({param}):', *indent(lines), f'    return {expr(1)}', 'try:', f'    print("g", show(g{depth}({"3" if param == n else ""})))', 'except Exception as e:', '    print(told(e))']
                else:
                    out += [f'class K{depth}:', *indent(stmts(depth - 1, 'class', outer)), f'print([k for k in vars(K{depth}) if k[:2] != "__"])']
            else:
                out.append(f'T(lambda: {e})')
        return out or ['pass']

    body = []
    for _ in range(r.randint(2, 4)):
        lines = stmts(2, 'module', set())
        body += ['try:', *indent(lines), 'except Exception as e:', '    print(told(e))']
    first = ['a, b, c = 1, [2], "c"']
    if r.odds(0.4):
        inner = stmts(3, 'def', set())
        body += ['def main(x=5):', *indent(inner), '    return sorted(locals())', 'T(main)']
    return first + body + ['print([(n, show(v)) for n, v in sorted(globals().items()) if n in ("a", "b", "c", "x")])']
