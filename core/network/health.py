"""What can be told of a network by looking at its numbers, and whether they look healthy.

All of it follows from the weights and a sample of images, with numpy, away from training: so it
can be had of a run that is long over. What one step changes is measured where the weights of one
step earlier are at hand, and estimated by nothing where they are not: differences over many steps
cancel out and would judge every run as too slow.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from core.network.network import Floats, Layer, Network

BINS = 64
MAX_COUNTED = 200_000
"""Values of one array that a histogram counts; of more, evenly spaced ones."""
MIN_HEALTHY_UPDATE, MAX_HEALTHY_UPDATE = 1e-4, 1e-2
"""Sound changes by a step, as a share of the weights: about 1e-3, give or take a factor of 10."""
DEAD_WARNING_SHARE = 0.25
"""The share of dead units from which on they are worth a warning."""
Arrays = Mapping[str, npt.NDArray[np.generic]]


@dataclass(frozen=True, slots=True, eq=False)
class Distribution:
    """How the values of an array are distributed; those that are not finite are left out."""

    mean: float
    std: float
    low: float
    high: float
    counts: npt.NDArray[np.int64]
    """How many values lie in each of `BINS` equal parts of low to high, ``[BINS]``."""
    finite: bool
    """Whether all values were finite."""

    @classmethod
    def of(cls, values: npt.NDArray[np.floating]) -> "Distribution":
        """The spread of an array of any shape."""
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

    def rebinned(self, edges: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """The share of the values between other edges, ``[len(edges) - 1]``.

        Within a bin the values are taken as evenly spread.
        """
        total = self.counts.sum()
        if not total or self.high <= self.low:
            inside = (edges[:-1] <= self.low) & (self.low < edges[1:])
            return np.where(inside, float(total > 0), 0.0)
        own = np.linspace(self.low, self.high, BINS + 1)
        below = np.concatenate([[0.0], np.cumsum(self.counts) / total])
        shares: npt.NDArray[np.float64] = np.diff(np.interp(edges, own, below))
        return shares


class Severity(IntEnum):
    """How pressing a judgement is."""

    INFO = 0
    WARNING = 1
    FATAL = 2
    """The network cannot get better any more."""


class Diagnosis(NamedTuple):
    """A sentence, what matters first: its end may be cut off; and how pressing it is."""

    text: str
    severity: Severity


@dataclass(frozen=True, slots=True, eq=False)
class LayerReport:
    """One layer's numbers at one moment."""

    inputs: int
    units: int
    hidden: bool
    """Whether a ReLU follows; else these are the logits."""
    weights: Distribution
    biases: Distribution
    activations: Distribution | None
    """Over the sample; None without one."""
    dead: int | None
    """Units that gave 0 for every image of the sample; None for logits or without a sample."""
    update_ratio: float | None
    """Norm of what the last step changed, over the norm of the weights; None if not known."""

    @property
    def parameters(self) -> int:
        """Weights and biases."""
        return self.units * (self.inputs + 1)

    @property
    def nbytes(self) -> int:
        """Their memory, as float32."""
        return 4 * self.parameters


@dataclass(frozen=True, slots=True, eq=False)
class NetworkReport:
    """A network's numbers after `step` steps, a report for each layer."""

    step: int
    layers: tuple[LayerReport, ...]

    @property
    def diagnoses(self) -> list[Diagnosis]:
        """What is to be said of it, the most pressing first; never nothing."""
        said = [entry for i, layer in enumerate(self.layers) for entry in diagnose(i, layer)]
        said += self._healthy_updates()
        said.sort(key=lambda entry: -entry.severity)
        return said or [Diagnosis("nothing looks wrong", Severity.INFO)]

    def _healthy_updates(self) -> list[Diagnosis]:
        """One sentence where what a step changes is known and sound in every layer."""
        updates = [layer.update_ratio for layer in self.layers if layer.update_ratio is not None]
        if not updates or not all(
            MIN_HEALTHY_UPDATE <= update <= MAX_HEALTHY_UPDATE for update in updates
        ):
            return []
        low, high = min(updates), max(updates)
        text = f"a step changes {low:.1e} to {high:.1e} of the weights: sound"
        return [Diagnosis(text, Severity.INFO)]


