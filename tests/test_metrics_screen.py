"""The Train screen of attached runs: charts, values, requests, output, with scripted events."""

import json
from pathlib import Path

import numpy as np
import pytest

from core.run.attached_events import Described, Epoch, ProgramAlert
from core.run.events import Changed, Finished, Notice, Paused
from core.run.knob_steps import limits_text
from core.run.state import RunState
from core.run.status import Outcome, RunStatus
from tests.helpers.attached_app import INFO, LR, Program, app_of, table
from tests.helpers.attached_runs import losses, make_attached
from tests.helpers.waiting import shown, text_of, toasts_of, until
from trainpad.knobs import Knob
from tui.app import TrainpadApp
from tui.curves.grouping import quantities
from tui.metrics.grid import ChartGrid, MetricChart
from tui.metrics.knobs import KnobPanel
from tui.metrics.no_numbers import why_no_numbers
from tui.metrics.screen import MetricsScreen


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Program:
    monkeypatch.setenv("TERM", "xterm-256color")  # with fewer colours the legend shows dashes
    found = Program(tmp_path / "r")
    falling = np.linspace(2, 0.5, 100)
    found.give(
        Epoch(0, 0, 10),
        table(0, 100, loss=falling, accuracy=1 - falling / 3),
        table(0, 100, val_loss=falling + 0.1, **{"grad/norm": falling, "lr": 0.1}),
    )
    return found


async def test_an_attached_run_is_shown_with_its_metrics(program: Program) -> None:
    app = app_of(program)
    async with app.run_test(size=(160, 45)) as pilot:
        await shown(pilot, app, "cifar / first try · keras 3.9.0", "100 / 1,000", "10 steps/s")
        text = await shown(pilot, app, "a training 0.5000", "b validation 0.6000", "epoch 1/10")
        assert text.index("loss") < text.index("accuracy") < text.index("grad/norm")
        assert "1 min 30 s left" in text and "5 metrics" in text
        program.give(Changed(50, "lr", 0.1, 0.05), Notice(60, "half way"))
        program.give(ProgramAlert(70, "loss rises", "error"))
        await shown(pilot, app, "lr 0.1 → 0.05", "half way", "loss rises", "‹        0.05 ›")
        program.give(Paused(100))
        await shown(pilot, app, "paused", "space Resume")


async def test_the_earlier_run_is_shown_that_the_program_goes_on_in(
    program: Program, tmp_path: Path
) -> None:
    earlier = make_attached(tmp_path / "p" / "before", losses(3.5, 2.5), state="started")
    app = app_of(program)
    async with app.run_test(size=(160, 45)) as pilot:
        await shown(pilot, app, "first try")
        program.give(Described({**INFO, "continues": str(tmp_path / "nowhere")}))
        program.give(Described({**INFO, "continues": str(earlier.path)}))
        await shown(pilot, app, "p / before", "2.500")
        assert app.run_state.directory == str(earlier.path)
        assert "before" in toasts_of(app)[-1]


async def test_requests_are_written_to_control_json(program: Program) -> None:
    app = app_of(program)
    async with app.run_test(size=(160, 45)) as pilot:
        await shown(pilot, app, "lr up", "Save", "Evaluate")
        await pilot.press("]", "]", "space", "e", "c")
        await shown(pilot, app, "saving")
        await until(pilot, lambda: program.desired["hyperparameters"] == {"lr": 0.1562})
        desired = program.desired
        assert (desired["pause_at"], desired["evaluate"], desired["checkpoint"]) == (0, 1, 1)
        await pilot.press("Q")
        text = await shown(pilot, app, "Stop this run", "ask the program to end")
        assert "checkpoint" not in text
        await pilot.press("s")
        await until(pilot, lambda: program.desired["stop"] == "stopped")


async def test_only_what_the_program_supports_is_offered(tmp_path: Path) -> None:
    program = Program(tmp_path / "r", requests=["stop"], knobs=[])
    program.give(table(0, 3, loss=1))
    app = app_of(program)
    async with app.run_test(size=(160, 45)) as pilot:
        await shown(pilot, app, "none declared", "f Full")
        offered = ("space", "c Save", "e Evaluate", "lr up")
        await until(pilot, lambda: not any(key in text_of(app) for key in offered))
        await pilot.press("question_mark")
        text = await shown(pilot, app, "keys: train")
        assert "Ask the program" not in text and "Stop the run" in text
        await pilot.press("escape", "c", "space", "]")
        await until(pilot, lambda: len(toasts_of(app)) == 3)
        assert toasts_of(app)[0] == "this program cannot save: it does not read run.save_requested"
        assert not (program.folder / "control.json").exists()


