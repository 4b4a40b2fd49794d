"""Digits drawn on the pad with keys, and what it says about them."""

from itertools import pairwise

from tui.pad.app import PadApp
from tui.pad.prediction import PredictionLabel
from tui.pad.sketch_pad import SketchPad

DIGITS = {
    0: "9,3 6,5 5,9 6,14 9,16 12,14 13,9 12,5 9,3",
    1: "7,6 10,3 10,16",
    2: "5,6 7,3 11,3 13,5 13,8 5,16 14,16",
    3: "5,4 8,3 12,4 12,7 9,9 12,11 12,14 9,16 5,15",
    4: "8,3 5,10 13,10 / 11,6 11,16",
    5: "13,3 6,3 6,8 11,8 13,11 12,15 9,16 5,15",
    6: "11,3 7,7 5,12 7,16 11,16 13,13 11,10 6,11",
    7: "5,3 14,3 8,16",
    8: "12,5 9,3 6,5 7,8 12,12 12,15 9,16 6,14 7,11 12,7 12,5",
    9: "12,5 9,3 6,5 6,8 9,9 12,7 12,5 12,10 10,16",
}


def keys(pad: SketchPad, way: str) -> None:
    """Draw with the actions of the keys: along the grid, diagonals as staircases."""
    for stroke in way.split("/"):
        points = [tuple(map(int, point.split(","))) for point in stroke.split()]
        x, y = (int(v * pad.rows) for v in pad._key_position)
        pad.action_move(points[0][0] - x, points[0][1] - y)
        pad.action_pen()
        for (x0, y0), (x1, y1) in pairwise(points):
            across, down = x1 - x0, y1 - y0
            most = max(abs(across), abs(down))
            for i in range(most):
                right = round((i + 1) * across / most) - round(i * across / most)
                if right:
                    pad.action_move(right, 0)
                below = round((i + 1) * down / most) - round(i * down / most)
                if below:
                    pad.action_move(0, below)
        pad.action_pen()


def prediction(app: PadApp) -> str:
    return "".join(text for text, _ in app.screen.query_one(PredictionLabel)._state.summary())
