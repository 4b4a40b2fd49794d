"""Accuracy of the built-in weights on the pen drawings of 30 writers, as a terminal reports them.

    python -m benchmarks.pen_writers [--weights FILE] [--kept-aside]

The drawings are those of pendigits (found by tests/helpers/pendigits.py). Recipes are chosen on the
drawings of twenty writers; those of the other ten, `KEPT_ASIDE`, are read with --kept-aside alone,
once a recipe is final. Prints, for each way of drawing, the accuracy over all drawings, that of the
worst writer, the share that is "not sure", and the accuracy over the others. The drawings pass
through the reader of stroke files and the function that `trainpad classify --json` prints.
"""

import argparse
import gzip
import json
import re
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from core.cli.classify import classification_lines
from core.network.builtin import builtin_network, parse_network
from core.network.classifier import Classifier
from tests.helpers.pendigits import Drawing, pendigits, pendigits_path

KEPT_ASIDE = tuple(range(3, 31, 3))
"""Writers on whom no recipe of `benchmarks/builtin_weights.py` was chosen since this was fixed."""
PAD = 0.7
"""The drawing's longer side, as a share of the pad's."""
Way = Callable[[Drawing], Drawing]


def cells(drawing: Drawing, rows: int, share: float = PAD, every: int = 1) -> Drawing:
    """The drawing as a mouse reports it: cells of a pad of ``2 rows`` columns.

    Args:
        drawing: the strokes, y downward.
        rows: height of the pad, in cells.
        share: the drawing's longer side, as a share of the pad's.
        every: of the reports of each stroke this one in so many arrives; the ends always do.
    """
    points = np.concatenate(drawing)
    low, high = points.min(axis=0), points.max(axis=0)
    scale = share / max(*(high - low), 1e-9)
    strokes = []
    for stroke in drawing:
        unit = (stroke - (low + high) / 2) * scale + 0.5
        way = np.floor(unit * [2 * rows, rows])
        moved = np.concatenate([[True], np.any(way[1:] != way[:-1], axis=1)])
        reports = way[moved]
        arrived = np.arange(len(reports)) % every == 0
        arrived[-1] = True
        strokes.append((reports[arrived] + 0.5) * [1, 2])
    return strokes


def slanted(drawing: Drawing, degrees: float) -> Drawing:
    """The drawing sheared to the right."""
    shear = np.tan(np.radians(degrees))
    return [stroke @ np.array([[1, 0], [-shear, 1]]) for stroke in drawing]


WAYS: dict[str, Way] = {
    "as recorded": lambda drawing: drawing,
    "through 40x20 cells": lambda drawing: cells(drawing, 20),
    "through 56x28 cells": lambda drawing: cells(drawing, 28),
    "through 28x14 cells": lambda drawing: cells(drawing, 14),
    "through 20x10 cells": lambda drawing: cells(drawing, 10),
    "40x20, each second report lost": lambda drawing: cells(drawing, 20, every=2),
    "40x20, three of four lost": lambda drawing: cells(drawing, 20, every=4),
    "40x20, at 30 % of the pad": lambda drawing: cells(drawing, 20, share=0.3),
    "slanted right by 20 degrees": lambda drawing: slanted(drawing, 20),
    "slanted left by 20 degrees": lambda drawing: slanted(drawing, -20),
}


def writers() -> np.ndarray:
    """The writer of each drawing of pendigits, 1 to 30."""
    path = pendigits_path()
    if path is None:
        raise SystemExit("pendigits was not found")
    with gzip.open(path, "rt", encoding="latin-1") as file:
        found = re.findall(r"^\.COMMENT \d+ +(\d+)", file.read(), re.MULTILINE)
    return np.array(found, int)


def drawings_of(chosen: tuple[int, ...]) -> tuple[list[Drawing], np.ndarray, np.ndarray]:
    """The drawings of some writers, their labels and their writers."""
    found = pendigits()
    if found is None:
        raise SystemExit("pendigits was not found")
    drawings, labels = found
    names = writers()
    at = np.flatnonzero(np.isin(names, chosen))
    return [drawings[i] for i in at], labels[at], names[at]


def predictions(drawings: list[Drawing], classifier: Classifier) -> Iterator[dict]:
    """The lines of ``trainpad classify --json``, parsed."""
    batch = [{"strokes": [stroke.tolist() for stroke in drawing]} for drawing in drawings]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "drawings.json"
        file.write_text(json.dumps(batch))
        for line in classification_lines(
            [str(file)], classifier, split=False, json=True, failed=print, hint=print
        ):
            yield json.loads(line)


def report(drawings: list[Drawing], labels: np.ndarray, names: np.ndarray, made: Classifier):
    """Print a line for each way of drawing."""
    print(f"{len(drawings):,} drawings by {len(set(names.tolist()))} writers")
    print(f"{'':32} correct   worst writer   not sure   of the others")
    for title, way in WAYS.items():
        lines = list(predictions([way(drawing) for drawing in drawings], made))
        right = np.array([line["digit"] for line in lines]) == labels
        unsure = np.array([line["unsure"] for line in lines])
        rates = {int(name): right[names == name].mean() for name in np.unique(names)}
        worst = min(rates, key=lambda name: rates[name])
        print(
            f"{title:32} {right.mean():7.4f}   {rates[worst]:.3f} ({worst:2})     "
            f"{unsure.mean():.4f}     {right[~unsure].mean():.4f}",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--weights", type=Path, help="other weights than the built-in ones")
    parser.add_argument("--kept-aside", action="store_true", help="the ten writers, not the twenty")
    options = parser.parse_args()
    network = parse_network(options.weights.read_bytes()) if options.weights else builtin_network()
    chosen = [n for n in range(1, 31) if (n in KEPT_ASIDE) == options.kept_aside]
    report(*drawings_of(tuple(chosen)), Classifier(network, "weights"))


if __name__ == "__main__":
    main()