async def test_values_are_typed_and_checked_by_their_limits(tmp_path: Path) -> None:
    knobs = [
        LR, {"name": "depth", "value": 3, "low": 1, "high": 9},
        {"name": "mode", "value": "a", "choices": ["a", "b"]}, {"name": "flip", "value": False},
    ]  # fmt: skip
    program = Program(tmp_path / "r", knobs=knobs)
    app = app_of(program)
    async with app.run_test(size=(120, 40)) as pilot:
        await shown(pilot, app, "depth", "mode", "flip")
        await pilot.press("tab", *"0.5", "enter")
        await until(pilot, lambda: program.desired["hyperparameters"] == {"lr": 0.5})
        await pilot.press(*"7", "enter")
        await shown(pilot, app, "lr must be from 0.0001 to 1", "7_")
        await pilot.press("2")
        await shown(pilot, app, " 2_")
        await pilot.press("down", "right", "down", "right", "down", "right")
        await until(
            pilot,
            lambda: (
                program.desired["hyperparameters"]
                == {"lr": 0.5, "depth": 4, "mode": "b", "flip": True}
            ),
        )
        await pilot.press("escape")
        assert app.focused is None


async def test_a_read_only_window_requests_nothing(tmp_path: Path) -> None:
    program = Program(tmp_path / "r", steered=False)
    program.give(table(0, 100, loss=1))
    app = app_of(program, read_only=True)
    async with app.run_test(size=(160, 45)) as pilot:
        text = await shown(pilot, app, "f Full", "100 / 1,000")
        assert "Pause" not in text
        await pilot.press("space", "]", "e", "c", "tab", "right")
        await until(pilot, lambda: "this window is read-only" in toasts_of(app))
        assert not (program.folder / "control.json").exists()


async def test_charts_are_paged_filtered_pinned_and_shown_alone(tmp_path: Path) -> None:
    program = Program(tmp_path / "r")
    program.give(table(0, 50, **{f"layer{i}/norm": i for i in range(30)}, loss=2))
    app = app_of(program)
    async with app.run_test(size=(160, 45)) as pilot:
        await shown(pilot, app, "page 1/8", "▶ loss", "layer2/norm")
        grid = app.screen.query_one(ChartGrid)
        await pilot.press("n")
        text = await shown(pilot, app, "page 2/8", "▶ layer3/norm")
        await pilot.press("t")
        await shown(pilot, app, "▶ ▲ layer3/norm")
        assert grid.position_text == "page 1/8" and app.settings.get("pinned_metrics", {}) == {
            "cifar": ["layer3/norm"]
        }
        await pilot.press("down", "f")
        await until(pilot, lambda: len(grid.charts) == 1)
        await shown(pilot, app, "page 2/31", "loss")
        await pilot.press("f", "slash", *"layer2", "enter")
        await shown(pilot, app, "filter 'layer2'", "layer22/norm")
        assert grid.count == 11
        await pilot.press("slash", *"zzz")
        await shown(pilot, app, "no metric matches 'zzz'")
        await pilot.press("escape")
        text = await shown(pilot, app, "page 1/8")
        assert "filter" not in text.splitlines()[3]


async def test_charts_share_x_range_axis_and_cursor(program: Program) -> None:
    app = app_of(program)
    async with app.run_test(size=(160, 45)) as pilot:
        await shown(pilot, app, "grad/norm", "epoch 1/10")
        await pilot.press("x")
        await shown(pilot, app, "loss · by epoch", "grad/norm · by epoch")
        await pilot.press("x", "l")
        await shown(pilot, app, "loss · log · by time", "grad/norm · log · by time")
        await pilot.press("x", "x", "l", "i", "left")
        await until(pilot, lambda: text_of(app).count("steps 9") >= 3)


def _x_labels(app: TrainpadApp) -> list[list[str]]:
    charts = [chart for chart in app.screen.query(MetricChart) if chart.display]
    return [chart.render_line(chart.size.height - 1).text.split() for chart in charts]


