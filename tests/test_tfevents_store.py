import numpy as np
import pytest

from core.tfevents.bounded import BoundedHistory, drop_oldest, thin_densest
from core.tfevents.items import (
    Experiment,
    Histogram,
    Image,
    Restart,
    Scalars,
    SessionEnd,
    SessionStart,
    Text,
)
from core.tfevents.store import MAX_REPLACED, RunData, ScalarHistory


def scalars(*steps: int, tag: str = "loss", offset: float = 0.0) -> Scalars:
    at = np.array(steps, dtype=np.int64)
    return Scalars(tag, at, (1.7e9 + at).astype(float), (at + offset).astype(float))


def folded(*items: Scalars) -> ScalarHistory:
    scalar = ScalarHistory()
    for item in items:
        scalar.fold(item)
    return scalar


@pytest.mark.parametrize("cut", [0, 3, 5])
def test_a_repeated_step_supersedes_later_points(cut: int) -> None:
    steps = [0, 1, 2, 3, 4, 2, 3, 4, 5]
    scalar = folded(*(scalars(*part) for part in (steps[:cut], steps[cut:]) if part))
    assert scalar.curve.steps.tolist() == [0, 1, 2, 3, 4, 5]
    assert [part.steps.tolist() for part in scalar.replaced] == [[2, 3, 4]]


def test_superseded_points_are_kept_for_comparison() -> None:
    scalar = folded(scalars(0, 1, 2), scalars(1, 2, 3, offset=10))
    assert scalar.curve.values.tolist() == [0, 11, 12, 13]
    assert scalar.replaced[0].values.tolist() == [1, 2]
    assert scalar.replaced[0].timeline.start == 1.7e9 + 1


def test_a_step_that_always_repeats_keeps_its_last_value() -> None:
    scalar = folded(scalars(*([7] * 1000)), scalars(*([7] * 1000), offset=1))
    assert scalar.curve.steps.tolist() == [7]
    assert scalar.curve.values.tolist() == [8]
    assert len(scalar.replaced) <= MAX_REPLACED


@pytest.mark.parametrize("looked_at", [True, False])
def test_points_one_by_one_give_the_same_curve_as_all_at_once(looked_at: bool) -> None:
    steps = [*range(100), *range(40, 90), *range(60, 300)]
    scalar, whole = ScalarHistory(), folded(scalars(*steps))
    for place, step in enumerate(steps):
        scalar.fold(scalars(step))
        if looked_at:
            assert scalar.curve.last_step == step, place
    assert scalar.curve.steps.tolist() == whole.curve.steps.tolist() == list(range(300))
    replaced = [[part.steps.tolist() for part in tag.replaced] for tag in (scalar, whole)]
    assert replaced[0] == replaced[1] == [list(range(40, 100)), list(range(60, 90))]


def test_an_invalid_time_does_not_stop_the_clock() -> None:
    points = Scalars("x", np.arange(4), np.array([1e9, np.inf, 1e300, 1e9 + 3]), np.zeros(4))
    timeline = folded(points).curve.timeline
    assert timeline.seconds_at(np.arange(4.0)).tolist() == [1e9, 1e9, 1e9, 1e9 + 3]


def test_a_restart_discards_points_of_all_tags() -> None:
    run = RunData()
    run.fold(scalars(0, 5, 10))
    run.fold(scalars(0, 4, 8, tag="lr"))
    run.fold(Text("notes", 8, 0.0, "x"))
    run.fold(Text("notes", 2, 0.0, "y"))
    run.fold(Restart(5))
    run.fold(scalars(20))
    assert run.scalars["loss"].curve.steps.tolist() == [0, 20]
    assert run.scalars["lr"].curve.steps.tolist() == [0, 4]
    assert run.scalars["lr"].replaced[0].steps.tolist() == [8]
    assert [text.text for text in run.texts["notes"]] == ["y"]


def test_a_run_has_hyperparameters_and_a_status() -> None:
    run = RunData()
    run.fold(Experiment(("lr",), ("loss",)))
    run.fold(SessionStart({"lr": 0.1}, "", 0.0))
    assert (run.hparams, run.status) == ({"lr": 0.1}, "running")
    run.fold(SessionEnd("success", 1.0))
    assert (run.status, run.experiment.metrics) == ("success", ("loss",))


def test_histograms_are_thinned_evenly_and_the_newest_is_kept() -> None:
    run = RunData()
    for step in range(5000):
        run.fold(Histogram("w", step, 0.0, np.ones((30, 3))))
    steps = [histogram.step for histogram in run.histograms["w"]]
    gaps = np.diff(steps)
    assert len(steps) == 256
    assert (steps[0], steps[-1]) == (0, 4999)
    assert gaps.max() <= 2.5 * gaps[:-1].mean()


def test_the_newest_texts_and_images_of_all_steps_are_kept() -> None:
    run = RunData()
    for step in range(1200):
        run.fold(Text("t", step, 0.0, "x"))
        run.fold(Image("i", step, 0.0, 1, 1, (b"x",)))
    assert [text.step for text in run.texts["t"]] == list(range(1100, 1200))
    steps = [image.step for image in run.images["i"]]
    assert (len(steps), steps[0], steps[-1]) == (1000, 0, 1199)
    assert max(np.diff(steps)) == 2


@pytest.mark.parametrize("shorten", [thin_densest, drop_oldest])
def test_all_tags_together_stay_within_the_byte_limit(shorten: object) -> None:
    kept: BoundedHistory[Image] = BoundedHistory(shorten, max_items=50, max_bytes=1000)  # type: ignore[arg-type]
    rng = np.random.default_rng(0)
    for step in range(500):
        size = int(rng.integers(0, 400))
        kept.add(Image(f"tag {rng.integers(30)}", step, 0.0, 1, 1, (b"x" * size,)))
        assert kept.nbytes <= 1000
        assert kept.nbytes == sum(item.nbytes for tag in kept for item in kept[tag])


def test_an_item_larger_than_the_limit_is_not_kept() -> None:
    kept: BoundedHistory[Image] = BoundedHistory(drop_oldest, max_items=50, max_bytes=10)
    kept.add(Image("x", 1, 0.0, 1, 1, (b"x" * 11,)))
    assert len(kept) == 0
    assert kept["x"] == ()
