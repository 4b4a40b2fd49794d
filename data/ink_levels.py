"""Measure the ink in each pixel of a grey picture: how far it is from the paper.

Small pictures are rendered or scanned, on paper of one brightness, and their soft edges are most of
their ink: it is measured from the paper's brightness, as MNIST's is. In larger ones uneven light is
corrected, by dividing by the paper's brightness around each pixel.
"""

import numpy as np
import numpy.typing as npt

from data.components import label_components
from data.ruled_lines import THICK, without_ruling

Grey = npt.NDArray[np.float32]

SMALL = 100
"""Longer side in pixels up to which a picture on paper of one brightness counts as rendered."""
LEAST = 0.03
"""Less ink is paper."""
_NOISY = 0.05  # of all pixels: where more have less ink than that, the picture was compressed
_NOISE = 0.1  # less ink is paper in such a picture
_FAINT = 0.12  # of the paper's brightness: less contrast than this is not ink
_LEAST_INK = 0.04  # darker than paper, and by so many deviations of its noise: perhaps ink
_NOISES = 4.0
_TO_DEVIATION = 1.4826  # from the median of the distances, where they are normally distributed
_SHARP = 80  # of the longer side: ink becomes paper within this part of it
_SAME = 0.012  # brightness of paper differs by no more than this where it is even
_MOST = 0.45  # of all pixels are paper where it is even


def flat_ink(grey: Grey) -> Grey | None:
    """Ink per pixel, 0 paper to 1 the strongest, of a small picture on even paper; else None."""
    if max(grey.shape) > SMALL:
        return None
    counts, edges = np.histogram(grey, 64, (0, 1))
    paper = float(np.median(grey[np.digitize(grey, edges[1:-1]) == counts.argmax()]))
    if float((np.abs(grey - paper) <= _SAME).mean()) < _MOST:
        return None
    contrast = grey - paper
    if float(contrast.max()) < -float(contrast.min()):
        contrast = -contrast
    strongest = float(contrast.max())
    if strongest < _FAINT:
        return np.zeros_like(grey)
    ink: Grey = np.clip(contrast / strongest, 0, 1).astype(np.float32)
    noisy = float(((ink > 0) & (ink < LEAST)).mean()) > _NOISY
    ink[ink < (_NOISE if noisy else LEAST)] = 0
    return ink


