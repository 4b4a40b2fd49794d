"""Background jobs, one at a time, capped at 2 % of a core.

Training shares the cores with the computations of screens. So after a job its thread pauses until
jobs have taken no more than a fiftieth of the time; only what a key requested starts at once. Of
several pending jobs only the newest is run: the others are out of date.
"""

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

from textual.message import Message
from textual.message_pump import MessagePump

from tui.widgets.throttle import Throttle

MAX_CPU_SHARE = 0.02
"""The fraction of one core that jobs may take in the long run."""
Result = TypeVar("Result")
Work = Callable[[], Result]


class JobFinished(Message):
    """A job ended; the owner calls `deliver`."""

    def __init__(self, deliver: Callable[[], None]) -> None:
        super().__init__()
        self.deliver = deliver


class BackgroundJob(Generic[Result]):
    """Runs jobs for a screen, which calls `deliver` of each `JobFinished` it receives."""

    def __init__(
        self,
        owner: MessagePump,
        on_result: Callable[[Result | Exception], None],
        *,
        cooldown: float = 0.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`on_result` is called on the owner's thread with what a job returned or raised.

        `cooldown` is the shortest pause, in seconds, between two jobs.
        """
        self._owner = owner
        self._on_result = on_result
        self._cooldown = cooldown
        self._clock = clock
        self._throttle = Throttle(clock=clock)
        self._pending: Work[Result] | None = None
        self._skip_cooldown = False
        self._discard_result = False
        self.busy = False
        """Whether a job is running."""

    def submit(self, work: Work[Result], *, now: bool = False) -> None:
        """Run this as soon as the cooldown is over; with `now`, without a cooldown."""
        self._pending = work
        self._skip_cooldown = self._skip_cooldown or now
        self._start_pending()

    def run_now(self) -> None:
        """Skip the cooldown of the pending job, or of the next one."""
        self._skip_cooldown = True
        self._start_pending()

    def cancel(self) -> None:
        """Drop the pending job and the result of the running one; the next starts at once."""
        self._pending, self._discard_result = None, self.busy
        self._skip_cooldown = True

    def _start_pending(self) -> None:
        """Start the pending job, unless one is running, as soon as the cooldown is over."""
        if self._pending is None or self.busy:
            return
        if self._skip_cooldown:
            self._throttle.reset()
        self._throttle.call(self._start, self._owner.set_timer)

    def _start(self) -> None:
        if self._pending is None or self.busy:
            return  # it was started without a cooldown meanwhile
        work, self._pending = self._pending, None
        self.busy, self._skip_cooldown = True, False
        threading.Thread(target=self._run, args=(work,), name="background", daemon=True).start()

    def _run(self, work: Work[Result]) -> None:
        """On the thread: do the job and post its result."""
        started = self._clock()
        result: Result | Exception
        try:
            result = work()
        except Exception as error:  # noqa: BLE001 - the thread's boundary: the owner decides
            result = error
        cooldown = max(self._cooldown, (self._clock() - started) / MAX_CPU_SHARE)
        self._owner.post_message(JobFinished(lambda: self._deliver(result, cooldown)))

    def _deliver(self, result: Result | Exception, cooldown: float) -> None:
        discard, self._discard_result = self._discard_result, False
        self.busy = False
        self._throttle.start(cooldown)
        if not discard:
            self._on_result(result)
        self._start_pending()
