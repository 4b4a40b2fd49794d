"""Import a person's own Python file under a private name, with the files beside it importable.

`import data` in that file means the `data.py` beside it, also where this program has such a module:
each file of the folder is loaded with an `__import__` of its own, which looks there first. So
neither `sys.path` nor what other threads import is touched.
"""

import builtins
import hashlib
import importlib
import importlib.util
import sys
from collections.abc import Mapping, Sequence
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import Any

PREFIX = "_trainpad_own_"


def import_file(file: Path, folder: Path) -> ModuleType:
    """The module in `file`, for which the files of `folder` are importable.

    Raises:
        Exception: as the file raises it.
    """
    package = PREFIX + hashlib.sha256(str(folder).encode()).hexdigest()[:12]
    _forget(package)
    _install(package, folder)
    name = f"{package}.__own__"
    spec = importlib.util.spec_from_file_location(name, file, loader=_Loader(name, str(file)))
    assert spec is not None  # noqa: S101 - it has a loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    _Loader(name, str(file)).exec_module(module)
    return module


def _forget(package: str) -> None:
    """Unload what an earlier import left, so that a changed file is read again."""
    for name in [name for name in sys.modules if name == package or name.startswith(f"{package}.")]:
        del sys.modules[name]


def _install(package: str, folder: Path) -> None:
    """Make the private package of the files of `folder`."""
    module = ModuleType(package)
    module.__path__ = [str(folder)]
    sys.modules[package] = module
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())


class _Finder:
    """Finds the modules of private packages."""

    @staticmethod
    def find_spec(name: str, path: Sequence[str] | None, target: Any = None) -> ModuleSpec | None:
        """The spec of a module of a private package; None for all others."""
        if not name.startswith(PREFIX) or path is None:
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec is not None and isinstance(spec.loader, SourceFileLoader):
            spec.loader = _Loader(name, spec.loader.path)
        return spec


class _Loader(SourceFileLoader):
    """Runs a module with an `__import__` that looks into its private package first."""

    def exec_module(self, module: ModuleType) -> None:
        """Run the module."""
        package = module.__name__.partition(".")[0]
        own = {**vars(builtins), "__import__": _importer(package)}
        vars(module)["__builtins__"] = own
        super().exec_module(module)

    def set_data(self, path: str, data: Any, *, _mode: int = 0o666) -> None:
        """Write no bytecode beside another person's files."""


def _importer(package: str) -> Any:
    def find(
        name: str,
        importing: Mapping[str, Any] | None = None,
        local: Mapping[str, Any] | None = None,
        fromlist: Sequence[str] = (),
        level: int = 0,
    ) -> ModuleType:
        top = f"{package}.{name.partition('.')[0]}"
        if level or not _is_beside(top, package):
            return builtins.__import__(name, importing, local, fromlist, level)
        found = importlib.import_module(f"{package}.{name}")
        if not fromlist:
            return sys.modules[top]
        for part in fromlist if hasattr(found, "__path__") else ():
            if part != "*" and not hasattr(found, part):
                importlib.import_module(f"{found.__name__}.{part}")
        return found

    return find


def _is_beside(name: str, package: str) -> bool:
    """Whether the folder has a module of this name."""
    return name in sys.modules or _Finder.find_spec(name, sys.modules[package].__path__) is not None
