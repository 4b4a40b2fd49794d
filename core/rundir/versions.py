"""The versions of Python and of the packages that a run is made with."""

import platform


def versions() -> dict[str, str]:
    """Return a version for Python, trainpad, TensorFlow, Keras and NumPy, as `run.json` has it."""
    from importlib.metadata import PackageNotFoundError, version  # loads more than all of this room

    found = {"python": platform.python_version()}
    for package in ("trainpad", "tensorflow", "keras", "numpy"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found
