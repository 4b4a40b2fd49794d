"""The training loop, with real TensorFlow on a few hundred small images."""

import json
from collections.abc import Callable
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from conftest import SMALL, FakeClock

from core.run.events import (
    Alert,
    Changed,
    Continued,
    Diverged,
    Evaluated,
    Finished,
    Paused,
    Preparing,
    Snapshot,
    Started,
    Steps,
    Tick,
    Weights,
)
from core.run.hparams import as_dict, validate_hparams
from core.rundir.control import open_control
from core.training.config import TrainConfig
from core.training.loop import Training, train
from data.dataset import SPLITS, Dataset

if TYPE_CHECKING:
    from core.training.engine import Engine

from tests.helpers.session import Session

MakeSession = Callable[..., Session]


@pytest.fixture
def session(fresh: "Engine", tiny: Dataset, tmp_path: Path) -> MakeSession:
    beginning = fresh.state()
    count = iter(range(100))

    def make(**config: Any) -> Session:
        fresh.restore(beginning)
        folder = tmp_path / str(next(count))
        folder.mkdir()
        return Session(fresh, tiny, folder, **config)

    return make


def test_a_run_from_its_start_to_its_end(session: MakeSession) -> None:
    run = session()
    run.to_the_end()
    assert isinstance(run.seen[0], Started)
    assert len(run.losses) == 4 * 120
    assert [event.step for event in run.all(Evaluated)] == [50, 100, 120]
    assert [event.step for event in run.all(Snapshot)] == [50, 100, 120]
    firsts = [event.first for event in run.all(Steps)]
    counts = [len(event.losses) for event in run.all(Steps)]
    assert firsts == list(accumulate(counts[:-1], initial=0))
    assert len(counts) > 4
    assert counts[0] == 1
    last = run.seen[-1]
    assert isinstance(last, Finished)
    assert (last.step, last.reason) == (120, "done")
    assert run.all(Weights)[-1].step == 120
    precision = np.trace(run.all(Evaluated)[-1].confusion["train"]) / 503
    assert precision > 0.5


def test_an_evaluation_covers_every_split_and_example(session: MakeSession, tiny: Dataset) -> None:
    run = session(values={"max_steps": 1})
    run.to_the_end()
    (evaluated,) = run.all(Evaluated)
    assert {split: np.sum(matrix) for split, matrix in evaluated.confusion.items()} == {
        split: len(tiny.split(split)) for split in SPLITS
    }
    assert set(evaluated.loss) == set(SPLITS)


def test_a_learning_rate_changes_at_its_step_without_a_trace(session: MakeSession) -> None:
    untouched = session()
    untouched.to_the_end()
    run = session()
    for event in run:
        if isinstance(event, Steps) and event.first + len(event.losses) >= 60:
            run.control.request(hyperparameters={"learning_rate": 0.5})
    (changed,) = run.all(Changed)
    assert (changed.name, changed.old, changed.new) == ("learning_rate", 0.05, 0.5)
    assert not run.all(Preparing)
    before, after = (np.frombuffer(each.losses, np.float32) for each in (untouched, run))
    differing = np.flatnonzero(before != after)
    # The loss of a step is taken before the step moves the weights.
    assert differing[0] == changed.step + 1
    planned = session(planned_changes=((changed.step, "learning_rate", 0.5),))
    planned.to_the_end()
    assert planned.losses == run.losses
    assert [event.step for event in planned.all(Changed)] == [changed.step]


def test_another_batch_size_announces_its_trace(tiny: Dataset, tmp_path: Path) -> None:
    from core.training.engine import Engine

    engine = Engine(tiny, validate_hparams(SMALL), device="cpu", xla=False)
    run = Session(engine, tiny, tmp_path, planned_changes=((20, "batch_size", 64),))
    run.to_the_end()
    notable = (Started, Changed, Preparing)
    recorded = [event for event in run.seen if isinstance(event, notable)]
    assert [type(event) for event in recorded] == [Started, Preparing, Changed, Preparing]
    assert isinstance(recorded[2], Changed)
    assert recorded[2].step == 20
    assert len(run.losses) == 4 * 120
    assert run.all(Snapshot)[-1].metadata["position"] == 20 * 50 + 100 * 64


def test_a_pause_lasts_and_a_step_is_one_step(session: MakeSession) -> None:
    run = session()
    run.until(Steps)
    run.control.request(pause_at=0)
    paused = run.until(Paused)
    assert isinstance(paused, Paused)
    taken = len(run.losses) // 4
    assert paused.step == taken
    assert {type(next(run.source)) for _ in range(50)} == {Tick}
    assert run.clock.slept >= 49
    for extra in (1, 2, 3):
        run.control.request(pause_at=taken + extra)
        run.until(Continued)
        steps = run.until(Steps)
        assert isinstance(steps, Steps)
        assert len(steps.losses) == 1
        run.until(Paused)
        assert len(run.losses) // 4 == taken + extra
    run.control.request(pause_at=None)
    run.to_the_end()
    untouched = session()
    untouched.to_the_end()
    assert run.losses == untouched.losses


