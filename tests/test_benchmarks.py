"""Every script of `benchmarks` says what it does when it is asked."""

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
