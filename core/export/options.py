"""What `trainpad export` was asked for, checked as a whole and then done.

Everything is made before anything is written, so that a run that cannot be exported in one of the
ways asked for leaves no other behind.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.export.export import STDOUT, Export, as_json, chosen_checkpoint, opened, put
from core.rundir.rundir import RunDir
from trainpad.errors import RunError, UserError
from trainpad.text import sanitize

WAYS = "--csv, --losses, --json, --png, --notebook, --keras or --command"


@dataclass(frozen=True, slots=True)
class Wanted:
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


def export(runs: Sequence[RunDir], wanted: Wanted) -> list[str]:
    """Write all that is wanted of `runs`; returns what there is to tell of it, a sentence each.

    Raises:
        UserError: what is wanted makes no sense, cannot be made, or cannot be written.
    """
    _check(runs, wanted)
    exports = [opened(run) for run in runs]
    made = list(_made(exports, wanted))
    for target, content in made:
        put(target, content)
    told = [
        f"wrote {sanitize(target)}, {len(content):,} bytes"
        for target, content in made
        if target != STDOUT
    ]
    return [*told, *_missing(exports[0], wanted)]


def _missing(export: Export, wanted: Wanted) -> Iterator[str]:
    """A sentence for each table that has a heading and nothing below it."""
    name = sanitize(export.directory.name, limit=80)
    if wanted.csv and not export.run.evaluations:
        yield f"{name} has no evaluations, so there are no rows"
    if wanted.losses and not len(export.run.losses):
        yield f"{name} has no losses, so there are no rows"


def _check(runs: Sequence[RunDir], wanted: Wanted) -> None:
    targets = wanted.targets
    if not targets:
        raise UserError(f"say what to export: {WAYS}")
    if len(targets) > len(set(targets)):
        raise UserError("two exports cannot go to the same place; give each a file of its own")
    if wanted.classes and not wanted.csv:
        raise UserError("--classes says what --csv holds; give --csv as well")
    if wanted.keras and Path(wanted.keras).suffix != ".keras":
        raise UserError(f"a Keras model needs a file name that ends in .keras, not {wanted.keras}")
    single = [wanted.csv, wanted.losses, wanted.json, wanted.keras, wanted.command]
    if len(runs) > 1 and any(single):
        raise UserError("several runs fit into --png and --notebook alone; export one at a time")


def _made(exports: Sequence[Export], wanted: Wanted) -> Iterator[tuple[str, bytes]]:
    from core.export import tables
    from core.export.notebook import notebook
    from core.export.plot import png
    from core.export.reproduce import command

    first = exports[0]
    if wanted.csv:
        table = tables.classes if wanted.classes else tables.evaluations
        yield wanted.csv, table(first)
    if wanted.losses:
        yield wanted.losses, tables.losses(first)
    if wanted.json:
        yield STDOUT, as_json(first)
    if wanted.command:
        yield STDOUT, command(first).encode() + b"\n"
    if wanted.png:
        yield wanted.png, png(exports)
    if wanted.notebook:
        yield wanted.notebook, notebook(exports)
    if wanted.keras:
        yield wanted.keras, _keras(first, wanted.checkpoint)


def _keras(export: Export, checkpoint: str) -> bytes:
    from core.export.keras_model import keras_file

    chosen = chosen_checkpoint(export, checkpoint)
    shape = export.run.info["dataset"].get("image_shape", [])
    if len(shape) != 2:
        raise RunError(f"{export.directory.name} does not say how large its images are")
    return keras_file(chosen, (shape[0], shape[1]))
