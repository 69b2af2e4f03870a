"""Programs about objects: classes and their hooks, calls, exceptions as objects, library classes."""

from pools import TYPES, indent

BINARY = {'add': '+', 'sub': '-', 'mul': '*', 'truediv': '/', 'floordiv': '//', 'mod': '%', 'pow': '**', 'and': '&', 'or': '|', 'xor': '^', 'lshift': '<<', 'rshift': '>>', 'matmul': '@'}
COMPARE = {'lt': '<', 'le': '<=', 'eq': '==', 'ne': '!=', 'gt': '>', 'ge': '>='}


def answer(r):
    return r.choice(['NotImplemented', 'NotImplemented', 'self', '42', "'s'", 'None', '[self]', 'other', 'True', '0', '-1', "raise ValueError('v')", 'self.n'])


def method(name, args, value):
    body = value if value.startswith('raise') else f'return {value}'
    return [f'def {name}(self{"".join(", " + a for a in args)}):', f'    L({name!r})', f'    {body}']


def dunders(r):
    """Classes with hooks that answer anything, and everything done to them."""
    out = []
    classes = []
    for i in range(r.randint(1, 3)):
        base = r.choice(['', '', *classes, *classes, 'int', 'list', 'str', 'dict', 'tuple', 'float', 'Exception', 'set'])
        name = f'K{i}'
        classes.append(name)
        builtin = base in ('int', 'list', 'str', 'dict', 'tuple', 'float', 'Exception', 'set')
        lines = ['n = 7'] if r.odds(0.5) else ['n = -1']
        for _ in range(r.randint(1, 6)):
            kind = r.randint(0, 9)
            if kind <= 2:
                op = r.choice(list(BINARY))
                lines += method(r.choice(['__{}__', '__r{}__', '__i{}__']).format(op), ['other'], answer(r))
            elif kind == 3:
                lines += method(f'__{r.choice(list(COMPARE))}__', ['other'], answer(r))
            else:
                hook = r.choice(['__len__', '__bool__', '__getitem__', '__contains__', '__iter__', '__call__', '__getattr__', '__str__', '__repr__', '__format__', '__hash__', '__index__', '__int__', '__float__', '__neg__', '__abs__', '__round__', '__next__', '__setitem__', '__delitem__', '__missing__',
                                 '__enter__', '__reversed__', '__divmod__', '__complex__', '__trunc__', '__invert__', '__pos__', '__bytes__', '__length_hint__', '__setattr__', '__delattr__', '__dir__', '__get__', '__getattribute__', '__instancecheck__', '__class_getitem__', '__set_name__', '__mro_entries__', '__exit__', '__init__', '__new__', '__eq__', '__fspath__', '__floor__', '__ceil__', '__rdivmod__'])
                args = {'__getitem__': ['k'], '__contains__': ['k'], '__call__': ['*a'], '__getattr__': ['name'], '__format__': ['spec'], '__setitem__': ['k', 'v'], '__delitem__': ['k'], '__missing__': ['k'], '__round__': ['nd=None'], '__divmod__': ['other'], '__rdivmod__': ['other'], '__setattr__': ['k', 'v'], '__delattr__': ['k'], '__get__': ['o', 't=None'],
                        '__getattribute__': ['name'], '__class_getitem__': ['k'], '__exit__': ['*a'], '__new__': ['*a'], '__init__': ['*a'], '__eq__': ['other'], '__set_name__': ['o', 'n'], '__mro_entries__': ['b'], '__instancecheck__': ['i']}.get(hook, [])
                if hook in ('__getattribute__', '__new__', '__dir__') and r.odds(0.8):
                    continue
                good = {'__len__': ['3', '0', '-1', '2**70', "'a'", '1.5'], '__bool__': ['True', 'False', '1', 'None'], '__iter__': ['iter([1, 2])', 'self', '5', '(i for i in "ab")'], '__str__': ["'S'", '5', 'None', "f'<{self!r}>'" if '__repr__' not in str(lines) else "'S'"], '__repr__': ["'R'", '5', "'é😀'"], '__format__': ["'F' + spec", '1', 'spec'], '__hash__': ['1', '2**70', '-1', "'h'", 'None'],
                        '__index__': ['2', 'True', '2**70', '1.5', 'None'], '__int__': ['3', 'True', "'x'", '2.0'], '__float__': ['1.5', '2', 'None'], '__next__': ['1', "raise StopIteration", 'self'], '__getitem__': ['k', "raise IndexError(k)", 'k if k < 3 else [][0]', 'raise KeyError(k)'], '__contains__': ['1', '[]', 'None', "raise ValueError('v')"], '__getattr__': ['name', 'raise AttributeError(name)', 'None'],
                        '__complex__': ['1j', '2', 'None'], '__bytes__': ["b'x'", "'x'"], '__length_hint__': ['2', '-1', "'x'", 'NotImplemented'], '__dir__': ["['z', 'a']", '5'], '__init__': ['None', 'None', '5'], '__exit__': ['True', 'False', 'None'], '__reversed__': ['[3, 2]', '5'], '__fspath__': ["'p'", '5']}.get(hook)
                lines += method(hook, args, r.choice(good) if good and r.odds(0.85) else answer(r).replace('other', 'self'))
        if any('__getattribute__' in line for line in lines):
            lines = [line.replace('self.n', '1') for line in lines]
        out += [f'class {name}({base}):' if base else f'class {name}:', *indent(lines)]
    things = []
    for c in classes:
        things.append(f'o{c}')
        out += ['try:', f'    o{c} = {c}({r.choice(["", "", "1", "[1]", chr(39) + "5" + chr(39)])})', 'except Exception as e:', '    print(told(e))', f'    o{c} = object.__new__({c}) if issubclass({c}, object) and {c}.__flags__ < 0 else None']
    out = [line for line in out if 'object.__new__' not in line]
    for c in classes:
        i = out.index(f'    o{c} = ' + next(line for line in out if line.startswith(f'    o{c} = ')).split(' = ', 1)[1])
        out.insert(i + 3, f'    o{c} = Plain()')
    for _ in range(r.randint(5, 12)):
        a = r.choice(things)
        b = r.choice(things + [r.value(safe=True), '1', "'s'", '[1]'])
        if r.odds(0.4):
            a, b = b, a
        k = r.randint(0, 7)
        if k <= 1:
            e = f'({a}) {r.choice(list(BINARY.values()))} ({b})'
            if '**' in e or '<<' in e:
                e = e.replace('2**70', '3')
            out.append(f'T(lambda: {e})')
        elif k == 2:
            out.append(f'T(lambda: ({a}) {r.choice(list(COMPARE.values()))} ({b}))')
        elif k == 3:
            op = r.choice(list(BINARY.values()))
            out += ['try:', f'    z = {a}', f'    z {op}= {b}'.replace('2**70', '3'), '    print(show(z))', 'except Exception as e:', '    print(told(e))']
        else:
            o = r.choice(things)
            use = r.choice(['len({o})', 'bool({o})', '{o}[1]', '1 in {o}', 'list({o})', '{o}()', '{o}.attr', 'str({o})', 'repr({o})', 'f"{{{o}:x}}"', 'hash({o})', '[1, 2, 3][{o}]', 'int({o})', 'float({o})', '-{o}', 'abs({o})', 'round({o})', 'next({o})', 'isinstance(1, type({o}))', '[0] * {o}', 'range({o})', 'not {o}', '{o} if {o} else 0', 'sorted([{o}, {o}])',
                            '{{{o}: 1}}', 'list(reversed({o}))', 'divmod({o}, 2)', 'divmod(2, {o})', 'complex({o})', 'f"{{{o}}}"', '"%d" % {o}', '"%s" % {o}', 'bytes({o})', 'type({o})[int]', '[*{o}]', '(lambda *a, **k: (a, k))(*{o})', '(lambda *a, **k: (a, k))(**{o})', 'max({o}, 1)', 'sum([{o}, {o}])', 'print({o})', 'hex({o})', 'chr({o})', '~{o}', 'round({o}, 1)', 'iter({o})', 'tuple({o})',
                            'dict({o})', 'any({o})', 'getattr({o}, "q", 5)', 'hasattr({o}, "q")', 'enumerate({o})', 'zip({o}, {o})', '"a".join({o})', 'isinstance({o}, {o})', '{o}.n', '{o}[1:2]', '"abc"[{o}]', '{o} == {o}', '{o} != {o}', '{o} is {o}', '{o} in [{o}]', '[1, {o}].index({o})', 'format({o}, ">5")', '+{o}', 'pow({o}, 2)', 'pow(2, {o}, 5)', 'callable({o})', 'set([{o}])', 'slice({o}).indices(4)', '{o}.__len__()',
                            'type({o}).__name__', '[].__getitem__({o})', '"x" * {o}', 'vars({o})', 'str({o}, "utf-8")', 'int("7", {o})', 'list.__len__({o})', 'math.floor({o})', 'math.trunc({o})', 'math.sqrt({o})', 'os_path({o})', '{o}.__class__.__mro__[1:]', 'copy.copy({o})', 'operator.index({o})', 'json.dumps({o})', 'bisect.bisect([1, 2], {o})'])
            out.append(f'T(lambda: {use.format(o=o)})')
        if r.odds(0.12):
            o = r.choice(things)
            st = r.choice([f'{o}[1] = 2', f'del {o}[1]', f'{o}.z = 1', f'del {o}.z', f'with {o} as q: 1 // 0', f'for q in {o}: print(q); break', f'a, b = {o}', f'a, *b = {o}', f'raise {o}', f'class Z({o}): pass', f'{o}[1:2] = [3]', f'assert {o}', f'while {o}: break', f'{o}.__class__ = K0', f'{o}[0] += 1', f'match {o}:\n    case [x, *_]: print(x)\n    case {{"k": v}}: print(v)\n    case K0(n=1): print(1)\n    case int(x): print(x)'])
            out += ['try:', *indent(st.split('\n')), 'except Exception as e:', '    print(told(e))']
    return ['import math, operator, copy, json, bisect', 'os_path = str'] + out


