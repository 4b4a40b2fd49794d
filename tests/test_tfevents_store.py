import numpy as np
import pytest

from core.run.series import Points
from core.tfevents.bounded import BoundedHistory, drop_oldest, thin_densest
from core.tfevents.items import (
    Experiment,
    Float64Array,
    Histogram,
    Image,
    Int64Array,
    Restart,
    Scalars,
    SessionEnd,
    SessionStart,
    Text,
)
from core.tfevents.long_curve import LongCurve, Room
from core.tfevents.store import MAX_REPLACED, RunData, ScalarHistory


def scalars(
    *steps: int, tag: str = "loss", offset: float = 0.0, file: str = "a", late: float = 0.0
) -> Scalars:
    at = np.array(steps, dtype=np.int64)
    return Scalars(tag, at, (1.7e9 + late + at).astype(float), (at + offset).astype(float), file)


def folded(*items: Scalars) -> ScalarHistory:
    scalar = ScalarHistory()
    for item in items:
        scalar.fold(item)
    return scalar


def test_a_later_file_that_goes_on_from_an_earlier_step_replaces_what_follows() -> None:
    scalar = folded(scalars(*range(5)), scalars(2, 3, 4, 5, file="b", late=100, offset=10))
    assert scalar.curve.steps.tolist() == [0, 1, 2, 3, 4, 5]
    assert scalar.curve.values.tolist() == [0, 1, 12, 13, 14, 15]
    assert [part.steps.tolist() for part in scalar.replaced] == [[2, 3, 4]]
    assert scalar.replaced[0].values.tolist() == [2, 3, 4]
    assert scalar.replaced[0].timeline.start == 1.7e9 + 2
    assert scalar.void_count == 3


@pytest.mark.parametrize("cut", [1, 4, 7])
def test_steps_that_go_back_within_a_file_are_all_drawn_in_their_order(cut: int) -> None:
    steps = [0, 1, 2, 5, 4, 3, 6]
    scalar = folded(scalars(*steps[:cut]), *([scalars(*steps[cut:])] if steps[cut:] else []))
    assert scalar.curve.steps.tolist() == scalar.curve.values.tolist() == sorted(steps)
    assert scalar.void_count == 0


@pytest.mark.parametrize("live", [False, True])
def test_two_files_that_are_written_by_turns_replace_nothing_of_each_other(live: bool) -> None:
    first = scalars(*range(0, 20, 2), file="a")
    second = scalars(*range(5, 20, 2), file="b")
    parts = [first, second]
    if live:  # the second begins after what is there of the first, which then goes on
        parts = [scalars(0, 2, 6, file="a"), scalars(5, 7, file="b", late=3)]
        parts += [scalars(8, 10, file="a"), scalars(9, file="b")]
    scalar = folded(*parts)
    steps = sorted(step for part in parts for step in part.steps.tolist())
    assert scalar.curve.steps.tolist() == steps
    assert (scalar.void_count, scalar.replaced) == (0, [])


def test_points_without_a_step_are_drawn_in_the_order_they_were_written() -> None:
    batches = [Scalars("x", np.zeros(3, np.int64), 1e9 + np.arange(3.0), np.arange(3.0))] * 2
    scalar = folded(*batches)
    assert not scalar.has_steps
    assert scalar.curve.steps.tolist() == list(range(6))
    assert scalar.curve.values.tolist() == [0, 1, 2, 0, 1, 2]
    scalar.fold(scalars(4))
    assert scalar.has_steps
    assert scalar.curve.steps.tolist() == [0] * 6 + [4]
    assert folded(scalars(0)).has_steps


def test_a_step_that_always_repeats_keeps_all_its_values() -> None:
    scalar = folded(scalars(*([7] * 100)), scalars(*([7] * 100), offset=1))
    assert scalar.curve.values.tolist() == [7] * 100 + [8] * 100
    assert scalar.curve.count(7, 8) == 200


@pytest.mark.parametrize("looked_at", [True, False])
def test_points_one_by_one_give_the_same_curve_as_all_at_once(looked_at: bool) -> None:
    sections = [("a", range(100)), ("b", range(40, 90)), ("c", range(60, 300))]
    scalar = ScalarHistory()
    whole = folded(*(scalars(*s, file=f, late=1000 * ord(f)) for f, s in sections))
    for file, steps in sections:
        for step in steps:
            scalar.fold(scalars(step, file=file, late=1000 * ord(file)))
            if looked_at:
                assert scalar.curve.last_step == step
    assert scalar.curve.steps.tolist() == whole.curve.steps.tolist() == list(range(300))
    replaced = [[part.steps.tolist() for part in tag.replaced] for tag in (scalar, whole)]
    assert replaced[0] == replaced[1] == [list(range(40, 100)), list(range(60, 90))]
    assert scalar.void_count == 90


