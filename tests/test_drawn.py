import hashlib

import numpy as np
import pytest

from data.distractors import KINDS, SHAPES, SPLINES, SYMBOLS, draw_distractors
from data.drawn import STYLES, draw_digits, draw_strokes, drawn_dataset
from data.pen import WritingStyle, render, sample_paths
from data.templates import digit_templates, parse_template


def centres(images):
    """Row and column of each image's centre of mass."""
    weights = images.astype(float) / images.sum((1, 2), dtype=float)[:, None, None]
    pixels = np.arange(28)
    return np.stack([weights.sum(2) @ pixels, weights.sum(1) @ pixels], axis=1)


def extents(images, level):
    """Height and width of what is brighter than ``level`` in each image."""
    ink = images > level
    sides = []
    for axis in (2, 1):
        line = ink.any(axis)
        sides.append(28 - line[:, ::-1].argmax(1) - line.argmax(1))
    return np.stack(sides, axis=1)


@pytest.mark.parametrize("digit", range(10))
def test_every_digit_has_many_well_formed_templates(digit):
    templates = digit_templates(digit)
    assert 12 <= len(templates) <= 22
    assert len({(t.control_points, t.strokes) for t in templates}) == len(templates)
    for template in templates:
        x, y = np.array(template.control_points).T
        assert -0.2 <= x.min() <= 0.2 and 0.0 <= np.ptp(x) <= 1.2
        assert -0.1 <= y.min() <= 0.2 and 0.8 <= y.max() <= 1.05
        used = [i for stroke in template.strokes for piece in stroke for i in piece]
        assert set(used) == set(range(len(template.control_points)))
        assert all(len(piece) >= 2 for stroke in template.strokes for piece in stroke)
        assert template.weight > 0


def test_a_corner_ends_a_smooth_piece_and_a_slash_a_stroke():
    template = parse_template("0.5: 0,0 10,0* 10,20 / 0,10 5,10")
    assert template.strokes == (((0, 1), (1, 2)), ((3, 4),))
    assert template.control_points[2] == (0.5, 1.0)
    assert template.weight == 0.5


@pytest.mark.parametrize("line", ["1,2", "0,0 5,5 /", "0,0 5", "0,0 a,b", ""])
def test_a_malformed_template_is_rejected(line):
    with pytest.raises(ValueError):
        parse_template(line)


def test_the_pen_passes_through_every_control_point_in_order():
    template = parse_template("0,0 10,5 5,10* 10,20 / 0,20 10,10")
    ink = sample_paths(template, 1, np.random.default_rng(0), WritingStyle(slant=0.0).scaled(0))
    way = np.stack([ink.x[0], ink.y[0]], axis=1)
    way += np.array(template.control_points)[0] - way[0]
    nearest = [np.hypot(*(way - point).T) for point in template.control_points]
    assert max(distances.min() for distances in nearest) < 0.03
    assert np.flatnonzero(ink.starts)[0] == 0 and ink.starts.sum() == 2


def test_same_arguments_same_digits_other_seed_others():
    images, labels = draw_digits(300, 5)
    again, same = draw_digits(300, 5)
    others, _ = draw_digits(300, 6)
    streams = [draw_digits(300, (5, stream))[0] for stream in (0, 1)]
    assert images.dtype == labels.dtype == np.uint8
    assert images.shape == (300, 28, 28)
    assert np.array_equal(images, again) and np.array_equal(labels, same)
    assert not np.array_equal(images, others)
    assert not np.array_equal(*streams)


@pytest.mark.parametrize("n", [0, 1, 7, 200])
def test_classes_are_balanced(n):
    images, labels = draw_digits(n, 1)
    counts = np.bincount(labels, minlength=10)
    assert len(images) == n and counts.max() - counts.min() <= 1


def test_digits_are_shuffled():
    _, labels = draw_digits(1000, 2)
    assert all(len(set(part.tolist())) > 5 for part in np.split(labels, 20))


def test_no_two_digits_are_equal():
    images, _ = draw_digits(1000, 3, 0.7)
    assert len(np.unique(images.reshape(1000, -1), axis=0)) == 1000


def test_without_variation_nothing_but_the_template_is_random():
    images, labels = draw_digits(2000, 4, 0)
    for digit in range(10):
        kinds = np.unique(images[labels == digit].reshape(-1, 784), axis=0)
        assert 10 <= len(kinds) <= len(digit_templates(digit))


def test_more_variation_is_more_different():
    means = [draw_digits(500, 4, variation)[0].std(0).mean() for variation in (0, 0.5, 1)]
    assert means == sorted(means)


