"""A program that prints faster than its lines can be searched: its newest numbers are right."""

import json
import os
from pathlib import Path

import pytest

from core.program.output import MAX_KEPT, MAX_LINES, Output
from core.program.record import ProgramRecord


class Printer:
    """A program on a pipe, of which the output is read at the times that a test says."""

    def __init__(self, path: Path) -> None:
        (path / "run.json").write_text("{}")
        self.path, self.said = path, list[str]()
        self.record = ProgramRecord(path, self.said.append)
        terminal, self._end = os.pipe()
        os.set_blocking(terminal, False)
        self.output = Output(terminal, path / "run.log", self.record, (), None)

    def print(self, steps: range, now: float) -> None:
        for first in range(0, len(steps), 1000):
            lines = "".join(f"step {s} loss {s / 8}\n" for s in steps[first : first + 1000])
            os.write(self._end, lines.encode())
            self.output.read(now)

    def end(self) -> None:
        os.close(self._end)
        self.output.close()
        self.record.flush(at_end=True)
        self.record.close()

    def lines(self, name: str) -> list[dict[str, object]]:
        path = self.path / name
        return [*map(json.loads, path.read_text().splitlines())] if path.exists() else []


@pytest.fixture
def printer(tmp_path: Path) -> Printer:
    return Printer(tmp_path)


def test_the_last_value_of_a_fast_printer_is_recorded_and_one_warning(printer: Printer) -> None:
    printer.print(range(20_000), 5.0)
    printer.end()
    steps = [line["step"] for line in printer.lines("metrics.jsonl")]
    assert steps == [*range(MAX_LINES), *range(20_000 - MAX_KEPT, 20_000)]
    assert printer.record.last == {"loss": 19_999 / 8}
    warnings = [line for line in printer.lines("events.jsonl") if line["event"] == "warned"]
    assert [line["text"] for line in warnings] == printer.said
    assert "5,000 lines a second" in printer.said[0]


def test_the_newest_value_is_there_when_the_second_is_over(printer: Printer) -> None:
    printer.print(range(8000), 5.0)
    assert printer.record.last == {"loss": (MAX_LINES - 1) / 8}
    printer.output.catch_up(5.5)
    assert printer.record.last == {"loss": (MAX_LINES - 1) / 8}
    printer.output.catch_up(6.0)
    assert printer.record.last == {"loss": 7999 / 8}
    printer.print(range(8000, 8100), 6.1)
    assert printer.record.last == {"loss": 8099 / 8}
    printer.end()
    steps = [line["step"] for line in printer.lines("metrics.jsonl")]
    assert steps == sorted(steps)


def test_nothing_is_said_where_no_line_is_left_out(printer: Printer) -> None:
    printer.print(range(MAX_LINES + MAX_KEPT), 5.0)
    printer.end()
    assert len(printer.lines("metrics.jsonl")) == MAX_LINES + MAX_KEPT
    assert not printer.said


def test_a_program_that_records_itself_has_no_numbers_from_its_lines(printer: Printer) -> None:
    printer.print(range(8000), 5.0)
    printer.record.is_adopted = True
    printer.end()
    assert printer.record.last == {"loss": (MAX_LINES - 1) / 8}
