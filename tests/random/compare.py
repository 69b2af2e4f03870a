"""Runs random programs on CPython and on Sloop, and shrinks those that differ.

    compare.py [--first SEED] [--count N] [--topic NAME] [--python EXE] [--sloop EXE] [--shrink N]
               [--seconds N] [--out FILE] [--folder FOLDER] [FILE...]

With files it compares those instead of generated programs. Programs run by the hundred in one
process, each in a namespace of its own; a mark after each says how far a process came that died
or hung. Failures are grouped by their first differing lines with numbers and quoted text blanked;
one of each group is shrunk by deleting statements and replacing expressions by their parts.
"""

import argparse
import ast
import atexit
import collections
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import warnings

import generate

MARK = '\n=====done=====\n'
RUNNER = '''
import sys
if sys.implementation.name == 'cpython':
    import warnings
    warnings.simplefilter('ignore')
common = compile(open(sys.argv[1], encoding='utf-8').read(), 'common', 'exec')
for source in open(sys.argv[2], encoding='utf-8').read().split(chr(0)):
    space = {'__name__': '__main__'}
    exec(common, space)
    try:
        exec(compile(source, 'program', 'exec'), space)
    except BaseException as e:
        print('END', space['told'](e) if 'told' in space else type(e))
    # What is finalised later says nothing: only CPython does it at once.
    space['L'] = space['print'] = lambda *a, **k: None
    print('\\n=====done=====', flush=True)
'''


def normal(text):
    text = re.sub(r' at 0x[0-9a-f]+', ' at 0x', text)
    text = re.sub(r'maximum recursion depth exceeded[^\n]*', 'maximum recursion depth exceeded', text)
    return re.sub(r'((?:<[^<>]*> )+?)\1{30,}', r'\1...', text)


def blank(line):
    line = re.sub(r"'[^']*'", "'Q'", line)
    line = re.sub(r'"[^"]*"', '"Q"', line)
    return re.sub(r'\d+', 'N', line)[:160]


def signature(ours, theirs):
    a, b = ours.split('\n'), theirs.split('\n')
    for x, y in zip(a, b):
        if x != y:
            return blank(x), blank(y)
    return blank(a[len(b)]) if len(a) > len(b) else '', blank(b[len(a)]) if len(b) > len(a) else ''


def wording(ours, theirs):
    """Whether only the words of an exception differ, not its type."""
    name = lambda line: (re.match(r'(?:<[^<>]*> |[!>=-]+ |END )*(\w+): ', line) or [None, None])[1]
    return name(ours) is not None and name(ours) == name(theirs)


class Machines:
    def __init__(self, python, sloop, seconds, common=generate.COMMON):
        self.seconds = seconds
        self.folder = tempfile.mkdtemp(prefix='random-programs-')
        atexit.register(shutil.rmtree, self.folder)
        self.path = lambda name: os.path.join(self.folder, name)
        with open(self.path('common.py'), 'w', encoding='utf-8') as f:
            f.write(common)
        with open(self.path('runner.py'), 'w', encoding='utf-8') as f:
            f.write(RUNNER)
        self.commands = {'python': [python, '-X', 'utf8'], 'sloop': sloop.split()}

    def start(self, who, programs, tag):
        name = self.path(f'{who}-{tag}.txt')
        with open(name, 'w', encoding='utf-8') as f:
            f.write('\0'.join(programs))
        out = open(self.path(f'{who}-{tag}.out'), 'wb+')
        err = open(self.path(f'{who}-{tag}.err'), 'wb+')
        limit = lambda: resource.setrlimit(resource.RLIMIT_AS, (6 << 30, 6 << 30))
        command = self.commands[who] + [self.path('runner.py'), self.path('common.py'), name]
        return subprocess.Popen(command, stdout=out, stderr=err, stdin=subprocess.DEVNULL, preexec_fn=limit), out, err

    def finish(self, started):
        process, out, err = started
        try:
            status = process.wait(self.seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            status = 'hangs'
        texts = []
        for f in (out, err):
            f.seek(0)
            texts.append(f.read().decode('utf-8', 'backslashreplace'))
            f.close()
        return status, *texts

    def rest(self, who, programs, result):
        """The output of each program; one that ends its process gets a verdict for an output."""
        outputs = []
        while True:
            status, out, err = result
            parts = out.split(MARK)
            outputs += parts[:-1]
            if len(outputs) >= len(programs):
                return [normal(o) for o in outputs[:len(programs)]]
            outputs.append(f'DIED {status} {err.strip()[-300:]}')
            if len(outputs) == len(programs):
                return [normal(o) for o in outputs]
            result = self.finish(self.start(who, programs[len(outputs):], 'rest'))

    def both(self, programs):
        running = {who: self.start(who, programs, 'all') for who in self.commands}
        results = {who: self.finish(running[who]) for who in running}
        return list(zip(*(self.rest(who, programs, results[who]) for who in ('sloop', 'python'))))


# -- shrinking ------------------------------------------------------------------------------------


def edits(tree):
    """All smaller trees: (size of what goes, function that edits a copy in place)."""
    for n, node in enumerate(ast.walk(tree)):
        for field, value in ast.iter_fields(node):
            if isinstance(value, list):
                for i, child in enumerate(value):
                    if not isinstance(child, ast.AST):
                        continue
                    yield (n, field, i, 'delete')
                    if isinstance(child, ast.stmt) and hasattr(child, 'body'):
                        yield (n, field, i, 'hoist')
                    if isinstance(child, ast.expr):
                        yield from ((n, field, i, k) for k in range(min(4, len(parts(child)))))
                        yield (n, field, i, 'one')
            elif isinstance(value, ast.expr):
                yield from ((n, field, None, k) for k in range(min(4, len(parts(value)))))
                if not isinstance(value, ast.Constant):
                    yield (n, field, None, 'one')
                yield (n, field, None, 'delete')


def parts(node):
    found = []
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.expr):
            found.append(child)
        elif isinstance(child, (ast.comprehension, ast.keyword)):
            found += [c for c in ast.iter_child_nodes(child) if isinstance(c, ast.expr)]
    return found