def classes(r):
    """Inheritance, super, descriptors, metaclasses, slots, attributes of all kinds."""
    out = ['''class Desc:
    def __init__(self, tag): self.tag = tag
    def __set_name__(self, owner, name): print('set_name', owner.__name__, name); self.name = name
    def __get__(self, obj, owner=None): return (self.tag, obj is None, owner.__name__)
class Data(Desc):
    def __set__(self, obj, value): print('set', self.name, value)
    def __delete__(self, obj): print('delete', self.name)
class Meta(type):
    def __new__(m, name, bases, ns, **kw):
        print('new', name, [k for k in ns if not k.startswith('__')], kw)
        return super().__new__(m, name, bases, ns)
    def __init__(cls, name, bases, ns, **kw): super().__init__(name, bases, ns)
    def __call__(cls, *a, **k): print('call', cls.__name__, a, k); return super().__call__(*a, **k)
    def __prepare__(name, bases, **kw): return {'prepared': 1}
    def __len__(cls): return 5
    def __getattr__(cls, name): return 'meta ' + name if name != 'nope' else type.__getattribute__(cls, name)''']
    names = []
    for i in range(r.randint(2, 5)):
        pool = names + ['object']
        bases = r.sample(names, min(len(names), r.choice([0, 1, 1, 2, 2, 3])))
        if r.odds(0.1):
            bases = bases[:1] + [r.choice(['int', 'dict', 'Exception', 'str', 'list', 'object', 'tuple', 'type', 'bool', '5', 'None', 'KeyError'])]
        kw = []
        if r.odds(0.15):
            kw.append('metaclass=Meta')
        if r.odds(0.12):
            kw.append(r.choice(['flag=1', 'x=2', 'opt=None']))
        name = 'ABCDE'[i]
        body = []
        for _ in range(r.randint(1, 5)):
            attr = r.choice(['p', 'q', 'm', 'n', 's'])
            k = r.randint(0, 15)
            if k <= 1:
                body.append(f'{attr} = {r.choice([r.small(), repr(name), "[]", "(1, 2)"])}')
            elif k <= 4:
                body += [f'def {attr}(self, *a, **k):', f'    return ({name!r}, a' + (f', super().{attr}(*a))' if r.odds(0.5) else ')')]
            elif k == 5:
                body += ['@property', f'def {attr}(self): return {name!r}' + r.choice(['', f' + str(super().{attr})'])] + ([f'@{attr}.setter', f'def {attr}(self, v): print("setter", v)'] if r.odds(0.5) else []) + ([f'@{attr}.deleter', f'def {attr}(self): print("deleter")'] if r.odds(0.3) else [])
            elif k == 6:
                body += ['@classmethod', f'def {attr}(cls, *a): return (cls.__name__, a)']
            elif k == 7:
                body += ['@staticmethod', f'def {attr}(*a): return a']
            elif k == 8:
                body.append(f'{attr} = {r.choice(["Desc", "Data"])}({name!r})')
            elif k == 9 and not any('__slots__' in line for line in body):
                body.append(f'__slots__ = {r.choice(["()", repr(("p", "z")), repr(("z",)), repr("w"), repr(["__dict__"]), "5", repr(("z", "z")), repr(("1a",)), repr(("__weakref__", "zz"))])}')
            elif k == 10:
                body += ['def __init__(self, *a, **k):', f'    print({name!r}, "init", a, k)', r.choice(['    super().__init__(*a, **k)', '    super().__init__()', '    self.z = a', '    return 1' if r.odds(0.1) else '    pass'])]
            elif k == 11:
                body += ['def __init_subclass__(cls, **kw):', f'    print({name!r}, "sub", cls.__name__, kw)', r.choice(['    super().__init_subclass__()', '    super().__init_subclass__(**kw)'])]
            elif k == 12:
                body += ['def __getattr__(self, name):', r.choice(['    return "ga " + name', '    raise AttributeError(name)', '    return super().__getattr__(name)'])]
            elif k == 13:
                body += [f'for i{attr} in range(2): {attr} = [i{attr} for _ in range(2)]']
            elif k == 14:
                body += [r.choice(['__eq__ = lambda s, o: True', '__hash__ = None', f'__repr__ = lambda s: "<{name}>"', '__call__ = lambda s, *a: a', '__doc__ = "doc"', '__module__ = "mod"', '__qualname__ = "Q.N"', 'x: int = 5', 'y: "str"', '__name__ = "other"', '__len__ = lambda s: 3', '__iter__ = None', '__contains__ = None', '__class__ = int', '__private = 4', '__getitem__ = lambda s, i: [1, 2][i]', '__bool__ = lambda s: False', '__class_getitem__ = lambda c: 1', '__match_args__ = ("p",)'])]
            else:
                body += ['def __new__(cls, *a, **k):', f'    print({name!r}, "new", a)', r.choice(['    return super().__new__(cls)', '    return super().__new__(cls, *a)', '    return 5', '    return object.__new__(cls)'])]
        header = ', '.join(bases + kw)
        out += ['try:', *indent([f'class {name}({header}):' if header else f'class {name}:', *indent(body)]), 'except Exception as e:', '    print(told(e))', f'    class {name}: pass']
        names.append(name)
    for _ in range(r.randint(2, 4)):
        c = r.choice(names)
        out += ['try:', f'    o = {c}({r.choice(["", "", "1", "1, 2", "k=1"])})', '    print(type(o).__name__, o.__dict__ if hasattr(o, "__dict__") else "slots")', 'except Exception as e:', '    print(told(e))', f'    o = {c}']
        for _ in range(r.randint(2, 6)):
            a = r.choice(['p', 'q', 'm', 'n', 's', 'z', 'w', 'nope', 'prepared', '__class__', '__name__', '__module__', 'x', '__private', '_A__private', '__slots__', '__dict__'])
            k = r.randint(0, 9)
            if k <= 2:
                out.append(f'T(lambda: {r.choice(["o", c, "o"])}.{a})' if a not in ('__dict__',) else 'T(lambda: sorted(k for k in vars(o) if k[0] != "_"))')
            elif k <= 4:
                out.append(f'T(lambda: o.{a}({r.choice(["", "1", "1, 2", "k=3"])}))' if a[:2] != '__' else f'T(lambda: {c}.{a})' if a not in ('__dict__', '__slots__') else 'T(lambda: len(o))')
            elif k == 5:
                out += ['try:', f'    {r.choice(["o", "o", c])}.{a} = {r.choice(["1", "None", "[1]", "int", c])}', f'    print(show(o.{a}))' if a != '__dict__' else '    pass', 'except Exception as e:', '    print(told(e))']
            elif k == 6:
                out += ['try:', f'    del {r.choice(["o", "o", c])}.{a}', 'except Exception as e:', '    print(told(e))']
            else:
                out.append('T(lambda: ' + r.choice([f'[k.__name__ for k in {c}.__mro__]', f'isinstance(o, {r.choice(names)})', f'issubclass({c}, {r.choice(names)})', f'super({c}, o).{a if a not in ("__dict__", "__doc__") else "p"}', f'super({r.choice(names)}, o).m()', 'repr(o)', 'len(o)', f'len({c})', 'o()', 'o == 1', 'hash(o) is None', f'{c}.m(o)', f'type({c}).__name__', f'[b.__name__ for b in {c}.__bases__]', f'{c}.__qualname__', f'getattr(o, {a!r}, "dflt")' if a not in ('__dict__',) else '0', f'hasattr({c}, {a!r})', f'{c}.__subclasses__()', 'o[0]', '1 in o', 'list(o)', 'bool(o)', f'{c}[int]', f'{c}.__annotations__', f'type("T", ({c},), {{"p": 1}})().p', f'{c} | None']) + ')')
    return out


