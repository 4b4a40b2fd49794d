"""What Evaluate says of a run that has no confusion matrix."""

from core.run.state import RunState


def without_matrix(run: RunState) -> tuple[str, str]:
    """Why there is no matrix, and the newest losses and metrics; empty before an evaluation."""
    if not run.evaluations:
        return "no evaluation yet: press e on the Train screen", ""
    newest = run.evaluations[-1]
    shown = []
    for split, loss in newest.loss.items():
        metrics = newest.metrics.get(split, {})
        values = ", ".join(f"{name} {value:.4g}" for name, value in metrics.items())
        shown.append(f"{split}: loss {loss:.4g}" + (f", {values}" if values else ""))
    said = f"this model gives values and no classes, so there is no matrix; step {newest.step:,}"
    return said, "   ".join(shown)