async def test_a_chart_without_new_values_follows_the_shared_x_range(program: Program) -> None:
    app = app_of(program)
    async with app.run_test(size=(160, 45)) as pilot:
        await shown(pilot, app, "grad/norm", "epoch 1/10")
        await until(pilot, lambda: all(labels[-1] == "100" for labels in _x_labels(app)))
        program.give(table(100, 4000, loss=np.linspace(0.5, 0.1, 4000)))
        await until(pilot, lambda: all(labels[-1] == "6,000" for labels in _x_labels(app)))


async def test_the_output_is_shown_and_searched(program: Program) -> None:
    lines = [f"line {n}" for n in range(300)] + ["\x1b[31mboom\x1b[0m\x1b]52;c;AAA\x07 here"]
    (program.folder / "run.log").write_text("\n".join(lines) + "\n10 %\r50 %\r90 %")
    app = app_of(program)
    async with app.run_test(size=(160, 45)) as pilot:
        text = await shown(pilot, app, "output", "boom here", "90 %", "o Output")
        assert "50 %" not in text
        await pilot.press("o")
        text = await shown(pilot, app, "line 265", "o Charts")
        assert "page" not in text and len(text.split("output")[1].splitlines()) > 38
        await pilot.press("slash", *"line 9$", "enter")
        await shown(pilot, app, "1 line with 'line 9$'", "line 9")
        await pilot.press("n")
        await until(pilot, lambda: "no later line has 'line 9$'" in toasts_of(app))
        await pilot.press("escape", "escape")
        await shown(pilot, app, "grad/norm", "o Output")


async def test_until_there_are_numbers_the_output_is_in_their_place(tmp_path: Path) -> None:
    program = Program(tmp_path / "r")
    (program.folder / "run.log").write_text("loading\nbuilding\n")
    app = app_of(program)
    async with app.run_test(size=(80, 24)) as pilot:
        await shown(pilot, app, "loading", "building")
        program.give(table(0, 100, loss=1))
        await shown(pilot, app, "1 metric")
        await until(pilot, lambda: "loading" not in text_of(app))


async def test_at_80_by_24_the_loss_the_values_and_the_messages_are_shown(program: Program) -> None:
    app = app_of(program)
    async with app.run_test(size=(80, 24)) as pilot:
        program.give(Notice(60, "half way"))
        text = await shown(pilot, app, "a training 0.5000", "‹         0.1 ›", "half way")
        assert max(map(len, text.splitlines())) <= 80
        await pilot.resize_terminal(30, 8)
        await pilot.resize_terminal(160, 45)
        await shown(pilot, app, "grad/norm")


async def test_hostile_names_and_ascii(tmp_path: Path) -> None:
    knob = {"name": "[@click=app.bell]x[/nope]", "value": 1.0}
    program = Program(tmp_path / "r", knobs=[knob], project="[red]\x1b]0;p\x07")
    program.give(table(0, 3, **{"[/nope]loss": 1.0, "é·x": 2.0}))
    app = app_of(program, ascii_only=True)
    async with app.run_test(size=(120, 40)) as pilot:
        text = await shown(pilot, app, "[@click=app", "ll]x[/nope]", "[/nope]loss")
        assert text.isascii()
        await pilot.press("slash", *"[/n", "enter", "question_mark")
        await shown(pilot, app, "keys: train")


async def test_of_many_values_the_rate_is_first_and_the_number_of_the_others_is_shown(
    tmp_path: Path,
) -> None:
    names = [*(f"loss_weights/term_{i:02}" for i in range(14)), "learning_rate"]
    program = Program(tmp_path / "r", knobs=[{"name": name, "value": 1.0} for name in names])
    program.give(table(0, 3, loss=1.0))
    app = app_of(program)
    async with app.run_test(size=(80, 24)) as pilot:
        text = await shown(
            pilot, app, "learning_rate ‹", "loss_w…erm_00 ‹", "[ learning_rate down  ] up"
        )
        visible = sum(row.count("‹") for row in text.splitlines())
        assert 3 < visible < 15
        assert f"and {15 - visible} more" in text


async def test_an_attached_run_that_opens_in_a_dashboard_replaces_the_screen(
    program: Program,
) -> None:
    app = TrainpadApp(iter(program), viewer=True)
    async with app.run_test(size=(160, 45)) as pilot:
        await shown(pilot, app, "grad/norm")
        assert isinstance(app.screen, MetricsScreen)
        await pilot.press("4")
        await until(pilot, lambda: app.current_mode == "runs")
        await pilot.press("1")
        await until(pilot, lambda: app.current_mode == "metrics")
        program.give(Finished(100, Outcome.DONE, 9.0), None)
        await shown(pilot, app, "done")
        await until(pilot, lambda: "space Pause" in text_of(app))
        assert {"pause", "request_save", "app.ask_stop"} <= app.screen.dimmed_actions


