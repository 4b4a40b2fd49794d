"""Digits that trainpad draws itself: a data set when there is none, and augmentation when there is.

What is drawn depends on the arguments and on nothing else.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from data.dataset import Dataset, Images, Labels, Split
from data.pen import SIZE, PenPaths, WritingStyle, render, sample_paths
from data.templates import StrokeTemplate, digit_templates

ProgressCallback = Callable[[str, float], None]
"""Told what is going on and how much of it is done, 0 to 1."""

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
"""How each digit is written; a 1 has nothing but its straightness."""


def draw_digits(
    n: int,
    seed: int | Sequence[int],
    variation: float = 1.0,
    *,
    progress: ProgressCallback | None = None,
) -> tuple[Images, Labels]:
    """``n`` digits, as many of each class as of any other (give or take one), shuffled.

    ``variation`` scales all that is random: 0 leaves nothing but the choice of the template, 0.7
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
    paper = np.random.default_rng(seed).spawn(1)[0]
    for digit, places, ink, hand in _ink_batches(n, seed, variation):
        images[places] = render(ink, paper, hand)
        labels[places] = digit
        if progress is not None and (done + len(places)) * 20 // n > done * 20 // n:
            progress("drawing digits", (done + len(places)) / n)
        done += len(places)
    return images, labels


def draw_strokes(
    n: int, seed: int | Sequence[int], variation: float = 1.0
) -> tuple[list[list[list[list[float]]]], Labels]:
    """The pen's strokes of the very digits that :func:`draw_digits` draws, before they meet paper.

    Returns:
        For each digit a list of strokes, each a list of ``[x, y]`` in heights of the digit, y
        downward, about 26 points to a height; and the labels, uint8 ``[n]``.
    """
    strokes: list[list[list[list[float]]]] = [[] for _ in range(n)]
    labels = np.empty(n, np.uint8)
    for digit, places, ink, _ in _ink_batches(n, seed, variation):
        for place, drawing in zip(places.tolist(), ink.strokes(), strict=True):
            strokes[place] = drawing
        labels[places] = digit
    return strokes, labels


def drawn_dataset(
    train: int = 60_000,
    test: int = 10_000,
    variation: float = 0.7,
    seed: int = 0,
    progress: ProgressCallback | None = None,
) -> Dataset:
    """Drawn digits in three splits; the first twelfth of ``train`` is the validation split."""
    share = train / max(1, train + test)
    arrays = (
        *draw_digits(train, (seed, 0), variation, progress=_part(progress, 0, share)),
        *draw_digits(test, (seed, 1), variation, progress=_part(progress, share, 1)),
    )
    images, labels, test_images, test_labels = arrays
    held = train // 12
    return Dataset(
        name="drawn",
        source="drawn by trainpad",
        fingerprint=_fingerprint(arrays),
        train=Split(images[held:], labels[held:]),
        validation=Split(images[:held], labels[:held]),
        test=Split(test_images, test_labels),
    )


def _part(progress: ProgressCallback | None, start: float, end: float) -> ProgressCallback | None:
    """What to tell the progress of a part that leads from ``start`` to ``end`` of the whole."""
    if progress is None:
        return None
    return lambda text, fraction: progress(text, start + (end - start) * fraction)


def _ink_batches(
    n: int, seed: int | Sequence[int], variation: float
) -> Iterator[tuple[int, np.ndarray, PenPaths, WritingStyle]]:
    """The digits in batches of one template: which digit, for which places, and its ink."""
    if n < 0 or not variation >= 0:
        raise ValueError(f"cannot draw {n} digits with variation {variation}")
    rng = np.random.default_rng(seed)
    order = rng.permutation(n)
    for digit, hand in enumerate(STYLES):
        places = order[digit::10]
        varied = hand.scaled(variation)
        for template, chosen in _assign_templates(places, digit_templates(digit), rng):
            for at in range(0, len(chosen), _CHUNK):
                batch = chosen[at : at + _CHUNK]
                yield digit, batch, sample_paths(template, len(batch), rng, varied), varied


def _assign_templates(
    places: np.ndarray, templates: tuple[StrokeTemplate, ...], rng: np.random.Generator
) -> Iterator[tuple[StrokeTemplate, np.ndarray]]:
    """The places dealt to the templates at random, by their weights."""
    weights = np.array([template.weight for template in templates])
    counts = rng.multinomial(len(places), weights / weights.sum())
    yield from zip(templates, np.split(places, np.cumsum(counts)[:-1]), strict=True)


def _fingerprint(arrays: Sequence[np.ndarray]) -> str:
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()
