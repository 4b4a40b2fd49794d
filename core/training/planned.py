"""The changes of hyperparameters that are planned for steps of a run."""

from collections.abc import Sequence
from typing import Any

Change = tuple[int, str, Any]
"""From this step on, the hyperparameter of this name has this value."""


class PlannedChanges:
    """Planned changes; those for a step are taken once, also if it is waited for at that step."""

    def __init__(self, changes: Sequence[Change]) -> None:
        self._changes = changes
        self._taken = -1  # the last step of which the changes were taken

    def since(self, step: int) -> list[Change]:
        """The changes for `step` and later ones."""
        return [change for change in self._changes if change[0] >= step]

    def take(self, step: int) -> dict[str, Any]:
        """The values by name that are planned for `step` and were not taken yet."""
        changes = self._due(step)
        self._taken = step
        return {name: value for _, name, value in changes}

    def extend_at(self, step: int) -> bool:
        """Whether changes for `step` that were not taken yet plan more steps.

        A run that had done all its steps and was then resumed with more has such changes.
        """
        return any(name == "max_steps" and value > step for _, name, value in self._due(step))

    def steps_until_due(self, step: int) -> list[int]:
        """How many steps after `step` each later change is due."""
        return [planned - step for planned, _, _ in self._changes if planned > step]

    def _due(self, step: int) -> list[Change]:
        return [change for change in self._changes if change[0] == step > self._taken]
