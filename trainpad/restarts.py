"""Whether the steps of a program begin again: a second phase under the same names."""

from collections.abc import Iterable

from trainpad.values import text_of


class Restarts:
    """Knows with which names the steps of a run began.

    A phase that begins again at the first step replaces the one before on charts. Numbers may come
    in any order: an earlier step alone says nothing.
    """

    def __init__(self, resumed: int = 0) -> None:
        self.resumed = resumed
        """How many steps an earlier process has recorded in this run; 0 without one."""
        self.first = -1
        """The first step; below every step until one was logged."""
        self._names: set[str] = set()
        self._is_said = False

    def begin(self, step: int, names: Iterable[str]) -> str:
        """Note the first step and what is logged at it; return what is to be said, or nothing."""
        self.first, self._names = step, set(names)
        if step or self.resumed < 2:
            return ""
        return (
            "the steps of the resumed run begin again at 0: the numbers of its first "
            f"{self.resumed:,} steps are no longer shown; log the steps that it goes on from"
        )

    def again(self, step: int, newest: int, names: Iterable[str]) -> str:
        """Return what is to be said of numbers at or before the first step, or nothing.

        Args:
            step: Their step.
            newest: The greatest step until now.
            names: What is logged.
        """
        if newest <= self.first:
            self._names.update(names)
            return ""
        found = sorted(map(text_of, self._names.intersection(names)))
        if self._is_said or not found:
            return ""
        self._is_said = True
        name = found[0][:80]
        return (
            f"the steps of {name!r} begin again at {step:,}, after {newest:,}: charts show the "
            "numbers from now on in place of the earlier ones, `trainpad export` has all; to see "
            f"both, log other names, such as 'second/{name}', or let the steps go on"
        )
