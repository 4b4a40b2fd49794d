"""The rows of the pad's drawing area are those that Textual would make, at less cost."""

from pathlib import Path

import pytest
from textual.geometry import Region
from textual.widget import Widget

from data.ink import InkBox
from tui.pad.app import PadApp
from tui.pad.boxes import DigitBox
from tui.pad.raster import PadRaster
from tui.pad.sketch_pad import SketchPad
from tui.widgets.half_blocks import GREY_LEVELS


@pytest.mark.parametrize("colours", ["standard", "256"])
@pytest.mark.parametrize("is_ascii", [False, True])
async def test_rows_are_those_of_textual(
    colours: str, is_ascii: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = PadApp(log_dir=tmp_path / "runs")
    monkeypatch.setattr(type(app.console), "color_system", colours)
    async with app.run_test(size=(80, 24)) as pilot:
        pad = app.screen.query_one(SketchPad)
        pad.ascii = is_ascii
        assert pad.get_line_filters()

        def check() -> None:
            columns = pad.size.width
            for crop in (pad.size.region, Region(0, 5, columns, 2), Region(7, 3, 12, 9)):
                pad.refresh()
                assert pad.render_lines(crop) == Widget.render_lines(pad, crop)
                assert {strip.cell_length for strip in pad.render_lines(crop)} == {crop.width}

        check()  # the hint
        with monkeypatch.context() as patch:
            patch.setattr(pad, "_raster", PadRaster(pad.rows - 2, GREY_LEVELS))
            check()  # as while the size changes
        await pilot.press("space", *["right"] * 3, *["down"] * 4)
        check()  # ink and the cursor
        pad.show_boxes([DigitBox(InkBox(0.2, 0.1, 0.7, 0.9), "7 99%")])
        check()
