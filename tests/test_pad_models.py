"""Which models the pad accepts, and how it shows classes without a name."""

from pathlib import Path

import numpy as np
import pytest

from core.network.classifier import Classifier, Prediction
from core.network.network import Network
from trainpad.errors import UserError
from tui.pad.app import run_pad
from tui.pad.prediction import PadState


@pytest.mark.parametrize("sizes", [(784, 3), (784, 62), (117, 10)])
def test_a_network_for_other_images_is_refused_before_the_pad_starts(
    tmp_path: Path, sizes: tuple[int, int]
) -> None:
    network = Network.from_layers([(np.zeros(sizes), np.zeros(sizes[1]))])
    with pytest.raises(UserError, match=rf"a-run .*{sizes[0]} pixels.*{sizes[1]} classes"):
        run_pad(Classifier(network, "a-run after 5 steps"), tmp_path, None, ascii_only=False)


def test_a_class_without_a_name_is_shown_by_its_number() -> None:
    likely = np.eye(10, dtype=np.float32)[7]
    answer = PadState(Prediction(likely), classes=("shirt", "shoe"), history=[(1000, 0.5)])
    assert answer.summary()[0][0] == "7"
    assert answer.history_text(40) == "7 at 1,000 50%"
