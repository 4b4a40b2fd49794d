"""Values of `hp` that change while a model trains, and those in the panel for the next run."""

import json
from pathlib import Path
from typing import Any

import pytest

import main
from core.cli.steer import read_values
from core.network.model_copy import model_from_flags
from core.network.model_file import ModelFile
from core.network.tunables import Tunables
from core.run.events import Changed, Finished, Started, to_json
from core.run.hparams import HyperParameters, as_dict, validate_hparams
from core.run.own_hparams import choice_spec, number_spec, parse_declared
from core.run.state import RunState
from core.run.status import Outcome
from core.rundir.control import check_live
from core.rundir.entry import read_entry
from core.rundir.status import read_status
from core.rundir.validation import parse_event
from core.training.changing import changes
from data.dataset import Dataset
from tests.helpers.app import FakeSessions, Scripted
from tests.helpers.runs import add_events, make_run
from tests.helpers.waiting import shown, until
from trainpad.errors import UserError
from tui.app import TrainpadApp
from tui.runs.value_columns import columns_for
from tui.train.panel import Panel
from tui.train.panel_rows import STANDARD

LIVE = """
import keras

def build(hp):
    rate = hp.Float("dropout", 0.0, 0.8, default={rate}, live=True)
    scale = keras.layers.Rescaling(1.0)
    def set_scale(value):
        if value == 3:
            raise ValueError("not three")
        scale.scale = value
    hp.Choice("scale", [1, 2, 3], live=True, on_change=set_scale)
    width = hp.Int("width", 4, 8)
    return keras.Sequential([
        scale, keras.layers.Flatten(), keras.layers.Dense(width, "relu"),
        keras.layers.Dropout(rate), keras.layers.Dense(10),
    ])
"""
DECLARED = [
    {"name": "hp.dropout", "kind": "float", "value": 0.4, "default": 0.4, "minimum": 0.0,
     "maximum": 0.8, "step": 0.05, "log": False, "live": True},
    {"name": "hp.kind", "kind": "text", "value": "b", "default": "a", "choices": ["a", "b"],
     "live": False},
]  # fmt: skip


def file_of(folder: Path, rate: float = 0.4) -> ModelFile:
    (folder / "my_net.py").write_text(LIVE.format(rate=rate))
    return model_from_flags(str(folder / "my_net.py"), [])


def engine_of(file: ModelFile, dataset: Dataset) -> Any:
    from core.training.engine import Engine

    hparams = validate_hparams({"batch_size": 20, "network": "model my_net.py"})
    return Engine(dataset, hparams, device="cpu", xla=False, own=file), hparams


def test_a_live_rate_changes_the_steps_and_a_resumed_run_goes_on_to_the_same_bytes(
    tmp_path: Path, small: Dataset
) -> None:
    rate = 0.0  # at which Keras would build no dropout
    engine, hparams = engine_of(file_of(tmp_path, rate), small)
    first = engine.steps(0, 0, 4, hparams)
    event = next(iter(changes(engine, 4, hparams, {"hp.dropout": "0.7"})))
    assert isinstance(event, Changed)
    assert (event.name, event.old, event.new) == ("hp.dropout", rate, 0.7)
    assert not engine.needs_trace(hparams)
    middle = engine.steps(4, 80, 3, hparams)
    saved, live = engine.state(), engine.own_values.live
    assert live == {"hp.dropout": 0.7, "hp.scale": "1"}
    rest = engine.steps(7, 140, 3, hparams)

    again, _ = engine_of(file_of(tmp_path, rate), small)
    assert again.steps(0, 0, 4, hparams).tobytes() == first.tobytes()
    assert again.steps(4, 80, 3, hparams).tobytes() != middle.tobytes()
    again.restore(saved)
    again.restore_own(live)
    assert "dropout = 0.7" in again.notices[0]
    assert again.steps(7, 140, 3, hparams).tobytes() == rest.tobytes()


def test_a_function_changes_the_model_and_its_error_is_one_sentence(
    tmp_path: Path, small: Dataset
) -> None:
    engine, hparams = engine_of(file_of(tmp_path), small)
    engine.steps(0, 0, 1, hparams)
    before = engine.evaluate("test")[1]
    said = [
        getattr(event, "text", "") or (event.old, event.new)  # type: ignore[attr-defined]
        for value in ("2", "3", "4", "2")
        for event in changes(engine, 1, hparams, {"hp.scale": value})
    ]
    assert said == [
        ("1", "2"),
        "my_net.py, line 9, in set_scale: ValueError: not three",
        "hp.scale must be one of 1, 2, 3, not '4'",
    ]
    assert engine.needs_trace(hparams)
    assert engine.evaluate("test")[1] != before


def test_a_wrong_change_is_refused(tmp_path: Path, small: Dataset) -> None:
    engine, hparams = engine_of(file_of(tmp_path), small)
    wrong = {"hp.width": 5, "hp.none": 5, "hp.dropout": 5}
    alerts = [event.text for event in changes(engine, 0, hparams, wrong)]  # type: ignore[attr-defined]
    assert alerts == [
        "hp.width changes in the next run: the file does not say live=True",
        "the model asks for no value called hp.none; it asks for: hp.dropout, hp.scale, hp.width",
        "hp.dropout must be at least 0 and at most 0.8, not 5",
    ]


