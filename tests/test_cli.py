"""The command line: in-process where nothing is trained, as a program where signals matter."""

import gzip
import os
import re
import signal
import struct
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import numpy as np
import pytest

import main
from core.run.events import Finished, Saved
from core.rundir import checkpoint
from core.rundir.rundir import RunDir
from core.rundir.validation import parse_event
from data.drawn import draw_digits
from tests.helpers.program import Program, run_program

LAB = re.compile(
    r"Step \d+: loss = \d+\.\d\d \(\d+\.\d{3} sec\)"
    r"|(Training|Validation|Test) Data Eval:"
    r"|Num examples: \d+ Num correct: \d+ Precision @ 1: [01]\.\d{4}"
)


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No test sees or leaves anything of the user's."""
    before = os.umask(0o022)
    for name in ("HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "home"))
    monkeypatch.delenv("TRAINPAD_DATA", raising=False)
    yield
    os.umask(before)


Trainpad = Callable[..., tuple[int, str, str]]


@pytest.fixture
def trainpad(capsys: pytest.CaptureFixture[str]) -> Trainpad:
    """Run a command in this process: exit status, standard output, standard error."""

    def run(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as left:
            main.main(list(arguments))
        captured = capsys.readouterr()
        return int(left.value.code or 0), captured.out, captured.err

    return run


def put(folder: Path, name: str, array: np.ndarray, *, lose: int = 0) -> None:
    header = struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape)
    packed = gzip.compress(header + array.tobytes(), mtime=0)
    (folder / f"{name}.gz").write_bytes(packed[: len(packed) - lose])


def mnist_like(folder: Path, *, labels: int = 60, lose: int = 0) -> Path:
    folder.mkdir()
    images, digits = draw_digits(60, 0)
    put(folder, "train-images-idx3-ubyte", images, lose=lose)
    put(folder, "train-labels-idx1-ubyte", digits[:labels])
    put(folder, "t10k-images-idx3-ubyte", images)
    put(folder, "t10k-labels-idx1-ubyte", digits)
    return folder


WRONG = {
    "a missing folder": (["--input_data_dir", "{tmp}/nowhere"], "nowhere"),
    "a truncated .gz": (["--input_data_dir", "{tmp}/cut"], "train-images-idx3-ubyte.gz"),
    "too few labels": (["--input_data_dir", "{tmp}/fewer"], "labels"),
    "a negative rate": (["--learning_rate", "-1"], "learning_rate must be above 0"),
    "a negative rate, one word": (["--learning-rate=-1"], "learning_rate must be above 0"),
    "an empty batch": (["--batch_size", "0"], "batch_size must be at least 1"),
    "layers that are no number": (
        ["--hidden1", "x"],
        "hidden1 must be a whole number from 1 to 8192",
    ),
    "no units": (["--network", "0"], "layer 1, '0': units are a whole number from 1 to 8,192"),
    "an unknown flag": (["--speed", "9"], "there is no flag --speed"),
    "an unknown preset": (["--preset", "resnet"], "resnet"),
    "an unknown device": (["--device", "foo"], "device must be auto, cpu or gpu:N, not 'foo'"),
    "an unknown data set": (["--dataset", "digits-of-pi"], "digits-of-pi"),
    "a batch larger than the data": (["--fake_data", "--batch_size", "5000"], "at most"),
    "a change of layers": (["--change", "5:network=3"], "network cannot change"),
    "a malformed change": (["--change", "soon"], "--change must be STEP:NAME=VALUE"),
    "a change of an unknown name": (["--change", "5:foo=3"], "these can change: learning_rate, "),
    "a missing run": (["--resume", "elsewhere"], "elsewhere"),
    "resume and branch": (["--resume", "a", "--branch", "b"], "give only one"),
}


@pytest.mark.parametrize("named", [True, False], ids=["train", "no command"])
@pytest.mark.parametrize(("flags", "words"), WRONG.values(), ids=WRONG)
def test_invalid_flags_are_one_sentence_and_nothing_is_written(
    tmp_path: Path, trainpad: Trainpad, flags: list[str], words: str, named: bool
) -> None:
    if "cut" in flags[-1]:
        mnist_like(tmp_path / "cut", lose=500)
    if "fewer" in flags[-1]:
        mnist_like(tmp_path / "fewer", labels=59)
    log_dir = tmp_path / "runs"
    given = [flag.format(tmp=tmp_path) for flag in flags]
    command = ["train"] if named else []
    status, out, err = trainpad(
        *command, "--headless", "--offline", "--log_dir", str(log_dir), *given
    )
    assert status == 2
    assert out == ""
    assert words in err
    assert err.startswith("trainpad: ")
    assert err.count("\n") == 1
    assert not log_dir.exists()
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize(("name", "command"), main.cli.commands.items())
def test_every_command_and_option_has_help(
    name: str, command: click.Command, trainpad: Trainpad
) -> None:
    assert command.help
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, f"{name} {parameter.opts}"
    status, out, _ = trainpad(name, "--help")
    assert status == 0
    assert "Example: trainpad" in out


def test_that_there_is_no_run_yet_goes_to_standard_error(
    tmp_path: Path, trainpad: Trainpad
) -> None:
    (folder := tmp_path / "empty").mkdir()
    message = f"there is no run in {folder} yet\n"
    assert trainpad("runs", "--log_dir", str(folder)) == (0, "", message)
    assert trainpad("runs", "--json", "--log_dir", str(folder)) == (0, "", message)


def test_an_option_may_have_underscores_or_hyphens() -> None:
    for command in main.cli.commands.values():
        for parameter in command.params:
            if isinstance(parameter, click.Option) and "_" in "".join(parameter.opts):
                assert {opt.replace("_", "-") for opt in parameter.opts} <= set(parameter.opts)


def test_help_lists_every_command(trainpad: Trainpad) -> None:
    status, out, _ = trainpad("--help")
    assert status == 0
    assert "Train a digit classifier in the terminal" in out
    for name in main.cli.commands:
        assert f"  {name} " in out
    assert "…" not in out
    assert "..." not in out.partition("Commands")[2]


@pytest.mark.parametrize("command", [[], ["train"], ["runs"]], ids=["alone", "train", "runs"])
def test_help_has_a_short_name(trainpad: Trainpad, command: list[str]) -> None:
    assert trainpad(*command, "-h") == trainpad(*command, "--help")
    assert trainpad(*command, "-h")[0] == 0


# -- the program itself ----------------------------------------------------------------------------

SMALL = [
    "--headless", "--fake_data", "--no-xla", "--device", "cpu", "--hidden", "32,16",
    "--batch_size", "50",
]  # fmt: skip


ENDLESS = ["--max_steps", "1000000000", "--eval_every", "1000000"]


def start(log_dir: Path, *flags: str) -> Program:
    return Program(*SMALL, "--log_dir", log_dir, *flags)


def only_run(log_dir: Path) -> RunDir:
    (path,) = log_dir.iterdir()
    return RunDir(path)


def test_a_run_prints_only_the_labs_lines(tmp_path: Path) -> None:
    flags = ["--max-steps", "250", "--eval_every", "250"]
    with start(tmp_path / "runs", *flags) as process:
        out, err = process.communicate()
    assert process.returncode == 0
    lines = out.splitlines()
    assert all(LAB.fullmatch(line) for line in lines)
    steps = [line.split(":")[0] for line in lines if line.startswith("Step")]
    assert steps == ["Step 0", "Step 100", "Step 200"]
    assert [line for line in lines if line.endswith("Eval:")] == [
        "Training Data Eval:", "Validation Data Eval:", "Test Data Eval:",
    ]  # fmt: skip
    run = only_run(tmp_path / "runs")
    assert all(line.startswith("trainpad: ") for line in err.splitlines())
    assert str(run.path) in err
    assert run.losses.stat().st_size == 4 * 250
    for path in run.path.rglob("*"):
        assert path.stat().st_mode & 0o077 == 0


def test_json_equals_the_log(tmp_path: Path) -> None:
    flags = ["--json", "--max_steps", "60", "--eval_every", "30"]
    with start(tmp_path / "runs", *flags) as process:
        out, err = process.communicate()
    assert process.returncode == 0
    assert out == only_run(tmp_path / "runs").events.read_text()
    assert [type(parse_event(line)) for line in out.splitlines()].count(Saved) == 2
    assert err == ""


def wait_for_steps(process: Program) -> None:
    assert process.stdout is not None
    assert process.stdout.readline().startswith("Step 0: loss")


@pytest.mark.parametrize(
    ("number", "status", "reason"),
    [(signal.SIGINT, 130, "interrupted"), (signal.SIGTERM, 0, "stopped")],
    ids=["ctrl-c", "terminated"],
)
def test_a_signal_saves_and_stops(tmp_path: Path, number: int, status: int, reason: str) -> None:
    with start(
        tmp_path / "runs", "--max_steps", "1000000000", "--eval_every", "1000000"
    ) as process:
        wait_for_steps(process)
        process.send_signal(number)
        process.communicate()
    assert process.returncode == status
    run = only_run(tmp_path / "runs")
    last = parse_event(run.events.read_bytes().splitlines()[-1])
    assert isinstance(last, Finished)
    assert last.reason == reason
    assert checkpoint.newest(run.checkpoints).step == last.step
    assert run.losses.stat().st_size == 4 * last.step


def test_a_second_signal_exits_at_once(tmp_path: Path) -> None:
    with start(
        tmp_path / "runs", "--max_steps", "1000000000", "--eval_every", "1000000"
    ) as process:
        wait_for_steps(process)
        # Both arrive together, so that the second finds the first one's saving not done.
        for number in (signal.SIGSTOP, signal.SIGINT, signal.SIGTERM, signal.SIGCONT):
            process.send_signal(number)
        process.communicate()
    # Two that arrive together are seen in either order; the second one ends the process.
    assert process.returncode in (-signal.SIGTERM, -signal.SIGINT)


def test_the_defaults_reach_the_labs_accuracy(tmp_path: Path, mnist: Path | None) -> None:
    if mnist is None:
        pytest.skip("no MNIST here")
    done = run_program("--headless", "--input_data_dir", mnist, "--log_dir", tmp_path / "runs")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert all(LAB.fullmatch(line) for line in lines)
    assert len([line for line in lines if line.startswith("Step")]) == 20
    sizes = [int(line.split()[2]) for line in lines if line.startswith("Num examples")]
    assert sizes == [55_000, 5_000, 10_000] * 2
    assert 0.89 <= float(lines[-1].split()[-1]) <= 0.92
