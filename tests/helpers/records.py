"""Events to be recorded, as of a trainer, and readers of the recorded files."""

import numpy as np

from core.run.events import Changed, Evaluated, Event, Finished, Snapshot, Started, Steps
from core.run.status import Outcome
from core.rundir.recorder import record
from core.rundir.rundir import RunDir
from data.dataset import SPLITS

LOSSES = np.linspace(2.3, 0.1, 100).astype(np.float32)


def steps(first: int, count: int) -> Steps:
    return Steps(first, LOSSES[first : first + count], 0.05)


def evaluated(step: int, right: int) -> Evaluated:
    confusion = {split: [[right, 100 - right], [0, 0]] for split in SPLITS}
    return Evaluated(step, confusion, dict.fromkeys(SPLITS, 0.1), 0.1)


def snapshot(step: int) -> Snapshot:
    return Snapshot(step, {"layer0/weights": np.full((2, 2), step, np.float32)}, {"step": step})


def a_run() -> list[Event]:
    """Ten chunks of ten steps, with all kinds of events between them."""
    events: list[Event] = [Started(0, {}, "CPU:0", 4)]
    for first in range(0, 100, 10):
        events += [steps(first, 10), Changed(first + 10, "l2", 0.0, first / 100)]
        if first in (40, 90):
            events += [evaluated(first + 10, first), snapshot(first + 10)]
    return [*events, Finished(100, Outcome.DONE, 1.0)]


def lines(run: RunDir) -> list[str]:
    text = run.events.read_text() if run.events.exists() else ""
    assert text == "" or text.endswith("\n")
    return text.splitlines()


def losses(run: RunDir) -> list[float]:
    content = run.losses.read_bytes() if run.losses.exists() else b""
    assert len(content) % 4 == 0
    return np.frombuffer(content, "<f4").tolist()


def names(events: list[Event]) -> list[str]:
    return [type(event).__name__ for event in events]


def record_all(run: RunDir, events: list[Event]) -> list[Event]:
    return list(record(iter(events), run))
