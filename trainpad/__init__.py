"""Watch and steer a training from the terminal.

This package needs nothing but the standard library: it defines the files of a run directory, which
a training program and the dashboard share. The command `trainpad` is in `trainpad.__main__`.
"""

__all__ = ["__version__"]


def __getattr__(name: str) -> str:
    """Look the version up when it is first asked for: that imports more than all the rest."""
    if name != "__version__":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib.metadata import version

    return version("trainpad")
