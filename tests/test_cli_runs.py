"""The output of `trainpad runs`, on runs made by hand."""

import json
import os
from pathlib import Path

import pytest

from core.cli.runs import as_json_lines, as_table, load_entries
from core.run.events import Evaluated, Finished, Started
from core.run.hparams import as_dict, validate_hparams
from core.run.status import Outcome
from core.rundir import notes
from core.rundir.notes import Note
from core.rundir.overview import MAX_NEW_RUNS, Overview
from core.rundir.rundir import RunDir
from tests.helpers.attached_runs import make_attached
from tests.helpers.runs import BEGAN, add_events, confusion, hold, make_run
from trainpad.text import cells


def finished(path: Path, *rights: int, **values: object) -> RunDir:
    """A run with some evaluations, of so many digits in ten, that took 90 seconds."""
    hparams = as_dict(validate_hparams(values))
    run = make_run(path, losses=[2.0] * 1234, hyperparameters=hparams)
    add_events(run, Started(0, hparams, "CPU:0", 10, time=BEGAN))
    for step, right in enumerate(rights):
        add_events(run, Evaluated(step, confusion(right, 10 - right), {}, 0.1, time=BEGAN + 9))
    add_events(run, Finished(1234, Outcome.DONE, 90.0, time=BEGAN + 90))
    os.utime(run.losses, (BEGAN + 80, BEGAN + 80))
    hold(run, age=100)
    return run


def test_a_line_for_each_run_shows_its_state_and_differing_hyperparameters(tmp_path: Path) -> None:
    finished(tmp_path / "a", 8, 7, learning_rate=0.5, hidden=(16, 8), max_steps=5000)
    notes.write(finished(tmp_path / "b"), Note("base line", ("x", "y z"), "long"))
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "run.json").write_text("damaged")
    heading, one, two = as_table(load_entries(Overview(tmp_path)))
    assert heading.split() == [
        *("run", "name", "state", "steps", "best", "last", "time", "since", "where"),
        *("learning_rate", "max_steps", "network"),
    ]
    assert one.split()[:6] == ["a", "done", "1,234", "0.8000", "0.7000", "0:01:30"]
    assert one.split()[-4:] == ["here", "0.5", "5000", "16,8"]
    assert two.split()[-3:] == ["0.01", "2000", "128,32"]
    assert two[heading.index("name") :].startswith("base line #x #y z")
    assert next(iter(as_table(load_entries(Overview(tmp_path))[:1], newest_first=True))).startswith(
        "run"
    )
    newest = list(as_table(load_entries(Overview(tmp_path)), newest_first=True))
    assert [line[0] for line in newest] == ["r", "b", "a"]


def test_the_data_of_each_run_is_shown(tmp_path: Path) -> None:
    for name, data in (("a", "mnist"), ("b", "drawn")):
        make_run(tmp_path / name, dataset={"name": data})
    heading, one, two = as_table(load_entries(Overview(tmp_path)))
    assert heading.split()[:2] == ["run", "data"]
    assert (one.split()[1], two.split()[1]) == ("mnist", "drawn")


def test_a_live_run_shows_its_user_host_and_process(tmp_path: Path) -> None:
    run = make_run(tmp_path / "a")
    add_events(run, Started(0, as_dict(validate_hparams({})), "CPU:0", 10, time=BEGAN))
    with run.writer_lock():
        (_, line) = as_table(load_entries(Overview(tmp_path)))
    assert line.split()[1] == "training"
    assert f"@{os.uname().nodename}:{os.getpid()}" in line


def test_of_runs_of_other_programs_the_main_metric_and_what_differs_are_shown(
    tmp_path: Path,
) -> None:
    last = {"loss": 0.5, "train/acc": 0.9, "val/acc": 0.727}
    configs = [{"lr": 0.1, "opt": {"name": "sgd"}, "batch": 8}, {"lr": 0.003, "batch": 8}]
    for name, summary, config in zip("ab", (last, {"loss": 2e-5}), configs, strict=True):
        run = make_run(
            tmp_path / "p" / name, kind="attached", project="p", summary=summary, config=config
        )
        accuracy = {"val/acc": 0.8} if name == "a" else {}
        numbers = [{"loss": 4e-6, **accuracy}, summary]
        lines = [json.dumps({"step": i, "time": BEGAN, **row}) for i, row in enumerate(numbers)]
        run.metrics.write_text("\n".join(lines) + "\n")
        hold(run, age=100)
    entries = load_entries(Overview(tmp_path))
    other = make_run(tmp_path / "q" / "c", kind="attached", project="q", config={"width": 3})
    hold(other, age=100)
    assert "width" not in "".join(as_table(load_entries(Overview(tmp_path))))  # of one run alone
    heading, one, two = (line.split() for line in as_table(entries))
    assert heading[heading.index("best") :][:3] == ["best", "last", "metric"]
    assert heading[-2:] == ["lr", "opt/name"]
    assert one[one.index("0.8000") :][:3] == ["0.8000", "0.7270", "val/acc"]
    assert two[two.index("4e-06") :][:3] == ["4e-06", "2e-05", "loss"]
    assert (one[-2:], two[-1]) == (["0.1", "sgd"], "0.003")
    first, second = map(json.loads, as_json_lines(entries))
    assert (first["best"], first["last"], first["metric"]) == (0.8, 0.727, "val/acc")
    assert first["hyperparameters"] == {"lr": 0.1, "opt/name": "sgd", "batch": 8}
    assert (second["best"], second["metric"]) == (4e-06, "loss")


