import dataclasses
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.run.events import (
    Alert,
    Changed,
    Continued,
    Diverged,
    Evaluated,
    Event,
    Failed,
    Finished,
    Opened,
    Paused,
    Preparing,
    Saved,
    Started,
    Steps,
    Tick,
    Weights,
)
from core.run.history import best_evaluation
from core.run.hparams import HyperParameters, as_dict
from core.run.rate import StepRate
from core.run.state import RunState
from core.run.status import Outcome

LOSSES = np.linspace(2.3, 0.1, 500).astype(np.float32)
START = Started(0, as_dict(HyperParameters()), "CPU:0", 101_770, time=100.0)


def steps(first: int, count: int) -> Steps:
    """Each step takes a hundredth of a second."""
    losses = LOSSES[first : first + count]
    return Steps(first, losses, count / 100, time=100 + (first + count) / 100)


def evaluated(step: int, right: int) -> Evaluated:
    matrix = [[right, 100 - right], [0, 0]]
    splits = ("train", "validation", "test")
    return Evaluated(step, dict.fromkeys(splits, matrix), dict.fromkeys(splits, 0.1), 0.1)


def folded(*events: Event) -> RunState:
    run = RunState()
    for event in events:
        run.fold(event)
    return run


def texts(run: RunState) -> list[str]:
    return [message.text for message in run.log_entries]


def test_a_starting_run_reports_its_preparation() -> None:
    run = folded(Preparing("drawing digits", 0.5))
    assert (run.status, run.preparation, run.is_live) == ("starting", "drawing digits 50%", True)
    assert np.isnan(run.loss)
    assert run.seconds_left == float("inf")


def test_a_run_reports_its_name_and_hyperparameters() -> None:
    info = {"name": "20261123-101502-64", "hyperparameters": {"hidden": [64], "max_steps": 300}}
    run = folded(Opened("somewhere", info))
    assert run.name == "20261123-101502-64"
    assert run.hparams.network == "64"
    assert run.hparams.max_steps == 300


def test_steps_update_losses_rate_and_time_left() -> None:
    run = folded(START, *(steps(first, 50) for first in range(0, 500, 50)))
    assert run.status == "training"
    assert run.step == 500
    assert run.losses.values.tobytes() == LOSSES.tobytes()
    assert run.loss == pytest.approx(0.1)
    assert run.steps_per_second == pytest.approx(100)
    assert run.seconds_left == pytest.approx(15)
    assert run.timeline.seconds_at(np.array([0.0, 250.0, 500.0])).tolist() == [100, 102.5, 105]


@given(st.lists(st.integers(1, 499), max_size=10))
def test_the_curve_does_not_depend_on_chunking(cuts: list[int]) -> None:
    edges = sorted({0, 500, *cuts})
    pieces = [steps(start, stop - start) for start, stop in pairwise(edges)]
    run, whole = folded(START, *pieces), folded(START, steps(0, 500))
    assert run.losses.values.tobytes() == whole.losses.values.tobytes()
    places = np.linspace(0, 500, 40)
    assert np.allclose(run.timeline.seconds_at(places), whole.timeline.seconds_at(places))
    assert run.step == whole.step


def test_a_pause_does_not_lower_the_rate() -> None:
    late = dataclasses.replace(steps(50, 50), time=1000.0)
    run = folded(START, steps(0, 50), Paused(50), Continued(50), late)
    assert run.steps_per_second == pytest.approx(100)


def test_a_run_is_paused_until_it_is_resumed() -> None:
    assert folded(START, steps(0, 1), Paused(1)).status == "paused"
    assert folded(START, steps(0, 1), Paused(1)).is_live
    assert folded(START, steps(0, 1), Paused(1), Evaluated(1, {}, {}, 0.1)).status == "paused"
    assert folded(START, Paused(1), Continued(1)).status == "training"


def test_a_change_is_marked_at_its_step() -> None:
    run = folded(START, steps(0, 50), Changed(50, "learning_rate", 0.01, 0.0125))
    assert run.hparams.learning_rate == 0.0125
    message = run.log_entries[-1]
    assert (message.step, message.text) == (50, "learning rate 0.01 → 0.0125")
    assert (message.mark, message.label) == ("change", "lr 0.0125")


@pytest.mark.parametrize(
    "change",
    [
        Changed(1, "no_such", 1, 2),
        Changed(1, "learning_rate", 0.01, -1),
        Changed(1, "learning_rate", 0.01, "\x1b]0;evil"),
    ],
)
def test_an_invalid_change_is_ignored(change: Changed) -> None:
    run = folded(START, change)
    assert run.hparams == HyperParameters()
    assert not run.log_entries


def test_evaluations_extend_the_accuracy_curves() -> None:
    run = folded(START, evaluated(100, 50), evaluated(200, 75))
    assert [entry.step for entry in run.evaluations] == [100, 200]
    assert run.accuracy["test"].values.tolist() == [0.5, 0.75]
    again = folded(START, evaluated(100, 50), evaluated(200, 75), evaluated(200, 80))
    assert again.accuracy["test"].values.tolist() == [0.5, pytest.approx(0.8)]
    assert len(again.evaluations) == 2


