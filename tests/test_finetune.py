import json
import os
from pathlib import Path

import numpy as np
import pytest

from core.cli.runs import load_entries
from core.export.export import load_export
from core.export.options import ExportOptions, export_runs
from core.export.reproduce import reproduce_command
from core.network.adam import AdamTrainer
from core.network.builtin import builtin_network
from core.network.finetune import STEPS, accuracy, fine_tune, make_fine_tune_data, save_fine_tuned
from core.network.network import Network
from core.network.predictions import open_dataset
from core.rundir import checkpoint
from core.rundir.deletion import delete_run
from core.rundir.overview import Overview
from core.rundir.resume import find_resume_point
from core.rundir.status import read_status
from data.dataset import Dataset, Split
from data.drawn import draw_digits
from data.ink import inks_to_images
from data.user_digits import UserDigits
from trainpad.errors import UserError


def hand(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """A made-up way of writing: a 4 like a triangle on a stick, a 7 like a mirrored one."""
    rng = np.random.default_rng(seed)
    shapes = {
        4: [[[0.3, 0.1], [0.7, 0.35], [0.3, 0.6], [0.3, 0.1], [0.3, 1.0]]],
        7: [[[0.9, 0.1], [0.2, 0.1], [0.6, 1.0]]],
    }
    labels = np.repeat([4, 7], n).astype(np.uint8)
    drawings = [
        [np.array(stroke) + rng.normal(0, 0.03, (len(stroke), 2)) for stroke in shapes[int(digit)]]
        for digit in labels
    ]
    return np.rint(inks_to_images(drawings) * 255).astype(np.uint8), labels


def own(n: int, seed: int) -> UserDigits:
    images, labels = hand(n, seed)
    return UserDigits(images, labels, (0.0,) * len(labels))


def test_five_drawings_each_of_two_invented_digits_are_learned_and_none_is_forgotten() -> None:
    images, labels = draw_digits(500, 42, 0.7)
    known = Dataset("drawn", "", "", *(Split(images, labels),) * 3)
    network = builtin_network()
    result = fine_tune(network, make_fine_tune_data(own(5, 1), known), steps=STEPS // 3)
    further = hand(20, 2)
    assert accuracy(network, *further) < 0.6
    assert accuracy(result.network, *further) >= 0.95
    assert result.user_after == 1.0
    assert result.test_before is not None
    assert result.test_after is not None
    assert result.test_after > result.test_before - 0.01


def test_a_fine_tuned_network_is_a_run_that_can_be_branched(tmp_path: Path) -> None:
    small = Network.from_layers(
        [(np.zeros((784, 6)), np.zeros(6)), (np.zeros((6, 10)), np.zeros(10))]
    )
    plan = make_fine_tune_data(own(1, 1), None)
    result = fine_tune(small, plan, steps=2)
    assert "yours" in result.summary()
    run = save_fine_tuned(result, plan, tmp_path, {"run": "a-run", "step": 700})
    assert run.info()["parent"] == {"run": "a-run", "step": 700}
    assert (read_status(run).state, read_status(run).steps) == ("done", 2)
    (entry,) = load_entries(Overview(tmp_path))
    assert entry.seconds == pytest.approx(result.seconds, abs=5)
    assert entry.seconds > 0
    assert load_export(run).run.step == 2
    begun = find_resume_point(run.name, tmp_path)
    assert begun.checkpoint is not None
    kept = Network.from_arrays(checkpoint.newest(run.checkpoints).layers)
    assert (kept.layers[0].weights == result.network.layers[0].weights).all()
    assert all(json.loads(line) for line in run.events.read_text().splitlines())


def test_a_fine_tuned_run_is_deleted_like_any_other_and_no_command_reproduces_it(
    tmp_path: Path,
) -> None:
    small = Network.from_layers([(np.zeros((784, 10)), np.zeros(10))])
    plan = make_fine_tune_data(own(1, 1), None)
    run = save_fine_tuned(
        fine_tune(small, plan, steps=1), plan, tmp_path, {"run": "built-in", "step": 0}
    )
    with pytest.raises(UserError, match="was fine-tuned on the pad"):
        reproduce_command(load_export(run))
    assert export_runs([run], ExportOptions(csv=os.devnull, losses=str(tmp_path / "losses.csv")))[
        2:
    ] == [
        f"{run.name} has no evaluations, so there are no rows",
        f"{run.name} has no losses, so there are no rows",
    ]
    with pytest.raises(UserError, match="does not say which data"):
        open_dataset(run.info())
    os.utime(run.path / "run.json", (0, 0))  # else it might be one that is just beginning
    assert delete_run(run) == []
    assert not run.path.exists()


def test_adam_learns_and_its_steps_are_those_of_the_paper() -> None:
    network = Network.from_layers([(np.ones((2, 2)), np.zeros(2))])
    trainer = AdamTrainer(network)
    image, target = np.array([[1.0, 0.0]], np.float32), np.array([[1.0, 0.0]], np.float32)
    assert trainer.step(image, target, 0.1) == pytest.approx(np.log(2))
    # The first step of Adam is the learning rate, for any gradient but 0.
    moved = trainer.network().layers[0].weights - network.layers[0].weights
    assert moved == pytest.approx(np.array([[0.1, -0.1], [0, 0]]), abs=1e-5)
    losses = [trainer.step(image, target, 0.1) for _ in range(50)]
    assert losses[-1] < 0.01
    assert (network.layers[0].weights == 1).all()


def test_a_step_follows_the_gradient_through_hidden_layers() -> None:
    rng = np.random.default_rng(0)
    network = Network.from_layers(
        [(rng.normal(size=(5, 4)), rng.normal(size=4)), (rng.normal(size=(4, 3)), np.zeros(3))]
    )
    images = rng.normal(size=(6, 5)).astype(np.float32)
    targets = np.eye(3, dtype=np.float32)[rng.integers(0, 3, 6)]
    trainer = AdamTrainer(network)
    before = trainer.values.copy()
    trainer.step(images, targets, 1e-3)
    direction = np.sign(trainer.values - before)

    def loss(values: np.ndarray) -> float:
        likely = trainer.network(values.astype(np.float32)).probabilities(images)
        return -float(np.log((likely * targets).sum(axis=1)).mean())

    slope = []
    for i in range(len(before)):
        nudge = np.zeros_like(before)
        nudge[i] = 1e-2
        slope.append((loss(before + nudge) - loss(before - nudge)) / 2e-2)
    steep = np.abs(slope) > 1e-3
    assert steep.sum() > 10
    assert (direction[steep] == -np.sign(slope)[steep]).all()
