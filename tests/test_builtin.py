"""The file of the built-in weights, and the drawings that choose them."""

import numpy as np
from safetensors.numpy import save

from benchmarks.builtin_signs import shapes
from benchmarks.letter_styles import restyled
from benchmarks.pen_motion import moved_by_hand, on_a_pad
from benchmarks.pen_writers import KEPT_ASIDE, cells
from core.network.builtin import LAYERS, builtin_network, parse_network
from core.network.certainty import CONFIDENCE_THRESHOLD
from data.distractors import STYLE
from data.ink import inks_to_images
from data.pen import sample_paths


def test_a_file_of_weights_says_how_its_layers_are_connected() -> None:
    rng = np.random.default_rng(0)
    arrays = {
        "layer0/weights": rng.normal(size=(5, 5, 1, 4)).astype(np.float16),
        "layer0/biases": np.zeros(4, np.float16),
        "layer1/weights": rng.normal(size=(14 * 14 * 4, 10)).astype(np.float16),
        "layer1/biases": np.zeros(10, np.float16),
    }
    network = parse_network(save(arrays, {LAYERS: "conv 4 5x5 stride 2"}))
    assert network.sizes == (784, 4, 10)
    assert network.logits(np.zeros((2, 784), np.float32)).shape == (2, 10)
    plain = {"layer0/weights": np.ones((784, 10)), "layer0/biases": np.ones(10)}
    assert parse_network(save(plain, {"recipe": "another"})).sizes == (784, 10)


def test_the_built_in_network_can_be_fine_tuned() -> None:
    assert all(layer.norm is None for layer in builtin_network().layers)


def test_ten_of_the_thirty_writers_are_kept_aside() -> None:
    assert KEPT_ASIDE == (3, 6, 9, 12, 15, 18, 21, 24, 27, 30)


def test_cells_are_those_that_a_mouse_reports() -> None:
    line = [np.linspace([0, 0], [100, 0], 200)]
    (stroke,) = cells(line, 10, share=0.5)
    assert stroke[:, 0].tolist() == [column + 0.5 for column in range(5, 16)]
    assert set(stroke[:, 1].tolist()) == {11.0}
    (quarter,) = cells(line, 10, share=0.5, every=4)
    assert quarter[:, 0].tolist() == [5.5, 9.5, 13.5, 15.5]


def test_varied_strokes_stay_near_the_drawing() -> None:
    circle = np.stack([np.cos(t := np.linspace(0, 6, 60)), np.sin(t)], axis=1) / 2
    for seed in range(40):
        rng = np.random.default_rng(seed)
        strokes = on_a_pad(moved_by_hand([circle, circle * 0.5], rng), rng)
        points = np.concatenate(strokes)
        assert np.isfinite(points).all()
        assert np.abs(points).max() < 1.2
        assert all(len(stroke) for stroke in strokes)


def test_few_letters_that_no_training_had_are_taken_for_digits() -> None:
    held_out = shapes(held_out=True)
    assert not {form.control_points for form in held_out} & {
        form.control_points for form in shapes(held_out=False)
    }
    rng = np.random.default_rng(0)
    drawings = [
        [np.asarray(stroke) for stroke in strokes]
        for form in held_out
        for strokes in sample_paths(form, 4, rng, STYLE).strokes()
    ]
    images = inks_to_images(drawings).reshape(len(drawings), -1)
    best = builtin_network().probabilities(images).max(axis=1)
    assert np.mean(best >= CONFIDENCE_THRESHOLD) < 0.12


def test_restyled_letters_stay_near_the_letter() -> None:
    rng = np.random.default_rng(0)
    corner = [np.linspace([0, -0.5], [0, 0.5], 20), np.linspace([0, 0.5], [0.5, 0.5], 10)]
    changed = 0
    for _ in range(60):
        drawing = restyled(corner, rng)
        points = np.concatenate(drawing)
        changed += len(points) != 30 or not np.allclose(points, np.concatenate(corner))
        assert np.isfinite(points).all()
        assert np.abs(points).max() < 1.3
    assert 15 < changed < 45
