"""The documentation: its commands are run, its links exist, and what is made of the program is new.

Commands of the READMEs are parsed as they stand. Those in code blocks are also run, in one process
that pays for TensorFlow once, on small data and few steps; four are not, since others hold them:
the dashboard and `open` (a terminal is needed: tests/test_line.py), `--detach` (likewise) and
`run` (tests/test_run_command.py).
"""

import asyncio
import importlib.util
import json
import re
import shlex
from pathlib import Path
from types import ModuleType

import click
import pytest
from click.shell_completion import ShellComplete
from conftest import REPOSITORY
from PIL import Image

import main
from core.options.options import load_options
from data.drawn import draw_digits
from tests.helpers.program import run_program
from tui.app import TrainpadApp
from tui.terminal.command_palette import screen_bindings
from tui.widgets.help import HelpScreen
from tui.widgets.screens import SCREENS

READMES = [REPOSITORY / name for name in ("README.md", "README.zh-TW.md")]
PAGES = [*READMES, REPOSITORY / "CHANGELOG.md", *sorted((REPOSITORY / "docs").rglob("*.md"))]
LINK = re.compile(r"\]\(([^)#\s]*)(?:#([^)]*))?\)")
NAMED, FOLDER = "RUN", "FOLDER"
"""A run's name and a folder of files of other programs in the READMEs."""


def blocks(page: Path) -> list[str]:
    """The lines of all code blocks."""
    parts = page.read_text().split("```")[1::2]
    return [line for part in parts for line in part.splitlines() if line.strip()]


def block_commands(page: Path) -> list[str]:
    """The trainpad commands of the code blocks."""
    text = "\n".join(blocks(page)).replace("\\\n", " ")
    return [line for line in text.splitlines() if line.startswith("trainpad ")]


def commands(page: Path) -> list[str]:
    """Every trainpad command that the page names, in a block or in a sentence."""
    text = page.read_text()
    spans = [" ".join(span.split()) for span in re.findall(r"`([^`]+)`", text.replace("```", ""))]
    quoted = re.findall(r'"(trainpad [^"]+)"', text)
    named = [span for span in spans if span == "trainpad" or span.startswith("trainpad ")]
    named = [span for span in named if span != "trainpad --version"]  # tests/test_version.py
    return list(dict.fromkeys([*block_commands(page), *named, *quoted]))


def parse(line: str) -> click.Context:
    """The context of the command that `line` means; raises where it would be refused."""
    words = shlex.split(line.partition(" && ")[0], comments=True)
    assert words[0] == "trainpad"
    words = words[1:]
    name = words.pop(0) if words and words[0] in main.cli.commands else "train"
    return main.cli.commands[name].make_context(name, words)


@pytest.mark.parametrize("page", READMES, ids=lambda page: page.name)
def test_every_command_is_one_that_the_program_takes(page: Path) -> None:
    found = commands(page)
    assert len(found) > 15
    for line in found:
        parse(line)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_in_a_code_block_is_one_that_the_program_takes(page: Path) -> None:
    for line in block_commands(page):
        parse(line)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_program_of_a_page_is_part_of_an_example(page: Path) -> None:
    examples = [path.read_text() for path in sorted((REPOSITORY / "examples").glob("*.py"))]
    for part in re.findall(r"```python\n(.*?)```", page.read_text(), re.DOTALL):
        assert any(part in example for example in examples), part


def test_the_options_of_the_page_on_options_are_options(tmp_path: Path) -> None:
    (part,) = re.findall(
        r"```toml\n(.*?)```", (REPOSITORY / "docs" / "options.md").read_text(), re.DOTALL
    )
    (tmp_path / "trainpad.toml").write_text(part)
    options = load_options(tmp_path, tmp_path / "none")
    assert options.alerts["finish"] == "notify-send trainpad done"


def test_every_example_in_a_help_is_one_that_the_program_takes() -> None:
    for command in main.cli.commands.values():
        (example,) = re.findall(r"Example: (.+)", command.help or "")
        assert parse(example).info_name == command.name


def test_both_readmes_have_the_same_commands() -> None:
    english, chinese = map(blocks, READMES)
    assert english == chinese
    assert set(commands(READMES[1])) <= set(commands(READMES[0]))


def test_the_lines_that_others_type_are_there() -> None:
    run = "python3 -m venv .venv && .venv/bin/pip install -e . && .venv/bin/trainpad"
    test = "python3 -m venv .venv && .venv/bin/pip install -e '.[test]' && .venv/bin/pytest"
    for page in READMES:
        assert run in blocks(page)
        assert test in blocks(page)


SHORT = [
    "--fake_data", "--eval_every", "20", "--device", "cpu", "--no-xla", "--hidden", "16",
    "--batch_size", "50",
]  # fmt: skip
"""What makes any training of the READMEs one of a second; later flags win."""
NOT_RUN = ("trainpad open", "trainpad run", "trainpad --detach", "trainpad sweep",
           "trainpad study", "trainpad pad")  # fmt: skip
"""Commands that need a screen, or train for minutes: they have tests of their own."""

RUN_ALL = """
import json, sys
import core.cli.doctor_device
import main
from core.rundir.rundir import default_log_dir, list_runs

# The import of TensorFlow that the doctor makes elsewhere takes seconds, and has tests of its own.
core.cli.doctor_device.probe_tensorflow = lambda: core.cli.doctor_device.TensorFlowProbe("2.21.0")

statuses = []
for words in json.loads(sys.argv[1]):
    newest = [run.name for run in list_runs(default_log_dir())[-1:]]
    try:
        main.main([newest[0] if word == sys.argv[2] else word for word in words])
    except SystemExit as left:
        statuses.append([" ".join(words), left.code])
print(json.dumps(statuses), file=sys.stderr)
"""


