"""Find the files of these formats in a folder."""

import math
import re
from pathlib import Path
from typing import Final, NamedTuple

from core.foreign.collector import Format
from core.foreign.encoding import as_utf8, is_text
from core.foreign.file import ForeignFile
from core.foreign.formats import FIRST, HEAD, format_of
from core.foreign.json_lines import JsonLines
from core.foreign.table import Table
from core.foreign.trainer_state import TrainerState
from core.tfevents.run_files import FoundFile
from data.files import is_file
from trainpad.files import RUN_FILE, read_plain

_CHECKPOINT: Final = re.compile(r"checkpoint-(\d{1,15})")
"""The folder in which the Trainer saves a step."""
_NEVER: Final = frozenset({
    ".7z", ".avi", ".bin", ".bmp", ".bz2", ".ckpt", ".gif", ".gz", ".h5", ".hdf5", ".jpeg", ".jpg",
    ".keras", ".mp3", ".mp4", ".npy", ".npz", ".onnx", ".pdf", ".pickle", ".pkl", ".png", ".pt",
    ".pth", ".py", ".pyc", ".safetensors", ".so", ".svg", ".tar", ".tfrecord", ".tgz", ".tif",
    ".tiff", ".wav", ".webp", ".xz", ".zip", ".zst",
})  # fmt: skip
"""Endings of files that are not opened: there may be hundreds of thousands of them in a folder."""
_TABLES: Final = frozenset({".csv", ".tsv", ".jsonl"})
"""Endings of files in which numbers are expected."""
JOURNAL, STUDY_FILE = "journal.log", "study.json"
"""Of a study of `trainpad sweep`: its file of trials, and one that is beside it."""


class _Refused(NamedTuple):
    """A file that is of no format, as it was when it was looked at."""

    size: int
    modified: int
    is_text: bool
    names_step: bool
    """Whether a column or key has a name of steps, of which the values are none."""


class ForeignFiles:
    """Finds files of these formats; one that is of none is opened again only when it changes."""

    def __init__(self) -> None:
        self.unreadable: dict[Path, str] = {}
        """Why the tables and JSON lines cannot be read that were not read so far."""
        self._found: dict[Path, FoundFile] = {}
        self._refused: dict[Path, _Refused] = {}

    @property
    def without_step(self) -> list[Path]:
        """The tables and JSON lines in which no step or epoch was found, without our own files."""
        return self._refused_tables(are_text=True, name_step=False)

    @property
    def with_other_steps(self) -> list[Path]:
        """The tables and JSON lines of which the steps are no whole numbers, or too great."""
        return self._refused_tables(are_text=True, name_step=True)

    @property
    def not_text(self) -> list[Path]:
        """The files that are called tables or JSON lines, and are binary."""
        return self._refused_tables(are_text=False, name_step=False)

    def _refused_tables(self, *, are_text: bool, name_step: bool) -> list[Path]:
        kind = are_text, name_step
        refused = (path for path, file in self._refused.items() if file[2:] == kind)
        tables = (path for path in refused if path.suffix.lower() in _TABLES)
        return sorted(path for path in tables if not is_file(path.parent / RUN_FILE))

    def find(self, path: Path) -> FoundFile | None:
        """Return what a file is; None where it is of no format, or cannot be read."""
        if path in self._found:
            return self._found[path]
        is_study = path.name == JOURNAL and is_file(path.parent / STUDY_FILE)
        if is_study or path.suffix.lower() in _NEVER:
            return None
        try:
            about = path.stat()
            now = about.st_size, about.st_mtime_ns
            before = self._refused.get(path)
            if before and (before.size >= HEAD or (before.size, before.modified) == now):
                return None
            head = _head_of(path) if about.st_size else b""
            known = format_of(head) if head else None
        except OSError as error:
            if path.suffix.lower() in _TABLES:
                self.unreadable[path] = error.strerror or str(error)
            return None
        self.unreadable.pop(path, None)
        if known is None:
            text = is_text(head[:FIRST])
            self._refused[path] = _Refused(*now, text, text and _names_step(as_utf8(head)))
            return None
        self._found[path] = _found_file(path, known)
        return self._found[path]


def _names_step(head: bytes) -> bool:
    return JsonLines.names_step(head) or Table.names_step(head)


def _found_file(path: Path, known: Format) -> FoundFile:
    """Return the run that a file is of: the Trainer saves all points with each checkpoint."""
    saved = _CHECKPOINT.fullmatch(path.parent.name)
    if not isinstance(known, TrainerState):
        return FoundFile(path, 0.0, ForeignFile)
    if saved is None:
        return FoundFile(path, math.inf, ForeignFile)
    return FoundFile(path.parent.parent / path.name, float(saved[1]), ForeignFile)


def _head_of(path: Path) -> bytes:
    head = read_plain(path, FIRST)
    more = len(head) == FIRST and b"\0" not in as_utf8(head)
    return read_plain(path, HEAD) if more else head
