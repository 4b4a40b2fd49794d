"""How a network's numbers were spread over time, in bounded memory.

When as many moments are kept as a screen has columns, every second one is forgotten: so the time
between them doubles, and a run of any length costs the same.
"""

import dataclasses
from collections.abc import Sequence

import numpy as np

from core.network.health import Anatomy, LayerReport, Spread
from tui.widgets.half_blocks import Picture

MOST = 160
REACH = 5.0
"""How many standard deviations from the mean are shown; a few far values would squeeze the rest."""
QUANTITIES = ("weights", "biases", "activations")
FAINT = 0.4
"""The power that makes rare values visible beside frequent ones."""


class History:
    """Moments of one run, in the order of their steps."""

    def __init__(self) -> None:
        self._moments: list[Anatomy] = []

    @property
    def newest(self) -> Anatomy | None:
        """The last moment."""
        return self._moments[-1] if self._moments else None

    def fold(self, anatomy: Anatomy) -> None:
        """Take in a moment; one at an earlier step replaces all from there on.

        Where it is not known what a step changes, that is taken over from the moment before.
        """
        before = self.newest
        while self._moments and self._moments[-1].step >= anatomy.step:
            self._moments.pop()
        if before is not None and len(before.layers) == len(anatomy.layers):
            anatomy = _with_updates(anatomy, before)
        self._moments.append(anatomy)
        if len(self._moments) > MOST:
            self._moments = self._moments[::-2][::-1]

    def spreads(self, layer: int, quantity: str) -> list[tuple[int, Spread]]:
        """The spread of one quantity of a layer, with the step, wherever there is one."""
        found = []
        for moment in self._moments:
            if layer < len(moment.layers):
                spread = getattr(moment.layers[layer], quantity)
                if spread is not None and spread.counts.any():
                    found.append((moment.step, spread))
        return found


def heatmap(spreads: Sequence[tuple[int, Spread]], width: int, height: int) -> Picture:
    """How often which values occur, 0 to 1, ``[height, width]``: time to the right, values up."""
    low, high = limits(spreads)
    edges = np.linspace(low, high, height + 1)
    steps = np.array([step for step, _ in spreads])
    columns = np.array([spread.rebinned(edges) for _, spread in spreads])
    columns /= np.maximum(columns.max(axis=1, keepdims=True), 1e-12)
    at = np.linspace(steps[0], steps[-1], width)
    places = np.clip(np.searchsorted(steps, at, side="right") - 1, 0, len(steps) - 1)
    picture: Picture = columns[places].T[::-1] ** FAINT
    return picture


def limits(spreads: Sequence[tuple[int, Spread]]) -> tuple[float, float]:
    """The values that a heatmap reaches from and to; never the same."""
    low = min(max(spread.low, spread.mean - REACH * spread.deviation) for _, spread in spreads)
    high = max(min(spread.high, spread.mean + REACH * spread.deviation) for _, spread in spreads)
    margin = 0.0 if high > low else max(abs(low), 1.0) * 0.05
    return low - margin, high + margin


def _with_updates(anatomy: Anatomy, before: Anatomy) -> Anatomy:
    layers: list[LayerReport] = []
    for layer, known in zip(anatomy.layers, before.layers, strict=True):
        update = known.update if layer.update is None else layer.update
        layers.append(dataclasses.replace(layer, update=update))
    return Anatomy(anatomy.step, tuple(layers))
