"""How often several digits drawn side by side are found and read, from pendigits' strokes.

    python -m benchmarks.several_digits [--count 1000] [--half 0|1] [--seed 0] [--show]

Two to four drawings of one writer are put side by side, 0.7 to 1.3 times as high as the first, up
or down by up to 0.15 of its height, with gaps of 0.1 to 0.8 of it. The rules were chosen on the
writers of half 0; those of half 1 judge. Writers that are kept aside for judging the built-in
weights (every third) are in neither half. Prints by gap the share of
drawings of which all digits are found, and of those that are all read correctly; and for single
drawings, how many are found to be several.
"""

import argparse
import gzip
from pathlib import Path

import numpy as np

from core.network.builtin import NAME, builtin_network
from core.network.classifier import Classifier
from data.ink import inks_to_images
from data.stroke_groups import group_strokes
from tests.helpers.pendigits import Drawing, pendigits, pendigits_path

GAPS = (0.1, 0.15, 0.2, 0.3, 0.5, 0.8)
HEIGHT = 100.0


def beside(drawings: list[Drawing], gaps: list[float], rng: np.random.Generator) -> Drawing:
    """The drawings from left to right, with these gaps before each, as one drawing."""
    strokes: Drawing = []
    left = 0.0
    for drawing, gap in zip(drawings, gaps, strict=True):
        points = np.concatenate(drawing)
        low, high = points.min(axis=0), points.max(axis=0)
        scale = HEIGHT * rng.uniform(0.7, 1.3) / max(*(high - low), 1e-9)
        corner = np.array([left + gap * HEIGHT, HEIGHT * rng.uniform(-0.15, 0.15)])
        strokes += [(stroke - low) * scale + corner for stroke in drawing]
        left = corner[0] + (high - low)[0] * scale
    return strokes


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--half", type=int, default=1, choices=[0, 1])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--show", action="store_true", help="print the labels of the wrong ones")
    options = parser.parse_args()
    found = pendigits()
    if found is None:
        raise SystemExit("pendigits was not found")
    (drawings, labels), written_by = found, writers(pendigits_path())
    chosen = [w for w in range(1, 31) if w % 3 and w % 2 == options.half]
    rng = np.random.default_rng(options.seed)
    classifier = Classifier(builtin_network(), NAME)
    network = classifier.network

    def judge(images):
        return network.probabilities(images.reshape(len(images), -1)).max(axis=1)

    single = np.flatnonzero(np.isin(written_by, chosen))
    split = [i for i in single if len(group_strokes(drawings[i], judge)) > 1]
    print(f"{len(split)} of {len(single)} single digits are found to be several", end="")
    print(f": {[int(labels[i]) for i in split]}" if options.show else "")
    counted = {gap: [0, 0, 0] for gap in GAPS}
    for number in range(options.count):
        mine = np.flatnonzero(written_by == rng.choice(chosen))
        indices = rng.choice(mine, rng.integers(2, 5))
        gap = GAPS[number % len(GAPS)]
        drawing = beside([drawings[i] for i in indices], [gap] * len(indices), rng)
        groups = group_strokes(drawing, judge)
        images = inks_to_images([group.of(drawing) for group in groups])
        read = [prediction.label for prediction in classifier.predict(images)]
        counts = [len(drawings[i]) for i in indices]
        starts = np.cumsum([0, *counts])
        is_found = [group.strokes for group in groups] == [
            tuple(range(a, b)) for a, b in zip(starts, starts[1:], strict=False)
        ]
        counted[gap][0] += 1
        counted[gap][1] += is_found
        counted[gap][2] += read == labels[indices].tolist()
        if options.show and not is_found:
            print(gap, labels[indices].tolist(), [group.strokes for group in groups], counts)
    print("gap    found    all read")
    for gap, (total, right, read_right) in counted.items():
        print(f"{gap:4}   {right / total:.3f}    {read_right / total:.3f}   of {total}")


def writers(path: Path) -> np.ndarray:
    """The number of the writer of each drawing, 1 to 30, from the file's comments."""
    with gzip.open(path, "rt", encoding="latin-1") as file:
        return np.array([int(line.split()[2]) for line in file if line.startswith(".COMMENT")])


if __name__ == "__main__":
    main()
