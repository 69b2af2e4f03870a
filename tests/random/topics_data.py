"""Programs about values: operators, methods, builtins, formats, slices, parsing, the library."""

import builtins

from pools import SEQUENCES, TYPES, indent

BINARY = ['+', '-', '*', '/', '//', '%', '**', '@', '&', '|', '^', '<<', '>>', '<', '<=', '>', '>=', '==', '!=', 'in', 'not in', 'is', 'and', 'or']
UNARY = ['-', '+', '~', 'not ', 'abs', 'bool', 'repr', 'str', 'hash0', 'len', 'int', 'float', 'list', 'tuple', 'iter0', 'round', 'ascii', 'sorted',
         'sum', 'min', 'max', 'any', 'all', 'reversed', 'type', 'chr', 'hex', 'oct', 'bin', 'divmod0', 'complex', 'bytes0', 'enumerate',
         'callable', 'dict', 'set', 'frozenset', 'ord', 'next0']


def binary(r, left=None, right=None):
    op = r.choice(BINARY)
    a, b = left or r.choice(TYPES), right or r.choice(TYPES)
    if op == 'is':
        return f'{r.choice(["None", "True", "int"])} is {r.value(b)}'
    if op == '**':
        x, y = r.value(a), r.value(b, safe=True)
        return f'({x}) ** ({y})' if '**' not in y and '10**' not in y else f'(1) ** ({y})'
    if op in ('<<', '>>'):
        return f'({r.value(a)}) {op} ({r.value(b, safe=True)})' if op == '>>' else f'({r.value(a)}) {op} ({r.small() if b == "int" else r.value(b)})'
    if op == '*':
        if b == 'int' and a in SEQUENCES | {'int'}:
            return f'({r.value(a)}) * ({r.small()})'
        if a == 'int' and b in SEQUENCES:
            return f'({r.small()}) * ({r.value(b)})'
    return f'({r.value(a)}) {op} ({r.value(b)})'


def unary(r):
    op = r.choice(UNARY)
    x = r.value(safe=op in ('bytes0', 'range'))
    if op in '-+~' or op == 'not ':
        return f'{op}({x})'
    if op == 'hash0':
        return f'hash({r.value(r.choice(["int", "float", "bool", "list", "dict", "set"])).replace("nan", "0.0")})'
    if op == 'iter0':
        return f'list(iter({x}))'
    if op == 'divmod0':
        return f'divmod({x}, {r.value()})'
    if op == 'bytes0':
        return f'bytes({x})'
    if op == 'next0':
        return f'next({x})'
    return f'{op}({x})'


def tests(r, one, low=4, high=10):
    return [f'T(lambda: {one(r)})' for _ in range(r.randint(low, high))]


def operators(r):
    return tests(r, lambda r: binary(r) if r.odds(0.8) else unary(r))


def numbers(r):
    """Arithmetic of numbers only, nested."""
    kinds = ['int', 'int', 'int', 'float', 'bool', 'complex'] if r.odds(0.5) else ['int', 'bool']

    def tree(depth):
        if depth == 0 or r.odds(0.15):
            return r.value(r.choice(kinds))
        op = r.choice(['+', '-', '*', '/', '//', '%', '&', '|', '^', '<', '==', '>=', '**', '<<', '>>', 'round', 'divmod', 'neg', 'pow', 'int', 'cond'])
        if op == 'round':
            return f'round({tree(depth - 1)}, {r.small()})' if r.odds(0.7) else f'round({tree(depth - 1)})'
        if op == 'divmod':
            return f'divmod({tree(depth - 1)}, {tree(depth - 1)})[{r.choice(["0", "1"])}]'
        if op == 'neg':
            return f'{r.choice("-~+")}({tree(depth - 1)})'
        if op == 'int':
            return f'{r.choice(["int", "float", "bool", "abs"])}({tree(depth - 1)})'
        if op == 'pow':
            return f'pow({tree(depth - 1)}, {r.choice(["0", "1", "2", "3", "-1"])}, {tree(depth - 1)})'
        if op == 'cond':
            return f'({tree(depth - 1)} if {tree(depth - 1)} else {tree(depth - 1)})'
        if op == '**':
            return f'({tree(depth - 1)}) ** {r.choice(["0", "1", "2", "-1", "0.5", "3", "-2"])}'
        if op in ('<<', '>>'):
            return f'({tree(depth - 1)}) {op} {r.choice(["0", "1", "5", "31", "49", "64", "-1"])}'
        return f'({tree(depth - 1)}) {op} ({tree(depth - 1)})'

    return tests(r, lambda r: tree(r.randint(1, 4)), 5, 12)


