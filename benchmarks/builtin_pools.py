"""The training images of the built-in weights, by source; `SHARES` of each batch are theirs.

All but ``mnist``, ``pictures``, ``drawn`` and ``distractors`` are strokes, varied as a hand and a
terminal do (`benchmarks/pen_motion.py`) and rasterized by the pad's own `data.ink`.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice

import numpy as np
from PIL import Image, ImageFilter

from benchmarks.builtin_forms import draw_forms
from benchmarks.builtin_rejects import draw_rejects
from benchmarks.pen_motion import moved_by_hand, on_a_pad
from benchmarks.pictures import cropped_in_shape, eroded, grey, one_pixel_pen
from data.dataset import NO_CLASS, Split
from data.distractors import draw_distractors
from data.drawn import draw_digits, draw_strokes
from data.ink import inks_to_images
from data.ink_photo import find_digits
from data.jitter import JitterLimits, jittered

Pool = tuple[np.ndarray, np.ndarray]
"""Images uint8 ``[n, 784]``, and labels uint8 ``[n]``."""
SHARES = {
    "mnist": 0.28,
    "pictures": 0.05,
    "drawn": 0.05,
    "inked": 0.20,
    "forms": 0.24,
    "rejects": 0.14,
    "distractors": 0.04,
}
SIZES = {
    "mnist": 4,
    "pictures": 10_000,
    "drawn": 40_000,
    "inked": 80_000,
    "forms": 90_000,
    "rejects": 45_000,
    "distractors": 20_000,
}
"""Copies of MNIST, and numbers of images of the other sources."""
PEN_AMOUNTS = JitterLimits(shift=0.8, rotate=5.0, scale=0.05, shear=0.05)
"""Drawings vary already; their jitter is smaller."""
_CHUNK = 10_000


def make_pools(
    train: Split, seed: int, small: int = 1, names: Iterable[str] = tuple(SIZES)
) -> Iterator[tuple[str, Pool]]:
    """Yield each source named and its images; ``small`` divides their numbers."""
    sizes = {name: max(1, size // small) for name, size in SIZES.items()}
    makers: dict[str, Callable[[int, np.random.Generator], Pool]] = {
        "mnist": lambda n, rng: _copies(train, n, rng),
        "pictures": lambda n, rng: _pictures(train, n, rng),
        "drawn": lambda n, _rng: draw_digits(n, (seed, 3)),
        "inked": lambda n, rng: _inked(zip(*draw_strokes(n, (seed, 2)), strict=True), rng),
        "forms": lambda n, rng: _inked(draw_forms(n, (seed, 6)), rng),
        "rejects": lambda n, rng: _inked(((d, NO_CLASS) for d in draw_rejects(n, (seed, 7))), rng),
        "distractors": lambda n, rng: _distractors(n, seed, rng),
    }
    for name in names:
        rng = np.random.default_rng((seed, 1, list(makers).index(name)))
        images, labels = makers[name](sizes[name], rng)
        yield name, (images.reshape(-1, 784), labels)


def _copies(train: Split, copies: int, rng: np.random.Generator) -> Pool:
    images = [jittered(train.images, rng) for _ in range(copies)]
    return np.concatenate(images), np.tile(train.labels, copies)


def _inked(drawings: Iterable[tuple[list, int]], rng: np.random.Generator) -> Pool:
    """Strokes and their labels as the network gets them from the pad."""
    images, labels = [], []
    drawings = iter(drawings)
    while chunk := list(islice(drawings, _CHUNK)):
        inks = inks_to_images([on_a_pad(moved_by_hand(strokes, rng), rng) for strokes, _ in chunk])
        images.append(jittered(np.rint(inks * 255).astype(np.uint8), rng, PEN_AMOUNTS))
        labels += [label for _, label in chunk]
    return np.concatenate(images), np.array(labels, np.uint8)


def _distractors(n: int, seed: int, rng: np.random.Generator) -> Pool:
    images = jittered(draw_distractors(n, (seed, 4)), rng, PEN_AMOUNTS)
    return images, np.full(n, NO_CLASS, np.uint8)


def _pictures(train: Split, n: int, rng: np.random.Generator) -> Pool:
    """MNIST's digits with other pens and sizes, as `trainpad classify` reads pictures."""
    at = rng.integers(0, len(train), n)
    images = np.empty((n, 28, 28), np.uint8)
    for i, image in enumerate(train.images[at]):
        picture = np.asarray(_changed(image.reshape(28, 28).astype(float), rng), np.float32) / 255
        images[i] = np.rint(255 * find_digits(picture)[0])
    return images, train.labels[at]


def _changed(ink: np.ndarray, rng: np.random.Generator) -> Image.Image:
    """A digit as a picture of another pen or size."""
    kind = rng.choice(["thin", "thick", "line", "small", "cut"], p=[0.35, 0.3, 0.12, 0.13, 0.1])
    if kind == "thin":
        return eroded(ink, rng.uniform(0.2, 0.6))
    if kind == "line":
        return one_pixel_pen(ink)
    if kind == "cut":
        return cropped_in_shape(ink)
    if kind == "thick":
        return _thicker(ink, rng)
    side = int(rng.integers(14, 25))
    return grey(ink).resize((side, side), Image.Resampling.BICUBIC)


def _thicker(ink: np.ndarray, rng: np.random.Generator) -> Image.Image:
    """Strokes that gained half a pixel to a pixel and a half on each side."""
    if rng.random() < 0.5:
        return grey(ink).filter(ImageFilter.MaxFilter(3))
    fine = grey(np.pad(ink, 2)).resize((128, 128), Image.Resampling.BICUBIC)
    size = 1 + 2 * int(rng.integers(2, 6))
    return fine.filter(ImageFilter.MaxFilter(size)).resize((32, 32), Image.Resampling.BOX)
