"""One worker, two and three on loopback: losses side by side, steps a second, and one killed.

Run as ``python -m benchmarks.cluster``; it takes a few minutes.
"""

import argparse
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

FLAGS = ("--fake_data", "--headless", "--no-xla", "--batch_size", "120", "--eval_every", "200")


def started(log_dir: Path, workers: int, *flags: str) -> "list[subprocess.Popen[bytes]]":
    """Start the processes of one run; the first is the chief."""
    ports = []
    for _ in range(workers):
        with socket.socket() as found:
            found.bind(("127.0.0.1", 0))
            ports.append(f"127.0.0.1:{found.getsockname()[1]}")
    processes = []
    for index in range(workers):
        environment = {**os.environ, "CUDA_VISIBLE_DEVICES": "-1"}
        command = [sys.executable, "main.py", *FLAGS, "--log_dir", str(log_dir), *flags]
        if workers > 1:
            described = {
                "cluster": {"worker": ports},
                "task": {"type": "worker", "index": index},
            }
            environment["TF_CONFIG"] = json.dumps(described)
            command += ["--strategy", "multi_worker"]
        processes.append(
            subprocess.Popen(
                command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
            )
        )
    return processes


def rate(run: Path) -> float:
    """Steps per second by the run's clock."""
    pairs = np.fromfile(run / "clock.f64", "<f8").reshape(-1, 2)
    (first, began), (last, ended) = pairs[1], pairs[-1]
    return float((last - first) / (ended - began))


def main() -> None:
    """Print the results."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = {}
        for workers in (1, 2, 3):
            log_dir = Path(folder) / str(workers)
            for process in started(log_dir, workers, "--max_steps", "2000"):
                process.communicate(timeout=300)
            (run,) = log_dir.iterdir()
            found[workers] = np.fromfile(run / "loss.f32", "<f4")
            difference = float(np.abs(found[workers] - found[1]).max())
            shown = " ".join(f"{value:.6f}" for value in found[workers][::500])
            print(
                f"{workers} workers: {rate(run):6.0f} steps/s, {difference:.1e} difference, {shown}"
            )
        log_dir = Path(folder) / "killed"
        chief, worker = started(log_dir, 2, "--max_steps", "1000000")
        while not list(log_dir.glob("*/checkpoints/*.safetensors")):
            time.sleep(0.5)
        worker.kill()
        killed = time.monotonic()
        error = chief.communicate(timeout=120)[1].decode().splitlines()[-1]
        print(f"killed: after {time.monotonic() - killed:.1f} s, exit {chief.returncode}: {error}")
        (run,) = log_dir.iterdir()
        steps = len(np.fromfile(run / "loss.f32", "<f4")) + 200
        for process in started(log_dir, 2, "--resume", str(run), "--max_steps", str(steps)):
            process.communicate(timeout=300)
        print(f"resumed: {len(np.fromfile(run / 'loss.f32', '<f4')):,} of {steps:,} steps")


if __name__ == "__main__":
    main()