HARMLESS = {
    'str': 'str', 'bytes': 'bytes', 'list': 'list', 'tuple': 'tuple', 'dict': 'dict', 'set': 'set', 'int': 'int', 'float': 'float',
    'complex': 'complex', 'range': 'range', 'bool': 'bool',
}
SKIP = {'__sizeof__', '__reduce__', '__reduce_ex__', '__dir__', '__doc__', '__subclasshook__', '__init_subclass__', '__hash__', '__getstate__',
        '__class__', '__new__', '__delattr__', '__setattr__', '__alloc__', '__release_buffer__', '__buffer__', '__getnewargs__', '__getformat__',
        '__class_getitem__', '__rpow__', '__pow__', '__rlshift__', '__lshift__', '__mul__', '__rmul__', '__imul__'}
KEYWORDS = ['sep', 'maxsplit', 'keepends', 'encoding', 'errors', 'key', 'reverse', 'default', 'start', 'stop', 'tabsize', 'x', 'byteorder',
            'signed', 'length', 'end', 'strict', 'initial', 'count', 'repeat', 'fillvalue', 'func', 'r', 'n', 'key', 'lo', 'hi']
METHODS = {
    kind: [n for n in dir(getattr(builtins, kind)) if n not in SKIP and callable(getattr(getattr(builtins, kind), n))]
    for kind in HARMLESS
}
METHODS['bytes'] += ['append', 'extend', 'insert', 'pop', 'remove', 'reverse', 'clear', 'copy']
METHODS['set'] += ['__hash__']
NATURAL = {
    'str': ['str', 'str', 'str', 'int', 'int', 'other', 'tuple'],
    'bytes': ['bytes', 'bytes', 'int', 'str'],
    'list': ['int', 'int', 'list', 'tuple', 'str', 'other'],
    'tuple': ['int', 'tuple', 'str'],
    'dict': ['str', 'int', 'dict', 'list', 'other', 'tuple'],
    'set': ['set', 'set', 'range', 'int'],
    'int': ['int', 'str', 'float'],
    'float': ['float', 'int', 'str'],
    'complex': ['complex', 'float', 'int'],
    'range': ['int', 'range'],
    'bool': ['bool', 'int'],
}


def arguments(r, kind, low=0, high=3):
    out = r.args(low, r.randint(low, high), NATURAL.get(kind) if r.odds(0.75) else None)
    if r.odds(0.12):
        out.append(f'{r.choice(KEYWORDS)}={r.value(safe=True)}')
    elif r.odds(0.04):
        out.append(r.choice(["*[1]", "*'ab'", "**{'key': None}", "**{}", "*3", "**3"]))
    return ', '.join(out)


def method(r):
    kind = r.choice(list(METHODS))
    names = METHODS[kind]
    name = r.choice(names)
    while name.startswith('__') and r.odds(0.7):
        name = r.choice(names)
    receiver = r.value(kind, safe=True)
    if r.odds(0.05):
        return f'{kind}.{name}({arguments(r, kind)})'
    if r.odds(0.03):
        return f'({receiver}).{name[:-1]}'
    return f'({receiver}).{name}({arguments(r, kind)})'


def methods(r):
    out = []
    for _ in range(r.randint(4, 10)):
        if r.odds(0.3):
            kind = r.choice(['list', 'dict', 'set', 'bytes'])
            names = [n for n in METHODS[kind] if not n.startswith('__')]
            out.append(f'x = {r.value(kind)}' if kind != 'bytes' else f'x = bytearray({r.value(kind)})')
            for _ in range(r.randint(1, 4)):
                out.append(f'T(lambda: x.{r.choice(names)}({arguments(r, kind)}))')
            out.append('print(show(x))')
        else:
            out.append(f'T(lambda: {method(r)})')
    return out


