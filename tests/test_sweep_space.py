"""What a sweep varies, and what it is measured by."""

import json
import math
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.sweep import launch
from core.sweep.folder import Description, create_study
from core.sweep.goal import Goal
from core.sweep.model_space import print_space
from core.sweep.plan import best_command, child_of, program_of
from core.sweep.process import Spawner
from core.sweep.request import described_study, flag_pairs, parse_goal, parse_time, split_flags
from core.sweep.space import Choices, Range, Space, is_varied, parse_dimension
from tests.helpers.sweep import description
from trainpad.errors import UserError


def test_a_range_is_logarithmic_where_the_declaration_is() -> None:
    assert parse_dimension("learning_rate", "0.001..1") == Range("learning_rate", 0.001, 1, True)
    assert parse_dimension("dropout", "0..0.5") == Range("dropout", 0, 0.5)
    assert parse_dimension("batch_size", "32..512") == Range("batch_size", 32, 512, True, True)
    assert parse_dimension("lr", "1e-4..1e-1:log:5") == Range("lr", 1e-4, 0.1, True, False, 5)
    assert parse_dimension("learning_rate", "0.1..1:linear") == Range("learning_rate", 0.1, 1)
    assert parse_dimension("width", "16..64") == Range("width", 16, 64, is_whole=True)


def test_a_range_of_whole_steps() -> None:
    width = parse_dimension("hp.width", "8..64:step8")
    assert width == Range("hp.width", 8, 64, is_whole=True, step=8)
    assert parse_dimension("hp.width", width.text) == width
    assert width.grid() == [8, 16, 24, 32, 40, 48, 56, 64]
    assert parse_dimension("w", "8..64:step8:3").grid() == [8, 40, 64]
    assert width.check("24") == 24
    with pytest.raises(UserError, match="must be a whole number in 8"):
        width.check("20")
    for text in ("8..60:step8", "8..64:step8:log", "8..64:step0", "0.1..0.5:step2"):
        with pytest.raises(UserError, match=r"w: "):
            parse_dimension("w", text)
    space = Space({"hp.width": width})
    assert space.narrowed("hp.width", "16..32").dimensions["hp.width"].step == 8  # type: ignore[union-attr]
    with pytest.raises(UserError, match="must be a whole number"):
        space.narrowed("hp.width", "10..32")


def test_a_models_own_values_are_its_space(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "keras", ModuleType("keras"))
    file = tmp_path / "net.py"
    file.write_text(
        "def build(hp):\n"
        "    print('hello')\n"
        "    hp.Int('width', 8, 60, step=8)\n"
        "    hp.Float('rate', 1e-4, 0.1, sampling='log')\n"
        "    hp.Choice('kind', ['a', 'b']); hp.Boolean('norm'); hp.Fixed('depth', 3)\n"
        "    return hp.Int('same', 2, 2)\n"
    )
    print_space(str(file))
    found = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert found == {
        "width": "8..56:step8", "rate": "0.0001..0.1:log", "kind": "a|b", "norm": "False|True"
    }  # fmt: skip
    file.write_text("def build(hp):\n    return nothing\n")
    with pytest.raises(SystemExit, match="2"):
        print_space(str(file))
    assert "net.py, line 2, in build: NameError" in capsys.readouterr().out

    space = {"hp.width": "8..56:step8", "hp.x": "a|b"}
    monkeypatch.setattr(launch, "model_space", lambda _file: space)
    flags = {"model": "net.py", "hp": ("x=a", "rate=0.1..0.2"), "dropout": "0..0.5"}
    about = launch._description({}, flags, [])
    assert {name: one.text for name, one in about.space.dimensions.items()} == {
        "hp.width": "8..56:linear:step8",
        "hp.rate": "0.1..0.2:linear",
        "dropout": "0.0..0.5:linear",
    }
    model = f"--model={Path.cwd() / 'net.py'}"
    assert about.fixed == [model, "--hp=x=a"]
    command = best_command(about, {"hp.width": 16, "hp.rate": 0.15, "dropout": 0.1})
    assert command == (
        f"trainpad {model} --hp=x=a --hp=width=16 --hp=rate=0.15 --dropout=0.1 --seed=0"
    )
    assert launch._own_space({}) == {}


