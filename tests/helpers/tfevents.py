"""Make event files for tests, record by record, in the styles of all writers."""

import struct
from pathlib import Path
from typing import Any

from core.tfevents.messages import EventProto
from core.tfevents.records import encode_record

NAME = "events.out.tfevents.1700000000.host.1.0.v2"


def old(tag: bytes, value: float) -> dict[str, Any]:
    return {"tag": tag, "simple_value": value}


def new(tag: bytes, value: float, plugin: bytes = b"scalars") -> dict[str, Any]:
    tensor = {"dtype": 1, "tensor_shape": {}, "tensor_content": struct.pack("<f", value)}
    return {"tag": tag, "tensor": tensor, **named(plugin)}


def named(plugin: bytes, content: bytes = b"") -> dict[str, Any]:
    return {"metadata": {"plugin_data": {"plugin_name": plugin, "content": content}}}


def strings(*content: bytes) -> dict[str, Any]:
    return {"dtype": 7, "tensor_shape": {"dim": [{"size": len(content)}]}, "string_val": content}


def event(step: int, *values: dict[str, Any], wall_time: float | None = None) -> bytes:
    at = 1.7e9 + step if wall_time is None else wall_time
    made = EventProto(wall_time=at, step=step, summary={"value": list(values)})
    return encode_record(made.SerializeToString())


def version() -> bytes:
    return encode_record(
        EventProto(wall_time=1.7e9, file_version=b"brain.Event:2").SerializeToString()
    )


def start(step: int) -> bytes:
    made = EventProto(wall_time=1.7e9, step=step, session_log={"status": 1})
    return encode_record(made.SerializeToString())


def points(steps: range, tag: bytes = b"loss", style: Any = old, late: float = 0.0) -> bytes:
    times = [1.7e9 + late + step for step in steps]
    rows = zip(steps, times, strict=True)
    return b"".join(event(step, style(tag, 100.0 - step), wall_time=time) for step, time in rows)


def put(folder: Path, *parts: bytes, name: str = NAME) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_bytes(b"".join(parts))
    return path


def add(path: Path, *parts: bytes) -> None:
    with path.open("ab") as file:
        file.write(b"".join(parts))
