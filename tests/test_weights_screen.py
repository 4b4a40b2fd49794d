"""The Weights screen as text, with the events that a trainer would post."""

import itertools
import threading
from pathlib import Path

import numpy as np
import pytest

from core.network.explanation import explain
from core.network.health import Diagnosis, NetworkReport, Severity, inspect_network
from core.network.network import Network
from core.run.events import Event, Started, Weights
from core.run.hparams import HyperParameters, as_dict
from core.run.state import RunState
from core.rundir import checkpoint
from core.session.summaries import with_summaries
from core.tfevents.items import Histogram
from data.dataset import DIGITS, Dataset
from tests.helpers.app import Scripted
from tests.helpers.learned import EVIL, evaluated, learned, opened, patterns
from tests.helpers.networks import initial_layers
from tests.helpers.waiting import shown, text_of, until
from tui.app import TrainpadApp
from tui.dashboard.selection import PickedImage
from tui.weights.explained import image_shape
from tui.weights.history import QUANTITIES, histogram_rows, step_range
from tui.weights.inspection import Inspection, InspectionRequest
from tui.weights.recorded import RecordedWeights, RecordReader
from tui.weights.saliency import SaliencyView
from tui.weights.summary import DiagnosisList, LayerTable
from tui.weights.units import SortedUnits, UnitOrder, logit_weights
from tui.widgets.heatmap import HeatmapGrid


@pytest.fixture(scope="module")
def data() -> Dataset:
    return patterns(DIGITS, (28, 28))


@pytest.fixture(scope="module")
def network(data: Dataset) -> Network:
    return learned(data)


def report(step: int, scale: float = 1.0) -> NetworkReport:
    layers = initial_layers((6, 5, 3), seed=1)
    return inspect_network(step, Network.from_layers([(scale * w, b + scale) for w, b in layers]))


def summaries(folder: Path, data: Dataset, *events: Event, step: int = 0) -> None:
    """Write event files as the process that trains does; one histogram for each `Weights`."""
    source = iter([Started(step, as_dict(HyperParameters()), "CPU:0", 12730), *events])
    for _ in with_summaries(source, folder, data, clock=itertools.count().__next__):
        pass


def pair(step: int, network: Network, change: float = 1e-3) -> Weights:
    now = network.to_arrays()
    before = {name: values * np.float32(1 - change) for name, values in now.items()}
    return Weights(step, now, before)


def test_the_history_is_what_the_run_recorded(
    data: Dataset, network: Network, tmp_path: Path
) -> None:
    reader = RecordReader(tmp_path / "run")
    assert not reader.poll().histograms
    first = [pair(step, network) for step in (10, 20, 30, 40)]
    summaries(tmp_path / "run", data, *first)
    recorded = reader.poll()
    assert {tag for tag in recorded.histograms if tag.startswith("layer0")} == {
        f"layer0/{quantity}" for quantity in QUANTITIES
    }
    assert [one.step for one in recorded.histograms["layer2/activations"]] == [10, 20, 30, 40]
    assert recorded.updates is not None
    assert recorded.updates.step == 40
    expected = {f"layer{number}": 1e-3 for number in range(3)}
    assert recorded.updates.ratios == pytest.approx(expected, rel=1e-3)
    # A resumed run: what was recorded from its first step on is void.
    summaries(tmp_path / "run", data, Weights(25, network.to_arrays()), step=20)
    recorded = reader.poll()
    assert [one.step for one in recorded.histograms["layer0/weights"]] == [10, 25]
    assert recorded.updates is not None
    assert recorded.updates.step == 10


def test_event_files_below_the_folder_of_a_run_are_not_its_own(
    data: Dataset, network: Network, tmp_path: Path
) -> None:
    summaries(tmp_path / "plugins", data, pair(10, network))
    recorded = RecordReader(tmp_path).poll()
    assert (dict(recorded.histograms), recorded.updates) == ({}, None)


def test_a_run_without_event_files_shows_its_checkpoints() -> None:
    reports = [report(step, scale=1.0 + step / 50) for step in (0, 100)]
    rows = histogram_rows(RecordedWeights(), reports)
    weights, biases, activations = rows[0].series
    assert biases.titles == ("hidden 1 biases", "biases")
    assert biases.value_range == pytest.approx((1.0, 3.0), abs=0.2)
    assert [histogram.step for histogram in weights.histograms] == [0, 100]
    assert (activations.histograms, activations.value_range) == ([], None)
    assert step_range(rows) == (0, 100)
    assert (histogram_rows(RecordedWeights(), []), step_range([])) == ([], None)


