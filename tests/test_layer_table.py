"""The texts of the table of layers."""

import pytest

from tui.weights.summary import format_bytes, format_count


@pytest.mark.parametrize(
    ("count", "text"), [(512, "0.5 KB"), (1000 * 1024, "1000.0 KB"), (1 << 20, "1.0 MB")]
)
def test_bytes_are_in_kilobytes_up_to_a_megabyte(count: int, text: str) -> None:
    assert format_bytes(count) == text


@pytest.mark.parametrize(
    ("count", "text"), [(99_999, "99,999"), (100_000, "100 K"), (12_500_000, "12.5 M")]
)
def test_counts_are_in_full_up_to_five_digits(count: int, text: str) -> None:
    assert format_count(count) == text
