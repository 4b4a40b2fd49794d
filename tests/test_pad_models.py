"""Which models the pad accepts, and how it shows classes without a name."""

from pathlib import Path

import numpy as np
import pytest

from core.network.classifier import Classifier, Prediction
from core.network.network import Network
from core.run.state import RunState
from trainpad.errors import UserError
from tui.pad.app import run_pad
from tui.pad.models import ModelSwitcher
from tui.pad.past import PastAnswer
from tui.pad.prediction import PadState


@pytest.mark.parametrize("sizes", [(784, 1), (117, 10)])
def test_a_network_for_other_images_is_refused_before_the_pad_starts(
    tmp_path: Path, sizes: tuple[int, int]
) -> None:
    network = Network.from_layers([(np.zeros(sizes), np.zeros(sizes[1]))])
    with pytest.raises(UserError, match=rf"a-run .*{sizes[0]} pixels.*{sizes[1]} classes"):
        run_pad(Classifier(network, "a-run after 5 steps"), tmp_path, None, ascii_only=False)


def test_a_class_without_a_name_is_shown_by_its_number() -> None:
    probabilities = np.eye(10, dtype=np.float32)[7]
    prediction = Prediction(probabilities)
    history = [PastAnswer(1000, prediction)]
    state = PadState(prediction, classes=("shirt", "shoe"), history=history)
    assert state.summary()[0][0] == "7"
    assert state.history_text(40) == "1,000: 7 100%"


def test_the_newest_model_is_used_and_a_key_cycles() -> None:
    models, run = ModelSwitcher(), RunState()
    assert models.classifier.origin == "built-in weights"
    assert not models.update_from(run)
    run.weights = {"layer0/weights": np.zeros((784, 10)), "layer0/biases": np.zeros(10)}
    run.weights_step = 300
    run.evaluation_weights.append((300, run.weights))
    assert models.update_from(run)
    assert models.classifier.origin == "weights after 300 steps"
    assert list(models.past.steps) == [300]
    models.use_fine_tuned(models.classifier.network, "a-run", 120)
    for source in ("built-in weights", "weights after 300 steps", "fine-tuned weights: a-run"):
        assert models.cycle()
        assert models.classifier.origin == source
    assert not ModelSwitcher().cycle()
    run.weights_step = 400
    assert not models.update_from(run)


def test_weights_are_newer_once_and_those_of_no_network_never() -> None:
    models, run = ModelSwitcher(), RunState()
    assert not models.would_update_from(run)
    for step in (300, 400):
        run.weights = {"layer0/weights": np.zeros((784, 10)), "layer0/biases": np.zeros(10)}
        run.weights_step = step
        assert models.would_update_from(run)
        assert models.update_from(run)
        assert not models.would_update_from(run)
        run.weights, run.weights_step = {"embedding": np.zeros(3)}, step + 50
        assert not models.update_from(run)
        assert not models.would_update_from(run)


def test_a_run_of_other_images_leaves_the_built_in_model_in_use() -> None:
    models, run = ModelSwitcher(), RunState()
    run.weights = {"layer0/weights": np.zeros((800, 3)), "layer0/biases": np.zeros(3)}
    run.weights_step = 300
    assert models.update_from(run)
    assert models.classifier.origin == "built-in weights; the run classifies other images"
    run.weights_step = 400
    assert not models.update_from(run)
    another = RunState()
    another.directory = "/another"
    models.update_from(another)
    assert models.classifier.origin == "built-in weights"