@pytest.mark.parametrize("digit", range(10))
def test_ink_is_in_the_box_and_about_the_centre_as_in_mnist(digit):
    rng = np.random.default_rng(digit)
    style = STYLES[digit].scaled(1)
    still = WritingStyle(
        **{**{f: getattr(style, f) for f in style.__slots__}, "shift": 0.0, "size_deviation": 0.0}
    )
    images = np.concatenate(
        [render(sample_paths(t, 20, rng, still), rng, still) for t in digit_templates(digit)]
    )
    off = centres(images) - 14
    assert np.sqrt((off**2).mean()) < 0.4 and abs(off.mean()) < 0.1
    longest = extents(images, 100).max(1)
    assert longest.max() <= 23 and 18.5 <= longest.mean() <= 20.5


def test_the_shift_is_at_most_that_of_the_style():
    images, _ = draw_digits(500, 9, 1.0)
    assert 0.4 < abs(centres(images) - 14).mean() < 0.8
    assert np.quantile(abs(centres(images) - 14), 0.98) < WritingStyle().shift + 0.3


@pytest.mark.parametrize(("n", "variation"), [(-1, 1.0), (10, -0.5), (10, float("nan"))])
def test_invalid_arguments_are_rejected(n, variation):
    with pytest.raises(ValueError):
        draw_digits(n, 0, variation)


def test_progress_is_reported_up_to_the_end():
    reported = []
    draw_digits(3000, 0, progress=lambda text, fraction: reported.append((text, fraction)))
    fractions = [fraction for _, fraction in reported]
    assert fractions == sorted(fractions) and fractions[-1] == 1
    assert 10 <= len(reported) <= 21 and all(text for text, _ in reported)
    parts = []
    drawn_dataset(1200, 300, progress=lambda text, fraction: parts.append(fraction))
    assert parts == sorted(parts) and parts[-1] == 1


def test_strokes_are_those_of_the_images():
    drawings, stroke_labels = draw_strokes(400, 8, 0.5)
    images, labels = draw_digits(400, 8, 0.5)
    assert np.array_equal(stroke_labels, labels)
    aspects = []
    for drawing in drawings:
        assert all(len(stroke) >= 2 and len(stroke[0]) == 2 for stroke in drawing)
        width, height = np.ptp(np.concatenate(drawing), axis=0)
        aspects.append(np.log((width * 18 + 2) / (height * 18 + 2)))
    height, width = extents(images, 100).T
    assert np.corrcoef(aspects, np.log(width / height))[0, 1] > 0.97


def test_the_data_set_is_split_as_mnist_is_and_knows_its_contents():
    data = drawn_dataset(train=600, test=100)
    images, labels = draw_digits(600, (0, 0), 0.7)
    assert (len(data.train), len(data.validation), len(data.test)) == (550, 50, 100)
    assert (data.name, data.source, data.notice) == ("drawn", "drawn by trainpad", "")
    assert np.array_equal(data.validation.images, images[:50])
    assert np.array_equal(data.train.labels, labels[50:])
    parts = (images, labels, data.test.images, data.test.labels)
    digest = hashlib.sha256(b"".join(part.tobytes() for part in parts)).hexdigest()
    assert data.fingerprint == digest
    assert drawn_dataset(600, 100, seed=1).fingerprint != digest
    assert drawn_dataset(600, 100, variation=1).fingerprint != digest


def test_test_digits_are_not_training_digits():
    data = drawn_dataset(train=1200, test=200)
    seen = {image.tobytes() for image in data.train.images}
    assert not any(image.tobytes() in seen for image in data.test.images)


def test_distractors_are_images_of_the_same_kind_and_repeatable():
    images = draw_distractors(300, 1)
    assert images.shape == (300, 28, 28) and images.dtype == np.uint8
    assert np.array_equal(images, draw_distractors(300, 1))
    assert not np.array_equal(images, draw_distractors(300, 2))
    assert 17 <= extents(images, 100).max(1).mean() <= 21
    assert len(draw_distractors(0, 1)) == 0


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_distractor_can_be_drawn_alone(kind):
    images = draw_distractors(3, 1, kinds=[kind])
    assert (images.max((1, 2)) > 200).all() and (images.mean((1, 2)) < 140).all()


def test_kinds_can_be_held_out():
    seen = draw_distractors(400, 1, 0, kinds=SYMBOLS[:5])
    assert len(np.unique(seen.reshape(400, -1), axis=0)) == 5


def test_splines_shapes_and_symbols_come_equally_often():
    pictures = [draw_distractors(1, 0, 0, [kind])[0].tobytes() for kind in (*SHAPES, *SYMBOLS)]
    family = {picture: i < len(SHAPES) for i, picture in enumerate(pictures)}
    found = [family.get(image.tobytes()) for image in draw_distractors(3000, 3, 0)]
    for kind in (True, False, None):
        assert 850 <= found.count(kind) <= 1150
    assert len(set(pictures)) == len(pictures) == len(KINDS) - len(SPLINES)


@pytest.mark.parametrize("kinds", [[], ["O"], ["A", "nothing"]])
def test_unknown_kinds_are_rejected(kinds):
    with pytest.raises(ValueError):
        draw_distractors(3, 1, kinds=kinds)
