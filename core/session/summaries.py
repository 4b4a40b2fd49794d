"""Write TensorBoard summaries of a run while its events pass by.

The thread that pulls the events only appends to a queue. What takes time (histograms, activations
of some images, the disk) is done on the writer's thread. A disk that cannot be written is reported
once, and training goes on. `loss.f32` has the exact loss of every step, so that here one loss in
`summary_every` steps is enough.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt

from core.network.architecture import Architecture
from core.network.health import affordable_images, own_update_ratios, update_ratios
from core.network.keras_layers import keras_layers
from core.network.network import Floats, Network, as_input
from core.network.own_keras import PREFIX
from core.run.events import (
    Alert,
    Changed,
    Diverged,
    Evaluated,
    Event,
    Failed,
    Finished,
    NamedArrays,
    Notice,
    Started,
    StepEvent,
    Steps,
    Weights,
)
from core.run.hparams import SPECS, HyperParameters, as_dict, update_hparams, validate_hparams
from core.run.layers import is_own, parse_layers
from core.run.schedules import learning_rates
from core.rundir.checkpoint import LAYER_PREFIXES
from core.rundir.resume import read_events
from core.rundir.rundir import RunDir
from core.tfevents import encode
from core.tfevents.graph import sequential
from core.tfevents.items import HParam
from core.tfevents.writer import EventWriter
from core.training.config import architecture_for
from data.dataset import Dataset
from trainpad.errors import RunError

INPUT_IMAGES = 10
"""Training images written as examples of the input."""
ACTIVATION_IMAGES = 256
"""Test images that the histograms of activations are computed from."""
SUMMARY_INTERVAL = 1.0
"""Minimum seconds between two summaries of the weights."""
METRICS = ("precision/validation", "precision/test", "precision/train", "loss")


def with_summaries(
    source: Iterator[Event],
    folder: Path,
    dataset: Dataset,
    *,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[Event]:
    """Yield the events of `source`, and write them to event files in `folder`.

    Args:
        source: The events of a run; `Started` begins a file.
        folder: The run directory.
        dataset: The data that the run trains on.
        clock: Monotonic seconds, which space the summaries of the weights.
    """
    summaries = Summaries(folder, dataset, clock)
    try:
        for event in source:
            summaries.on_event(event)
            yield from summaries.disk_alerts()
            yield event
    finally:
        summaries.close()


class Summaries:
    """Writes the summaries of one run from its events."""

    def __init__(self, folder: Path, dataset: Dataset, clock: Callable[[], float]) -> None:
        self._folder, self._dataset, self._clock = folder, dataset, clock
        self._writer: EventWriter | None = None
        self._hparams = HyperParameters()
        self._architecture = self._known_architecture()
        self._sample = as_input(dataset.test.images[:ACTIVATION_IMAGES])
        self._step = 0
        self._timed_steps, self._timed_seconds = 0, 0.0
        self._weights_due = -np.inf
        self._weights: Weights | None = None
        self._failing = False

    def on_event(self, event: Event) -> None:
        """Queue the summaries of `event`; the last event waits for the disk."""
        if isinstance(event, Started):
            self._start(event)
        writer = self._writer
        if writer is None:
            return
        if isinstance(event, StepEvent):
            self._step = event.step
        match event:
            case Steps():
                self._on_steps(writer, event)
            case Weights():
                self._on_weights(writer, event)
            case Evaluated():
                _write_evaluation(writer, event)
            case Changed(step=step, name=name, old=old, new=new):
                if name in SPECS:
                    self._hparams = update_hparams(self._hparams, {name: new})
                writer.text(f"hyperparameters/{name}", _change_text(name, old, new), step)
            case Finished() | Diverged() | Failed():
                self._end(writer, "success" if isinstance(event, Finished) else "failure")

    def disk_alerts(self) -> Iterator[Event]:
        """Yield an event when the disk fails, and one when it works again."""
        writer = self._writer
        if writer is None:
            return
        error = writer.error
        if error is not None and not self._failing:
            self._failing = True
            text = f"summaries for TensorBoard cannot be written: {error.strerror}"
            yield Alert(
                self._step,
                f"{text}; training goes on, and they are written as soon as the disk allows",
            )
        elif error is None and self._failing:
            self._failing = False
            lost = f"; {writer.dropped:,} are lost" if writer.dropped else ""
            yield Notice(self._step, f"writing summaries for TensorBoard resumed{lost}")

    def close(self) -> None:
        """Write what is queued, as far as the disk allows."""
        if self._writer is not None:
            self._writer.close()

    def _start(self, event: Started) -> None:
        """Begin a file; that of a resumed run purges later steps from earlier files."""
        self.close()
        self._hparams = validate_hparams(event.hyperparameters)
        self._architecture = self._known_architecture()
        self._writer = writer = EventWriter(self._folder, event.step or None)
        hparams = {name: _plain(value) for name, value in as_dict(self._hparams).items()}
        hparams["dataset"] = self._dataset.name
        writer.hparams_experiment([*hparams], METRICS)
        writer.hparams_start(hparams)
        if event.step:
            self._rewrite_evaluation(writer, event.step)
        else:
            self._write_graph_and_images(writer)

    def _known_architecture(self) -> Architecture | None:
        """The network's layers; None of a model of a person's own."""
        if is_own(parse_layers(self._hparams.network)):
            return None
        return architecture_for(self._hparams, self._dataset)

    def _write_graph_and_images(self, writer: EventWriter) -> None:
        """Write what a run has once: the graph, and examples of the input."""
        if self._architecture is not None:
            names = [f"layer{number}" for number in range(len(self._architecture.weighted))]
            layers = keras_layers(self._architecture, names)
            writer.keras_model(sequential(self._dataset.image_shape, layers))
        if self._dataset.has_pictures:
            writer.image("input", self._dataset.train.images[:INPUT_IMAGES], 0)

    def _rewrite_evaluation(self, writer: EventWriter, step: int) -> None:
        """Write the evaluation at `step` again: it was purged with those of later steps."""
        found: Evaluated | None = None
        with suppress(RunError):
            for event in read_events(RunDir(self._folder)):
                found = event if isinstance(event, Evaluated) and event.step == step else found
        if found is not None:
            _write_evaluation(writer, found)

    def _on_steps(self, writer: EventWriter, event: Steps) -> None:
        first, count, every = event.first, len(event.losses), self._hparams.summary_every
        self._step = first + count
        self._timed_steps += count
        self._timed_seconds += event.seconds
        due = range(-(-first // every) * every, first + count, every)
        if not due:
            return
        rates = learning_rates(self._hparams, first, count)
        for step in due:
            writer.scalar("loss", event.losses[step - first], step)
            writer.scalar("learning_rate", rates[step - first], step)
        if self._timed_seconds:
            rate = self._timed_steps / self._timed_seconds
            writer.scalar("steps_per_second", rate, due[-1])
        self._timed_steps, self._timed_seconds = 0, 0.0

    def _on_weights(self, writer: EventWriter, event: Weights) -> None:
        if event.previous:
            writer.deferred(partial(update_values, event.arrays, event.previous), event.step)
        if self._clock() < self._weights_due:
            self._weights = event
        else:
            self._write_layers(writer, event)

    def _write_layers(self, writer: EventWriter, event: Weights) -> None:
        self._weights, self._weights_due = None, self._clock() + SUMMARY_INTERVAL
        writer.deferred(
            partial(layer_values, event.arrays, self._sample, self._architecture), event.step
        )

    def _end(self, writer: EventWriter, status: encode.Status) -> None:
        if self._weights is not None:
            self._write_layers(writer, self._weights)
        writer.hparams_end(status)
        writer.close()


def layer_values(
    arrays: NamedArrays, sample: Floats, architecture: Architecture | None
) -> list[encode.Value]:
    """Return a histogram and four scalars for each layer's arrays and activations.

    `sample` are the images for the activations, float32 ``[n, inputs]`` from 0 to 1.
    """
    with np.errstate(all="ignore"):  # a network that diverged is shown as it is
        named = {n: array for n, array in arrays.items() if n.startswith(LAYER_PREFIXES)}
        if architecture is not None:
            sample = sample[: affordable_images(architecture)]
            activations = Network.from_arrays(arrays, architecture).activations(sample)
            named |= {f"layer{i}/activations": values for i, values in enumerate(activations)}
        return [
            value for name, array in named.items() for value in _distribution_values(name, array)
        ]


def update_values(arrays: NamedArrays, previous: NamedArrays) -> list[encode.Value]:
    """Return the update ratio of each layer, from its weights and those of one step earlier."""
    with np.errstate(all="ignore"):
        ratios = {f"layer{i}": ratio for i, ratio in enumerate(update_ratios(arrays, previous))}
        own = {name: array for name, array in arrays.items() if name.startswith(PREFIX)}
        known = {path: r for path, r in ratios.items() if r is not None}
        known |= own_update_ratios(own, previous)
    return [encode.scalar(f"{path}/update_ratio", ratio) for path, ratio in known.items()]


def _distribution_values(name: str, array: npt.NDArray[np.generic]) -> Sequence[encode.Value]:
    """Return the histogram and the four scalars of ``mnist_with_summaries``."""
    if not array.size:
        return ()
    numbers = array.astype(np.float64)
    statistics = {
        "mean": numbers.mean(),
        "stddev": numbers.std(),
        "min": numbers.min(),
        "max": numbers.max(),
    }
    scalars = [encode.scalar(f"{name}/{key}", value) for key, value in statistics.items()]
    return [encode.histogram(name, numbers), *scalars]


def _write_evaluation(writer: EventWriter, event: Evaluated) -> None:
    for split in event.confusion:
        writer.scalar(f"precision/{split}", event.accuracy(split), event.step)
    for split, loss in event.loss.items():
        writer.scalar(f"evaluation_loss/{split}", loss, event.step)
    for split, metrics in event.metrics.items():
        for name, value in metrics.items():
            writer.scalar(f"{name}/{split}", value, event.step)


def _change_text(name: str, old: object, new: object) -> str:
    if (spec := SPECS.get(name)) is None:
        return f"{name}: {old} → {new}"
    return f"{spec.label}: {spec.format(old)} → {spec.format(new)}"


def _plain(value: object) -> HParam:
    """Convert a hyperparameter to a type that TensorBoard can store."""
    if isinstance(value, tuple | list):
        return ", ".join(map(str, value)) or "none"
    return value if isinstance(value, bool | int | float) else str(value)
