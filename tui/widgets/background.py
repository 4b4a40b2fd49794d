"""Work that is too long for the UI thread: one job at a time, and rest between jobs.

Training shares the cores with whatever a screen computes. So after a job its thread rests until
the jobs have had no more than a fiftieth of the time; only what somebody asked for by a key starts
at once. Of several wishes that wait the newest alone is done: the others are out of date.
"""

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

from textual.message import Message
from textual.message_pump import MessagePump

MAX_CPU_SHARE = 0.02
"""The part of one core that jobs may take in the long run."""
Result = TypeVar("Result")
Work = Callable[[], Result]


class JobFinished(Message):
    """A job ended; whoever gets this calls `deliver`."""

    def __init__(self, deliver: Callable[[], None]) -> None:
        super().__init__()
        self.deliver = deliver


class BackgroundJob(Generic[Result]):
    """Does jobs for a screen, which hands every `Finished` that it gets to `deliver`."""

    def __init__(
        self,
        owner: MessagePump,
        on_result: Callable[[Result | Exception], None],
        *,
        cooldown: float = 0.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`take` is called on the owner's thread with what a job returned or raised.

        `rest` is the least time, in seconds, between a job and the next.
        """
        self._owner = owner
        self._take = on_result
        self._rest = cooldown
        self._clock = clock
        self._waiting: Work[Result] | None = None
        self._rest_until = float("-inf")
        self._resting = False
        self._hurried = False  # the next job starts without resting first
        self._void = False  # what the job under way will say is not wanted any more
        self.busy = False
        """Whether a job is being done."""

    def submit(self, work: Work[Result], *, now: bool = False) -> None:
        """Have this done as soon as there is time; with `now`, without resting first."""
        self._waiting = work
        self._hurried = self._hurried or now
        self._go_on()

    def run_now(self) -> None:
        """Start what waits now: nothing trains that should be spared."""
        self._hurried = True
        self._go_on()

    def cancel(self) -> None:
        """Take nothing of what was asked for so far: something else is looked at now."""
        self._waiting, self._void = None, self.busy
        self._hurried = True

    def _go_on(self) -> None:
        """Start what waits, unless a job is under way or it is time to rest."""
        if self._waiting is None or self.busy:
            return
        rest = self._rest_until - self._clock()
        if rest > 0 and not self._hurried:
            if not self._resting:
                self._resting = True
                self._owner.set_timer(rest, self._wake)
            return
        work, self._waiting = self._waiting, None
        self.busy, self._hurried = True, False
        threading.Thread(target=self._work, args=(work,), name="aside", daemon=True).start()

    def _wake(self) -> None:
        self._resting = False
        self._go_on()

    def _work(self, work: Work[Result]) -> None:
        """On the thread: the job, and word of it."""
        began = self._clock()
        result: Result | Exception
        try:
            result = work()
        except Exception as error:  # noqa: BLE001 - the thread's boundary: the screen decides
            result = error
        ended = self._clock()
        rest_until = ended + max(self._rest, (ended - began) / MAX_CPU_SHARE)
        self._owner.post_message(JobFinished(lambda: self._deliver(result, rest_until)))

    def _deliver(self, result: Result | Exception, rest_until: float) -> None:
        void, self._void = self._void, False
        self.busy, self._rest_until = False, rest_until
        if not void:
            self._take(result)
        self._go_on()
