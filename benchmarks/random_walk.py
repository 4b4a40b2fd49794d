"""A long random walk over all screens: keys, mouse, resizes and events. Prints what failed.

Run as ``PYTHONPATH=.:tests python benchmarks/random_walk.py [KIND...] [--many 20000] [--seed 1]
[--seconds 600]``.
The kinds are those of `tests/helpers/random_walk_apps.py`: a run of ours that trains, one that is
over, an attached one, watched files, a study, the pad; by default all, a share of the actions and
of the time each.
"""

import argparse
import asyncio
import math
import os
import sys
import tempfile
import time
from pathlib import Path

from tests.helpers.random_walk import Walk
from tests.helpers.random_walk_apps import WALKS

CHUNK = 500
"""Actions between two lines of output."""
PART = 50
"""Actions between two times at which the clock is read."""


async def walk(name: str, made: Walk, many: int, seconds: float) -> Walk:
    """Do so many actions on the app of a walk, or fewer in so many seconds."""
    start = time.monotonic()
    try:
        async with made.app.run_test(size=(120, 35)) as pilot:
            done, passed = 0, 0.0
            while done < many and passed < seconds:
                part = min(PART, many - done)
                await made.go(pilot, part)
                done, passed = done + part, time.monotonic() - start
                if done % CHUNK == 0 or done == many or passed >= seconds:
                    print(f"{name}: {done:,} after {passed:.0f} s", flush=True)
    except Exception:
        print(f"{name}: failed after", *made.done[-20:])
        raise
    return made


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kinds", nargs="*", choices=[[], *WALKS], default=[])
    parser.add_argument("--many", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=math.inf)
    options = parser.parse_args()
    kinds = options.kinds or list(WALKS)
    has_failed = False
    for name in kinds:
        with tempfile.TemporaryDirectory() as folder:
            for variable in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"):
                os.environ[variable] = folder  # the user's own digits and settings stay as they are
            os.chdir(folder)  # where pictures of the screen are saved
            made = WALKS[name](Path(folder), options.seed)
            count = len(kinds)
            asyncio.run(walk(name, made, options.many // count, options.seconds / count))
            if "error" in made.left:
                print(f"{name}: the app would have ended with an error")
                has_failed = True
    sys.exit(has_failed)


if __name__ == "__main__":
    main()
