"""Runs random programs of tasks on CPython and on Sloop, both on virtual time, and shrinks those that differ.

    compare.py [--first SEED] [--count N] [--python EXE] [--sloop COMMAND] [--folder FOLDER] [...]

Options are those of ../random/compare.py, which does the work. `--sloop` needs `--virtual-time` in
its command. The scripts that `--folder` takes run on CPython, too, where they import `oracle`.
With `LOOP=replaced` or `LOOP=turns` in the environment, Sloop uses a loop of the program's own (`loops.py`).
"""

import importlib.util
import os
import sys

import programs

HERE = os.path.dirname(os.path.abspath(__file__))
ORACLE = (
    f"import sys\nif sys.implementation.name == 'cpython':\n    sys.path.insert(0, {HERE!r})\n    import oracle\n"
    + (f"else:\n    sys.path.insert(0, {HERE!r})\n    import loops\n    loops.use({os.environ['LOOP']!r})\n" if 'LOOP' in os.environ else '')
)

spec = importlib.util.spec_from_file_location('random_compare', os.path.join(HERE, '..', 'random', 'compare.py'))
shared = importlib.util.module_from_spec(spec)
spec.loader.exec_module(shared)


if __name__ == '__main__':
    common = ORACLE + programs.COMMON
    sys.exit(shared.main(common, lambda seed, _: ('tasks', programs.program(seed)), 'sloop --virtual-time'))
