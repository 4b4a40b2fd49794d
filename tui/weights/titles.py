"""The titles of the panels of the Weights screen."""

from core.network.explanation import LayerOutput
from core.network.health import NetworkReport
from tui.widgets.text_widget import Span


def after(step: int) -> Span:
    """The step of the weights that a panel shows."""
    return f"   after step {step:,}", "dim"


def layers_title(report: NetworkReport) -> list[Span]:
    """The step, the size of the network, and what one image costs."""
    costs = f", {report.multiply_adds:,} multiply-adds an image" if report.multiply_adds else ""
    size = f"   {report.parameters:,} parameters{costs}"
    return [("layers", "title"), after(report.step), (size, "dim")]


def layers_note(report: NetworkReport, problem: str) -> list[Span]:
    """Why there are no activations, or else the step of the update ratios."""
    if problem:
        return [(f"no activations: {problem}", "alert")]
    step = report.updates_step
    return [] if step is None else [(f"update ratio at step {step:,}", "dim")]


def histograms_title(steps: tuple[int, int] | None) -> list[Span]:
    """The first and the last step of the histograms."""
    text = ""
    if steps is not None:
        first, last = steps
        between = f"from step {first:,} to step {last:,}"
        text = f"   {between}" if first < last else f"   at step {last:,}"
    return [("histograms", "title"), (text, "dim")]


def maps_title(output: LayerOutput | None) -> list[Span]:
    """The layer of the feature maps, and its shape."""
    if output is None:
        return [("feature maps", "title")]
    what = "feature maps" if output.is_map else "units"
    return [(f"{what} of {output.name}", "title"), (f"   {output.shape_text}", "dim")]


def has_maps(report: NetworkReport) -> bool:
    """Whether any layer gives images."""
    return any(len(stage.outputs) > 1 for stage in report.stages)