FUNCTIONS = ['abs', 'all', 'any', 'ascii', 'bin', 'bool', 'bytearray', 'bytes', 'callable', 'chr', 'complex', 'dict', 'divmod', 'enumerate', 'eval',
             'filter', 'float', 'format', 'frozenset', 'getattr', 'hasattr', 'hex', 'int', 'isinstance', 'issubclass', 'iter', 'len', 'list',
             'map', 'max', 'min', 'next', 'oct', 'ord', 'pow0', 'range', 'repr', 'reversed', 'round', 'set', 'setattr', 'slice', 'sorted', 'str',
             'sum', 'tuple', 'type', 'zip', 'memoryview', 'delattr', 'hash0', 'print', 'vars', 'object', 'super', 'property', 'staticmethod']


def builtin(r):
    name = r.choice(FUNCTIONS)
    if name == 'pow0':
        return f'pow({r.small()}, {r.value(safe=True).replace("2**70", "3").replace("10**25", "4")}, {r.value()})'
    if name == 'hash0':
        return f'hash({r.value(r.choice(["int", "float", "bool", "complex", "list"])).replace("nan", "0.0")})'
    kinds = {'int': ['str', 'float', 'int', 'bytes'], 'float': ['str', 'float', 'int'], 'chr': ['int'], 'ord': ['str', 'bytes'],
             'round': ['float', 'int'], 'range': ['int'], 'complex': ['str', 'int', 'float', 'complex'], 'sum': ['list', 'tuple', 'int'],
             'zip': ['list', 'tuple', 'str', 'range'], 'format': ['str', 'int', 'float'], 'eval': ['str'], 'getattr': ['other', 'str'],
             'isinstance': ['other'], 'issubclass': ['other'], 'max': ['list', 'int', 'tuple'], 'min': ['list', 'int', 'str'],
             'sorted': ['list', 'tuple', 'set'], 'slice': ['int']}.get(name)
    if r.odds(0.3):
        kinds = None
    out = r.args(0, r.randint(1, 4), kinds)
    if r.odds(0.15):
        out.append(f'{r.choice(KEYWORDS + ["base", "object", "obj", "ndigits", "real", "imag", "iterable"])}={r.value(safe=True)}')
    return f'{name}({", ".join(out)})'


def functions(r):
    return tests(r, builtin, 5, 12)


def spec(r):
    fill = r.choice(['', '', '', '*', '0', 'é', '😀', ' '])
    align = r.choice(['', '<', '>', '^', '=']) if not fill else r.choice('<>^=')
    sign = r.choice(['', '', '', '+', '-', ' '])
    z = 'z' if r.odds(0.05) else ''
    alt = '#' if r.odds(0.15) else ''
    zero = '0' if r.odds(0.15) else ''
    width = r.choice(['', '', '', '1', '5', '8', '12', '20'])
    group = r.choice(['', '', '', '', ',', '_'])
    precision = r.choice(['', '', '', '.0', '.1', '.2', '.3', '.5', '.10', '.20'])
    kind = r.choice(['', '', 'd', 'f', 'e', 'g', 'G', 'E', 'F', '%', 'n', 's', 'x', 'X', 'o', 'b', 'c', 'q', 'f', 'g', 'd'])
    if r.odds(0.03):
        return r.choice(['.', '..2', '5.', 'dd', ',,', '_,', '>>>5', '{', '10000000000000000000000', '.99999999999999999999f', ',_d', '5,', ' '])
    return fill + align + sign + z + alt + zero + width + group + precision + kind


