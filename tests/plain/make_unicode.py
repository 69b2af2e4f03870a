"""Writes src/plain/unicode/table.bin and tests/plain/unicode.txt; run it with CPython 3.13.

The table says of every code point what Python says of it (Unicode 15.1): an index of pages of 256
code points, the pages (one byte per code point: a record), the records (u16 flags, u8 digit).
The text file holds checksums of every predicate and mapping over all code points.
"""
import sys

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