def calls(r):
    """Signatures of every form called in every form."""
    out = []
    for i in range(r.randint(2, 4)):
        params, names = [], []
        pool = list('abcdef')
        pos_only = r.randint(0, 2) if r.odds(0.35) else 0
        normal = r.randint(0, 3)
        default_from = r.randint(0, pos_only + normal) if r.odds(0.5) else 99
        for j in range(pos_only + normal):
            n = pool[j]
            names.append(n)
            ann = r.choice(['', '', '', ': int'])
            params.append(n + ann + (f'={r.value(safe=True)}' if j >= default_from else ''))
            if j + 1 == pos_only:
                params.append('/')
        star = r.odds(0.35)
        kwonly = r.randint(1, 2) if r.odds(0.35) else 0
        if star:
            params.append('*args')
        elif kwonly:
            params.append('*')
        for j in range(kwonly):
            n = 'xyz'[j]
            names.append(n)
            params.append(n + (f'={r.small()}' if r.odds(0.5) else ''))
        if r.odds(0.3):
            params.append('**kw')
        ret = ', '.join(names + (['args'] if star else []) + (['kw'] if '**kw' in params else []))
        head = ', '.join(params)
        kind = r.choice(['def', 'def', 'lambda', 'method', 'class', 'static', 'klass', 'nested', 'gen', 'partial'])
        name = f'f{i}'
        result = f'({ret}{"," if ret else ""})'
        if kind == 'lambda':
            lam = ', '.join(p.replace(': int', '') for p in params)
            out.append(f'{name} = lambda {lam}: {result}')
        elif kind in ('def', 'partial'):
            out += [f'def {name}({head}): return {result}']
        elif kind == 'gen':
            out += [f'def {name}({head}): yield {result}']
        elif kind == 'nested':
            out += [f'def outer{i}(q):', f'    def {name}({head}): return q, {result}', f'    return {name}', f'{name} = outer{i}(0)']
        else:
            first = {'method': 'self', 'class': 'self', 'static': '', 'klass': 'cls'}[kind]
            full = ', '.join(p for p in [first, head] if p)
            deco = {'static': ['    @staticmethod'], 'klass': ['    @classmethod']}.get(kind, [])
            mname = '__init__' if kind == 'class' else 'meth'
            out += [f'class C{i}:', *deco, f'    def {mname}({full}):', f'        {"self.got = " if kind == "class" else "return "}{result}']
            out += [f'{name} = C{i}' if kind == 'class' else f'{name} = {r.choice([f"C{i}()", f"C{i}"])}.meth']
        for _ in range(r.randint(2, 5)):
            args = []
            for _ in range(r.randint(0, 4)):
                args.append(r.choice([r.small(), r.value(safe=True), '*[1]', '*(2, 3)', '*"ab"', '*range(2)', '*5', '*None', '*(i for i in [7])', '*()']) if r.odds(0.4) else r.small())
            seen_kw = set()
            double = False
            for _ in range(r.choice([0, 0, 1, 1, 2, 3])):
                n = r.choice(['a', 'b', 'c', 'x', 'y', 'zz', 'self', 'args', 'kw'])
                if r.odds(0.25):
                    args.append('**' + r.choice(["{'a': 1}", "{'zz': 2}", '{}', "{'x': 3, 'y': 4}", '{1: 2}', '5', "dict(b=2)", 'None', '[]', "Seq(2)", "{'a': 1, 'b': 2, 'c': 3}"]))
                    double = True
                elif n not in seen_kw:
                    seen_kw.add(n)
                    args.append(f'{n}={r.small()}')
                    if r.odds(0.1) and not double:
                        args.append('*[8]')
            call = f'{name}({", ".join(args)})'
            if kind == 'class':
                call += '.got'
            elif kind == 'partial' and r.odds(0.5):
                call = f'functools.partial({name}, {r.small()})({", ".join(args)})'
            elif kind == 'gen' and r.odds(0.7):
                call = f'next({call})'
            elif r.odds(0.05):
                call = f'{call}.{r.choice(["foo", "count()", "__len__()"])}'
            out.append(f'T(lambda: {call})')
        if r.odds(0.3) and kind in ('def', 'lambda', 'nested'):
            out.append(f'T(lambda: {name}.{r.choice(["__defaults__", "__kwdefaults__", "__name__", "__qualname__", "__annotations__", "__code__.co_varnames", "__code__.co_argcount", "__doc__", "__closure__ is None", "__module__", "__code__.co_flags & 12", "__dict__", "foo", "__code__.co_posonlyargcount", "__type_params__", "__wrapped__"])})')
    return ['import functools'] + out


