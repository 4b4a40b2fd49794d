"""Properties of what is read from files: whatever they hold, and however they were cut.

What a library or program wrote is read as it was written, in pieces of any size; what nobody can
have meant raises nothing, and costs what is beside it nothing.
"""

import json
import math
import tempfile
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.foreign.collector import Format
from core.foreign.formats import FORMATS, format_of
from core.run.attached_events import MetricPoints, MetricsVoided
from core.rundir.metric_tail import MetricTail
from core.tfevents.items import Scalars
from tests.helpers.wandb import history, wandb_bytes
from trainpad.control import DesiredState, parse
from trainpad.errors import UserError
from trainpad.lines import NumberLines

QUICK = settings(max_examples=25)
NAMES = st.text(alphabet="ab/_é %", min_size=1, max_size=4).filter(str.strip)
NUMBERS = st.floats(width=32) | st.integers(-(2**53), 2**53)
LOGGED = st.lists(st.dictionaries(NAMES, NUMBERS, min_size=1, max_size=3), max_size=20)
Points = dict[str, list[tuple[int, float]]]


# -- metrics.jsonl ---------------------------------------------------------------------------------


def read_in(pieces: Sequence[bytes]) -> Points:
    """The numbers of a `metrics.jsonl` that is appended piece by piece, and read after each."""
    found: Points = {}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "metrics.jsonl"
        tail = MetricTail(path)
        for piece in pieces:
            with path.open("ab") as file:
                file.write(piece)
            for event in tail.poll():
                add_points(found, event)
    return found


def add_points(found: Points, event: MetricPoints | MetricsVoided) -> None:
    assert isinstance(event, MetricPoints)
    for column, name in enumerate(event.names):
        values = event.values[:, column].tolist()
        found.setdefault(name, []).extend(zip(event.steps.tolist(), values, strict=True))


def logged(rows: Sequence[dict[str, float]]) -> tuple[list[bytes], Points]:
    """The lines that the library writes of these rows, and the points that they hold."""
    lines, points = NumberLines(lambda *_: pytest.fail("refused")), dict[str, Any]()
    written = [lines.encode(step, 1.5, row).encode() for step, row in enumerate(rows)]
    for step, row in enumerate(rows):
        for name, value in row.items():
            points.setdefault(name, []).append((step, float(np.float32(value))))
    return written, points


def same(ours: Points, theirs: Points) -> bool:
    """Whether the points of each name are equal, NaN to NaN; lines are read in groups by names."""
    return by_step(ours) == by_step(theirs)


def by_step(points: Points) -> list[tuple[str, str]]:
    return sorted((name, repr(sorted(found))) for name, found in points.items())


@given(rows=LOGGED, cuts=st.lists(st.integers(0, 2000), max_size=5))
@example(rows=[{"a": math.nan}, {"a": math.inf, "b": -0.0}], cuts=[10])
@QUICK
def test_what_is_logged_is_read_however_the_file_grows(
    rows: list[dict[str, float]], cuts: list[int]
) -> None:
    lines, points = logged(rows)
    content = b"".join(lines)
    places = sorted({0, len(content), *(cut for cut in cuts if cut < len(content))})
    pieces = [content[a:b] for a, b in pairwise(places)]
    assert same(read_in(pieces), points)


@given(rows=LOGGED, where=st.integers(0, 20), damage=st.binary(max_size=60))
@example(rows=[{"a": 1}], where=0, damage=b'{"step": 1e400, "time": [], "a": {}}')
@example(rows=[{"a": 1}], where=1, damage=b"[" * 60)
@QUICK
def test_a_damaged_line_costs_no_other(
    rows: list[dict[str, float]], where: int, damage: bytes
) -> None:
    lines, points = logged(rows)
    lines.insert(min(where, len(lines)), damage.replace(b"\n", b" ").replace(b'"', b"'") + b"\n")
    assert same(read_in([b"".join(lines)]), points)


# -- control.json ----------------------------------------------------------------------------------


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)
FIELDS = st.sampled_from(["hyperparameters", "pause_at", "evaluate", "checkpoint", "stop"])
COUNTS = st.integers(0, 2**63 - 1)


