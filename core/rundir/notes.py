"""What people say of a run: a title, tags, a note; kept in `notes.json`, which no trainer touches.

`run.json` is written once and by the trainer alone, so what may change stands in a file of its own.
The folder keeps its name: that is how branches name their parents.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from core.rundir.rundir import RunDir
from trainpad.errors import RunError
from trainpad.files import write_atomic
from trainpad.text import sanitize

FILE = "notes.json"
MAX_BYTES = 64 * 1024
TITLE_LENGTH, TAG_LENGTH, TEXT_LENGTH = 80, 40, 2000
MAX_TAGS = 16
"""How many tags a run may have."""


@dataclass(frozen=True, slots=True)
class Note:
    """A run's title, tags and note; each may be empty."""

    title: str = ""
    tags: tuple[str, ...] = ()
    text: str = ""


def read(run: RunDir) -> Note:
    """What is noted about `run`, made harmless; nothing where there is no note or a damaged one."""
    try:
        with (run.path / FILE).open("rb") as file:
            values = json.loads(file.read(MAX_BYTES))
    except (OSError, ValueError, RecursionError):
        return Note()
    if not isinstance(values, dict):
        return Note()
    tags = values.get("tags")
    return make_note(
        _text(values.get("title")),
        [_text(tag) for tag in tags] if isinstance(tags, list) else [],
        _text(values.get("note")),
    )


def write(run: RunDir, note: Note) -> None:
    """Put `note` beside `run`, in place of what was noted before.

    Raises:
        RunError: it cannot be written.
    """
    values = {"title": note.title, "tags": list(note.tags), "note": note.text}
    try:
        write_atomic(run.path / FILE, json.dumps(values, indent=1).encode())
    except OSError as error:
        raise RunError(f"{run.name} cannot be noted on: {error.strerror}") from error


def make_note(title: str, tags: Sequence[str], text: str) -> Note:
    """A note of harmless texts, without spaces around them, empty tags and repeated ones."""
    cleaned = [sanitize(tag.strip(), limit=TAG_LENGTH) for tag in tags]
    return Note(
        sanitize(title.strip(), limit=TITLE_LENGTH),
        tuple(dict.fromkeys(tag for tag in cleaned if tag))[:MAX_TAGS],
        sanitize(text.strip(), limit=TEXT_LENGTH),
    )


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