def formats(r):
    out = []
    for _ in range(r.randint(5, 12)):
        way = r.randint(0, 6)
        kind = r.choice(['int', 'float', 'str', 'float', 'int', 'bool', 'complex', 'other', 'list'])
        value = r.value(kind)
        if way == 0:
            out.append(f'T(lambda: format({value}, {spec(r)!r}))')
        elif way == 1:
            text = spec(r).replace('{', '').replace("'", '').replace('"', '')
            conv = r.choice(['', '', '!r', '!s', '!a'])
            if '\\' in value or '"' in value or value.startswith('{') or '\n' in text:
                value = 'x'
            out.append(f'x = {r.value(kind)}')
            out.append(f'T(lambda: f"<{{{value}{conv}:{text}}}>")')
        elif way == 2:
            out.append(f'x, w, p = {value}, {r.choice([0, 5, 9])}, {r.choice([0, 2, 4])}')
            out.append(f'T(lambda: f"{{x:{{w}}.{{p}}{r.choice(["f", "g", "e", "s", "", "d"])}}}|{{x!r:>{{w}}}}|{{x=}}|{{x = !s}}|{{{{{{w}}}}}}")')
        elif way == 3:
            flags = ''.join(r.some(['-', '+', ' ', '#', '0'], 0, 2))
            width = r.choice(['', '', '5', '10', '*'])
            prec = r.choice(['', '', '.2', '.0', '.', '.*', '.8'])
            conv = r.choice('diouxXeEfFgGcrsa%')
            text = r.choice(['', 'a']) + '%' + flags + width + prec + r.choice(['', '', '', 'l']) + conv + r.choice(['', '!', '%%'])
            args = [r.small() for _ in range((width == '*') + (prec == '.*'))] + [value]
            if r.odds(0.1):
                args = args[:-1] if r.odds(0.5) else args + ['1']
            name = 'b' if r.odds(0.15) else ''
            out.append(f'T(lambda: {name}{text!r} % ({", ".join(args)},))')
        elif way == 4:
            fields = r.some(['{}', '{0}', '{1}', '{a}', '{0.real}', '{0[0]}', '{a!r:>8}', '{:>{}}', '{{}}', '{', '}', '{!x}', '{a.b}', '{0[k]}', '{2}',
                             '{:d}', '{!r:^9}', '{0!s:.2}', '{a[0]}', '{0:{1}}', '{:', '{!}', '{ 0}', '{0[}', '{0.}', '{:{:{}}}', '{-1}', '{a:{b}}'], 1, 3)
            out.append(f'T(lambda: {"-".join(fields)!r}.format({", ".join(r.args(0, 3))}{", " if r.odds(0) else ""}))' if r.odds(0.5) else
                       f'T(lambda: {"-".join(fields)!r}.format({", ".join(r.args(1, 2) + ["a=" + value])}))')
        elif way == 5:
            out.append(f"T(lambda: '%({r.choice(['a', 'b', ''])})s %(a){r.choice('sdrxf')}' % {r.choice(['{}', chr(123) + chr(39) + 'a' + chr(39) + ': ' + value + '}', value, '(1,)'])})")
        else:
            out.append(f'T(lambda: {r.choice(["repr", "str", "ascii"])}({value}))')
    return out


def slices(r):
    def part():
        return r.choice(['', '', r.small(), r.small(), r.whole(), 'None', '-1', '2', r.value() if r.odds(0.1) else '1'])

    def cut():
        if r.odds(0.3):
            return r.choice([r.whole(), r.small(), r.value(), 'True', 'Index(1)', '...', '1, 2', ':, 1'])
        text = f'{part()}:{part()}'
        return text + f':{part()}' if r.odds(0.5) else text

    out = []
    for _ in range(r.randint(4, 9)):
        kind = r.choice(['list', 'list', 'str', 'tuple', 'bytes', 'range', 'ba', 'mv'])
        base = {'list': 'list(range(8))', 'ba': "bytearray(b'abcdefgh')", 'mv': "memoryview(b'abcdefgh')"}.get(kind) or r.value(kind)
        if kind in ('list', 'ba') and r.odds(0.6):
            out.append(f'x = {base}')
            for _ in range(r.randint(1, 3)):
                what = r.choice(['= ', '= ', 'del', '+= ', '*= '])
                value = r.value(r.choice(['list', 'tuple', 'str', 'bytes', 'int', 'range', 'set']), safe=True)
                if what == '*= ':
                    value = r.choice(['0', '2', '-1', '1.5'])
                line = f'del x[{cut()}]' if what == 'del' else f'x[{cut()}] {what}{value}'
                out += ['try:', f'    {line}', 'except Exception as e:', '    print(told(e))', 'print(show(x))']
        else:
            out.append(f'T(lambda: ({base})[{cut()}])')
            if r.odds(0.2):
                out.append(f'T(lambda: slice({r.small()}, {r.small()}, {r.small()}).indices({r.small()}))')
    return out


