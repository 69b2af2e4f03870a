"""Values, names and chance: what every topic of the generator draws from.

Everything is source text. Whatever is drawn is deterministic on CPython: sets hold ints only, no
object shows its address (the comparison hides those that slip through), and nothing is large enough
to take noticeable time or memory.
"""

import random

SMALL = [0, 1, 2, 3, 4, 5, 7, 10, -1, -2, -3, -7]
EDGES = [2**31, 2**31 - 1, -(2**31), 2**32, 2**48, 2**49 - 1, 2**49, 2**50, 2**51, -(2**49), -(2**49) - 1,
         2**53, 2**53 + 1, 2**63 - 1, 2**63, -(2**63), -(2**63) - 1, 2**64, 10**30, -(10**30), 12345678901234567]
FLOATS = ['0.0', '-0.0', '1.0', '0.5', '-1.5', '2.0', '1e16', '1e15', '0.1', '1e-5', '1e300', '5e-324', 'inf', '-inf', 'nan',
          '2.5', '3.5', '1e22', '123456.789', '-2.675', '9007199254740993.0', '1e100']
COMPLEX = ['1j', '0j', '-1j', '(1+2j)', '(-0.0+0j)', 'complex(0.0, -0.0)', 'complex(inf, 1)', '(3-4j)', '1.5j', 'complex(1e20, -1e-7)']
STRINGS = ['', 'a', 'abc', 'Hello World', 'aXbXc', ' pad ', '123', '-7', '1_000', '1e3', 'é', 'naïve café', 'ß', 'Ω≈ç', '日本語',
           '😀', 'a😀b', 'ÿ', 'ǆ', 'İ', 'ﬁ', 'tab\there', 'line\nbreak', 'a\r\nb\x0bc', 'quote\'s', 'both"\'', '\x00', '\x7f', '\x85', '\u2028x',
           '٣', '²', 'the quick brown fox', 'aaa', 'abab', '{}', '%s', '\\', 'ab,cd,,e', '0x1f', 'inf', 'ΑΣ', 'x' * 20, '\ud800']
BYTES = ["b''", "b'a'", "b'abc'", "b'\\x00\\xff'", "b'Hello World'", "b'a,b,,c'", "b' x '", "bytearray(b'abc')", "b'aaa'", "b'12'",
         "bytearray(b'')", "b'tab\\there'"]
SEQ = ['[]', '[1]', '[1, 2, 3]', '[3, 1, 2]', "['b', 'a']", '[[1], [2, 3]]', '[None, True]', '[1.5, 2, 0]', "[(1, 'x'), (2, 'y')]"]
TUP = ['()', '(1,)', '(1, 2)', '(1, 2, 3)', "('a', 1)", '((1, 2), 3)', "(None, 'x', 2.5)"]
DICT = ['{}', '{1: 2}', "{'a': 1, 'b': 2}", "{'x': [1], 'y': None}", '{0: 0, True: 1}', "{(1, 2): 'p'}", "{None: 1}"]
SET = ['set()', '{1}', '{1, 2, 3}', '{3, 4, 5}', 'frozenset()', 'frozenset([1, 2])', '{0, -1}']
RANGE = ['range(0)', 'range(3)', 'range(1, 10, 3)', 'range(5, 0, -2)', 'range(2**63, 2**63 + 3)', 'range(-2, 2)']
OTHER = ['None', 'True', 'False', 'Ellipsis', 'NotImplemented', 'int', 'str', 'len', 'slice(1, 2)', 'object', '(lambda: 1)', 'type', 'list',
         'iter([1, 2])', '(i for i in [1, 2])', 'zip([1], [2])', 'ValueError', "ValueError('v')", 'list[int]', 'int | str', 'memoryview(b"ab")',
         'abs', '"".join', '{1: 2}.keys()', '{1: 2}.items()', '{1: 2}.values()', 'property()', 'map(str, [1])', 'Plain()', 'Plain', 'Index(2)',
         'Seq(3)']
TYPES = ['int', 'float', 'complex', 'bool', 'str', 'bytes', 'list', 'tuple', 'dict', 'set', 'range', 'other']
SEQUENCES = {'str', 'bytes', 'list', 'tuple', 'range', 'other'}
INF = 'inf = float("inf"); nan = float("nan")'


