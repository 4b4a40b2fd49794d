"""The terminal, kept private and allowed to vanish.

Textual draws on `sys.__stderr__` and asks `sys.__stdout__` for the size. TensorFlow's C++ code and
stray prints write to descriptors 1 and 2. So Textual gets duplicates of the terminal, and 1 and 2
go elsewhere (`core.output`). The driver here also outlives what ends Textual's own badly: a
terminal that closes under it.
"""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from textual import constants
from textual.driver import Driver

if TYPE_CHECKING:
    from textual.app import App


@contextmanager
def private_terminal() -> Iterator[None]:
    """For the time of the block, Textual's files are duplicates of the terminal's descriptors.

    Descriptors 1 and 2 themselves go to nowhere until `core.output.divert` says otherwise, and
    are the terminal's again afterwards. Under a driver that somebody else chose, such as
    textual-serve's, whose packets use descriptor 1, nothing is touched.
    """
    if constants.DRIVER is not None:
        yield
        return
    sys.stdout.flush()
    sys.stderr.flush()
    kept = sys.__stdout__, sys.__stderr__
    copies = os.dup(1), os.dup(2 if os.isatty(2) else 1)
    private = [os.fdopen(copy, "w", encoding="utf-8", errors="replace") for copy in copies]
    sys.__stdout__, sys.__stderr__ = private  # type: ignore[misc]  # Textual looks for them here
    nowhere = os.open(os.devnull, os.O_WRONLY)
    originals = os.dup(1), os.dup(2)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    os.close(nowhere)
    try:
        yield
    finally:
        for original, descriptor in zip(originals, (1, 2), strict=True):
            os.dup2(original, descriptor)
            os.close(original)
        for stream in private:
            with suppress(OSError, ValueError):
                stream.close()
        sys.__stdout__, sys.__stderr__ = kept  # type: ignore[misc]


def driver_class(default: type[Driver]) -> type[Driver]:
    """The driver for this process: one that outlives its terminal, unless another was asked for."""
    if constants.DRIVER is not None or sys.platform == "win32":
        return default
    return _surviving(default)


class _Output:
    """The terminal's file; after the first failed write it swallows everything."""

    def __init__(self, file: Any, lost: Callable[[], None]) -> None:
        self._file = file
        self._lost = lost
        self.dead = False
        self.sent = 0

    def write(self, text: str) -> None:
        if self.dead:
            return
        self.sent += len(text.encode("utf-8", "replace"))
        self._try(lambda: self._file.write(text))

    def flush(self) -> None:
        if not self.dead:
            self._try(self._file.flush)

    def fileno(self) -> int:
        number: int = self._file.fileno()
        return number

    def isatty(self) -> bool:
        return True

    def _try(self, action: Callable[[], object]) -> None:
        try:
            action()
        except (OSError, ValueError):
            self.dead = True
            self._lost()


def _surviving(base: Any) -> type[Driver]:
    """`base` (Textual's `LinuxDriver`), made to end quietly when its terminal is gone.

    As it comes, its input thread spins on a dead terminal, a write to one raises in the writer
    thread, whose queue then fills and blocks the event loop, and the SIGCONT that the kernel
    sends with a hang-up starts a second input thread.
    """

    class SurvivingDriver(base):  # type: ignore[misc]
        """Textual's driver, for a terminal that may vanish."""

        def __init__(self, app: "App[Any]", **options: Any) -> None:
            super().__init__(app, **options)
            self._file: _Output = _Output(sys.__stderr__, self.lost)
            self._stopped_before = False
            self._is_lost = False

        @property
        def bytes_sent(self) -> int:
            """Bytes written to the terminal so far."""
            return self._file.sent

        @property
        def is_behind(self) -> bool:
            """Whether earlier writes still wait for a slow terminal."""
            writer = self._writer_thread
            return writer is not None and writer._queue.qsize() > 0  # noqa: SLF001

        def lost(self) -> None:
            """The terminal is gone; may be called on any thread, any number of times."""
            if self._is_lost:
                return
            self._is_lost = self._file.dead = True
            self.exit_event.set()
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._app.exit, "lost")

        def run_input_thread(self) -> None:
            try:
                super().run_input_thread()
            except OSError:
                self.lost()

        def _sigtstp_application(self, *arguments: Any) -> None:
            self._stopped_before = True
            super()._sigtstp_application(*arguments)

        def _sigcont_application(self, *arguments: Any) -> None:
            if self._stopped_before and not self._is_lost:
                self._stopped_before = False
                super()._sigcont_application(*arguments)

    return SurvivingDriver
