import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from data.ink import CENTRE, InkBox, ink_extent, ink_to_image, inks_to_images, raw_image
from data.ink_field import DistanceField

SEVEN = [np.array([[0.0, 0.0], [10.0, 0.0], [4.0, 16.0]]), np.array([[2.0, 8.0], [9.0, 8.0]])]

strokes = hnp.arrays(
    np.float64,
    st.tuples(st.integers(1, 12), st.just(2)),
    elements=st.integers(-1000, 1000).map(float),
)
drawings = st.lists(strokes, min_size=1, max_size=4)


def centre_of_mass(image):
    middle = np.arange(28) + 0.5
    return image.sum(axis=0) @ middle / image.sum(), image.sum(axis=1) @ middle / image.sum()


def test_no_ink_is_paper():
    assert not ink_to_image([]).any()
    assert not ink_to_image([np.empty((0, 2))]).any()


def test_a_dot_is_a_dot_in_the_middle():
    image = ink_to_image([np.array([[500.0, -3.0]])])
    assert image[14, 14] == 1
    assert 4 < image.sum() < 6.5  # a pen of 2.4 pixels covers 4.5
    assert image[:12].sum() == image[18:].sum() == 0


@given(drawings)
@settings(max_examples=60)
def test_any_drawing_gives_ink_between_paper_and_full(drawing):
    image = ink_to_image(drawing)
    assert image.shape == (28, 28)
    assert image.dtype == np.float32
    assert image.min() >= 0
    assert image.max() > 0.9


@given(drawings)
@settings(max_examples=60)
@example([np.array([[1.0, 0.0]]), np.array([[0.0, 0.0], [0.0, 1.0]])])
def test_the_centre_of_mass_is_where_mnist_has_it(drawing):
    image = ink_to_image(drawing)
    for axis, centre in enumerate(centre_of_mass(image)):
        inked = np.flatnonzero(image.max(axis=axis) > 0.1)
        is_at_the_edge = inked[0] == 0 or inked[-1] == 27
        assert is_at_the_edge or centre == pytest.approx(CENTRE, abs=0.15)


def test_ink_far_from_the_rest_is_not_lost():
    image = ink_to_image([np.array([[1.0, 0.0]]), np.array([[0.0, 0.0], [0.0, 1.0]])])
    assert image[:, 20:].max() > 0.9


@given(drawings, st.integers(-5000, 5000), st.sampled_from([0.001, 0.25, 3.0, 1000.0]))
@settings(max_examples=60)
def test_place_and_size_do_not_matter(drawing, shift, scale):
    other = [stroke * scale + shift for stroke in drawing]
    np.testing.assert_allclose(ink_to_image(other), ink_to_image(drawing), atol=0.02)


def test_the_ink_fills_the_box_of_mnist():
    image = ink_to_image([np.array([[0.0, 0.0], [0.0, 50.0]])])
    assert image.sum(axis=0).max() == pytest.approx(19, abs=0.4)
    assert image[14].sum() == pytest.approx(2.4, abs=0.05)


def test_a_batch_gives_what_each_drawing_gives_alone():
    rng = np.random.default_rng(3)
    batch = [
        [rng.normal(size=(rng.integers(0, 9), 2)) for _ in range(rng.integers(0, 4))]
        for _ in range(300)
    ]
    together = inks_to_images(batch)
    for image, drawing in zip(together, batch, strict=True):
        np.testing.assert_array_equal(image, ink_to_image(drawing))


def test_a_resting_pen_changes_nothing():
    resting = [np.repeat(stroke, 5, axis=0) for stroke in SEVEN]
    np.testing.assert_array_equal(ink_to_image(resting), ink_to_image(SEVEN))


def test_the_staircase_of_cells_is_smoothed_away():
    straight = [np.array([[0.0, 0.0], [20.0, 20.0]])]
    steps = np.repeat(np.arange(21.0), 2)
    stairs = [np.stack([steps[1:], steps[:-1]], axis=1)]
    assert np.abs(ink_to_image(stairs) - ink_to_image(straight)).mean() < 0.008


def test_sparse_points_are_joined_by_a_curve():
    def circle(points):
        turn = np.linspace(0, 2 * np.pi, points)
        return [np.stack([np.cos(turn), np.sin(turn)], axis=1)]

    difference = np.abs(ink_to_image(circle(13)) - ink_to_image(circle(200)))
    assert difference.max() < 0.3
    assert difference.mean() < 0.012


def test_corners_stay_corners():
    image = ink_to_image([np.array([[0.0, 0.0], [16.0, 0.0], [16.0, 16.0]])])
    rows, columns = np.nonzero(image > 0.5)
    assert image[rows.min() + 1, columns.max() - 1] == 1


def test_the_raw_image_leaves_the_ink_where_it_was():
    image = raw_image([np.array([[0.25, 0.25]])], pen=0.1)
    assert image[7, 7] > 0.9
    assert image[12:].sum() == 0
    assert raw_image([np.array([[5.0, 5.0]])], side=20.0, pen=2.0) == pytest.approx(image)


def test_the_raw_image_takes_a_width_for_each_stroke():
    lines = [np.array([[0.2, 0.3], [0.8, 0.3]]), np.array([[0.2, 0.7], [0.8, 0.7]])]
    image = raw_image(lines, pen=[0.05, 0.2])
    assert image[:14, 14].sum() == pytest.approx(0.05 * 28, abs=0.1)
    assert image[14:, 14].sum() == pytest.approx(0.2 * 28, abs=0.1)


def test_the_box_around_ink():
    assert ink_extent([]) is None
    assert ink_extent([*SEVEN, np.empty((0, 2))]) == InkBox(0, 0, 10, 16)
    assert InkBox(0, 0, 10, 16).side == 16


def test_the_field_tells_what_it_touched():
    field = DistanceField(20, 30)
    rows, columns = field.add(np.array([[5.0, 5.0], [9.0, 5.0]]), 2.0)
    ink = field.ink()
    assert ink[rows, columns].sum() == ink.sum() > 0
    assert field.add(np.array([[-50.0, 5.0]]), 2.0)[1] == slice(0, 0)
    assert field.ink().sum() == ink.sum()