def parsing(r):
    def digits():
        n = r.randint(1, 6)
        return ''.join(r.choice('0123456789' if r.odds(0.9) else '0123456789abcxz_٣²') for _ in range(n))

    def number():
        text = r.choice(['', '', '-', '+', '--', ' ']) + r.choice(['', '', '', '0x', '0b', '0o', '0X', '0']) + digits()
        if r.odds(0.3):
            text += '_' + digits()
        if r.odds(0.4):
            text += '.' + r.choice(['', digits()])
        if r.odds(0.3):
            text += r.choice('eE') + r.choice(['', '-', '+']) + r.choice([digits()[:2], '', '400', '-5'])
        if r.odds(0.1):
            text += r.choice(['j', 'J', 'L', ' ', '\n', '_', '.', 'inf', 'nan', '+1j', '-2.5e3j'])
        return text if r.odds(0.9) else r.choice(['inf', '-Infinity', 'nan', '+nan', 'infinit', '', ' ', '1e', '.e1', '.5', '5.', '0_0', '1__0', '_1', '١٢', '1e999', '0b', '0x', '-0'])

    def one(r):
        way = r.randint(0, 7)
        text = number()
        if way == 0:
            return f'int({text!r})'
        if way == 1:
            return f'int({text!r}, {r.choice([0, 2, 8, 10, 16, 36, 1, 37, -1, 3, True])})'
        if way == 2:
            return f'float({text!r})'
        if way == 3:
            return f'complex({text!r})'
        if way == 4:
            return f'eval({text!r})' if not text.strip().startswith('0') else f'int({text!r}, 0)'
        if way == 5:
            return f'(float.fromhex({r.choice(["0x", "", "-0x"]) + digits() + r.choice(["", ".8", "p3", ".fp-4"])!r}))'
        if way == 6:
            return f'({r.value("float")}).{r.choice(["hex", "is_integer", "as_integer_ratio", "__trunc__", "__floor__", "__ceil__"])}()'
        return f'({r.whole()}).to_bytes({r.choice([1, 2, 8, 9, 0])}, {r.choice(["big", "little"])!r}, signed={r.choice(["True", "False"])})'

    return tests(r, one, 6, 12)


def strings(r):
    """Method chains on strings that mostly work."""
    def chain(depth):
        if depth == 0:
            return f'({r.text()})'
        s = chain(depth - 1)
        a, b = r.text(), r.text()
        n = r.small()
        return s + r.choice([
            '.upper()', '.lower()', '.title()', '.swapcase()', '.capitalize()', '.casefold()', f'.replace({a}, {b})', f'.replace({a}, {b}, {n})',
            f'.strip({a})', '.strip()', f'.lstrip({a})', '.rstrip()', f'.center({r.choice([5, 12])})', f".ljust(9, 'é')", '.zfill(8)', f'[{n}:]',
            f'[:{n}]', '[::-1]', f'.join([{a}, {b}])', f' + {a}', '.expandtabs(4)', f'.removeprefix({a})', f'.removesuffix({a})',
            f'.translate({{97: {b}, 98: None}})', '[1::2]', f'.encode("utf-8", "replace").decode("latin-1")', '[::2]', f'.__mul__(2)'])

    def one(r):
        s = chain(r.randint(0, 4))
        s = f'({s})'
        a = r.text()
        return r.choice([s, s, f'{s}.split({a or None})', f'{s}.split()', f'{s}.rsplit({a}, {r.small()})', f'{s}.partition({a})', f'{s}.rpartition({a})',
                         f'{s}.splitlines({r.choice(["True", ""])})', f'{s}.find({a})', f'{s}.rfind({a}, {r.small()}, {r.small()})', f'{s}.count({a})', f'{s}.index({a})',
                         f'{s}.startswith(({a}, {r.text()}))', f'{s}.endswith({a}, {r.small()})', f'[getattr({s}, m)() for m in ("isalpha", "isdigit", "isnumeric", "isdecimal", "isalnum", "isspace", "isupper", "islower", "istitle", "isidentifier", "isprintable", "isascii")]',
                         f'{s}.encode("utf-8")', f'{s}.encode("ascii", "{r.choice(["replace", "ignore", "backslashreplace", "xmlcharrefreplace", "strict"])}")',
                         f'{s} < {a}', f'{a} in {s}', f'sorted({s})', f'list({s})', f'max({s})', f'{s}.encode("{r.choice(["latin-1", "utf-16", "utf-32-le", "utf-8-sig", "ascii"])}")',
                         f'ascii({s})', f'repr({s})', f'[ord(c) for c in {s}]', f'enumerate({s})', f'{s}.rindex({a}, 1)', f'{s}.isidentifier()'])

    return tests(r, one, 5, 10)