async def test_without_numbers_the_screen_says_how_to_log_them(tmp_path: Path) -> None:
    app = app_of(program := Program(tmp_path / "r"))
    program.give(table(0, 0))  # the file was read
    async with app.run_test(size=(120, 40)) as pilot:
        await shown(pilot, app, "no numbers yet", 'run.log({"loss": loss}, step)')
        await pilot.press("n", "f", "t", "down", "l", "x", "i", "tab", "right", "enter", "5")
        await pilot.pause()
        assert app.screen.query_one(KnobPanel)


async def test_no_panel_of_values_is_shown_for_a_program_that_only_prints(tmp_path: Path) -> None:
    app = app_of(Program(tmp_path / "r", knobs=(), supervised=True))
    async with app.run_test(size=(120, 40)) as pilot:
        await shown(pilot, app, "no numbers yet")
        await until(pilot, lambda: "run.live" not in text_of(app))
        assert not app.screen.query_one(KnobPanel).display
        await pilot.press("tab")
        assert app.screen.focused is None
    app = app_of(Program(tmp_path / "s", knobs=(), supervised=True, adopted=7))
    async with app.run_test(size=(120, 40)) as pilot:
        await shown(pilot, app, "run.live(name, value)")


async def test_a_file_of_numbers_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    program = Program(tmp_path / "r")
    (program.folder / "metrics.jsonl").mkdir()
    app = app_of(program)
    async with app.run_test(size=(120, 40)) as pilot:
        await shown(pilot, app, "metrics.jsonl cannot be read: it is not a regular file")


def test_a_program_that_only_prints_is_not_asked_to_call_anything() -> None:
    run = RunState()
    run.info = {"supervised": True}
    assert "names a step" in why_no_numbers(run, "") and "run.log" not in why_no_numbers(run, "")
    why = why_no_numbers(run, "", ["loading 5 files", "round 5 | loss: 0.3", "good"])
    assert "`round 5 | loss: 0.3` names no step" in why and "trainpad run --parse" in why
    assert "number after a name" in why_no_numbers(run, "", ["epoch 5"])
    run.status = RunStatus.FAILED
    assert "the program failed" in why_no_numbers(run, "", ["python: can't open file 'x'"])
    run.info = {"supervised": True, "adopted": 7}
    run.metrics.is_read = True
    assert "run.log" in why_no_numbers(run, "")


def test_the_limits_of_a_value_are_shown_in_the_words_that_fit() -> None:
    knob = Knob("lr", 0.1, low=1e-4, high=1.0, scale="log")
    assert [limits_text(knob, width) for width in (60, 39, 29)] == [
        "a number from 0.0001 to 1, on a log scale",
        "a number from 0.0001 to 1 (log)",
        "from 0.0001 to 1",
    ]


@pytest.mark.parametrize(
    ("names", "titles"),
    [
        (["b", "val_loss", "loss", "acc"], ["loss", "acc", "b"]),
        (["train/x", "val/x", "epoch_x"], ["x"]),
        (["x/train", "x/val", "test_x"], ["x"]),
        (["val_loss"], ["val_loss"]),
        (["val_loss", "valid/loss"], ["val_loss", "valid/loss"]),
        (["eval_loss", "loss", "train_loss"], ["loss"]),
        (["layer10", "layer2", "aux_loss"], ["aux_loss", "layer2", "layer10"]),
        (["epoch", "val"], ["epoch", "val"]),
    ],
)
def test_a_quantity_of_several_splits_is_one_chart(names: list[str], titles: list[str]) -> None:
    found = quantities(names)
    assert [quantity.title for quantity in found] == titles
    assert sorted(name for quantity in found for name in quantity.names) == sorted(names)


def test_the_lines_of_a_chart_are_in_a_fixed_order() -> None:
    (found,) = quantities(["epoch_loss", "test_loss", "val_loss", "loss"])
    assert found.metrics == (
        ("training", "loss"), ("validation", "val_loss"), ("test", "test_loss"),
        ("epoch mean", "epoch_loss"),
    )  # fmt: skip
    assert json.dumps([each.title for each in quantities(["a", "b"], ["b"])]) == '["b", "a"]'
