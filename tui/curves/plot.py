"""The charts of runs as one picture, as `trainpad export --png` writes it.

They are drawn as on the screens Train and Runs: by the same code, in the colours of the theme, and
with the view that these screens remember.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.theme import BUILTIN_THEMES, Theme

from core.export.export import Export
from core.options.options import Options, load_options
from core.run.state import RunState
from trainpad.errors import RunError, UserError
from trainpad.text import sanitize
from tui.chart.drawing import draw
from tui.chart.line_letters import LETTERS
from tui.chart.marks import Mark, marks_of
from tui.chart.palette import ChartStyle, styles_in
from tui.chart.scene import Scene
from tui.chart.tags import sort_key
from tui.chart.traces import Line
from tui.chart.view_settings import restore_view
from tui.curves.grouping import quantities
from tui.curves.metric_lines import lines_of
from tui.curves.own_lines import accuracies_of, losses_of
from tui.curves.reading import RunCurves
from tui.curves.shown_value import LOSS, PRECISION, line_of
from tui.terminal.characters import Glyphs
from tui.terminal.settings import Settings
from tui.widgets.picture import as_png, as_svg

WIDTH: Final = 160
"""Cells of a row."""
HEIGHT: Final = 24
"""Cells of a chart, its title and its labels included."""
MAX_CHARTS: Final = 12
MAX_IN_A_COLUMN: Final = 3
"""More charts than that are in two columns."""
GAP: Final = 4
"""Cells between two columns."""
MARGIN: Final = 2
METRICS: Final = "metrics"
"""The kind of the charts of a run of another program."""


class _Chart(NamedTuple):
    title: str
    kind: str
    """Its name in the settings, which keep the view of each kind of chart."""
    lines: Sequence[Line]
    marks: Sequence[Mark]
    end: int
    """Where its x axis ends at the latest; 0 where that is not known."""
    is_planned: bool
    """Whether that is planned, and not where runs have ended."""
    shows_fractions: bool = False


def plot(exports: Sequence[Export], file_format: str, theme: str = "") -> bytes:
    """Return a PNG or an SVG of the charts of one run, or of those that compare several.

    `theme` is the name of one of Textual's; by default it is that of the dashboard.

    Raises:
        RunError: the runs have no numbers.
        UserError: there is no such theme.
    """
    options, settings = load_options(), Settings()
    chosen = _theme(theme, options, settings)
    background, styles = styles_in(chosen, options)
    charts = [*_charts(exports, options)][:MAX_CHARTS]
    if not any(len(part.curve) for chart in charts for line in chart.lines for part in line.parts):
        raise RunError(f"{exports[0].directory.name} has logged no numbers yet")
    name = sanitize(exports[0].title, limit=80) if len(exports) == 1 else f"{len(exports)} runs"
    blank = Strip([Segment(" " * (WIDTH + 2 * MARGIN))])
    strips = [Strip([Segment(name, styles[ChartStyle.TITLE])]), blank]
    for row in _in_rows(charts):
        width = (WIDTH - GAP * (len(row) - 1)) // len(row)
        scenes = [_scene(chart, settings) for chart in row]
        drawn = [
            draw(scene, chart.title, width, HEIGHT, styles).strips
            for scene, chart in zip(scenes, row, strict=True)
        ]
        strips += [_side_by_side(beside, width) for beside in zip(*drawn, strict=True)]
        strips.append(blank)
    paper = Style(bgcolor=background.rich_color)
    margin = Segment(" " * MARGIN)
    shown = [
        Strip([margin, *strip.adjust_cell_length(WIDTH), margin]).apply_style(paper)
        for strip in [blank, *strips]
    ]
    if file_format == "svg":
        return as_svg(shown, is_light=not chosen.dark).encode()
    return as_png(shown, is_light=not chosen.dark)


def _theme(name: str, options: Options, settings: Settings) -> Theme:
    """The theme of this name, or else that of the dashboard; one with colours of its own."""
    if name and name not in BUILTIN_THEMES:
        raise UserError(f"there is no theme {name}; there are {', '.join(sorted(BUILTIN_THEMES))}")
    used = name or options.theme or settings.get("theme", "")
    theme = BUILTIN_THEMES.get(used, BUILTIN_THEMES["textual-dark"])
    if theme.ansi:
        theme = BUILTIN_THEMES["textual-dark" if theme.dark else "textual-light"]
    return theme


def _charts(exports: Sequence[Export], options: Options) -> Iterator[_Chart]:
    """Yield the charts of one run as on the Train screen, of several as on the Runs screen."""
    runs = _with_metrics(exports)
    if len(runs) > 1:
        yield from _comparisons([export.title for export in exports], runs)
        return
    (run,) = runs
    marks, end = marks_of(run.log_entries), run.axis_end
    if not run.is_attached:
        yield _Chart("loss", "train.loss", losses_of(run), marks, end, run.is_live)
        yield _Chart(
            "precision @ 1", "train.precision", accuracies_of(run), (), end, run.is_live, True
        )
        return
    for quantity in quantities(run.metrics, (), options.charts_first):
        lines = lines_of(quantity, run)
        is_fraction = quantity.is_accuracy
        yield _Chart(quantity.title, METRICS, lines, marks, end, run.is_live, is_fraction)


def _comparisons(titles: Sequence[str], runs: Sequence[RunState]) -> Iterator[_Chart]:
    """Yield a chart with a line for each run, for each value that they have."""
    is_attached = runs[0].is_attached
    names = sorted({name for run in runs for name in run.metrics}, key=sort_key)
    for value in names if is_attached else [LOSS, PRECISION]:
        lines = [
            replace(line_of(value, title, run, 0), letter=LETTERS[i % len(LETTERS)], style=i)
            for i, (title, run) in enumerate(zip(titles, runs, strict=True))
        ]
        kind = "runs.precision" if value == PRECISION else f"runs.{value}"
        end, is_live = max((run.axis_end, run.is_live) for run in runs)
        yield _Chart(value, kind, lines, (), end, is_live, value == PRECISION)


def _with_metrics(exports: Sequence[Export]) -> list[RunState]:
    """The runs, those of other programs with their numbers, which `load_export` leaves out."""
    curves = RunCurves()
    curves.fold(curves.poll([e.directory for e in exports if e.run.is_attached]))
    return [curves.runs.get(export.directory.path, export.run) for export in exports]


def _in_rows(charts: Sequence[_Chart]) -> list[Sequence[_Chart]]:
    columns = 1 if len(charts) <= MAX_IN_A_COLUMN else 2
    return [charts[at : at + columns] for at in range(0, len(charts), columns)]


def _scene(chart: _Chart, settings: Settings) -> Scene:
    scene = Scene(Glyphs.BRAILLE, logarithmic=False)
    restore_view(settings, chart.kind, scene, fractions=chart.shows_fractions)
    scene.tinted, scene.lines, scene.planned_steps = True, chart.lines, chart.end
    scene.is_planned = chart.is_planned
    scene.marks.update(chart.marks)
    return scene


def _side_by_side(strips: Sequence[Strip], width: int) -> Strip:
    """Rows of charts of this width, with a gap between them."""
    first, *others = (list(strip.adjust_cell_length(width)) for strip in strips)
    return Strip([*first, *(s for other in others for s in [Segment(" " * GAP), *other])])
