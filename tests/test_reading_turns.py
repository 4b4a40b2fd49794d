"""The pauses of a thread that reads while a key is answered."""

import json
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from core.foreign import lines, trainer_state, wandb
from core.foreign.file import ForeignFile
from core.run import reading_turns
from core.run.reading_turns import begin_answer, end_answer, give_way
from core.tfevents import reader
from core.tfevents.items import Scalars
from core.tfevents.reader import EventFile
from tests.helpers.tfevents import points, put, version
from tests.helpers.waiting import wait_until
from tests.helpers.wandb import history, wandb_bytes


def reading() -> threading.Thread:
    thread = threading.Thread(target=give_way, daemon=True)
    thread.start()
    return thread


def test_reading_goes_on_once_a_key_is_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading_turns, "MAX_ANSWER", 1000.0)
    begin_answer()
    thread = reading()
    thread.join(0.01)
    assert thread.is_alive()
    end_answer()
    wait_until(lambda: not thread.is_alive())


def test_reading_goes_on_where_the_answer_is_never_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading_turns, "MAX_ANSWER", 0.001)
    begin_answer()
    try:
        wait_until(lambda: time.monotonic() > reading_turns._until)
        give_way()
    finally:
        end_answer()


def metrics(folder: Path) -> ForeignFile:
    path = folder / "metrics.jsonl"
    path.write_text("".join(f'{{"step": {step}, "loss": 0.5}}\n' for step in range(12)))
    return ForeignFile(path)


def table(folder: Path) -> ForeignFile:
    path = folder / "log.csv"
    path.write_text("epoch,loss\n" + "".join(f"{step},0.5\n" for step in range(12)))
    return ForeignFile(path)


def trainer_state_file(folder: Path) -> ForeignFile:
    path = folder / "trainer_state.json"
    entries = [{"step": step, "loss": 0.5} for step in range(12)]
    path.write_text(json.dumps({"log_history": entries}))
    return ForeignFile(path)


def wandb_file(folder: Path) -> ForeignFile:
    path = folder / "run-a.wandb"
    path.write_bytes(wandb_bytes(*(history(step, {"loss": 0.5}) for step in range(12))))
    return ForeignFile(path)


def event_file(folder: Path) -> EventFile:
    return EventFile(put(folder, version(), points(range(12))))


@pytest.mark.parametrize("make", [metrics, table, trainer_state_file, wandb_file, event_file])
def test_each_reader_gives_way_in_a_long_file(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    make: Callable[[Path], ForeignFile | EventFile],
) -> None:
    turns: list[object] = []
    for module in (lines, trainer_state, wandb, reader):
        monkeypatch.setattr(module, "give_way", lambda: turns.append(None))
        (limit,) = (name for name in vars(module) if name.endswith("_AT_ONCE"))
        monkeypatch.setattr(module, limit, 5)
    file = make(tmp_path)
    while file.read():
        pass
    assert len(turns) == 2
    assert sum(len(item.steps) for item in file.take() if isinstance(item, Scalars)) == 12
