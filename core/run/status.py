"""What a run is doing and how it ended, as enumerations."""

from enum import StrEnum


class RunStatus(StrEnum):
    """What a run is doing, or how it ended."""

    STARTING = "starting"
    TRAINING = "training"
    PAUSED = "paused"
    DONE = "done"
    STOPPED = "stopped"
    DIVERGED = "diverged"
    FAILED = "failed"
    LOST = "lost"
    """Its process is gone, and the run has not ended."""

    @property
    def is_live(self) -> bool:
        """Whether the run can still make progress, and so can be steered."""
        return self in (RunStatus.STARTING, RunStatus.TRAINING, RunStatus.PAUSED)

    @property
    def is_running(self) -> bool:
        """Whether the run has started and not ended: it is training or paused."""
        return self in (RunStatus.TRAINING, RunStatus.PAUSED)


class Outcome(StrEnum):
    """Why a run that neither diverged nor failed ended."""

    DONE = "done"
    """It took all its steps, or stopped early because it was good enough."""
    STOPPED = "stopped"
    INTERRUPTED = "interrupted"

    @property
    def status(self) -> RunStatus:
        """The status of a run that ended so."""
        return RunStatus.DONE if self is Outcome.DONE else RunStatus.STOPPED


def parse_reason(reason: str) -> tuple[Outcome, str]:
    """The outcome and the detail of a recorded reason, such as ``done: precision 0.98 reached``.

    Anything that does not begin with an outcome counts as the detail of ``stopped``.
    """
    name, _, detail = reason.partition(": ")
    try:
        return Outcome(name), detail
    except ValueError:
        return Outcome.STOPPED, reason
