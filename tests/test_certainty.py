"""How the ratio at which a picture is "not sure" is chosen."""

import numpy as np
import pytest

from benchmarks.certainty import ratio_for, report


@pytest.mark.parametrize(
    ("share", "refused"), [(0.0, 1), (0.2, 1), (0.21, 2), (0.6, 3), (0.99, 5), (1.0, 5)]
)
def test_a_ratio_refuses_at_least_this_share(share: float, refused: int) -> None:
    ratios = np.array([30.0, 2.0, 500.0, 7.0, 90.0])
    assert (ratios < ratio_for(ratios, share)).sum() == refused


def test_the_report_says_what_each_share_of_the_wrong_costs(
    capsys: pytest.CaptureFixture[str],
) -> None:
    first = np.array([0.80, 0.90, 0.99, 0.999, 0.80, 0.99])
    probabilities = np.stack([first, 1 - first], axis=1)
    report("two classes", probabilities, np.array([0, 0, 0, 0, 1, 1]), 0.5)
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert lines[0] == "two classes: 0.6667 right of 6"
    assert "8 right 0.2500 wrong 0.5000" in lines
    assert "1000 right 1.0000 wrong 1.0000" in lines
    assert lines[-1] == "100% of the wrong: ratio 99, right 0.750"