def test_a_model_that_does_not_train_gets_plain_values() -> None:
    hp = Tunables({"rate": "0.3"})
    assert hp.Float("rate", 0, 1, live=True) == 0.3
    assert hp.Boolean("flip", live=True, on_change=print) is False
    with pytest.raises(UserError, match="hp a has on_change and not live=True"):
        hp.Int("a", 1, 3, on_change=print)


# -- recorded --------------------------------------------------------------------------------------


def test_declared_values_are_read_again() -> None:
    assert [parse_declared(one).as_dict() for one in DECLARED] == DECLARED
    start = Started(0, as_dict(HyperParameters()), "CPU:0", 10, own=DECLARED)
    line = to_json(start)
    again = parse_event(line)
    assert isinstance(again, Started)
    assert again.own == DECLARED
    damaged = json.loads(line)
    for change in ({"name": "dropout"}, {"kind": "?"}, {"value": 3}, {"minimum": "x"}):
        damaged["own"] = [{**DECLARED[0], **change}]
        assert parse_event(json.dumps(damaged)) is None


def test_a_change_is_folded_with_its_step() -> None:
    run = RunState()
    run.fold(Started(0, as_dict(HyperParameters()), "CPU:0", 10, own=DECLARED))
    change = Changed(500, "hp.dropout", 0.4, 0.2)
    event = parse_event(to_json(change))
    assert isinstance(event, Changed)
    run.fold(event)
    assert run.own.values == {"hp.dropout": 0.2, "hp.kind": "b"}
    assert (run.log_entries[-1].text, run.log_entries[-1].label) == (
        "dropout 0.4 → 0.2",
        "dropout 0.2",
    )
    run.fold(Changed(501, "hp.none", 1, 2))
    assert len(run.log_entries) == 1


def test_what_is_requested_is_checked_as_far_as_it_is_known() -> None:
    assert check_live({"hp.x": 0.5, "dropout": 0.1}) == {"hp.x": 0.5, "dropout": 0.1}
    with pytest.raises(UserError, match=r"control\.json: hp\.x is not a number or a text"):
        check_live({"hp.x": [1]})


def test_the_shell_finds_the_live_ones(tmp_path: Path) -> None:
    hparams = as_dict(HyperParameters())
    run = make_run(tmp_path / "a-run", hyperparameters=hparams)
    add_events(
        run,
        Started(0, hparams, "CPU:0", 10, own=DECLARED),
        Changed(5, "hp.dropout", 0.4, 0.2),
        Changed(6, "hp.none", 0, 1),
    )
    entry, other = read_entry(run), read_entry(make_run(tmp_path / "b-run"))
    assert entry is not None and other is not None
    assert entry.values.settings["hp.dropout"] == 0.2
    assert entry.values.settings["hp.kind"] == "b"
    assert [column.name for column in columns_for([entry, other])].count("hp.dropout") == 1
    knobs = read_values(run, read_status(run))
    assert knobs["hp.dropout"].value == 0.2
    assert knobs["hp.dropout"].parse("0.3") == 0.3
    assert "hp.kind" not in knobs and "hp.none" not in knobs
    with pytest.raises(UserError, match="at most 0"):
        knobs["hp.dropout"].parse("0.9")


def test_a_planned_change_needs_a_model_that_may_ask_for_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit):
        main.main(["train", "--headless", "--change", "5:hp.rate=0.2"])
    assert "hp.rate is a value of a model of your own: give --model FILE.py" in (
        capsys.readouterr().err
    )


def test_keys_step_through_what_may_be() -> None:
    width = number_spec("width", int, 8, 64, 16)
    assert [width.stepped(16, n) for n in (1, -4, -5)] == [18, 8, 16]
    rate = number_spec("rate", float, 1e-4, 1e-1, 1e-3, log=True)
    assert rate.stepped(1e-3, 1) == 0.00125
    fixed = choice_spec("seed", [3], 3)
    assert (fixed.stepped("3", 1), fixed.help) == ("3", "fixed in the file; for the next run")


# -- in the panel ----------------------------------------------------------------------------------


async def test_the_panel_shows_them_and_starts_the_next_run_with_them(tmp_path: Path) -> None:
    source, sessions = Scripted(tmp_path), FakeSessions(Scripted(tmp_path / "second"))
    app = TrainpadApp(iter(source), sessions=sessions)
    async with app.run_test(size=(160, 45)) as pilot:
        values = as_dict(validate_hparams({"network": "model my_net.py"}))
        source.give(Started(100, values, "CPU:0", 10, own=DECLARED))
        await shown(pilot, app, "next run: my_net.py", "kind")
        live = sum(spec.live and not spec.advanced for spec in STANDARD)
        ours = live - 1  # not our dropout, which a model ignores
        await pilot.press("tab", *["down"] * ours, "right")
        await until(pilot, lambda: source.desired["hyperparameters"].get("hp.dropout") == 0.45)
        source.give(Changed(100, "hp.dropout", 0.4, 0.45))
        await shown(pilot, app, "dropout 0.4 → 0.45")
        await pilot.press("down", "right")
        assert app.screen.query_one(Panel).next_run == {"hp.kind": "a"}
        await pilot.press("escape", "n", "n")
        source.give(Finished(120, Outcome.STOPPED, 1.0), None)
        await until(pilot, lambda: bool(sessions.requested))
        assert sessions.requested[0][2] == {"hp.dropout": 0.45, "hp.kind": "a"}  # type: ignore[index]