def errors(r):
    """Exceptions as objects: arguments, groups, notes, chains, attributes."""
    kinds = ['ValueError', 'KeyError', 'OSError', 'StopIteration', 'SystemExit', 'UnicodeDecodeError', 'UnicodeEncodeError', 'AttributeError', 'NameError', 'ImportError', 'SyntaxError', 'ExceptionGroup', 'BaseExceptionGroup', 'Exception', 'FileNotFoundError', 'StopAsyncIteration', 'UnicodeError', 'AssertionError', 'IndexError', 'RecursionError', 'Mine', 'Two', 'KeyboardInterrupt', 'GeneratorExit', 'ModuleNotFoundError', 'TimeoutError', 'IsADirectoryError', 'UnicodeTranslateError', 'BlockingIOError', 'Warning', 'IndentationError']

    def make(d=1):
        k = r.choice(kinds)
        if k in ('ExceptionGroup', 'BaseExceptionGroup') and r.odds(0.8):
            inner = ', '.join(make(d - 1) if d else r.choice(['ValueError(1)', 'KeyError("k")', 'TypeError()']) for _ in range(r.randint(1, 3)))
            return f'{k}({r.text()}, [{inner}])'
        if k == 'UnicodeDecodeError' and r.odds(0.7):
            return f"UnicodeDecodeError('utf-8', b'abc', {r.choice('012')}, {r.choice('123')}, 'why')"
        if k == 'UnicodeEncodeError' and r.odds(0.7):
            return f"UnicodeEncodeError('ascii', 'aé😀', {r.choice('012')}, {r.choice('123')}, 'why')"
        kw = r.choice(['', '', '', '', ', name="n"', ', obj=1', ', path="p"', ', foo=1'])
        args = ', '.join(r.args(0, r.choice([1, 1, 2, 3])))
        return f'{k}({args}{kw if args else kw[2:]})'

    out = ['class Mine(Exception):', '    def __str__(self): return "mine"', 'class Two(KeyError, AttributeError):', '    def __init__(self, a, b=2): self.a = a; super().__init__(a)']
    for _ in range(r.randint(4, 9)):
        e = make()
        out += [f'try:', f'    e = {e}', 'except Exception as e_:', '    e = e_', '    print("made", told(e_))']
        for _ in range(r.randint(1, 3)):
            out.append('T(lambda: ' + r.choice(['e', 'str(e)', 'e.args', 'repr(e)', 'e.__cause__', 'e.add_note("n") or e.__notes__', 'e.errno', 'e.filename', 'e.value', 'e.code', 'e.name', 'e.obj', 'e.exceptions', 'e.message', 'e.reason', 'e.start, e.end', 'e.strerror', 'e.msg', 'e.with_traceback(None) is e', 'e.with_traceback(5)', 'e.__traceback__', 'e.split(ValueError)', 'e.subgroup(KeyError)', 'e.subgroup(lambda x: isinstance(x, ValueError))', 'e.derive([TypeError(3)])', 'e.add_note(5)', 'e.__dict__', 'type(e).__mro__[1:3]', 'e.lineno', 'e.text', 'e.encoding', 'e.path', 'e == e', 'e.__suppress_context__', 'e.split((ValueError, KeyError))', 'e.characters_written', 'type(e)(*e.args)', 'e.foo', 'e.__class__.__base__', 'e.split(5)', 'traceback.format_exception_only(e)']) + ')')
        if r.odds(0.3):
            st = r.choice(['e.args = 5', 'e.args = (1, 2)', 'e.__cause__ = 5', 'e.__cause__ = KeyError()', 'e.__context__ = None', 'e.code = 3', 'e.value = 9', 'e.x = 1', 'del e.args', 'e.__traceback__ = 5', 'e.__suppress_context__ = 2', 'e.errno = 3', 'raise e from e', 'raise e from 5', 'raise e from ValueError("c")', 'raise e', 'raise type(e)', 'e.__notes__ = 5', 'e.exceptions = 1', 'raise 5', 'raise int', 'raise None', 'raise e()'])
            out += ['try:', f'    {st}', '    print(show(e))', 'except BaseException as e2:', '    print("raised", told(e2), show(e2.__cause__), e2.__suppress_context__)']
        if r.odds(0.15):
            out += ['try:', '    try:', '        raise e', f'    except* {r.choice(["ValueError", "KeyError", "OSError", "ExceptionGroup", "(TypeError, KeyError)", "BaseException", "5"])} as g:', '        print("star", show(g), g.args)', '        ' + r.choice(['pass', 'raise', 'raise g', 'raise KeyError("new")', '1 // 0']), 'except BaseException as e2:', '    print("out", show(e2), show(e2.__context__))']
    return ['import traceback'] + out


