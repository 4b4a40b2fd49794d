"""Chunk size: calls last about 60 ms, and none is much shorter."""

import pytest

from core.training.chunking import ChunkSizer


def sizer_for(milliseconds: float) -> ChunkSizer:
    """A `ChunkSizer` that has recorded steps of this duration."""
    sizer = ChunkSizer()
    for _ in range(20):
        count = sizer.next_count(10**6)
        sizer.record(count, count * milliseconds / 1000)
    return sizer


@pytest.mark.parametrize(("milliseconds", "count"), [(0.4, 150), (5.0, 12), (200.0, 1)])
def test_calls_come_to_last_sixty_milliseconds(milliseconds: float, count: int) -> None:
    assert sizer_for(milliseconds).next_count(10**6) == pytest.approx(count, rel=0.02, abs=1)


@pytest.mark.parametrize(
    ("milliseconds", "due", "counts"),
    [
        (0.15, 500, [500]),
        (0.28, 500, [250, 250]),
        (0.4, 500, [166, 167, 167]),
        (0.4, 1, [1]),
        (55.0, 4, [1, 1, 1, 1]),
        (200.0, 3, [1, 1, 1]),
    ],
)
def test_what_is_due_is_reached_in_equal_calls(
    milliseconds: float, due: int, counts: list[int]
) -> None:
    sizer, taken = sizer_for(milliseconds), []
    while due:
        taken.append(sizer.next_count(due))
        due -= taken[-1]
    assert taken == counts


def test_a_call_of_no_time_and_no_steps_is_accepted() -> None:
    sizer = ChunkSizer()
    sizer.record(0, 0.0)
    assert 1 <= sizer.next_count(500) <= 500