def test_outliers_do_not_squeeze_the_rest() -> None:
    buckets = [[-1.0, 1.0, 10_000.0], [99.0, 100.0, 1.0]]
    recorded = RecordedWeights({"layer0/biases": (Histogram("b", 1, 0.0, np.array(buckets)),)})
    limits = histogram_rows(recorded, [report(1)])[0].series[1].value_range
    assert limits == pytest.approx((-1.0, 5.0), abs=0.1)


def test_the_layers_as_text() -> None:
    table = LayerTable()
    table._report = report(3)
    table._shape, table._output = (2, 3), "softmax over 3 classes"
    rows = ["".join(text for text, _ in parts).rstrip() for parts in table.lines(66, 9)]
    assert rows == [
        "  layer       shape                     params mult-adds",
        "  ┌ images    2 x 3 = 6 pixels, 0 to 1",
        "› │ hidden 1  6 → 5 ReLU                    35        30",
        "  │ output    5 → 3 logits                  18        15",
        "  └ loss      softmax over 3 classes",
    ]
    for width in (20, 80, 160):
        assert all(
            sum(len(text) for text, _ in parts) <= max(width, 36) for parts in table.lines(width, 3)
        )


def test_units_are_sorted_by_each_order(network: Network, data: Dataset) -> None:
    image = data.test.images[0].astype(np.float32).ravel() / 255
    for order in UnitOrder:
        units = SortedUnits.sorted_by(order, network, (28, 28), 4, image)
        assert sorted(units.order) == list(range(16))
        if units.values is not None:
            assert (np.diff(units.values[units.order]) <= 0).all()
        assert units.captioned(3).image.shape == (28, 28)
    active = network.activations(image[None])[0][0]
    assert (
        SortedUnits.sorted_by(UnitOrder.ACTIVATION, network, (28, 28), 0, image).order[0]
        == active.argmax()
    )
    assert SortedUnits.sorted_by(UnitOrder.ACTIVATION, network, (28, 28), 0, None).values is None


def test_a_units_weight_for_a_class_is_its_path_through_all_layers(network: Network) -> None:
    first, second, third = (layer.weights for layer in network.layers)
    assert first.shape == (784, 16)
    np.testing.assert_allclose(logit_weights(network, 4), (second @ third)[:, 4], rtol=1e-4)
    alone = Network.from_layers([(np.zeros((4, 3)), np.zeros(3))])
    assert logit_weights(alone, 2).tolist() == [0, 0, 1]


def test_a_saliency_description_counts_the_active_units(network: Network, data: Dataset) -> None:
    view = SaliencyView()
    image = data.test.images[0].astype(np.float32) / 255
    rows = view._description(explain(network, image), PickedImage(image, "a picture", 0), 60, 20)
    text = "\n".join("".join(text for text, _ in parts) for parts in rows)
    active = int((network.activations(image.reshape(1, -1))[0] > 0).sum())
    assert f"hidden 1: {active} of 16 active" in text
    assert "orange for" in text


def test_strongest_units_without_room_are_left_out_whole(network: Network, data: Dataset) -> None:
    image = data.validation.images[0] / np.float32(255)
    view = SaliencyView()
    for width in (20, 30, 40, 60):
        picked = PickedImage(image, "a picture", 0)
        words = view._description(explain(network, image), picked, width, 20)
        rows = ["".join(text for text, _ in row) for row in words]
        most = [row.rstrip() for row in rows if row.startswith("strongest: ")]
        assert most
        assert all(row.endswith(")") for row in most)


@pytest.mark.parametrize(("height", "rows"), [(20, 11), (10, 9), (5, 5), (4, 4)])
def test_the_active_units_are_described_in_less_detail_in_less_room(
    network: Network, data: Dataset, height: int, rows: int
) -> None:
    image = data.validation.images[0] / np.float32(255)
    picked = PickedImage(image, "an image", 0)
    lines = SaliencyView()._description(explain(network, image), picked, 60, height)
    texts = ["".join(text for text, _ in row) for row in lines]
    assert len(texts) == rows
    assert sum(" active" in text for text in texts) == (2 if height >= 5 else 1)
    assert sum("strongest" in text for text in texts) == (2 if height >= 10 else 0)


def test_heatmaps_and_diagnoses_fit_any_size() -> None:
    diagnoses = DiagnosisList()
    diagnoses._diagnoses = [Diagnosis("a" * 99, Severity.FATAL), Diagnosis("b", Severity.INFO)]
    assert [parts[0][1] for parts in diagnoses.lines(40, 5)] == ["alert", "dim"]
    assert HeatmapGrid().rows(80, 20) == []


def test_the_shape_of_images_is_the_recorded_one_if_it_fits() -> None:
    run = RunState()
    run.info = {"dataset": {"image_shape": [20, 30]}}
    assert image_shape(run, 600) == (20, 30)
    assert image_shape(run, 784) == (28, 28)
    assert image_shape(run, 7) == (1, 7)
    run.info = {"dataset": {"image_shape": ["x", None]}}
    assert image_shape(run, 784) == (28, 28)


