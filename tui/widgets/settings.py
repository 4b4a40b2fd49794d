"""What the user chose about the dashboard's looks, kept from one start to the next."""

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import platformdirs

from trainpad.files import write_atomic

MAX_BYTES = 64 * 1024
"""Bytes; a longer file is none of ours."""


class Settings:
    """Names and plain values in a small JSON file; what cannot be read or kept does no harm."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path or Path(platformdirs.user_config_dir("trainpad")) / "settings.json"
        self._values: dict[str, Any] = {}
        with suppress(OSError, ValueError):
            if self._path.stat().st_size <= MAX_BYTES:
                values = json.loads(self._path.read_bytes())
                self._values = values if isinstance(values, dict) else {}

    def get(self, name: str, default: Any) -> Any:
        """What was chosen, if it is of the default's type, else the default."""
        value = self._values.get(name, default)
        return value if isinstance(value, type(default)) else default

    def set(self, name: str, value: Any) -> None:
        """Choose, and keep it."""
        if self._values.get(name) == value:
            return
        self._values[name] = value
        with suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            write_atomic(self._path, json.dumps(self._values, indent=1).encode(), sync=False)
