"""An image on the pad with what the network made of it, and the evidence in the pad's own size."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from core.network.explanation import Explanation
from data.ink import SIDE
from data.ink_fit import fit_drawings
from tui.pad.models import ModelSwitcher
from tui.pad.prediction import PadImage, PadState


class Answer(NamedTuple):
    """What is shown of an image."""

    image: PadImage
    state: PadState
    explanation: Explanation | None
    """How the prediction came about, where that is shown."""


def answer(models: ModelSwitcher, image: PadImage) -> Answer:
    """Classify and explain an image; with a person's own model this takes time.

    Raises:
        DataError: Keras cannot compute the model.
    """
    state = models.classify(image)
    return Answer(image, state, models.explain(image, state.prediction))


def evidence_image(
    evidence: npt.NDArray[np.float32], shape: tuple[int, ...]
) -> npt.NDArray[np.float32]:
    """The evidence of pictures of this shape as an image of the pad, ``[28, 28]``."""
    summed = evidence.reshape(shape[0], shape[1], -1).sum(axis=2)
    return np.asarray(fit_drawings(summed[None], (SIDE, SIDE))[0])
