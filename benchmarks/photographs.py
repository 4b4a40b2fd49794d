"""60 photographs of digits on paper, made by this script, and how `trainpad classify` reads them.

    python -m benchmarks.photographs [--count 60] [--seed 0] [--keep FOLDER] [--mnist FOLDER]

Each shows one to four digits of pendigits, as pens draw them, or of MNIST's test digits where that
is given: on white, yellowish, lined or squared paper, in even or uneven light or with the edge of a
shadow, turned by up to 8 degrees and seen at an angle, in black, blue or red ink, pencil or felt
pen, with noise, slightly blurred, as JPEG. Prints how many are read correctly, by kind; and what
is said of the others.
"""

import argparse
import io
import json
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from click.testing import CliRunner
from PIL import Image, ImageFilter

from data.folder import open_folder
from data.ink_field import DistanceField
from main import cli
from tests.helpers.pendigits import pendigits

WIDTH, HEIGHT = 900, 640
PAPERS = ("plain", "yellowish", "lined", "squared")
LIGHTS = ("even", "uneven", "shadow")
PENS = {
    "black ballpoint": ((35, 35, 40), 5),
    "blue ballpoint": ((45, 60, 150), 5),
    "red pen": ((185, 45, 50), 7),
    "pencil": ((105, 105, 108), 6),
    "felt pen": ((20, 20, 25), 15),
}
"""Colour, and width in pixels."""


@dataclass(frozen=True)
class Kind:
    """What a photograph is of."""

    paper: str
    light: str
    pen: str
    labels: tuple[int, ...]


