"""The command line of one run of a trial."""

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from core.run.hparams import SPECS
from core.run.own_hparams import PREFIX, is_own_value
from core.sweep.child import Child
from core.sweep.folder import Description
from core.sweep.process import Starter, trainpad_command
from core.sweep.space import Point, Setting
from trainpad.errors import UserError

EVALUATIONS: Final = 8
"""How often a network of trainpad is evaluated in a trial, unless it is said: pruning needs it."""
ENVIRONMENT: Final = {"PYTHONUNBUFFERED": "1", "TRAINPAD_MODE": "", "TERM": "dumb"}


def child_of(
    description: Description,
    point: Point,
    folder: Path,
    index: int,
    environment: Mapping[str, str],
    starter: Starter,
) -> Child:
    """The process of a trial's run with the seed of this index, in a folder of its own."""
    seed = description.seed + index
    if description.program:
        program = program_of(description.program, {**point, "seed": seed})
        command = [*trainpad_command(), "run", "--log_dir", str(folder), "--", *program]
    else:
        flags = [_flag(name, value) for name, value in point.items()]
        command = [
            *trainpad_command(), "train", "--headless", f"--log_dir={folder}", f"--seed={seed}",
            *_evaluations(description.fixed, point), *description.fixed, *flags,
        ]  # fmt: skip
    return Child(folder, command, {**ENVIRONMENT, **environment}, starter)


def program_of(template: Sequence[str], values: Mapping[str, Setting]) -> list[str]:
    """The program's command line: each ``{name}`` replaced by the value; ``{{`` is a brace.

    Raises:
        UserError: a name is not one of `values`.
    """
    texts = {name: str(value) for name, value in values.items()}
    try:
        return [part.format_map(texts) if "{" in part else part for part in template]
    except (KeyError, IndexError, ValueError, AttributeError) as error:
        known = ", ".join(f"{{{name}}}" for name in values)
        raise UserError(
            f"{shlex.join(template)}: a name in braces must be one of {known}; "
            "a brace of the program's own is written {{"
        ) from error


def _flag(name: str, value: Setting) -> str:
    """The flag that gives a hyperparameter, or a value of a model's own, this value."""
    if is_own_value(name):
        return f"--hp={name.removeprefix(PREFIX)}={value}"
    return f"--{name}={value}"


def best_command(description: Description, point: Point) -> str:
    """The command line that trains with a setting outside of the study, quoted for a shell."""
    if description.program:
        return shlex.join(program_of(description.program, {**point, "seed": description.seed}))
    flags = [_flag(name, value) for name, value in point.items()]
    return shlex.join(["trainpad", *description.fixed, *flags, f"--seed={description.seed}"])


def _evaluations(fixed: Sequence[str], point: Point) -> list[str]:
    given = {flag[2:].partition("=")[0].replace("-", "_"): flag for flag in fixed}
    if "eval_every" in given or "eval_every" in point:
        return []
    steps = given.get("max_steps", "").partition("=")[2] or point.get("max_steps") or 0
    most = int(float(steps)) or int(SPECS["max_steps"].default)
    return [f"--eval_every={max(1, most // EVALUATIONS)}"]
