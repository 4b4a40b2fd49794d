"""Store the user's digits, and fine-tune a network on them."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from core.network.classifier import Classifier
from core.network.network import Network
from data.dataset import Dataset, Images
from data.ink import Strokes, ink_to_image
from data.user_digits import (
    UserDigits,
    add_user_digit,
    read_user_digits,
    relabel_user_digit,
    remove_user_digit,
    user_digits_folder,
)

if TYPE_CHECKING:
    from core.network.finetune import FineTuneResult


class UserDigitsStore:
    """The user's digits and their folder; changes are written before a method returns."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or user_digits_folder()
        self._digits: UserDigits | None = None
        self._removed: list[tuple[Images, int, float]] = []
        """The digits that were removed here: image, label and time, the last one last."""

    @property
    def digits(self) -> UserDigits:
        """All digits; read at the first access.

        Raises:
            DataError: the files are damaged.
        """
        if self._digits is None:
            self._digits = read_user_digits(self.folder)
        return self._digits

    def add(self, drawing: Strokes, digit: int) -> None:
        """Store the network's input for a drawing, with its label.

        Raises:
            DataError: the set is damaged, or cannot be written.
        """
        image = np.rint(ink_to_image(drawing) * 255).astype(np.uint8)
        self._digits = add_user_digit(self.folder, image, digit)

    def remove(self, image: Images, when: float) -> None:
        """Remove the digit with this image and time.

        Raises:
            DataError: the set is damaged, or cannot be written.
        """
        index = self.digits.index_of(image, when)
        label = None if index is None else int(self.digits.labels[index])
        self._digits = remove_user_digit(self.folder, image, when)
        if label is not None:
            self._removed.append((image, label, when))

    def relabel(self, image: Images, when: float, label: int) -> int:
        """Give the digit with this image and time another label; return the one before.

        Raises:
            DataError: the set is damaged, cannot be written, or has no such digit any more.
        """
        index = self.digits.index_of(image, when)
        before = label if index is None else int(self.digits.labels[index])
        self._digits = relabel_user_digit(self.folder, image, when, label)
        return before

    def export(self, where: Path) -> tuple[int, Path]:
        """Write all digits into a new folder in `where`; return how many, and the folder.

        Raises:
            DataError: there are none, or the folder cannot be written.
        """
        from data.user_digits_files import EXPORT_FOLDER, export_user_digits, free_folder

        folder = free_folder(where / EXPORT_FOLDER)
        return export_user_digits(self.digits, folder), folder

    def restore(self) -> int | None:
        """Add the digit that was removed last again; return its label, or None if there is none.

        Raises:
            DataError: the set is damaged, or cannot be written.
        """
        if not self._removed:
            return None
        image, label, when = self._removed[-1]
        self._digits = add_user_digit(self.folder, image, label, when)
        self._removed.pop()
        return label


def fine_tune_and_save(
    model: Classifier, digits: UserDigits, base_data: Dataset | None, log_dir: Path
) -> "tuple[FineTuneResult, str]":
    """Fine-tune `model` and write it as a new run; return the result and the name of the run.

    Takes seconds. `base_data` is mixed in against forgetting; without it MNIST is searched for.
    """
    # Imported late: they would delay the first paint of the pad.
    from core.network.finetune import fine_tune, make_fine_tune_data, save_fine_tuned
    from data.find import find_dataset

    if base_data is None:
        base_data = find_dataset("mnist").dataset
    data = make_fine_tune_data(digits, base_data)
    assert isinstance(model.network, Network)  # noqa: S101 - the caller asks the switcher first
    result = fine_tune(model.network, data)
    parent: dict[str, object] = {"run": model.run, "step": model.step}
    return result, save_fine_tuned(result, data, log_dir, parent).name
