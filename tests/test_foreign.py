"""Files of other programs: values equal to what the programs wrote, whatever the files' names."""

import csv
import io
import json
import math
import os
import time
from collections import Counter
from pathlib import Path

import pytest

from core.foreign.find import ForeignFiles
from core.foreign.formats import format_of
from core.foreign.json_lines import JsonLines
from core.foreign.wandb import WandbFile
from core.tfevents.items import Restart, Scalars, SessionEnd, SessionStart
from core.tfevents.logdir import Logdir, Update
from core.tfevents.store import RunData
from tests.helpers.tfevents import points, put
from tests.helpers.wandb import config, end, history, output, wandb_bytes

Points = dict[str, list[tuple[int, float]]]


class Watched:
    """The runs below a folder, folded as `trainpad watch` does."""

    def __init__(self, *paths: Path) -> None:
        self.logdir = Logdir(paths, others=ForeignFiles())
        self.runs: dict[str, RunData] = {}
        self.points: dict[str, Points] = {}
        self.last: Update | None = None
        self.undrawn: dict[str, Counter[str]] = {}
        self.skipped: dict[str, int] = {}
        self.problems: dict[str, tuple[str, ...]] = {}

    def poll(self) -> "Watched":
        self.logdir._next_search = -math.inf
        for update in self.logdir.poll():
            for change in update.changes:
                if change.reset or change.run not in self.runs:
                    self.runs[change.run], self.points[change.run] = RunData(), {}
                for item in change.items:
                    self.runs[change.run].fold(item)
                    if isinstance(item, Scalars):
                        found = self.points[change.run].setdefault(item.tag, [])
                        found += zip(item.steps.tolist(), item.values.tolist(), strict=True)
                self.undrawn[change.run] = Counter(change.status.undrawn)
                self.skipped[change.run] = change.status.skipped
                self.problems[change.run] = change.status.problems
        return self

    def curve(self, run: str, tag: str) -> list[tuple[int, float]]:
        points = self.runs[run].scalars[tag].curve
        return list(zip(points.steps.tolist(), points.values.tolist(), strict=True))


def watched(*paths: Path) -> Watched:
    return Watched(*paths).poll()


def settle(path: Path) -> None:
    """Let the file be one that was last written some time ago."""
    os.utime(path, (time.time() - 60, time.time() - 60))


KERAS = """epoch,accuracy,learning_rate,loss,val_accuracy,val_loss
0,0.8912345,0.001,0.41234567,0.9321,0.2412
1,0.93123,0.001,0.2312,0.9456,NA
2,0.945,0.0005,nan,0.951,0.18123
"""
LIGHTNING = """epoch,lr-Adam,step,train_loss,val_acc,val_loss
,0.001,49,,,
0,,49,2.25,,
0,,99,1.75,,
0,,99,,0.5,1.9
1,,149,1.25,,
1,,199,,0.75,1.25
"""
ULTRALYTICS = """             epoch,      train/box_loss,   metrics/mAP50(B),       lr/pg0
                 0,              1.1234,            0.50125,   0.00023121
                 1,              0.9871,             0.6123,   0.00044871
"""
TRAINER = {
    "best_metric": 0.9,
    "best_model_checkpoint": 'out/"log_history": [1]/x',
    "epoch": 2.0,
    "global_step": 1000,
    "log_history": [
        {"epoch": 1.0, "grad_norm": 1.5, "learning_rate": 5e-05, "loss": 0.69, "step": 500},
        {"epoch": 1.0, "eval_loss": 0.5, "eval_accuracy": 0.8, "step": 500},
        {"epoch": 2.0, "grad_norm": float("nan"), "learning_rate": 0.0, "loss": 0.25, "step": 1000},
        {"epoch": 2.0, "step": 1000, "total_flos": 1.0e15, "train_runtime": 12.5},
    ],
    "max_steps": 1000,
}


def rows_of(text: str, axis: str, skip: str = "") -> Points:
    """What the rows hold, by Python's own csv module: the values that pandas reads."""
    reader = csv.DictReader(io.StringIO(text))
    found: Points = {}
    for row in reader:
        cells = {name.strip(): cell.strip() for name, cell in row.items()}
        for name, cell in cells.items():
            if name not in (axis, skip) and cell not in ("", "NA"):
                found.setdefault(name, []).append((int(cells[axis]), float(cell)))
    return found


