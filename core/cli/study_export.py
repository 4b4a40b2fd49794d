"""Export a study: its trials, the best one's command, and how much each hyperparameter matters."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from core.export.export import STDOUT, check_targets, write_output
from core.sweep.optuna_installed import check_optuna
from trainpad.errors import UserError
from trainpad.text import sanitize

if TYPE_CHECKING:
    from core.sweep.folder import StudyFolder
    from core.sweep.study import Study

FORMATS: Final = ("csv", "json", "command", "importance")


def export_study(folder: "StudyFolder", options: dict[str, Any]) -> list[str]:
    """Export a study; return messages for the user, a sentence each.

    Raises:
        UserError: an option is one of runs alone, or something cannot be read or written.
    """
    check_optuna()
    from core.sweep.study import Study

    given = {name for name, value in options.items() if value and name != "checkpoint"}
    if others := sorted(given - {*FORMATS, "force"}):
        raise UserError(f"a study has --csv, --json, --command and --importance, not --{others[0]}")
    if not given & set(FORMATS):
        raise UserError("give at least one of --csv, --json, --command or --importance")
    check_targets([options["csv"]] if options["csv"] else [], force=options["force"])
    rendered = list(_rendered(Study(folder, folder.description()), options))
    for target, content in rendered:
        write_output(target, content)
    return [
        f"wrote {sanitize(target)}, {len(content):,} bytes"
        for target, content in rendered
        if target != STDOUT
    ]


def _rendered(study: "Study", options: dict[str, Any]) -> Iterator[tuple[str, bytes]]:
    """Yield the target and the content of each format that is requested."""
    from core.sweep import results

    if options["csv"]:
        yield options["csv"], results.as_csv(study).encode()
    if options["json"]:
        yield STDOUT, "".join(f"{line}\n" for line in results.as_json_lines(study)).encode()
    if options["command"]:
        yield STDOUT, f"{results.best_command_of(study)}\n".encode()
    if options["importance"]:
        yield STDOUT, "".join(f"{line}\n" for line in results.as_importance(study)).encode()
