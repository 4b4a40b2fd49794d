"""Comparing runs on the Runs screen: letters, means over seeds, differences."""

from pathlib import Path

from core.rundir.entry import RunEntry
from core.rundir.overview import Overview
from core.rundir.reader import follow
from core.rundir.rundir import RunDir
from tests.helpers.runs import finished
from tests.helpers.waiting import shown
from tui.app import TrainpadApp
from tui.chart.chart import Chart
from tui.runs.lines import last_step
from tui.runs.listing import RunListing
from tui.terminal.settings import Settings


def seeds(folder: Path) -> Path:
    """Three runs that differ in the seed, and one with another learning rate."""
    for seed in range(3):
        finished(folder / f"run-{seed}", right=6 + seed, seed=seed)
    finished(folder / "warm", right=9, learning_rate=0.5)
    return folder


def listing_of(folder: Path) -> RunListing:
    listing = RunListing()
    listing.entries = Overview(folder).poll()
    listing.arrange("")
    return listing


def toggle(listing: RunListing, name: str) -> None:
    """Toggle the mark of a run, which is listed itself."""
    names = [row.summary.name for row in listing.shown if isinstance(row, RunEntry)]
    listing.point(names.index(name))
    listing.toggle_mark()


def test_marked_runs_keep_their_letters_when_others_are_unmarked(tmp_path: Path) -> None:
    listing = listing_of(seeds(tmp_path / "runs"))
    for name in ("run-0", "run-1", "run-2", "run-1"):
        toggle(listing, name)
    assert [letter for letter, _ in listing.compared] == ["a", "c"]
    toggle(listing, "warm")
    slots = {path.name: slot for path, slot in listing.slots.items()}
    assert slots == {"run-0": 0, "run-2": 2, "warm": 1}


def test_runs_that_differ_only_in_the_seed_are_a_group(tmp_path: Path) -> None:
    listing = listing_of(seeds(tmp_path / "runs"))
    for name in ("run-1", "run-0", "warm"):
        toggle(listing, name)
    listing.is_grouped = True
    listing.arrange("")
    first, second = listing.groups
    assert {entry.summary.name for entry in first.members} == {"run-0", "run-1", "run-2"}
    assert first.name == "3 × run-*"
    assert [entry.summary.name for entry in second.members] == ["warm"]
    assert (first.letter, second.letter) == ("a", "c")


async def test_keys_draw_the_mean_over_seeds_and_the_differences(tmp_path: Path) -> None:
    folder = seeds(tmp_path / "runs")
    settings = Settings(tmp_path / "settings.json")
    events = follow(RunDir(folder / "run-0"), None)
    app = TrainpadApp(events, viewer=True, log_dir=folder, settings=settings)
    async with app.run_test(size=(160, 45), notifications=True) as pilot:
        await shown(pilot, app, "run-0")
        await pilot.press("4")
        await shown(pilot, app, "warm", "0.9000")
        await pilot.press("v", "g")
        chart = app.screen.query_one(Chart)

        await shown(pilot, app, "3 × run-* 0.7000 (0.6000 to 0.8000)")
        assert len(chart.scene.lines[0].members) == 3
        await pilot.press("g", "home", "space", "space", "c")
        await shown(pilot, app, "mark the selected run to see")
        await pilot.press("home", "c")
        await shown(pilot, app, "precision @ 1, validation · minus ", "last prec. @ 1")
        assert any(entry.signed for entry in chart.scene.legend_entries())
        await pilot.press("c", "y")
        await shown(pilot, app, "precision @ 1, validation · error rate")
        await pilot.press("v")
        assert "error rate" not in await shown(pilot, app, "loss ")
        await pilot.press("v")
        await shown(pilot, app, "precision @ 1, validation · error rate")


def test_an_axis_without_steps_has_eight() -> None:
    assert last_step([], {}) == (8, False)