def records(r):
    """dataclass, namedtuple, enum, and friends."""
    out = ['import enum, collections, dataclasses, functools, copy, typing', 'from dataclasses import dataclass, field', 'from typing import NamedTuple']
    kind = r.choice(['data', 'data', 'named', 'enum', 'enum', 'flag', 'typed'])
    if kind == 'data':
        opts = ', '.join(f'{o}={r.choice(["True", "True", "False"])}' for o in r.sample(['order', 'frozen', 'eq', 'repr', 'init', 'unsafe_hash', 'slots', 'kw_only', 'match_args'], r.randint(0, 3)))
        fields = []
        for n in r.sample('abcde', r.randint(0, 4)):
            t = r.choice(['int', 'str', '"list[int]"', 'list', 'typing.ClassVar[int]', 'dataclasses.InitVar[int]', 'dataclasses.KW_ONLY'] if r.odds(0.3) else ['int', 'str', 'float'])
            v = r.choice(['', '', ' = 1', " = 'x'", ' = field(default=3)', ' = field(default_factory=list)', ' = []', ' = field(repr=False, default=0)', ' = field(compare=False, default=5)', ' = field(init=False)', ' = field(kw_only=True)', ' = field(default=1, default_factory=int)', ' = field(hash=True, default=2)', ' = field(init=False, default=9)'])
            fields.append(f'    {n}: {t}{v}')
        extra = ['    def __post_init__(self, *a): print("post", a)'] if r.odds(0.3) else []
        out += ['try:', *indent([f'@dataclass({opts})' if opts else '@dataclass', 'class D:', *(fields + extra or ['    pass'])])]
        if r.odds(0.3):
            out += indent([r.choice(['@dataclass', '@dataclass(frozen=True)', '@dataclass(order=True)']), 'class E(D):', f'    z: int{r.choice(["", " = 2"])}'])
        out += ['except Exception as e:', '    print(told(e))', '    D = Plain']
        uses = ['D()', 'D(1)', 'D(1, 2)', 'D(1, "x", 3)', 'D(a=1)', 'D(1) == D(1)', 'D(1) < D(2)', 'D() == D()', 'hash(D(1)) == hash(D(1))', 'dataclasses.asdict(D(1))', 'dataclasses.astuple(D(1, 2))', 'dataclasses.replace(D(1), a=5)', '[f.name for f in dataclasses.fields(D)]', 'D.__match_args__', 'dataclasses.is_dataclass(D)', 'setattr(D(1), "a", 3)', 'D(1).b', 'delattr(D(1), "a")', 'D.__annotations__', 'D.__slots__', 'copy.copy(D(1))', 'D(1, 2, 3, 4, 5, 6)', 'D(q=1)', 'E(1)', 'E(1, 2, 3)', 'D.__hash__ is None', 'repr(D(D(1)))', 'vars(D(1))', 'D.__doc__', 'sorted([D(2), D(1)])', 'D(b=1, a=2)', 'E(1) == D(1)', 'dataclasses.fields(5)', 'dataclasses.asdict(5)', 'D(1).__dataclass_fields__["a"].default']
    elif kind in ('named', 'typed'):
        if kind == 'named':
            out += ['try:', f'    D = collections.namedtuple({r.choice([repr("D"), repr("Point"), repr("1x"), "5"])}, {r.choice([repr("a b"), repr("a, b, c"), repr(["a", "b"]), repr("a def"), repr("_a b"), repr("a a"), repr(""), "5", repr("a b"), repr("a b c")])}{r.choice(["", "", ", defaults=[7]", ", rename=True", ", module=5", ", defaults=[1, 2, 3, 4]"])})', 'except Exception as e:', '    print(told(e))', '    D = Plain']
        else:
            out += ['class D(NamedTuple):', f'    a: int{r.choice(["", " = 1"])}', '    b: str = "b"', '    def total(self): return self.a * 2']
        uses = ['D(1, 2)', 'D(1)', 'D()', 'D(1, 2, 3)', 'D(a=1, b=2)', 'D(1, 2).a', 'D(1, 2)._replace(a=5)', 'D(1, 2)._asdict()', 'D._fields', 'D._make([1, 2])', 'D(1, 2) == (1, 2)', 'D(1, 2)[0]', 'D(1, 2)[::-1]', 'D(1, 2) + (3,)', 'D._field_defaults', 'D(1, 2)._replace(z=1)', 'D(1, 2).z', 'setattr(D(1, 2), "a", 3)', 'hash(D(1, 2)) == hash((1, 2))', 'D(1, 2) < D(1, 3)', 'len(D(1, 2))', 'D(q=1)', 'D._make([1])', 'copy.copy(D(1, 2))', 'D.__doc__', 'D.a.__doc__', 'D(1, 2)._replace(1)', 'D.__name__', 'D(1, 2).total()', '[*D(1, 2)]', 'D(1, 2).__class__.__mro__', 'D.__annotations__', 'D(1, b=2, a=3)']
    else:
        base = r.choice(['enum.Enum', 'enum.IntEnum', 'enum.StrEnum', 'int, enum.Enum', 'str, enum.Enum']) if kind == 'enum' else r.choice(['enum.Flag', 'enum.IntFlag'])
        members = []
        for i, n in enumerate(r.sample(['RED', 'GREEN', 'BLUE', 'X', 'Y'], r.randint(1, 4))):
            members.append(f'    {n} = {r.choice(["enum.auto()", str(i), "1", repr("v" + str(i)), "(1, 2)", "2"] if kind == "enum" else ["enum.auto()", "1", "2", "4", "3", "8", "0"])}')
        extra = r.choice([[], [], ['    def hi(self): return self.name'], ['    @property', '    def p(self): return self.value'], ['    _ignore_ = ["junk"]'], ['    def __str__(self): return "S"'], ['    @classmethod', '    def _missing_(cls, v): return None'], ['    RED = 5'], ['    def __init__(self, *a): print("init", a)']])
        out += ['try:', *indent([*(['@enum.unique'] if r.odds(0.15) else []), f'class D({base}):', *members, *extra]), 'except Exception as e:', '    print(told(e))', '    D = Plain']
        uses = ['list(D)', 'D.RED', 'D.RED.value', 'D.X.name', 'D(1)', 'D("v1")', 'D["GREEN"]', 'D["nope"]', 'D(99)', 'D.RED == 1', 'D.RED is D.RED', 'D.X < D.Y', 'len(D)', '1 in D', 'D.X in D', 'D.__members__', 'str(D.Y)', 'f"{D.Y}"', 'f"{D.Y:>5}"', 'repr(D.X)', 'hash(D.X) is None', 'D.RED.hi()', 'D.RED.p', 'D.X.Y', 'isinstance(D.X, D)', 'D.X = 5', 'D("a", "b")', 'enum.Enum("N", "a b c")', 'type(D.X)', 'D.nope', 'D.X + 1', 'D.X | D.Y', 'D.X & D.Y', '~D.X', 'D.X ^ D.Y', 'list(D.X | D.Y)', 'D(3)', 'D(0)', 'D(7)', 'bool(D(0))', 'D.X in (D.X | D.Y)', 'copy.deepcopy(D.X) is D.X', 'reversed(D)', 'D(-1)', 'D.X._value_', 'sorted(D)', 'max(D)', 'D.X.upper()', '"%s %d" % (D.X, D.X)', 'class_of(D)', 'D.X.__class__', 'D()', 'D(1.5)', 'D("1")', 'setattr(D, "X", 1)', 'setattr(D.X, "value", 1)', 'delattr(D, "X")', 'enum.unique(D)', '{D.X: 1}', 'D.X == D.X', 'D._member_names_', 'D.X | 8', 'D.X | "a"', '8 | D.X', 'int(D.X)']
        uses = [u for u in uses if u not in ('D.X = 5', 'class_of(D)')]
    return out + [f'T(lambda: {u})' for u in r.sample(uses, min(len(uses), r.randint(8, 16)))]


