"""The lines of the charts of one run of ours."""

from core.run.state import RunState
from data.dataset import SPLITS
from tui.chart.traces import Line


def losses_of(run: RunState) -> list[Line]:
    """The loss of each step, and that of the evaluations, above it."""
    has_penalty = bool(run.hparams.l2)
    steps = Line(
        "each batch, with the L2 penalty" if has_penalty else "each batch",
        run.losses,
        timeline=run.timeline,
        has_band=True,
    )
    points = run.evaluated_loss["validation"]
    name = "validation, without it" if has_penalty else "validation"
    evaluated = Line(name, points, timeline=points.timeline, layer=1, has_band=False)
    return [steps, evaluated] if len(points) else [steps]


def accuracies_of(run: RunState) -> list[Line]:
    """The accuracy on each split; that on validation is above the others."""
    curves = ((split, run.accuracy[split]) for split in SPLITS)
    return [
        Line(split, curve, timeline=curve.timeline, layer=split == "validation")
        for split, curve in curves
    ]
