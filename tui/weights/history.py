"""How a network's numbers were spread over time, in bounded memory.

When as many moments are kept as a screen has columns, every second one is forgotten: so the time
between them doubles, and a run of any length costs the same.
"""

import dataclasses
from collections.abc import Sequence

import numpy as np

from core.network.health import Distribution, LayerReport, NetworkReport
from tui.widgets.half_blocks import Image

MAX_REPORTS = 160
SHOWN_STDS = 5.0
"""How many standard deviations from the mean are shown; a few far values would squeeze the rest."""
QUANTITIES = ("weights", "biases", "activations")
GAMMA = 0.4
"""The power that makes rare values visible beside frequent ones."""


class ReportHistory:
    """Moments of one run, in the order of their steps."""

    def __init__(self) -> None:
        self._reports: list[NetworkReport] = []

    @property
    def newest(self) -> NetworkReport | None:
        """The last moment."""
        return self._reports[-1] if self._reports else None

    def add(self, anatomy: NetworkReport) -> None:
        """Take in a moment; one at an earlier step replaces all from there on.

        Where it is not known what a step changes, that is taken over from the moment before.
        """
        before = self.newest
        while self._reports and self._reports[-1].step >= anatomy.step:
            self._reports.pop()
        if before is not None and len(before.layers) == len(anatomy.layers):
            anatomy = _with_update_ratios(anatomy, before)
        self._reports.append(anatomy)
        if len(self._reports) > MAX_REPORTS:
            self._reports = self._reports[::-2][::-1]

    def distributions(self, layer: int, quantity: str) -> list[tuple[int, Distribution]]:
        """The spread of one quantity of a layer, with the step, wherever there is one."""
        found = []
        for moment in self._reports:
            if layer < len(moment.layers):
                spread = getattr(moment.layers[layer], quantity)
                if spread is not None and spread.counts.any():
                    found.append((moment.step, spread))
        return found


def heatmap(spreads: Sequence[tuple[int, Distribution]], width: int, height: int) -> Image:
    """How often which values occur, 0 to 1, ``[height, width]``: time to the right, values up."""
    low, high = value_range(spreads)
    edges = np.linspace(low, high, height + 1)
    steps = np.array([step for step, _ in spreads])
    columns = np.array([spread.rebinned(edges) for _, spread in spreads])
    columns /= np.maximum(columns.max(axis=1, keepdims=True), 1e-12)
    at = np.linspace(steps[0], steps[-1], width)
    places = np.clip(np.searchsorted(steps, at, side="right") - 1, 0, len(steps) - 1)
    picture: Image = columns[places].T[::-1] ** GAMMA
    return picture


def value_range(spreads: Sequence[tuple[int, Distribution]]) -> tuple[float, float]:
    """The values that a heatmap reaches from and to; never the same."""
    low = min(max(spread.low, spread.mean - SHOWN_STDS * spread.std) for _, spread in spreads)
    high = max(min(spread.high, spread.mean + SHOWN_STDS * spread.std) for _, spread in spreads)
    margin = 0.0 if high > low else max(abs(low), 1.0) * 0.05
    return low - margin, high + margin


def _with_update_ratios(anatomy: NetworkReport, before: NetworkReport) -> NetworkReport:
    layers: list[LayerReport] = []
    for layer, known in zip(anatomy.layers, before.layers, strict=True):
        update = known.update_ratio if layer.update_ratio is None else layer.update_ratio
        layers.append(dataclasses.replace(layer, update_ratio=update))
    return NetworkReport(anatomy.step, tuple(layers))
