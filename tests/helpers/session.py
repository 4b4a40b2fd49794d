"""The training loop in the hands of a test."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from conftest import SMALL, FakeClock

from core.run.events import (
    Event,
    Steps,
)
from core.run.hparams import as_dict, validate_hparams
from core.rundir.control import open_control
from core.training.config import TrainConfig
from core.training.loop import Training
from data.dataset import Dataset

if TYPE_CHECKING:
    from core.training.engine import Engine


class Session:
    """A training run that a test steers between two events."""

    def __init__(self, engine: "Engine", dataset: Dataset, folder: Path, **config: Any) -> None:
        values = {**SMALL, "eval_every": 50, **config.pop("values", {})}
        hparams = validate_hparams(values)
        self.clock = FakeClock()
        self.control = open_control(folder, start=as_dict(hparams))
        self.seen: list[Event] = []
        training = Training(
            engine,
            TrainConfig(hparams, dataset, **config),
            self.control,
            self._tick,
            self.clock.sleep,
        )
        self.source = training.events()

    def _tick(self) -> float:
        """A clock by which every chunk is slow, so that the next ones are short."""
        self.clock.now += 0.01
        return self.clock.now

    def __iter__(self) -> Iterator[Event]:
        for event in self.source:
            self.seen.append(event)
            yield event

    def until(self, kind: type[Event]) -> Event:
        return next(event for event in self if isinstance(event, kind))

    def to_the_end(self) -> list[Event]:
        return list(self)

    def all(self, kind: type[Any]) -> list[Any]:
        return [event for event in self.seen if isinstance(event, kind)]

    @property
    def losses(self) -> bytes:
        parts = [event.losses for event in self.all(Steps)]
        return np.concatenate(parts).tobytes() if parts else b""
