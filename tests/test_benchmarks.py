"""Every script of `benchmarks` says what it does when it is asked."""

import ast
import re
from pathlib import Path

import pytest
from conftest import REPOSITORY

SCRIPTS = sorted(
    path
    for path in (REPOSITORY / "benchmarks").glob("*.py")
    if 'if __name__ == "__main__":' in path.read_text()
)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_a_benchmark_takes_help(script: Path) -> None:
    text = script.read_text()
    assert "ArgumentParser(" in text
    assert re.search(r"description=(?:__doc__|str\(__doc__\))", text), "its help says nothing"
    assert "sys.argv[1" not in text


def test_no_benchmark_needs_what_only_pytest_can_import() -> None:
    """`python -m benchmarks.NAME` knows no `conftest`: neither do the helpers that one imports."""
    waiting, seen = list(SCRIPTS), set[Path]()
    while waiting:
        path = waiting.pop()
        seen.add(path)
        for module in _imported(path):
            assert module != "conftest", path
            helper = (REPOSITORY / module.replace(".", "/")).with_suffix(".py")
            if module.startswith("tests.helpers.") and helper not in seen:
                waiting.append(helper)
    assert REPOSITORY / "tests/helpers/program.py" in seen


def _imported(path: Path) -> list[str]:
    """The modules that a file imports from."""
    nodes = ast.walk(ast.parse(path.read_text()))
    return [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
