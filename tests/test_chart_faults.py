"""Charts of any steps and values are drawn; one that cannot be drawn leaves the others alone."""

import io
import json
import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from core.foreign.find import ForeignFiles
from core.run.metric_series import MetricSeries
from core.run.series import Points
from core.tfevents.logdir import Logdir
from tui.chart import fault
from tui.chart.axes import Axis
from tui.chart.chart import Chart
from tui.chart.drawing import PLAIN, draw
from tui.chart.scene import Scene
from tui.chart.traces import Line
from tui.chart.viewport import RESOLUTION
from tui.terminal.characters import Glyphs
from tui.watch.model import WatchModel
from tui.watch.once import print_once

LARGE = [2**53, 2**60, 1_795_927_146_837_166_566, 2**62, -(2**60)]


def write(path: Path, *points: tuple[int, float]) -> None:
    lines = [json.dumps({"step": step, path.stem: value}) for step, value in points]
    path.write_text("\n".join(lines) + "\n")


def scenes_of(folder: Path) -> list[Scene]:
    """The charts of the files, which share their x axis as on the screen."""
    model, scenes = WatchModel(), []
    for update in Logdir([str(folder)], others=ForeignFiles()).poll():
        model.fold(update)
    for tag in model.scalar_tags():
        scenes.append(Scene(Glyphs.BRAILLE, logarithmic=False))
        scenes[-1].lines = model.lines(tag)
    scenes[0].link(*scenes[1:])
    return scenes


@pytest.fixture
def unlucky(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A chart of `bad` raises."""
    layout = Scene.layout

    def raising(scene: Scene, *args: int) -> object:
        if any("bad" in line.name for line in scene.lines):
            raise ZeroDivisionError("float division by zero")
        return layout(scene, *args)

    monkeypatch.setattr(Scene, "layout", raising)
    yield
    fault.described.clear()


@pytest.mark.parametrize("first", LARGE)
@pytest.mark.parametrize("count", [1, 100])
def test_steps_that_a_float_cannot_tell_from_each_other_are_drawn(
    tmp_path: Path, first: int, count: int
) -> None:
    write(tmp_path / "u.jsonl", *((first + i, 1.0 / (i + 1)) for i in range(count)))
    (scene,) = scenes_of(tmp_path)
    for zooms in (0, 60):  # nearer than a float has digits
        for _ in range(zooms):
            scene.viewport.zoom(0.5, None, *scene.extent())
        layout = draw(scene, "u", 80, 12).layout
        assert layout is not None
        start, stop = scene.visible_range
        assert start <= first <= stop
        assert stop - start >= 0.999 * RESOLUTION * abs(first)
        assert not layout.canvas.undrawn.all()
        labels = layout.x.ticks.labels
        assert len(labels) == len({*labels}) > 1


def test_a_plan_that_ends_with_the_newest_of_large_steps_is_drawn(tmp_path: Path) -> None:
    write(tmp_path / "u.jsonl", (2**53 - 2, 1.0))
    (scene,) = scenes_of(tmp_path)
    scene.planned_steps = 2**53 - 1
    assert draw(scene, "u", 80, 12).layout is not None
    scene.viewport.whole_plan = True
    assert draw(scene, "u", 80, 12).layout is not None


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("kind", [Points, MetricSeries])
def test_the_nearest_of_steps_that_are_very_far_from_each_other(
    kind: type[Points | MetricSeries],
) -> None:
    curve = kind()
    curve.extend(np.array([-(2**62), 2**62]), np.array([1.0, 2.0], np.float32))
    assert curve.nearest(2**62) == (2**62, 2.0)
    assert curve.nearest(-5) == (-(2**62), 1.0)


@pytest.mark.filterwarnings("error")
def test_a_value_beyond_float32_is_drawn_at_its_end(tmp_path: Path) -> None:
    write(tmp_path / "u.jsonl", (0, 1.0), (1, 1e308), (2, -1e308))
    (scene,) = scenes_of(tmp_path)
    curve = scene.lines[0].curve
    assert curve.samples(0, 3)[1].tolist() == pytest.approx([1.0, 3.4e38, -3.4e38], rel=0.01)
    assert draw(scene, "u", 80, 12).layout is not None


def test_a_plot_of_one_row_has_no_room_for_the_values_beyond_it(tmp_path: Path) -> None:
    points = [(i, 1.0) for i in range(100)]
    write(tmp_path / "u.jsonl", *points, (100, -1.0))
    (scene,) = scenes_of(tmp_path)
    scene.logarithmic = True
    assert draw(scene, "u", 40, 2).layout is not None


def test_nan_at_a_step_before_the_first_known_time_is_drawn_over_time() -> None:
    curve = Points.of_sorted(np.arange(60), [math.nan] * 5 + [1.0] * 55)
    curve.timeline.extend(np.arange(5, 60), np.arange(55) + 1.7e9)
    scene = Scene(Glyphs.BRAILLE, logarithmic=False)
    scene.lines, scene.axis = [Line("u", curve, timeline=curve.timeline)], Axis.RELATIVE
    scene.viewport.visible = (-50.0, 60.0)
    layout = draw(scene, "u", 80, 12).layout
    assert layout is not None


@pytest.mark.usefixtures("unlucky")
def test_once_prints_the_other_charts_and_then_reports_the_first_fault(tmp_path: Path) -> None:
    for name in ("also_bad", "bad", "good"):
        write(tmp_path / f"{name}.jsonl", (0, 1.0), (1, 0.5))
    out = io.StringIO()
    with pytest.raises(ZeroDivisionError):
        print_once([str(tmp_path)], out)
    text = out.getvalue()
    assert text.count("drawing failed unexpectedly (ZeroDivisionError") == 2
    assert "0.5000" in text[text.rindex("good") :]


@pytest.mark.usefixtures("unlucky")
def test_a_chart_says_that_it_cannot_be_drawn_and_writes_one_file(tmp_path: Path) -> None:
    write(tmp_path / "bad.jsonl", (0, 1.0), (1, 0.5))
    (scene,) = scenes_of(tmp_path)
    chart = Chart("bad")
    chart.scene, chart._styles = scene, PLAIN
    for _ in range(3):
        rows = [strip.text for strip in chart.rows(60, 12)]
        assert len(rows) == 12
        assert {len(row) for row in rows} == {60}
        said = " ".join(row.strip() for row in rows)
        assert "ZeroDivisionError: float division by zero" in said
        assert "please report it" in said
    (sentence,) = fault.described.values()
    Path(sentence.split()[-1]).unlink()
