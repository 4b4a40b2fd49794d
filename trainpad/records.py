"""`run.config` and `run.summary`: dicts that remember that they were changed."""

import json
import re
from collections.abc import Mapping
from typing import Any

from trainpad.errors import warn
from trainpad.values import json_safe, text_of

MAX_ENTRY = 64 * 1024
"""Bytes of one entry as JSON; what is larger is not recorded."""
HIDDEN = "<hidden>"
"""What is written in place of a secret."""
_SECRET = re.compile(r"secret|password|passwd|api[_-]?key", re.IGNORECASE)
_TOKEN = re.compile(r"token(?!i[sz])", re.IGNORECASE)
"""A text called so is a secret; a number, as in ``max_tokens``, and a tokenizer are none."""


class Record(dict[str, Any]):
    """A dict that also takes its keys as attributes, and records its changes.

    Example:
        >>> run.config.learning_rate = 0.1
        >>> run.config.update({"batch": 128})
    """

    __slots__ = ("changed", "own")
    changed: bool
    """Whether something was set that is not yet written."""
    own: set[str]
    """The keys that the program set itself."""

    def __init__(self, values: object = None) -> None:
        super().__init__(as_mapping(values))
        object.__setattr__(self, "changed", False)
        object.__setattr__(self, "own", set())

    def __setitem__(self, key: str, value: Any) -> None:
        super().__setitem__(key, value)
        self.own.add(key)
        object.__setattr__(self, "changed", True)

    def update(self, *others: Any, **values: Any) -> None:
        """Set several entries; takes mappings, ``argparse.Namespace`` and data classes.

        Unknown keywords such as ``allow_val_change`` of other tools are entries as well.
        """
        values.pop("allow_val_change", None)
        for other in (*others, values):
            try:
                entries = as_mapping(other)
            except Exception as error:  # noqa: BLE001 - the program's own object may raise anything
                warn(f"update: {error}")
                continue
            for key, value in entries.items():
                self[key] = value

    def setdefault(self, key: str, default: Any = None) -> Any:
        """Return the entry, which is set to `default` where there is none."""
        if key not in self:
            self[key] = default
        return self[key]

    def __delitem__(self, key: str) -> None:
        super().__delitem__(key)
        object.__setattr__(self, "changed", True)

    def __getattr__(self, key: str) -> Any:
        try:
            return self[key]
        except KeyError:
            raise AttributeError(f"there is no entry called {key!r}") from None

    def __setattr__(self, key: str, value: Any) -> None:
        self[key] = value

    def fill(self, values: Mapping[str, Any]) -> None:
        """Set entries that the program does not set itself."""
        for key, value in values.items():
            if key not in self.own:
                super().__setitem__(key, value)

    def take(self) -> dict[str, Any]:
        """Return the entries as JSON knows them, secrets hidden, and count them as written."""
        object.__setattr__(self, "changed", False)
        safe = without_secrets(json_safe(dict(self)))
        entries = safe.items() if isinstance(safe, dict) else ()
        return {name: _bounded(value) for name, value in entries}

    def __reduce__(self) -> tuple[Any, ...]:
        return Record, (dict(self),)


def _bounded(value: object) -> object:
    """Return a JSON value, or a text in its place where it is very large."""
    if isinstance(value, str | list | dict) and (size := len(json.dumps(value))) > MAX_ENTRY:
        return f"<too large to be recorded: {size:,} bytes>"
    return value


def is_secret(name: str, value: object) -> bool:
    """Return whether an entry is a secret, by its name."""
    if value is None or isinstance(value, bool):
        return False
    if _SECRET.search(name):
        return True
    return _TOKEN.search(name) is not None and not isinstance(value, int | float)


def without_secrets(values: object) -> object:
    """Return JSON values with ``<hidden>`` for each secret, also in nested dicts and lists."""
    if isinstance(values, list):
        return [without_secrets(value) for value in values]
    if not isinstance(values, dict):
        return values
    return {
        name: HIDDEN if is_secret(name, value) else without_secrets(value)
        for name, value in values.items()
    }


def as_mapping(values: object) -> dict[str, Any]:
    """Return the entries of a mapping, a named tuple, an ``argparse.Namespace`` or a data class.

    Raises:
        TypeError: it is none of these.
    """
    if values is None:
        return {}
    if isinstance(values, Mapping):
        return {text_of(key): value for key, value in values.items()}
    if callable(fields := getattr(values, "_asdict", None)):  # a named tuple
        return dict(fields())
    names = getattr(values, "__dataclass_fields__", None) or getattr(values, "__dict__", None)
    if names is None:
        raise TypeError(f"{text_of(values, 40)!r} is no dict of names and values")
    return {name: getattr(values, name) for name in tuple(names) if not name.startswith("_")}
