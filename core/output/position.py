"""Which step a printed number belongs to, by what the program printed of steps and epochs."""


class Position:
    """How far a program is: its last step, its epoch, and from where the steps of an epoch count.

    Steps are as they are printed, or the index of a step in a progress bar, counted from 0. A count
    that begins again with a new epoch goes on from the steps before; it does so, too, where each
    epoch prints one step, always the same.
    """

    def __init__(self) -> None:
        self.last = -1
        """The last step; -1 before the first."""
        self.epoch: int | None = None
        """The epoch, counted from 0."""
        self._printed_epoch = -1
        self._counts_from = 1
        self._base = 0
        self._printed = -1
        self._has_new_epoch = False
        self._epoch_of_step = -1
        """The number of the epoch, as it was printed, when the last step was."""
        self._is_only_step = False
        """Whether the epoch has printed one step alone."""
        self._goes_on = False
        """Whether the steps of a new epoch went on from those before without beginning again."""

    @property
    def has_context(self) -> bool:
        """Whether a step or an epoch is known."""
        return self.last >= 0 or self.epoch is not None

    def begin_epoch(self, printed: int) -> bool:
        """Note the number of an epoch as it is printed; return whether it is another one."""
        if printed == self._printed_epoch:
            return False
        if printed == 0:
            self._counts_from = 0
        self._printed_epoch, self.epoch = printed, max(0, printed - self._counts_from)
        self._has_new_epoch = True
        return True

    def at_step(self, printed: int, total: int = 0) -> int:
        """Return the step of a line that names one, of `total` in its epoch where that is known."""
        if self._has_new_epoch:
            if printed < self._printed:
                self._base = (self.epoch or 0) * total if total else self.last + 1
            elif printed == self._printed and self._is_of_next_epoch:
                self._base = (self.epoch or 0) * total if total else self.last + (printed == 0)
            self._goes_on |= printed > self._printed >= 0
        is_first = self._has_new_epoch or self._printed < 0
        self._is_only_step = is_first or (self._is_only_step and printed == self._printed)
        self._has_new_epoch = False
        self._printed, self._epoch_of_step = printed, self._printed_epoch
        return self.reach(self._base + printed)

    @property
    def _is_of_next_epoch(self) -> bool:
        """Whether a step that is printed again is another one.

        A higher epoch has begun after one that printed it alone, and no steps go on over epochs.
        """
        is_higher = self._printed_epoch > self._epoch_of_step >= 0
        return is_higher and self._is_only_step and not self._goes_on

    def within_epoch(self, index: int, total: int) -> int:
        """Return the step of a progress bar that counts the `total` steps of each epoch."""
        if total and self.epoch is not None:
            return self.reach(self.epoch * total + index)
        return self.at_step(index, total)

    def next_round(self) -> None:
        """Begin another progress bar of the same kind: its steps go on from those before."""
        self._base, self._printed, self._has_new_epoch = self.last + 1, -1, False

    def in_context(self) -> int:
        """Return the step of a line that names none: the last one, or else the epoch's number."""
        return self.last if self.last >= 0 else max(0, self._printed_epoch)

    def reach(self, step: int) -> int:
        """Note that a step is done; return it."""
        self.last = step
        return step