@given(st.binary(max_size=80) | st.dictionaries(FIELDS, JSON).map(lambda v: json.dumps(v).encode()))
@example(b"[" * 5000)
@QUICK
def test_any_control_file_is_a_state_or_refused_with_a_sentence(content: bytes) -> None:
    try:
        state = parse(content, dict)
    except UserError as error:
        assert str(error).startswith("control.json")
        return
    assert state.pause_at is None or 0 <= state.pause_at < 2**63
    assert len(state.stop) <= 40
    assert min(state.evaluate, state.checkpoint) >= 0


@given(
    pause_at=st.none() | COUNTS, evaluate=COUNTS, checkpoint=COUNTS, stop=st.text(max_size=40),
    values=st.dictionaries(st.text(max_size=5), st.floats(allow_nan=False)),
)  # fmt: skip
@QUICK
def test_a_state_is_read_as_it_was_written(values: dict[str, float], **fields: Any) -> None:
    written = json.dumps({"hyperparameters": values, **fields}).encode()
    assert parse(written, dict) == DesiredState(hyperparameters=values, **fields)


# -- files of other programs -----------------------------------------------------------------------


def contents() -> dict[str, bytes]:
    """A file of each format, with `loss` at steps 0 to 8."""
    entries = [{"step": step, "loss": step / 2} for step in range(9)]
    table = "".join(f"{entry['step']},{entry['loss']}\n" for entry in entries)
    return {
        "WandbFile": wandb_bytes(*(history(step, {"loss": step / 2}) for step in range(9))),
        "TrainerState": json.dumps({"epoch": 1, "log_history": entries}).encode(),
        "JsonLines": "".join(f"{json.dumps(entry)}\n" for entry in entries).encode(),
        "Table": f"step,loss\n{table}".encode(),
    }


def losses(read: Format) -> list[tuple[int, float]]:
    """The points of `loss` that a reader has found."""
    return [
        point
        for item in read.take()
        if isinstance(item, Scalars) and item.tag == "loss"
        for point in zip(item.steps.tolist(), item.values.tolist(), strict=True)
    ]


def fed(content: bytes, cuts: Sequence[int]) -> list[tuple[int, float]]:
    """What is found in bytes that come in pieces."""
    read = format_of(content)
    assert read is not None
    places = sorted({0, len(content), *(cut % (len(content) + 1) for cut in cuts)})
    for a, b in pairwise(places):
        read.feed(content[a:b])
    read.finish()
    return losses(read)


def test_there_is_a_file_of_every_format() -> None:
    assert {kind.__name__ for kind in FORMATS} == contents().keys()
    for name, content in contents().items():
        assert type(format_of(content)).__name__ == name
        assert fed(content, []) == [(step, step / 2) for step in range(9)]


@pytest.mark.parametrize("name", [kind.__name__ for kind in FORMATS])
@given(
    cuts=st.lists(st.integers(0, 1 << 16), max_size=6),
    at=st.floats(0.3, 1), damage=st.binary(max_size=40), drop=st.integers(0, 40),
)  # fmt: skip
@QUICK
def test_damage_raises_nothing_and_pieces_make_no_difference(
    name: str, cuts: list[int], at: float, damage: bytes, drop: int
) -> None:
    content = contents()[name]
    place = round(at * len(content))
    damaged = content[:place] + damage + content[place + drop :]
    if type(format_of(damaged)).__name__ == name:
        assert repr(fed(damaged, cuts)) == repr(fed(damaged, []))


@given(st.binary(max_size=300), st.lists(st.integers(0, 300), max_size=4))
@QUICK
def test_any_bytes_are_of_a_format_or_of_none(content: bytes, cuts: list[int]) -> None:
    if format_of(content) is not None:
        assert repr(fed(content, cuts)) == repr(fed(content, []))


@pytest.mark.parametrize(("end", "skipped"), [(b"]}", 0), (b", 7]}", 1)])
def test_what_is_no_entry_of_a_history_is_counted(end: bytes, skipped: int) -> None:
    content = b'{"log_history": [{"step": 1, "loss": 0.5}' + end
    read = format_of(content)
    assert read is not None
    read.feed(content)
    assert (losses(read), read.skipped) == ([(1, 0.5)], skipped)
