"""Early stopping: end a run at a target accuracy, or after evaluations without improvement."""

from collections.abc import Mapping

from core.run.hparams import HyperParameters


class EarlyStopping:
    """Tracks the best validation accuracy."""

    def __init__(self) -> None:
        self._best, self._since_best = -1.0, 0
        self.stop_reason = ""
        """Why the run should end; empty while it should not."""

    def state(self) -> dict[str, float]:
        """The state that a resumed run needs to stop at the same step."""
        return {"best": self._best, "since_best": self._since_best}

    def restore(self, state: Mapping[str, float]) -> None:
        """Restore what `state` returned."""
        self._best = float(state.get("best", -1.0))
        self._since_best = int(state.get("since_best", 0))

    def update(self, accuracy: float, hparams: HyperParameters) -> None:
        """Record the validation accuracy (0 to 1) of the next evaluation."""
        if accuracy > self._best:
            self._best, self._since_best = accuracy, 0
        else:
            self._since_best += 1
        if hparams.target_precision and accuracy >= hparams.target_precision:
            self.stop_reason = f"precision {accuracy:.4f} reached"
        elif hparams.patience and self._since_best >= hparams.patience:
            self.stop_reason = f"no improvement in {self._since_best} evaluations"
