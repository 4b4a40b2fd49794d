"""The space of a person's own model: what its `hp` asks for, with its limits and choices."""

import json
import subprocess
import sys
from collections.abc import Sequence
from typing import Any, Final

from core.network.tunables import Tunables
from core.process.libraries import clean_imports
from core.process.python import python_command
from core.run.own_hparams import PREFIX
from trainpad.errors import RunError, UserError

SECONDS: Final = 120
"""How long a model may take to be built."""
PROGRAM: Final = "from core.sweep.model_space import print_space; print_space(sys.argv[1])"
REFUSED: Final = 2
"""The exit status where the model itself is wrong."""


class TunableSpace(Tunables):
    """An `hp` that gives defaults, and notes what each value may be."""

    def __init__(self) -> None:
        super().__init__({})
        self.space: dict[str, str] = {}
        """Ranges and choices by name, as `trainpad sweep` is given them."""

    def Float(  # noqa: N802 - KerasTuner's name
        self,
        name: str,
        min_value: float,
        max_value: float,
        step: float | None = None,
        sampling: str | None = "linear",
        *more: Any,
        **rest: Any,
    ) -> Any:
        """The default; notes the range."""
        if min_value < max_value:
            kind = "log" if sampling == "log" else "linear"
            self.space[name] = f"{float(min_value)!r}..{float(max_value)!r}:{kind}"
        return super().Float(name, min_value, max_value, step, sampling, *more, **rest)

    def Int(  # noqa: N802
        self,
        name: str,
        min_value: int,
        max_value: int,
        step: int | None = None,
        sampling: str | None = "linear",
        *more: Any,
        **rest: Any,
    ) -> Any:
        """The default; notes the range."""
        last = max_value - (max_value - min_value) % (step or 1)
        if min_value < last:
            kind = f"step{step}" if step and step > 1 else "log" if sampling == "log" else "linear"
            self.space[name] = f"{int(min_value)}..{int(last)}:{kind}"
        return super().Int(name, min_value, max_value, step, sampling, *more, **rest)

    def Choice(self, name: str, values: Sequence[Any], *more: Any, **rest: Any) -> Any:  # noqa: N802
        """The default; notes the choices."""
        if len(values) > 1:
            self.space[name] = "|".join(map(str, values))
        return super().Choice(name, values, *more, **rest)

    def Boolean(self, name: str, *more: Any, **rest: Any) -> bool:  # noqa: N802
        """The default; notes both."""
        self.space[name] = "False|True"
        return super().Boolean(name, *more, **rest)


def model_space(model: str) -> dict[str, str]:
    """What the model of ``--model`` asks for with its defaults: ranges and choices by name.

    It is built in a process of its own, which imports Keras; names begin with ``hp.``.

    Raises:
        UserError: it cannot be built.
    """
    command = [*python_command(PROGRAM), model]
    try:
        done = subprocess.run(  # noqa: S603 - ours, with the user's own file
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SECONDS,
            check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        raise RunError(f"{model} cannot be built: {error}") from error
    *_, last = ["", *done.stdout.splitlines()]
    if done.returncode == REFUSED:
        raise UserError(last)
    try:
        found: dict[str, str] = json.loads(last)
    except ValueError as error:
        said = (done.stderr.strip().splitlines() or ["no reason is known"])[-1]
        raise RunError(f"{model} cannot be built: {said[:300]}") from error
    return {f"{PREFIX}{name}": text for name, text in found.items()}


def print_space(model: str) -> None:
    """Build a model, and print its space as JSON; or what is wrong with it, with status 2."""
    from core.network.model_copy import model_from_flags
    from core.network.model_file import build_with

    hp = TunableSpace()
    try:
        with clean_imports():
            __import__("keras")
        build_with(model_from_flags(model, []), hp)
    except UserError as error:
        print(f"\n{error}", flush=True)  # noqa: T201 - the answer
        sys.exit(REFUSED)
    print(f"\n{json.dumps(hp.space)}", flush=True)  # noqa: T201 - the answer
