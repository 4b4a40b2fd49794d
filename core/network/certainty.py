"""When a prediction is sure enough to be shown as one.

A drawing of the pad is classified once. A picture comes from any pen, scanner or program, so that
slightly changed copies of it are classified, too, and their mean has to be clearer.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from data.distortion import Distortion

Floats = npt.NDArray[np.float32]

CONFIDENCE_THRESHOLD = 0.75
"""Below this highest probability, a prediction abstains."""
TOP2_THRESHOLD = 0.6
"""Where the two highest probabilities add up to less than this, no two digits are named either."""
PICTURE_RATIO = 50.0
"""Where the class of a picture is less than this many times as likely as the second, its prediction
abstains. Chosen with ``benchmarks/certainty.py``: see docs/pad.md."""
VIEWS = (
    Distortion(),
    Distortion(turn=1),
    Distortion(turn=-1),
    Distortion(weight=1),
    Distortion(weight=-1),
    Distortion(right=1),
    Distortion(down=1),
)
"""How the copies of a picture are changed."""
_LEAST = np.float32(1e-30)
"""What a probability of 0 counts as: its logarithm is finite."""


def mean_of_views(
    probabilities: Callable[[Floats], Floats], images: Floats, *shapes: Floats
) -> Floats:
    """Probabilities ``[n, classes]`` of images ``[n, 28, 28]``, from the mean logits of `VIEWS`.

    Args:
        probabilities: gives ``[m, classes]`` for images ``[m, 784]``; called once.
        images: 0 paper to 1 ink.
        shapes: the same digits in other shapes, ``[n, 28, 28]`` each, whose views count as well.
    """
    views = np.concatenate([view.apply(shape) for shape in (images, *shapes) for view in VIEWS])
    each = probabilities(views.reshape(len(views), -1))
    # Logarithms of probabilities are the logits, but for what a softmax does not see.
    logits = np.log(np.maximum(each, _LEAST))
    mean = logits.reshape(-1, len(images), logits.shape[1]).mean(axis=0)
    values = np.exp(mean - mean.max(axis=1, keepdims=True))
    shares: Floats = (values / values.sum(axis=1, keepdims=True)).astype(np.float32)
    return shares
