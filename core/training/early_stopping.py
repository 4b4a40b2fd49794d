"""Ending a run before `max_steps`: good enough, or no better for long."""

from collections.abc import Mapping

from core.run.hparams import HyperParameters


class EarlyStopping:
    """Watches precision on the validation split, evaluation by evaluation."""

    def __init__(self) -> None:
        self._best, self._since_best = -1.0, 0
        self.stop_reason = ""
        """Why the run should end, or nothing."""

    def state(self) -> dict[str, float]:
        """What a resumed run needs to stop where this one would have."""
        return {"best": self._best, "since_best": self._since_best}

    def restore(self, state: Mapping[str, float]) -> None:
        """Go on from what `state` gave."""
        self._best = float(state.get("best", -1.0))
        self._since_best = int(state.get("since_best", 0))

    def update(self, precision: float, hparams: HyperParameters) -> None:
        """Take in the next evaluation."""
        if precision > self._best:
            self._best, self._since_best = precision, 0
        else:
            self._since_best += 1
        if hparams.target_precision and precision >= hparams.target_precision:
            self.stop_reason = f"done: precision {precision:.4f} reached"
        elif hparams.patience and self._since_best >= hparams.patience:
            self.stop_reason = f"done: no better for {self._since_best} evaluations"