async def test_layers_units_and_saliency_follow_the_weights(
    data: Dataset, network: Network, tmp_path: Path
) -> None:
    source = Scripted(tmp_path, opened=False)
    source.give(*opened(tmp_path, data))
    older = Network.from_layers([(0.9 * layer.weights, layer.biases) for layer in network.layers])
    saved = checkpoint.Checkpoint(older.to_arrays(), {"step": 40})
    checkpoint.write(tmp_path / checkpoint.FOLDER, saved)
    app = TrainpadApp(iter(source))
    async with app.run_test(size=(160, 45)) as pilot:
        await shown(pilot, app, "100 / 2,000")
        await pilot.press("3")
        await shown(pilot, app, "no weights yet")
        source.give(pair(100, network))
        await shown(pilot, app, "784 → 16 ReLU", "12,560", "1.0e-03", "healthy", "unit 0")
        await shown(pilot, app, "layers   after step 100", "update ratio at step 100")
        await shown(pilot, app, "validation image 0, a 0", "to step 100", "hidden 2 activations")
        histograms = app.screen._rows[0].series[0].histograms
        assert [histogram.step for histogram in histograms] == [40, 100]
        await pilot.press("o", "o", "plus", "plus")
        await shown(pilot, app, "by weight for")
        await pilot.press("o", "full_stop", "right", "down")
        await shown(pilot, app, "by activation", "2 of 16", "› │ hidden 2", "a 1")
        source.give(*evaluated(200, network, data))
        await pilot.press("2")
        await shown(pilot, app, "misclassified")
        await pilot.press("w")
        await shown(pilot, app, "test image")


async def test_histories_and_update_ratios_carry_the_steps_they_were_recorded_at(
    data: Dataset, network: Network, tmp_path: Path
) -> None:
    summaries(tmp_path, data, *(pair(step, network, 0.5) for step in range(10, 90, 10)))
    source = Scripted(tmp_path, opened=False)
    source.give(*opened(tmp_path, data), Weights(100, network.to_arrays()))
    app = TrainpadApp(iter(source))
    async with app.run_test(size=(160, 45)) as pilot:
        await shown(pilot, app, "100 / 2,000")
        await pilot.press("3")
        await shown(pilot, app, "layers   after step 100", "update ratio at step 80", "5.0e-01")
        await shown(pilot, app, "histograms   from step 10 to step 80", "at step 80: high")


async def test_an_update_ratio_that_nothing_recorded_is_blank_and_has_no_verdict(
    data: Dataset, network: Network, tmp_path: Path
) -> None:
    source = Scripted(tmp_path, opened=False)
    source.give(*opened(tmp_path, data), Weights(100, network.to_arrays()))
    app = TrainpadApp(iter(source))
    async with app.run_test(size=(160, 45)) as pilot:
        await shown(pilot, app, "100 / 2,000")
        await pilot.press("3")
        await shown(pilot, app, "784 → 16 ReLU", "units are dead")
        assert "update ratio at" not in text_of(app)
        assert "healthy" not in text_of(app)


async def test_w_shows_the_saliency_at_any_size(
    data: Dataset, network: Network, tmp_path: Path
) -> None:
    source = Scripted(tmp_path, opened=False)
    source.give(*opened(tmp_path, data), Weights(100, network.to_arrays()))
    source.give(*evaluated(200, network, data))
    app = TrainpadApp(iter(source))
    async with app.run_test(size=(80, 24)) as pilot:
        await shown(pilot, app, "100 / 2,000")
        await pilot.press("2")
        await shown(pilot, app, "misclassified")
        await pilot.press("3")
        assert "evidence for" not in await shown(pilot, app, "histograms")
        await pilot.press("2")
        await shown(pilot, app, "misclassified")
        await pilot.press("w")
        await shown(pilot, app, "evidence for", "test image")


async def test_a_dead_network_is_reported_in_words_and_ascii(data: Dataset, tmp_path: Path) -> None:
    source = Scripted(tmp_path, opened=False)
    layers = initial_layers((784, 16, 8, 10), seed=1)
    dead = [(w, b - (50 if i == 1 else 0)) for i, (w, b) in enumerate(layers)]
    source.give(*opened(tmp_path, data), Weights(100, Network.from_layers(dead).to_arrays()))
    app = TrainpadApp(iter(source), ascii_only=True)
    async with app.run_test(size=(80, 24)) as pilot:
        await shown(pilot, app, "100 / 2,000")
        await pilot.press("3")
        await shown(pilot, app, "hidden 2 is dead: no unit activates and it cannot learn", "8 of 8")
        assert text_of(app).isascii()
        await pilot.press("tab")
        await shown(pilot, app, "first-layer filters")
        assert text_of(app).isascii()
        await pilot.press("tab")
        await shown(pilot, app, "evidence for", "@ for", "0 of 8 active")
        assert text_of(app).isascii()


