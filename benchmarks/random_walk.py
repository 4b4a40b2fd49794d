"""A long random walk over all screens: keys, mouse, resizes and events. Prints what failed.

Run as ``PYTHONPATH=.:tests python benchmarks/random_walk.py [KIND...] [--many 20000] [--seed 1]``.
The kinds are those of `tests/helpers/random_walk_apps.py`: a run of ours that trains, one that is
over, an attached one, watched files, a study, the pad; by default all, a share of the actions each.
"""

import argparse
import asyncio
import os
import sys
import tempfile
import time
from pathlib import Path

from tests.helpers.random_walk import Walk
from tests.helpers.random_walk_apps import WALKS

CHUNK = 500
"""Actions between two lines of output."""


async def walk(name: str, made: Walk, many: int) -> Walk:
    """Do so many actions on the app of a walk."""
    start = time.monotonic()
    try:
        async with made.app.run_test(size=(120, 35)) as pilot:
            for done in range(0, many, CHUNK):
                await made.go(pilot, min(CHUNK, many - done))
                seconds = time.monotonic() - start
                print(f"{name}: {min(done + CHUNK, many):,} after {seconds:.0f} s", flush=True)
    except Exception:
        print(f"{name}: failed after", *made.done[-20:])
        raise
    return made


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kinds", nargs="*", choices=[[], *WALKS], default=[])
    parser.add_argument("--many", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    kinds = options.kinds or list(WALKS)
    has_failed = False
    for name in kinds:
        with tempfile.TemporaryDirectory() as folder:
            for variable in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"):
                os.environ[variable] = folder  # the user's own digits and settings stay as they are
            os.chdir(folder)  # where pictures of the screen are saved
            made = WALKS[name](Path(folder), options.seed)
            asyncio.run(walk(name, made, options.many // len(kinds)))
            has_failed |= "error" in made.left
    sys.exit(has_failed)


if __name__ == "__main__":
    main()
