"""The run directories below a folder that cannot be read, and a sentence on them."""

import os
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Final

from core.output.counted import counted
from data.files import is_dir
from trainpad.files import RUN_FILE
from trainpad.text import sanitize

MAX_NAMES: Final = 3
"""Names that the sentence has."""


def broken_links(folder: str, runs: Collection[str], *, depth: int = 1) -> Iterator[Path]:
    """Yield links to nowhere, and folders with a `run.json` that is one, below `folder`.

    `runs` has the paths of the runs that were found; they are not searched.
    """
    try:
        with os.scandir(folder) as found:
            entries = [e for e in found if not e.name.startswith(".") and e.path not in runs]
    except OSError:
        return
    for entry in entries:
        path = Path(entry.path)
        if _leads_nowhere(path) or os.path.lexists(path / RUN_FILE):
            yield path
        elif depth and is_dir(path):
            yield from broken_links(entry.path, runs, depth=depth - 1)


def _leads_nowhere(path: Path) -> bool:
    """Whether it is a link to what does not exist; one that may not be followed is none."""
    try:
        return path.is_symlink() and not path.exists()
    except OSError:
        return False


def unreadable_text(paths: Sequence[Path]) -> str:
    """The sentence: ``2 runs cannot be read: a-run, b-run``; empty without any."""
    if not paths:
        return ""
    names = [sanitize(path.name, limit=80) for path in paths[:MAX_NAMES]]
    more = f" and {len(paths) - len(names):,} more" if len(paths) > len(names) else ""
    return f"{counted(len(paths), 'run')} cannot be read: {', '.join(names)}{more}"
