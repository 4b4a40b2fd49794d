"""Fine-tune a network on the user's own digits without forgetting the others.

Each batch has the user's digits, jittered so that no two are equal, and replayed ones: drawn
digits, distractors and MNIST. Without replay, accuracy on MNIST falls by several points. The result
is saved as a new run with one checkpoint, branched from the run that the weights came from.
"""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from core.network.adam import DEVICE, AdamTrainer, Floats
from core.network.head import Head
from core.network.network import Network, as_input
from core.run.events import Event, Finished, Notice, Saved, Started, to_json
from core.run.hparams import HyperParameters, as_dict
from core.run.layers import format_layers, short_name
from core.run.status import Outcome
from core.rundir import checkpoint
from core.rundir.checkpoint import Checkpoint
from core.rundir.rundir import RunDir, create_run
from core.rundir.versions import versions
from data.dataset import DIGITS, NO_CLASS, Dataset, Images, Labels, Split
from data.distractors import draw_distractors
from data.drawn import draw_digits
from data.jitter import jittered
from data.user_digits import UserDigits
from trainpad.files import write_atomic

STEPS = 120
LEARNING_RATE = 0.001
USER_BATCH, REPLAY_BATCH = 32, 72
"""How many of the user's digits and of the replayed ones are in a batch."""
_REPLAY_DRAWN, _REPLAY_REJECTS, _REPLAY_REAL = 2000, 400, 4000
"""How many drawn digits, distractors and real digits there are to replay."""


@dataclass(frozen=True, slots=True, eq=False)
class FineTuneData:
    """What to learn, and what to replay so that it is not forgotten."""

    user: UserDigits
    replay: Split
    test: Split | None
    """Where to measure accuracy before and after: MNIST's test digits, where available."""
    test_name: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class FineTuneResult:
    """The fine-tuned network, and accuracies (0 to 1) before and after."""

    network: Network
    user_before: float
    user_after: float
    test_before: float | None
    test_after: float | None
    seconds: float
    steps: int
    test_name: str = ""

    def summary(self) -> str:
        """The accuracies in a sentence."""
        text = (
            f"fine-tuned in {self.seconds:.1f} s: "
            f"yours {self.user_before:.0%} → {self.user_after:.0%}"
        )
        if self.test_before is None or self.test_after is None:
            return text
        return f"{text}, {self.test_name} {self.test_before:.4f} → {self.test_after:.4f}"


def make_fine_tune_data(user: UserDigits, known: Dataset | None, seed: int = 0) -> FineTuneData:
    """The user's digits, and digits to replay: drawn ones, and some of ``known`` if possible.

    ``known`` is a data set such as MNIST; one of other classes or sizes is ignored.
    """
    rng = np.random.default_rng(seed)
    rejects = draw_distractors(_REPLAY_REJECTS, (seed, 2))
    parts = [
        draw_digits(_REPLAY_DRAWN, (seed, 1)),
        (rejects, np.full(len(rejects), NO_CLASS, np.uint8)),
    ]
    if known is None or known.classes != DIGITS or known.image_shape != (28, 28):
        return FineTuneData(user, _joined(parts), None)
    chosen = rng.integers(0, len(known.train), _REPLAY_REAL)
    parts.append((known.train.images[chosen], known.train.labels[chosen]))
    name = "MNIST" if known.name == "mnist" else known.name
    return FineTuneData(user, _joined(parts), known.test, name)


def _joined(parts: list[tuple[Images, Labels]]) -> Split:
    return Split(
        np.concatenate([images for images, _ in parts]),
        np.concatenate([labels for _, labels in parts]),
    )


