"""What a list of runs shows of those that have ended, kept in the user's cache folder.

A line of JSON for each: the sizes and times of a run's files, and its entry as it was read from
them. Where these differ now, or a line does not fit, the run is read again. The file is this user's
alone. A number that no JSON has, NaN or infinite, is in a list, as text.
"""

import hashlib
import math
import time
from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from pathlib import Path
from types import NoneType
from typing import Any, Final, TypeVar

import orjson

from core.run.status import RunStatus
from core.rundir.entry import RunEntry, Signature, complete_hparams
from core.rundir.notes import Note
from core.rundir.run_values import MetricValues, RunValues
from core.rundir.rundir import RunDir
from core.rundir.status import RunSummary
from trainpad.errors import RunError
from trainpad.files import read_private, write_atomic
from trainpad.version import __version__

FORMAT: Final = 4
"""Raised whenever other files, or the same files in another way, make an entry."""
MAX_BYTES: Final = 64 * 1024 * 1024
SETTLED: Final = 2.0
"""Seconds for which a run's files must not have changed: some file systems have coarse times."""
_TYPES: Final[Mapping[object, tuple[type, ...]]] = {
    str: (str,), int: (int,), float: (int, float), bool: (bool,),
    float | None: (int, float, NoneType),
}  # fmt: skip
Kind = TypeVar("Kind", RunSummary, RunEntry, RunValues, Note)
Stored = dict[Path, tuple[Signature, RunEntry]]


class EntryCache:
    """The file for one folder of runs."""

    def __init__(self, cache: Path, log_dir: Path) -> None:
        """`cache` is the user's folder for such files."""
        name = hashlib.sha256(str(log_dir).encode(errors="surrogateescape")).hexdigest()[:20]
        self._path = cache / "runs" / f"{name}.jsonl"
        self._head = orjson.dumps({"format": FORMAT, "version": __version__})
        self._saved: Mapping[Path, Signature] = {}
        """What the file holds."""

    def load(self) -> Stored:
        """The entries that fit this version; none where the file is missing or another user's."""
        try:
            head, *lines = read_private(self._path, MAX_BYTES).splitlines()
        except (OSError, RunError, ValueError):
            return {}
        found: Stored = {}
        for line in lines if head == self._head else ():
            try:
                signature, entry = _read(line)
            except (ValueError, KeyError, TypeError, AttributeError):
                continue
            found[entry.run.path] = signature, entry
        self._saved = {path: signature for path, (signature, _) in found.items()}
        return found

    def save(self, entries: Iterable[tuple[Signature, RunEntry]]) -> None:
        """Replace the file by these entries with known ranges; only if there are others."""
        now = time.time()
        kept = {e.run.path: (s, e) for s, e in entries if _is_settled(s, now)}
        signatures = {path: signature for path, (signature, _) in kept.items()}
        if signatures == self._saved:
            return
        self._saved = signatures
        lines = [self._head, *filter(None, (_line(*pair) for pair in kept.values())), b""]
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_atomic(self._path, b"\n".join(lines), sync=False)
        except OSError:
            return  # the runs are read again next time


def _is_settled(signature: Signature, now: float) -> bool:
    return all(stamp is None or stamp[1] < (now - SETTLED) * 1e9 for stamp in signature)


def _line(signature: Signature, entry: RunEntry) -> bytes:
    """The line of an entry; empty where it has what no JSON has, as names of files may."""
    settings = {name: _as_json(value) for name, value in entry.values.settings.items()}
    metrics = {
        name: MetricValues(*map(_as_json, (found.last, found.least, found.greatest)))
        for name, found in entry.values.metrics.items()
    }
    values = replace(entry.values, settings=settings, metrics=metrics, has_ranges=True)
    try:
        return orjson.dumps([signature, replace(entry, values=values)], default=str)
    except (TypeError, ValueError):
        return b""


def _as_json(value: Any) -> Any:
    """A setting or number as the file has it."""
    return [repr(value)] if isinstance(value, float) and not math.isfinite(value) else value


def _from_json(value: Any) -> Any:
    """A setting or number of the file."""
    return float(value[0]) if isinstance(value, list) else value


def _read(line: bytes) -> tuple[Signature, RunEntry]:
    """The signature and the entry of a line.

    Raises:
        ValueError, KeyError, TypeError, AttributeError: they are none.
    """
    stamps, entry = orjson.loads(line)
    signature = tuple(None if stamp is None else (stamp[0], stamp[1]) for stamp in stamps)
    summary, note, shown = entry["summary"], entry["note"], entry["values"]
    settings = {name: _from_json(value) for name, value in shown["settings"].items()}
    if not all(isinstance(value, str | int | float) for value in settings.values()):
        raise TypeError("not a setting")
    metrics = {name: _metric(**found) for name, found in shown["metrics"].items()}
    return signature, _made(
        RunEntry,
        entry,
        run=RunDir(Path(entry["run"]["path"])),
        summary=_made(RunSummary, summary, state=RunStatus(summary["state"])),
        note=_made(Note, note, tags=tuple(map(str, note["tags"]))),
        hyperparameters=complete_hparams(entry["hyperparameters"]),
        values=_made(RunValues, shown, settings=settings, metrics=metrics),
    )


def _metric(**found: Any) -> MetricValues:
    return MetricValues(**{name: float(_from_json(value)) for name, value in found.items()})


def _made(kind: type[Kind], given: Mapping[str, Any], /, **made: Any) -> Kind:
    """An instance of `kind` from its fields: those in `made`, and simple ones of the right type."""
    for field in fields(kind):
        if field.name not in made:
            made[field.name] = given[field.name]
            if not isinstance(made[field.name], _TYPES[field.type]):
                raise TypeError(f"{field.name} is not of its type")
    return kind(**made)
