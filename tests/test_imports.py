"""Who may import whom, looked at in fresh processes."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import REPOSITORY

from tests.helpers.program import run_program

HEAVY = {"tensorflow", "keras", "textual", "rich", "plotext", "numpy", "PIL", "safetensors"}


def imported(code: str) -> set[str]:
    """The names of all modules that a new Python holds after `code`."""
    script = f"{code}\nimport sys\nprint(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


@pytest.mark.parametrize(
    ("modules", "never"),
    [
        ("tui.app, tui.launch", {"tensorflow", "keras"}),
        (
            "core.training.loop, core.session.session, core.session.headless",
            {"tensorflow", "keras", "textual", "rich", "plotext"},
        ),
        (
            "tui.pad.app",
            {"tensorflow", "keras", "plotext", "PIL", "data.pictures", "core.cli.classify"},
        ),
        ("data.sources", {"core", "tui", "tensorflow", "keras", "textual", "rich", "plotext"}),
        ("main", HEAVY | {"tui.app", "tui.launch", "tui.doctor"}),
    ],
)
def test_a_module_imports_nothing_that_it_should_not(modules: str, never: set[str]) -> None:
    assert imported(f"import {modules}") & never == set()


def test_the_engine_imports_tensorflow_and_no_screen() -> None:
    """The process that programs are forked from has imported the engine, and no screen."""
    found = set(run_program(code="import sys\nprint(*sys.modules)").stdout.split())
    assert {"core.training.engine", "tensorflow"} <= found
    assert found & {"textual", "plotext"} == set()


def test_the_library_imports_the_standard_library_alone() -> None:
    files = sorted((REPOSITORY / "trainpad").glob("*.py"))
    assert len(files) > 5
    for path in files:
        for node in ast.parse(path.read_text()).body:
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            for name in names:
                top = name.split(".")[0]
                assert top == "trainpad" or top in sys.stdlib_module_names, (path, name)


def test_importing_the_library_loads_little_and_starts_nothing() -> None:
    found = imported("import trainpad, threading; assert threading.active_count() == 1")
    assert (
        found & (HEAVY | {"core", "data", "tui", "main", "asyncio", "importlib.metadata"}) == set()
    )


def sources() -> list[Path]:
    layers = ("trainpad", "data", "core", "tui")
    return [path for layer in layers for path in (REPOSITORY / layer).rglob("*.py")]


def test_nothing_imports_the_command_line() -> None:
    assert len(sources()) > 50
    for path in sources():
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            if path.name != "__main__.py":
                assert "main" not in [name.split(".")[0] for name in names], path


def test_the_contracts_hold() -> None:
    lint = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([lint], cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_command_runs_its_own_modules_in_a_folder_with_others_of_the_same_names(
    tmp_path: Path,
) -> None:
    for name in ("main", "core", "data", "tui"):
        (tmp_path / f"{name}.py").write_text('print("my own program")\n')
    done = subprocess.run(
        [sys.executable, "-m", "trainpad", "--version"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": f"{tmp_path}{os.pathsep}{REPOSITORY}"},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.startswith("trainpad ")
    assert "my own program" not in done.stdout
