"""`.wandb` files of Weights & Biases, read without its package: history, config and exit status.

The messages are those of ``wandb_internal.proto``, of which only the fields are declared that are
read; texts as ``bytes``, so that one that is not UTF-8 does not make its record unreadable.
"""

import json
from collections.abc import Iterable
from typing import Any, Final

from core.foreign.collector import SEPARATOR, Collector, as_number, as_step, as_time
from core.foreign.wandb_records import MAGIC, RecordLog
from core.run.reading_turns import give_way
from core.tfevents.items import HParam, SessionEnd, SessionStart
from core.tfevents.protobuf import DecodeError, declare
from core.tfevents.values import MAX_HPARAMS
from trainpad.text import sanitize, sanitize_name

_Record: Final[Any] = declare(
    "trainpad.wandb",
    {
        "Item": "1 bytes key; 2 bytes[] nested_key; 16 bytes value_json",
        "Step": "1 int64 num",
        "History": "1 Item[] item; 2 Step step",
        "Config": "1 Item[] update",
        "Run": "4 Config config",
        "Exit": "1 int32 exit_code",
        "Record": """
            2 History history kind; 4 bytes output kind; 5 Config config kind; 7 bytes stats kind;
            10 bytes alert kind; 13 bytes output_raw kind; 17 Run run kind; 18 Exit exit kind""",
    },
)["Record"]
RECORDS_AT_ONCE: Final = 200
"""Records that are read between two moments at which other threads have their turn."""
_UNDRAWN: Final = {
    "stats": "system metrics",
    "output": "console output",
    "output_raw": "console output",
    "alert": "alerts",
}
_OWN_NAMES: Final = frozenset({"_step", "_timestamp", "_runtime", "_wandb"})
"""What W&B adds to each entry of the history, and to the config."""


class WandbFile(Collector):
    """The history of a run by name and step; its config as hyperparameters."""

    def __init__(self) -> None:
        super().__init__()
        self._log = RecordLog()
        self._config: dict[str, HParam] = {}

    @staticmethod
    def recognizes(head: bytes) -> bool:
        """Return whether a file that begins with `head` is one."""
        return head.startswith(MAGIC)

    def feed(self, data: bytes) -> None:
        """Read the next bytes of the file."""
        for number, content in enumerate(self._log.feed(data), 1):
            if number % RECORDS_AT_ONCE == 0:
                give_way()
            try:
                self._read(_Record.FromString(content))
            except DecodeError:
                self.skipped += 1
        self.skipped += self._log.skipped
        self._log.skipped = 0

    def _read(self, record: Any) -> None:
        kind = record.WhichOneof("kind")
        if kind == "history":
            self._read_history(record.history)
        elif kind == "config":
            self._read_config(record.config.update)
        elif kind == "run":
            self._read_config(record.run.config.update)
        elif kind == "exit":
            status = "failure" if record.exit.exit_code else "success"
            self.add_item(SessionEnd(status))
        elif kind in _UNDRAWN:
            self.leave_out(_UNDRAWN[kind], "")

    def _read_history(self, history: Any) -> None:
        values = {_name(item): _value(item) for item in history.item}
        step = history.step.num if history.HasField("step") else as_step(values.get("_step"))
        if step is None:
            self.skipped += 1
            return
        wall_time = as_time(values.get("_timestamp"))
        self.set_time(wall_time)
        for name, value in values.items():
            if name not in _OWN_NAMES:
                self.add_json(name, value, step, wall_time)

    def _read_config(self, items: Iterable[Any]) -> None:
        for item in items:
            self._add_setting(_name(item), _value(item))
        if self._config:
            self.add_item(SessionStart(dict(self._config)))

    def _add_setting(self, name: str, value: object, depth: int = 0) -> None:
        if name.partition(SEPARATOR)[0] in _OWN_NAMES or len(self._config) >= MAX_HPARAMS:
            return
        if isinstance(value, dict) and depth == 0 and value.keys() == {"desc", "value"}:
            value = value["value"]  # as earlier versions wrote each setting
        if isinstance(value, dict) and depth < 4:
            for key, part in value.items():
                self._add_setting(f"{name}{SEPARATOR}{key}", part, depth + 1)
            return
        number = as_number(value)
        text = value if isinstance(value, str) else json.dumps(value)
        setting = value if isinstance(value, bool) else number
        self._config[sanitize_name(name)] = (
            sanitize(text, limit=200) if setting is None else setting
        )


def _name(item: Any) -> str:
    parts = item.nested_key or [item.key]
    return SEPARATOR.join(part.decode("utf-8", "replace") for part in parts)


def _value(item: Any) -> object:
    """Return the value of an item; None where it is no JSON."""
    try:
        return json.loads(item.value_json)
    except (ValueError, RecursionError):
        return None
