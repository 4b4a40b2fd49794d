"""Shell completion that offers nothing which a shell would execute, expand or take for a flag.

Click's scripts pass what they are given to the command line as it is, and the names of folders are
anybody's: a run called ``$(reboot)`` would be executed by the next enter.
"""

import re
from collections.abc import Iterable
from typing import Any, Final

import click
from click.shell_completion import (
    CompletionItem,
    ShellComplete,
    add_completion_class,
    get_completion_class,
)

SHELLS: Final = ("bash", "zsh", "fish", "powershell")
_SAFE: Final = re.compile(r"[A-Za-z0-9._-]+")


def run_names(_ctx: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    """Return the names of runs for shell completion, newest first."""
    from core.rundir.rundir import default_log_dir, list_runs

    names = (run.name for run in reversed(list_runs(default_log_dir())))
    return safe_names(name for name in names if name.startswith(incomplete))


def safe_names(names: Iterable[str]) -> list[str]:
    """Return the names that are one plain word for any shell, and no flag for a command."""
    return [name for name in names if _SAFE.fullmatch(name) and not name.startswith("-")]


def register_safe_completion() -> None:
    """Have every shell offer safe words only, whatever a parameter's completion returns."""
    for shell in SHELLS:
        plain = get_completion_class(shell)
        if plain is not None and not issubclass(plain, _SafeCompletion):
            add_completion_class(type(plain.__name__, (_SafeCompletion, plain), {}))


class _SafeCompletion(ShellComplete):
    def get_completions(self, args: list[str], incomplete: str) -> list[CompletionItem[Any]]:
        """Return the items that are safe; a shell finds and quotes files and folders itself."""
        found = super().get_completions(args, incomplete)
        return [item for item in found if item.type != "plain" or _SAFE.fullmatch(item.value)]
