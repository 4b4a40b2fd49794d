"""The rows of the panel: which values a run has, in which order, under which titles."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from core.run.hparams import SPECS, HyperparameterSpec

STANDARD = sorted(SPECS.values(), key=lambda spec: (spec.advanced, not spec.live))
"""The hyperparameters of every run: live ones first, advanced ones last."""


class PanelRows(NamedTuple):
    """The values in the order in which they are shown, and what each row shows."""

    specs: Sequence[HyperparameterSpec]
    rows: Sequence[int | str]
    """A value, by its index in `specs`, or a title."""


def panel_rows(own: Mapping[str, HyperparameterSpec], model: str) -> PanelRows:
    """Return the rows for a run with a `model` that asks for the values `own`.

    Those of them that change while training come after the live hyperparameters, the others ahead
    of the hyperparameters for the next run. Our own dropout, which a model ignores, is left out.
    """
    titled = [(spec, _title(spec)) for spec in STANDARD if not (model and spec.name == "dropout")]
    place = sum(title == "hyperparameters" for _, title in titled)
    values = sorted(own.values(), key=lambda spec: not spec.live)
    titled[place:place] = [(spec, model if spec.live else f"next run: {model}") for spec in values]
    rows: list[int | str] = []
    for index, (_, title) in enumerate(titled):
        if not index or title != titled[index - 1][1]:
            rows.append(title)
        rows.append(index)
    return PanelRows([spec for spec, _ in titled], rows)


def _title(spec: HyperparameterSpec) -> str:
    if spec.advanced:
        return "more"
    return "hyperparameters" if spec.live else "next run"
