"""Letters and signs of a stroke font taken for digits by the built-in weights.

    pip install --target FOLDER Hershey-Fonts; rm -r FOLDER/tests
    PYTHONPATH=FOLDER python -m benchmarks.stroke_font [--weights FILE] [--fonts futural,scripts]

No form of the fonts was used for training. Each character is drawn `EACH` times, varied as
`data.drawn` varies digits, and passes through the cells of a pad of 40x20, as large as a digit is
drawn. Prints the share whose probability reaches the threshold: over all characters without
`LOOK_ALIKES`, also without `DIGITS`, and without `SAME`; then once more with all characters in the
font's proportions, a capital letter as high as a digit is drawn, where the pad asks to draw bigger
what is too small; and each character of which a fifth or more is accepted as large as a digit.
"""

import argparse
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.pen_writers import PAD, cells
from core.network.builtin import builtin_network, parse_network
from core.network.classifier import Classifier
from data.distractors import STYLE
from data.ink import ink_extent, inks_to_images
from tui.pad.prediction import MIN_INK_SIDE

CHARACTERS = [chr(code) for code in range(33, 127) if not chr(code).isdigit()]
LOOK_ALIKES = "OIlSZBgqb"
"""Letters that are drawn as a digit is, and are not counted."""
DIGITS = "osz"
"""Small letters that are O, S, Z once their size is normalized: 0, 5, 2."""
SAME = DIGITS + "|/\\,'`"
"""Further characters that are a straight line, or a digit once their size is normalized: in these
fonts a comma is a small 9."""
EACH = 40
ROWS = 20
"""Height of the pad, in cells; a row is two units high in what `cells` returns."""
FONTS = "futural,rowmans,scripts"
Drawing = list[np.ndarray]


def glyphs(font: str) -> dict[str, Drawing]:
    """The strokes of each character of a font, in heights of a capital letter, y downward."""
    made: Any = import_module("HersheyFonts").HersheyFonts()
    made.load_default_font(font)
    made.normalize_rendering(1.0)
    drawn = {}
    for character in CHARACTERS:
        strokes = [np.array(stroke, float) * [1, -1] for stroke in made.strokes_for_text(character)]
        strokes = [stroke for stroke in strokes if len(stroke) > 1]
        if strokes:
            low = np.concatenate(strokes).min(axis=0)
            drawn[character] = [stroke - low for stroke in strokes]
    return drawn


def varied(
    glyph: Drawing, n: int, rng: np.random.Generator, proportions: bool = False
) -> Iterator[Drawing]:
    """The glyph with jitter, slant, rotation and another width, through a pad's cells.

    With `proportions` a capital letter's height is `PAD` of the pad's, otherwise the glyph's longer
    side is.
    """
    points = np.concatenate(glyph)
    height = max(float(np.ptp(points, axis=0).max()), 1e-6)
    for _ in range(n):
        angle = np.radians(STYLE.rotation) * rng.normal()
        slant = STYLE.slant + STYLE.slant_deviation * rng.normal()
        wide = np.exp(0.15 * rng.normal())
        turned = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
        matrix = np.array([[wide, 0], [-slant, 1]]) @ turned
        drawing = []
        for stroke in glyph:
            # Both ends move, and what is between them with them.
            start, end = 0.03 * height * rng.normal(size=(2, 2))
            part = np.linspace(0, 1, len(stroke))[:, None]
            moved = stroke + (1 - part) * start + part * end
            drawing.append(dense(moved @ matrix, height / 30))
        side = float(np.ptp(np.concatenate(drawing), axis=0).max()) if proportions else 1.0
        yield cells(drawing, ROWS, share=min(0.95, PAD * side))


def dense(stroke: np.ndarray, spacing: float) -> np.ndarray:
    """Points along the stroke, at most this far from each other."""
    place = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(stroke, axis=0).T))])
    at = np.linspace(0, place[-1], max(2, int(place[-1] / spacing) + 2))
    return np.stack([np.interp(at, place, stroke[:, i]) for i in (0, 1)], axis=1)


def accepted(font: str, made: Classifier, proportions: bool) -> dict[str, float]:
    """For each character the share of its drawings that is taken for a digit."""
    shares = {}
    rng = np.random.default_rng(0)
    for character, glyph in glyphs(font).items():
        drawings = list(varied(glyph, EACH, rng, proportions))
        answers = made.predict(inks_to_images(drawings))
        taken = [not answer.abstains for answer in answers]
        if proportions:
            taken = [
                yes and not is_too_small(drawing)
                for yes, drawing in zip(taken, drawings, strict=True)
            ]
        shares[character] = float(np.mean(taken))
    return shares


def is_too_small(drawing: Drawing) -> bool:
    """Whether the pad says "draw bigger"."""
    extent = ink_extent(drawing)
    return extent is not None and extent.side < MIN_INK_SIDE * 2 * ROWS


def mean_without(shares: dict[str, float], left_out: str) -> float:
    return float(np.mean([share for c, share in shares.items() if c not in LOOK_ALIKES + left_out]))


def report(font: str, large: dict[str, float], proportions: dict[str, float]) -> None:
    """Print the means, and the characters that are often accepted."""
    for title, shares in (("as large as a digit", large), ("in proportion", proportions)):
        means = [f"{mean_without(shares, out):.3f}" for out in ("", DIGITS, SAME)]
        print(f"{font:8} {title:20} {means[0]}   without {DIGITS} {means[1]}   {SAME} {means[2]}")
    counted = {c: share for c, share in large.items() if c not in LOOK_ALIKES}
    often = sorted((c for c in counted if counted[c] >= 0.2), key=lambda c: -counted[c])
    print("         " + "  ".join(f"{c} {counted[c]:.2f}" for c in often))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--weights", type=Path, help="other weights than the built-in ones")
    parser.add_argument("--fonts", default=FONTS)
    options = parser.parse_args()
    network = parse_network(options.weights.read_bytes()) if options.weights else builtin_network()
    for font in options.fonts.split(","):
        made = Classifier(network, "weights")
        report(font, accepted(font, made, False), accepted(font, made, True))


if __name__ == "__main__":
    main()
