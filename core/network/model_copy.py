"""The file of a person's own model: from the flag `--model`, or the copy in a run."""

import ast
import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from core.network.model_file import DATA, ModelFile
from core.rundir.rundir import RunDir
from trainpad.errors import RunError, UserError
from trainpad.files import read_plain, read_private, write_atomic
from trainpad.place import absolute, expanded
from trainpad.text import sanitize

COPY = "model.py"
"""The name of the copy in a run directory."""
LIMIT = 1 << 20
"""Bytes that such a file may have."""


def model_from_flags(text: str, values: Sequence[str]) -> ModelFile:
    """Return the file that ``--model`` names, as ``FILE.py`` or ``FILE.py:function``.

    Raises:
        UserError: there is no such file, or a value of ``--hp`` is not ``NAME=VALUE``.
    """
    place, _, function = text.partition(".py:")
    path = absolute(expanded(f"{place}.py" if function else text))
    if path.suffix != ".py":
        raise UserError(f"model must be a Python file, FILE.py or FILE.py:function, not {text!r}")
    _read(path)
    given: dict[str, str] = {}
    for entry in values:
        name, separator, value = entry.partition("=")
        if not separator or not name:
            raise UserError(f"hp must be NAME=VALUE, as width=32, not {entry!r}")
        given[name] = value
    path = path.resolve()
    return ModelFile(path, path.parent, network_name(path), function, given)


def gives_data(file: ModelFile) -> bool:
    """Return whether the file has a function that gives the data; no syntax error is raised."""
    try:
        tree = ast.parse(_read(file.path))
    except (SyntaxError, ValueError, RecursionError):
        return False
    return any(isinstance(one, ast.FunctionDef) and one.name == DATA for one in tree.body)


def network_name(path: Path) -> str:
    """Return a file's name without what the text of a network cannot have."""
    return "".join(letter if letter.isalnum() or letter in "._-" else "_" for letter in path.name)


def model_info(file: ModelFile) -> dict[str, Any]:
    """Return what `run.json` holds about it."""
    return {
        "file": str(file.folder / file.path.name),
        "function": file.function,
        "hp": dict(file.values),
        "sha256": _digest(_read(file.path)),
    }


def copy_model(file: ModelFile, run: RunDir) -> None:
    """Copy the file into a run.

    Raises:
        RunError: it cannot be written.
    """
    try:
        write_atomic(run.path / COPY, _read(file.path))
    except OSError as error:
        raise RunError(f"{run.path / COPY} cannot be written: {error.strerror}") from error


def recorded_model(run: RunDir, info: Mapping[str, Any]) -> ModelFile | None:
    """Return the copy in the run with the `run.json` `info`; None if it has no model of its own.

    Raises:
        RunError: the copy is missing, changed, or belongs to another user.
    """
    recorded = info.get("model")
    if not isinstance(recorded, dict):
        return None
    original = Path(str(recorded.get("file", "")))
    try:
        content = read_private(run.path / COPY, LIMIT)
    except OSError as error:
        why = error.strerror or error
        raise RunError(
            f"{sanitize(run.name)}: its copy of {sanitize(original.name)} cannot be used: {why}"
        ) from error
    if _digest(content) != recorded.get("sha256"):
        raise RunError(f"{sanitize(run.name)}: its {COPY} is not what the run began with")
    values = recorded.get("hp")
    return ModelFile(
        run.path / COPY,
        original.parent,
        network_name(original),
        str(recorded.get("function") or ""),
        {str(k): str(v) for k, v in values.items()} if isinstance(values, dict) else {},
    )


def changed_since(info: Mapping[str, Any]) -> str:
    """Return a sentence if the original file is no longer what the run began with; else empty."""
    recorded = info.get("model")
    if not isinstance(recorded, dict):
        return ""
    original = Path(str(recorded.get("file", "")))
    try:
        changed = _digest(read_plain(original, LIMIT)) != recorded.get("sha256")
    except (OSError, ValueError):
        return ""
    name = sanitize(original.name, limit=80)
    return f"{name} has changed since the run began; its copy in the run is used" if changed else ""


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > LIMIT:
            raise UserError(f"{path} is larger than {LIMIT:,} bytes")
        return read_plain(path, LIMIT)
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}") from error


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
