"""The user's display settings, kept between starts."""

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

from data.places import settings
from trainpad.files import read_plain, write_atomic

MAX_BYTES = 64 * 1024
"""A longer file is ignored."""


class Settings:
    """Named plain values in a small JSON file; errors in reading or writing it are ignored."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path or settings() / "settings.json"
        self._values: dict[str, Any] = {}
        with suppress(OSError, ValueError, RecursionError):
            values = json.loads(read_plain(self._path, MAX_BYTES))
            self._values = values if isinstance(values, dict) else {}

    def get(self, name: str, default: Any) -> Any:
        """The saved value if it has the default's type, else the default."""
        value = self._values.get(name, default)
        return value if isinstance(value, type(default)) else default

    def set(self, name: str, value: Any) -> None:
        """Change a value and save it."""
        if self._values.get(name) == value:
            return
        self._values[name] = value
        with suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            write_atomic(self._path, json.dumps(self._values, indent=1).encode(), sync=False)