def edited(source, edit):
    tree = ast.parse(source)
    n, field, i, how = edit
    node = list(ast.walk(tree))[n]
    value = getattr(node, field)
    child = value if i is None else value[i]
    if how == 'delete':
        new = None
    elif how == 'hoist':
        new = child.body
    elif how == 'one':
        new = ast.Constant(1)
    else:
        new = parts(child)[how]
    if i is None:
        setattr(node, field, new)
    elif new is None:
        del value[i]
        if not value and field == 'body':
            value.append(ast.Pass())
    else:
        value[i:i + 1] = new if isinstance(new, list) else [new]
    text = ast.unparse(ast.fix_missing_locations(tree)) + '\n'
    compile(text, 'p', 'exec')
    return text


def smaller(source, only=None):
    seen = {source}
    for edit in edits(ast.parse(source)):
        if only and not only(edit):
            continue
        try:
            text = edited(source, edit)
        except Exception:
            continue  # not every edit leaves a program
        if text not in seen and len(text) < len(source):
            seen.add(text)
            yield text


def shrink(machines, source, wanted, rounds=15):
    try:
        source = ast.unparse(ast.parse(source)) + '\n'
    except (SyntaxError, ValueError):
        return source

    def keep(candidates):
        good = [c for c, (a, b) in zip(candidates, machines.both(candidates)) if a != b and signature(a, b) == wanted]
        return min(good, key=len) if good else None

    # First whole runs of top-level statements, then single things.
    width = max(1, len(ast.parse(source).body) // 2)
    while width:
        lines = ast.parse(source).body
        candidates = [ast.unparse(ast.Module(lines[:i] + lines[i + width:], [])) + '\n' for i in range(0, len(lines), width)]
        best = keep([c for c in candidates if c.strip()] or [source])
        if best and len(best) < len(source):
            source = best
        else:
            width //= 2
    for _ in range(rounds):
        candidates = sorted(smaller(source), key=len)[:120]
        best = keep(candidates) if candidates else None
        if best is None:
            return source
        source = best
    return source


def main(common=generate.COMMON, program=generate.program, sloop='sloop'):
    p = argparse.ArgumentParser()
    p.add_argument('--first', type=int, default=0)
    p.add_argument('--count', type=int, default=2000)
    p.add_argument('--batch', type=int, default=500)
    p.add_argument('--topic')
    p.add_argument('--python', default='python3.13')
    p.add_argument('--sloop', default=sloop, help='command, with its options')
    p.add_argument('--shrink', type=int, default=20)
    p.add_argument('--seconds', type=int, default=60)
    p.add_argument('--known', help='a file of signatures not to show')
    p.add_argument('--out')
    p.add_argument('--folder', help='takes each shrunk program as a script that stands alone')
    p.add_argument('files', nargs='*')
    options = p.parse_args()
    warnings.simplefilter('ignore')
    machines = Machines(options.python, options.sloop, options.seconds, common)
    known = set(open(options.known, encoding='utf-8').read().split('\n')) if options.known and os.path.exists(options.known) else set()
    groups = collections.defaultdict(list)
    ran = 0

    def batch(named):
        nonlocal ran
        outputs = machines.both([source for _, source in named])
        ran += len(named)
        for (name, source), (ours, theirs) in zip(named, outputs):
            if ours != theirs:
                groups[signature(ours, theirs)].append((name, source, ours, theirs))

    if options.files:
        batch([(f, open(f, encoding='utf-8').read()) for f in options.files])
    else:
        for first in range(options.first, options.first + options.count, options.batch):
            seeds = range(first, min(first + options.batch, options.first + options.count))
            batch([(f'{seed} {topic}', source) for seed in seeds for topic, source in [program(seed, options.topic)]])
    out = open(options.out, 'w', encoding='utf-8', errors='backslashreplace') if options.out else sys.stdout
    failures = sum(map(len, groups.values()))
    print(f'{ran} programs, {failures} differ in {len(groups)} ways', file=out)
    shown = 0
    for wanted, found in sorted(groups.items(), key=lambda g: (wording(*g[0]), -len(g[1]))):
        line = ' ||| '.join(wanted)
        name, source, ours, theirs = min(found, key=lambda f: len(f[1]))
        if line in known:
            continue
        print(f'\n#### {len(found)}x {name}\n# sloop  {wanted[0]}\n# python {wanted[1]}', file=out)
        if shown < options.shrink:
            shown += 1
            source = shrink(machines, source, wanted)
            print(source, file=out)
            if options.folder:
                os.makedirs(options.folder, exist_ok=True)
                script = os.path.join(options.folder, re.sub(r'\W+', '_', name) + '.sloop')
                with open(script, 'w', encoding='utf-8', errors='backslashreplace') as f:
                    f.write(f'{common}\n{source}')
            (ours, theirs), = machines.both([source])
            print(f'-- sloop\n{ours.strip()[-600:]}\n-- python\n{theirs.strip()[-600:]}', file=out)
        out.flush()
    if options.known:
        with open(options.known, 'a', encoding='utf-8') as f:
            f.writelines(' ||| '.join(w) + '\n' for w in groups if ' ||| '.join(w) not in known)
    print(f'{ran} programs, {failures} differ in {len(groups)} ways')


if __name__ == '__main__':
    sys.exit(main())