def test_an_empty_column_is_left_out(tmp_path: Path) -> None:
    finished(tmp_path / "a")
    heading, _ = as_table(load_entries(Overview(tmp_path)))
    assert heading.split() == ["run", "state", "steps", "time", "since", "where"]
    assert list(as_table([])) == []


@pytest.mark.parametrize("width", [160, 120, 80, 20])
def test_a_line_is_no_wider_than_the_terminal(tmp_path: Path, width: int) -> None:
    finished(tmp_path / "a", 8, learning_rate=0.5, hidden=(16, 8), max_steps=5000, batch_size=500)
    notes.write(finished(tmp_path / "b"), Note("底線" * 30, ("x",), "long"))
    lines = list(as_table(load_entries(Overview(tmp_path)), width))
    assert len(lines) == 3
    assert max(map(cells, lines)) <= width
    assert all(line.startswith(name) for line, name in zip(lines, ("run", "a", "b"), strict=True))
    if width > 20:  # a column is shown whole, or not at all
        assert "…" not in lines[0] + lines[1]


def test_json_holds_everything(tmp_path: Path) -> None:
    notes.write(finished(tmp_path / "a", 9, learning_rate=0.5), Note("base", ("x",), "why"))
    (line,) = as_json_lines(load_entries(Overview(tmp_path)))
    values = json.loads(line)
    assert (values["name"], values["state"], values["steps"]) == ("a", "done", 1234)
    assert (values["best"], values["last"], values["seconds"]) == (0.9, 0.9, 90.0)
    assert (values["network"], values["hyperparameters"]["learning_rate"]) == ("128-32", 0.5)
    assert (values["title"], values["tags"], values["note"]) == ("base", ["x"], "why")


def test_names_are_sanitized_for_the_terminal(tmp_path: Path) -> None:
    evil = "\x1b]52;c;Zm9v\x07\x9b2J\u202e[@click=app.bell]x"
    run = make_run(tmp_path / evil, dataset={"name": evil}, host=evil)
    (run.path / notes.FILE).write_text(json.dumps({"title": evil, "tags": [evil], "note": evil}))
    hold(run, host=evil)
    entries = load_entries(Overview(tmp_path))
    assert len(entries) == 1
    for line in (*as_table(entries), *as_json_lines(entries)):
        assert line.isprintable()


@pytest.mark.parametrize("count", [MAX_NEW_RUNS + 1])
def test_many_runs_are_listed_in_order(tmp_path: Path, count: int) -> None:
    names = [f"run-{number:03d}" for number in range(count)]
    for name in names:
        make_run(tmp_path / name)
    assert [entry.summary.name for entry in load_entries(Overview(tmp_path))] == names


def test_long_names_of_settings_and_metrics_are_cut_in_a_terminal_alone(tmp_path: Path) -> None:
    name = "encoder/block_00/attention/query/kernel/" * 3
    for number in range(2):
        config = {f"{name}rate": number, f"{name}decay": 2 * number, f"{name}字體": "字" * 90}
        line = {"step": 0, "time": BEGAN, f"{name}val/accuracy": 0.5}
        make_attached(tmp_path / "p" / f"run-{number}", [line], config=config)
    entries = load_entries(Overview(tmp_path))
    heading, *lines = as_table(entries, 160)
    assert max(map(cells, (heading, *lines))) <= 160
    shown = heading.split()
    assert shown[-2:] == ["encoder/block_…y/kernel/rate", "encoder/block_…/kernel/decay"]
    assert all("encoder/block_…/val/accuracy" in line for line in lines)
    heading, line, _ = as_table(entries)
    assert f"{name}decay" in heading
    assert f"{name}val/accuracy" in line