def test_points_that_nobody_reads_are_appended_many_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sizes: list[int] = []
    extend = Points.extend

    def counted(curve: Points, steps: Int64Array, values: Float64Array, times: object) -> None:
        sizes.append(len(steps))
        extend(curve, steps, values, times)  # type: ignore[arg-type]

    monkeypatch.setattr(Points, "extend", counted)
    scalar = folded(*(scalars(step) for step in range(200)))
    assert sizes == [64, 64, 64]
    assert scalar.count == 200
    assert sizes == [64, 64, 64, 8]


def test_only_the_newest_void_segments_are_kept_but_all_are_counted() -> None:
    parts = [scalars(0, 1, file=f"{i:04}", late=10.0 * i) for i in range(MAX_REPLACED + 10)]
    scalar = folded(*parts)
    assert len(scalar.replaced) == MAX_REPLACED
    assert scalar.void_count == 2 * (MAX_REPLACED + 9)


def test_an_invalid_time_does_not_stop_the_clock() -> None:
    points = Scalars("x", np.arange(4), np.array([1e9, np.inf, 1e300, 1e9 + 3]), np.zeros(4))
    timeline = folded(points).curve.timeline
    assert timeline.seconds_at(np.arange(4.0)).tolist() == [1e9, 1e9, 1e9, 1e9 + 3]


def long_history(*parts: Scalars) -> ScalarHistory:
    """A history that keeps 1,024 points as they are."""
    scalar = ScalarHistory(Room(1))
    for part in parts:
        scalar.fold(part)
    return scalar


def test_of_a_long_curve_the_newest_points_and_the_limits_of_older_ones_stay() -> None:
    steps = np.arange(50_000)
    values = np.sin(steps / 50).astype(np.float32).astype(float)
    values[1234] = 9.0
    parts = [Scalars("x", s, 1e9 + s, v) for s, v in zip(
        np.array_split(steps, 500), np.array_split(values, 500), strict=True)]  # fmt: skip
    scalar = long_history(*parts)
    curve = scalar.curve
    assert isinstance(curve, LongCurve)
    assert (scalar.count, curve.first_step, curve.last_step) == (50_000, 0, 49_999)
    assert len(curve) + len(curve.timeline) < 5000
    edges = np.array([0, 10_000, 20_000, 49_900, 50_000], float)
    low, high, mean, _ = curve.columns(edges)
    for at, (start, stop) in enumerate(zip([0, 10_000, 20_000, 49_900], edges[1:], strict=True)):
        part = values[start : int(stop)]
        assert (low[at], high[at]) == pytest.approx((part.min(), part.max()), abs=0.02)
        assert mean[at] == pytest.approx(part.mean(), abs=0.02)
    newest = curve.nearest(49_990)
    assert newest == (49_990, pytest.approx(values[49_990]))
    assert curve.last == pytest.approx(values[-1])
    assert curve.timeline.seconds_at(np.array([777.0])) == pytest.approx([1e9 + 777], abs=64)


def test_a_restart_of_a_long_curve_makes_its_end_void() -> None:
    first = scalars(*range(10_000))
    second = scalars(*range(9900, 10_500), file="b", late=1e5, offset=0.5)
    scalar = long_history(first, second)
    assert (scalar.count, scalar.void_count) == (10_500, 100)
    assert scalar.replaced[0].steps.tolist() == list(range(9900, 10_000))
    assert scalar.curve.nearest(9950) == (9950, 9950.5)
    scalar.discard_from(10_400)
    assert (scalar.count, scalar.void_count, scalar.curve.last_step) == (10_400, 200, 10_399)
    scalar.fold(scalars(10_400, file="a"))  # the older file goes on: both are written
    assert scalar.count == 10_501
    assert scalar.curve.count(9900, 10_000) == 200


def test_a_long_curve_without_steps_is_by_order_and_keeps_equal_steps() -> None:
    zeros = np.zeros(3000, np.int64)
    scalar = long_history(Scalars("x", zeros, np.full(3000, np.nan), np.arange(3000.0)))
    assert (scalar.has_steps, scalar.curve.last_step) == (False, 2999)
    scalar.fold(scalars(7, 7, 7))
    assert (scalar.has_steps, scalar.count, scalar.curve.last_step) == (True, 3003, 7)
    assert scalar.curve.count(7, 8) == 3


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
    run.fold(SessionStart({"lr": 0.1}))
    assert (run.hparams, run.status) == ({"lr": 0.1}, "running")
    run.fold(SessionEnd("success"))
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
