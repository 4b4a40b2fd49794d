"""How a network computes one image, and its feature maps as one picture."""

import numpy as np
import pytest
from rich.color import Color

from core.network.architecture import build_architecture
from core.network.explanation import explain
from core.network.network import Network
from core.run.layers import parse_layers
from tui.widgets.map_grid import grid_layout, render_maps, resized, unit_maps

TEXT = "conv 6 3x3, batchnorm, pool, conv 4 3x3 valid, 8, dropout 0.4"
GAP = Color.from_rgb(1, 2, 3)


@pytest.fixture(scope="module")
def network() -> Network:
    architecture = build_architecture(parse_layers(TEXT), (12, 10, 3), 5)
    rng = np.random.default_rng(3)
    return Network.from_arrays(
        {
            name: rng.uniform(0.1, 1, shape) * (1 if name.endswith("variance") else rng.normal())
            for trained in (True, False)
            for name, shape in architecture.arrays(trained=trained).items()
        },
        architecture,
    )


@pytest.fixture
def image() -> np.ndarray:
    return np.random.default_rng(4).random(360, np.float32)


def test_an_explanation_has_the_output_of_each_layer(network: Network, image: np.ndarray) -> None:
    explanation = explain(network, image)
    assert [(output.name, output.shape_text) for output in explanation.outputs] == [
        ("conv 1", "12x10x6"), ("pool", "6x5x6"), ("conv 2", "4x3x4"), ("hidden 3", "8"),
        ("output", "5"),
    ]  # fmt: skip
    assert [output.is_hidden for output in explanation.outputs] == [True, False, True, True, False]
    for output, expected in zip(
        [explanation.outputs[i] for i in (0, 2, 3, 4)],
        network.activations(image[None]),
        strict=True,
    ):
        np.testing.assert_allclose(output.values, expected[0], rtol=1e-5)
    at = [explanation.output_at(place) for place in range(len(network.architecture.stages))]
    names = [output.name if output else "" for output in at]
    assert names == ["conv 1", "conv 1", "pool", "conv 2", "hidden 3", "hidden 3", "output"]


def test_the_evidence_is_for_the_predicted_class_or_another(
    network: Network, image: np.ndarray
) -> None:
    explanation = explain(network, image)
    assert explanation.label == network.logits(image[None])[0].argmax()
    np.testing.assert_allclose(explanation.probabilities, network.probabilities(image[None])[0])
    for label in range(5):
        other = explain(network, image, label)
        assert other.label == label
        np.testing.assert_allclose(other.evidence, network.attribution(image, label), rtol=1e-6)


@pytest.mark.parametrize("shape", [(28, 28), (14, 10), (7, 7), (3, 3), (1, 1), (1, 40), (64, 96)])
@pytest.mark.parametrize("count", [1, 16, 64, 1000])
@pytest.mark.parametrize("size", [(80, 16), (30, 3), (8, 1)])
def test_a_grid_is_as_large_as_fits(
    shape: tuple[int, int], count: int, size: tuple[int, int]
) -> None:
    layout = grid_layout(shape, count, *size)
    rows = render_maps(np.ones((*shape, count)), layout, GAP)
    needed = layout.side[0] > 2 * size[1] or layout.side[1] > size[0]
    assert needed or len(rows) <= size[1]
    assert needed or all(row.cell_length <= size[0] + 1 for row in rows)
    drawn = "".join(row.text for row in rows)
    assert layout.capacity >= 1
    assert "█" in drawn or "▀" in drawn


def test_all_maps_share_one_scale_and_the_gaps_are_no_zeros() -> None:
    maps = np.zeros((8, 8, 3))
    maps[..., 1], maps[..., 2] = 1, -0.5
    layout = grid_layout((8, 8), 3, 26, 4)
    assert (layout.side, layout.across, layout.down) == ((8, 8), 3, 1)
    first = render_maps(maps, layout, GAP)[0]
    colours = [
        (segment.style.color if segment.text.strip() else segment.style.bgcolor)
        for segment in first
        if segment.style is not None
    ]
    assert len({colour.triplet for colour in colours if colour is not None}) >= 3
    letters = [row.text for row in render_maps(maps, layout, GAP, ascii_only=True)]
    assert letters[0][:8] == "." * 8
    assert letters[0][8] == " "
    assert letters[0][9:17] == "@" * 8
    assert letters[0][18:26] == letters[0][18] * 8
    assert letters[0][18] in "~<oO0"


def test_maps_are_reduced_by_the_mean_of_each_area() -> None:
    maps = np.arange(36.0).reshape(6, 6, 1)
    np.testing.assert_allclose(resized(maps, (3, 3))[0, 0, 0], (0 + 1 + 6 + 7) / 4)
    np.testing.assert_allclose(resized(maps, (4, 5)).mean(), maps.mean())
    np.testing.assert_allclose(resized(maps, (12, 12))[:2, :2, 0], 0)
    assert unit_maps(np.arange(4.0)).shape == (1, 1, 4)