def inspect_network(
    step: int, arrays: Arrays, before: Arrays | None = None, sample: Floats | None = None
) -> NetworkReport:
    """Look at a network.

    Args:
        step: how many steps it was trained.
        arrays: its weights and biases, named as in a checkpoint.
        before: the same one step earlier, or nothing.
        sample: images ``[n, inputs]`` from 0 to 1, or nothing.

    Raises:
        DataError: the arrays are no network.
    """
    network = Network.from_arrays(arrays)
    with np.errstate(all="ignore"):  # a diverged network overflows, and that is what is shown
        given: list[Floats | None] = [None] * len(network.layers)
        if sample is not None and sample.shape[1] == network.sizes[0]:
            given = [*network.activations(sample)]
        return NetworkReport(
            step,
            tuple(
                _report(layer, i + 1 < len(network.layers), given[i], _previous_weights(before, i))
                for i, layer in enumerate(network.layers)
            ),
        )


def layer_name(number: int, hidden: bool) -> str:
    """What people call layer `number`, counted from 0."""
    return f"hidden {number + 1}" if hidden else "output"


def diagnose(number: int, layer: LayerReport) -> list[Diagnosis]:
    """What is worth saying of layer `number`, counted from 0."""
    name = layer_name(number, layer.hidden)
    if not (layer.weights.finite and layer.biases.finite):
        text = f"{name}: weights are not finite; branch from a checkpoint, with a smaller rate"
        return [Diagnosis(text, Severity.FATAL)]
    return [*_diagnose_dead(name, layer), *_diagnose_update(name, layer)]


def _diagnose_dead(name: str, layer: LayerReport) -> list[Diagnosis]:
    if not layer.dead:
        return []
    if layer.dead == layer.units:
        text = (
            f"{name} is dead: no unit fires, nothing more is learned; begin anew with a smaller "
            "learning rate"
        )
        return [Diagnosis(text, Severity.FATAL)]
    text = f"{name}: {layer.dead:,} of {layer.units:,} units are dead, they never fire"
    if layer.dead < DEAD_WARNING_SHARE * layer.units:
        return [Diagnosis(text, Severity.INFO)]
    return [Diagnosis(f"{text}; the learning rate may be too large", Severity.WARNING)]


def _diagnose_update(name: str, layer: LayerReport) -> list[Diagnosis]:
    if layer.update_ratio is None or MIN_HEALTHY_UPDATE <= layer.update_ratio <= MAX_HEALTHY_UPDATE:
        return []
    if layer.update_ratio == 0:
        return [Diagnosis(f"{name}: the last step changed nothing", Severity.WARNING)]
    changes = f"{name}: a step changes {layer.update_ratio:.1e} of the weights"
    if layer.update_ratio > MAX_HEALTHY_UPDATE:
        text = f"{changes}: too much (sound: 1e-03); lower the learning rate"
        return [Diagnosis(text, Severity.WARNING)]
    text = f"{changes}: little (sound: 1e-03); it learns slowly"
    return [Diagnosis(text, Severity.INFO)]


def evenly_spaced(count: int, most: int) -> npt.NDArray[np.int64]:
    """At most `most` of the numbers 0 to ``count - 1``, evenly spaced."""
    return np.unique(np.linspace(0, count - 1, min(count, most)).astype(np.int64))


def _report(layer: Layer, hidden: bool, given: Floats | None, before: Floats | None) -> LayerReport:
    inputs, units = layer.weights.shape
    return LayerReport(
        inputs=inputs,
        units=units,
        hidden=hidden,
        weights=Distribution.of(layer.weights),
        biases=Distribution.of(layer.biases),
        activations=None if given is None else Distribution.of(given),
        dead=None if given is None or not hidden else int((~(given > 0).any(axis=0)).sum()),
        update_ratio=_update_ratio(layer.weights, before),
    )


def _update_ratio(weights: Floats, before: Floats | None) -> float | None:
    if before is None or before.shape != weights.shape:
        return None
    norm = float(np.linalg.norm(weights))
    ratio = float(np.linalg.norm(weights - before)) / norm if norm else np.nan
    return ratio if np.isfinite(ratio) else None


def _previous_weights(before: Arrays | None, number: int) -> Floats | None:
    found = (before or {}).get(f"layer{number}/weights")
    return None if found is None else np.asarray(found, np.float32)


def _histogram(values: npt.NDArray[np.floating], low: float, high: float) -> npt.NDArray[np.int64]:
    """How many values lie in each of `BINS` parts; several times as fast as `numpy.histogram`."""
    if high <= low:
        return np.bincount([0], [len(values)], BINS).astype(np.int64)
    scaled = (values.astype(np.float64) - low) * (BINS / (high - low))
    places = np.minimum(scaled.astype(np.int64), BINS - 1)
    return np.bincount(places, minlength=BINS)