def test_a_planned_change_is_applied_once(session: MakeSession) -> None:
    run = session(planned_changes=((30, "learning_rate", 0.5),))
    run.control.request(pause_at=30)
    run.until(Paused)
    for _ in range(3):
        next(run.source)
    run.control.request(hyperparameters={"learning_rate": 0.2})
    written = run.control.path.stat().st_mtime_ns
    run.until(Changed)
    assert [next(run.source) for _ in range(3)]
    assert run.control.path.stat().st_mtime_ns == written
    assert [event.new for event in run.all(Changed)] == [0.5, 0.2]


def test_a_stop_saves_a_checkpoint_first(session: MakeSession) -> None:
    run = session()
    run.until(Steps)
    run.control.request(stop="interrupted")
    run.to_the_end()
    assert [type(event) for event in run.seen[-3:]] == [Snapshot, Weights, Finished]
    last = run.seen[-1]
    assert isinstance(last, Finished)
    assert last.reason == "interrupted"
    assert run.all(Snapshot)[-1].step == last.step == len(run.losses) // 4


def test_a_paused_run_can_be_stopped(session: MakeSession) -> None:
    run = session()
    run.until(Steps)
    run.control.request(pause_at=0)
    run.until(Paused)
    run.control.request(stop="stopped")
    run.to_the_end()
    last = run.seen[-1]
    assert isinstance(last, Finished)
    assert last.reason == "stopped"
    assert run.all(Snapshot)[-1].step == last.step


def test_a_stop_right_after_an_evaluation_saves_no_second_time(session: MakeSession) -> None:
    run = session()
    run.until(Snapshot)
    run.control.request(stop="stopped")
    run.to_the_end()
    assert [event.step for event in run.all(Snapshot)] == [50]


@pytest.mark.parametrize("request_name", ["evaluate", "checkpoint"])
def test_a_requested_evaluation_is_saved_and_a_requested_checkpoint_evaluated(
    session: MakeSession, request_name: str
) -> None:
    run = session()
    run.until(Steps)
    run.control.request(**{request_name: 1})
    run.until(Snapshot)
    first = run.all(Snapshot)[0].step
    assert 0 < first < 50
    run.to_the_end()
    for kind in (Evaluated, Snapshot):
        assert [event.step for event in run.all(kind)] == [first, 50, 100, 120]


@pytest.mark.parametrize("max_steps", [1, 69, 70])
def test_fewer_steps_than_were_taken_end_the_run(session: MakeSession, max_steps: int) -> None:
    run = session(planned_changes=((70, "max_steps", max_steps),))
    run.to_the_end()
    last = run.seen[-1]
    assert isinstance(last, Finished)
    assert (last.step, last.reason) == (70, "done")
    assert run.all(Snapshot)[-1].step == run.all(Evaluated)[-1].step == 70


@pytest.mark.parametrize("planned_at", [100, 120])
def test_a_larger_max_steps_continues_the_run(session: MakeSession, planned_at: int) -> None:
    run = session(planned_changes=((planned_at, "max_steps", 140),))
    run.to_the_end()
    assert len(run.losses) == 4 * 140
    (changed,) = run.all(Changed)
    assert (changed.step, changed.new) == (planned_at, 140)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "not JSON"),
        (b'{"hyperparameters": {"learning_rate": NaN}}', "not nan"),
        (json.dumps({"hyperparameters": {"network": "5"}}).encode(), "network cannot change"),
        (b'{"pause_at": "now"}', "pause_at must be"),
        (b" " * 100_000, "larger than"),
    ],
    ids=["empty", "nan", "not live", "wrong type", "huge"],
)
def test_an_invalid_control_file_gives_one_alert_and_training_is_unchanged(
    session: MakeSession, content: bytes, words: str
) -> None:
    run = session()
    run.until(Steps)
    run.control.path.write_bytes(content)
    run.to_the_end()
    (warning,) = run.all(Alert)
    assert words in warning.text
    assert warning.text.endswith("; it is ignored")
    assert not run.all(Changed)
    untouched = session()
    untouched.to_the_end()
    assert run.losses == untouched.losses


