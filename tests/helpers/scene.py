"""Charts as text."""

from core.run.series import Points
from tui.chart.chart import Glyphs
from tui.chart.scene import Scene


def scene_of(*lines, glyphs=Glyphs.ASCII, logarithmic=False, planned=0, marks=()):
    scene = Scene(glyphs, logarithmic)
    scene.lines, scene.planned_steps = lines, planned
    scene.viewport.whole_plan = planned > 0
    scene.marks.update(marks)
    return scene


def text(scene, width=60, height=12):
    """The plot's cells as text, without the labels."""
    return cells(scene.layout(width, height))


def cells(composed):
    return ["".join(piece for piece, _ in row) for row in composed.canvas.runs()]


def axis_of(scene, width, height):
    """The rule below the plot as text."""
    return "".join(piece for piece, _ in scene.layout(width, height).rule)


def column(rows, cell):
    return "".join(row[cell] for row in rows)


def points(steps, values, times=None):
    found = Points()
    found.extend(steps, values, times)
    return found


def composed_labels(scene):
    return {label.strip() for label in scene.layout(60, 12).y.ticks.labels}
