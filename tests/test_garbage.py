"""How often Python looks for garbage in a program with a screen."""

import gc
from collections.abc import Iterator

import pytest

from core.process.garbage import freeze_gc, relax_gc


@pytest.fixture
def looks() -> Iterator[list[int]]:
    """The generations that were looked through, and all as it was afterwards."""
    before, found = gc.get_threshold(), []

    def looked(phase: str, told: dict[str, int]) -> None:
        if phase == "start":
            found.append(told["generation"])

    gc.callbacks.append(looked)
    yield found
    gc.callbacks.remove(looked)
    gc.set_threshold(*before)
    gc.unfreeze()


def test_a_frame_is_seldom_held_up_by_a_look(looks: list[int]) -> None:
    relax_gc()
    kept = [[number] for number in range(100_000)]  # what some hundred frames make
    assert len(kept) == 100_000
    assert 1 <= len(looks) <= 11
    assert 2 not in looks


@pytest.mark.usefixtures("looks")
def test_what_is_there_to_stay_is_not_looked_through_again() -> None:
    kept = [[number] for number in range(1000)]
    freeze_gc()
    assert not any(entry is kept[500] for entry in gc.get_objects())
