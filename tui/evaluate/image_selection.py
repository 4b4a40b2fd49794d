"""Which classified images the gallery shows, and which one is selected."""

from data.dataset import Dataset
from trainpad.text import sanitize
from tui.dashboard.selection import PickedImage
from tui.evaluate.misclassified import Cell, PredictedImages
from tui.evaluate.report import EvaluationSlice
from tui.widgets.text_widget import Span


class ImageSelection:
    """The images of a split that are misclassified, or those of one cell of the matrix."""

    def __init__(self) -> None:
        self.images: PredictedImages | None = None
        self.index = 0
        """Of the selected image."""
        self.dataset: Dataset | None = None
        """The data set that was read for them."""
        self.waiting = "classifying the images …"
        """What is said until they are classified."""
        self._cell: Cell | None = None
        self.error = ""
        """Why there are none."""

    def show(self, result: PredictedImages | Exception) -> None:
        """Take the newest predictions, or why there are none."""
        if isinstance(result, Exception):
            self.images, self.error = None, sanitize(str(result), limit=200)
        else:
            self.error, self.dataset = "", result.dataset
            self.images = result.select(self._cell)
            self.move(0)

    def toggle_filter(self, cell: Cell | None) -> None:
        """Select the images of this cell, or all misclassified ones if they are selected."""
        self._cell = None if self._cell == cell else cell
        if self.images is not None:
            self.images = self.images.select(self._cell)
        self.index = 0

    def move(self, by: int) -> None:
        """Select the image `by` positions away."""
        if self.images is not None:
            self.index = min(max(self.index + by, 0), max(0, len(self.images.order) - 1))

    def of_split(self, split: str) -> PredictedImages | None:
        """The images, unless they are of another split."""
        images = self.images
        return images if images is not None and images.split == split else None

    def top_five(self, evaluation: EvaluationSlice) -> float | None:
        """The top-5 accuracy of an evaluation; None if not known, or of few classes."""
        images = self.of_split(evaluation.split)
        if images is None or images.step != evaluation.event.step:
            return None
        return images.predictions.top_accuracy(5) if images.predictions.classes > 5 else None

    @property
    def picked_image(self) -> PickedImage | None:
        """The selected image."""
        images = self.images
        return images.picked_image(self.index) if images and len(images.order) else None

    def status(self, evaluation: EvaluationSlice) -> list[Span]:
        """What the gallery shows, or that it is empty."""
        images = self.of_split(evaluation.split)
        if self.error:
            return [("no images", "alert")]
        if images is None:
            return [(self.waiting, "dim")]
        count = len(images.order)
        which = f"{self.index + 1:,} of {count:,}" if count else "none"
        if images.cell is None:
            what = "misclassified, worst first"
        else:
            true_name, predicted_name = (images.names[i] for i in images.cell)
            what = f"{true_name} predicted as {predicted_name}"
        parts: list[Span] = [(what, "title"), (f"  {which}", "text")]
        if images.step != evaluation.event.step:
            parts.append((f"  after {images.step:,} steps", "dim"))
        return parts
