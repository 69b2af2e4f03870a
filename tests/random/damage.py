"""Damages random programs and runs them on Sloop alone: nothing may panic, abort or hang.

    damage.py [--first SEED] [--count N] [--sloop EXE] [--patience SECONDS] [--out FILE]

What is left of a program need not compile, nor end: one that takes long is interrupted as Ctrl-C does
it. One that ends its process, cannot be interrupted, or whose output speaks of what only Sloop's own
code knows, is printed.
"""

import argparse
import os
import re
import signal
import sys
import time
import warnings

import compare
import generate
from pools import Chance

TOKEN = re.compile(r'\n[ ]*|[A-Za-z_]\w*|\d[\w.]*|"[^"\n]*"|\'[^\'\n]*\'|\s+|\*\*|//|->|:=|[-+*/%<>=!&|^@]=|.', re.S)
LITERAL = re.compile(r'\d[\w.]*$|["\']')
# Large enough to go wrong, small enough to end: what multiplies these must raise, not work.
EXTREMES = ['-1', '0', '2**31', '2**63', '-2**63', '2**64 - 1', '10**400', '-10**30', 'inf', 'nan', '-0.0', '1e308', '5e-324', '1e309j', "''",
            "'\\x00'", "'\\ud800'", "'\U0010ffff'", "'{' * 99", "'%' * 9", "b''", "b'\\xff' * 300", '()', '[[]] * 99', '{}', 'set()', 'None', '...',
            'NotImplemented', 'type', 'object', 'object()', 'super', 'print', 'locals()', 'globals()', 'range(2**70)', 'range(-2**63, 2**63)',
            'slice(2**70, -2**70, -1)', 'memoryview(bytearray(9))', 'iter([])', '(x for x in ())', 'lambda *a, **k: (a, k)', '__import__("sys")',
            'BaseException()', 'type.__subclasses__', 'int.__add__', 'property(lambda s: s.p)', '*[]', '**{}', '(yield)', '(await x)', '(x := 1)', ':', 'as x', 'del']
WORDS = ['if', 'else', 'for', 'in', 'while', 'try', 'except', 'except*', 'finally', 'with', 'async', 'await', 'yield', 'yield from', 'return', 'break', 'continue',
         'lambda', 'def', 'class', 'match', 'case', 'global', 'nonlocal', 'del', 'raise', 'from', 'import', 'not', 'is', 'and', '*', '**', '(', ')', '[', ']', '{', '}',
         ':', ',', '.', '=', ':=', '@', '->', '...', ';', '\\', '#', 'f"{', '}"', '"""', "r'", 'b"', '\t', '\n', '\n    ', '\x00', '\x0c', '\ufeff', 'é', '０', '_', 'type']


def damaged(seed):
    r = Chance(f'damage {seed}')
    source = generate.program(seed)[1]
    if r.odds(0.4):
        a, b = source.split('\n'), generate.program(seed + 10**8)[1].split('\n')
        i, j = r.randint(0, len(a)), r.randint(0, len(b))
        source = '\n'.join(r.choice([lambda: a[:i] + b[j:], lambda: a[:i] + b + a[i:], lambda: a[:i] + [' ' * r.choice([0, 4, 8]) + b[j - 1]] + a[i:]])())
    tokens = TOKEN.findall(source)
    for _ in range(r.choice([0, 1, 1, 1, 2, 2, 3, 5, 12])):
        i = r.randrange(len(tokens)) if tokens else 0
        literals = [k for k, t in enumerate(tokens) if LITERAL.match(t)]
        how = r.randint(0, 9)
        if not tokens:
            tokens = ['pass']
        elif how <= 3 and literals:
            tokens[r.choice(literals)] = r.choice(EXTREMES)
        elif how == 4:
            del tokens[i]
        elif how == 5:
            tokens.insert(i, tokens[i])
        elif how == 6:
            tokens[i] = r.choice(tokens)
        elif how == 7:
            tokens.insert(i, r.choice(WORDS))
        else:
            lines = ''.join(tokens).split('\n')
            k = r.randrange(len(lines))
            if how == 8:
                lines[k:k + 1] = r.choice([[], [lines[k]] * 2, ['    ' + lines[k]], [lines[k][4:]], [lines[k], r.choice(lines)]])
            else:
                lines[k], lines[k - 1] = lines[k - 1], lines[k]
            tokens = TOKEN.findall('\n'.join(lines))
    return ''.join(tokens).replace('\0', '\\0') if r.odds(0.5) else ''.join(tokens).replace('\0', '')


def run(machines, programs, patience):
    """The output of each program, as `Machines.rest`."""
    outputs = []
    while len(outputs) < len(programs):
        started = machines.start('sloop', programs[len(outputs):], 'damaged')
        process, name = started[0], machines.path('sloop-damaged.out')
        ended = seen = read = 0
        since = time.monotonic()
        while process.poll() is None:
            time.sleep(0.02)
            with open(name, 'rb') as f:
                f.seek(max(0, read + 1 - len(compare.MARK)))
                fresh = f.read()
            read = os.path.getsize(name)
            if compare.MARK.encode() in fresh:
                since, seen = time.monotonic(), 0
            elif time.monotonic() - since > patience * (seen + 1):
                seen += 1
                process.send_signal(signal.SIGINT if seen < 8 else signal.SIGKILL)
                ended = seen == 8
        status, out, err = machines.finish(started)
        parts = out.split(compare.MARK)
        outputs += parts[:-1]
        if len(outputs) < len(programs):
            outputs.append(f'DIED {"hangs" if ended else status} {err.strip()[-300:]}')
    return outputs[:len(programs)]


def suspicious(output):
    return output.startswith('DIED') or re.search(r'DIED|panicked|internal error|RUST_BACKTRACE|SystemError|src/[a-z_/]+\.rs', output)


def main():
    p = argparse.ArgumentParser()
    p.add_argument('--first', type=int, default=0)
    p.add_argument('--count', type=int, default=2000)
    p.add_argument('--batch', type=int, default=250)
    p.add_argument('--sloop', default='sloop')
    p.add_argument('--patience', type=float, default=2, help='seconds until Ctrl-C')
    p.add_argument('--out')
    options = p.parse_args()
    warnings.simplefilter('ignore')
    machines = compare.Machines(sys.executable, options.sloop, 60)
    out = open(options.out, 'w', encoding='utf-8', errors='backslashreplace') if options.out else sys.stdout
    found = 0
    for first in range(options.first, options.first + options.count, options.batch):
        seeds = range(first, min(first + options.batch, options.first + options.count))
        programs = [damaged(seed) for seed in seeds]
        outputs = run(machines, programs, options.patience)
        for seed, source, ours in zip(seeds, programs, outputs):
            if not suspicious(ours):
                continue
            # Neighbours in a batch share modules and classes: a finding must stand alone.
            alone, = run(machines, [source], options.patience)
            if ours.startswith('DIED') and not suspicious(alone):
                print(f'#### {seed} only among others: {ours}', file=out, flush=True)
                continue
            found += 1
            print(f'#### {seed} {alone[-300:] if alone.startswith("DIED") else re.findall(".*(?:panicked|internal error|SystemError|src/).*", alone)[:2]}\n{source}', file=out, flush=True)
    print(f'{options.count} damaged programs, {found} findings', file=out)
    print(f'{options.count} damaged programs, {found} findings')


if __name__ == '__main__':
    sys.exit(main())
