"""The title, tags and note that users give a run, and whether it is hidden, in `notes.json`.

`run.json` is written once and by the trainer alone, so what may change has a file of its own. The
folder keeps its name, by which branches refer to their parents.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from core.rundir.rundir import RunDir
from core.rundir.validation import Parser, boolean, fields_of, list_of, string
from trainpad.errors import RunError
from trainpad.files import read_plain, write_atomic
from trainpad.text import sanitize

FILE = "notes.json"
MAX_BYTES = 64 * 1024
TITLE_LENGTH, TAG_LENGTH, TEXT_LENGTH = 80, 40, 2000
MAX_TAGS = 16
_FIELDS: Final[dict[str, Parser]] = {
    "title": string, "tags": list_of(string), "note": string, "hidden": boolean
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Note:
    """A run's title, tags and note, each of which may be empty; and whether it is hidden."""

    title: str = ""
    tags: tuple[str, ...] = ()
    text: str = ""
    hidden: bool = False
    """Whether lists of runs leave it out."""


def read(run: RunDir) -> Note:
    """The note of `run`, sanitized; empty where there is none or the file is damaged."""
    try:
        values = json.loads(read_plain(run.path / FILE, MAX_BYTES))
    except (OSError, ValueError, RecursionError):
        return Note()
    fields = fields_of(_FIELDS, values)
    note = make_note(fields.get("title", ""), fields.get("tags", []), fields.get("note", ""))
    return replace(note, hidden=fields.get("hidden", False))


def write(run: RunDir, note: Note) -> None:
    """Replace the note of `run`.

    Raises:
        RunError: it cannot be written.
    """
    values: dict[str, object] = {"title": note.title, "tags": list(note.tags), "note": note.text}
    if note.hidden:
        values["hidden"] = True
    try:
        write_atomic(run.path / FILE, json.dumps(values, indent=1).encode())
    except OSError as error:
        raise RunError(f"the note of {run.name} cannot be written: {error.strerror}") from error


def make_note(title: str, tags: Sequence[str], text: str) -> Note:
    """A note of sanitized texts, without surrounding spaces, empty tags and repeated ones."""
    cleaned = [sanitize(tag.strip(), limit=TAG_LENGTH) for tag in tags]
    return Note(
        sanitize(title.strip(), limit=TITLE_LENGTH),
        tuple(dict.fromkeys(tag for tag in cleaned if tag))[:MAX_TAGS],
        sanitize(text.strip(), limit=TEXT_LENGTH),
    )