MODULES = {
    'math': ['acos', 'asin', 'atan', 'ceil', 'comb0', 'copysign', 'cos', 'degrees', 'dist', 'exp', 'expm1', 'fabs', 'factorial0', 'floor', 'fmod', 'frexp',
             'fsum', 'gcd', 'hypot', 'isclose', 'isfinite', 'isinf', 'isnan', 'isqrt', 'lcm', 'ldexp', 'log', 'log10', 'log2', 'log1p', 'modf',
             'nextafter', 'perm0', 'pow', 'prod', 'radians', 'remainder', 'sqrt', 'sumprod', 'tan', 'trunc', 'ulp', 'cbrt', 'exp2', 'fma'],
    'itertools': ['accumulate', 'batched', 'chain', 'chain.from_iterable', 'combinations', 'combinations_with_replacement', 'compress', 'count',
                  'cycle', 'dropwhile', 'filterfalse', 'groupby', 'islice', 'pairwise', 'permutations', 'product', 'repeat', 'starmap', 'takewhile', 'zip_longest'],
    'operator': ['add', 'sub', 'truediv', 'floordiv', 'mod', 'and_', 'or_', 'xor', 'neg', 'not_', 'truth', 'is_', 'is_not', 'lt', 'le', 'eq', 'ne', 'gt', 'ge', 'concat',
                 'contains', 'countOf', 'indexOf', 'getitem', 'setitem', 'delitem', 'itemgetter', 'attrgetter', 'methodcaller', 'index', 'iadd',
                 'length_hint', 'abs', 'inv', 'pos', 'iconcat', 'call'],
    'heapq': ['heapify', 'heappush', 'heappop', 'heappushpop', 'heapreplace', 'nlargest', 'nsmallest', 'merge'],
    'bisect': ['bisect', 'bisect_left', 'bisect_right', 'insort', 'insort_left'],
    'json': ['dumps', 'loads'],
    'textwrap': ['wrap', 'fill', 'dedent', 'indent', 'shorten'],
    'functools': ['reduce', 'partial', 'lru_cache', 'cache', 'total_ordering', 'wraps'],
    'collections': ['Counter', 'OrderedDict', 'deque', 'defaultdict', 'ChainMap', 'namedtuple'],
    'copy': ['copy', 'deepcopy'],
    'random': ['randrange', 'randint', 'choice', 'choices', 'shuffle', 'sample', 'uniform', 'random', 'getrandbits0', 'gauss', 'triangular', 'randbytes0', 'expovariate', 'betavariate'],
    'string': ['capwords', 'Template'],
    'statistics': [],
}
LIBRARY = [(m, n) for m, names in MODULES.items() for n in names]
TASTES = {
    'math': ['int', 'float', 'float', 'int', 'list'], 'itertools': ['list', 'tuple', 'str', 'int', 'range', 'fn'], 'heapq': ['list', 'int', 'list'],
    'bisect': ['list', 'int', 'float'], 'textwrap': ['str', 'int', 'str'], 'functools': ['fn', 'list', 'int'], 'json': ['json'],
    'collections': ['list', 'str', 'dict', 'int', 'tuple'], 'random': ['int', 'list', 'int', 'float'], 'string': ['str'],
    'operator': ['int', 'list', 'str', 'float', 'dict', 'set'],
}
FN = ['lambda x: x', 'lambda x, y: x', 'lambda: 0', 'lambda x: x % 2', 'str', 'len', 'max', 'lambda *a: a', 'None', 'lambda x: x > 1', 'lambda x, y: [x, y]', 'int', 'pow']
JSON = ['"[1, 2"', '"{}"', "'{\"a\": 1}'", "'[1, 2.5, null, true, \"x\\\\n\"]'", '"nul"', "'\"\\\\u00e9\\\\ud83d\\\\ude00\"'", '"1e5"', '"-"', '"[1,]"', "'{\"a\" 1}'", '"NaN"',
        '"  [ ] x"', "{'a': [1, 2], 'b': None}", "[1, 'é😀', 1.5, True]", "{1: 2, None: 3, 2.5: 4}", "(1, (2, 3))", "{'z': {'y': {}}}", 'inf', 'object()', '{1}', "b'x'",
        "'\"a'", "'\"\\\\x\"'", '"01"', '"1.e"', "'{\"a\":1,}'", "'\"\\t\"'", "''", "[[], {}, '']", '{(1, 2): 3}', '2**70', '-0.0', "'[1 2]'", "'{1:2}'", '"\\ufeff[]"']