class Chance(random.Random):
    """Seeded choices."""

    def odds(self, of):
        return self.random() < of

    def weighted(self, pairs):
        """pairs: [(weight, thing), ...]"""
        at = self.random() * sum(w for w, _ in pairs)
        for w, thing in pairs:
            at -= w
            if at < 0:
                return thing
        return pairs[-1][1]

    def some(self, things, low, high):
        return [self.choice(things) for _ in range(self.randint(low, high))]

    # -- literals -----------------------------------------------------------------------------

    def small(self):
        return str(self.choice(SMALL))

    def whole(self):
        if self.odds(0.65):
            return self.small()
        return str(self.choice(EDGES) + self.randint(-1, 1))

    def text(self):
        if self.odds(0.85):
            return repr(self.choice(STRINGS))
        return repr(''.join(self.choice('abcXYZ 019é日😀\n_.,-+') for _ in range(self.randint(1, 8))))

    def value(self, kind=None, safe=False):
        """The source of a value of a kind; `safe`: no int that could ask for much memory."""
        kind = kind or self.choice(TYPES)
        if kind == 'int':
            if safe:
                return self.small() if self.odds(0.85) else self.choice(['2**70', '-2**70', '10**25'])
            return self.whole()
        if kind == 'float':
            return self.choice(FLOATS)
        if kind == 'complex':
            return self.choice(COMPLEX)
        if kind == 'bool':
            return self.choice(['True', 'False'])
        if kind == 'str':
            return self.text()
        if kind == 'bytes':
            return self.choice(BYTES)
        pools = {'list': SEQ, 'tuple': TUP, 'dict': DICT, 'set': SET, 'range': RANGE, 'other': OTHER}
        if kind in ('list', 'tuple') and self.odds(0.25):
            inner = ', '.join(self.value(self.choice(['int', 'float', 'str', 'bool']), safe) for _ in range(self.randint(0, 4)))
            return f'[{inner}]' if kind == 'list' else f'tuple([{inner}])'
        return self.choice(pools[kind])

    def args(self, low=0, high=3, kinds=None):
        return [self.value(self.choice(kinds) if kinds else None, safe=True) for _ in range(self.randint(low, high))]


def indent(lines, by=1):
    return ['    ' * by + line for line in lines]


# What programs of both machines find in their globals.
COMMON = r'''
inf = float('inf'); nan = float('nan')

def hide(text):
    """Addresses differ between runs."""
    out = []
    while ' at 0x' in text:
        head, _, text = text.partition(' at 0x')
        out.append(head + ' at 0x')
        while text and text[0] in '0123456789abcdef':
            text = text[1:]
    return ''.join(out) + text

def orderly(value):
    """Sets of text come out in the order of hashes, which differs between runs."""
    if isinstance(value, (set, frozenset)) and not all(isinstance(x, int) for x in value):
        return [type(value).__name__, sorted(map(repr, value))]
    return value

def show(value):
    text = hide(repr(orderly(value)))
    return text if len(text) < 400 else text[:200] + '...' + text[-100:] + ' ' + str(len(text))

def told(e):
    return type(e).__name__ + ': ' + hide(str(e))

def T(f):
    try:
        value = f()
        if type(value).__name__ in LAZY:
            value = [type(value).__name__, list(limited(value))]
        print(show(value))
    except Exception as e:
        print(told(e))

LAZY = {'map', 'filter', 'zip', 'enumerate', 'generator', 'reversed', 'list_iterator', 'chain', 'islice', 'accumulate', 'cycle',
        'count', 'repeat', 'groupby', 'pairwise', 'product', 'permutations', 'combinations', 'takewhile', 'dropwhile', 'starmap',
        'compress', 'filterfalse', 'zip_longest', 'batched', 'combinations_with_replacement', 'str_ascii_iterator', 'str_iterator',
        'range_iterator', 'tuple_iterator', 'bytes_iterator', 'list_reverseiterator', 'dict_keyiterator', 'longrange_iterator'}

def limited(it):
    for i, x in enumerate(it):
        if i >= 12:
            return
        yield x

def C(v):
    """Keep what grows in loops small."""
    if isinstance(v, int) and not isinstance(v, bool):
        return v if abs(v) < 1 << 200 else v % 1000003
    if isinstance(v, (str, bytes, list, tuple)):
        return v[:40]
    return v

def L(tag, value=None):
    print('<' + str(tag) + '>', end=' ')
    return value

class Plain:
    def __repr__(self):
        return 'Plain()'

class Index:
    def __init__(self, n):
        self.n = n
    def __index__(self):
        return self.n
    def __repr__(self):
        return f'Index({self.n})'

class Seq:
    def __init__(self, n):
        self.n = n
    def __getitem__(self, i):
        if i >= self.n:
            raise IndexError(i)
        return i * i
    def __len__(self):
        return self.n
    def __repr__(self):
        return f'Seq({self.n})'
'''
