"""Which weights a run yields: those of two successive steps, and those of every evaluation."""

from pathlib import Path

import numpy as np

from core.run.events import Diverged, Evaluated, Event, Weights
from core.run.hparams import HyperParameters, as_dict
from core.rundir.control import open_control
from core.training.config import TrainConfig
from core.training.loop import Training
from core.training.own_values import OwnValues
from core.training.weight_sampling import INTERVAL
from data.dataset import Dataset


class Counting:
    """An engine whose only weight is the number of steps done; a step takes 10 ms."""

    device, parameters = "CPU:0", 1
    own_learning_rate, notices = None, ()
    own_values = OwnValues()

    def __init__(self, *, diverges_at: int | None = None) -> None:
        self.done = 0
        self.now = 0.0
        self.chunks: list[int] = []
        self._diverges_at = diverges_at

    def needs_trace(self, hparams: HyperParameters) -> bool:
        return False

    def why_invalid(self, name: str, value: object) -> str:
        return ""

    def sync_step_count(self, count: int) -> int:
        return count

    def steps(self, first: int, position: int, count: int, hparams: object) -> np.ndarray:
        self.done += count
        self.now += 0.01 * count
        self.chunks.append(count)
        diverged = self._diverges_at is not None and self.done > self._diverges_at
        return np.full(count, np.nan if diverged else 1.0, np.float32)

    def evaluate(self, split: str) -> tuple[list[list[int]], float]:
        return (np.eye(10, dtype=int)).tolist(), 1.0

    def metrics(self, split: str) -> dict[str, float]:
        return {}

    def weights(self) -> dict[str, np.ndarray]:
        return {"layer0/weights": np.array([[self.done]], np.float32)}

    state = weights


class SlowlyCopied(Counting):
    """An engine whose first copy of the weights takes long."""

    def weights(self) -> dict[str, np.ndarray]:
        if self.done < 5:
            self.now += 0.5
        return super().weights()


def events(folder: Path, data: Dataset, engine: Counting) -> list[Event]:
    hparams = HyperParameters(max_steps=400, eval_every=150)
    control = open_control(folder, start=as_dict(hparams))
    config = TrainConfig(hparams, data)
    training = Training(engine, config, control, lambda: engine.now, lambda _: None)
    return list(training.events())


def test_the_weights_of_two_successive_steps_are_sampled_twice_a_second(
    tmp_path: Path, tiny: Dataset
) -> None:
    engine = Counting()
    yielded = events(tmp_path, tiny, engine)
    evaluated = {event.step for event in yielded if isinstance(event, Evaluated)}
    pairs = [event for event in yielded if isinstance(event, Weights) and event.previous]
    pairs = [event for event in pairs if event.step not in evaluated]
    assert len(pairs) >= 0.5 * engine.now / INTERVAL
    for event in pairs:
        now, before = (named["layer0/weights"][0, 0] for named in (event.arrays, event.previous))
        assert (event.step, now, before) == (now, now, now - 1)
    assert len(pairs) <= engine.now / INTERVAL + 1
    assert engine.chunks.count(1) <= len(pairs) + len(evaluated) + 2


def test_the_weights_of_every_evaluation_follow_it(tmp_path: Path, tiny: Dataset) -> None:
    yielded = events(tmp_path, tiny, Counting())
    positions = [i for i, event in enumerate(yielded) if isinstance(event, Evaluated)]
    assert [yielded[i].step for i in positions] == [150, 300, 400]
    for position in positions:
        after = yielded[position + 1]
        assert isinstance(after, Weights)
        assert after.step == yielded[position].step == after.arrays["layer0/weights"][0, 0]
        assert after.previous["layer0/weights"][0, 0] == after.step - 1


def test_copying_weights_slowly_leaves_the_update_at_evaluations(
    tmp_path: Path, tiny: Dataset
) -> None:
    engine = SlowlyCopied()
    pairs = [
        e.step for e in events(tmp_path, tiny, engine) if isinstance(e, Weights) and e.previous
    ]
    assert pairs == [2, 150, 300, 400]


def test_weights_are_not_compared_with_themselves(tmp_path: Path, tiny: Dataset) -> None:
    engine = Counting()
    yielded = []
    hparams = HyperParameters(max_steps=400, eval_every=150)
    control = open_control(tmp_path, start=as_dict(hparams))
    training = Training(
        engine, TrainConfig(hparams, tiny), control, lambda: engine.now, lambda _: None
    )
    for event in training.events():
        yielded.append(event)
        if engine.done == 149:  # the weights before an evaluation are known now
            control.request(hyperparameters={"max_steps": 10})
    assert [event.step for event in yielded if isinstance(event, Evaluated)] == [149]
    assert all(not e.previous for e in yielded if isinstance(e, Weights) and e.step == 149)


def test_a_diverged_run_yields_its_weights_before_it_ends(tmp_path: Path, tiny: Dataset) -> None:
    *_, weights, diverged = events(tmp_path, tiny, Counting(diverges_at=60))
    assert isinstance(weights, Weights)
    assert isinstance(diverged, Diverged)
    assert weights.step == diverged.step
