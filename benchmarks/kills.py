"""Kill a training at random moments, resume it, and compare its bytes with one that ran through.

``python -m benchmarks.kills [--kills 10] [--seed 1] -- FLAGS OF TRAINPAD``; by default a network
with batch normalization and dropout on drawn digits. Exit status 1 where a byte differs.
"""

import argparse
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from core.rundir import checkpoint

NETWORK = "conv 4 5x5 stride 2, batchnorm, pool, 16, batchnorm, dropout 0.4"
FLAGS = (
    *("--fake_data", "--device", "cpu", "--network", NETWORK, "--optimizer", "adam"),
    *("--max_steps", "400", "--eval_every", "10", "--summary_every", "1000", "--rotate", "5"),
)


def started(log_dir: Path, *flags: str) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "main.py", "--headless", "--log_dir", str(log_dir), *flags]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def losses(log_dir: Path) -> int:
    return sum(path.stat().st_size for path in log_dir.glob("*/loss.f32")) // 4


def kill_while_training(log_dir: Path, flags: tuple[str, ...], rng: random.Random) -> bool:
    """Start, wait until it trains, kill after a random time; return whether it was not done."""
    before, child = losses(log_dir), started(log_dir, *flags)
    while child.poll() is None and losses(log_dir) <= before:
        time.sleep(0.01)
    time.sleep(rng.uniform(0.05, 1.5))
    is_running = child.poll() is None
    child.kill()
    child.wait()
    return is_running


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("flags", nargs="*", default=FLAGS)
    chosen = parser.parse_args()
    rng = random.Random(chosen.seed)  # noqa: S311 - no secrets
    folder = Path(tempfile.mkdtemp(prefix="kills-"))
    whole, killed = folder / "whole", folder / "killed"
    started(whole, *chosen.flags).wait()
    done, flags = 0, tuple(chosen.flags)
    while done < chosen.kills and kill_while_training(killed, flags, rng):
        done += 1
        (run,) = killed.iterdir()
        print(f"kill {done} after {losses(killed):,} steps", flush=True)
        if not checkpoint.list_checkpoints(run / "checkpoints"):
            shutil.rmtree(killed)  # nothing to resume from yet
        else:
            flags = ("--resume", str(run))
    started(killed, *flags).wait()
    (one,), (other,) = whole.glob("*/loss.f32"), killed.glob("*/loss.f32")
    same_losses = one.read_bytes() == other.read_bytes()
    first, second = (checkpoint.newest(path.parent / "checkpoints").arrays for path in (one, other))
    same_arrays = all(array.tobytes() == second[name].tobytes() for name, array in first.items())
    print(f"{done} kills, {one.stat().st_size // 4:,} steps: losses equal: {same_losses}, "
          f"{len(first)} arrays equal: {same_arrays}")  # fmt: skip
    shutil.rmtree(folder)
    sys.exit(0 if same_losses and same_arrays else 1)


if __name__ == "__main__":
    main()
