"""Shell completion that offers nothing which a shell would execute, expand or take for a flag.

Click's scripts pass what they are given to the command line as it is, and the names of folders are
anybody's: a run called ``$(reboot)`` would be executed by the next enter.
"""

import re
from collections.abc import Callable, Iterable
from typing import Any, Final

import click
from click.shell_completion import (
    CompletionItem,
    ShellComplete,
    add_completion_class,
    get_completion_class,
)

SHELLS: Final = ("bash", "zsh", "fish", "powershell")
_SAFE: Final = re.compile(r"[A-Za-z0-9._+-]+")
Items = list[CompletionItem[Any]]


def run_names(ctx: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    """Return the names of runs for shell completion, newest first."""
    from core.rundir.rundir import list_runs, optional_log_dir

    names = (run.name for run in reversed(list_runs(optional_log_dir(ctx.params.get("log_dir")))))
    return safe_names(name for name in names if name.startswith(incomplete))


def folders(_ctx: click.Context, _parameter: click.Parameter, incomplete: str) -> Items:
    """Have the shell complete a folder."""
    return [CompletionItem(incomplete, type="dir")]


def files(_ctx: click.Context, _parameter: click.Parameter, incomplete: str) -> Items:
    """Have the shell complete a file or a folder."""
    return [CompletionItem(incomplete, type="file")]


def runs_and_files(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> Items:
    """Return the names of runs; without one, the shell completes the path of a checkpoint."""
    return _with_paths("file", run_names(ctx, parameter, incomplete), incomplete)


def checkpoint_names(_ctx: click.Context, _parameter: click.Parameter, incomplete: str) -> Items:
    """Return ``best`` and ``last``; without one, the shell completes a file."""
    names = [name for name in ("best", "last") if name.startswith(incomplete)]
    return _with_paths("file", names, incomplete)


def dataset_names(_ctx: click.Context, _parameter: click.Parameter, incomplete: str) -> Items:
    """Return the names of data sets."""
    return [CompletionItem(name) for name in _datasets(incomplete)]


def datasets_and_folders(
    _ctx: click.Context, _parameter: click.Parameter, incomplete: str
) -> Items:
    """Return the names of data sets; without one, the shell completes a folder."""
    return _with_paths("dir", _datasets(incomplete), incomplete)


def _datasets(incomplete: str) -> list[str]:
    from data.sources import NAMES

    return [name for name in NAMES if name.startswith(incomplete)]


def _with_paths(kind: str, names: Iterable[str], incomplete: str) -> Items:
    """Return names after a request for paths, at which click's scripts drop what came before."""
    return [CompletionItem(incomplete, type=kind), *map(CompletionItem, names)]


Complete = Callable[[click.Context, click.Parameter, str], Items | list[str]]


def words(*choices: str) -> Complete:
    """Return a completion with these words."""
    return lambda _ctx, _parameter, incomplete: [
        CompletionItem(choice) for choice in choices if choice.startswith(incomplete)
    ]


def safe_names(names: Iterable[str]) -> list[str]:
    """Return the names that are one plain word for any shell, and no flag for a command."""
    return [name for name in names if _SAFE.fullmatch(name) and not name.startswith("-")]


def register_safe_completion() -> None:
    """Have every shell drop the words of any completion that are not safe."""
    for shell in SHELLS:
        plain = get_completion_class(shell)
        if plain is not None and not issubclass(plain, _SafeCompletion):
            add_completion_class(type(plain.__name__, (_SafeCompletion, plain), {}))


class _SafeCompletion(ShellComplete):
    def get_completions(self, args: list[str], incomplete: str) -> list[CompletionItem[Any]]:
        """Return the items that are safe; a shell finds and quotes files and folders itself."""
        found = super().get_completions(args, incomplete)
        return [item for item in found if item.type != "plain" or _SAFE.fullmatch(item.value)]
