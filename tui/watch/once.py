"""`trainpad watch --once`: print charts as text, or all points as JSON, and exit."""

import json
import math
import shutil
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TextIO

from core.foreign.find import ForeignFiles
from core.tfevents.items import Restart, Scalars
from core.tfevents.logdir import Logdir
from core.tfevents.restarts import Mask, VoidPoints
from core.tfevents.search import roots_of, search
from trainpad.errors import UserError, warn
from trainpad.place import absolute
from trainpad.text import sanitize
from tui.chart.drawing import Drawing, draw
from tui.chart.scene import Scene
from tui.terminal.characters import Glyphs
from tui.watch.model import WatchModel, undrawn_text

HEIGHT = 12
"""Rows of a chart, including labels."""
SHOWN_TAGS = 10
"""How many tags a sentence names."""


def print_once(
    paths: Sequence[str],
    out: TextIO,
    pattern: str = "",
    group: str | None = None,
    *,
    as_json: bool = False,
) -> None:
    """Print the current data of the tags that match `pattern`, as wide as the terminal.

    `group` is that of `trainpad watch --group`.

    Raises:
        UserError: there are no such files, or, after printing, some could not be read.
        Exception: after printing, as drawing the first chart raised that could not be drawn.
    """
    others = ForeignFiles()
    faults: list[Exception] = []
    if as_json:
        problems = print_points(paths, out, pattern, others)
    else:
        encoding = (getattr(out, "encoding", None) or "ascii").lower()
        glyphs = Glyphs.BRAILLE if encoding.startswith("utf") else Glyphs.ASCII
        model = WatchModel(pattern, group)
        width = shutil.get_terminal_size().columns
        problems = print_charts(paths, out, width, glyphs, model, others, faults)
    if note := _left_out_note(others):
        out.flush()
        warn(note)
    if faults:
        out.flush()
        raise faults[0]
    if problems:
        out.flush()
        more = f"; and {len(problems) - 1:,} more" if len(problems) > 1 else ""
        raise UserError(f"not everything could be read: {problems[0]}{more}")


def print_points(
    paths: Sequence[str], out: TextIO, pattern: str = "", others: ForeignFiles | None = None
) -> list[str]:
    """Print every point of every scalar tag, one JSON object per line, in file order.

    `others` finds the files that are no event files. Returns the problems of the files.

    Raises:
        UserError: there are no such files, or no tag matches.
    """
    model, others = WatchModel(), others or ForeignFiles()
    model.pattern = pattern
    problems: dict[str, list[str]] = {}
    found: list[tuple[str, Scalars, Mask]] = []
    tags: dict[tuple[str, str], VoidPoints] = {}
    all_tags: set[str] = set()
    for update in Logdir(paths, others=others).poll():
        for change in update.changes:
            problems[change.run] = [f"{change.run}: {text}" for text in change.status.problems]
            for item in change.items:
                if isinstance(item, Restart):
                    for (run, _), points in tags.items():
                        if run == change.run:
                            points.discard_from(item.step)
                elif isinstance(item, Scalars):
                    all_tags.add(item.tag)
                    if not model.matches(item.tag):
                        continue
                    points = tags.setdefault((change.run, item.tag), VoidPoints())
                    found.append((change.run, item, points.fold(item)))
    # Whether a point is void is only known when all files are read.
    for run, item, is_void in found:
        out.writelines(_json_lines(run, item, is_void))
    _require_found(paths, bool(problems), others)
    _require_match(model, bool(tags), all_tags)
    return [text for texts in problems.values() for text in texts]


def print_charts(
    paths: Sequence[str],
    out: TextIO,
    width: int,
    glyphs: Glyphs,
    model: WatchModel,
    others: ForeignFiles | None = None,
    faults: list[Exception] | None = None,
) -> list[str]:
    """Print a line for each run and a chart for each scalar tag, ``width`` cells wide.

    `model` is empty; it has the filter. `others` finds the files that are no event files. `faults`
    gets what was raised by charts that could not be drawn. Returns the problems of the files.

    Raises:
        UserError: there are no such files, or no tag matches.
    """
    others = others or ForeignFiles()
    for update in Logdir(paths, others=others).poll():
        model.fold(update)
    _require_found(paths, bool(model.runs), others)
    all_tags = {tag for run_view in model.runs.values() for tag in run_view.run.scalars}
    _require_match(model, any(map(model.matches, all_tags)), all_tags)
    out.writelines(
        glyphs.displayable(line).rstrip() + "\n" for line in _lines(model, width, glyphs, faults)
    )
    if model.seed_pattern.problem:
        out.flush()
        raise UserError(f"--group {model.seed_pattern.problem}")
    return model.problems


