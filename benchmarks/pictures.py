"""Accuracy of `trainpad classify` on pictures of MNIST's test digits, changed in various ways.

    python -m benchmarks.pictures --mnist FOLDER [--first 0] [--count 400] [--only NAME]

Prints for each way the share that is classified correctly, how many of the others are "not sure",
and the share of the correct ones that is. `--program` is another version's main.py to compare with.
"""

import argparse
import io
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter

from data.folder import open_folder

SIDE = 28
MAIN = Path(__file__).parents[1] / "main.py"


def moved(ink: np.ndarray) -> Image.Image:
    return grey(np.pad(ink, ((4, 0), (4, 0)))[:SIDE, :SIDE])


def cropped(ink: np.ndarray) -> Image.Image:
    return cut(ink).resize((SIDE, SIDE), Image.Resampling.BICUBIC)


def cropped_in_shape(ink: np.ndarray) -> Image.Image:
    return cut(ink)


def on_grey_paper(ink: np.ndarray) -> Image.Image:
    return grey(200 - 0.7 * ink)


def thin(ink: np.ndarray) -> Image.Image:
    return eroded(ink, 0.25)


def thinner(ink: np.ndarray) -> Image.Image:
    """The thinnest strokes break, and some vanish."""
    return eroded(ink, 0.5)


def one_pixel_pen(ink: np.ndarray) -> Image.Image:
    return grey(255 * (1 - skeleton(ink > 127)))


def eroded(ink: np.ndarray, by: float) -> Image.Image:
    """Strokes that lost some pixels on each side."""
    fine = grey(ink).resize((8 * SIDE, 8 * SIDE), Image.Resampling.BICUBIC)
    shape = fine.point(lambda value: 255 * (value > 127))
    shape = shape.filter(ImageFilter.MinFilter(1 + 2 * round(8 * by)))
    return shape.resize((SIDE, SIDE), Image.Resampling.BOX)


def skeleton(shape: np.ndarray) -> np.ndarray:
    """The shape thinned to lines of one pixel (Zhang and Suen 1984)."""
    shape = np.pad(shape, 1)
    around = ((-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1))
    before = None
    while before is None or (before != shape).any():
        before = shape
        for corner in (0, 2):
            ring = np.array([np.roll(shape, (-dy, -dx), (0, 1)) for dy, dx in around])
            sides = np.roll(ring[::2], -corner, axis=0)
            count = ring.sum(axis=0)
            ends = (~ring & np.roll(ring, -1, axis=0)).sum(axis=0)
            outer = ~(sides[0] & sides[1] & sides[2]) & ~(sides[1] & sides[2] & sides[3])
            shape = shape & ~((count >= 2) & (count <= 6) & (ends == 1) & outer)
    return shape[1:-1, 1:-1]


def thick(ink: np.ndarray) -> Image.Image:
    return grey(ink).filter(ImageFilter.MaxFilter(3))


def small(ink: np.ndarray) -> Image.Image:
    side = round(0.6 * SIDE)
    picture = Image.new("L", (SIDE, SIDE))
    picture.paste(
        grey(ink).resize((side, side), Image.Resampling.BICUBIC), ((SIDE - side) // 2,) * 2
    )
    return picture


def inverted(ink: np.ndarray) -> Image.Image:
    return grey(255 - ink)


def black_with_alpha(ink: np.ndarray) -> Image.Image:
    return Image.merge("LA", (grey(0 * ink), grey(ink)))


def white_with_alpha(ink: np.ndarray) -> Image.Image:
    return Image.merge("LA", (grey(0 * ink + 255), grey(ink)))


def yellow_on_white(ink: np.ndarray) -> Image.Image:
    return Image.merge("RGB", (grey(0 * ink + 255), grey(0 * ink + 255), grey(255 - ink)))


def side_29(ink: np.ndarray) -> Image.Image:
    return grey(np.pad(ink, ((0, 1), (0, 1))))


def large(ink: np.ndarray) -> Image.Image:
    return grey(255 - ink).resize((280, 280), Image.Resampling.BICUBIC)


def jpeg(ink: np.ndarray) -> Image.Image:
    file = io.BytesIO()
    grey(255 - ink).save(file, "JPEG", quality=75)
    return Image.open(file)


def grey(values: np.ndarray) -> Image.Image:
    return Image.fromarray(np.rint(values).astype(np.uint8))


def cut(ink: np.ndarray) -> Image.Image:
    rows, columns = ink.any(axis=1).nonzero()[0], ink.any(axis=0).nonzero()[0]
    return grey(ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])


WAYS: dict[str, Callable[[np.ndarray], Image.Image]] = {
    "as they are": grey,
    "moved by (4,4)": moved,
    "cropped and stretched": cropped,
    "cropped": cropped_in_shape,
    "on grey paper": on_grey_paper,
    "thin": thin,
    "thinner": thinner,
    "one-pixel pen": one_pixel_pen,
    "thick": thick,
    "at 60 %": small,
    "inverted": inverted,
    "black with alpha": black_with_alpha,
    "white with alpha": white_with_alpha,
    "yellow on white": yellow_on_white,
    "JPEG": jpeg,
    "29x29": side_29,
    "280x280": large,
}


def classified(program: Path, folder: Path, count: int) -> list[dict]:
    """The first line of `trainpad classify --json` for each picture."""
    files = [str(folder / f"{number:04}.png") for number in range(count)]
    command = [sys.executable, program, "classify", "--json", *files]
    output = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    lines = [json.loads(line) for line in output.splitlines()]
    by_file = {line["file"]: line for line in lines}
    return [by_file.get(file, {"digit": None, "unsure": True}) for file in files]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mnist", type=Path, required=True)
    parser.add_argument("--count", type=int, default=400)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--program", type=Path, default=MAIN)
    parser.add_argument("--only", choices=WAYS)
    options = parser.parse_args()
    test = open_folder(options.mnist).test
    chosen = slice(options.first, options.first + options.count)
    images, labels = test.images[chosen], test.labels[chosen].tolist()
    print(f"{'':24} correct   not sure: of the wrong   of the right")
    for name in [options.only] if options.only else WAYS:
        with tempfile.TemporaryDirectory() as folder:
            for number, image in enumerate(images):
                WAYS[name](image.astype(float)).save(Path(folder) / f"{number:04}.png")
            lines = classified(options.program, Path(folder), len(images))
        pairs = list(zip(lines, labels, strict=True))
        wrong = [line for line, label in pairs if line["digit"] != label]
        unsure = sum(line["unsure"] for line in wrong)
        right = len(lines) - len(wrong)
        refused = (sum(line["unsure"] for line in lines) - unsure) / max(1, right)
        caught = f"{unsure} of {len(wrong)}"
        print(f"{name:24} {right / len(lines):7.3f}   {caught:22} {refused:.3f}")


if __name__ == "__main__":
    main()
