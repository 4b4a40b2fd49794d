"""Synthetic digits: a data set where there is none, and more training data where there is.

The digits are a pure function of the arguments.
"""

import hashlib
from collections.abc import Iterator, Sequence

import numpy as np

from data.dataset import Dataset, Images, Labels, ProgressCallback, Split
from data.pen import SIZE, PenPaths, WritingStyle, render, sample_paths
from data.templates import StrokeTemplate, digit_templates

_CHUNK = 500

STYLES = (
    WritingStyle(slant=0.20, slant_deviation=0.22, width=1.10),
    WritingStyle(slant=0.25, slant_deviation=0.30, width=0.90, jitter=0.018, tremor=0.010, pen=2.6),
    WritingStyle(slant=0.07, slant_deviation=0.27, width=1.25),
    WritingStyle(slant=0.05, slant_deviation=0.24, width=1.12),
    WritingStyle(slant=0.15, slant_deviation=0.28, width=1.08),
    WritingStyle(slant=0.18, slant_deviation=0.29, width=1.25),
    WritingStyle(slant=0.10, slant_deviation=0.22, width=1.08),
    WritingStyle(slant=0.00, slant_deviation=0.25, width=1.20),
    WritingStyle(slant=0.15, slant_deviation=0.23, width=1.05),
    WritingStyle(slant=0.15, slant_deviation=0.24, width=1.02),
)
"""The writing style of each digit; less jitter for a 1, which is only a straight line."""


def draw_digits(
    n: int,
    seed: int | Sequence[int],
    variation: float = 1.0,
    *,
    progress: ProgressCallback | None = None,
) -> tuple[Images, Labels]:
    """Draw ``n`` digits, shuffled, with classes balanced to within one.

    ``variation`` scales the randomness: 0 leaves only the choice of the template, 0.7
    is about as hard as MNIST, 1 trains the best networks. The same arguments give the same
    digits, bit for bit on the same machine.

    Returns:
        Images, uint8 ``[n, 28, 28]``, and labels, uint8 ``[n]``.

    Raises:
        ValueError: ``n`` or ``variation`` is negative.
    """
    images = np.empty((n, SIZE, SIZE), np.uint8)
    labels = np.empty(n, np.uint8)
    done = 0
    noise = np.random.default_rng(seed).spawn(1)[0]
    for digit, positions, ink, style in _ink_batches(n, seed, variation):
        images[positions] = render(ink, noise, style)
        labels[positions] = digit
        if progress is not None and (done + len(positions)) * 20 // n > done * 20 // n:
            progress("drawing digits", (done + len(positions)) / n)
        done += len(positions)
    return images, labels


def draw_strokes(
    n: int, seed: int | Sequence[int], variation: float = 1.0
) -> tuple[list[list[list[list[float]]]], Labels]:
    """The strokes of the digits that :func:`draw_digits` renders for the same arguments.

    Returns:
        For each digit a list of strokes, each a list of ``[x, y]`` in heights of the digit, y
        downward, about 26 points to a height; and the labels, uint8 ``[n]``.
    """
    strokes: list[list[list[list[float]]]] = [[] for _ in range(n)]
    labels = np.empty(n, np.uint8)
    for digit, positions, ink, _ in _ink_batches(n, seed, variation):
        for position, drawing in zip(positions.tolist(), ink.strokes(), strict=True):
            strokes[position] = drawing
        labels[positions] = digit
    return strokes, labels


def drawn_dataset(
    train: int = 60_000,
    test: int = 10_000,
    variation: float = 0.7,
    seed: int = 0,
    progress: ProgressCallback | None = None,
) -> Dataset:
    """Draw digits in three splits; the first twelfth of ``train`` is the validation split."""
    share = train / max(1, train + test)
    arrays = (
        *draw_digits(train, (seed, 0), variation, progress=_part(progress, 0, share)),
        *draw_digits(test, (seed, 1), variation, progress=_part(progress, share, 1)),
    )
    images, labels, test_images, test_labels = arrays
    validation = train // 12
    return Dataset(
        name="drawn",
        source="drawn by trainpad",
        fingerprint=_fingerprint(arrays),
        train=Split(images[validation:], labels[validation:]),
        validation=Split(images[:validation], labels[:validation]),
        test=Split(test_images, test_labels),
    )


def _part(progress: ProgressCallback | None, start: float, end: float) -> ProgressCallback | None:
    """A callback for a part of the work, from ``start`` to ``end`` of the whole."""
    if progress is None:
        return None
    return lambda text, fraction: progress(text, start + (end - start) * (fraction or 0))


def _ink_batches(
    n: int, seed: int | Sequence[int], variation: float
) -> Iterator[tuple[int, np.ndarray, PenPaths, WritingStyle]]:
    """Batches of one template each: the digit, the positions, the pen paths and the style."""
    if n < 0 or not variation >= 0:
        raise ValueError(f"cannot draw {n} digits with variation {variation}")
    rng = np.random.default_rng(seed)
    order = rng.permutation(n)
    for digit, style in enumerate(STYLES):
        positions = order[digit::10]
        varied = style.scaled(variation)
        for template, chosen in _assign_templates(positions, digit_templates(digit), rng):
            for at in range(0, len(chosen), _CHUNK):
                batch = chosen[at : at + _CHUNK]
                yield digit, batch, sample_paths(template, len(batch), rng, varied), varied


def _assign_templates(
    positions: np.ndarray, templates: tuple[StrokeTemplate, ...], rng: np.random.Generator
) -> Iterator[tuple[StrokeTemplate, np.ndarray]]:
    """Assign the positions to the templates at random, by their weights."""
    weights = np.array([template.weight for template in templates])
    counts = rng.multinomial(len(positions), weights / weights.sum())
    yield from zip(templates, np.split(positions, np.cumsum(counts)[:-1]), strict=True)


def _fingerprint(arrays: Sequence[np.ndarray]) -> str:
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()
