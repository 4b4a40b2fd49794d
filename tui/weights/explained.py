"""Which image is explained, and for which class."""

import math

from core.network.network import Floats
from core.run.class_names import class_name
from core.run.state import RunState
from tui.dashboard.selection import PickedImage
from tui.weights.inspection import ImageSample


class ExplainedImage:
    """The image that saliency and the order of the filters are about, and a class.

    The class is the predicted one until another is picked.
    """

    def __init__(self) -> None:
        self.subject: PickedImage | None = None
        self.label = 0
        self._label_picked = False
        self._sample_index = -1  # of the image in the sample

    def reset(self) -> None:
        """Forget the image; the class stays until another image is explained."""
        self.subject, self._label_picked, self._sample_index = None, False, -1

    def pick(self, subject: PickedImage) -> None:
        """Explain the prediction for this image."""
        self.subject, self._label_picked = subject, False

    def pick_label(self, by: int, classes: int) -> None:
        """Explain the class `by` positions away."""
        self.label, self._label_picked = (self.label + by) % classes, True

    def pick_sample(self, by: int, sample: ImageSample, run: RunState, classes: int) -> None:
        """Explain the image of the sample `by` positions away, if there are any."""
        if not len(sample):
            return
        index = self._sample_index = (self._sample_index + by) % len(sample)
        image, label = sample.images[index], int(sample.labels[index])
        is_class = label < classes
        shown = f", a {class_name(run.classes, label)}" if is_class else ""
        origin = f"validation image {sample.indices[index]:,}{shown}"
        shape = image_shape(run, image.size)
        self.pick(PickedImage(image.reshape(shape), origin, label if is_class else None))

    def pixels(self, inputs: int) -> Floats | None:
        """The image as an input of a network, float32 ``[inputs]``; None if it does not fit."""
        if self.subject is None or self.subject.image.size != inputs:
            return None
        return self.subject.image.ravel()

    @property
    def picked_label(self) -> int | None:
        """The class that was picked; None for the predicted one."""
        return self.label if self._label_picked else None

    def limit_label(self, classes: int) -> None:
        """Keep the class among those of the network."""
        self.label = min(self.label, classes - 1)


def image_shape(run: RunState, pixels: int) -> tuple[int, ...]:
    """Height and width of an image of ``pixels`` values, from the run, or a square, or a row.

    0 pixels take what the run says. Of an image in colour 3 is added, the number of channels.
    """
    recorded = run.info.get("dataset", {}).get("image_shape")
    match recorded:
        case [int() as height, int() as width] if height > 0 and pixels in (0, height * width):
            return height, width
        case [int() as height, int() as width, 3] if height > 0 and pixels in (
            0,
            3 * height * width,
        ):
            return height, width, 3
    side = math.isqrt(pixels)
    return (side, side) if side * side == pixels else (1, pixels)
