"""Writes the tables of tests/plain/: what CPython 3.13 answers. Run it with that CPython.

A row is a function, its arguments, `=`, and the result, with tabs between. Texts are WTF-8 with
`\\xhh` for every byte that is not printable ASCII; floats are the hexadecimal digits of their bits;
a result that begins with `!` is an exception.
"""
import math
import random
import struct
import sys

R = random.Random(20130)
HERE = __file__.rsplit("/", 1)[0]


def bits(x):
    return struct.pack(">d", x).hex()


def enc(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return "nan" if value != value else bits(value)
    if isinstance(value, int):
        return str(value) if abs(value) < 10**4000 else hex(value)
    if value is None:
        return "-"
    if isinstance(value, str):
        value = value.encode("utf-8", "surrogatepass")
    if isinstance(value, (bytes, bytearray)):
        return "".join(chr(b) if 32 <= b < 127 and b != 92 else f"\\x{b:02x}" for b in value)
    if isinstance(value, (list, tuple)):
        return "|".join(map(enc, value))
    raise TypeError(value)


class Table:
    def __init__(self, name):
        self.file = open(f"{HERE}/{name}.txt", "w")

    def row(self, name, *args, call, show=enc):
        try:
            result = show(call())
        except Exception as error:
            text = error.args[0] if error.args and isinstance(error.args[0], str) else str(error)
            result = f"!{type(error).__name__}: {enc(text)}"
        print(name, *map(enc, args), "=", result, sep="\t", file=self.file)


SPECIAL = [0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 1.5, 2.5, 1e16, 1e15, 9999999999999998.0, 1e-4, 1e-5, 9.999e-5,
           5e-324, 2.2250738585072014e-308, 1.7976931348623157e308, math.inf, -math.inf, math.nan,
           1e22, 1e23, 123456789.123456789, 0.1, 0.2, 0.3, 1/3, 2/3, 1e100, 2.0**53, 2.0**63, -2.0**63, 2.0**64,
           0.125, 0.375, 1e-7, 12345.678, 99999.5, 999999.5, 0.00012345]


def any_float():
    kind = R.randrange(6)
    if kind == 0:
        return struct.unpack(">d", R.randbytes(8))[0]
    if kind == 1:
        return R.choice(SPECIAL)
    if kind == 2:
        return R.randrange(-10**6, 10**6) / R.choice([2, 4, 8, 10, 100, 1000, 64])
    if kind == 3:
        return R.uniform(-1, 1) * 10.0 ** R.randrange(-12, 24)
    if kind == 4:
        return float(R.randrange(-1000, 1000))
    return R.random()


def any_int(small=False):
    kind = R.randrange(5 if small else 8)
    if kind == 0:
        return R.randrange(-20, 20)
    if kind == 1:
        return R.randrange(-2**63, 2**63)
    if kind == 2:
        return R.choice([-2**63, 2**63 - 1, 0, 1, -1, 2**53, 2**53 + 1, -2**61, 2**61 - 1, 2**62])
    if kind == 3:
        return R.randrange(-10**6, 10**6)
    if kind == 4:
        return R.choice([1, -1]) << R.randrange(0, 63)
    if kind == 5:
        return R.randrange(-2**200, 2**200)
    if kind == 6:
        return R.choice([1, -1]) * (1 << R.randrange(60, 300)) + R.randrange(-2, 3)
    return R.choice([2**63, -2**63 - 1, 2**64, 2**64 - 1, 10**400, -10**400, 10**20])


def real_power(x, y):
    return "complex" if x < 0 and abs(x) != math.inf and math.isfinite(y) and y != math.floor(y) else x ** y


def floats():
    t = Table("float")
    for x in SPECIAL + [any_float() for _ in range(300)]:
        t.row("repr", x, call=lambda: repr(x))
        t.row("hex", x, call=lambda: x.hex())
        t.row("fromhex", x.hex(), call=lambda: float.fromhex(x.hex()))
        t.row("int", x, call=lambda: int(x))
        t.row("round", x, call=lambda: round(x))
        t.row("ratio", x, call=lambda: x.as_integer_ratio())
        t.row("hash", x, call=lambda: hash(x) if x == x else "id")
    for _ in range(400):
        x, y = any_float(), any_float()
        n = R.choice([R.randrange(-5, 20), R.randrange(-330, 330)])
        t.row("roundn", x, n, call=lambda: round(x, n))
        t.row("floordiv", x, y, call=lambda: x // y)
        t.row("mod", x, y, call=lambda: x % y)
        t.row("divmod", x, y, call=lambda: divmod(x, y))
        if R.random() < 0.5:
            y = R.choice([0.5, -0.5, 2.0, -1.0, 3.0, -3.0, 0.0, 1/3, math.inf, -math.inf])
        t.row("pow", x, y, call=lambda: real_power(x, y))
    for _ in range(300):
        x, n = any_float(), any_int()
        if R.random() < 0.5 and abs(x) < 1e300:
            n = int(x) + R.randrange(-1, 2)
        t.row("cmp", x, n, call=lambda: "<" if x < n else ">" if x > n else "=" if x == n else "?")
        t.row("tofloat", n, call=lambda: float(n))
        m = any_int()
        t.row("truediv", n, m, call=lambda: n / m)
    texts = ["", " ", "1", " 1 ", "1_0", "1__0", "_1", "1_", "1._5", "1_.5", "1e5_0", "1e_5", ".", ".5", "5.", "5.e3",
             "inf", "-inf", "+Infinity", "infinit", "nan", "-nan", "nan1", "1e400", "1e-400", "0x10", "1e", "--1",
             "abc", "it's", "\u0661_\u0662", "\u00a01\u2003", "1\x85", "\x1c1", "\uff11.\uff15", "\u00e91", "\ud800", "1\x00",
             "1" * 400, "1e5 x", "+ 1", "\t1\n", "1,5", "1e+5", "1E-5", "1d5"]
    for s in texts:
        t.row("parse", s, call=lambda: float(s))
    for s in [b"1.5", b" 2 ", b"x", b"\xff1", b"1_0"]:
        t.row("parsebytes", s, call=lambda: float(s))
    for _ in range(300):
        s = repr(any_float()) if R.random() < 0.5 else f"{R.randrange(10**R.randrange(1, 30))}.{R.randrange(10**20)}e{R.randrange(-340, 320)}"
        t.row("parse", s, call=lambda: float(s))
    for s in ["0x1p3", "1.8", ".8p0", "0x.p1", "0x1.", "0x1p", "0x1p+", "1_0", "0x1.0000000000000800000000001p0",
              "0x0.0000000000001p-1022", "0x1p-1075", "0x1.8p-1075", "0x1p-99999999999999999999", "0x1p99999999999999999999",
              "0x0p99999999999999999999", "0x1.fffffffffffff8p1023", "0x1.fffffffffffff7p1023", "0x" + "0" * 100 + "1p0", "", "+-1",
              " -0x1.8p1 ", "INFINITY", "-inf", "nan", "infin", "0x1p5000", "zz", "0x" + "f" * 40, "0x1.8p1x",
              "0x123456789abcdef01.8p-3", "-0x0p0"]:
        t.row("fromhex", s, call=lambda: float.fromhex(s))


def ints():
    t = Table("int")
    for _ in range(250):
        a, b = any_int(), any_int()
        t.row("floordiv", a, b, call=lambda: a // b)
        t.row("mod", a, b, call=lambda: a % b)
        t.row("divmod", a, b, call=lambda: divmod(a, b))
        t.row("gcd", a, b, call=lambda: math.gcd(a, b))
        t.row("bits", a, call=lambda: (a.bit_length(), a.bit_count()))
        t.row("hash", a, call=lambda: hash(a))
        t.row("isqrt", a, call=lambda: math.isqrt(a))
        n = R.choice([R.randrange(-1, 70), R.randrange(0, 300)])
        t.row("shl", a, n, call=lambda: a << n)
        t.row("shr", a, n, call=lambda: a >> n)
        t.row("text", a, call=lambda: (str(a), bin(a), oct(a), hex(a)))
        e = R.randrange(0, 40 if abs(a) < 2**65 else 6)
        t.row("pow", a, e, call=lambda: a ** e)
        m = any_int()
        t.row("powmod", a, b, m, call=lambda: pow(a, b, m))
        t.row("powmod", a, e, m, call=lambda: pow(a, e, m))
        length, order, signed = R.randrange(0, 12), R.choice(["little", "big"]), R.random() < 0.5
        t.row("tobytes", a, length, order == "little", signed, call=lambda: a.to_bytes(length, order, signed=signed))
        data = R.randbytes(R.randrange(0, 12))
        t.row("frombytes", data, order == "little", signed, call=lambda: int.from_bytes(data, order, signed=signed))
        base = R.choice([0, 2, 8, 10, 16, R.randrange(2, 37)])
        digits = "0123456789abcdefghijklmnopqrstuvwxyzABCXYZ_"
        s = "".join(R.choice(digits[:R.choice([2, 8, 10, 16, 43])]) for _ in range(R.randrange(1, 25)))
        s = R.choice(["", "", "0x", "0b", "0o", "-", "+", " ", "-0X", "0_"]) + s + R.choice(["", "", " ", "_"])
        t.row("parse", s, base, call=lambda: int(s, base))
    for s, base in [("", 10), (" ", 10), ("12", 10), (" 12 ", 10), ("- 12", 10), ("1__0", 10), ("_1", 10), ("1_", 10), ("0x_f", 16),
                    ("0x", 16), ("0x1", 0), ("01", 0), ("00", 0), ("0_0", 0), ("0_", 0), ("0o", 0), ("1", 1), ("1", 37), ("1", -1),
                    ("x" * 300, 10), ("\u0661" * 3, 10), ("\uff19", 10), ("\ud800", 10), ("\u00e9" * 300, 10), ("1\x00", 10), ("\x1c1", 10),
                    ("1" * 4300, 10), ("1" * 4301, 10), ("1_" * 4300 + "1", 10), ("1" * 5000 + "x", 10), ("1" * 5000, 16),
                    ("1" * 5000, 3), ("0" * 5000, 10), ("1" * 5000, 0), ("0b1", 16), ("0xg", 16), ("zz", 36), ("it's", 10),
                    ("0x1", 10), ("0b12", 0), ("0B1", 2), ("+0b1", 0), ("9" * 30, 10), ("-" + "9" * 18, 10), ("9" * 19, 10),
                    ("\u00a012\u2003", 10), ("\\" * 150, 10), ("\n", 10)]:
        t.row("parse", s, base, call=lambda: int(s, base))
    for s, base in [(b"12", 10), (b" 0x1_0 ", 0), (b"\xff", 10), (b"x" * 300, 10), (b"1\x00", 10)]:
        t.row("parsebytes", s, base, call=lambda: int(s, base))
    t.row("text", 10**4299, call=lambda: str(10**4299))
    t.row("text", 10**4300, call=lambda: str(10**4300))
    t.row("text", 10**6000, call=lambda: str(10**6000))
    for n, c in [(1, 10**30), (0, 10**30), (-1, 10**30), (5, -1), (1, -10**30)]:
        t.row("shl", n, c, call=lambda: n << c)
        t.row("shr", n, c, call=lambda: n >> c)


def hashes():
    t = Table("hash")
    for _ in range(200):
        items = [any_int() for _ in range(R.randrange(0, 9))]
        t.row("tuple", *items, call=lambda: hash(tuple(items)))
        t.row("frozenset", *set(items), call=lambda: hash(frozenset(items)))
        x, y = R.choice(SPECIAL[:19]), any_float()
        if y == y:
            t.row("complex", x, y, call=lambda: hash(complex(x, y)))


PIECES = ["a", "b", "ab", " ", "\t", "\n", "\r\n", "\r", "\x1c", "\x85", "\u2028", "\u3000", "\xe9", "\u20ac", "\U0001f600", "\ud800",
          "\udfff", "'", '"', "\\", "\x00", "\x7f", "A", "Z", "0", "x", "\xdf", "\u03a3", "\u0130", "\ufb01", "\u01c6", ",", ", ", "aa"]


def any_text(most=8, pieces=PIECES):
    return "".join(R.choice(pieces) for _ in range(R.randrange(0, most)))


def texts():
    t = Table("text")
    few = ["a", "b", "aa", "ab", " ", "\xe9", "\u20ac", "\t", "\u3000"]
    for _ in range(200):
        s = any_text()
        t.row("repr", s, call=lambda: repr(s))
        t.row("ascii", s, call=lambda: ascii(s))
        t.row("reverse", s, call=lambda: s[::-1])
        t.row("splitlines", s, call=lambda: s.splitlines())
        t.row("splitlines_keep", s, call=lambda: s.splitlines(True))
        for name in "lower upper title capitalize swapcase casefold".split():
            t.row(name, s, call=lambda: getattr(s, name)())
        for name in "alpha decimal digit numeric alnum space lower upper title printable identifier".split():
            t.row("is" + name, s, call=lambda: getattr(s, "is" + name)())
        b = R.choice([R.randbytes(R.randrange(0, 12)), s.encode("utf-8", "surrogatepass")])
        t.row("bytesrepr", b, call=lambda: repr(b))
        t.row("bytes_splitlines", b, call=lambda: b.splitlines())
        x, y = any_float(), any_float()
        t.row("complexrepr", x, y, call=lambda: repr(complex(x, y)))
    for _ in range(250):
        s, sep = any_text(12, few), any_text(3, few)
        n = R.randrange(-1, 5)
        t.row("find", s, sep, call=lambda: s.find(sep))
        t.row("rfind", s, sep, call=lambda: s.rfind(sep))
        t.row("count", s, sep, call=lambda: s.count(sep))
        new = any_text(3, few)
        t.row("replace", s, sep, new, n, call=lambda: s.replace(sep, new, n))
        t.row("split", s, sep, n, call=lambda: s.split(sep, n))
        t.row("rsplit", s, sep, n, call=lambda: s.rsplit(sep, n))
        t.row("split_space", s, n, call=lambda: s.split(None, n))
        t.row("rsplit_space", s, n, call=lambda: s.rsplit(None, n))
        t.row("partition", s, sep, call=lambda: s.partition(sep))
        t.row("rpartition", s, sep, call=lambda: s.rpartition(sep))
        for name in ("strip", "lstrip", "rstrip"):
            t.row(name, s, sep, call=lambda: getattr(s, name)(sep))
            t.row(name + "_space", s, call=lambda: getattr(s, name)())
        w = R.randrange(0, 20)
        fill = R.choice(["*", " ", "\xe9", "\U0001f600"])
        for name in ("center", "ljust", "rjust"):
            t.row(name, s, w, fill, call=lambda: getattr(s, name)(w, fill))
        z = R.choice(["", "+", "-"]) + s
        t.row("zfill", z, w, call=lambda: z.zfill(w))
        t.row("expandtabs", s, w % 9, call=lambda: s.expandtabs(w % 9))
        i, j, k = R.randrange(-15, 15), R.randrange(-15, 15), R.choice([1, 1, 2, 3, -1, -2, -5])
        t.row("slice", s, i, j, k, call=lambda: s[i:j:k])


def specs():
    t = Table("spec")

    def rows(name, value, spec):
        args = (value.real, value.imag) if isinstance(value, complex) else (value,)
        t.row(name, spec, *args, call=lambda: format(value, spec))

    fixed = [line.rstrip("\n") for line in open(f"{HERE}/specs.in", encoding="utf-8")]
    for spec in fixed:
        for value in ["a", "h\xe9llo", 5, -12345, 65, 2**70, -0.0, 1234.5, -0.04, math.inf, 1e20, True, 1+2j, 3j]:
            name = type(value).__name__
            rows(name, value, spec)
    for _ in range(900):
        spec = ""
        if R.random() < 0.4:
            spec += R.choice(["", "", "*", "0", "\xe9", "\U0001f600"]) + R.choice("<>^=")
        spec += R.choice(["", "", "", "+", "-", " "])
        spec += R.choice(["", "", "", "z"]) + R.choice(["", "", "", "#"]) + R.choice(["", "", "0"])
        spec += R.choice(["", str(R.randrange(1, 30))]) + R.choice(["", "", "", ",", "_"])
        spec += R.choice(["", "", "." + str(R.choice([0, 1, 2, 3, 6, 10, 17, 25]))])
        spec += R.choice(["", "d", "x", "X", "b", "o", "c", "n", "e", "E", "f", "F", "g", "G", "%", "s", "f", "d", "g"])
        rows("float", any_float(), spec)
        rows("int", any_int(), spec)
        if R.random() < 0.3:
            rows("str", any_text(6, ["a", "b", "\xe9", "\u20ac"]), spec)
            rows("complex", complex(any_float(), any_float()), spec)
            rows("bool", R.random() < 0.5, spec)
    for _ in range(400):
        rows("float", any_float(), f".{R.randrange(0, 12)}f")
        rows("float", any_float(), f".{R.randrange(0, 320)}{R.choice('efg')}")
        rows("int", any_int(True), R.choice(["", "0"]) + str(R.randrange(1, 13)) + "d")


def percents():
    t = Table("percent")
    fixed = ["%", "%5", "%-", "%.", "%l", "%(a", "%(a)s", "%(a(b))s", "%y", "ab%5.3ly", "%\xe9", "\u20ac%5.3hy", "%\U0001f600",
             "%99999999999999999999d", "%.99999999999999999999d", "%.2147483648d", "%9223372036854775808d",
             "%9223372036854775807d", "%.2147483647d", "%5%|", "%%", "100%%|%d", "%hd", "%Ld", "%hhd", "%.d", "%. d", "%#s", "%05s|",
             "%-5s|", "%.2s|", "%5.1r|", "%a", "%c", "%5c|", "%-5c|", "%.0c", "%05c", "a%db", "% d|", "%+d", "%08.3d|", "%-08d|",
             "%#08x|", "%.0x", "%#.0x", "%#o", "%#X", "%u", "%i", "%s%s", "%d %d"]
    values = [5, -255, 0, 2**70, -10**30, 1.5, -0.0, math.inf, math.nan, "h\xe9l", "x", 65]

    def rows(template, value):
        kind = type(value).__name__
        data = {"a": value, "a(b)": value} if "%(" in template else (value,)
        t.row("str", template, kind, value, call=lambda: template % data)
        if template.isascii() and not isinstance(value, str) and "%(" not in template and "a" not in template:
            raw = template.encode()
            if "s" not in template and "r" not in template:
                t.row("bytes", raw, kind, value, call=lambda: raw % data)

    for template in fixed:
        for value in values:
            rows(template, value)
    for template in ["%d", "%x", "%s", "%.2147483647d"]:
        rows(template, 10**5000)
    for _ in range(800):
        flags = "".join(f for f in "-+ #0" if R.random() < 0.25)
        width = R.choice(["", str(R.randrange(1, 25))])
        precision = R.choice(["", "", ".", "." + str(R.randrange(0, 20))])
        value = R.choice([any_int, any_float, lambda: any_text(5, ["a", "\xe9", "'"])])()
        letter = R.choice("sra" if isinstance(value, str) else "diuoxXeEfFgGsrc")
        rows("<%" + flags + width + precision + letter + ">", value)
    for width, precision in [(5, 2), (-8, 3), (0, -1), (2**31, 2), (3, 2**31), (2**70, 1), (1, 2**70), (12, 0)]:
        t.row("star", width, precision, 1.2345, call=lambda: "%*.*f|" % (width, precision, 1.2345) if width != 2**31 else "!")


def templates():
    t = Table("template")
    pieces = ["{", "}", "{{", "}}", "{}", "{0}", "{a}", "{a.b}", "{a[0]}", "[", "]", ":", "!", "!r", ".", "x", "\xe9", "{:>5}", "{!s}", "{:{}}", "0", "[}]", "{!\xe9}"]
    fixed = [line.rstrip("\n") for line in open(f"{HERE}/templates.in", encoding="utf-8")]
    import _string
    for text in fixed + ["".join(R.choice(pieces) for _ in range(R.randrange(1, 7))) for _ in range(600)]:
        def parsed():
            out = []
            for literal, name, spec, conversion in _string.formatter_parser(text):
                if literal:
                    out.append("L" + literal)
                if name is not None:
                    out.append("F" + name + " " + (conversion or "") + " " + spec)
            return out
        t.row("pieces", text, call=parsed)
    names = ["a", "0", "", "a.b", "a[0]", "0.b[c][12]", "a[", "a[]", "a.", "a..b", "a[x]y", "[0]", ".x", "-1", " 0", "0x", "\u0663",
             "99999999999999999999", "a[99999999999999999999]", "a[-1]", "a[\u0663]", "a]", "a[b.c]", "a.b]c", "01", "a[0].b.c"]
    for name in names:
        def split():
            first, rest = _string.formatter_field_name_split(name)
            # A number too long is no error for CPython until it is used.
            return [("I" if isinstance(first, int) else "N") + str(first)] + [
                ("A" if attr else "I" if isinstance(key, int) else "K") + str(key) for attr, key in rest]
        t.row("split", name, call=split)


def codecs():
    t = Table("bytes")

    def caught(call):
        try:
            return call()
        except UnicodeError as error:
            return f"{error} [{error.encoding} {error.start} {error.end} {error.reason}]"
        except TypeError as error:
            return "TypeError"

    names = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be", "ascii", "latin-1"]
    handlers = ["strict", "ignore", "replace", "backslashreplace", "surrogateescape", "surrogatepass", "xmlcharrefreplace"]
    chunks = [b"a", b"\x00", b"\xc3\xa9", b"\xe2\x82\xac", b"\xf0\x9f\x98\x80", b"\xff", b"\x80", b"\xc3", b"\xe2\x82", b"\xf0\x9f",
              b"\xed\xa0\x80", b"\xed\xbf\xbf", b"\xc0\x80", b"\xf5", b"\xf4\x90", b"\xe0\x80", b"\xd8\x00", b"\x00\xd8", b"\x00\xdc",
              b"\xff\xfe", b"\xfe\xff", b"\x80\xd8", b"a\x00\x00\x00", b"\x00\x00\x11\x00", b"\x00\xd8\x00\x00", b"\xff\xfe\x00\x00"]
    points = ["a", "\xe9", "\u20ac", "\U0001f600", "\ud800", "\udc80", "\udcff", "\udfff", "\xff", "\u0100"]
    for _ in range(1200):
        data = b"".join(R.choice(chunks) for _ in range(R.randrange(0, 5)))
        name, handler = R.choice(names), R.choice(handlers)
        t.row("decode", data, name, handler, call=lambda: caught(lambda: data.decode(name, handler)))
        text = "".join(R.choice(points) for _ in range(R.randrange(0, 5)))
        t.row("encode", text, name, handler, call=lambda: caught(lambda: text.encode(name, handler)))
    for text in ["", "0", "0g", "zz", " 00 ff\t\n01", "00 f", "0 0", "\xe90", "00\xe9", "aBcD", "00\x1c", "\ud800"]:
        t.row("fromhex", text, call=lambda: bytes.fromhex(text))
    parts = [b"a", b"B", b" ", b"1", b"\xe9", b"z", b"'", b"\t", b"\x1c"]
    for _ in range(200):
        data = b"".join(R.choice(parts) for _ in range(R.randrange(0, 7)))
        every = R.randrange(-4, 5)
        t.row("hex", data, every, call=lambda: data.hex(":", every))
        for method in "alpha alnum digit space lower upper title".split():
            t.row("is" + method, data, call=lambda: getattr(data, "is" + method)())
        for method in "title capitalize swapcase".split():
            t.row(method, data, call=lambda: getattr(data, method)())
        old, new, n = R.choice([b"", b"a", b"B "]), R.choice([b"", b"-", b"xy"]), R.randrange(-1, 4)
        t.row("replace", data, old, new, n, call=lambda: data.replace(old, new, n))
        t.row("count", data, old, call=lambda: data.count(old))
        t.row("strip", data, call=lambda: data.strip())
        t.row("split", data, call=lambda: data.split())
        t.row("translate", data, call=lambda: data.translate(bytes.maketrans(b"aB", b"xy"), b"1"))


def randoms():
    t = Table("random")
    for seed in [0, 1, 42, -5, 2**32, 2**64 + 7, 10**40, 2**31, 2**20000 + 1, 7 << 64]:
        r = random.Random(seed)
        t.row("draws", seed, call=lambda: [r.random(), r.getrandbits(1), r.getrandbits(32), r.getrandbits(33), r.getrandbits(64),
                                           r.getrandbits(100), r.getrandbits(0), r._randbelow(10), r._randbelow(2**40), r._randbelow(10**30),
                                           [r.random() for _ in range(700)][-1]])


if __name__ == "__main__":
    chosen = sys.argv[1:] or ["floats", "ints", "hashes", "texts", "specs", "percents", "templates", "codecs", "randoms"]
    for name in chosen:
        R.seed(name)
        globals()[name]()
