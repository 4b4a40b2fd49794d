"""Evaluate and Weights of attached runs: matrices, images and weights that a program logged."""

from pathlib import Path

import numpy as np
import pytest

from core.run.attached_events import ConfusionLogged, ImagesLogged, LayerStatistics, WeightsLogged
from core.run.program import ProgramState
from tests.helpers.attached_app import Program, app_of, table
from tests.helpers.waiting import shown, text_of, until
from trainpad.media import write_images
from tui.evaluate.logged_images import read_images


@pytest.fixture
def program(tmp_path: Path) -> Program:
    found = Program(tmp_path / "r")
    found.give(table(0, 100, loss=1))
    return found


def matrix(split: str, step: int, rows: list[list[int]], *classes: str) -> ConfusionLogged:
    return ConfusionLogged(step, {split: rows}, {}, 0.0, classes=list(classes) or None)


async def test_logged_matrices_are_shown_with_their_classes(program: Program) -> None:
    app = app_of(program)
    async with app.run_test(size=(120, 40)) as pilot:
        await shown(pilot, app, "100 / 1,000")
        await pilot.press("2")
        await shown(pilot, app, "run.log_confusion(labels, predictions)", "run.log_images(")
        program.give(
            matrix("train", 50, [[9, 1], [2, 8]], "cat", "dog"),
            matrix("val", 50, [[5, 1], [0, 6]], "cat", "dog"),
            matrix("val", 90, [[4, 2], [1, 5]], "cat", "dog"),
        )
        await shown(pilot, app, "val  0.7500", "9 of 12 correct", "cat", "step 90, newest of 2")
        await pilot.press("left_square_bracket")
        await shown(pilot, app, "val  0.9167", "step 50, 1 of 2")
        await pilot.press("s", "end")
        await shown(pilot, app, "train  0.8500", "step 50, newest of 1")
        await pilot.press("n", "down", "right", "up")
        await shown(pilot, app, "percent of true class")


async def test_logged_images_are_shown_with_their_captions(program: Program) -> None:
    images = np.zeros((3, 28, 28))
    files = write_images(program.folder / "images", "worst", images, 7)
    other = write_images(program.folder / "images", "other", np.ones((1, 9, 9)), 7)
    app = app_of(program)
    async with app.run_test(size=(120, 40)) as pilot:
        await shown(pilot, app, "100 / 1,000")
        program.give(ImagesLogged(7, "worst", files, ["a 4, taken for a 9"]))
        await pilot.press("2")
        await shown(pilot, app, "worst  1 of 3  after step 7", "a 4, taken for a 9", "worst 2")
        await pilot.press("full_stop")
        await shown(pilot, app, "worst  2 of 3")
        program.give(ImagesLogged(7, "other", [*other, "images/gone.png"], []))
        await shown(pilot, app, "other", "1 of 1", "4 left out")
        await pilot.press("comma", "p")
        await pilot.pause()


def test_the_last_two_hundred_logged_images_are_kept() -> None:
    state = ProgramState()
    for step in range(250):
        state.fold(ImagesLogged(step, "digits", [], []))
    assert [logged.step for logged in state.images] == list(range(50, 250))


def test_images_that_cannot_be_read_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "a.png").write_bytes(b"no picture")
    found = read_images(tmp_path, [ImagesLogged(1, "x", ["images/a.png", "images/b.png"], [])])
    assert (found.images, found.left_out) == ([], 2)
    assert found.status(0) == [("2 images cannot be read", "alert")]


def layer(mean: float, not_finite: int = 0) -> LayerStatistics:
    counts = np.array([1, 5, 2], np.int64)
    return LayerStatistics((4, 2), mean, 1.0, 2.5, -1.0, 1.0, counts, not_finite)


async def test_logged_weights_are_shown(program: Program) -> None:
    app = app_of(program)
    async with app.run_test(size=(120, 40)) as pilot:
        await shown(pilot, app, "100 / 1,000")
        await pilot.press("3")
        await shown(pilot, app, "run.log_weights(model)")
        for step in (10, 20):
            layers = {f"dense{i}/kernel": layer(step / 100, i) for i in range(3)}
            program.give(WeightsLogged(step, layers))
        text = await shown(
            pilot, app, "after step 20", "4 x 2", "0.2000", "from step 10 to step 20"
        )
        assert text.count("dense2/kernel") == 2
        await pilot.press("down", "down", "down", "up")
        await until(pilot, lambda: "dense1/kernel" in text_of(app))


async def test_both_screens_fit_a_small_terminal_in_ascii(program: Program) -> None:
    app = app_of(program, ascii_only=True)
    async with app.run_test(size=(60, 16)) as pilot:
        await shown(pilot, app, "loss")
        program.give(matrix("val", 90, [[4, 2], [1, 5]]))
        program.give(WeightsLogged(20, {"[/nope]": layer(1.0)}))
        await pilot.press("2")
        await shown(pilot, app, "val  0.7500")
        await pilot.press("3")
        assert (await shown(pilot, app, "[/nope]")).isascii()