LIBKEYS = ['key', 'initial', 'start', 'step', 'fillvalue', 'repeat', 'n', 'strict', 'r', 'lo', 'hi', 'width', 'indent', 'sort_keys', 'separators', 'default', 'maxlen',
           'rel_tol', 'abs_tol', 'k', 'weights', 'reverse', 'initial_indent', 'placeholder', 'max_lines', 'times', 'ensure_ascii', 'x', 'func', 'maxsize', 'cum_weights', 'prefix', 'drop_whitespace', 'allow_nan']


def library(r):
    out = ['import math, itertools, operator, heapq, bisect, json, textwrap, functools, collections, copy, random, string', f'random.seed({r.randint(0, 99)})']

    def draw(taste):
        if taste == 'fn':
            return r.choice(FN)
        if taste == 'json':
            return r.choice(JSON)
        return r.value(taste, safe=True)

    for _ in range(r.randint(5, 10)):
        module, name = r.choice(LIBRARY)
        tastes = TASTES.get(module)
        count = r.choice([1, 1, 2, 2, 2, 3, 3, 4, 0])
        if name.endswith('0'):
            args = [r.choice(['0', '1', '5', '-1', '20', '2.0', "'a'"]) for _ in range(min(count, 2))]
            name = name[:-1]
        else:
            args = [draw(r.choice(tastes) if tastes and r.odds(0.8) else None) for _ in range(count)]
        if module == 'random' and name in ('sample', 'choices', 'choice', 'shuffle'):
            args = [r.choice(['[1, 2, 3, 4, 5]', 'range(50)', '"abc"', '[]', '{1: 2}']), *args[:1]]
            if name == 'choices':
                args = args[:1] + [f'k={r.randint(0, 4)}'] + (['weights=[1, 2, 3, 4, 5]'] if r.odds(0.4) else [])
        if module == 'itertools' and name in ('permutations', 'product', 'combinations', 'combinations_with_replacement') and r.odds(0.6):
            args = [r.choice(['"abc"', '[1, 2, 3]', 'range(4)']), r.choice(['2', '0', '-1', '5', 'None', "'x'"])]
        elif module == 'itertools' and name == 'product':
            args = args[:2]
        if module == 'json' and name == 'loads' and r.odds(0.8):
            args = [r.choice([j for j in JSON if j[0] in '"\''])]
        if module == 'itertools' and r.odds(0.5):
            for i, a in enumerate(args):
                if a in ('2**70', '-2**70', '10**25'):
                    args[i] = '3'
        if r.odds(0.15):
            args.append(f'{r.choice(LIBKEYS)}={draw(r.choice(["int", "bool", "fn", "str", "list"]))}')
        if module == 'itertools' and name == 'repeat' or any('repeat=' in a for a in args):
            args = ["'r'", r.choice(['3', '-1', '0', "'x'", '1.5'])]
        if name in ('cycle',) and r.odds(0.9):
            args = ['[1, 2]']
        call = f'{module}.{name}({", ".join(args)})'
        if r.odds(0.2) and module == 'operator' and name in ('itemgetter', 'attrgetter', 'methodcaller'):
            call += f'({r.value()})'
        if name in ('lru_cache', 'cache', 'total_ordering', 'wraps'):
            call = f'callable({call})'
        if module == 'heapq' and name in ('heapify', 'heappush', 'heappop', 'heapreplace') or name in ('shuffle', 'insort', 'setitem', 'delitem', 'insort_left'):
            out.append(f'x = {r.choice(["[5, 3, 1]", "[]", "[1, 2, 3]", draw("list")])}')
            call = f'({module}.{name}({", ".join(["x"] + args[1:])}), x)'
        out.append(f'T(lambda: {call})')
    return out


