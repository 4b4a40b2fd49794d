"""What the Evaluate screen says about its keys and its matrix."""

from pathlib import Path

import pytest

from tests.helpers.app import Scripted, evaluation
from tests.helpers.waiting import shown, until
from tui.app import TrainpadApp
from tui.widgets.footer import KeyFooter


def keys_of(app: TrainpadApp) -> dict[str, bool]:
    """The keys in the footer by their names, and whether each can do something."""
    return {
        hint.description: not hint.dimmed for hint in app.screen.query_one(KeyFooter)._hints()[0]
    }


async def test_keys_of_evaluate_are_dim_until_there_is_something_for_them(
    tmp_path: Path,
) -> None:
    source = Scripted(tmp_path)
    app = TrainpadApp(iter(source))
    async with app.run_test(size=(160, 45)) as pilot:
        await pilot.press("2")
        await until(pilot, lambda: "Split" in keys_of(app))
        assert not any(keys_of(app)[name] for name in ("Split", "Format", "These", "Why"))
        source.give(evaluation(1000), evaluation(2000))
        await until(pilot, lambda: keys_of(app)["Split"] and keys_of(app)["Earlier"])
        await pilot.press("[")
        await until(pilot, lambda: not keys_of(app)["Earlier"])


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (160, 45)])
async def test_the_matrix_says_which_way_is_true(tmp_path: Path, size: tuple[int, int]) -> None:
    source = Scripted(tmp_path)
    source.give(evaluation(1000))
    app = TrainpadApp(iter(source))
    async with app.run_test(size=size) as pilot:
        await pilot.press("2")
        await shown(pilot, app, "true ↓ predicted →", "step 1,000")