def fine_tune(
    network: Network, data: FineTuneData, *, steps: int = STEPS, seed: int = 0
) -> FineTuneResult:
    """Fine-tune a copy of the network, and measure its accuracy before and after.

    Only the fully connected layers at its end learn; before them are convolutions, if any.

    Raises:
        DataError: one of those has a batch normalization.
    """
    began = time.perf_counter()
    head = Head.of(network)
    trainer = AdamTrainer(head.network)
    rng = np.random.default_rng((seed, 3))
    user = _balanced_indices(data.user.labels, steps * USER_BATCH, rng)
    images, labels = jittered(data.user.images[user], rng), data.user.labels[user]
    replay = rng.integers(0, len(data.replay), (steps, REPLAY_BATCH))
    for step in range(steps):
        own = slice(step * USER_BATCH, (step + 1) * USER_BATCH)
        batch = np.concatenate([images[own], data.replay.images[replay[step]]])
        batch_labels = np.concatenate([labels[own], data.replay.labels[replay[step]]])
        rate = LEARNING_RATE * (1 - step / steps)
        trainer.step(head.features(as_input(batch)), _targets(batch_labels), rate)
    tuned = head.joined(trainer.network())
    test = data.test
    return FineTuneResult(
        tuned,
        accuracy(network, data.user.images, data.user.labels),
        accuracy(tuned, data.user.images, data.user.labels),
        accuracy(network, test.images, test.labels) if test else None,
        accuracy(tuned, test.images, test.labels) if test else None,
        time.perf_counter() - began,
        steps,
        data.test_name,
    )


def accuracy(network: Network, images: Images, labels: Labels) -> float:
    """The share of images uint8 ``[n, 28, 28]`` that are classified as their labels, 0 to 1."""
    return float((network.logits(as_input(images)).argmax(axis=1) == labels).mean())


def save_fine_tuned(
    result: FineTuneResult, data: FineTuneData, log_dir: Path, parent: dict[str, Any]
) -> RunDir:
    """Save the network as a new run, branched from ``parent``: a run's name and its step.

    Raises:
        UserError: the directory cannot be made.
        OSError: the checkpoint cannot be written.
    """
    architecture = result.network.architecture
    hparams = as_dict(
        HyperParameters(
            network=format_layers(architecture.layers), optimizer="adam",
            learning_rate=LEARNING_RATE,
            batch_size=USER_BATCH + REPLAY_BATCH, max_steps=result.steps,
        )
    )  # fmt: skip
    info = {
        "hyperparameters": hparams,
        "network": list(architecture.sizes),
        "dataset": {
            "name": "mine",
            "train": len(data.user),
            "classes": list(DIGITS),
            "image_shape": list(data.user.images.shape[1:]),
        },
        "device": DEVICE,
        "versions": versions(),
        "parent": parent,
    }
    run = create_run(log_dir, f"taught-{short_name(architecture.layers).replace('-', 'x')}", info)
    metadata = {"step": result.steps, "position": 0, "hyperparameters": hparams}
    file = checkpoint.write(run.checkpoints, Checkpoint(result.network.to_arrays(), metadata))
    events: list[Event] = [
        Started(0, hparams, DEVICE, result.network.parameters, time=time.time() - result.seconds),
        Notice(result.steps, result.summary()),
        Saved(result.steps, file.name),
        Finished(result.steps, Outcome.DONE, result.seconds),
    ]
    write_atomic(run.events, "".join(to_json(event) + "\n" for event in events).encode())
    return run


def _balanced_indices(labels: Labels, n: int, rng: np.random.Generator) -> npt.NDArray[np.intp]:
    """``n`` random indices, with equal probability for each label."""
    share = 1.0 / np.bincount(labels, minlength=256)[labels]
    return rng.choice(len(labels), n, p=share / share.sum())


def _targets(labels: Labels) -> Floats:
    """Target probabilities ``[n, classes]``: one-hot, and uniform for the reject class."""
    targets = np.full((len(labels), len(DIGITS)), 1 / len(DIGITS), np.float32)
    has_class = labels != NO_CLASS
    targets[has_class] = np.eye(len(DIGITS), dtype=np.float32)[labels[has_class]]
    return targets