def containers(r):
    """collections and functools classes under long sequences of operations."""
    kind = r.choice(['deque', 'Counter', 'OrderedDict', 'defaultdict', 'ChainMap', 'dict', 'list', 'set', 'bytearray', 'heap'])
    v = lambda: r.value(r.choice(['int', 'int', 'str', 'list', 'tuple']), safe=True)
    k = lambda: r.choice(['1', '2', "'a'", "'b'", '(1, 2)', r.small(), '[]' if r.odds(0.1) else '0'])
    make = {'deque': f'collections.deque([1, 2, 3], {r.choice(["None", "3", "5", "0", "-1"])})', 'Counter': f'collections.Counter({r.choice(["[1, 1, 2]", "a=2, b=1", "{}".format(chr(39) + "abca" + chr(39)), ""])})', 'OrderedDict': 'collections.OrderedDict([(1, 2), ("a", 3)])', 'defaultdict': f'collections.defaultdict({r.choice(["int", "list", "None", "lambda: 5"])})', 'ChainMap': "collections.ChainMap({1: 2}, {1: 3, 'a': 4})", 'dict': '{1: 2, "a": 3}', 'list': '[3, 1, 2]', 'set': '{1, 2, 3}', 'bytearray': "bytearray(b'abc')", 'heap': '[1, 3, 2]'}[kind]
    common = ['x', 'len(x)', 'list(x)', f'{k()} in x', 'copy.copy(x)', 'copy.deepcopy(x) == x', 'x == x.copy()', 'bool(x)', 'x.clear()', 'type(x).__name__', 'sorted(x)', 'repr(x)', f'x == {v()}', 'x.nope', 'hash(x)', 'x < x', 'x + x', 'x | x', 'reversed(x)']
    mapping = [f'x[{k()}]', f'x.get({k()})', f'x.get({k()}, {v()})', f'x.setdefault({k()}, {v()})', f'x.pop({k()})', f'x.pop({k()}, {v()})', 'x.popitem()', f'x.update({{{k()}: {v()}}})', f'x.update({v()})', 'list(x.items())', 'list(x.keys())', 'list(x.values())', f'x.__setitem__({k()}, {v()})', f'x.__delitem__({k()})', f'x.update([({k()}, {v()})])', f'x | {{{k()}: {v()}}}', f'{{{k()}: {v()}}} | x', f'x.__ior__({{{k()}: 1}})', f'x.fromkeys([1, 2], {v()})', 'sorted(x.keys() & {1, 2})', 'len(x.items() - {(1, 2)})', "len(x.keys() | {5})", 'x.values()', 'x.items()', 'dict(x)', '{**x}', 'x.update(a=1)', 'x == dict(x)']
    own = {
        'deque': [f'x.append({v()})', f'x.appendleft({v()})', 'x.pop()', 'x.popleft()', f'x.rotate({r.small()})', f'x.extend({v()})', f'x.extendleft({v()})', f'x.insert({r.small()}, {v()})', f'x.remove({v()})', f'x.index({v()})', f'x.count({v()})', f'x[{r.small()}]', 'x.maxlen', f'x * {r.choice("0123")}', 'x.reverse()', 'x[1:2]', f'x.__setitem__({r.small()}, {v()})', f'x.__delitem__({r.small()})', f'x + {v()}', f'x.__iadd__({v()})', 'x < collections.deque([1, 5])', f'x.index(2, {r.small()}, {r.small()})'],
        'Counter': mapping + ['x.most_common()', f'x.most_common({r.small()})', 'x.total()', 'list(x.elements())', f'x.subtract({v()})', 'x + x', 'x - x', 'x & x', 'x | x', '+x', '-x', 'x <= x', 'x > collections.Counter()', f'x.update([{k()}, {k()}])'],
        'OrderedDict': mapping + [f'x.move_to_end({k()})', f'x.move_to_end({k()}, last=False)', 'x.popitem(last=False)', 'list(reversed(x))', 'x == collections.OrderedDict(reversed(list(x.items())))'],
        'defaultdict': mapping + [f'x[{k()}]', 'x.default_factory', f'x.__missing__({k()})', f'x[{k()}].append(1)'],
        'ChainMap': mapping + ['x.maps', 'x.new_child({5: 5})', 'x.parents'],
        'dict': mapping, 'set': [f'x.add({r.small()})', f'x.discard({r.small()})', f'x.remove({r.small()})', 'x.pop()', f'x.update({r.value("range")})', f'x & {r.value("set")}', f'x | {r.value("set")}', f'x ^ {r.value("set")}', f'x - {r.value("set")}', f'x.issubset({r.value("list")})', f'x.symmetric_difference_update({r.value("set")})', f'x.intersection_update({r.value("set")})', f'x.__isub__({r.value("set")})', f'x <= {r.value("set")}', f'x.isdisjoint({r.value("tuple")})', f'x.add({r.whole()})', f'x.union([{r.whole()}], {r.value("set")})', f'x.difference({r.value("set")})'],
        'list': [f'x.append({v()})', f'x.insert({r.small()}, {v()})', f'x.pop({r.small()})', 'x.sort()', 'x.sort(reverse=True)', 'x.sort(key=str)', f'x.extend({v()})', f'x.index({v()})', f'x.remove({v()})', f'x * {r.choice("0123")}', f'x.__setitem__({r.small()}, {v()})', f'x.__delitem__({r.small()})', 'x.reverse()', f'x[{r.small()}:{r.small()}]', f'x.count({v()})', f'x + {v()}', 'x.sort(key=lambda q: (str(type(q)), str(q)))', 'max(x)', 'sum(x)'],
        'bytearray': [f'x.append({r.small()})', f'x.extend({r.value("bytes")})', f'x.insert({r.small()}, 65)', 'x.pop()', f'x.remove({r.small()})', f'x.find({r.value("bytes")})', 'x.hex()', "x.hex('-')", 'x.decode()', f'x.replace({r.value("bytes")}, b"zz")', 'x.upper()', f'x[{r.small()}]', f'x.split({r.value("bytes")})', 'x.reverse()', f'x + {r.value("bytes")}', f'x.__setitem__({r.small()}, {r.whole()})', 'x.isalpha()', f'x.translate(None, {r.value("bytes")})', f'x.join([{r.value("bytes")}])', f'x.startswith({r.value("bytes")})', f'x % {v()}'],
        'heap': [f'heapq.heappush(x, {r.small()})', 'heapq.heappop(x)', f'heapq.heapreplace(x, {r.small()})', 'heapq.heapify(x)', f'heapq.nsmallest({r.small()}, x)', f'bisect.insort(x, {r.small()})', 'list(heapq.merge(sorted(x), [2, 5]))', f'heapq.heappushpop(x, {r.small()})', 'x.sort()', f'bisect.bisect_left(x, {r.small()})', 'functools.reduce(lambda a, b: a - b, x)', 'list(itertools.accumulate(x, max))', '[list(g) for _, g in itertools.groupby(x, lambda q: q % 2)]', 'list(itertools.pairwise(x))', f'heapq.nlargest({r.small()}, x, key=lambda q: -q)'],
    }[kind]
    out = ['import collections, copy, heapq, bisect, functools, itertools', 'try:', f'    x = {make}', 'except Exception as e:', '    print(told(e)); x = []']
    for _ in range(r.randint(6, 16)):
        out.append(f'T(lambda: {r.choice(own if r.odds(0.8) else common)})')
        if r.odds(0.3):
            out.append('print(show(x))')
    return out + ['print(show(x))']