def extract_ink(grey: Grey) -> Grey:
    """Ink per pixel, 0 to 1 with the border at 0.5, without shadows and the ruling of the paper.

    A small picture is a digit cut out, with more ink than paper perhaps, whose strokes cross it as
    ruling does: nothing is removed from it.
    """
    if float(grey.max() - grey.min()) < _FAINT:
        return np.zeros_like(grey)
    reach = max(3, max(grey.shape) // 8)
    away = grey - _blur(grey, reach)
    light = grey if float((away**3).sum()) < 0 else 1 - grey
    paper = np.maximum(_paper(light, max(3, max(grey.shape) // 10)), 0.05)
    dark = (1 - light / paper).astype(np.float32)
    small = max(grey.shape) <= SMALL
    rest = dark[dark <= _otsu(dark)] if small else dark
    bare = float(np.median(rest))
    noise = _TO_DEVIATION * float(np.median(np.abs(rest - bare)))
    least = bare + max(_NOISES * noise, _LEAST_INK)
    if not small:
        _remove_ruling(dark, least, bare)
    inked = dark[dark > max(_otsu(dark), least)]
    full = float(np.median(inked)) if inked.size else 0.0
    if full < _FAINT:
        return np.zeros_like(grey)
    middle, half = (full + bare) / 2, max((full - bare) / 2, 1e-6)
    ink: Grey = np.clip(0.5 + (dark - middle) / (2 * half), 0, 1).astype(np.float32)
    if not small:
        _remove_remains(ink)
    return ink


def _remove_remains(ink: Grey) -> None:
    """Clear what has no sharp edge anywhere, of a shadow, and what is left of lines at the border.

    A line that leaves through a corner does not cross the picture.
    """
    labels = label_components(ink > 0.5)
    lowest = ink
    for axis in (0, 1):
        lowest = _extreme(np.minimum, lowest, max(3, max(ink.shape) // _SHARP), axis)
    sharp = np.zeros(int(labels.max()) + 1, np.bool_)
    sharp[labels[ink - lowest > 0.5]] = True
    kept = sharp & ~_thin_at_border(labels)
    kept[0] = True
    if not kept.all() and kept[1:].any():
        ink[~kept[labels]] = 0


def _thin_at_border(labels: npt.NDArray[np.int32]) -> npt.NDArray[np.bool_]:
    """Which components touch the border and are as thin as ruling, ``[highest label + 1]``."""
    area = np.bincount(labels.ravel())
    thin = np.zeros(len(area), np.bool_)
    borders = labels[0], labels[-1], labels[:, 0], labels[:, -1]
    thick = max(2, round(THICK * max(labels.shape)))
    for number in np.unique(np.concatenate(borders)).tolist():
        rows, columns = np.nonzero(labels == number)
        if number and len(rows):
            length = max(int(np.ptp(rows)), int(np.ptp(columns))) + 1
            thin[number] = area[number] <= thick * length
    return thin


def _remove_ruling(dark: Grey, least: float, bare: float) -> None:
    """Set ruled lines, soft edges included, to the level of paper."""
    marks = dark > least
    lines = marks & ~without_ruling(marks)
    if lines.any():
        for axis in (0, 1):
            lines |= np.roll(lines, 1, axis) | np.roll(lines, -1, axis)
        # What is far darker is ink beside a line.
        dark[lines & (dark < 2 * float(np.median(dark[lines & marks])))] = bare


def _paper(light: Grey, reach: int) -> Grey:
    """The paper's brightness at each pixel: what is dark and thinner than twice `reach` is filled.

    The edge of a shadow stays where it is.
    """
    smooth = _filled(_blur(light, 1), max(2, reach // 8))  # what is thin would be mirrored brightly
    margin = min(2 * reach, *(side - 1 for side in light.shape))
    # Beyond the border, light goes on to change as it does up to it.
    around = np.pad(smooth, margin, "reflect", reflect_type="odd").clip(0, float(smooth.max()))
    height, width = light.shape
    return _blur(_filled(around, reach)[margin : margin + height, margin : margin + width], 2)


def _filled(light: Grey, reach: int) -> Grey:
    """Fill what is darker than around it and thinner than twice `reach` (a closing)."""
    for of in (np.maximum, np.minimum):
        for axis in (0, 1):
            light = _extreme(of, light, reach, axis)
    return light


def _extreme(of: np.ufunc, picture: Grey, reach: int, axis: int) -> Grey:
    """The extreme of each pixel and `reach` on both sides; the border is continued."""
    margin = [(0, 0), (0, 0)]
    margin[axis] = (reach, reach)
    found = np.moveaxis(np.pad(picture, margin, "edge"), axis, 0)
    size, known = 2 * reach + 1, 1
    while known < size:
        step = min(known, size - known)
        found = of(found[: len(found) - step], found[step:])
        known += step
    return np.moveaxis(found, 0, axis)


def _blur(picture: Grey, reach: int) -> Grey:
    """Mean over a square of ``2 reach + 1`` pixels; the border is continued."""
    return blur_columns(blur_columns(picture, reach).T, reach).T


def blur_columns(picture: Grey, reach: int) -> Grey:
    """Mean over ``2 reach + 1`` pixels of each column; the border is continued."""
    size = 2 * reach + 1
    total = np.cumsum(np.pad(picture, ((reach + 1, reach), (0, 0)), "edge"), axis=0, dtype=float)
    mean: Grey = ((total[size:] - total[:-size]) / size).astype(np.float32)
    return mean


def _otsu(values: Grey) -> float:
    """The threshold that separates the values best into two groups (Otsu 1979)."""
    counts, edges = np.histogram(values, 256)
    middles = (edges[:-1] + edges[1:]) / 2
    below = np.cumsum(counts)
    total = np.cumsum(counts * middles)
    above = below[-1] - below
    valid = (below > 0) & (above > 0)
    if not valid.any():
        return float(edges[-1])
    distance = total[valid] / below[valid] - (total[-1] - total[valid]) / above[valid]
    best = int(np.argmax(below[valid] * above[valid] * distance**2))
    return float(edges[1:][valid][best])