def iteration(r):
    """Iterators consumed by anything, and containers changed meanwhile."""
    out = []
    source = lambda: r.choice(['iter([1, 2, 3])', 'iter("aé😀")', '(i * 2 for i in range(4))', 'zip("ab", [1, 2, 3])', 'enumerate("xy", 5)', 'map(lambda a, b: a + b, [1, 2], [3, 4])',
                               'filter(None, [0, 1, 2])', 'reversed([1, 2, 3])', 'iter({1: 2, 3: 4}.items())', 'iter(range(3))', 'iter({5, 6})', 'Seq(4)', 'iter(Seq(2))', 'iter([].append, 3)',
                               'reversed(Seq(3))', 'iter(b"ab")', '{1: 2}', 'range(3)', '"ab"', '[[1, 2], [3, 4]]', '[(1, 2)]', '5', 'None', 'iter(lambda: 1, 1)', '{"k": 1}.values()', 'zip([1], [2, 3], strict=True)'])
    for _ in range(r.randint(3, 7)):
        s = source()
        use = r.choice(['list({s})', 'tuple({s})', 'sum({s})', 'max({s})', 'min({s}, default=0)', 'dict({s})', 'sorted({s})', '"-".join(map(str, {s}))', '[*{s}, *{t}]', '(lambda *a: a)(*{s})',
                        'any({s})', 'all({s})', '2 in ({s})', 'list(zip({s}, {t}))', 'len({s})', 'next({s})', 'dict.fromkeys({s}, 0)', '[a for a, b in {s}]', 'bytes({s})', '[x for x in {s} if x]',
                        'list(map(list, {s}))', '{{**{s}}}', 'next(iter({s}), None)', 'sum({s}, [])', 'max({s}, key=lambda x: -x)', 'list(enumerate({s}, {n}))', 'set({s}) == {{1, 2, 3}}', 'list(reversed({s}))',
                        '({s}).__length_hint__()', 'print(*{s}, sep="|")', '[i for r in {s} for i in r]', 'list(zip({s}, {t}, strict=True))', '({s}).__next__()', 'iter({s}) is iter({s})'])
        out.append('T(lambda: ' + use.format(s=s, t=source(), n=r.small()) + ')')
    if r.odds(0.6):
        kind = r.choice(['list', 'dict', 'set', 'dictview', 'bytearray'])
        make = {'list': '[1, 2, 3]', 'dict': '{1: 1, 2: 2, 3: 3}', 'set': '{1, 2, 3}', 'dictview': '{1: 1, 2: 2}', 'bytearray': 'bytearray(b"abc")'}[kind]
        change = {'list': ['x.append(i)', 'x.pop()', 'x.clear()', 'x.insert(0, 9)', 'x[:] = [7]', 'del x[0]', 'x.reverse()', 'x.remove(i)', 'x.sort()'],
                  'dict': ['x[i + 10] = 0', 'del x[i]', 'x.clear()', 'x.pop(i)', 'x[i] = 5', 'x.update({9: 9})', 'x.popitem()', 'x.pop(i); x[i] = 1'],
                  'set': ['x.add(i + 10)', 'x.discard(i)', 'x.clear()', 'x.pop()', 'x.add(i)', 'x.remove(i); x.add(i)'],
                  'dictview': ['x[9] = 1', 'x.popitem()', 'x.clear()'], 'bytearray': ['x.append(65)', 'x.pop()', 'x.clear()', 'x.extend(b"zz")']}[kind]
        loop = {'dictview': r.choice(['x.items()', 'x.values()', 'reversed(x)', 'x.keys()', 'reversed(x.items())'])}.get(kind, r.choice(['x', 'iter(x)', 'x', 'enumerate(x)', 'reversed(x)']) if kind in ('list', 'bytearray') else 'x')
        out += [f'x = {make}', 'n = 0', 'try:', f'    for i in {loop}:', '        n += 1', '        print(i, end=" ")', '        i = i[0] if type(i) is tuple else i', f'        if n {r.choice(["==", "<", ">"])} {r.randint(1, 3)}:', f'            {r.choice(change)}', '        if n > 6:', '            break',
                '    else:', '        print("else")', 'except Exception as e:', '    print(told(e))', 'print(show(x))']
    return out
