"""The dialogs as they stand on the screen."""

from pathlib import Path

import pytest
from app_made import Scripted, shown

from tui.app import TrainpadApp


@pytest.mark.parametrize("size", [(80, 24), (160, 45)])
@pytest.mark.parametrize(
    ("key", "first", "second"),
    [("q", "leave it training;", "comes back to it"), ("n", "save a checkpoint", "the panel says")],
)
async def test_what_an_answer_does_goes_on_below_where_it_began(
    tmp_path: Path, size: tuple[int, int], key: str, first: str, second: str
) -> None:
    app = TrainpadApp(iter(Scripted(tmp_path)))
    async with app.run_test(size=size) as pilot:
        await shown(pilot, app, "100 / 2,000")
        await pilot.press(key)
        rows = (await shown(pilot, app, first, second)).splitlines()
        above = next(place for place, row in enumerate(rows) if first in row)
        column = rows[above].index(first)
        below = rows[above + 1]
        assert second in below
        assert below[column] != " "
        assert below[column - 20 : column].isspace()
