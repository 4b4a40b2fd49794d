"""`trainpad.toml` in the user's folder of settings, and in the current folder, which goes first.

What a user changes with keys is remembered elsewhere (`tui.terminal.settings`); what is written
here holds at every start. A wrong option is an error that names the file and the line: one that was
ignored would seem to do nothing.
"""

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from core.options.key_names import KEY_NAMES
from data.places import settings, working_folder
from trainpad.errors import UserError
from trainpad.files import read_plain
from trainpad.text import sanitize

NAME: Final = "trainpad.toml"
MAX_BYTES: Final = 256 * 1024
MAX_LINES: Final = 6
"""Colours of lines: as many as charts have."""
ALERTS: Final = ("finish", "fail", "nan", "stall")
"""What can be notified of."""
WITHOUT_COMMAND: Final = ("bell", "osc9")
"""The notifications that start no program."""
_COLOUR: Final = re.compile(r"#[0-9a-fA-F]{6}")


@dataclass(frozen=True, slots=True)
class Options:
    """What the files say; each option has a default that changes nothing."""

    charts_first: tuple[str, ...] = ()
    """Names of metrics, or titles of charts, that come first after the loss."""
    theme: str = ""
    """The theme at each start; empty for the one that was used last."""
    line_colours: tuple[str, ...] = ()
    """The colours of the first lines of charts, such as ``#56b4e9``."""
    alerts: Mapping[str, str] = field(default_factory=dict)
    """For each of `ALERTS`: ``bell``, ``osc9`` or a command."""
    stall_seconds: float | None = None
    """Seconds of nothing that are a stall."""
    keys: Mapping[str, str] = field(default_factory=dict)
    """Keys by the names of what they do, such as ``runs.delete``."""


def load_options(user: Path | None = None, project: Path | None = None) -> Options:
    """The options of both files; an option of the project's replaces the user's.

    Args:
        user: The folder of the user's file, by default that of his settings.
        project: The folder of the project's file, by default the current one.

    Raises:
        UserError: a file cannot be read, or an option is wrong; the sentence names file and line.
    """
    options = Options()
    ours, theirs = settings() if user is None else user, project or working_folder()
    for folder, is_project in ((ours, False), (theirs, True)):
        if is_project and folder == ours:
            continue
        options = _File(folder / NAME, is_project=is_project).applied_to(options)
    return options


class _File:
    """One file: its text, to find lines in, and what is in it."""

    def __init__(self, path: Path, *, is_project: bool) -> None:
        self._path = path
        self._is_project = is_project
        self._text = ""

    def applied_to(self, options: Options) -> Options:
        """Return `options` with those of this file; unchanged where there is no file."""
        try:
            content = read_plain(self._path, MAX_BYTES + 1)
        except (FileNotFoundError, NotADirectoryError):
            return options
        except OSError as error:
            raise UserError(f"{self._shown} cannot be read: {error.strerror}") from error
        if len(content) > MAX_BYTES:
            raise UserError(f"{self._shown} is larger than {MAX_BYTES:,} bytes")
        try:
            self._text = content.decode()
            values = tomllib.loads(self._text)
        except UnicodeDecodeError as error:
            line = content[: error.start].count(b"\n") + 1
            raise UserError(f"{self._shown}, line {line}: it is not UTF-8") from error
        except (tomllib.TOMLDecodeError, RecursionError) as error:
            raise UserError(f"{self._shown}: {error}") from error
        for section, entries in values.items():
            options = self._with_section(options, section, entries)
        return options

    @property
    def _shown(self) -> str:
        return sanitize(str(self._path), limit=300)

    def _with_section(self, options: Options, section: str, entries: object) -> Options:
        if section not in _SECTIONS:
            raise self._error(
                section, "", f"there is no [{section}]; there are {_listed(_SECTIONS)}"
            )
        if not isinstance(entries, dict):
            raise self._error("", section, f"{section} is a section: write [{section}]")
        if section == "keys":
            entries = _flat(entries)
        for name, value in entries.items():
            try:
                changes = _SECTIONS[section](name, value, self._is_project)
            except ValueError as error:
                raise self._error(section, name, str(error)) from error
            options = _merged(options, changes)
        return options

    def _error(self, section: str, name: str, text: str) -> UserError:
        return UserError(sanitize(f"{self._shown}{self._line(section, name)}: {text}", limit=800))

    def _line(self, section: str, name: str) -> str:
        """Return ``, line N`` where the option is; empty where it is written in another way."""
        current = ""
        last = name.rpartition(".")[2]
        keys = {name, f'"{name}"', f"'{name}'", f"{section}.{name}", last, f'{section}."{name}"'}
        for number, line in enumerate(self._text.splitlines(), 1):
            if header := re.match(r"\s*\[+\s*([^\]]+?)\s*\]", line):
                current = header[1]
                if not name and current.partition(".")[0] == section:
                    return f", line {number}"
            key = line.partition("=")[0].strip()
            is_here = current.partition(".")[0] in (section, "")
            if name and is_here and "=" in line and key in keys:
                return f", line {number}"
        return ""