def test_choices_keep_their_text() -> None:
    assert parse_dimension("hidden", "128,32|500|512,256") == Choices(
        "hidden", ("128,32", "500", "512,256")
    )
    assert is_varied("sgd|adam")
    assert is_varied("1..2")
    assert not is_varied("../shared/mnist")
    assert not is_varied("0.01")


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("learning_rate", "1..0.1", "is empty"),
        ("learning_rate", "0.1..0.1", "is empty"),
        ("learning_rate", "-1..1", "learning_rate must be above 0"),
        ("dropout", "0..2", "dropout must be at least 0 and at most 0.95"),
        ("optimizer", "sgd|adm", "optimizer must be one of"),
        ("optimizer", "1..2", "takes no range"),
        ("lr", "0..1:log", "must begin above 0"),
        ("lr", "1..2:often", "'often' is neither log, linear, a"),
        ("lr", "1..1e999", "finite"),
        ("batch_size", "1.5..8", "whole numbers"),
        ("lr", "1|", "at least two choices"),
    ],
)
def test_a_wrong_space_is_one_sentence(name: str, text: str, words: str) -> None:
    with pytest.raises(UserError, match=words):
        parse_dimension(name, text)


@given(st.floats(1e-6, 1e6), st.floats(1.001, 1e3), st.integers(2, 9), st.booleans())
def test_a_grid_goes_from_end_to_end(low: float, factor: float, points: int, is_log: bool) -> None:
    high = low * factor
    grid = Range("x", low, high, is_log, points=points).grid()
    assert len(grid) == points
    assert grid[0] == pytest.approx(low)
    assert grid[-1] == high
    assert grid == sorted(grid)


def test_a_grid_of_whole_numbers_and_one_without_points() -> None:
    assert parse_dimension("width", "2..5").grid() == [2, 3, 4, 5]
    with pytest.raises(UserError, match="how many values of lr"):
        parse_dimension("lr", "0.1..1").grid()


def test_what_is_written_is_read_again() -> None:
    about = description({"x": "0..5:linear:4", "kind": "a|b c"}, seeds=3, sampler="grid")
    assert Description.from_dict(about.as_dict()) == description(
        {"x": "0..5:linear:4", "kind": "a|b c"}, seeds=3, sampler="grid",
        fixed=[], program=["script", "{x}", "{seed}"],
    )  # fmt: skip
    with pytest.raises(UserError, match="damaged"):
        Description.from_dict({**about.as_dict(), "sampler": "magic"})


def test_a_range_is_narrowed_to_a_part_of_it() -> None:
    space = Space({"x": parse_dimension("x", "0..5"), "kind": parse_dimension("kind", "a|b")})
    narrowed = space.narrowed("x", "1..2")
    assert narrowed.dimensions["x"] == Range("x", 1, 2, is_whole=True)
    for name, text in (("x", "4..6"), ("x", "3"), ("kind", "1..2"), ("y", "1..2")):
        with pytest.raises(UserError):
            space.narrowed(name, text)


def test_a_setting_is_checked_against_the_space() -> None:
    space = Space({"x": parse_dimension("x", "0..5"), "kind": parse_dimension("kind", "a|b")})
    assert space.check_point({"x": "3", "kind": "b"}) == {"x": 3, "kind": "b"}
    for wrong in ({"x": "6"}, {"x": "1.5"}, {"x": "nan"}, {"kind": "c"}, {"y": "1"}):
        with pytest.raises(UserError):
            space.check_point(wrong)


@pytest.mark.parametrize(
    ("metric", "maximize"),
    [("val/accuracy", True), ("val_loss", False), ("eval/f1", True), ("loss/accuracy", True),
     ("rmse", False), ("train/error", False)],
)  # fmt: skip
def test_the_direction_follows_from_the_name(metric: str, maximize: bool) -> None:
    assert Goal.parse(metric).maximize is maximize


def test_an_unknown_direction_is_asked_for() -> None:
    with pytest.raises(UserError, match="--direction"):
        Goal.parse("x")
    assert Goal.parse("x", "minimize") == Goal("x", maximize=False)
    assert Goal("x").is_better(2, 1)
    assert Goal("x", maximize=False).is_better(math.inf, None)
    with pytest.raises(UserError, match="accuracy/SPLIT"):
        parse_goal("acc", "", is_ours=True)
    with pytest.raises(UserError, match="--goal"):
        parse_goal("", "", is_ours=False)


def test_flags_are_split_into_varied_and_fixed() -> None:
    flags = split_flags(
        {"learning_rate": "0.1..1", "hidden": "8|16", "max_steps": "10", "fake_data": True,
         "input_data_dir": "a..b|c", "xla": False, "dropout": None}
    )  # fmt: skip
    assert flags.varied == {"learning_rate": "0.1..1", "hidden": "8|16"}
    assert flags.fixed == ["--max_steps=10", "--fake_data", "--input_data_dir=a..b|c", "--no-xla"]
    with pytest.raises(UserError, match="--resume has no meaning"):
        split_flags({"resume": "a"})


