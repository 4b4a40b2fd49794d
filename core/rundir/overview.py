"""All runs of a folder at a glance, polled at the price of a few `stat` calls.

A run that has ended changes only with its files: it is read once, and again when the size or time
of one of them changes. A run that may be live is read at every poll.
"""

import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from core.run.hparams import SPECS
from core.run.seeds import is_seed
from core.rundir.entry import RunEntry, Signature, read_entry, signature_of
from core.rundir.entry_cache import EntryCache, Stored
from core.rundir.event_tail import ListedEvents
from core.rundir.metric_scan import MetricScans
from core.rundir.run_values import MetricValues, Setting
from core.rundir.rundir import RunDir, list_runs
from core.rundir.unreadable import broken_links
from trainpad.files import RUN_FILE

MAX_NEW_RUNS: Final = 100
"""How many new runs are read in the first poll, so that the first ones are shown soon; then
`GROWTH` times as many as are known."""
GROWTH: Final = 4
MAX_SETTINGS: Final = 12
"""How many settings in which runs differ are named."""


class Overview:
    """The runs below a folder, as of the last `poll`."""

    def __init__(self, log_dir: Path, cache: Path | None = None) -> None:
        """The runs below `log_dir`; `cache` is the user's folder where entries are kept."""
        self._log_dir = log_dir
        self._cache = EntryCache(cache, log_dir) if cache is not None else None
        self._stored: Stored | None = None
        """The entries of the cache; None until it is read."""
        self._listed: list[RunDir] = []
        """The runs, newest first, as of the last time that the folder was read."""
        self._known: dict[Path, tuple[Signature, RunEntry | None]] = {}
        self._events: dict[Path, ListedEvents] = {}
        self._scans = MetricScans()
        self._ranged: dict[Path, tuple[RunEntry, Mapping[str, MetricValues], RunEntry]] = {}
        """What `_with_ranges` returned, and what it was made of."""
        self.complete = False
        """Whether the last poll reached all runs."""
        self.unreadable: Sequence[Path] = ()
        """The directories of damaged runs, newest first, as of the last poll that was complete."""

    @property
    def pending(self) -> bool:
        """Whether ranges of metrics are still to be read."""
        return self._scans.pending

    def poll(self) -> list[RunEntry]:
        """The runs, newest first, without damaged ones.

        While runs are still unread, those that are known are not looked at again.
        """
        if self.complete or not self._listed:
            self._listed = list_runs(self._log_dir)[::-1]
        runs = self._listed
        known = {run.path: self._known[run.path] for run in runs if run.path in self._known}
        known |= self._from_cache(run for run in runs if run.path not in known)
        unread = [run for run in runs if run.path not in known]
        new = unread[: max(MAX_NEW_RUNS, GROWTH * len(known))]
        for run in (run for run in runs if self.complete and run.path in known):
            self._update(run, known)
        for run in new:
            self._update(run, known)
        self._known, self.complete = known, len(new) == len(unread)
        listed = (known[run.path][1] for run in runs if run.path in known)
        entries = [entry for entry in listed if entry is not None]
        if not self.complete:
            return entries
        self.unreadable = self._unreadable(known)
        if len(new) > MAX_NEW_RUNS:
            self._scans.pending = True  # they are listed first
        else:
            self._scans.poll(entry.run for entry in entries if not entry.values.has_ranges)
        found = [self._with_ranges(entry) for entry in entries]
        if self._cache is not None and not self.pending:
            ended = (entry for entry in found if not entry.summary.is_live)
            self._cache.save((known[entry.run.path][0], entry) for entry in ended)
        return found

    def _from_cache(self, unread: Iterable[RunDir]) -> Stored:
        """The entries of runs of which no file has changed since they were kept, once."""
        if self._stored is not None or self._cache is None:
            return {}
        self._stored = self._cache.load()
        return {
            run.path: self._stored[run.path]
            for run in unread
            if run.path in self._stored and self._stored[run.path][0] == signature_of(run)
        }

    def _unreadable(self, known: Mapping[Path, tuple[Signature, RunEntry | None]]) -> list[Path]:
        """The damaged runs; not those that were deleted since they were listed."""
        damaged = [path for path, (_, entry) in known.items() if entry is None]
        found = [path for path in damaged if os.path.lexists(path / RUN_FILE)]
        found += broken_links(str(self._log_dir), set(map(str, known)))
        return sorted(found, key=lambda path: path.name, reverse=True)

    def _update(self, run: RunDir, known: dict[Path, tuple[Signature, RunEntry | None]]) -> None:
        """Read a run that is new, has changed, or may be live."""
        signature, before = signature_of(run), known.get(run.path)
        if before and before[0] == signature and not (before[1] and before[1].summary.is_live):
            return
        events = self._events.pop(run.path, None) or ListedEvents(run.events)
        known[run.path] = signature, (entry := read_entry(run, events))
        if entry and entry.summary.is_live:  # will be read at the next poll too
            self._events[run.path] = events

    def _with_ranges(self, entry: RunEntry) -> RunEntry:
        """The entry with what is known of the ranges of its metrics; the same object if no more."""
        metrics = self._scans.metrics(entry.run)
        before = self._ranged.get(entry.run.path)
        if not metrics:
            return entry
        if before is not None and before[0] is entry and before[1] is metrics:
            return before[2]
        ranged = replace(entry, values=entry.values.with_metrics(metrics))
        self._ranged[entry.run.path] = entry, metrics, ranged
        return ranged


def differing_hparams(entries: Sequence[RunEntry]) -> list[str]:
    """The names of the hyperparameters in which these runs differ."""
    ours = [entry.hyperparameters for entry in entries if entry.summary.is_own]
    return [name for name in SPECS if len({values[name] for values in ours}) > 1]


def differing_settings(entries: Sequence[RunEntry]) -> list[str]:
    """The settings in which these runs differ: of most values first, seeds last."""
    counts: Counter[str] = Counter()
    values: dict[str, set[Setting]] = {}
    for entry in entries:
        for name, value in entry.values.settings.items():
            counts[name] += 1
            values.setdefault(name, set()).add(value)
    differ = [name for name in values if len(values[name]) > 1 or counts[name] < len(entries)]
    differ.sort(key=lambda name: (is_seed(name), -len(values[name])))
    return differ[:MAX_SETTINGS]