def test_a_planned_change_is_applied_on_a_full_disk_and_the_alert_says_so(
    session: MakeSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_arguments: object, **_options: object) -> None:
        raise OSError(28, "No space left on device")

    run = session(planned_changes=((60, "learning_rate", 0.2),))
    monkeypatch.setattr("trainpad.control.write_atomic", full)
    run.to_the_end()
    assert [(event.step, event.new) for event in run.all(Changed)] == [(60, 0.2)]
    (warning,) = run.all(Alert)
    assert "No space left on device" in warning.text
    assert "ignored" not in warning.text


def test_a_batch_size_beyond_the_data_gives_one_alert(session: MakeSession) -> None:
    run = session()
    run.until(Steps)
    run.control.request(hyperparameters={"batch_size": 600})
    run.control.request(hyperparameters={"learning_rate": 0.1})
    run.to_the_end()
    assert [event.text for event in run.all(Alert)] == ["batch size stays 50: there are 503 images"]
    assert [event.name for event in run.all(Changed)] == ["learning_rate"]


def test_a_loss_that_is_not_finite_ends_the_run_unsaved(session: MakeSession) -> None:
    run = session(planned_changes=((60, "learning_rate", 1000.0), (60, "l2", 1.0)))
    run.to_the_end()
    last = run.seen[-1]
    assert isinstance(last, Diverged)
    assert 60 < last.step < 120
    losses = np.frombuffer(run.losses, np.float32)
    assert len(losses) == last.step
    assert np.isfinite(losses[:-1]).all()
    assert not np.isfinite(losses[-1])
    assert [event.step for event in run.all(Snapshot)] == [50]


def test_weights_that_are_not_finite_end_the_run_unsaved(
    session: MakeSession, fresh: "Engine", monkeypatch: pytest.MonkeyPatch
) -> None:
    run = session()
    run.until(Steps)
    monkeypatch.setattr(fresh, "state", lambda: {"layer1/biases": np.array([1, np.inf])})
    run.control.request(checkpoint=1)
    run.to_the_end()
    last = run.seen[-1]
    assert isinstance(last, Diverged)
    assert (last.step, last.why) == (50, "layer1/biases is no longer finite")
    assert not run.all(Snapshot)


@pytest.mark.parametrize(
    ("config", "stopping", "profiled"),
    [
        ({"profile_steps": 10}, False, ["start 100", "stop 110"]),
        ({"profile_steps": 500}, False, ["start 100", "stop 120"]),
        ({"profile_steps": 500}, True, ["start 100", "stop 101"]),
        ({"profile_steps": 5, "values": {"max_steps": 100}}, False, []),
    ],
    ids=["within", "beyond the end", "closed", "too short"],
)
def test_a_started_profile_is_written(
    session: MakeSession,
    fresh: "Engine",
    monkeypatch: pytest.MonkeyPatch,
    config: dict[str, Any],
    stopping: bool,
    profiled: list[str],
) -> None:
    run = session(**config)
    recorded: list[str] = []

    def note(what: str) -> Callable[..., None]:
        return lambda *_: recorded.append(f"{what} {len(run.losses) // 4}")

    monkeypatch.setattr(fresh, "start_profile", note("start"))
    monkeypatch.setattr(fresh, "stop_profile", note("stop"))
    run.control.request(pause_at=101 if stopping else None)
    if stopping:
        run.until(Paused)
        run.source.close()  # type: ignore[attr-defined]
    else:
        run.to_the_end()
    assert recorded == profiled


def test_the_first_event_announces_the_loading_of_tensorflow(tiny: Dataset, tmp_path: Path) -> None:
    config = TrainConfig(validate_hparams({**SMALL, "max_steps": 3}), tiny, device="cpu", xla=False)
    events = list(train(config, open_control(tmp_path, start={})))
    assert isinstance(events[0], Preparing)
    assert events[0].what == "loading TensorFlow"
    assert isinstance(events[1], Started)
    assert isinstance(events[-1], Finished)


def test_requests_from_before_the_first_step_are_applied(
    fresh: "Engine", tiny: Dataset, tmp_path: Path
) -> None:
    """The dashboard takes keys while TensorFlow is imported."""
    hparams = validate_hparams(SMALL | {"max_steps": 3})
    control = open_control(tmp_path, start=as_dict(hparams))
    control.request(hyperparameters={"learning_rate": 0.2})
    control.request(increment="evaluate")
    clock = FakeClock()
    config = TrainConfig(hparams, tiny)
    events = list(Training(fresh, config, control, clock, clock.sleep).events())
    changes = [(e.step, e.name, e.new) for e in events if isinstance(e, Changed)]
    assert changes == [(0, "learning_rate", 0.2)]
    assert [e.step for e in events if isinstance(e, Evaluated)] == [0, 3]
