"""Time spans as text."""

import pytest

from core.run.durations import DurationStyle, duration


@pytest.mark.parametrize(
    ("style", "seconds", "texts"),
    [
        (
            "long",
            (0, 42, 190, 7500, -3, float("inf"), float("nan")),
            ("0 s", "42 s", "3 min 10 s", "2 h 5 min", "0 s", "–", "–"),
        ),
        (
            "compact",
            (0, 1.5, 45, 90, 2520, 3600, 5400, 90000),
            ("0s", "1.5s", "45s", "1m30s", "42m", "1h", "1h30m", "1d1h"),
        ),
        ("coarse", (7, 119, 7199, 86400 * 5), ("7 s", "1 min", "1 h", "5 d")),
        ("clock", (190, 90061.4), ("0:03:10", "1 day, 1:01:01")),
    ],
)
def test_styles(style: DurationStyle, seconds: tuple[float, ...], texts: tuple[str, ...]) -> None:
    assert tuple(duration(span, style) for span in seconds) == texts
