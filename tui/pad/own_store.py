"""What the pad does with the user's own digits: keeps them, and has a network taught with them."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from core.network.network import Network
from data.dataset import Dataset, Images
from data.ink import Drawing, ink_to_image
from data.own import OwnDigits, keep_own, own_folder, read_own, remove_own

if TYPE_CHECKING:
    from core.network.finetune import Taught


class Pupil:
    """The user's own digits and where they are; every change is on the disk when it returns."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or own_folder()
        self._own: OwnDigits | None = None

    @property
    def own(self) -> OwnDigits:
        """All that is kept; read when first asked for.

        Raises:
            DataError: the files are damaged.
        """
        if self._own is None:
            self._own = read_own(self.folder)
        return self._own

    def keep(self, drawing: Drawing, digit: int) -> None:
        """Keep a drawing under this name, as the network would see it.

        Raises:
            DataError: the set is damaged, or cannot be written.
        """
        image = np.rint(ink_to_image(drawing) * 255).astype(np.uint8)
        self._own = keep_own(self.folder, image, digit)

    def remove(self, image: Images, when: float) -> None:
        """Keep the drawing of this image and time no longer.

        Raises:
            DataError: the set is damaged, or cannot be written.
        """
        self._own = remove_own(self.folder, image, when)


def taught_run(
    network: Network,
    own: OwnDigits,
    known: Dataset | None,
    log_dir: Path,
    parent: dict[str, object],
) -> "tuple[Taught, str]":
    """Teach, and write the new run; returns what came of it and the run's name. Takes seconds.

    Without ``known`` data, MNIST is looked for on this machine.
    """
    # The pad is up before anybody teaches; these would keep it waiting.
    from core.network.finetune import lesson, save_taught, teach
    from data.find import find

    plan = lesson(own, known if known is not None else find("mnist").dataset)
    taught = teach(network, plan)
    return taught, save_taught(taught, plan, log_dir, parent).name
