"""Writes src/plain/unicode/{table,database}.bin and tests/plain/unicode.txt; run it with CPython 3.13.

The table says of every code point what Python says of it (Unicode 15.1): an index of pages of 256
code points, the pages (one byte per code point: a record), the records (u16 flags, u8 digit).
The text file holds checksums of every predicate and mapping over all code points.

The database is what `unicodedata` says beyond that (see `src/plain/unicode/database.rs`): names of
classes, an index of pages of 128 code points, the pages, the records, then ranges of combining
classes, digits, numeric values, and decompositions.
"""
import unicodedata

N = 0x110000
PAGE = 256
A, Z = "\u0391", "\u03a3"


def flags(c):
    s = chr(c)
    ignorable = (A + s + Z).lower()[-1] == "\u03c2" and (s + Z).lower()[-1] == "\u03c3"
    bits = [
        s.isalpha(), s.isdigit(), s.isnumeric(), s.isprintable(),
        s.isidentifier(), ("a" + s).isidentifier(),
        s.islower(), s.isupper(), s.istitle() and not s.isupper(), s.isspace(),
        (s + "a").title()[-1] == "a", ignorable,
        s.lower() != s, s.upper() != s, s.title() != s.upper(), s.casefold() != s.lower(),
    ]
    word = sum(1 << i for i, bit in enumerate(bits) if bit)
    return word, int(s) if s.isdecimal() else 255


def checksum(items):
    h = 0xCBF29CE484222325
    for item in items:
        h = ((h ^ item) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return h


records, pages, index = {}, {}, []
for start in range(0, N, PAGE):
    page = bytes(records.setdefault(flags(c), len(records)) for c in range(start, start + PAGE))
    index.append(pages.setdefault(page, len(pages)))
assert len(records) < 256 and len(pages) < 256, (len(records), len(pages))
data = bytes(index) + bytes([len(pages)]) + b"".join(pages)
data += b"".join(word.to_bytes(2, "little") + bytes([digit]) for word, digit in records)
open("src/plain/unicode/table.bin", "wb").write(data)
print(len(records), "records,", len(pages), "pages,", len(data), "bytes")

with open("tests/plain/unicode.txt", "w") as out:
    for name in ("alpha decimal digit numeric alnum space lower upper title printable identifier").split():
        test = getattr(str, "is" + name)
        print("is" + name, format(checksum(test(chr(c)) for c in range(N)), "016x"), file=out)
    for name in "lower upper title capitalize swapcase casefold".split():
        change = getattr(str, name)
        # In context too: after a letter, where title and the final sigma differ.
        for label, before in ((name, ""), (name + "_after_a", "a")):
            points = (ord(d) for c in range(N) for d in change(before + chr(c)))
            print(label, format(checksum(points), "016x"), file=out)


# ---- the database

CATEGORIES = sorted({unicodedata.category(chr(c)) for c in range(N)})
DIRECTIONS = sorted({unicodedata.bidirectional(chr(c)) for c in range(N)})
WIDTHS = sorted({unicodedata.east_asian_width(chr(c)) for c in range(N)})
DATABASE_PAGE = 128


def number(n):
    out = b""
    while n >= 0x80:
        out, n = out + bytes([n & 0x7F | 0x80]), n >> 7
    return out + bytes([n])


def text(s):
    return number(len(s)) + s.encode()


def classes(c):
    s = chr(c)
    return (
        CATEGORIES.index(unicodedata.category(s)),
        DIRECTIONS.index(unicodedata.bidirectional(s)),
        WIDTHS.index(unicodedata.east_asian_width(s)) | unicodedata.mirrored(s) << 7,
    )


def ranges(of):
    """Runs of code points of equal values: distance from the end of the run before, length, value."""
    runs, last = [], 0
    for c in range(N):
        value = of(c)
        if value is None:
            continue
        if runs and runs[-1][1] == c and runs[-1][2] == value:
            runs[-1][1] = c + 1
        else:
            runs.append([c, c + 1, value])
    out = number(len(runs))
    for first, end, value in runs:
        out += number(first - last) + number(end - first) + number(value)
        last = end
    return out


records, pages, index = {}, {}, []
for start in range(0, N, DATABASE_PAGE):
    page = bytes(
        records.setdefault(classes(c), len(records)) for c in range(start, start + DATABASE_PAGE)
    )
    index.append(pages.setdefault(page, len(pages)))
assert len(records) < 256, len(records)
values = sorted({unicodedata.numeric(chr(c), None) for c in range(N)} - {None})
fractions = [
    next((round(value * d), d) for d in (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 16, 20, 32, 40, 64, 80, 160, 320)
         if round(value * d) / d == value)
    for value in values
]
tags = sorted({d.split()[0] for c in range(N) if (d := unicodedata.decomposition(chr(c))).startswith("<")})
data = text(" ".join(CATEGORIES)) + text(" ".join(DIRECTIONS)) + text(" ".join(WIDTHS))
data += text(" ".join(tags)) + number(len(fractions))
for above, below in fractions:
    # Only one is negative.
    data += number(above + 1) + number(below)
data += number(len(pages)) + number(len(records))
data += b"".join(page.to_bytes(2, "little") for page in index) + b"".join(pages)
data += b"".join(bytes(record) for record in records)
data += ranges(lambda c: unicodedata.combining(chr(c)) or None)
data += ranges(lambda c: unicodedata.digit(chr(c), None))
data += ranges(
    lambda c: None if (value := unicodedata.numeric(chr(c), None)) is None else values.index(value)
)
found = [(c, d.split()) for c in range(N) if (d := unicodedata.decomposition(chr(c)))]
data += number(len(found))
last = 0
for c, parts in found:
    tag = tags.index(parts.pop(0)) + 1 if parts[0][0] == "<" else 0
    data += number(c - last) + bytes([tag]) + number(len(parts))
    data += b"".join(number(int(part, 16)) for part in parts)
    last = c
open("src/plain/unicode/database.bin", "wb").write(data)
print(len(records), "records,", len(pages), "pages,", len(data), "bytes")
