"""The two rows at the top of every screen, as text."""

import pytest

from core.run.state import Run
from tui.dashboard.header import Identity


@pytest.mark.parametrize(
    ("width", "told"),
    [
        (90, "20261125-230017-128x32 · mnist 55,000 · CPU"),
        (50, "20261125-230017-128x32 · mnist 55,000"),
        (46, "20261125-230017-128x32 · mnist"),
        (40, "20261125-230017-128x32"),
        (30, "20261125-230017-12…"),
    ],
)
def test_a_fact_that_has_no_room_is_left_out_and_not_cut(width: int, told: str) -> None:
    run = Run()
    run.info = {
        "name": "20261125-230017-128x32",
        "dataset": {"name": "mnist", "train": 55_000, "notice": ""},
    }
    run.device = "CPU:0"
    identity = Identity("train")
    identity._run = run
    row = "".join(text for text, _ in identity.lines(width, 2)[0])
    assert row.strip() == f"trainpad  {told}"
    assert len(row) == width
