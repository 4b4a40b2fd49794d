"""What `trainpad export` was asked for, checked as a whole and then done.

Everything is made before anything is written, so that a run that cannot be exported in one of the
ways asked for leaves no other behind.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.export.export import (
    STDOUT,
    Export,
    as_json,
    load_export,
    resolve_checkpoint,
    write_output,
)
from core.rundir.rundir import RunDir
from trainpad.errors import RunError, UserError
from trainpad.text import sanitize

FORMAT_FLAGS = "--csv, --losses, --json, --png, --notebook, --keras or --command"


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """Where each way of exporting goes: a file, ``-``, or nothing where it is not wanted."""

    csv: str = ""
    classes: bool = False
    """Whether `csv` has a row for each class instead of one for each evaluation."""
    losses: str = ""
    json: bool = False
    png: str = ""
    notebook: str = ""
    keras: str = ""
    checkpoint: str = "best"
    """Whose weights `keras` has: ``best``, ``last``, or a file."""
    command: bool = False

    @property
    def targets(self) -> list[str]:
        """Where something goes, standard output included."""
        files = [self.csv, self.losses, self.png, self.notebook, self.keras]
        return [entry for entry in files if entry] + [STDOUT] * (self.json + self.command)


def export_runs(runs: Sequence[RunDir], options: ExportOptions) -> list[str]:
    """Write all that is wanted of `runs`; returns what there is to tell of it, a sentence each.

    Raises:
        UserError: what is wanted makes no sense, cannot be made, or cannot be written.
    """
    _check(runs, options)
    exports = [load_export(run) for run in runs]
    made = list(_render(exports, options))
    for target, content in made:
        write_output(target, content)
    told = [
        f"wrote {sanitize(target)}, {len(content):,} bytes"
        for target, content in made
        if target != STDOUT
    ]
    return [*told, *_empty_table_notes(exports[0], options)]


def _empty_table_notes(export: Export, options: ExportOptions) -> Iterator[str]:
    """A sentence for each table that has a heading and nothing below it."""
    name = sanitize(export.directory.name, limit=80)
    if options.csv and not export.run.evaluations:
        yield f"{name} has no evaluations, so there are no rows"
    if options.losses and not len(export.run.losses):
        yield f"{name} has no losses, so there are no rows"


def _check(runs: Sequence[RunDir], options: ExportOptions) -> None:
    targets = options.targets
    if not targets:
        raise UserError(f"say what to export: {FORMAT_FLAGS}")
    if len(targets) > len(set(targets)):
        raise UserError("two exports cannot go to the same place; give each a file of its own")
    if options.classes and not options.csv:
        raise UserError("--classes says what --csv holds; give --csv as well")
    if options.keras and Path(options.keras).suffix != ".keras":
        raise UserError(f"a Keras model needs a file name that ends in .keras, not {options.keras}")
    single = [options.csv, options.losses, options.json, options.keras, options.command]
    if len(runs) > 1 and any(single):
        raise UserError("several runs fit into --png and --notebook alone; export one at a time")


def _render(exports: Sequence[Export], options: ExportOptions) -> Iterator[tuple[str, bytes]]:
    from core.export import tables
    from core.export.notebook import notebook
    from core.export.plot import png
    from core.export.reproduce import reproduce_command

    first = exports[0]
    if options.csv:
        table = tables.classes if options.classes else tables.evaluations
        yield options.csv, table(first)
    if options.losses:
        yield options.losses, tables.losses(first)
    if options.json:
        yield STDOUT, as_json(first)
    if options.command:
        yield STDOUT, reproduce_command(first).encode() + b"\n"
    if options.png:
        yield options.png, png(exports)
    if options.notebook:
        yield options.notebook, notebook(exports)
    if options.keras:
        yield options.keras, _keras(first, options.checkpoint)


def _keras(export: Export, checkpoint: str) -> bytes:
    from core.export.keras_model import keras_file

    chosen = resolve_checkpoint(export, checkpoint)
    shape = export.run.info["dataset"].get("image_shape", [])
    if len(shape) != 2:
        raise RunError(f"{export.directory.name} does not say how large its images are")
    return keras_file(chosen, (shape[0], shape[1]))
