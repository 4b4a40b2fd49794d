"""Metrics with a name that is empty or blank are shown, and change no page."""

from pathlib import Path

import pytest

from tests.helpers.attached_app import Program, app_of, table
from tests.helpers.waiting import shown
from tui.chart.tags import shown_tag


@pytest.mark.parametrize(("tag", "text"), [("", "(empty)"), ("  ", '"  "'), (" a ", " a ")])
def test_a_blank_tag_is_named(tag: str, text: str) -> None:
    assert shown_tag(tag) == text


async def test_the_first_page_is_shown_where_a_metric_has_an_empty_name(tmp_path: Path) -> None:
    program = Program(tmp_path / "r")
    program.give(table(0, 50, **{"": 1, " ": 2, "loss": 3, "accuracy": 1, "a": 1}))
    app = app_of(program)
    async with app.run_test(size=(80, 24)) as pilot:
        await shown(pilot, app, "page 1/5", "(empty)", '" "')
