"""What TensorBoard is to show of a run: the events pass, and the files hold what they said."""

import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qsl

import numpy as np
import pytest
from conftest import FakeClock, MakeRun

from core.network.network import Network, as_input
from core.run.events import (
    Alert,
    Changed,
    Diverged,
    Evaluated,
    Event,
    Failed,
    Finished,
    Notice,
    Preparing,
    Started,
    Steps,
    Tick,
    Weights,
)
from core.run.hparams import HyperParameters, as_dict
from core.run.status import Outcome
from core.rundir.recorder import record
from core.session.summaries import ACTIVATION_IMAGES, with_summaries
from core.tfevents import encode
from core.tfevents.logdir import Logdir
from core.tfevents.store import RunData
from data.dataset import Dataset
from tests.helpers.networks import initial_layers

LOSSES = np.linspace(2.3, 0.1, 400, dtype=np.float32)


def started(step: int = 0, **values: object) -> Started:
    return Started(step, as_dict(HyperParameters()) | values, "CPU:0", 12730)


def steps(first: int, count: int, seconds: float = 0.05) -> Steps:
    return Steps(first, LOSSES[first : first + count], seconds)


def evaluated(step: int, right: int) -> Evaluated:
    confusion = [[right, 100 - right], [0, 0]]
    splits = ("train", "validation", "test")
    loss = dict.fromkeys(splits, right / 64)
    return Evaluated(step, {split: confusion for split in splits}, loss, 0.1)  # noqa: C420


def weights(step: int, scale: float = 1.0) -> Weights:
    arrays = {}
    for i, (matrix, biases) in enumerate(initial_layers((784, 16, 10), seed=step + 1)):
        arrays |= {f"layer{i}/weights": matrix * np.float32(scale), f"layer{i}/biases": biases}
    return Weights(step, arrays)


def folded(folder: Path) -> RunData:
    run = RunData()
    for update in Logdir([folder]).poll():
        for change in update.changes:
            assert (change.status.skipped, change.status.problems) == (0, ())
            for item in change.items:
                run.fold(item)
    return run


def points(run: RunData, tag: str) -> list[tuple[int, float]]:
    curve = run.scalars[tag].curve
    return list(zip(curve.steps.tolist(), curve.values.tolist(), strict=True))


def summarise(events: list[Event], folder: Path, tiny: Dataset) -> list[Event]:
    return list(with_summaries(iter(events), folder, tiny))


def test_every_event_passes_and_scalars_have_their_steps(tmp_path: Path, tiny: Dataset) -> None:
    events = [
        Preparing("loading TensorFlow"),
        started(summary_every=50),
        steps(0, 1, 0.5),
        steps(1, 119, 0.5),
        evaluated(120, 75),
        Changed(120, "learning_rate", 0.01, 0.02),
        Changed(120, "summary_every", 50, 70),
        steps(120, 180),
        Finished(300, Outcome.DONE, 1.0),
    ]
    assert summarise(events, tmp_path, tiny) == events
    run = folded(tmp_path)
    assert points(run, "loss") == [(s, float(LOSSES[s])) for s in (0, 50, 100, 140, 210, 280)]
    rates = [float(np.float32(0.01))] * 3 + [float(np.float32(0.02))] * 3
    assert [rate for _, rate in points(run, "learning_rate")] == rates
    assert points(run, "steps_per_second") == [(0, 2.0), (100, 238.0), (280, 3600.0)]
    assert points(run, "precision/validation") == [(120, 0.75)]
    assert points(run, "evaluation_loss/validation") == [(120, 75 / 64)]
    (text,) = run.texts["hyperparameters/learning_rate"]
    assert (text.step, text.text) == (120, "learning rate: 0.01 → 0.02")
    assert (run.hparams["network"], run.hparams["dataset"]) == ("128, 32", "tiny")
    assert run.status == "success"
    (image,) = run.images["input"]
    assert [*image.encoded] == [encode.png(picture) for picture in tiny.train.images[:10]]


def test_weights_are_summarized_once_a_second_and_the_last_always(
    tmp_path: Path, tiny: Dataset, clock: FakeClock
) -> None:
    def source() -> Iterator[Event]:
        yield started()
        for step in range(0, 50, 10):
            yield weights(step)
            clock.now += 0.4
        yield Finished(50, Outcome.DONE, 1.0)

    for _ in with_summaries(source(), tmp_path, tiny, clock=clock):
        pass
    run = folded(tmp_path)
    assert [item.step for item in run.histograms["layer0/weights"]] == [0, 30, 40]
    last = weights(40).arrays
    images = as_input(tiny.test.images[:ACTIVATION_IMAGES])
    given = Network.from_arrays(last).activations(images)
    named = {**last, "layer0/activations": given[0], "layer1/activations": given[1]}
    for name, array in named.items():
        newest = run.histograms[name][-1]
        np.testing.assert_allclose(newest.buckets, encode.histogram_buckets(array))
        numbers = array.astype(np.float64)
        figures = {"mean": numbers.mean(), "stddev": numbers.std()}
        for figure, value in (figures | {"min": numbers.min(), "max": numbers.max()}).items():
            assert points(run, f"{name}/{figure}")[-1] == (40, pytest.approx(value, rel=1e-6))