def functools_things(r):
    out = ['import functools, itertools, operator, contextlib, collections, string, textwrap, json, copy']
    fn = lambda: r.choice(['lambda x: x * 2', 'lambda x: -x', 'str', 'lambda x: x % 3', 'operator.neg', 'lambda x: [x]', 'lambda x: (x % 2, x)', 'abs', 'lambda x: 1 // x', 'bool', 'repr', 'functools.partial(max, 2)', 'functools.partial(pow, 2)'])
    src = lambda: r.choice(['[3, 1, 2]', 'range(5)', '(1, 1, 2)', '"abca"', '[0, 5, -3]', '[]', '{2: 1, 3: 4}', 'iter([4, 5])', '[True, 2.5, 1]', '[[2], [1]]', '["b", "a", "C"]'])

    def pipe(d):
        if d == 0:
            return src()
        s = pipe(d - 1)
        return r.choice([
            lambda: f'map({fn()}, {s})', lambda: f'filter({fn()}, {s})', lambda: f'sorted({s}, key={fn()})', lambda: f'itertools.accumulate({s})', lambda: f'itertools.chain({s}, {src()})', lambda: f'itertools.islice({s}, {r.choice("0123")}, {r.choice(["None", "3", "5"])}, {r.choice("123")})', lambda: f'zip({s}, {src()})', lambda: f'enumerate({s})', lambda: f'itertools.takewhile({fn()}, {s})', lambda: f'itertools.dropwhile({fn()}, {s})',
            lambda: f'itertools.zip_longest({s}, {src()}, fillvalue={r.value(safe=True)})', lambda: f'itertools.pairwise({s})', lambda: f'itertools.batched({s}, 2)', lambda: f'(k for k, g in itertools.groupby({s}, {fn()}))', lambda: f'itertools.starmap(lambda *a: a, zip({s}))', lambda: f'itertools.combinations({s}, 2)', lambda: f'itertools.filterfalse({fn()}, {s})', lambda: f'itertools.compress({s}, [1, 0, 1])', lambda: f'list({s})[::-1]', lambda: f'reversed(list({s}))', lambda: f'itertools.tee({s})[1]', lambda: f'dict.fromkeys({s}, 1)', lambda: f'itertools.product({s}, repeat=2)', lambda: f'set({s})' if 'abc' not in s and '"' not in s else f'list({s})', lambda: f'itertools.permutations({s}, 2)', lambda: f'itertools.accumulate({s}, lambda a, b: b, initial={r.small()})', lambda: f'(x for x in {s} if x)', lambda: f'[x for x in {s}]', lambda: f'itertools.chain.from_iterable(zip({s}))'])()

    for _ in range(r.randint(4, 8)):
        p = pipe(r.randint(1, 4))
        end = r.choice(['list({p})', 'list({p})', 'tuple({p})', 'sum({p})', 'max({p}, default=None)', 'functools.reduce(operator.add, {p})', 'next({p})', 'len(list({p}))', 'min({p}, key=str)', 'any({p})', 'collections.Counter({p}).most_common(2)', '"".join(map(str, {p}))', 'dict(zip({p}, "abc"))', 'collections.deque({p}, 2)', 'list(map(list, {p}))', 'functools.reduce(lambda a, b: (a, b), {p}, 0)', '[*{p}][-1]', 'json.dumps(list({p}))', '"%s" % (list({p}),)'])
        if 'set(' in p and ('"abca"' in p or '"C"' in p or 'str' in p or 'repr' in p):
            p = p.replace('set(', 'list(')
        out.append('T(lambda: ' + end.replace('{p}', p) + ')')
    if r.odds(0.5):
        out += ['calls = []', f'@functools.lru_cache(maxsize={r.choice(["None", "2", "0", "128"])}, typed={r.choice(["True", "False"])})', 'def f(*a, **k):', '    calls.append((a, k)); return len(calls)']
        out += [f'T(lambda: f({r.choice(["1", "1.0", "True", "2", "a=1", "1, 2", "[]", "b=2, a=1", "a=1, b=2"])}))' for _ in range(r.randint(3, 8))] + ['print(f.cache_info(), calls)']
    if r.odds(0.3):
        out += ['@functools.singledispatch', 'def sd(x): return "any"', '@sd.register(int)', 'def _(x): return "int"', '@sd.register', 'def _(x: list): return "list"', '@sd.register(str)', 'def _(x): return "str"'] + [f'T(lambda: sd({r.value()}))' for _ in range(3)]
    if r.odds(0.3):
        out += ['@contextlib.contextmanager', 'def cm(n):', '    L("in")', '    try:', '        yield n', f'    except {r.choice(["ValueError", "KeyError"])}:', '        L("caught")', '    finally:', '        L("out")', 'try:', f'    with cm(1) as a{r.choice(["", ", cm(2) as b"])}, contextlib.suppress({r.choice(["TypeError", "IndexError"])}):', f'        raise {r.choice(["ValueError", "KeyError", "TypeError", "IndexError", "StopIteration"])}(1)', 'except Exception as e:', '    print(told(e))', 'print()']
    return out
