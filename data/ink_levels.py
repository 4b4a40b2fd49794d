"""Measure the ink in each pixel of a grey picture: how far it is from the paper.

Small pictures are rendered or scanned, on paper of one brightness, and their soft edges are most of
their ink: it is measured from the paper's brightness, as MNIST's is. In larger ones uneven light is
corrected, by dividing by the paper's brightness around each pixel.
"""

import numpy as np
import numpy.typing as npt

Grey = npt.NDArray[np.float32]

SMALL = 100
"""Longer side in pixels up to which a picture on paper of one brightness counts as rendered."""
LEAST = 0.03
"""Less ink is paper."""
_NOISY = 0.05  # of all pixels: where more have less ink than that, the picture was compressed
_NOISE = 0.1  # less ink is paper in such a picture
_FAINT = 0.12  # of the paper's brightness: less contrast than this is not ink
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
    """Ink per pixel, 0 to 1 with the border at 0.5, corrected for uneven light."""
    if float(grey.max() - grey.min()) < _FAINT:
        return np.zeros_like(grey)
    reach = max(3, max(grey.shape) // 8)
    away = grey - _blur(grey, reach)
    light = grey if float((away**3).sum()) < 0 else 1 - grey
    dark = (1 - light / np.maximum(_paper(light, reach), 0.05)).astype(np.float32)
    threshold = _otsu(dark)
    inked = dark[dark > threshold]
    full = float(np.median(inked)) if inked.size else 0.0
    if full < _FAINT:
        return np.zeros_like(grey)
    bare = float(np.median(dark[dark <= threshold]))
    middle, half = (full + bare) / 2, max((full - bare) / 2, 1e-6)
    ink: Grey = np.clip(0.5 + (dark - middle) / (2 * half), 0, 1).astype(np.float32)
    return ink


def _paper(light: Grey, reach: int) -> Grey:
    """The paper's brightness at each pixel: blurred, ignoring what is darker."""
    paper = light
    for _ in range(3):
        around = _blur(paper, reach)
        paper = np.where(paper < 0.95 * around, around, paper)
    return _blur(paper, reach)


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
