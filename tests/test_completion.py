"""Shell completion, with folders that other people named."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import REPOSITORY

SAFE = ["20261123-101502-128x32", "b.2_x"]
HOSTILE = [
    b"$(touch PWN)", b"`touch PWN`", b";touch PWN", b"-rf", b"--headless", b"a b", b"x\nplain,rm",
    b"\x1b]0;title\x07", b"*", b"~", b"a'b", b'a"b', b"a,b", b"a:b", b"b\xff", "ünïcode".encode(),
]  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of runs, most of them with names that a shell must not see."""
    for name in [*HOSTILE, *map(os.fsencode, SAFE)]:
        run = tmp_path / "runs" / os.fsdecode(name)
        run.mkdir(parents=True)
        (run / "run.json").write_text("{}")
    return tmp_path / "runs"


def complete(folder: Path, shell: str, **words: str) -> str:
    """What the program answers a shell that completes."""
    environment = {**os.environ, "TRAINPAD_DIR": str(folder), "PYTHONPATH": str(REPOSITORY)}
    environment |= {"_TRAINPAD_COMPLETE": f"{shell}_complete", **words}
    command = [sys.executable, "-m", "trainpad"]
    done = subprocess.run(command, env=environment, capture_output=True, timeout=60, check=False)
    assert done.stderr == b""
    return done.stdout.decode()


@pytest.mark.parametrize(
    ("shell", "words", "expected"),
    [
        ("bash", {"COMP_WORDS": "trainpad open ", "COMP_CWORD": "2"}, "plain,{}\n"),
        ("zsh", {"COMP_WORDS": "trainpad open ", "COMP_CWORD": "2"}, "plain\n{}\n_\n"),
        ("fish", {"COMP_WORDS": "trainpad open ", "COMP_CWORD": ""}, "plain,{}\n"),
    ],
)
def test_only_plain_words_are_offered(
    folder: Path, shell: str, words: dict[str, str], expected: str
) -> None:
    offered = "".join(expected.format(name) for name in reversed(SAFE))
    assert complete(folder, shell, **words) == offered


def test_completing_in_bash_and_pressing_enter_executes_nothing(folder: Path) -> None:
    program = folder.parent / "trainpad"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m trainpad "$@"\n')
    program.chmod(0o700)
    script = """
        eval "$(_TRAINPAD_COMPLETE=bash_source trainpad)"
        COMP_WORDS=(trainpad open ''); COMP_CWORD=2
        _trainpad_completion trainpad
        for name in "${COMPREPLY[@]}"; do eval "echo $name"; done  # as the next enter does
    """
    environment = {**os.environ, "TRAINPAD_DIR": str(folder), "PYTHONPATH": str(REPOSITORY)}
    environment["PATH"] = f"{folder.parent}:{os.environ['PATH']}"
    command = ["bash", "-c", script]
    done = subprocess.run(
        command, env=environment, cwd=folder.parent, capture_output=True, timeout=60, check=True
    )
    assert done.stdout.decode().split() == list(reversed(SAFE))
    assert not (folder.parent / "PWN").exists()


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("trainpad --optimizer n", ["plain,nesterov"]),
        ("trainpad --preset be", ["plain,best"]),
        ("trainpad --dataset f", ["dir,f", "plain,fashion-mnist"]),
        ("trainpad --dataset mnist+", ["dir,mnist+", "plain,mnist+drawn", "plain,mnist+mine"]),
        ("trainpad --resume b", ["file,b", "plain,b.2_x"]),
        ("trainpad --log_dir x", ["dir,x"]),
        ("trainpad runs --log-dir x", ["dir,x"]),
        ("trainpad data k", ["plain,kmnist"]),
        ("trainpad watch x", ["file,x"]),
        ("trainpad classify --run b", ["plain,b.2_x"]),
        ("trainpad export --png x", ["file,x"]),
    ],
)
def test_values_and_paths_are_completed(folder: Path, line: str, expected: list[str]) -> None:
    count = str(len(line.split()) - 1)
    assert complete(folder, "bash", COMP_WORDS=line, COMP_CWORD=count).splitlines() == expected