def test_a_study_goes_on_from_another_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "shapes").mkdir()
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.setattr(launch, "model_space", lambda _file: {})
    flags = {"learning_rate": "0.1..1", "model": "net.py:deep", "eval_data": "shapes"}
    given = {**flags, "input_data_dir": "idx", "dataset": "mnist|shapes"}
    made = launch._open_folder({"study": "s"}, given, [])
    about = made.description()
    assert about.fixed == [
        f"--model={tmp_path}/net.py:deep",
        f"--eval_data={tmp_path}/shapes",
        f"--input_data_dir={tmp_path}/idx",
    ]
    assert about.space.dimensions["dataset"].text == f"mnist|{tmp_path}/shapes"
    assert launch._open_folder({"study": "s"}, given, []) == made  # what is typed again
    monkeypatch.chdir("elsewhere")
    with pytest.raises(UserError, match="its space is"):
        launch._open_folder({"study": "../s"}, given, [])
    absolute = {**given, "model": "../net.py:deep", "input_data_dir": "../idx"}
    absolute |= {"eval_data": "../shapes", "dataset": "mnist|../shapes"}
    assert launch._open_folder({"study": "../s"}, absolute, []).path.samefile(made.path)


def test_a_study_of_an_earlier_version_has_relative_paths(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(launch, "model_space", lambda _file: {})
    about = launch._description({}, {"learning_rate": "0.1..1"}, [])
    create_study(tmp_path / "s", replace(about, fixed=["--model=net.py"]))
    flags = {"learning_rate": "0.1..1", "model": "net.py"}
    assert launch._open_folder({"study": "s"}, flags, []).description().fixed == ["--model=net.py"]


def test_the_flags_of_a_program_are_pairs() -> None:
    assert flag_pairs(["--lr", "0.1..1", "--width=8|16"]) == {"lr": "0.1..1", "width": "8|16"}
    for wrong in (["lr", "1"], ["--lr"], ["-l", "1"]):
        with pytest.raises(UserError):
            flag_pairs(wrong)


def test_a_program_gets_the_values_exactly() -> None:
    values = {"lr": 0.1 + 0.2, "n": 3, "kind": "a b"}
    assert program_of(["p", "--lr={lr}", "{n}", "{kind}", "{{x}}"], values) == [
        "p", "--lr=0.30000000000000004", "3", "a b", "{x}",
    ]  # fmt: skip
    for wrong in ("{width}", "{", "{0}", "{lr.real}"):
        with pytest.raises(UserError, match="in braces"):
            program_of(["p", wrong], values)
    about = description({"x": "0..5"})
    assert best_command(about, {"x": 2}) == "script 2 0"


@pytest.mark.parametrize(
    ("fixed", "expected"),
    [
        (["--max_steps=2000"], ["--eval_every=250"]),
        (["--max_steps=4"], ["--eval_every=1"]),
        (["--max_steps=2000", "--eval_every=7"], ["--eval_every=7"]),
        ([], ["--eval_every=250"]),
    ],
)
def test_a_trial_is_evaluated_eight_times_unless_it_is_said(
    tmp_path: Path, fixed: list[str], expected: list[str]
) -> None:
    about = description({"learning_rate": "0.1..1"}, program=(), fixed=fixed)
    child = child_of(about, {"learning_rate": 0.5}, tmp_path, 0, {}, Spawner())
    assert [flag for flag in child.command if flag.startswith("--eval_every")] == expected


def test_what_cannot_be_a_study_is_refused() -> None:
    options = {"goal": Goal("score"), "sampler": "tpe", "pruner": "none", "seeds": 1, "seed": 0}
    with pytest.raises(UserError, match="nothing is varied"):
        described_study({}, [], [], **options)
    with pytest.raises(UserError, match="does not occur"):
        described_study({"x": "1..2"}, [], ["p"], **options)
    with pytest.raises(UserError, match="--seeds needs"):
        described_study({"x": "1..2"}, [], ["p", "{x}"], **{**options, "seeds": 2})


def test_times() -> None:
    assert [parse_time(text) for text in ("90", "90s", "1.5m", "2h", "1d")] == [
        90, 90, 90, 7200, 86400,
    ]  # fmt: skip
    for wrong in ("", "0", "soon", "-1m"):
        with pytest.raises(UserError, match="--time"):
            parse_time(wrong)
