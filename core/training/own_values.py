"""The values of `hp` while a model trains: which there are, and how the live ones change."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from core.network.live_values import LiveValues
from core.network.model_file import ModelFile, guarded
from core.network.tunables import Tunables
from core.run.hparams import Value
from core.run.own_hparams import PREFIX, OwnHparam
from trainpad.errors import UserError


class OwnValues:
    """What a model of a person's own has asked for; of other networks nothing."""

    def __init__(self) -> None:
        self._file: ModelFile | None = None
        self._live = LiveValues()
        self._declared: dict[str, OwnHparam] = {}

    def tunables(self, file: ModelFile) -> Tunables:
        """The argument `hp` of the function in `file`."""
        self._file = file
        return Tunables(file.values, self._live)

    def declare(self, declared: list[OwnHparam]) -> None:
        """Take what the function has asked for, once the model is built."""
        self._live.built()
        self._declared = {one.spec.name: one for one in declared}

    @property
    def declared(self) -> list[dict[str, Any]]:
        """All values as they are now, as `Started` holds them."""
        return [one.as_dict() for one in self._declared.values()]

    @property
    def live(self) -> dict[str, Value]:
        """The values that may change while training, as they are now, by name."""
        return {name: one.value for name, one in self._declared.items() if one.spec.live}

    def change(self, name: str, value: object) -> tuple[Value, Value, bool]:
        """Change a live value; return the old, the new, and whether to compile the steps again.

        Raises:
            UserError: there is no such value, it may not be that, or the person's function failed.
        """
        one = self._declared.get(name)
        if one is None:
            known = ", ".join(self._declared) or "none"
            raise UserError(f"the model asks for no value called {name[:80]}; it asks for: {known}")
        if not one.spec.live:
            raise UserError(f"{name} changes in the next run: the file does not say live=True")
        new = one.spec.check(value)
        if new == one.value:
            return new, new, False
        assert self._file is not None  # noqa: S101 - it has declared the value
        short = name.removeprefix(PREFIX)
        retrace: bool = guarded(self._file, lambda: self._live.set(short, new))
        self._declared[name] = replace(one, value=new)
        return one.value, new, retrace

    def restore(self, values: Mapping[str, object]) -> bool:
        """Take the live values of a checkpoint; return whether to compile the steps again.

        Raises:
            UserError: one may not be that.
        """
        retraced = [self.change(name, value)[2] for name, value in values.items()]
        return any(retraced)
