"""Choose how large the logits of the built-in weights are, by the digits that are refused.

Larger logits make a network surer of all that it says, of letters too, so that the scale is the
smallest that refuses no more digits than `MOST`: of those of the twenty writers of
`benchmarks/pen_writers.py`, as recorded and through a pad's cells, and of MNIST's validation
digits.
"""

import numpy as np

from benchmarks.pen_writers import KEPT_ASIDE, cells, drawings_of
from core.network.certainty import CONFIDENCE_THRESHOLD
from core.network.network import Network, as_input, softmax
from data.dataset import Split
from data.ink import inks_to_images

MOST = {"pen": 0.02, "mnist": 0.0155}
"""The share of digits that is refused, at most."""
SCALES = np.arange(0.8, 3.0, 0.02)
ROWS = 20


def chosen_scale(network: Network, validation: Split) -> float:
    """The smallest of `SCALES` that refuses no more than `MOST`."""
    drawings, _, _ = drawings_of(tuple(n for n in range(1, 31) if n not in KEPT_ASIDE))
    drawn = inks_to_images([*drawings, *(cells(drawing, ROWS) for drawing in drawings)])
    logits = {
        "pen": network.logits(drawn.reshape(len(drawn), -1)),
        "mnist": network.logits(as_input(validation.images)),
    }
    return smallest_scale(logits, MOST)


def smallest_scale(logits: dict[str, np.ndarray], most: dict[str, float]) -> float:
    """The smallest of `SCALES` that refuses no more than `most` of each source's digits.

    Args:
        logits: ``[n, 10]`` by source.
        most: the share that may be refused, by source.

    Raises:
        ValueError: there is none.
    """
    for scale in SCALES:
        if all(_refused(scale * values) <= most[name] for name, values in logits.items()):
            return float(scale)
    raise ValueError("too many digits are refused at any scale")


def _refused(logits: np.ndarray) -> float:
    return float((softmax(logits).max(axis=1) < CONFIDENCE_THRESHOLD).mean())
