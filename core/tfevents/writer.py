"""Events for TensorBoard: the training thread appends to a queue, another thread does the rest.

An append costs some 0.2 µs. Once a second the thread encodes what is queued and hands it to the
system, in records that are whole or cut off at the end, never out of step: when the disk is full,
what could not be written waits and is tried again. Training never hears of it.
"""

import itertools
import os
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from io import FileIO
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self, SupportsFloat, SupportsInt

import numpy as np
import numpy.typing as npt

from core.tfevents import encode
from core.tfevents.items import HParam
from core.tfevents.messages import EventProto
from core.tfevents.records import encode_record

FLUSH_INTERVAL: Final = 1.0
"""Seconds between two flushes."""
MAX_UNWRITTEN: Final = 64 << 20
"""Bytes that wait for a disk to come back; beyond them records are dropped and counted."""
_START: Final = 1
_VERSION: Final = b"brain.Event:2"

# What is queued: the tag of a scalar, or what makes other values when their time has come.
Payload = str | Callable[[], encode.Value | Sequence[encode.Value]]


class EventWriter:
    """A new event file in a folder; close it, or use it as a context manager.

    Nothing but a wrong argument is ever raised. Arrays that are handed over must not be changed
    afterwards: another thread looks at them later.

    Args:
        folder: Where the file is made; the folder too, if need be.
        purge_step: The step that a resumed run begins at: readers forget what earlier files of
            the folder have at that step and later.
        every: Seconds between two flushes.
    """

    def __init__(
        self, folder: Path, purge_step: int | None = None, *, interval: float = FLUSH_INTERVAL
    ) -> None:
        self.folder = folder
        self.path: Path | None = None
        """The event file, once it is made."""
        self.error: OSError | None = None
        """Why the last attempt to write failed; None when it did not."""
        self.dropped = 0
        """Records lost: the disk stayed away for too long, or a step was beyond int64."""
        self._queue: deque[tuple[float, int, Payload, float]] = deque()
        self._file: FileIO | None = None
        self._unwritten = bytearray()
        self._writing = threading.Lock()
        self._interval, self._closing = interval, threading.Event()
        self._encode(time.time(), 0, file_version=_VERSION)
        if purge_step is not None:
            self._encode(time.time(), purge_step, session_log={"status": _START})
        self._thread = threading.Thread(target=self._run, name="event writer", daemon=True)
        self._thread.start()

    def scalar(self, tag: str, value: SupportsFloat, step: SupportsInt) -> None:
        """One number, kept as float32."""
        self._queue.append((time.time(), int(step), tag, float(value)))

    def text(self, tag: str, content: str, step: SupportsInt) -> None:
        """A text, which TensorBoard shows as Markdown."""
        self._enqueue(step, partial(encode.text, tag, content))

    def image(self, tag: str, pixels: npt.NDArray[np.uint8], step: SupportsInt) -> None:
        """Grey pictures, uint8 ``[height, width]`` or ``[n, height, width]``."""
        if pixels.dtype != np.uint8 or pixels.ndim not in (2, 3):
            raise ValueError(f"no grey pictures: {pixels.dtype}, shape {pixels.shape}")
        self._enqueue(step, partial(encode.images, tag, pixels))

    def deferred(self, make: Callable[[], Sequence[encode.Value]], step: SupportsInt) -> None:
        """Values that the writer's thread is to make: `make` is called there, and must not fail."""
        self._enqueue(step, make)

    def keras_model(self, config: str) -> None:
        """The conceptual graph: a Keras model's ``to_json()``."""
        self._enqueue(0, partial(encode.keras_model, config))

    def hparams_experiment(self, names: Sequence[str], metrics: Sequence[str]) -> None:
        """Which hyperparameters and which metrics (tags of scalars) are to be compared."""
        self._enqueue(0, partial(encode.experiment, tuple(names), tuple(metrics), time.time()))

    def hparams_start(self, hparams: Mapping[str, HParam], group: str = "") -> None:
        """The hyperparameters that this run begins with; runs of one group are shown as one."""
        self._enqueue(0, partial(encode.session_start, dict(hparams), group, time.time()))

    def hparams_end(self, status: encode.Status) -> None:
        """How the run ended."""
        value = encode.session_end(status, time.time())
        self._enqueue(0, lambda: value)

    def flush(self) -> None:
        """Write all that was handed over before; `error` tells whether it worked."""
        with self._writing:
            while self._queue:
                wall_time, step, what, number = self._queue.popleft()
                self._encode(wall_time, step, **_fields(what, number))
            self._write()

    def close(self) -> None:
        """Write what is left, once, and close the file; nothing may be handed over afterwards."""
        self._closing.set()
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _enqueue(self, step: SupportsInt, what: Payload) -> None:
        self._queue.append((time.time(), int(step), what, 0.0))

    def _run(self) -> None:
        """The thread: flush until closed, and once more."""
        while not self._closing.wait(self._interval):
            self.flush()
        self.flush()
        if self._file:
            self._file.close()

    def _encode(self, wall_time: float, step: int, **fields: Any) -> None:
        """Put one record behind those that wait."""
        try:
            event = EventProto(wall_time=wall_time, step=step, **fields)
        except ValueError:
            self.dropped += 1
            return
        if len(self._unwritten) > MAX_UNWRITTEN:
            self.dropped += 1
        else:
            self._unwritten += encode_record(event.SerializeToString())

    def _write(self) -> None:
        """Hand what waits to the system; a short write leaves the rest for the next time."""
        try:
            if self._file is None:
                self._file = self._open()
            while self._unwritten:
                written = self._file.write(self._unwritten)
                del self._unwritten[:written]
            self.error = None
        except OSError as error:
            self.error = error

    def _open(self) -> FileIO:
        """Make the file, under a name that no other writer has."""
        self.folder.mkdir(parents=True, exist_ok=True)
        start = f"events.out.tfevents.{int(time.time()):010d}.{socket.gethostname()}.{os.getpid()}"
        for number in itertools.count():
            path = self.folder / f"{start}.{number}.v2"
            with suppress(FileExistsError):
                file = FileIO(path, "x")
                self.path = path
                return file
        raise AssertionError("there is always another number")


def _fields(what: Payload, number: float) -> dict[str, Any]:
    """The fields of an event that holds what was queued."""
    made = encode.scalar(what, number) if isinstance(what, str) else what()
    return {"summary": {"value": [made] if isinstance(made, dict) else made}}