class Photographer:
    """Makes photographs of digits."""

    def __init__(self, seed: int, mnist: Path | None) -> None:
        self._rng = np.random.default_rng(seed)
        found = pendigits()
        if found is None:
            raise SystemExit("pendigits was not found")
        self._drawings, self._labels = found
        self._test = open_folder(mnist).test if mnist else None

    def take(self, number: int) -> tuple[Kind, bytes]:
        """The photograph of a number, as JPEG."""
        rng, pens = self._rng, list(PENS)
        count = 1 + number % 4
        pen = pens[number % len(pens)]
        kind = Kind(PAPERS[number // 5 % len(PAPERS)], LIGHTS[number % len(LIGHTS)], pen, ())
        ink, labels = self._written(count, PENS[pen][1])
        ink = _seen_at_an_angle(ink, rng)
        colour = np.array(PENS[pen][0], float)
        paper = self._paper(kind.paper)
        picture = paper * (1 - ink[..., None]) + colour * ink[..., None]
        picture *= self._light(kind.light)[..., None]
        picture += rng.normal(0, 4, picture.shape)
        image = Image.fromarray(np.clip(picture, 0, 255).astype(np.uint8))
        image = image.filter(ImageFilter.GaussianBlur(rng.uniform(0.3, 1.2)))
        file = io.BytesIO()
        image.save(file, "JPEG", quality=80)
        return Kind(kind.paper, kind.light, pen, labels), file.getvalue()

    def _written(self, count: int, pen: float) -> tuple[np.ndarray, tuple[int, ...]]:
        """Ink 0 to 1 of digits side by side, and what they are."""
        rng = self._rng
        height = min(rng.uniform(0.2, 0.4) * HEIGHT, 0.7 * WIDTH / (1.6 * count))
        left = rng.uniform(0.1, 0.15) * WIDTH
        top = rng.uniform(0.25, 0.4) * HEIGHT
        labels = []
        field = DistanceField(HEIGHT, WIDTH)
        pasted = np.zeros((HEIGHT, WIDTH))
        for _ in range(count):
            scale_by = height * rng.uniform(0.85, 1.15)
            down = top + rng.uniform(-0.1, 0.1) * height
            if self._test is not None and rng.random() < 0.5:
                index = rng.integers(len(self._test))
                labels.append(int(self._test.labels[index]))
                ink = _enlarged(self._test.images[index], scale_by)
                at = (
                    slice(round(down), round(down) + len(ink)),
                    slice(round(left), round(left) + ink.shape[1]),
                )
                pasted[at] = np.maximum(pasted[at], ink)
                left += ink.shape[1] + rng.uniform(0.25, 0.6) * height
                continue
            index = rng.integers(len(self._labels))
            labels.append(int(self._labels[index]))
            points = np.concatenate(self._drawings[index])
            low, high = points.min(axis=0), points.max(axis=0)
            scale = scale_by / max(*(high - low), 1e-9)
            for stroke in self._drawings[index]:
                field.add((stroke - low) * scale + [left, down], pen)
            left += (high - low)[0] * scale + rng.uniform(0.25, 0.6) * height
        return np.maximum(field.ink(), pasted), tuple(labels)

    def _paper(self, kind: str) -> np.ndarray:
        colour = {"yellowish": (240, 225, 190)}.get(kind, (235, 235, 232))
        paper = np.full((HEIGHT, WIDTH, 3), colour, float)
        line = np.array((150, 180, 215), float)
        pitch, start = self._rng.integers(50, 80), self._rng.integers(5, 50)
        slope = np.tan(np.radians(self._rng.uniform(-3, 3)))
        y, x = np.mgrid[:HEIGHT, :WIDTH]
        if kind in ("lined", "squared"):
            paper[(y + slope * x - start) % pitch < 2] = line
        if kind == "squared":
            paper[(x - slope * y - start) % pitch < 2] = line
        return paper

    def _light(self, kind: str) -> np.ndarray:
        y, x = np.mgrid[:HEIGHT, :WIDTH]
        angle = self._rng.uniform(0, 2 * np.pi)
        across = np.cos(angle) * (x / WIDTH - 0.5) + np.sin(angle) * (y / HEIGHT - 0.5)
        if kind == "uneven":
            return 0.8 + 0.4 * across
        if kind == "shadow":
            return 0.95 - 0.35 / (1 + np.exp(-(across - self._rng.uniform(-0.2, 0.2)) * 60))
        return np.full((HEIGHT, WIDTH), 0.95)


def _enlarged(image: np.ndarray, height: float) -> np.ndarray:
    """A digit of MNIST, its box that high, with sharp edges."""
    rows, columns = image.any(axis=1).nonzero()[0], image.any(axis=0).nonzero()[0]
    cut = image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    scale = height / len(cut)
    size = max(1, round(cut.shape[1] * scale)), round(height)
    smooth = np.asarray(Image.fromarray(cut).resize(size, Image.Resampling.BICUBIC), float)
    return np.clip((smooth - 60) / 40, 0, 1)


def _seen_at_an_angle(ink: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The ink turned by up to 8 degrees, in perspective."""
    image = Image.fromarray((255 * ink).astype(np.uint8))
    image = image.rotate(rng.uniform(-8, 8), Image.Resampling.BICUBIC)
    corners = np.array([[0, 0], [0, HEIGHT], [WIDTH, HEIGHT], [WIDTH, 0]], float)
    moved = corners + rng.uniform(-0.05, 0.05, (4, 2)) * [WIDTH, HEIGHT]
    image = image.transform(
        (WIDTH, HEIGHT), Image.Transform.PERSPECTIVE, _perspective(corners, moved),
        Image.Resampling.BICUBIC,
    )  # fmt: skip
    return np.asarray(image, float) / 255


def _perspective(to: np.ndarray, source: np.ndarray) -> list[float]:
    """The coefficients that map four corners to others."""
    rows, values = [], []
    for (x, y), (u, v) in zip(to, source, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        values += [u, v]
    return np.linalg.solve(np.array(rows), np.array(values)).tolist()


def read(file: Path) -> list[str]:
    """What `trainpad classify` says of each digit: the digit, or ``not sure``."""
    output = CliRunner().invoke(cli, ["classify", "--json", str(file)]).stdout
    lines = [json.loads(line) for line in output.splitlines()]
    return ["not sure" if line["unsure"] else str(line["digit"]) for line in lines]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=60)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="keep the photographs here")
    parser.add_argument("--mnist", type=Path, metavar="FOLDER")
    options = parser.parse_args()
    photographer = Photographer(options.seed, options.mnist)
    right, total, digits = Counter(), Counter(), Counter()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.keep or Path(temporary)
        folder.mkdir(exist_ok=True)
        for number in range(options.count):
            kind, content = photographer.take(number)
            file = folder / f"{number:02d}.jpg"
            file.write_bytes(content)
            said = read(file)
            is_right = said == [str(label) for label in kind.labels]
            for name in ("all", kind.paper, kind.light, kind.pen, f"{len(kind.labels)} digits"):
                total[name] += 1
                right[name] += is_right
            if len(said) == len(kind.labels):
                pairs = list(zip(said, map(str, kind.labels), strict=True))
                digits["found"] += len(pairs)
                digits["correct"] += sum(a == b for a, b in pairs)
                digits["not sure"] += sum(a == "not sure" for a, _ in pairs)
            if not is_right:
                shown = " ".join(map(str, kind.labels))
                print(f"{file.name}: {kind.paper}, {kind.light}, {kind.pen}: {shown} as {said}")
    for name, count in total.items():
        print(f"{name:16} {right[name]:3} of {count}")
    print(dict(digits))


if __name__ == "__main__":
    main()
