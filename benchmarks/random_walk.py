"""A long random walk over all screens: keys, mouse, resizes and events. Prints what failed.

Run as ``PYTHONPATH=.:tests python benchmarks/random_walk.py [--many 20000] [--seed 1]``; with
``--attached`` on a run of another program.
"""

import argparse
import asyncio
import os
import sys
import tempfile
import time
from pathlib import Path

from tests.helpers.random_walk import AttachedWalk, Walk

CHUNK = 500
"""Actions between two lines of output."""


async def walk(made: Walk, many: int) -> Walk:
    start = time.monotonic()
    try:
        async with made.app.run_test(size=(120, 35)) as pilot:
            for done in range(0, many, CHUNK):
                await made.go(pilot, min(CHUNK, many - done))
                print(
                    f"{min(done + CHUNK, many):,} after {time.monotonic() - start:.0f} s",
                    flush=True,
                )
    except Exception:
        print("failed after", *made.done[-20:])
        raise
    return made


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--many", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--attached", action="store_true")
    options = parser.parse_args()
    kind = AttachedWalk if options.attached else Walk
    with tempfile.TemporaryDirectory() as folder:
        for name in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"):
            os.environ[name] = folder  # the user's own digits and settings stay as they are
        os.chdir(folder)  # where pictures of the screen are saved
        made = asyncio.run(walk(kind(Path(folder), options.seed), options.many))
    sys.exit("error" in made.left)


if __name__ == "__main__":
    main()
