"""Teaching: a network learns a hand from a few drawings, and forgets nothing of what it knew.

Each batch has the user's digits, moved a little so that no two are alike, and old digits and
scribbles beside them; without old ones MNIST's precision falls by several points. What comes out
is a new run with one checkpoint, branched from whatever the weights came from.
"""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from core.network.adam import DEVICE, AdamTrainer, Floats
from core.network.network import Network
from core.run.events import Event, Finished, Notice, Saved, Started, to_json
from core.run.hparams import HyperParameters, as_dict
from core.run.status import Outcome
from core.rundir import checkpoint
from core.rundir.checkpoint import Checkpoint
from core.rundir.rundir import RunDir, create_run
from core.rundir.versions import versions
from data.dataset import DIGITS, NO_CLASS, Dataset, Images, Labels, Split
from data.drawn import draw_digits
from data.ink_affine import jittered
from data.own import UserDigits
from data.scribbles import draw_distractors
from trainpad.files import write_atomic

STEPS = 120
LEARNING_RATE = 0.001
USER_BATCH, REPLAY_BATCH = 32, 72
"""How many of the user's digits and of the old ones are in a batch."""
_REPLAY_DRAWN, _REPLAY_REJECTS = 2000, 400
_REPLAY_REAL = 4000


@dataclass(frozen=True, slots=True, eq=False)
class FineTuneData:
    """What is to be learned, and what must not be forgotten."""

    user: UserDigits
    replay: Split
    test: Split | None
    """Where to measure before and after: MNIST's test digits, where they are at hand."""
    test_name: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class FineTuneResult:
    """A network that was taught, and what that did; shares of digits read right, 0 to 1."""

    network: Network
    user_before: float
    user_after: float
    test_before: float | None
    test_after: float | None
    seconds: float
    steps: int
    test_name: str = ""

    def summary(self) -> str:
        """What came of it, for people."""
        own = f"yours {self.user_before:.0%} → {self.user_after:.0%}"
        if self.test_before is None or self.test_after is None:
            return f"taught in {self.seconds:.1f} s: {own}"
        test = f"{self.test_name} {self.test_before:.4f} → {self.test_after:.4f}"
        return f"taught in {self.seconds:.1f} s: {own}, {test}"


def make_fine_tune_data(own: UserDigits, known: Dataset | None, seed: int = 0) -> FineTuneData:
    """The user's digits, and old ones to go with them: drawn ones, and ``known`` ones if any.

    ``known`` is a set of digits, such as MNIST; another is of no use.
    """
    rng = np.random.default_rng(seed)
    images, labels = draw_digits(_REPLAY_DRAWN, (seed, 1))
    nothing = draw_distractors(_REPLAY_REJECTS, (seed, 2))
    parts = [(images, labels), (nothing, np.full(len(nothing), NO_CLASS, np.uint8))]
    usable = known is not None and known.classes == DIGITS and known.image_shape == (28, 28)
    if known is not None and usable:
        chosen = rng.integers(0, len(known.train), _REPLAY_REAL)
        parts.append((known.train.images[chosen], known.train.labels[chosen]))
    old = Split(
        np.concatenate([images for images, _ in parts]),
        np.concatenate([labels for _, labels in parts]),
    )
    if known is None or not usable:
        return FineTuneData(own, old, None)
    return FineTuneData(own, old, known.test, "MNIST" if known.name == "mnist" else known.name)


def fine_tune(
    network: Network, lesson: FineTuneData, *, steps: int = STEPS, seed: int = 0
) -> FineTuneResult:
    """A short fine-tuning; the network given stays as it is."""
    began = time.perf_counter()
    learner = AdamTrainer(network)
    rng = np.random.default_rng((seed, 3))
    own = _balanced_indices(lesson.user.labels, steps * USER_BATCH, rng)
    images, labels = jittered(lesson.user.images[own], rng), lesson.user.labels[own]
    old = rng.integers(0, len(lesson.replay), (steps, REPLAY_BATCH))
    for step in range(steps):
        mine = slice(step * USER_BATCH, (step + 1) * USER_BATCH)
        batch = np.concatenate([images[mine], lesson.replay.images[old[step]]])
        names = np.concatenate([labels[mine], lesson.replay.labels[old[step]]])
        learner.step(_inputs(batch), _targets(names), LEARNING_RATE * (1 - step / steps))
    taught = learner.network()
    test = lesson.test
    return FineTuneResult(
        taught,
        accuracy(network, lesson.user.images, lesson.user.labels),
        accuracy(taught, lesson.user.images, lesson.user.labels),
        accuracy(network, test.images, test.labels) if test else None,
        accuracy(taught, test.images, test.labels) if test else None,
        time.perf_counter() - began,
        steps,
        lesson.test_name,
    )


def accuracy(network: Network, images: Images, labels: Labels) -> float:
    """The share of images uint8 ``[n, 28, 28]`` that are read as their labels say."""
    return float((network.logits(_inputs(images)).argmax(axis=1) == labels).mean())


def save_fine_tuned(
    taught: FineTuneResult, lesson: FineTuneData, log_dir: Path, parent: dict[str, Any]
) -> RunDir:
    """Write the network as a new run that branched from ``parent``: a run's name and its step.

    Raises:
        UserError: the directory cannot be made.
        OSError: the checkpoint cannot be written.
    """
    sizes = taught.network.sizes
    hparams = as_dict(
        HyperParameters(
            hidden=sizes[1:-1], optimizer="adam", learning_rate=LEARNING_RATE,
            batch_size=USER_BATCH + REPLAY_BATCH, max_steps=taught.steps,
        )
    )  # fmt: skip
    info = {
        "hyperparameters": hparams,
        "network": list(sizes),
        "dataset": {"name": "mine", "train": len(lesson.user), "classes": list(DIGITS)},
        "device": DEVICE,
        "versions": versions(),
        "parent": parent,
    }
    run = create_run(log_dir, "taught-" + "x".join(map(str, sizes[1:-1])), info)
    about = {"step": taught.steps, "position": 0, "hyperparameters": hparams}
    file = checkpoint.write(run.checkpoints, Checkpoint(taught.network.to_arrays(), about))
    events: list[Event] = [
        Started(0, hparams, DEVICE, taught.network.parameters, time=time.time() - taught.seconds),
        Notice(taught.steps, taught.summary()),
        Saved(taught.steps, file.name),
        Finished(taught.steps, Outcome.DONE, taught.seconds),
    ]
    write_atomic(run.events, "".join(to_json(event) + "\n" for event in events).encode())
    return run


def _balanced_indices(labels: Labels, n: int, rng: np.random.Generator) -> npt.NDArray[np.intp]:
    """``n`` indices, each label as often as any other, however many examples it has."""
    share = 1.0 / np.bincount(labels, minlength=256)[labels]
    return rng.choice(len(labels), n, p=share / share.sum())


def _inputs(images: Images) -> Floats:
    return images.reshape(len(images), -1).astype(np.float32) / np.float32(255)


def _targets(labels: Labels) -> Floats:
    """One probability for each class; those of nothing are all alike."""
    targets = np.full((len(labels), len(DIGITS)), 1 / len(DIGITS), np.float32)
    named = labels != NO_CLASS
    targets[named] = np.eye(len(DIGITS), dtype=np.float32)[labels[named]]
    return targets
