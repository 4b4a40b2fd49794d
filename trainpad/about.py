"""What `run.json` says about the program that trains: found in files and in `sys.modules`."""

import os
import platform
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from trainpad.files import read_plain
from trainpad.records import HIDDEN, is_secret
from trainpad.version import __version__

FRAMEWORKS = (
    "tensorflow", "keras", "torch", "jax", "flax", "optax", "mlx", "transformers", "accelerate",
    "lightning", "pytorch_lightning", "xgboost", "lightgbm", "sklearn", "numpy",
)  # fmt: skip
"""Modules of which the version is recorded where the program has imported them."""
_CREDENTIALS = re.compile(r"(\w+://)[^/@\s]+@")
_NAME = re.compile(r"[\w.+-]+")
_NUMBER = re.compile(r"[+-]?\d+(\.\d*)?(e[+-]?\d+)?", re.IGNORECASE)
MAX_BYTES = 1 << 24
"""How much of a file of git is read: it may list very many references."""


def describe_program() -> dict[str, Any]:
    """Return the command line, working folder, commit, process and versions of this program."""
    return {
        "command": hidden_secrets(getattr(sys, "orig_argv", sys.argv)),
        "folder": _working_folder(),
        "git": git_commit(Path(_working_folder())),
        "pid": os.getpid(),
        "versions": versions(),
    }


def hidden_secrets(words: Sequence[str]) -> list[str]:
    """Return a command line with ``<hidden>`` for each secret.

    That is the value of a flag or a setting called so (``--api-key X``, ``--token=X``,
    ``HF_TOKEN=X``), and what comes before the host of an address (``https://NAME:X@HOST``).
    """
    shown: list[str] = []
    flag = ""
    for word in words:
        name, equals, value = word.partition("=")
        if flag and not word.startswith("-") and is_secret(flag, _as_setting(word)):
            shown.append(HIDDEN)
        elif equals and _NAME.fullmatch(name) and is_secret(name, _as_setting(value)):
            shown.append(f"{name}={HIDDEN}")
        else:
            shown.append(_CREDENTIALS.sub(rf"\1{HIDDEN}@", word))
        flag = word if word.startswith("-") and not equals else ""
    return shown


def _as_setting(text: str) -> object:
    """Return a text as `is_secret` takes a value: numbers, as of ``--max-tokens``, are none."""
    return float(text) if _NUMBER.fullmatch(text) else text


def versions() -> dict[str, str]:
    """Return the versions of Python, trainpad and the frameworks that are imported."""
    found = {"python": platform.python_version(), "trainpad": __version__}
    for name in FRAMEWORKS:
        version = getattr(sys.modules.get(name), "__version__", None)
        if isinstance(version, str):
            found[name] = version
    return found


def git_commit(folder: Path) -> dict[str, str]:
    """Return the ``commit`` and ``branch`` that are checked out around `folder`, or nothing.

    Whether the files were changed since is left out: only `git` itself can tell, and the library
    starts no process.
    """
    for parent in (folder, *folder.parents):
        git = parent / ".git"
        if git.exists():
            try:
                return _head(_git_dir(git))
            except (OSError, ValueError):
                return {}
    return {}


def _git_dir(git: Path) -> Path:
    if git.is_dir():
        return git
    # A worktree or a submodule: the file names the folder.
    return (git.parent / _text(git).removeprefix("gitdir:").strip()).resolve()


def _head(git: Path) -> dict[str, str]:
    head = _text(git / "HEAD").strip()
    if not head.startswith("ref: "):
        return {"commit": head}
    name = head.removeprefix("ref: ")
    common = git
    if (git / "commondir").exists():
        common = (git / _text(git / "commondir").strip()).resolve()
    found = {"branch": name.removeprefix("refs/heads/")}
    for place in (git, common):
        if (place / name).is_file():
            return {"commit": _text(place / name)[:80].strip(), **found}
    for line in _text(common / "packed-refs").splitlines():
        commit, _, ref = line.strip().partition(" ")
        if ref == name:
            return {"commit": commit, **found}
    return found


def _text(path: Path) -> str:
    return read_plain(path, MAX_BYTES).decode("utf-8", "replace")


def _working_folder() -> str:
    try:
        return os.getcwd()  # noqa: PTH109 - the text is what is recorded
    except OSError:
        return ""
