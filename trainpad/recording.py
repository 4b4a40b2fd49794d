"""What a run records, and how it begins and ends.

A logger must never harm training: nothing is raised here, a problem is one line on standard error
and an event, and the program goes on as if trainpad was not there.
"""

import math
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from trainpad import ending, place
from trainpad.control import Control
from trainpad.errors import warn
from trainpad.failure import describe_error
from trainpad.problems import Problems
from trainpad.records import Record
from trainpad.restarts import Restarts
from trainpad.steering import Steering
from trainpad.text import sanitize
from trainpad.values import MAX_STEP, PLAIN, as_dict, as_step, flatten, snapshot
from trainpad.writer import MAX_PENDING, Logged, Writer

EXIT_TIMEOUT = 5.0
"""Seconds that the end of a run waits for the disk at most."""
LEVELS = ("info", "warn", "error")
"""What an alert may be."""


class Recording(Problems):
    """The recording half of `trainpad.attached.Run`."""

    def __init__(self, config: object = None, *, processes: int = 1) -> None:
        """Make a run that records nothing; `open` begins to.

        Args:
            config: The settings of the program: a dict, an ``argparse.Namespace``, a data class.
            processes: How many processes train together.
        """
        super().__init__()
        self.path: Path | None = None
        """The run directory; None where nothing was ever recorded."""
        self.name = ""
        """What the run is called."""
        self.config = Record(config)
        """Its settings; what is added later is recorded too."""
        self._summary = Record()
        self._info: dict[str, Any] = {}
        self._writer: Writer | None = None
        self._pending: list[Any] = []
        self._steering = Steering(self._event, processes=processes)
        self._due = math.inf  # nothing is ever due where nothing is recorded
        self._step = -1
        self._has_steps = False
        self._replaced = -1, -1
        """A step that is too large, and the one in its place."""
        self._restarts = Restarts()
        self._began = 0.0
        self._info_due = False
        self._ending = threading.RLock()  # a signal handler may end it while it ends
        self._is_ending = False
        self._says_ended = True
        """Whether that nothing is recorded any more was said, or need not be."""
        self.optimizers: list[tuple[Any, str]] = []
        """PyTorch optimizers that are attached, and what the names of their values end with."""
        self.before_end: Callable[[], Callable[[], object] | None] = lambda: None
        """Returns what is called before the run ends, or None: a weak reference, for instance."""
        self._supported: set[str] = set()
        """What the program can be asked for, by what it has called."""

    # -- numbers -----------------------------------------------------------------------------

    def log(
        self, values: Mapping[str, Any], step: int | None = None, *, commit: bool | None = True
    ) -> None:
        """Record numbers; takes about a microsecond, and never waits for a disk or a device.

        Args:
            values: Numbers by name: Python's, numpy's, or tensors with one element of any
                framework. Nested dicts become ``outer/inner``.
            step: The step they belong to, counted from 0, in any order. Without it, the last step
                that was given; where none ever was, calls are counted.
            commit: False: the next call without a step belongs to the same step.

        Example:
            >>> run.log({"loss": loss, "val": {"accuracy": 0.9}}, step=10)
        """
        writer = self._writer
        if writer is None:
            self._say_ended()
            return
        try:
            copied = dict(values) if type(values) is dict else as_dict(values)
            for value in copied.values():
                if type(value) not in PLAIN:
                    copied = self._snapshots(copied)
                    break
            if step is None:
                if self._has_steps:
                    step = self._step
                else:
                    step = self._step + 1
                    if commit is not False:
                        self._step = step
            else:
                if type(step) is not int or not 0 <= step < MAX_STEP:
                    step = self._checked_step(step)
                if not self._has_steps:
                    self._begin_steps(step, copied)
                if step > self._step:
                    self._step = step
                elif step <= self._restarts.first:
                    self._warn(self._restarts.again(step, self._step, copied))
            pending = self._pending
            pending.append((step, time.time(), copied))
            if len(pending) > MAX_PENDING:
                writer.help()
        except Exception as error:  # noqa: BLE001 - see the module's docstring
            self.problem("log", error)

    def log_beside(self, values: Mapping[str, Any]) -> None:
        """Record numbers with the newest step, without counting a step."""
        if self._writer is not None:
            try:
                entry = max(0, self._step), time.time(), self._snapshots(values)
                self._pending.append(entry)
            except Exception as error:  # noqa: BLE001 - see the module's docstring
                self.problem("log", error)

    def log_many(self, logged: Sequence[Logged]) -> None:
        """Record several steps at once, in their order.

        Args:
            logged: For each its index, Unix time, and Python's numbers by name, in a dict that
                nobody changes any more.
        """
        if self._writer is None or not logged:
            return
        self.reach(logged[-1][0] + 1)
        self._pending.extend(logged)
        if len(self._pending) > MAX_PENDING:
            self.guard("log", self._writer.help)

    @property
    def summary(self) -> Record:
        """The last value of each number, and what the program sets: ``run.summary["best"] = 1``."""
        if self._writer is not None:
            self._summary.fill(self._writer.last)
        return self._summary

    @property
    def is_open(self) -> bool:
        """Whether numbers are recorded."""
        return self._writer is not None

    @property
    def step(self) -> int:
        """How many steps are done, by the numbers that were logged."""
        return self._step + 1

    def reach(self, steps: int) -> None:
        """Say how many steps are done, where fewer numbers are logged."""
        if steps > self._step + 1:
            self._step, self._has_steps = steps - 1, True

    def epoch(self, number: int, epochs: int | None = None) -> None:
        """Record that epoch `number`, counted from 0, begins; `epochs` is how many are planned."""
        self.guard("epoch", lambda: self._event("epoch", epoch=int(number), epochs=epochs))

    def note(self, text: str) -> None:
        """Mark this step with a sentence of your own, on every chart."""
        self.guard("note", lambda: self._event("noted", text=sanitize(str(text), limit=500)))

    def alert(self, title: str, text: str = "", level: str = "warn") -> None:
        """Record something that a person should see; `level` is ``info``, ``warn`` or ``error``."""

        def record() -> None:
            said = f"{title}: {text}" if text else str(title)
            known = str(level).lower()
            if known not in LEVELS:
                self._warn(f"alert: level must be {', '.join(LEVELS)}; 'warn' is recorded")
                known = "warn"
            self._event("alert", text=sanitize(said, limit=500), level=known)

        self.guard("alert", record)

    def saved(self, file: object) -> None:
        """Record that a checkpoint was written to `file`."""
        self.guard("saved", lambda: self._event("saved", file=str(file), best=False))

    # -- life --------------------------------------------------------------------------------

    def start_recording(
        self, path: Path, info: Mapping[str, Any], lock: int | None, resumed: int
    ) -> None:
        """Begin to record in the run directory `path`.

        Args:
            path: The directory.
            info: What its `run.json` holds.
            lock: The descriptor of its locked file `lock`.
            resumed: How many steps were done in it before; 0 for a new run.

        Raises:
            OSError: it cannot be written.
            UserError: its `control.json` cannot be written.
        """
        writer = Writer(path, lock, self._warn)
        self._steering.control = Control(path, self._steering.check_values, {})
        self.path, self._info, self.name = path, dict(info), str(info.get("label") or path.name)
        self._writer, self._pending = writer, writer.pending
        self._step, self._due, self._began = resumed - 1, 0.0, time.monotonic()
        self._restarts = Restarts(resumed)
        writer.before_write = self._write_info
        self._says_ended = False
        self._event("started", hyperparameters={}, device="", parameters=0)
        self._supported.clear()
        self._event("supports", requests=[])
        writer.start(resumed=resumed > 0)
        ending.watch(self)

    def finish(self, exit_code: int | None = None, *, reason: str = "") -> None:
        """End the run: write what waits, for five seconds at most, and record that it is done.

        Args:
            exit_code: Other than 0: the run failed.
            reason: How it ended; by default ``done``, or what `tick` was stopped for.
        """
        if exit_code:
            self._end("failed", text=f"exit status {exit_code}")
            return
        self._end("finished", reason=reason or self._steering.stop or "done")

    def fail(self, error: BaseException) -> None:
        """End the run because of an exception; a keyboard interrupt is not a failure."""
        if isinstance(error, KeyboardInterrupt):
            self.finish(reason="interrupted")
        elif isinstance(error, SystemExit):
            self.finish(error.code if isinstance(error.code, int) else int(error.code is not None))
        else:
            unknown: tuple[str, list[str]] = (type(error).__name__, [])
            self.fail_with(*self._safely("fail", lambda: describe_error(error), default=unknown))

    def fail_with(self, text: str, lines: list[str]) -> None:
        """End the run as failed, with the reason and the end of its traceback."""
        self._end("failed", text=sanitize(text, limit=500), traceback=lines)

    def _end(self, event: str, **fields: Any) -> None:
        """End the run, once; another thread that ends it waits until it has ended."""
        with self._ending:
            if self._writer is None or self._is_ending:
                return
            self._is_ending = True
            try:
                self._close(self._writer, event, fields)
            finally:
                self._is_ending = False

    def _close(self, writer: Writer, event: str, fields: Mapping[str, Any]) -> None:
        if (last := self.before_end()) is not None:
            self.guard("finish", last)
        interruption: BaseException | None = None
        try:
            self._summary.fill(writer.last)
        except Exception as error:  # noqa: BLE001 - see the module's docstring
            self.problem("finish", error)
        except BaseException as error:  # noqa: BLE001 - Ctrl-C, say: the run ends all the same
            interruption = error
        self._info_due = True
        self._event(event, **fields, seconds=round(time.monotonic() - self._began, 3))
        self._writer = None
        self._due = 0.0 if self._steering.stop else math.inf
        self._steering.control = None
        ending.forget(self)
        if not writer.close(EXIT_TIMEOUT):
            warn(f"{self.path} is still being written; the program ends without it")
        elif writer.unwritten:
            warn(f"{self.path} is not complete: {writer.unwritten:,} bytes could not be written")
        if interruption is not None:
            raise interruption

    def abandon(self) -> None:
        """Record nothing more, in a forked child."""
        writer, self._writer, self._due = self._writer, None, math.inf
        self._says_ended = True
        self._ending = threading.RLock()  # another thread of the parent may have held it
        self._steering.abandon()
        if writer is not None:
            writer.abandon()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is None:
            self.finish()
        else:
            self.fail(error)

    def __repr__(self) -> str:
        return f"<trainpad.Run {self.path or 'that records nothing'}>"

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, _: object) -> Self:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        """Let a copy in another process, such as a loader of data, record nothing."""
        return type(self), ()

    # -- within ------------------------------------------------------------------------------

    def _say_ended(self) -> None:
        if not self._says_ended:
            self._says_ended = True
            warn(f"the run {self.name} has ended: what is logged now is not recorded")

    def _begin_steps(self, step: int, values: Mapping[str, Any]) -> None:
        self._has_steps = True
        if self._restarts.resumed and step != self.step:
            self._step = step - 1
            self._event("resumed", step=step)
        self._warn(self._restarts.begin(step, values))

    def _checked_step(self, step: Any) -> int:
        """Return a step of any type as one that is recorded, or raise `ValueError`."""
        number = as_step(step)
        if number >= MAX_STEP:
            self._warn(
                "log: steps are below 2**53, which times in nanoseconds are not; "
                "numbers with greater ones are recorded at the steps after the last one"
            )
            if number != self._replaced[0]:
                self._replaced = number, self._step + 1
            return self._replaced[1]
        if number < 0:
            self._warn("log: a step is below 0; 0 is recorded in its place")
        return max(0, number)

    def _snapshots(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return flat copies of `values` that the program cannot change any more."""
        kept = {}
        for name, value in flatten(values):
            try:
                kept[name] = snapshot(value)
            except Exception as error:  # noqa: BLE001 - a framework may raise anything
                if self._writer is not None:
                    self._writer.refuse(name, str(error) or type(error).__name__)
        return kept

    def _event(self, event: str, *, step: int | None = None, **fields: Any) -> None:
        if self._writer is None:
            return
        try:
            self._writer.event(event, {"step": self.step if step is None else step, **fields})
        except Exception as error:  # noqa: BLE001 - see the module's docstring
            self.problem(event, error)

    def support(self, *requests: str) -> None:
        """Record, once, that the program can be asked for these."""
        if self._writer is not None and not self._supported.issuperset(requests):
            self._supported.update(requests)
            self._event("supports", requests=sorted(self._supported))

    def _write_info(self) -> None:
        """Write `run.json` where the configuration or the summary was changed."""
        is_changed = self.config.changed or self._summary.changed or self._info_due
        if self.path is None or not is_changed:
            return
        self._info_due = False
        try:
            self._info |= {"config": self.config.take(), "summary": self._summary.take()}
            place.write_info(self.path, self._info)
        except OSError as error:
            self._info_due = True  # the disk may recover
            self.problem("run.json", error)
        except Exception as error:  # noqa: BLE001 - see the module's docstring
            self.problem("run.json", error)

    def _record_problem(self, text: str) -> None:
        if self._writer is not None:
            self._writer.event("warned", {"step": self.step, "text": text})