def same(ours: Points, theirs: Points) -> bool:
    """Whether all points are equal, NaN to NaN."""
    return repr(sorted(ours.items())) == repr(sorted(theirs.items()))


def test_tables_hold_what_their_programs_wrote(tmp_path: Path) -> None:
    for name, text in (("a", KERAS), ("b.txt", LIGHTNING), ("c.csv", ULTRALYTICS)):
        (tmp_path / name).write_text(text)
    found = watched(tmp_path)
    assert same(found.points["a"], rows_of(KERAS, "epoch"))
    assert same(found.points["b.txt"], rows_of(LIGHTNING, "step"))
    assert same(found.points["c.csv"], rows_of(ULTRALYTICS, "epoch"))
    assert "metrics/mAP50(B)" in found.points["c.csv"]
    assert not any(found.skipped.values())


@pytest.mark.parametrize("indent", [None, 2])
def test_a_trainer_state_holds_its_history(tmp_path: Path, indent: int | None) -> None:
    (tmp_path / "state").write_text(json.dumps(TRAINER, indent=indent, sort_keys=True) + "\n")
    expected: Points = {}
    for entry in TRAINER["log_history"]:
        for name, value in entry.items():
            if name != "step":
                expected.setdefault(name, []).append((entry["step"], value))
    assert same(watched(tmp_path).points["state"], expected)


def test_json_lines_hold_numbers_by_any_step(tmp_path: Path) -> None:
    lines = [
        {"seed": 1, "config": {"lr": 0.1}},
        {"global_step": 1, "loss": 0.5, "eval": {"f1": 0.25, "text": "x"}, "timestamp": 1.7e9},
        {"global_step": 2, "loss": "nan", "ok": True, "time": 12.5},
    ]
    (tmp_path / "log").write_text("".join(json.dumps(line) + "\n" for line in lines))
    found = watched(tmp_path)
    expected = {"loss": [(1, 0.5), (2, math.nan)], "eval/f1": [(1, 0.25)], "time": [(2, 12.5)]}
    assert same(found.points["log"], expected)
    assert found.undrawn["log"] == {"lines without a step": 1, "texts": 1, "booleans": 1}


