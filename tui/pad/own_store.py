"""What the pad does with the user's own digits: keeps them, and has a network taught with them."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from core.network.network import Network
from data.dataset import Dataset, Images
from data.ink import Strokes, ink_to_image
from data.own import (
    UserDigits,
    add_user_digit,
    read_user_digits,
    remove_user_digit,
    user_digits_folder,
)

if TYPE_CHECKING:
    from core.network.finetune import FineTuneResult


class OwnDigitsStore:
    """The user's own digits and where they are; every change is on the disk when it returns."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or user_digits_folder()
        self._digits: UserDigits | None = None

    @property
    def digits(self) -> UserDigits:
        """All that is kept; read when first asked for.

        Raises:
            DataError: the files are damaged.
        """
        if self._digits is None:
            self._digits = read_user_digits(self.folder)
        return self._digits

    def add(self, drawing: Strokes, digit: int) -> None:
        """Keep a drawing under this name, as the network would see it.

        Raises:
            DataError: the set is damaged, or cannot be written.
        """
        image = np.rint(ink_to_image(drawing) * 255).astype(np.uint8)
        self._digits = add_user_digit(self.folder, image, digit)

    def remove(self, image: Images, when: float) -> None:
        """Keep the drawing of this image and time no longer.

        Raises:
            DataError: the set is damaged, or cannot be written.
        """
        self._digits = remove_user_digit(self.folder, image, when)


def fine_tune_and_save(
    network: Network,
    own: UserDigits,
    base_data: Dataset | None,
    log_dir: Path,
    parent: dict[str, object],
) -> "tuple[FineTuneResult, str]":
    """Teach, and write the new run; returns what came of it and the run's name. Takes seconds.

    Without ``known`` data, MNIST is looked for on this machine.
    """
    # The pad is up before anybody teaches; these would keep it waiting.
    from core.network.finetune import fine_tune, make_fine_tune_data, save_fine_tuned
    from data.find import find_dataset

    plan = make_fine_tune_data(
        own, base_data if base_data is not None else find_dataset("mnist").dataset
    )
    taught = fine_tune(network, plan)
    return taught, save_fine_tuned(taught, plan, log_dir, parent).name