def _left_out_note(others: ForeignFiles) -> str:
    """Say which tables were left out, and why; nothing without any."""
    reasons = {
        "no column or key is called step, iteration or epoch": others.without_step,
        "its steps are no whole numbers up to 2**62": others.with_other_steps,
        "not text": others.not_text,
    }
    for path, why in sorted(others.unreadable.items()):
        reasons.setdefault(f"cannot be read: {why}", []).append(path)
    each = (f"{_named(files)}: {reason}" for reason, files in reasons.items() if files)
    note = "; ".join(each)
    return f"left out: {note}" if note else ""


def _named(files: Sequence[Path]) -> str:
    """The first of these files, and how many more there are."""
    more = f" and {len(files) - 1:,} more" if len(files) > 1 else ""
    return sanitize(str(files[0]), limit=200) + more


def _require_found(paths: Sequence[str], found: bool, others: ForeignFiles) -> None:
    if not found:
        # The full path: "in ." would not say where.
        where = sanitize(", ".join(str(absolute(path).resolve()) for path in paths), limit=200)
        what = "event files or other numbers by step"
        note = f"; {note}" if (note := _left_out_note(others)) else ""
        raise UserError(f"there are no {what} in {where}{_hidden_folders_note(paths)}{note}")


def _require_match(model: WatchModel, found: bool, tags: Iterable[str]) -> None:
    """Raise an error where a filter takes too long, or leaves nothing of the tags there are."""
    pattern = model.pattern
    if model.matches.problem:
        raise UserError(f"--filter {model.matches.problem}")
    if not found and (known := sorted(tags)):
        more = f" and {len(known) - SHOWN_TAGS:,} more" if len(known) > SHOWN_TAGS else ""
        shown = sanitize(", ".join(known[:SHOWN_TAGS]), limit=400)
        raise UserError(f"no tag matches {sanitize(pattern, limit=80)!r}; there are {shown}{more}")


def _hidden_folders_note(paths: Sequence[str]) -> str:
    """Say how many hidden folders were not searched, if any."""
    hidden = sum(folder.hidden_folders for folder in search(roots_of(paths)))
    if not hidden:
        return ""
    folders = "1 hidden folder was" if hidden == 1 else f"{hidden:,} hidden folders were"
    return f"; {folders} not searched: give its path to search it"


def _json_lines(run: str, points: Scalars, is_void: Mask) -> Iterator[str]:
    columns = points.steps, points.wall_times, points.values, is_void
    rows = zip(*(column.tolist() for column in columns), strict=True)
    start = f'{{"run": {json.dumps(run)}, "tag": {json.dumps(points.tag)}, "step": '
    for step, wall_time, value, void in rows:
        end = ', "void": true}' if void else "}"
        number = _number(value)
        yield f'{start}{step}, "wall_time": {_number(wall_time)}, "value": {number}{end}\n'


def _number(value: float) -> str:
    return repr(value) if math.isfinite(value) else f'"{value}"'


def _lines(
    model: WatchModel, width: int, glyphs: Glyphs, faults: list[Exception] | None
) -> Iterator[str]:
    for run_view in model.runs.values():
        run_view.visible = True
        run = run_view.run
        letter = f"{run_view.letter}  " if len(model.runs) > 1 else ""
        tags = "1 scalar tag" if len(run.scalars) == 1 else f"{len(run.scalars):,} scalar tags"
        yield f"{letter}{run_view.name}   {tags}"
        if undrawn := undrawn_text(run_view.status.undrawn):
            yield f"   not drawn: {undrawn}"
        yield from (f"   {problem}" for problem in run_view.status.problems)
        if void := run_view.void_count:
            yield f"   written again after a restart: {void:,} point{'s' if void > 1 else ''}"
    for tag in model.scalar_tags():
        yield ""
        drawing = _drawing(model, tag, width, HEIGHT, glyphs)
        if drawing.fault is not None and faults is not None:
            faults.append(drawing.fault)
        yield from (strip.text for strip in drawing.strips)


def _drawing(model: WatchModel, tag: str, width: int, height: int, glyphs: Glyphs) -> Drawing:
    scene = Scene(glyphs, logarithmic=False)
    scene.lines, scene.step_unit = model.lines(tag), model.step_unit(tag)
    return draw(scene, model.title(tag, scene.lines), width, height)
