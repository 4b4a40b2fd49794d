import numpy as np
import numpy.typing as npt
import pytest

from core.training.rng import epoch_permutation
from core.training.stream import WINDOW_EXAMPLES, ExampleWindow


def stream(examples: int, seed: int, start: int, count: int) -> npt.NDArray[np.int32]:
    """The endless stream, made the slow way."""
    epochs = range(start // examples, (start + count) // examples + 1)
    order = np.concatenate([epoch_permutation(examples, seed, epoch) for epoch in epochs])
    return order[start % examples :][:count]


@pytest.mark.parametrize("examples", [1000, 2049, 70_001])
def test_a_window_holds_the_stream_from_any_position(examples: int) -> None:
    positions = [0, 1, 59_999, 60_001, 123_456, 400_000, 399_999, 5]
    window = ExampleWindow(examples, 5)
    size = len(window.indices)
    for position in positions:
        window.advance_to(position)
        offset = position - window.start
        assert offset >= 0
        assert window.remaining(position) >= examples
        seen = window.indices[offset : offset + examples]
        assert np.array_equal(seen, stream(examples, 5, position, examples))
        assert len(window.indices) == size


@pytest.mark.parametrize("examples", [1000, 55_000, WINDOW_EXAMPLES, 10 * WINDOW_EXAMPLES])
def test_a_window_holds_whole_epochs_and_at_least_its_size(examples: int) -> None:
    window = ExampleWindow(examples, 0)
    assert len(window.indices) % examples == 0
    assert len(window.indices) >= WINDOW_EXAMPLES + examples or examples > WINDOW_EXAMPLES
    assert np.array_equal(np.sort(window.indices[:examples]), np.arange(examples))


def test_a_window_moves_only_when_it_must() -> None:
    window = ExampleWindow(1000, 0)
    last = len(window.indices) - 1000
    assert not window.advance_to(last)
    assert window.advance_to(last + 1)
    assert not window.advance_to(last + 1)
    assert window.advance_to(0)


def test_epochs_and_seeds_are_shuffled_differently() -> None:
    orders = [epoch_permutation(1000, seed, epoch) for seed in (0, 1) for epoch in (0, 1)]
    assert len({order.tobytes() for order in orders}) == 4
    assert np.array_equal(epoch_permutation(1000, 1, 1), orders[3])
