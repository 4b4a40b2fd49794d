"""A person's own Python file that builds a Keras model: load it, find its function, call it.

What is wrong with it is said in one sentence with its file and line; this program's own frames are
left out.
"""

import inspect
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import ModuleType
from typing import Any

from core.network.private_import import import_file
from core.network.tunables import Tunables
from core.run.hparams import Value
from core.run.own_hparams import PREFIX
from trainpad.errors import UserError
from trainpad.text import sanitize

FUNCTIONS = ("build", "build_model")
"""Names of the function that builds the model, best first."""


DATA = "data"
"""The name of the function that gives the data, if there is one."""


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A file that builds a model, and what it is built with."""

    path: Path
    """The file, or the copy of it in a run."""
    folder: Path
    """Where the original is; the files beside it can be imported."""
    name: str
    """The original's name, as shown to users."""
    function: str = ""
    """The function that builds the model; empty: that which is found."""
    values: Mapping[str, str] = field(default_factory=dict)
    """Values of `hp` that were given."""

    def with_values(self, values: Mapping[str, Value]) -> "ModelFile":
        """Return the same file with other values; their names may begin with ``hp.``."""
        given = {name.removeprefix(PREFIX): str(value) for name, value in values.items()}
        return replace(self, values={**self.values, **given})


def build_own_model(file: ModelFile) -> tuple[Any, dict[str, Any]]:
    """The Keras model that a file builds, and all values of its `hp`.

    Raises:
        UserError: the file, its function or a value is wrong; names file and line.
    """
    tunables = Tunables(file.values)
    return build_with(file, tunables), tunables.values


def build_with(file: ModelFile, tunables: Tunables) -> Any:
    """The Keras model that a file builds, asking for the values of `tunables`.

    Raises:
        UserError: the file, its function or a value is wrong; names file and line.
    """
    module = guarded(file, lambda: import_file(file.path, file.folder))
    function = _function(file, module)
    arguments = (tunables,) if inspect.signature(function).parameters else ()
    model = guarded(file, lambda: function(*arguments))
    tunables.check_all_used()
    return model


def _function(file: ModelFile, module: ModuleType) -> Callable[..., Any]:
    own = {
        name: value
        for name, value in vars(module).items()
        if inspect.isfunction(value) and value.__module__ == module.__name__
    }
    if file.function:
        if file.function not in own:
            raise UserError(f"{file.name} has no function called {file.function}; {_listed(own)}")
        return own[file.function]
    for name in FUNCTIONS:
        if name in own:
            return own[name]
    public = {name: value for name, value in own.items() if not name.startswith("_")}
    public.pop(DATA, None)
    if len(public) == 1:
        return next(iter(public.values()))
    raise UserError(
        f"{file.name} needs a function `build` or `build_model` that returns a Keras model; "
        f"{_listed(own)}"
    )


def _listed(functions: Mapping[str, Any]) -> str:
    lines = (f"{n} (line {f.__code__.co_firstlineno})" for n, f in functions.items())
    return f"it has {', '.join(lines)}" if functions else "it has no functions"


def guarded(file: ModelFile, call: Callable[[], Any]) -> Any:
    """What `call` returns; what it raises as a `UserError` with the file and the line."""
    try:
        return call()
    except UserError:
        raise
    except (Exception, SystemExit) as error:
        raise UserError(describe_error(file, error)) from error


def describe_error(file: ModelFile, error: BaseException) -> str:
    """One sentence on an exception from a person's file: where, in which function, what."""
    first = sanitize(str(error).strip().partition("\n")[0], limit=200)
    what = f"{type(error).__name__}: {first}" if first else type(error).__name__
    if isinstance(error, SyntaxError) and error.filename:
        name = file.name if Path(error.filename) == file.path else Path(error.filename).name
        return f"{name}, line {error.lineno}: {what.partition(' (')[0]}"
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        place = Path(frame.filename)
        if place == file.path or _is_beside(place, file.folder):
            name = file.name if place == file.path else place.name
            inside = "" if frame.name == "<module>" else f", in {frame.name}"
            return f"{name}, line {frame.lineno}{inside}: {what}"
    return f"{file.name}: {what}"


def _is_beside(place: Path, folder: Path) -> bool:
    return place.is_relative_to(folder) and "site-packages" not in place.parts
