"""The files and modules that pages, docstrings and comments name are there."""

import re

import pytest
from conftest import REPOSITORY

FOLDERS = ("benchmarks", "core", "data", "docs", "examples", "trainpad", "tui")
TEXTS = [
    REPOSITORY / name
    for name in ("README.md", "README.zh-TW.md", "CHANGELOG.md", "main.py", "pyproject.toml")
] + [
    path
    for folder in FOLDERS
    for path in sorted((REPOSITORY / folder).rglob("*"))
    if path.suffix in {".py", ".md", ".tcss"}
]
FILE = re.compile(
    rf"(?<![\w/.~<-])((?:{'|'.join(FOLDERS)}|tests)/[\w/]*\w\.(?:py|md|tcss|png|svg|safetensors))\b"
)
"""A file of the repository."""
NAME = re.compile(
    r"`((?:benchmarks|core|data|tests|tui|trainpad)(?:\.(?!(?:py|toml)`)\w+)+)(?:\([^`]*\))?`"
)
"""A module or what is in it, between backticks."""


def is_there(name: str) -> bool:
    """Whether a dotted name is a module, or a word of one."""
    parts = name.split(".")
    for count in range(len(parts), 0, -1):
        path = REPOSITORY.joinpath(*parts[:count])
        for found in (path.with_suffix(".py"), path / "__init__.py"):
            if found.is_file():
                words = re.findall(r"\w+", found.read_text())
                return set(parts[count:]) <= set(words)
    return False


def missing(text: str) -> list[str]:
    """The files and names in a text that there are none of."""
    files = (name for name in FILE.findall(text) if not (REPOSITORY / name).is_file())
    names = (name for name in NAME.findall(text) if not is_there(name))
    return [*files, *names]


@pytest.mark.parametrize("folder", ["", *FOLDERS])
def test_files_and_modules_that_a_text_names_are_there(folder: str) -> None:
    relative = {path.relative_to(REPOSITORY): path for path in TEXTS}
    texts = {
        name: path.read_text()
        for name, path in relative.items()
        if (name.parts[0] if len(name.parts) > 1 else "") == folder
    }
    assert texts
    assert {str(name): found for name, text in texts.items() if (found := missing(text))} == {}


def test_what_is_not_there_is_found() -> None:
    wrong = "core/run/direction.py, `core.run.metric_names.no_such`, `core.run.direction.is_loss`"
    assert missing(wrong) == [
        "core/run/direction.py", "core.run.metric_names.no_such", "core.run.direction.is_loss",
    ]  # fmt: skip
    assert missing("core/run/metric_names.py: `core.run.metric_names.is_loss(name)`") == []
