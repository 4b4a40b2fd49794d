"""Charts and screens as text, as SVG and as PNG."""

import io
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from PIL import Image
from rich.segment import Segment
from rich.style import Style
from textual.app import App
from textual.strip import Strip

from core.run.series import Series
from tests.helpers.waiting import shown, toasts_of
from tui.chart.chart import Chart, Line
from tui.widgets.capture import CapturingScreen, unused_path
from tui.widgets.cell_shapes import shapes_of
from tui.widgets.dialogs import QuitDialog
from tui.widgets.help import HelpScreen
from tui.widgets.picture import CELL_HEIGHT, CELL_WIDTH, as_png, as_svg, as_text

RED = Style(color="#ff0000", bgcolor="#000040")
STRIPS = [Strip([Segment("█⣿", RED), Segment("日<&", Style(bold=True))]), Strip([Segment("┼  ")])]


def test_rows_as_text_have_no_blanks_at_their_ends() -> None:
    assert as_text(STRIPS) == "█⣿日<&\n┼\n"


@pytest.mark.parametrize("is_light", [False, True])
def test_a_png_has_the_colours_of_the_cells(is_light: bool) -> None:
    image = Image.open(io.BytesIO(as_png(STRIPS, is_light=is_light)))
    assert image.size == (6 * CELL_WIDTH, 2 * CELL_HEIGHT)
    assert image.getpixel((CELL_WIDTH // 2, CELL_HEIGHT // 2)) == (255, 0, 0)
    corner = image.getpixel((CELL_WIDTH, 0))
    assert corner[2] > corner[1]  # the braille cell has the background of its style
    blank = image.getpixel((CELL_WIDTH * 2, CELL_HEIGHT + 2))
    assert (min(blank) > 200) == is_light


def test_an_svg_is_well_formed_and_has_every_word_in_its_cells() -> None:
    root = ET.fromstring(as_svg(STRIPS))  # noqa: S314 - our own
    (text,) = root.iter("{http://www.w3.org/2000/svg}text")
    assert text.text == "日<&"
    assert int(text.attrib["x"]) == 2 * CELL_WIDTH
    assert int(text.attrib["textLength"]) == 4 * CELL_WIDTH
    assert text.attrib["font-weight"] == "bold"
    assert root.attrib["width"] == str(6 * CELL_WIDTH)


def test_words_of_an_svg_are_where_they_are_in_the_row() -> None:
    row = Strip([Segment("0"), Segment("   2,500 b", RED), Segment(" 0.5")])
    texts = ET.fromstring(as_svg([row])).iter("{http://www.w3.org/2000/svg}text")  # noqa: S314
    found = {text.text: int(text.attrib["x"]) // CELL_WIDTH for text in texts}
    assert found == {"0": 0, "2,500": 4, "b": 10, "0.5": 12}


def test_braille_blocks_and_lines_are_shapes_inside_their_cell() -> None:
    for character in "⠁⣿▁▄█▏▌▘▟░▀▐─│┼╭━┃┊":
        shapes = shapes_of(character)
        assert shapes is not None, character
        assert all(0 < x < 1 and 0 < y < 1 for x, y in shapes.dots)
        for left, top, right, bottom, _ in shapes.boxes:
            assert 0 <= left < right <= 1
            assert 0 <= top < bottom <= 1
    assert len(shapes_of("⣿").dots) == 8  # type: ignore[union-attr]
    assert shapes_of("a") is None


class _Screen(CapturingScreen):
    def compose(self):
        yield Chart("loss")


class _App(App[None]):
    read_only = False
    copied = ""

    def get_default_screen(self):
        return _Screen()

    def copy_to_clipboard(self, text: str) -> None:
        self.copied = text


async def test_keys_copy_and_save_the_chart_and_the_screen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    app = _App()
    async with app.run_test(size=(60, 12)) as pilot:
        chart = app.screen.query_one(Chart)
        chart.scene.tinted = True
        chart.show([Line("loss", Series(np.tile([2.0, 1.0, 0.5], 100)))])
        await pilot.pause()
        await pilot.press("Y")
        assert app.copied.startswith("loss")
        assert app.copied.count("\n") == 12
        assert "⠡" in app.copied  # no tints
        chart_alone = app.copied
        await pilot.press("ctrl+y")
        assert app.copied == chart_alone
        assert chart.scene.tinted
        await pilot.press("S", "ctrl+s")
        files = sorted(path.suffix for path in tmp_path.iterdir())
        assert files == [".png", ".png", ".svg", ".svg"]
        assert "wrote" in toasts_of(app)[-1]
        app.read_only = True
        await pilot.press("S")
        assert toasts_of(app)[-1] == "this window is read-only"
        assert len(list(tmp_path.iterdir())) == 4


@pytest.mark.parametrize("kind", ["help", "question"])
async def test_a_dialog_is_saved_and_copied_as_it_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.chdir(tmp_path)
    app = _App()
    async with app.run_test(size=(100, 20)) as pilot:
        below = app.screen
        dialog = HelpScreen(below) if kind == "help" else QuitDialog()
        app.push_screen(dialog)
        seen = "Save a picture of the screen" if kind == "help" else "Detach"
        await shown(pilot, app, seen)
        await pilot.press("ctrl+y", "ctrl+s")
        assert app.screen is dialog
        assert seen in app.copied
        assert "wrote" in toasts_of(app)[-1]
        (svg,) = tmp_path.glob("*.svg")
        assert len(svg.read_bytes()) > 2000
        assert [path.suffix for path in tmp_path.glob("*.png")] == [".png"]


async def test_a_folder_that_cannot_be_written_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = tmp_path / "gone"
    monkeypatch.setattr("tui.widgets.capture.working_folder", lambda: gone)
    app = _App()
    async with app.run_test(size=(60, 12)) as pilot:
        await pilot.press("S")
        assert "cannot be written: No such file or directory" in toasts_of(app)[-1]


def test_a_picture_replaces_no_other(tmp_path: Path) -> None:
    (tmp_path / "a.svg").touch()
    (tmp_path / "a-2.png").touch()
    assert unused_path(tmp_path, "a") == tmp_path / "a-3"
