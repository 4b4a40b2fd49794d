"""Paths in what a study runs: absolute, so that it goes on from every folder."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from core.rundir.data_source import absolute_dataset, absolute_path


def _model(text: str) -> str:
    """The absolute path in ``FILE.py`` or ``FILE.py:function``, with the function."""
    place, has_function, function = text.partition(".py:")
    if not has_function:
        return str(absolute_path(Path(text)))
    return f"{absolute_path(Path(f'{place}.py'))}:{function}"


ABSOLUTE: Final[Mapping[str, Callable[[str], str | None]]] = {
    "model": _model,
    "dataset": absolute_dataset,
    "eval_data": absolute_dataset,
    "input_data_dir": lambda text: absolute_path(Path(text)),
}
"""The flags of `trainpad train` that name files, and what makes their paths absolute."""


def absolute_flags(fixed: Sequence[str]) -> list[str]:
    """Flags such as ``--model=net.py`` with absolute paths; all others as they are.

    Raises:
        RunError: a path is below a home folder that does not exist, or the current folder was
            removed.
    """
    return [_absolute_flag(flag) for flag in fixed]


def _absolute_flag(flag: str) -> str:
    name, equals, text = flag.partition("=")
    make = ABSOLUTE.get(name.removeprefix("--"))
    return f"{name}={make(text)}" if make and equals and text else flag


def absolute_choices(varied: Mapping[str, str]) -> dict[str, str]:
    """What is varied, with absolute paths where data sets are the choices.

    Raises:
        RunError: as `absolute_flags`.
    """
    return {
        name: "|".join(str(absolute_dataset(one)) for one in text.split("|"))
        if name == "dataset"
        else text
        for name, text in varied.items()
    }
