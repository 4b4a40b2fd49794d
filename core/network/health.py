"""Statistics of a network's weights and activations, and a diagnosis: dead units, update ratios.

Nearly all of it is computed in numpy from the weights and a sample of images, so it works for a run
that ended long ago. The update ratio needs the weights of the step before and is never estimated
without them: over many steps, changes cancel out and would make every run look slow. It is measured
at every evaluation and recorded, and every diagnosis of it names its step.
"""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from core.network.architecture import GAMMA, MEAN, VARIANCE, Architecture, Stage
from core.network.network import Arrays, Floats, Layer, Network
from core.run.layers import Conv, OpaqueLayer

BINS = 64
MAX_COUNTED = 200_000
"""Values that a histogram counts at most; of a larger array, evenly spaced ones."""
MIN_HEALTHY_UPDATE, MAX_HEALTHY_UPDATE = 1e-4, 1e-2
"""A healthy update ratio is about 1e-3, within a factor of 10."""
DEAD_WARNING_SHARE = 0.25
"""The share of dead units from which they are a warning."""
MAX_OPERATIONS = 2_000_000_000
"""Multiplications and additions that the activations of a sample may cost: under 0.1 s."""
MIN_IMAGES = 16
"""The fewest images of a sample."""


@dataclass(frozen=True, slots=True, eq=False)
class Distribution:
    """Statistics of the finite values of an array."""

    mean: float
    std: float
    low: float
    high: float
    counts: npt.NDArray[np.int64]
    """Histogram of `BINS` equal bins from low to high, ``[BINS]``."""
    finite: bool
    """Whether all values were finite."""

    @classmethod
    def of(cls, values: npt.NDArray[np.floating]) -> "Distribution":
        """Compute the statistics of an array of any shape."""
        flat = values.ravel()
        known = flat[np.isfinite(flat)]
        if not len(known):
            return cls(np.nan, np.nan, 0.0, 0.0, np.zeros(BINS, np.int64), not len(flat))
        low, high = float(known.min()), float(known.max())
        return cls(
            mean=float(known.mean(dtype=np.float64)),
            std=float(known.std(dtype=np.float64)),
            low=low,
            high=high,
            counts=_histogram(known[:: 1 + len(known) // MAX_COUNTED], low, high),
            finite=len(known) == len(flat),
        )


class Severity(IntEnum):
    """How serious a diagnosis is."""

    INFO = 0
    WARNING = 1
    FATAL = 2
    """The network cannot improve any more."""


class Diagnosis(NamedTuple):
    """A sentence, which starts with what matters since its end may be cut off, and its severity."""

    text: str
    severity: Severity


class TaggedDistribution(NamedTuple):
    """The values of one array of a layer, and under which tag event files have them."""

    tag: str
    values: Distribution | None
    """None where they are not known."""


@dataclass(frozen=True, slots=True, eq=False)
class LayerReport:
    """Statistics of one layer at one step."""

    stage: Stage
    """The layer and its shapes."""
    hidden: bool
    """Whether it has a ReLU; the last layer has logits instead."""
    weights: Distribution
    biases: Distribution
    activations: Distribution | None
    """Over the sample; None without one."""
    dead: int | None
    """Units or channels that are 0 everywhere in the sample; None for logits or without one."""
    update_ratio: float | None
    """Norm of one step's change over the norm of the weights; None if not known."""

    parameters: int
    """Number of trained values, those of its batch normalization included."""
    multiply_adds: int
    """Multiplications of a weight with a value, each with an addition, for one image."""
    histograms: Mapping[str, "TaggedDistribution"]
    """By title: weights, biases, activations, then all other variables."""

    @property
    def path(self) -> str:
        """What the names of its arrays begin with: ``layer0``."""
        return self.histograms["weights"].tag.rpartition("/")[0]

    @property
    def units(self) -> int:
        """Number of units, or of channels."""
        return self.stage.outputs[-1]

    @property
    def is_convolution(self) -> bool:
        """Whether its units are channels."""
        return len(self.stage.outputs) > 1

    @property
    def nbytes(self) -> int:
        """Bytes of the weights and biases, as float32."""
        return 4 * self.parameters


@dataclass(frozen=True, slots=True)
class UpdateRatios:
    """The update ratios of layers, measured at one step, by what the names of their arrays share.

    That is ``layer0``, or the path of a layer in a person's own model.
    """

    step: int
    ratios: Mapping[str, float]


@dataclass(frozen=True, slots=True, eq=False)
class NetworkReport:
    """Statistics of a network after `step` steps, a report for each layer."""

    step: int
    layers: tuple[LayerReport, ...]
    """The convolutions and fully connected layers."""
    stages: tuple[Stage, ...]
    """All layers."""
    updates_step: int | None = None
    """The step at which the update ratios were measured; None if they are not known."""

    @property
    def parameters(self) -> int:
        """Number of trained values."""
        return sum(layer.parameters for layer in self.layers)

    @property
    def multiply_adds(self) -> int:
        """Multiplications of a weight with a value, each with an addition, for one image."""
        return sum(layer.multiply_adds for layer in self.layers)

    def number_at(self, place: int) -> int:
        """The number of the layer with weights at this place among all, or the last before it."""
        numbers = [s.number for s in self.stages[: place + 1] if s.number is not None]
        return numbers[-1] if numbers else 0

    def with_updates(self, updates: "UpdateRatios | None") -> "NetworkReport":
        """The report with these update ratios, unless its own are as new."""
        if updates is None or not any(layer.path in updates.ratios for layer in self.layers):
            return self
        if self.updates_step is not None and self.updates_step >= updates.step:
            return self
        layers = (
            dataclasses.replace(layer, update_ratio=updates.ratios.get(layer.path))
            for layer in self.layers
        )
        return dataclasses.replace(self, layers=tuple(layers), updates_step=updates.step)

    @property
    def diagnoses(self) -> list[Diagnosis]:
        """All diagnoses, most severe first; never empty."""
        found = [
            entry
            for i, layer in enumerate(self.layers)
            for entry in diagnose(i, layer, self.updates_step)
        ]
        found += self._healthy_updates()
        found.sort(key=lambda entry: -entry.severity)
        return found or [Diagnosis("no problems found", Severity.INFO)]

    def _healthy_updates(self) -> list[Diagnosis]:
        """One diagnosis if the update ratio of every layer is known and healthy."""
        updates = [layer.update_ratio for layer in self.layers if layer.update_ratio is not None]
        if not updates or not all(
            MIN_HEALTHY_UPDATE <= update <= MAX_HEALTHY_UPDATE for update in updates
        ):
            return []
        low, high = min(updates), max(updates)
        text = f"update ratio {low:.1e} to {high:.1e}{_at(self.updates_step)}: healthy"
        return [Diagnosis(text, Severity.INFO)]


def inspect_network(
    step: int, network: Network, before: Arrays | None = None, sample: Floats | None = None
) -> NetworkReport:
    """Compute the statistics of a network.

    Args:
        step: how many steps it was trained.
        network: the network.
        before: its arrays one step earlier, named as in a checkpoint, or None.
        sample: images ``[n, inputs]``, 0 to 1, or None; of many, the first are used.
    """
    architecture = network.architecture
    with np.errstate(all="ignore"):  # a diverged network overflows, and the report shows it
        outputs: list[Floats | None] = [None] * len(network.layers)
        if sample is not None and sample.shape[1] == network.sizes[0]:
            outputs = [*network.activations(sample[: affordable_images(architecture)])]
        ratios = update_ratios(network.to_arrays(), before or {})
        layers = tuple(
            _report(architecture, i, layer, outputs[i], ratios[i])
            for i, layer in enumerate(network.layers)
        )
    measured = None if ratios.count(None) == len(ratios) else step
    return NetworkReport(step, layers, architecture.stages, measured)


def affordable_images(architecture: Architecture) -> int:
    """Of how many images the activations can be computed in little time."""
    return max(MIN_IMAGES, MAX_OPERATIONS // max(1, architecture.flops))


def own_update_ratios(arrays: Arrays, before: Arrays) -> dict[str, float]:
    """The update ratio of each layer with a kernel in a person's own model, by the layer's path.

    Args:
        arrays: all its arrays, by the names of a checkpoint.
        before: the same one step earlier.
    """
    found: dict[str, float] = {}
    for name, array in arrays.items():
        path = name.rpartition("/")[0]
        ratio = update_ratio(array, before.get(name)) if array.ndim > 1 else None
        if ratio is not None:
            found.setdefault(path, ratio)
    return found


def update_ratios(arrays: Arrays, before: Arrays) -> list[float | None]:
    """The update ratio of each layer's weights: the norm of their change over their own norm.

    Args:
        arrays: a network's weights and biases, named as in a checkpoint.
        before: the same one step earlier; None is returned for what it lacks.
    """
    names = [name for name in arrays if name.startswith("layer") and name.endswith("/weights")]
    return [update_ratio(arrays[name], before.get(name)) for name in names]


def layer_name(number: int, stage: Stage) -> str:
    """The name of a layer with weights, the one with this number from 0, as shown to users."""
    if isinstance(stage.layer, OpaqueLayer):
        return stage.layer.name
    if isinstance(stage.layer, Conv):
        return f"conv {number + 1}"
    return "output" if stage.is_output else f"hidden {number + 1}"


def diagnose(number: int, layer: LayerReport, updates_step: int | None = None) -> list[Diagnosis]:
    """The diagnoses of layer `number`, counted from 0."""
    name = layer_name(number, layer.stage)
    if not (layer.weights.finite and layer.biases.finite):
        text = (
            f"{name}: weights are not finite; branch from a checkpoint with a smaller learning rate"
        )
        return [Diagnosis(text, Severity.FATAL)]
    return [*_diagnose_dead(name, layer), *_diagnose_update(name, layer, updates_step)]


def _diagnose_dead(name: str, layer: LayerReport) -> list[Diagnosis]:
    if not layer.dead:
        return []
    unit = "channel" if layer.is_convolution else "unit"
    if layer.dead == layer.units:
        text = (
            f"{name} is dead: no {unit} activates and it cannot learn; restart with a smaller "
            "learning rate"
        )
        return [Diagnosis(text, Severity.FATAL)]
    verb, why = ("is", "it never activates") if layer.dead == 1 else ("are", "they never activate")
    text = f"{name}: {layer.dead:,} of {layer.units:,} {unit}s {verb} dead"
    if layer.dead < DEAD_WARNING_SHARE * layer.units:
        return [Diagnosis(f"{text}: {why}", Severity.INFO)]
    return [Diagnosis(f"{text}; the learning rate may be too large", Severity.WARNING)]


def _diagnose_update(name: str, layer: LayerReport, step: int | None) -> list[Diagnosis]:
    if layer.update_ratio is None or MIN_HEALTHY_UPDATE <= layer.update_ratio <= MAX_HEALTHY_UPDATE:
        return []
    if layer.update_ratio == 0:
        text = f"{name}: update ratio 0{_at(step)}: the step changed no weight"
        return [Diagnosis(text, Severity.WARNING)]
    ratio = f"{name}: update ratio {layer.update_ratio:.1e}{_at(step)}"
    if layer.update_ratio > MAX_HEALTHY_UPDATE:
        text = f"{ratio}: high (healthy: 1e-03); lower the learning rate"
        return [Diagnosis(text, Severity.WARNING)]
    text = f"{ratio}: low (healthy: 1e-03); it learns slowly"
    return [Diagnosis(text, Severity.INFO)]


def _at(step: int | None) -> str:
    return "" if step is None else f" at step {step:,}"


def evenly_spaced(count: int, most: int) -> npt.NDArray[np.int64]:
    """At most `most` of the numbers 0 to ``count - 1``, evenly spaced."""
    return np.unique(np.linspace(0, count - 1, min(count, most)).astype(np.int64))


def _report(
    architecture: Architecture,
    number: int,
    layer: Layer,
    outputs: Floats | None,
    update_ratio: float | None,
) -> LayerReport:
    stage = architecture.weighted[number]
    hidden = number + 1 < len(architecture.weighted)
    dead = None
    if outputs is not None and hidden:
        dead = int((~(outputs > 0).reshape(-1, outputs.shape[-1]).any(axis=0)).sum())
    weights, biases = Distribution.of(layer.weights), Distribution.of(layer.biases)
    activations = None if outputs is None else Distribution.of(outputs)
    shown = {"weights": weights, "biases": biases, "activations": activations}
    if layer.norm is not None:
        shown |= {
            GAMMA: Distribution.of(layer.norm.gamma),
            MEAN: Distribution.of(layer.norm.mean),
            VARIANCE: Distribution.of(layer.norm.variance),
        }
    return LayerReport(
        stage=stage,
        hidden=hidden,
        parameters=sum(one.parameters for one in architecture.stages if one.number == number),
        multiply_adds=stage.flops // 2,
        weights=weights,
        biases=biases,
        activations=activations,
        histograms={
            title: TaggedDistribution(f"layer{number}/{title}", values)
            for title, values in shown.items()
        },
        dead=dead,
        update_ratio=update_ratio,
    )


def update_ratio(
    weights: npt.NDArray[np.generic], before: npt.NDArray[np.generic] | None
) -> float | None:
    """The norm of one step's change over the norm of the weights; None if it is not known."""
    if before is None or before.shape != weights.shape:
        return None
    now, then = np.asarray(weights, np.float32), np.asarray(before, np.float32)
    norm = float(np.linalg.norm(now))
    ratio = float(np.linalg.norm(now - then)) / norm if norm else np.nan
    return ratio if np.isfinite(ratio) else None


def _histogram(values: npt.NDArray[np.floating], low: float, high: float) -> npt.NDArray[np.int64]:
    """Counts in `BINS` equal bins; several times as fast as `numpy.histogram`."""
    if high <= low:
        return np.bincount([0], [len(values)], BINS).astype(np.int64)
    scaled = (values.astype(np.float64) - low) * (BINS / (high - low))
    bins = np.minimum(scaled.astype(np.int64), BINS - 1)
    return np.bincount(bins, minlength=BINS)
