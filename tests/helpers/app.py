"""An app with scripted events: the source of events, and the text on the screen."""

import json
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from core.run.events import Evaluated, Event, Opened, Started, Steps, Tick, Weights
from core.run.hparams import HyperParameters, as_dict
from core.rundir.control import open_control
from tests.helpers.networks import initial_layers


def weights(step: int = 100) -> Weights:
    layers = initial_layers((784, 16, 10), seed=1)
    arrays = {f"layer{i}/weights": w for i, (w, _) in enumerate(layers)}
    return Weights(step, arrays | {f"layer{i}/biases": b for i, (_, b) in enumerate(layers)})


def matrix(total: int, right: int) -> list[list[int]]:
    counts = np.zeros((10, 10), int)
    counts[0, 0], counts[0, 1] = right, total - right
    return counts.tolist()


def evaluation(step: int) -> Evaluated:
    confusion = {"train": matrix(55000, 47454), "validation": matrix(5000, 4330)}
    return Evaluated(step, confusion | {"test": matrix(10000, 8737)}, {}, 0.1)


class Scripted:
    """Events that a test provides one by one, and ticks in between, like a paused run."""

    def __init__(self, folder: Path, *, opened: bool = True) -> None:
        folder.mkdir(exist_ok=True)
        self.control = open_control(folder, start=as_dict(HyperParameters()))
        self._more = threading.Condition()
        self._events: list[Event | Exception | None] = []
        if opened:
            info = {"name": "a-run", "hyperparameters": as_dict(HyperParameters())}
            dataset = {"name": "mnist", "train": 55000, "notice": "", "classes": list("0123456789")}
            self.give(
                Opened(str(folder), info | {"dataset": dataset}, self.control),
                Started(0, as_dict(HyperParameters()), "CPU:0", 12730),
                Steps(0, np.linspace(2.3, 0.5, 100, dtype=np.float32), 0.05),
            )

    def give(self, *events: Event | Exception | None) -> None:
        with self._more:
            self._events += events
            self._more.notify()

    def __iter__(self) -> Iterator[Event]:
        while True:
            with self._more:
                self._more.wait(0.02)
                given, self._events = self._events, []
            for event in given:
                if event is None:
                    return
                if isinstance(event, Exception):
                    raise event
                yield event
            yield Tick()

    @property
    def desired(self) -> dict[str, object]:
        return json.loads(self.control.path.read_bytes())


class FakeSessions:
    """Starts sessions that yield the events of these sources, and keeps what was requested."""

    def __init__(self, *sources: Iterable[Event]) -> None:
        self.sources = list(sources)
        self.requested: list[object] = []

    def start(self, request: object) -> Iterator[Event]:
        self.requested.append(request)
        return iter(self.sources.pop(0))

    def resume(self, run: object, values: object) -> Iterator[Event]:
        return self.start((run, values))

    def next(self, _shown: object, hparams: object, branch: object, own: object) -> Iterator[Event]:
        return self.start((hparams, branch, own) if own else (hparams, branch))