# -- the sections --------------------------------------------------------------------------------


def _charts(name: str, value: object, _is_project: bool) -> dict[str, Any]:
    if name != "first":
        raise ValueError(f"there is no {name} in [charts]; there is first")
    if not isinstance(value, list) or not all(isinstance(entry, str) for entry in value):
        raise ValueError('first must be a list of names, such as ["loss", "val/accuracy"]')
    return {"charts_first": tuple(value)}


def _colours(name: str, value: object, _is_project: bool) -> dict[str, Any]:
    if name == "theme":
        if not isinstance(value, str) or not value:
            raise ValueError('theme must be the name of a theme, such as "textual-light"')
        return {"theme": value}
    if name != "lines":
        raise ValueError(f"there is no {name} in [colours]; there are theme and lines")
    is_list = isinstance(value, list) and 0 < len(value) <= MAX_LINES
    colours = value if isinstance(value, list) and is_list else []
    if not colours or not all(isinstance(c, str) and _COLOUR.fullmatch(c) for c in colours):
        raise ValueError(f'lines must be a list of 1 to {MAX_LINES} colours, such as ["#56b4e9"]')
    return {"line_colours": tuple(colours)}


def _alerts(name: str, value: object, is_project: bool) -> dict[str, Any]:
    if name == "stall_seconds":
        if isinstance(value, bool) or not isinstance(value, int | float) or not value >= 1:
            raise ValueError("stall_seconds must be a number of at least 1")
        return {"stall_seconds": float(value)}
    if name not in ALERTS:
        known = _listed((*ALERTS, "stall_seconds"))
        raise ValueError(f"there is no {name} in [alerts]; there are {known}")
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f'{name} must be "bell", "osc9" or a command')
    if is_project and value not in WITHOUT_COMMAND:
        # A folder that was copied from somewhere must not start programs.
        raise ValueError(f'{name} may be "bell" or "osc9" here; commands belong in your own file')
    return {"alerts": {name: value}}


def _keys(name: str, value: object, _is_project: bool) -> dict[str, Any]:
    if name not in KEY_NAMES:
        raise ValueError(f"there is no {name} in [keys]; docs/keys.md has the names")
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f'{name} must be a key, such as "ctrl+d", or several: "d,delete"')
    return {"keys": {name: value}}


_SECTIONS: Final[Mapping[str, Callable[[str, object, bool], dict[str, Any]]]] = {
    "charts": _charts,
    "colours": _colours,
    "alerts": _alerts,
    "keys": _keys,
}


def _merged(options: Options, changes: Mapping[str, Any]) -> Options:
    """Return `options` with these changes; mappings are joined."""
    joined: dict[str, Any] = {
        name: {**getattr(options, name), **value} if isinstance(value, dict) else value
        for name, value in changes.items()
    }
    return replace(options, **joined)


def _flat(entries: Mapping[str, Any]) -> dict[str, Any]:
    """Return keys by their full names: ``runs.delete`` without quotes is a table in TOML."""
    found: dict[str, Any] = {}
    for name, value in entries.items():
        if isinstance(value, dict):
            found |= {f"{name}.{inner}": entry for inner, entry in value.items()}
        else:
            found[name] = value
    return found


def _listed(names: Any) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}"