async def test_hostile_names_and_weights_that_are_not_finite(tmp_path: Path) -> None:
    data = patterns([*EVIL, "f"], (9, 13))
    layers = initial_layers((117, 6), seed=1)
    source = Scripted(tmp_path, opened=False)
    first, *rest = opened(tmp_path, data, at_hand=False)
    first.info["source"] = {"dataset": str(tmp_path / "gone")}
    source.give(first, *rest, Weights(100, Network.from_layers(layers).to_arrays()))
    app = TrainpadApp(iter(source))
    async with app.run_test(size=(200, 60)) as pilot:
        await shown(pilot, app, "100 / 2,000")
        await pilot.press("3")
        await shown(pilot, app, "9 x 13 = 117 pixels", "no activations: no data set or folder")
        await pilot.press("o", "o")
        await shown(pilot, app, "by weight for ␛]0;owned␇")
        broken = Network.from_layers([(np.full((117, 6), np.nan), np.zeros(6))]).to_arrays()
        app.screen._inspection_job._rest_until = 0.0
        source.give(Weights(200, broken))
        await shown(pilot, app, "output: weights are not finite")
        assert "\x1b" not in text_of(app)


async def test_nothing_of_the_previous_run_stays_after_a_late_result(
    data: Dataset, network: Network, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_inspect, inspect, inspected = threading.Event(), InspectionRequest.inspect, []

    def late(self: InspectionRequest) -> Inspection:
        inspected.append(self)
        may_inspect.wait(10)
        return inspect(self)

    first, second = (Scripted(tmp_path / name, opened=False) for name in "ab")
    first.give(*opened(tmp_path / "a", data), *evaluated(100, network, data))
    second.give(*opened(tmp_path / "b", data))
    app = TrainpadApp(iter(first))
    async with app.run_test(size=(160, 45)) as pilot:
        await shown(pilot, app, "100 / 2,000")
        await pilot.press("3")
        before = await shown(pilot, app, "784 → 16 ReLU", "validation image 0", "at step 100")
        screen = app.screen
        monkeypatch.setattr(InspectionRequest, "inspect", late)
        screen._inspection_job.run_now()
        first.give(*evaluated(200, network, data))
        await until(pilot, lambda: inspected)
        await pilot.press("question_mark")  # under it the screen stays the same
        app.show_events(iter(second), viewer=True)
        await pilot.press("escape")
        await shown(pilot, app, "no weights yet")
        assert app.screen is screen
        assert "reading the weights" not in text_of(app)
        may_inspect.set()
        await until(pilot, lambda: not screen._inspection_job.busy)
        text = text_of(app)
        for gone in ("ReLU", "validation image 0", "hidden 1", "evidence for", "unit 0"):
            assert gone in before
            assert gone not in text
        second.give(*evaluated(300, network, data))
        await shown(pilot, app, "784 → 16 ReLU", "validation image 0", "at step 300")
        assert inspected[-1].sample is None


@pytest.mark.parametrize("panel", [0, 1, 2])
async def test_a_small_terminal_says_what_it_waits_for_too(
    data: Dataset, network: Network, tmp_path: Path, panel: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_inspect, inspect = threading.Event(), InspectionRequest.inspect

    def late(self: InspectionRequest) -> Inspection:
        may_inspect.wait(10)
        return inspect(self)

    monkeypatch.setattr(InspectionRequest, "inspect", late)
    source = Scripted(tmp_path, opened=False)
    source.give(*opened(tmp_path, data))
    app = TrainpadApp(iter(source))
    async with app.run_test(size=(80, 24)) as pilot:
        await shown(pilot, app, "100 / 2,000")
        await pilot.press("3", *["tab"] * panel)
        await shown(pilot, app, "no weights yet")
        source.give(Weights(100, network.to_arrays()))
        await shown(pilot, app, "reading the weights")
        may_inspect.set()
        await shown(pilot, app, "784 → 16 ReLU")
        assert "reading the weights" not in text_of(app)
        app.screen._inspection_job.run_now()
        source.give(Weights(200, {"layer0/weights": np.zeros((3, 4)), "other": np.zeros(2)}))
        await until(pilot, lambda: app.screen._error)
        await shown(pilot, app, app.screen._error[:40])
        app.screen._show_record(app.screen._recorded)  # what was recorded is read meanwhile
        await pilot.pause()
        assert app.screen._error[:40] in text_of(app)
