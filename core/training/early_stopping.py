"""Early stopping: end a run at a target accuracy, or after evaluations without improvement.

Of a model that gives no classes, the score is minus the loss in the place of the accuracy.
"""

from collections.abc import Mapping

from core.run.hparams import HyperParameters

LOWEST = -1e300
"""Below every score."""


class EarlyStopping:
    """Tracks the best score on validation."""

    def __init__(self) -> None:
        self._best, self._since_best = LOWEST, 0
        self.stop_reason = ""
        """Why the run should end; empty while it should not."""

    def state(self) -> dict[str, float]:
        """The state that a resumed run needs to stop at the same step."""
        return {"best": self._best, "since_best": self._since_best}

    def restore(self, state: Mapping[str, float]) -> None:
        """Restore what `state` returned."""
        self._best = float(state.get("best", LOWEST))
        self._since_best = int(state.get("since_best", 0))

    def update(self, accuracy: float, hparams: HyperParameters) -> None:
        """Record the score on validation of the next evaluation: the accuracy, 0 to 1."""
        if accuracy > self._best:
            self._best, self._since_best = accuracy, 0
        else:
            self._since_best += 1
        if hparams.target_precision and accuracy >= hparams.target_precision:
            self.stop_reason = f"precision {accuracy:.4f} reached"
        elif hparams.patience and self._since_best >= hparams.patience:
            self.stop_reason = f"no improvement in {self._since_best} evaluations"
