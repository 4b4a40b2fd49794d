"""Statistics and diagnoses of a network."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from core.network.health import (
    BINS,
    MAX_HEALTHY_UPDATE,
    MIN_HEALTHY_UPDATE,
    Distribution,
    NetworkReport,
    Severity,
    UpdateRatios,
    evenly_spaced,
    inspect_network,
    layer_name,
)
from core.network.network import Network
from tests.helpers.networks import initial_layers

SIZES = (12, 8, 6, 3)


def arrays(sizes: tuple[int, ...] = SIZES) -> dict[str, np.ndarray]:
    named = {}
    for i, (weights, biases) in enumerate(initial_layers(sizes, seed=4)):
        named[f"layer{i}/weights"], named[f"layer{i}/biases"] = weights, biases
    return named


def changed(by: float, numbers: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {name: values * np.float32(1 - by) for name, values in numbers.items()}


@pytest.fixture
def sample() -> np.ndarray:
    return np.random.default_rng(0).random((40, 12), np.float32)


def texts(report: NetworkReport) -> list[str]:
    return [entry.text for entry in report.diagnoses]


@given(hnp.arrays(np.float32, st.integers(1, 300), elements=st.floats(-1e6, 1e6, width=32)))
def test_a_distribution_counts_every_value_where_numpy_does(values: np.ndarray) -> None:
    distribution = Distribution.of(values)
    assert distribution.counts.sum() == len(values)
    assert distribution.mean == pytest.approx(values.mean(dtype=float), rel=1e-6, abs=1e-6)
    assert distribution.std == pytest.approx(values.std(dtype=float), rel=1e-6, abs=1e-6)
    if distribution.high > distribution.low:
        known = values.astype(float)
        expected, edges = np.histogram(known, BINS, (distribution.low, distribution.high))
        # A value on the edge of two bins may fall to either.
        nearness = 1e-9 * (distribution.high - distribution.low)
        on_edge = (np.abs(known[:, np.newaxis] - edges[1:]) <= nearness).sum(axis=0)
        difference = np.cumsum(distribution.counts) - np.cumsum(expected)
        assert (np.abs(difference) <= on_edge).all()


def test_values_that_are_not_finite_are_left_out_and_reported() -> None:
    distribution = Distribution.of(np.array([1, 2, np.nan, np.inf], np.float32))
    assert (distribution.mean, distribution.low, distribution.high, distribution.finite) == (
        1.5,
        1,
        2,
        False,
    )
    nothing = Distribution.of(np.full(5, np.nan, np.float32))
    assert nothing.counts.sum() == 0
    assert np.isnan(nothing.mean)


def test_shapes_and_parameters_are_the_networks(sample: np.ndarray) -> None:
    layers = inspect_network(5, Network.from_arrays(arrays()), sample=sample).layers
    assert [(layer.stage.inputs, layer.units, layer.hidden) for layer in layers] == [
        ((12,), 8, True), ((8,), 6, True), ((6,), 3, False),
    ]  # fmt: skip
    assert [layer.parameters for layer in layers] == [104, 54, 21]
    assert layers[0].nbytes == 416
    assert [layer_name(i, layer.stage) for i, layer in enumerate(layers)] == [
        "hidden 1", "hidden 2", "output",
    ]  # fmt: skip


def test_dead_units_are_those_that_activate_for_no_image(sample: np.ndarray) -> None:
    numbers = arrays()
    numbers["layer0/biases"][:3] = -100
    layers = inspect_network(0, Network.from_arrays(numbers), sample=sample).layers
    hidden = np.maximum(sample @ numbers["layer0/weights"] + numbers["layer0/biases"], 0)
    assert layers[0].dead == (hidden.max(axis=0) == 0).sum() >= 3
    assert layers[2].dead is None
    assert inspect_network(0, Network.from_arrays(numbers)).layers[0].dead is None


def test_a_dead_layer_is_the_first_diagnosis(sample: np.ndarray) -> None:
    numbers = arrays()
    numbers["layer1/biases"][:] = -100
    first, *_ = inspect_network(0, Network.from_arrays(numbers), numbers, sample).diagnoses
    assert first.severity is Severity.FATAL
    assert first.text.startswith("hidden 2 is dead: no unit activates and it cannot learn")
    assert "smaller learning rate" in first.text


def test_many_dead_units_are_a_warning_and_few_are_not(sample: np.ndarray) -> None:
    numbers = arrays()
    numbers["layer0/biases"][:] = 10
    numbers["layer1/biases"][:] = 100
    numbers["layer0/biases"][:1] = -100
    one = inspect_network(0, Network.from_arrays(numbers), sample=sample).diagnoses[0]
    assert one.severity is Severity.INFO
    assert one.text == "hidden 1: 1 of 8 units is dead: it never activates"
    numbers["layer0/biases"][:2] = -100
    diagnosis = inspect_network(0, Network.from_arrays(numbers), sample=sample).diagnoses[0]
    assert diagnosis.severity is Severity.WARNING
    assert diagnosis.text == ("hidden 1: 2 of 8 units are dead; the learning rate may be too large")


@pytest.mark.parametrize(
    ("by", "words"),
    [
        (10 * MAX_HEALTHY_UPDATE, "high"),
        (MIN_HEALTHY_UPDATE / 10, "it learns slowly"),
        (1e-3, "healthy"),
        (0, "changed no weight"),
    ],
)
def test_the_update_ratio_is_measured_and_diagnosed(by: float, words: str) -> None:
    now = arrays()
    report = inspect_network(7, Network.from_arrays(changed(by, now)), now)
    assert report.layers[0].update_ratio == pytest.approx(by / (1 - by), rel=0.02)
    assert words in texts(report)[0]


def test_without_the_weights_before_there_is_no_update_ratio() -> None:
    report = inspect_network(7, Network.from_arrays(arrays()))
    assert [layer.update_ratio for layer in report.layers] == [None] * 3
    assert texts(report) == ["no problems found"]


def test_weights_that_are_not_finite_are_diagnosed() -> None:
    numbers = arrays()
    numbers["layer2/weights"][0, 0] = np.nan
    assert texts(inspect_network(0, Network.from_arrays(numbers), numbers))[0].startswith(
        "output: weights are not finite"
    )


@given(st.integers(1, 2000), st.integers(1, 600))
def test_a_sample_is_evenly_spaced_over_the_split(count: int, most: int) -> None:
    places = evenly_spaced(count, most)
    assert len(places) == min(count, most)
    assert places[0] == 0
    assert places[-1] == count - 1 or most == 1


def test_recorded_update_ratios_are_shown_with_their_step_unless_older(sample: np.ndarray) -> None:
    now = arrays()
    measured = inspect_network(40, Network.from_arrays(now), changed(1e-3, now), sample)
    assert measured.updates_step == 40
    assert measured.with_updates(UpdateRatios(30, {"layer0": 0.5})) is measured
    unknown = inspect_network(40, Network.from_arrays(now), None, sample)
    assert unknown.updates_step is None
    assert not any("update ratio" in text for text in texts(unknown))
    recorded = unknown.with_updates(
        UpdateRatios(30, {"layer0": 0.5, "layer1": 1e-3, "layer2": 1e-3})
    )
    assert recorded.updates_step == 30
    assert texts(recorded)[0].startswith("hidden 1: update ratio 5.0e-01 at step 30: high")
    assert unknown.with_updates(UpdateRatios(30, {"layer7": 0.5})) is unknown
