"""Why a training failed, in one line: of an exception, of what a program printed, in `status`."""

import sys
from pathlib import Path

import pytest

import trainpad
from core.cli.report import status_line, status_values
from core.output.failure import LIMIT, PrintedFailure
from core.rundir.rundir import RunDir
from core.session.session import _describe_error
from core.sweep.child import OUTPUT, Child
from tests.helpers.attached import directory
from trainpad.failure import describe_error

CUDA = "CUDA error: device-side assert triggered\nCUDA errors may be late.\nCompile with `DSA`."
TRACE = "Traceback (most recent call last):"
FRAME = '  File "train.py", line 3, in step\n    loss: float = f(x)\n           ^^^^'
FIRST = "RuntimeError: CUDA error: device-side assert triggered"


def with_note() -> Exception:
    error = ValueError("bad shape")
    error.add_note("For simplicity, JAX has removed its internal frames")
    return error


def of_syntax() -> SyntaxError:
    try:
        compile("foo(\n", "net.py", "exec")
    except SyntaxError as error:
        return error.with_traceback(None)
    raise AssertionError


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (RuntimeError(CUDA), FIRST),
        (RuntimeError("\n  An attempt was made\nto start"), "RuntimeError: An attempt was made"),
        (AssertionError(), "AssertionError"),
        (with_note(), "ValueError: bad shape"),
        (of_syntax(), "SyntaxError: '(' was never closed"),
        (ExceptionGroup("tasks", [KeyError("a\nb")]),
         "ExceptionGroup: tasks (1 sub-exception): KeyError: 'a\\nb'"),
    ],
)  # fmt: skip
def test_an_exception_in_one_line_has_its_type_and_begins_as_it_does(
    error: Exception, said: str
) -> None:
    assert describe_error(error)[0] == said
    assert _describe_error(error, "") == f"training failed: {said}; run.log has the details"


def printed(text: str) -> PrintedFailure:
    found = PrintedFailure()
    for line in text.splitlines():
        found.feed(line)
    return found


GROUP = f"""\
  + Exception Group {TRACE}
  |   File "train.py", line 1, in <module>
  | ExceptionGroup: tasks (2 sub-exceptions)
  +-+---------------- 1 ----------------
    | {TRACE}
    |   File "train.py", line 2, in <module>
    | ValueError: inner
    +---------------- 2 ----------------
    | TypeError: other
    +------------------------------------
"""
RICH = """\
╭───────── Traceback (most recent call last) ─────────╮
│ /train.py:3 in main                                 │
│ ❱ 3 raise ValueError("a: b")                        │
╰─────────────────────────────────────────────────────╯
ValueError: a: b
"""
CHAINED = f"{TRACE}\n{FRAME}\nKeyError: 'x'\n\nDuring handling of it, another occurred:\n\n"
WORKER = f"ValueError: Caught it in DataLoader worker process 0.\nOriginal {TRACE}\n{FRAME}\n"
RANK = f"[rank0]: {TRACE}\n[rank0]:   File x\n[rank1]: {FRAME}\n[rank0]: ValueError: r0"
LAUNCHER = f"{TRACE}\n{FRAME}\ntorch.errors.ChildFailedError: \n=====\ntrain.py FAILED"
AT_EXIT = f"Exception ignored in: <function A.__del__>\n{TRACE}\n{FRAME}\nTypeError: None"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"{TRACE}\n{FRAME}\nRuntimeError: {CUDA}\n\n[W1128 socket.cpp] closed", FIRST),
        (f"{CHAINED}{TRACE}\n{FRAME}\nmy.pkg.OwnError: again", "my.pkg.OwnError: again"),
        (f"{TRACE}\n{FRAME}\nRuntimeError: \n\n    An attempt\nto", "RuntimeError: An attempt"),
        (f"{TRACE}\n{FRAME}\n{WORKER}OSError: sample 7", "OSError: sample 7"),
        (f"{RANK}\n{LAUNCHER}", "ValueError: r0"),
        (f"{TRACE}\n{FRAME}\n{FIRST}\nnvrtc\n{AT_EXIT}", FIRST),
        (f"{TRACE}\n{FRAME}\nEOFError", "EOFError"),
        (f"{TRACE}\n{FRAME}\nEpoch 3/9 of another process\nValueError: x", "ValueError: x"),
        (GROUP, "ExceptionGroup: tasks (2 sub-exceptions)"),
        (RICH, "ValueError: a: b"),
        ("Error: no memory", ""),
        (f"{TRACE}\n{FRAME}", ""),
        (f"{TRACE}\n{FRAME}\nValueError: x\n" + "warming up\n" * (LIMIT + 1), ""),
    ],
)  # fmt: skip
def test_the_exception_of_a_printed_traceback_begins_where_its_frames_end(
    text: str, said: str
) -> None:
    assert printed(text).headline == said


def test_a_traceback_is_no_reason_once_the_training_went_on() -> None:
    found = printed(f"{TRACE}\n{FRAME}\nValueError: one bad batch")
    found.goes_on()
    assert found.headline == "ValueError: one bad batch"
    for _ in range(LIMIT):
        found.goes_on()
    assert found.headline == ""


def test_a_failed_run_and_a_failed_trial_say_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRAINPAD_DIR", str(tmp_path))
    run = trainpad.init("p", "first")
    run.log({"loss": 0.5}, 0)
    run.fail(RuntimeError(CUDA))
    values = status_values(RunDir(directory(run)))
    assert values["reason"] == FIRST
    assert status_line(values).endswith(f"failed  step 1  loss 0.5  {FIRST}")
    (tmp_path / OUTPUT).write_text(f"{TRACE}\n{FRAME}\nRuntimeError: {CUDA}\n")
    assert Child(tmp_path, [sys.executable]).failure() == FIRST
