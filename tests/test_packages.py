"""An installation has all of the program's packages."""

import tomllib

from conftest import REPOSITORY

LAYERS = "core", "data", "tui"


def test_each_package_is_installed() -> None:
    settings = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())
    folders = (
        path.parent.relative_to(REPOSITORY)
        for layer in LAYERS
        for path in (REPOSITORY / layer).rglob("__init__.py")
    )
    private = {".".join(("trainpad.program", *folder.parts)) for folder in folders}
    assert set(settings["tool"]["setuptools"]["packages"]) == {
        "trainpad",
        "trainpad.program",
        *private,
    }
