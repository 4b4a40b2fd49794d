"""Reports on a network over time, in bounded memory.

Whenever `MAX_REPORTS` is exceeded every second report is dropped, so a run of any length costs the
same.
"""

import dataclasses
from collections.abc import Sequence

import numpy as np

from core.network.health import Distribution, LayerReport, NetworkReport
from tui.widgets.half_blocks import Image

MAX_REPORTS = 160
SHOWN_STDS = 5.0
"""Standard deviations around the mean that are shown; outliers would squeeze the rest."""
QUANTITIES = ("weights", "biases", "activations")
GAMMA = 0.4
"""The power that makes rare values visible beside frequent ones."""


class ReportHistory:
    """Reports on one run's network, in the order of their steps."""

    def __init__(self) -> None:
        self._reports: list[NetworkReport] = []

    @property
    def newest(self) -> NetworkReport | None:
        """The newest report."""
        return self._reports[-1] if self._reports else None

    def add(self, report: NetworkReport) -> None:
        """Add a report; one at an earlier step replaces all from there on.

        An unknown update ratio is taken from the report before.
        """
        before = self.newest
        while self._reports and self._reports[-1].step >= report.step:
            self._reports.pop()
        if before is not None and len(before.layers) == len(report.layers):
            report = _with_update_ratios(report, before)
        self._reports.append(report)
        if len(self._reports) > MAX_REPORTS:
            self._reports = self._reports[::-2][::-1]

    def distributions(self, layer: int, quantity: str) -> list[tuple[int, Distribution]]:
        """The distributions of one quantity of a layer, each with its step."""
        distributions = []
        for report in self._reports:
            if layer < len(report.layers):
                spread = getattr(report.layers[layer], quantity)
                if spread is not None and spread.counts.any():
                    distributions.append((report.step, spread))
        return distributions


def heatmap(distributions: Sequence[tuple[int, Distribution]], width: int, height: int) -> Image:
    """How often which values occur, 0 to 1, ``[height, width]``: time to the right, values up."""
    low, high = value_range(distributions)
    edges = np.linspace(low, high, height + 1)
    steps = np.array([step for step, _ in distributions])
    columns = np.array([spread.rebinned(edges) for _, spread in distributions])
    columns /= np.maximum(columns.max(axis=1, keepdims=True), 1e-12)
    at = np.linspace(steps[0], steps[-1], width)
    indices = np.clip(np.searchsorted(steps, at, side="right") - 1, 0, len(steps) - 1)
    picture: Image = columns[indices].T[::-1] ** GAMMA
    return picture


def value_range(distributions: Sequence[tuple[int, Distribution]]) -> tuple[float, float]:
    """The lowest and the highest value to show, never the same."""
    low = min(max(spread.low, spread.mean - SHOWN_STDS * spread.std) for _, spread in distributions)
    high = max(
        min(spread.high, spread.mean + SHOWN_STDS * spread.std) for _, spread in distributions
    )
    margin = 0.0 if high > low else max(abs(low), 1.0) * 0.05
    return low - margin, high + margin


def _with_update_ratios(report: NetworkReport, before: NetworkReport) -> NetworkReport:
    layers: list[LayerReport] = []
    for layer, earlier in zip(report.layers, before.layers, strict=True):
        update = earlier.update_ratio if layer.update_ratio is None else layer.update_ratio
        layers.append(dataclasses.replace(layer, update_ratio=update))
    return NetworkReport(report.step, tuple(layers))