def test_our_metrics_and_their_segments(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    lines = [{"step": s, "time": 1.7e9 + s, "loss": float(s)} for s in range(5)]
    lines += [{"step": 3, "time": 1.7e9 + 9}, {"step": 4, "time": 1.7e9 + 10, "loss": 9.0}]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    (tmp_path / "events.jsonl").write_text('{"event": "started", "time": 1.7e9, "step": 0}\n')
    found = watched(tmp_path)
    assert list(found.runs) == ["metrics.jsonl"]
    assert found.curve("metrics.jsonl", "loss") == [(0, 0), (1, 1), (2, 2), (4, 9)]
    timeline = found.runs["metrics.jsonl"].scalars["loss"].curve.timeline
    assert timeline.start == 1.7e9


def test_a_wandb_file_holds_history_config_and_status(tmp_path: Path) -> None:
    long = "x" * 100_000  # a record of several blocks
    entries = [
        {"loss": 1 / (s + 1), "val": {"acc": s / 4}, "_timestamp": 1.7e9 + s} for s in range(4)
    ]
    records = [config({"lr": 0.1, "model": {"layers": 2}, "name": "net", "_wandb": {"x": 1}})]
    records += [history(s, entry) for s, entry in enumerate(entries)]
    records += [history(4, {"note": long, "im": {"_type": "image-file"}}), output("hi"), end(1)]
    (tmp_path / "run").write_bytes(wandb_bytes(*records))
    found = watched(tmp_path)
    expected = {
        "loss": [(s, 1 / (s + 1)) for s in range(4)],
        "val/acc": [(s, s / 4) for s in range(4)],
    }
    assert same(found.points["run"], expected)
    run = found.runs["run"]
    assert run.hparams == {"lr": 0.1, "model/layers": 2.0, "name": "net"}
    assert run.status == "failure"
    assert found.undrawn["run"] == {"texts": 1, "image": 1, "console output": 1}
    assert found.skipped["run"] == 0


def test_all_formats_mix_in_one_folder_beside_event_files(tmp_path: Path) -> None:
    put(tmp_path / "tb", points(range(3)))
    (tmp_path / "log.csv").write_text(KERAS)
    (tmp_path / "out" / "checkpoint-1000").mkdir(parents=True)
    (tmp_path / "out" / "checkpoint-1000" / "trainer_state.json").write_text(json.dumps(TRAINER))
    (tmp_path / "x.jsonl").write_text('{"step": 1, "loss": 2.5}\n')
    (tmp_path / "y.wandb").write_bytes(wandb_bytes(history(1, {"loss": 3.5})))
    (tmp_path / "readme.md").write_text("# a step, an epoch\nand more, of it\n")
    (tmp_path / "data.csv").write_text("name,age\nx,3\n")
    (tmp_path / "config.json").write_text('{"step": {"a": 1}}')
    found = watched(tmp_path)
    assert set(found.runs) == {"tb", "log.csv", "out/trainer_state.json", "x.jsonl", "y.wandb"}
    assert all("loss" in run.scalars for run in found.runs.values())
    assert set(Logdir([tmp_path])._names) == set()  # only event files are read unless requested


def test_checkpoints_of_the_trainer_are_one_run(tmp_path: Path) -> None:
    def save(step: int, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        entries = [{"step": s, "loss": 1.0 / s} for s in range(10, step + 1, 10)]
        state = {"global_step": step, "log_history": entries}
        (folder / "trainer_state.json").write_text(json.dumps(state, indent=2))

    for step in (90, 100, 1000):
        save(step, tmp_path / f"checkpoint-{step}")
    found = watched(tmp_path)
    assert list(found.runs) == ["trainer_state.json"]
    assert len(found.curve("trainer_state.json", "loss")) == 100
    save(1010, tmp_path)  # at the end of the training
    found.poll()
    assert len(found.curve("trainer_state.json", "loss")) == 101
    assert not found.runs["trainer_state.json"].scalars["loss"].replaced


# -- growing, rewritten, hostile --------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_bytes_in_pieces_of_any_size_give_the_same_points(size: int) -> None:
    contents = {
        "keras": KERAS.encode(),
        "state": json.dumps(TRAINER, indent=2).encode(),
        "lines": b'{"step": 1, "loss": 0.5}\r\n\r\n{"step": 2, "loss": 0.25}\r\n',
        "wandb": wandb_bytes(*(history(s, {"loss": s, "t": "y" * 9000}) for s in range(9))),
    }
    steps = {}
    for name, content in contents.items():
        read = format_of(content)
        assert read is not None
        for start in range(0, len(content), size):
            read.feed(content[start : start + size])
        losses = [item for item in read.take() if isinstance(item, Scalars) and item.tag == "loss"]
        steps[name] = [step for points in losses for step in points.steps.tolist()]
    assert steps == {
        "keras": [0, 1, 2], "state": [500, 1000], "lines": [1, 2], "wandb": list(range(9)),
    }  # fmt: skip


def test_what_is_appended_is_read_and_a_torn_line_waits(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text("epoch,loss\n0,1.5\n1,1.2")
    found = watched(tmp_path)
    assert found.points["log"]["loss"] == [(0, 1.5)]
    with path.open("a") as file:
        file.write("5\n2,1.0\n")
    assert found.poll().points["log"]["loss"] == [(0, 1.5), (1, 1.25), (2, 1.0)]


def test_a_last_line_without_an_end_is_read_when_the_file_has_settled(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text('{"step": 1, "loss": 0.5}\n{"step": 2, "loss": 0.25}')
    settle(path)
    found = watched(tmp_path)
    assert found.points["log"]["loss"] == [(1, 0.5), (2, 0.25)]
    with path.open("a") as file:
        file.write('\n{"step": 3, "loss": 0.125}\n')
    assert found.poll().points["log"]["loss"][-1] == (3, 0.125)


def test_a_line_that_was_not_complete_after_all_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text("step,loss\n1,0.1")
    settle(path)
    found = watched(tmp_path)
    assert found.points["log"]["loss"] == [(1, 0.1)]
    with path.open("a") as file:
        file.write("25\n")
    assert found.poll().points["log"]["loss"] == [(1, 0.125)]


def test_rewritten_and_truncated_files_are_read_again(tmp_path: Path) -> None:
    path = tmp_path / "metrics.csv"
    path.write_text("step,loss\n1,0.5\n2,0.25\n")
    found = watched(tmp_path)
    path.write_text("step,loss,val\n1,0.5,\n2,0.25,0.5\n3,0.125,\n")
    found.poll()
    assert found.points["metrics.csv"] == {
        "loss": [(1, 0.5), (2, 0.25), (3, 0.125)],
        "val": [(2, 0.5)],
    }
    path.write_text("step,loss\n1,4\n")
    assert found.poll().points["metrics.csv"] == {"loss": [(1, 4.0)]}
    path.write_text("nothing of this kind\n")
    found.poll()
    assert found.problems["metrics.csv"] == ("is of no format that can be read any more",)
    path.unlink()
    found.poll()
    assert "No such file" in found.problems["metrics.csv"][0]


HOSTILE = {
    "nul": b"step,loss\n1,\0\0\n2,0.5\n",
    "long": b"step,loss\n1,0.25\n2," + b"9" * (3 << 20) + b"\n3,0.5\n",
    "latin": "step,größe\n1,0.5\n".encode("latin-1"),
    "utf16": "step,loss\n1,0.5\n".encode("utf-16"),
    "bom": b"\xef\xbb\xbfstep;loss\n1;0.5\n",
    "binary": os.urandom(1000) + b"\0",
    "deep": b'{"step": 1, "loss": 0.5}\n' + b'{"a":' * 5000 + b"\n",
    "deeper": b'{"step": 1, "loss": 0.5, "a": ' + b'{"b":' * 20 + b"1" + b"}" * 21 + b"\n",
    "escape": b'{"step": 1, "\\u001b]52;c;aGk=\\u0007": 0.5}\n',
    "huge": b'{"step": 1'
    + b"0" * 400
    + b', "loss": 1}\n{"step": 2, "loss": 1'
    + b"0" * 400
    + b"}\n",
    "ragged": b'step,loss\n1,0.5,7\n"2,0.5\nx,y\n3,"0.5"\n',
    "state": b'{"log_history": [{"step": 1, "loss": 0.5}, garbage',
    "wandb": b":W&B\xe1\xbe\x00" + os.urandom(70_000),
    "columns": b"step," + b",".join(b"c%d" % i for i in range(25_000)) + b"\n",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_end_nothing_and_spare_the_others(tmp_path: Path, name: str) -> None:
    path = tmp_path / "bad"
    path.write_bytes(HOSTILE[name])
    settle(path)
    (tmp_path / "good.csv").write_text("step,loss\n1,0.5\n")
    found = watched(tmp_path)
    assert found.points["good.csv"] == {"loss": [(1, 0.5)]}
    for tag in found.points.get("bad", {}):
        assert tag.isprintable()
    expected = {
        "nul": None, "binary": None, "huge": {}, "wandb": {}, "columns": {},
        "long": {"loss": [(1, 0.25), (3, 0.5)]},
        "ragged": {"loss": [(3, 0.5)]},
        "state": {"loss": [(1, 0.5)]},
        "bom": {"loss": [(1, 0.5)]},
        "utf16": {"loss": [(1, 0.5)]},
    }  # fmt: skip
    if name in expected:
        assert found.points.get("bad") == expected[name]


def test_damage_in_a_wandb_file_costs_its_block_alone(tmp_path: Path) -> None:
    content = bytearray(wandb_bytes(*(history(s, {"loss": s, "t": "y" * 900}) for s in range(90))))
    content[40_000] ^= 1
    (tmp_path / "run").write_bytes(content)
    found = watched(tmp_path)
    assert found.skipped["run"] >= 1
    steps = [step for step, _ in found.points["run"]["loss"]]
    assert 88 <= len(steps) < 90
    assert steps[-1] == 89


def test_a_file_that_is_given_by_its_path(tmp_path: Path) -> None:
    path = tmp_path / "results"
    path.write_text(KERAS)
    (tmp_path / "other").write_text(LIGHTNING)
    assert list(watched(path).runs) == ["results"]
    (tmp_path / "text").write_text("no numbers here\n")
    found = watched(tmp_path / "text")
    assert "may be no event file" in next(iter(found.problems.values()))[0]


def test_items_are_those_of_event_files() -> None:
    lines = JsonLines()
    lines.feed(b'{"step": 1, "a": 2}\n{"step": 1, "time": 3}\n')
    assert [type(item) for item in lines.take()] == [Scalars, Restart]
    file = WandbFile()
    file.feed(wandb_bytes(config({"a": 1}), end(0)))
    start, ended = file.take()
    assert isinstance(start, SessionStart)
    assert isinstance(ended, SessionEnd)
    assert (start.hparams, ended.status) == ({"a": 1.0}, "success")
