"""`trainpad.toml`: what it may say, which file goes first, and how a wrong option is named."""

import importlib.util
from pathlib import Path

import pytest
from conftest import REPOSITORY

from core.cli.hook_flags import take_hooks
from core.options.key_names import KEY_NAMES
from core.options.options import NAME, Options, load_options
from tests.helpers.app import Scripted
from tests.helpers.waiting import shown, until
from trainpad.errors import UserError
from tui.app import TrainpadApp
from tui.chart.chart import Chart
from tui.chart.palette import ChartStyle
from tui.curves.grouping import quantities
from tui.watch.model import WatchModel

EVERYTHING = """
[charts]
first = ["acc", "val/f1"]
[colours]
theme = "textual-light"
lines = ["#010203"]
[alerts]
nan = "osc9"
finish = "notify-send done"
stall_seconds = 30
[keys]
runs.delete = "ctrl+d"
"app.help" = "f1"
"""


@pytest.fixture
def user(tmp_path: Path) -> Path:
    return tmp_path / "user"


@pytest.fixture
def project(tmp_path: Path, user: Path) -> Path:
    user.mkdir()
    (tmp_path / "project").mkdir()
    return tmp_path / "project"


def test_without_files_nothing_is_changed(user: Path, project: Path) -> None:
    assert load_options(user, project) == Options()
    assert load_options(user / "nothing", project / "nothing") == Options()


def test_every_option_is_read(user: Path, project: Path) -> None:
    (user / NAME).write_text(EVERYTHING)
    options = load_options(user, project)
    assert options == Options(
        charts_first=("acc", "val/f1"),
        theme="textual-light",
        line_colours=("#010203",),
        alerts={"nan": "osc9", "finish": "notify-send done"},
        stall_seconds=30.0,
        keys={"runs.delete": "ctrl+d", "app.help": "f1"},
    )


def test_the_project_goes_first_option_by_option(user: Path, project: Path) -> None:
    (user / NAME).write_text(EVERYTHING)
    (project / NAME).write_text('charts.first = ["x"]\n[alerts]\nnan = "bell"\n')
    options = load_options(user, project)
    assert (options.charts_first, options.theme) == (("x",), "textual-light")
    assert options.alerts == {"nan": "bell", "finish": "notify-send done"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[chart]\nfirst = []\n", "line 1: there is no [chart]; there are charts, colours"),
        ("\n[charts]\nlast = []\n", "line 3: there is no last in [charts]"),
        ("[charts]\n\nfirst = 3\n", "line 3: first must be a list of names"),
        ("charts.first = [1]\n", "line 1: first must be a list of names"),
        ("charts = 1\n", "line 1: charts is a section: write [charts]"),
        ("[colours]\ntheme = ''\n", "line 2: theme must be the name"),
        ("[colours]\nlines = ['red']\n", "line 2: lines must be a list of 1 to 6 colours"),
        ("[colours]\n# x\ncolor = 1\n", "line 3: there is no color in [colours]"),
        ("[alerts]\nnan = 1\n", 'line 2: nan must be "bell", "osc9" or a command'),
        ("[alerts]\nnan = 'rm -r x'\n", "line 2: nan may be \"bell\" or \"osc9\" here"),
        ("[alerts]\nstall_seconds = true\n", "line 2: stall_seconds must be a number"),
        ("[keys]\nruns.delet = 'x'\n", "line 2: there is no runs.delet in [keys]"),
        ("[keys]\n'runs.delete' = 1\n", "line 2: runs.delete must be a key"),
        ("[charts\n", "(at line 1, column 8)"),
        ("x = \x00", "trainpad.toml: "),
        (b"[charts]\nfirst = ['\xff']\n", "line 2: it is not UTF-8"),
        ("#" * 300_000, "is larger than"),
    ],
)  # fmt: skip
def test_a_wrong_option_is_named_with_file_and_line(
    user: Path, project: Path, text: str | bytes, said: str
) -> None:
    path = project / NAME
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    with pytest.raises(UserError) as error:
        load_options(user, project)
    assert str(error.value).startswith(str(path))
    assert said in str(error.value)


def test_a_file_that_is_none_is_named(user: Path, project: Path) -> None:
    (project / NAME).mkdir()
    with pytest.raises(UserError, match="not a regular file"):
        load_options(user, project)


def test_flags_go_before_alerts(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / NAME).write_text('[alerts]\nnan = "bell"\nfail = "osc9"\nstall_seconds = 7\n')
    monkeypatch.chdir(project)
    flags = {
        "on_finish": "",
        "on_fail": "bell",
        "on_nan": "",
        "on_stall": "",
        "stall_seconds": None,
    }
    assert take_hooks(flags) == {"fail": ("bell",), "nan": ("bell",)}
    assert flags == {"stall_seconds": 7.0}


def test_first_charts_and_tags() -> None:
    titles = [
        one.title for one in quantities(["z", "acc", "val/f1", "loss", "b"], (), ["b", "val/f1"])
    ]
    assert titles[:3] == ["loss", "b", "val/f1"]
    model = WatchModel()
    model.first = ["z", "none"]
    assert model._sorted_tags(["a", "z", "b"]) == ["z", "a", "b"]


async def test_keys_theme_and_colours_are_applied(tmp_path: Path) -> None:
    options = Options(theme="textual-light", line_colours=("#010203",), keys={"app.help": "f1"})
    app = TrainpadApp(iter(Scripted(tmp_path)), user_options=options)
    async with app.run_test(size=(160, 45)) as pilot:
        await shown(pilot, app, "100 / 2,000")
        assert app.theme == "textual-light"
        style = app.screen.query_one("#loss", Chart).chart_styles[ChartStyle.LINE]
        assert style.color is not None
        assert style.color.get_truecolor() == (1, 2, 3)
        await pilot.press("question_mark")
        assert not app.screen.is_modal
        await pilot.press("f1")
        await until(pilot, lambda: app.screen.is_modal)


def test_the_names_of_keys_are_those_of_the_screens() -> None:
    spec = importlib.util.spec_from_file_location("generate", REPOSITORY / "docs" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    generate = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generate)
    assert generate.binding_ids() == KEY_NAMES
