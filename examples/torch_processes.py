"""Two PyTorch processes that train together: `python examples/torch_processes.py [STEPS]`.

The process of rank 0 records and is steered; `broadcast` shares what was requested, so that both
pause, stop and change a value at the same step.
"""

import sys
import tempfile
from pathlib import Path

import torch

import trainpad

PROCESSES = 2


def share(value):
    """Return rank 0's value on every process."""
    box = [value]
    torch.distributed.broadcast_object_list(box, 0)
    return box[0]


def train(rank: int, steps: int, meeting: str) -> None:
    """Train one process's part of each batch; the gradients are averaged."""
    torch.distributed.init_process_group("gloo", f"file://{meeting}", None, PROCESSES, rank)
    torch.manual_seed(rank)
    weights = torch.zeros(8)
    run = trainpad.init("processes", steps=steps)
    lr = run.live("lr", 0.1, low=1e-5, high=1.0)
    for step in range(steps):
        images = torch.randn(32, 8)
        error = images @ (weights - 1)
        gradient = images.T @ error / len(error)
        torch.distributed.all_reduce(gradient)
        weights -= lr.value * gradient / PROCESSES
        run.log({"loss": (error**2).mean()}, step)
        if not run.tick(broadcast=share):
            break
        if run.save_requested and run.path:
            torch.save(weights, run.path / "weights.pt")
            run.saved("weights.pt")
    run.finish()
    torch.distributed.destroy_process_group()


def main(steps: int = 5000) -> None:
    """Start the processes."""
    with tempfile.TemporaryDirectory() as folder:
        torch.multiprocessing.spawn(train, (steps, str(Path(folder) / "meeting")), PROCESSES)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
