"""Random programs: the same seed gives the same program.

    generate.py SEED [COUNT] [--topic NAME]     prints programs, the way compare.py runs them

A program is a list of lines that runs after `pools.COMMON`, ends soon, and prints what CPython
prints whatever the hash seed. Topics hold the grammar; `PROGRAMS` weighs them.
"""

import sys
import warnings

import topics_code as code
import topics_data as data
import topics_objects as objects
import topics_texts as texts
from pools import COMMON, Chance

PROGRAMS = [
    (6, data.operators), (5, data.numbers), (12, data.methods), (8, data.functions), (7, data.formats), (5, data.slices), (4, data.parsing), (5, data.strings),
    (9, data.library), (5, data.iteration), (12, code.typed), (14, code.flow), (6, code.order), (6, code.pattern), (7, code.scopes), (9, objects.dunders),
    (9, objects.classes), (8, objects.calls), (6, objects.errors), (5, objects.records), (6, objects.containers), (5, objects.functools_things),
    (2, texts.wrong_source), (5, texts.groups), (6, texts.tracebacks), (5, texts.fstrings), (6, texts.mutation), (6, texts.targets),
]
TOPICS = {f.__name__: f for _, f in PROGRAMS}


def program(seed, topic=None):
    """(topic, source) of a seed; what CPython does not compile is drawn again."""
    warnings.simplefilter('ignore')
    r = Chance(f'{seed}:{topic or ""}')
    while True:
        make = TOPICS[topic] if topic else r.weighted(PROGRAMS)
        source = '\n'.join(make(r)) + '\n'
        try:
            compile(source, 'p', 'exec')
        except (SyntaxError, ValueError):
            continue
        return make.__name__, source


def main():
    args = sys.argv[1:]
    topic = None
    if '--topic' in args:
        at = args.index('--topic')
        topic = args[at + 1]
        del args[at:at + 2]
    first, count = int(args[0]), int(args[1]) if len(args) > 1 else 1
    for seed in range(first, first + count):
        name, source = program(seed, topic)
        print(f'# {seed} {name}\n{source}')


if __name__ == '__main__':
    main()