def test_update_ratios_are_written_wherever_they_are_known(tmp_path: Path, tiny: Dataset) -> None:
    def pair(step: int, change: float) -> Weights:
        now = weights(step).arrays
        before = {name: array * np.float32(1 - change) for name, array in now.items()}
        return Weights(step, now, before)

    source = [started(), weights(1), pair(2, 0.5), pair(30, 0.01), weights(40), pair(50, 0.02)]
    summarise([*source, Finished(50, Outcome.DONE, 1.0)], tmp_path, tiny)
    run = folded(tmp_path)
    for layer in (0, 1):
        assert points(run, f"layer{layer}/update_ratio") == [
            (step, pytest.approx(value, rel=1e-4))
            for step, value in ((2, 0.5), (30, 0.01), (50, 0.02))
        ]


def test_a_resumed_run_has_no_step_twice_and_keeps_its_last_evaluation(
    make_run: MakeRun, tiny: Dataset
) -> None:
    run_dir = make_run()

    def train(*events: Event) -> None:
        source = with_summaries(iter(events), run_dir.path, tiny)
        for _ in record(source, run_dir):
            pass

    train(started(), steps(0, 200), evaluated(200, 80), steps(200, 150), evaluated(350, 90))
    train(
        started(200),
        weights(200),
        steps(200, 50),
        evaluated(250, 85),
        Failed(250, "no more memory"),
    )
    run = folded(run_dir.path)
    assert points(run, "loss") == [(s, float(LOSSES[s])) for s in (0, 100, 200)]
    assert points(run, "precision/validation") == [
        (200, pytest.approx(0.8)),
        (250, pytest.approx(0.85)),
    ]
    assert run.status == "failure"
    assert len(run.images["input"]) == 1


def test_non_finite_weights_are_written_as_they_are(tmp_path: Path, tiny: Dataset) -> None:
    with np.errstate(over="ignore"):
        lost = weights(20, scale=3e38)
    end = Diverged(20, float("nan"), "the loss is nan")
    summarise([started(), weights(10), lost, end], tmp_path, tiny)
    run = folded(tmp_path)
    assert run.status == "failure"
    assert not np.isfinite(points(run, "layer1/activations/max")[-1][1])


def test_a_full_disk_is_reported_once_and_nothing_is_lost(tmp_path: Path, tiny: Dataset) -> None:
    folder = tmp_path / "run"
    folder.write_text("in the way")
    seen: list[Event] = []

    def source() -> Iterator[Event]:
        yield started()
        yield steps(0, 200)
        yield from until(Alert)
        yield from [Tick()] * 10
        folder.unlink()
        yield from until(Notice)
        yield Finished(200, Outcome.DONE, 1.0)

    def until(kind: type[Event]) -> Iterator[Event]:
        for _ in range(3000):
            yield Tick()
            if any(isinstance(event, kind) for event in seen):
                return
            time.sleep(0.01)

    for event in with_summaries(source(), folder, tiny):
        seen.append(event)  # noqa: PERF402 - the source reads what was yielded
    alerts = [event for event in seen if isinstance(event, Alert | Notice)]
    assert [type(event) for event in alerts] == [Alert, Notice]
    assert isinstance(alerts[0], Alert)
    assert "cannot be written: " in alerts[0].text
    assert [step for step, _ in points(folded(folder), "loss")] == [0, 100]


def test_a_source_that_is_closed_leaves_a_complete_file(tmp_path: Path, tiny: Dataset) -> None:
    source = with_summaries(iter([started(), steps(0, 200), steps(200, 200)]), tmp_path, tiny)
    for event in source:
        if isinstance(event, Steps):
            break
    source.close()  # type: ignore[attr-defined]  # it is a generator
    run = folded(tmp_path)
    assert [step for step, _ in points(run, "loss")] == [0, 100]
    assert run.status == "running"


def test_tensorboard_shows_a_run(tmp_path: Path, tiny: Dataset) -> None:
    pytest.importorskip("tensorboard", reason="TensorBoard is not installed")
    from tests.helpers.tensorboard_server import ask, fetch, serving, session_group

    first = [started(hidden=(16,)), steps(0, 200), evaluated(200, 80), steps(200, 150)]
    then = [started(200, hidden=(16,)), weights(200), Changed(200, "l2", 0.0, 0.5), steps(200, 150)]
    summarise(first, tmp_path / "run", tiny)
    summarise([*then, evaluated(350, 95), Finished(350, Outcome.DONE, 1.0)], tmp_path / "run", tiny)
    with serving(tmp_path) as server:
        series = fetch(server, "scalars/scalars", run="run", tag="loss")
        found = [(step, value) for _, step, value in series]
        assert found == [(s, float(LOSSES[s])) for s in (0, 100, 200, 300)]
        series = fetch(server, "histograms/histograms", run="run", tag="layer0/weights")
        np.testing.assert_allclose(
            series[0][2], encode.histogram_buckets(weights(200).arrays["layer0/weights"])
        )
        graph = ask(server, "graphs/graph", run="run", conceptual="true", tag="keras").decode()
        assert 'name: "network/layer1"' in graph
        assert 'input: "network/layer0"' in graph
        (text,) = fetch(server, "text/text", run="run", tag="hyperparameters/l2")
        assert (text["step"], "L2: 0 → 0.5" in text["text"]) == (200, True)
        images = fetch(server, "images/images", run="run", tag="input", sample="9")
        picture = ask(server, "images/individualImage", **dict(parse_qsl(images[0]["query"])))
        assert picture == encode.png(tiny.train.images[9])
        group = session_group(server)
        assert (group["hparams"]["learning_rate"], group["hparams"]["network"]) == (0.01, "16")
        metrics = {entry["name"]["tag"]: entry["value"] for entry in group["metricValues"]}
        assert metrics["precision/validation"] == pytest.approx(0.95)