def as_run(line: str, home: Path, steps: int) -> list[str]:
    """The words of a command as the test runs it."""
    words = [str(home / "logs") if word == FOLDER else word for word in shlex.split(line)[1:]]
    if words and words[0] in main.cli.commands:
        return words
    return [*words, "--headless", *SHORT, "--max_steps", str(steps)]


def test_the_commands_in_code_blocks_work(tmp_path: Path, own_home: Path) -> None:
    lines = [line for line in block_commands(READMES[0]) if not line.startswith(NOT_RUN)]
    lines += ["trainpad doctor", "trainpad export --notebook plot.ipynb"]
    images, _ = draw_digits(4, 0)
    Image.fromarray(255 - images[0]).resize((140, 140)).save(tmp_path / "digit.png")
    runs = own_home / ".local" / "share" / "trainpad" / "runs"
    (own_home / "logs").symlink_to(runs)
    words = [as_run(line, own_home, 20 + 20 * place) for place, line in enumerate(lines)]

    done = run_program(json.dumps(words), NAMED, code=RUN_ALL, folder=tmp_path)
    assert done.returncode == 0, done.stderr

    statuses = json.loads(done.stderr.splitlines()[-1])
    assert [status for _, status in statuses] == [0] * len(lines), done.stderr
    assert len(list(runs.iterdir())) == 2  # the third training went on with one of them
    assert (tmp_path / "loss.png").stat().st_size > 1000
    assert json.loads((tmp_path / "plot.ipynb").read_text())["cells"]


# -- what the pages point to -----------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_and_pictures_are_there(page: Path) -> None:
    for target, heading in LINK.findall(page.read_text()):
        if not target.startswith(("http://", "https://")):
            assert (page.parent / target).exists(), target
            assert not heading or heading in anchors(page.parent / target if target else page)


def anchors(page: Path) -> set[str]:
    """The names by which the headings of a page are linked."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("layer", ["core", "tui"])
def test_the_design_names_every_room(layer: str) -> None:
    design = (REPOSITORY / "docs" / "design.md").read_text()
    (row,) = re.findall(rf"^\| `{layer}/` .*$", design, re.MULTILINE)
    rooms = {path.parent.name for path in (REPOSITORY / layer).glob("*/__init__.py")}
    assert rooms <= set(re.findall(r"`(\w+)`", row))


def test_pictures_are_small_and_shown() -> None:
    shown = {Path(target).name for page in PAGES for target, _ in LINK.findall(page.read_text())}
    pictures = sorted((REPOSITORY / "docs").glob("*.png"))
    assert {picture.name for picture in pictures} <= shown
    for picture in pictures:
        assert picture.stat().st_size < 200_000
        with Image.open(picture) as opened:
            assert opened.width >= 1000


def test_the_moving_picture_moves_and_is_small() -> None:
    (name,) = re.findall(r"\((docs/\S+\.gif)\)", READMES[0].read_text())
    picture = REPOSITORY / name
    assert picture.stat().st_size < 1_000_000
    with Image.open(picture) as opened:
        assert opened.n_frames > 10
        assert opened.info["duration"] >= 100


def test_every_page_is_linked_from_the_readme_or_from_another() -> None:
    linked = {Path(target).name for page in PAGES for target, _ in LINK.findall(page.read_text())}
    assert {page.name for page in PAGES[1:]} <= linked


# -- the first minute ------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [(80, 24), (160, 45)])
async def test_the_help_of_every_screen_explains_every_key(
    generate: ModuleType, size: tuple[int, int]
) -> None:
    app = TrainpadApp(generate.nothing(), viewer=True)
    async with app.run_test(size=size) as pilot:
        for place in SCREENS:
            await pilot.press(place.key)
            await pilot.press("question_mark")
            await pilot.pause()
            assert isinstance(app.screen, HelpScreen)
            words = set("".join(text for text, _ in app.screen._parts()).split())
            for _node, binding in screen_bindings(app.screen_stack[0]):
                if not binding.action.startswith("app.go("):
                    assert set(binding.tooltip.split()) <= words, (place.name, binding.tooltip)
            if size[0] == 160:
                assert app.screen.query_one("#help").max_scroll_y == 0, place.name
            await pilot.press("escape")


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        (["op"], ["open"]),
        (["--max"], ["--max_steps", "--max-steps"]),
        (["train", "--opt"], ["--optimizer"]),
        (["open", "2026"], ["20261123-101502-128x32"]),
        (["export", "--no"], ["--notebook"]),
    ],
    ids=["a command", "a flag of train", "a flag", "a run", "a flag of export"],
)
def test_a_shell_completes(own_home: Path, typed: list[str], expected: list[str]) -> None:
    run = own_home / ".local" / "share" / "trainpad" / "runs" / "20261123-101502-128x32"
    run.mkdir(parents=True)
    (run / "run.json").write_text("{}")
    completion = ShellComplete(main.cli, {}, "trainpad", "_TRAINPAD_COMPLETE")
    found = completion.get_completions(typed[:-1], typed[-1])
    assert [item.value for item in found] == expected


# -- what is made of the program -------------------------------------------------------------------


@pytest.fixture
def generate() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate", REPOSITORY / "docs" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_generated_page_on_the_command_line_is_new(generate: ModuleType) -> None:
    made = generate.command_line()
    assert made == (REPOSITORY / "docs" / "command-line.md").read_text(), "python docs/generate.py"


def test_the_generated_page_on_keys_is_new(generate: ModuleType) -> None:
    made = asyncio.run(generate.keys())
    assert made == (REPOSITORY / "docs" / "keys.md").read_text(), "python docs/generate.py"
