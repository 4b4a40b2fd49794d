"""The command says what it needs where the library is installed alone."""

import sys
import tomllib

import pytest
from conftest import REPOSITORY

from trainpad import __main__ as entry


@pytest.mark.parametrize(
    ("missing", "said"),
    [
        (["click"], "the command needs what is not installed: click; install trainpad without"),
        (["textual", "PIL"], "the command needs what is not installed: textual, pillow; install"),
    ],
)
def test_a_missing_package_is_a_sentence_and_status_1(
    missing: list[str], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in (*missing, "main"):
        monkeypatch.setitem(sys.modules, name, None)  # cannot be imported
    with pytest.raises(SystemExit) as error:
        entry.main()
    assert str(error.value).startswith(f"trainpad: {said}")  # a text: printed, with status 1
    assert "\n" not in str(error.value)


def test_the_packages_are_those_of_the_project() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    names = {text.partition(">")[0] for text in project["dependencies"]}
    assert names - set(entry.NEEDED.values()) == {"tensorflow", "protobuf", "nvidia-ml-py"}
