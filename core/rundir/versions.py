"""The versions of Python and of the packages that a run is made with."""

import platform

from trainpad.version import __version__


def versions() -> dict[str, str]:
    """Return a version for Python, trainpad, TensorFlow, Keras and NumPy, as `run.json` has it."""
    found = {"python": platform.python_version(), "trainpad": __version__}
    for package in ("tensorflow", "keras", "numpy"):
        found[package] = version_of(package)
    return found


def version_of(package: str) -> str:
    """Return the version of an installed package, without importing it."""
    from importlib.metadata import PackageNotFoundError, version  # loads more than all of this room

    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
