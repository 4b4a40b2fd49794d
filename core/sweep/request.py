"""What the flags of `trainpad sweep`, or a file, ask for."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from core.run.hparams import SPECS
from core.run.own_hparams import PREFIX, is_own_value
from core.sweep.folder import Description
from core.sweep.goal import Goal
from core.sweep.plan import program_of
from core.sweep.space import Dimension, Space, is_varied, parse_dimension
from trainpad.errors import UserError
from trainpad.files import read_plain

NOT_VARIED: Final = frozenset(
    ("log_dir", "input_data_dir", "eval_data", "resume", "branch", "headless", "detach", "as_json",
     "change", "profile", "fps", "bytes_per_second", "ascii_only")
)  # fmt: skip
REFUSED: Final = frozenset(("log_dir", "resume", "branch", "headless", "detach", "as_json", "seed"))
UNITS: Final = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
MAX_FILE: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Flags:
    """The flags of a training, split into what is varied and what is fixed."""

    varied: Mapping[str, str]
    fixed: Sequence[str]


def split_flags(values: Mapping[str, Any]) -> Flags:
    """Split the flags of `trainpad train`, by name; their values are text, or True.

    Raises:
        UserError: a flag has no meaning in a sweep.
    """
    varied, fixed = {}, []
    for name, value in values.items():
        if name in REFUSED:
            raise UserError(f"--{name} has no meaning in a sweep")
        if isinstance(value, str) and name not in NOT_VARIED and is_varied(value):
            varied[name] = value
        elif name == "hp":
            for one in value:
                own, _, text = str(one).partition("=")
                if is_varied(text):
                    varied[f"{PREFIX}{own}"] = text
                else:
                    fixed.append(f"--hp={one}")
        elif isinstance(value, list | tuple):
            fixed += [f"--{name}={one}" for one in value]
        elif value is True:
            fixed.append(f"--{name}")
        elif value is False:
            fixed.append(f"--no-{name}")
        elif value is not None:
            fixed.append(f"--{name}={value}")
    return Flags(varied, fixed)


def flag_pairs(arguments: Sequence[str]) -> dict[str, str]:
    """The values in ``--name value`` and ``--name=value``.

    Raises:
        UserError: something else is among them.
    """
    found, left = {}, list(arguments)
    while left:
        name, equals, value = left.pop(0).partition("=")
        if not name.startswith("--") or not name[2:].isidentifier():
            raise UserError(f"{name!r} is no flag; the program follows after --")
        if not equals:
            if not left:
                raise UserError(f"{name} needs a value, such as {name} 0.001..0.1")
            value = left.pop(0)
        found[name[2:]] = value
    return found


def described_study(
    values: Mapping[str, str], fixed: Sequence[str], program: Sequence[str], **options: Any
) -> Description:
    """The study of these varied values.

    Raises:
        UserError: nothing is varied, or a value cannot be.
    """
    dimensions: dict[str, Dimension] = {
        name: parse_dimension(name, text) for name, text in values.items()
    }
    if not dimensions:
        raise UserError(
            "nothing is varied; give a range or choices, such as --learning_rate 0.001..1"
        )
    seeds = options["seeds"]
    if seeds > 1 and program and not any("{seed}" in part for part in program):
        raise UserError("--seeds needs {seed} in the program's command line")
    description = Description(Space(dimensions), fixed=fixed, program=program, **options)
    if program:
        program_of(program, {**dict.fromkeys(dimensions, ""), "seed": 0})
        unused = [name for name in dimensions if not any(f"{{{name}" in part for part in program)]
        if unused:
            raise UserError(f"{{{unused[0]}}} does not occur in the program's command line")
    if description.sampler == "grid":
        description.space.grid()
    return description


def parse_goal(metric: str, direction: str, *, is_ours: bool) -> Goal:
    """The goal of a sweep; a network of trainpad has one by default.

    Raises:
        UserError: it is not known, or not whether large values are good.
    """
    if not metric:
        if is_ours:
            return Goal()
        raise UserError("--goal NAME is needed: which of the program's metrics counts")
    if is_ours and not re.fullmatch(r"(accuracy|loss)/(train|validation|test)", metric):
        raise UserError(
            f"the goal must be accuracy/SPLIT or loss/SPLIT of train, validation or test, "
            f"not {metric[:60]!r}"
        )
    return Goal.parse(metric, direction)


def parse_time(text: str) -> float:
    """Seconds in ``90``, ``30m``, ``1.5h``.

    Raises:
        UserError: it is no time.
    """
    match = re.fullmatch(r"(\d+\.?\d*)\s*([smhd]?)", text.strip())
    if not match or not float(match[1]):
        raise UserError(f"--time must be such as 90s, 30m or 2h, not {text[:40]!r}")
    return float(match[1]) * UNITS[match[2]]


def read_file(path: Path) -> dict[str, Any]:
    """The options in a TOML file; `[space]` and `[fixed]` hold the training's flags.

    Raises:
        UserError: it cannot be read, or is no such file.
    """
    try:
        values = tomllib.loads(read_plain(path, MAX_FILE).decode())
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror or error}") from error
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path} is no TOML file: {error}") from error
    return values


def check_names(values: Mapping[str, str]) -> None:
    """Check that what is varied are hyperparameters of ours, or flags with choices.

    Raises:
        UserError: a range is given for a flag that takes none.
    """
    for name, text in values.items():
        if name not in SPECS and not is_own_value(name) and "|" not in text:
            raise UserError(f"--{name} takes no range; give choices, such as a|b")