def test_the_best_step_is_that_of_the_first_of_equally_good_evaluations() -> None:
    run = folded(START, *(evaluated(100 * n, right) for n, right in enumerate((7, 9, 9, 8))))
    best = best_evaluation(run.evaluations)
    assert best is not None
    assert run.best_step == best.step == 100
    assert RunState().best_step == -1


def test_a_resume_drops_later_losses_and_evaluations() -> None:
    before = [START, steps(0, 300), evaluated(100, 50), evaluated(300, 75)]
    run = folded(*before, dataclasses.replace(START, step=200), steps(200, 10))
    assert run.losses.values.tobytes() == LOSSES[:210].tobytes()
    assert run.step == 210
    assert [entry.step for entry in run.evaluations] == [100]
    assert run.accuracy["test"].steps.tolist() == [100]
    assert texts(run)[-1] == "resumed"


def test_a_resume_drops_marks_and_rates_of_void_steps() -> None:
    before = [START, steps(0, 300), Changed(150, "l2", 0.0, 0.1)]
    before += [Changed(250, "learning_rate", 0.01, 0.5), Saved(300, "step-000299.safetensors")]
    run = folded(*before, dataclasses.replace(START, step=200))
    assert [(entry.step, entry.mark) for entry in run.log_entries] == [
        (150, "change"), (250, None), (300, None), (200, "branch"),
    ]  # fmt: skip
    assert run.steps_per_second == 0


def test_a_clock_set_back_drops_old_rates() -> None:
    run = folded(START, *[steps(first, 10) for first in range(0, 100, 10)])
    for first in range(100, 500, 10):
        run.fold(dataclasses.replace(steps(first, 10), time=steps(first, 10).time - 3600))
    assert len(run._chunk_rate._chunks) <= 22
    assert run.steps_per_second == pytest.approx(100)


@pytest.mark.parametrize(
    ("event", "state"),
    [
        (Finished(10, Outcome.DONE, 1.0), "done"),
        (Finished(10, Outcome.STOPPED, 1.0), "stopped"),
        (Finished(10, Outcome.INTERRUPTED, 1.0), "stopped"),
        (Diverged(10, float("nan"), checkpoint="step-000004.safetensors"), "diverged"),
        (Failed(10, "training failed: no memory"), "failed"),
    ],
)
def test_an_end_event_sets_the_final_status(event: Event, state: str) -> None:
    run = folded(START, steps(0, 10), event)
    assert run.status == state
    assert not run.is_live
    assert run.log_entries[-1].step == 10
    assert run.log_entries[-1].urgent == (state in ("diverged", "failed"))


def test_a_diverged_run_says_first_what_to_do() -> None:
    run = folded(START, steps(0, 10), Diverged(10, float("nan"), "", "step-000004.safetensors"))
    assert run.log_entries[-1].text == (
        "diverged: b branches, r resumes with a smaller rate; the loss is nan; "
        "last checkpoint step-000004.safetensors"
    )
    run = folded(START, steps(0, 10), Diverged(10, 9.0, "the mean loss is 9"))
    assert run.log_entries[-1].text == (
        "diverged: r begins again with a smaller rate; the mean loss is 9; no checkpoint yet"
    )


def test_log_entries_are_sanitized_and_limited() -> None:
    run = folded(START, *(Alert(step, "\x1b[2Jfull\x07 disk\u202e") for step in range(2000)))
    assert len(run.log_entries) < 1000
    assert all(text.isprintable() for text in texts(run))
    assert run.log_entries[-1].urgent


def test_the_newest_weights_and_checkpoint_are_kept() -> None:
    arrays = {"layer0/weights": np.zeros((784, 10), np.float32)}
    run = folded(START, Weights(20, arrays), Saved(30, "step-000029.safetensors", best=True))
    assert run.weights is arrays
    assert run.weights_step == 20
    assert run.checkpoint == "step-000029.safetensors"
    assert texts(run) == ["checkpoint saved, best so far on validation"]


def test_the_version_changes_unless_nothing_happened() -> None:
    run = folded(START)
    before = run.version
    run.fold(Tick())
    assert run.version == before
    run.fold(steps(0, 1))
    assert run.version > before


def test_losses_are_stored_at_their_steps_with_nan_for_missing_ones() -> None:
    run = folded(START, steps(0, 10), steps(20, 5))
    assert (run.step, len(run.losses)) == (25, 25)
    assert np.isnan(run.losses.values[10:20]).all()
    assert run.losses.values[20:].tobytes() == LOSSES[20:25].tobytes()
    run.fold(steps(5, 10))
    assert (run.step, len(run.losses)) == (15, 15)
    assert run.losses.values.tobytes() == LOSSES[:15].tobytes()


def test_an_axis_ends_at_the_last_step_of_a_run_that_is_over() -> None:
    run = folded(START, steps(0, 30))
    assert run.axis_end == 2000
    run.fold(Finished(30, Outcome.STOPPED, 1.0))
    assert run.axis_end == 30


def test_the_rate_is_the_mean_of_the_last_ten_seconds() -> None:
    rate = StepRate()
    for second in range(60):  # ten steps a second, from the 30th second on a hundred
        step = 10 * second if second <= 30 else 300 + 100 * (second - 30)
        rate.add(np.array([step]), np.array([float(second)]))
        if second == 35:
            assert 45 < rate.per_second < 65
    assert rate.per_second == pytest.approx(100)
