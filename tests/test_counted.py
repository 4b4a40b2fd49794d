"""Numbers of things in a sentence."""

from core.output.counted import counted


def test_one_is_singular() -> None:
    shown = [counted(count, "digit") for count in (0, 1, 2, 1200)]
    assert shown == ["0 digits", "1 digit", "2 digits", "1,200 digits"]
