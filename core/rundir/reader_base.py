"""What a reader of either kind of run knows of the run, and the events that follow from that."""

from collections.abc import Iterator
from typing import Any

from core.run.events import END_EVENTS, Continued, Event, Lost, Paused, Preparing, Started
from core.rundir.rundir import RunDir
from core.rundir.validation import sanitized_info


class ReaderBase:
    """How far a run is, whether it has ended, and whether its writer is lost."""

    def __init__(self, run: RunDir) -> None:
        self._run = run
        self._is_lost = False
        self._activity: type[Paused | Continued] | None = None
        self.step = 0
        self.ended = False
        """Whether the run has ended and was not started again."""

    def lost(self) -> Iterator[Event]:
        """The `Lost` event of a run: its writer died, or its folder was deleted."""
        self._is_lost = True
        yield Lost(self.step, not self._run.path.is_dir())

    def recovered(self) -> Iterator[Event]:
        """What a run that counted as lost is doing, unless its events have said so since."""
        if self._is_lost and self._activity is not None:
            yield self._activity(self.step)
        self._is_lost = False

    def _info(self) -> dict[str, Any]:
        """The sanitized `run.json`, with the name of the folder where it has none.

        Raises:
            RunError: it is no run directory, or cannot be read.
        """
        info = sanitized_info(self._run.info())
        name = info.get("name")
        info["name"] = name if isinstance(name, str) else self._run.name
        return info

    def _note(self, event: Event) -> None:
        """Note what an event says of the run's state.

        Alerts and checkpoints may follow an end: what a full disk kept back is written then.
        """
        if isinstance(event, Paused | Continued | Started):
            self._activity = Paused if isinstance(event, Paused) else Continued
            self._is_lost = False
        if isinstance(event, END_EVENTS):
            self.ended = True
        elif isinstance(event, Preparing | Paused | Continued | Started):
            self.ended = False
