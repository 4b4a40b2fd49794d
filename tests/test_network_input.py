"""The seven-segment digit."""

import pytest

from tui.pad.network_input import seven_segments


@pytest.mark.parametrize("size", [(7, 14), (18, 28), (3, 5)])
def test_all_seven_segment_digits_differ(size: tuple[int, int]) -> None:
    images = {seven_segments(digit, *size).tobytes() for digit in "0123456789"}
    assert len(images) == 10
    assert not seven_segments("", *size).any()
