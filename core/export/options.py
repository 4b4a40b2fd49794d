"""The options of `trainpad export`: validate them, then export.

Everything is rendered before anything is written, so that a failure in one format leaves no files
of other formats behind.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.export import attached
from core.export.export import (
    STDOUT,
    Export,
    as_json,
    check_targets,
    load_export,
    resolve_checkpoint,
    write_output,
)
from core.rundir.rundir import RunDir
from trainpad.errors import RunError, UserError
from trainpad.text import sanitize

PLOTS = {"": "png", ".png": "png", ".svg": "svg"}
"""The format of a plot by the ending of its file."""
ATTACHED_FORMATS = "an attached one has --csv, --losses, --json, --png, --svg and --command"
Plot = Callable[[Sequence[Export], str], bytes]
"""Draws the charts of runs in a format of `PLOTS`."""
FORMAT_FLAGS = (
    "--csv, --losses, --json, --png, --svg, --notebook, --keras, --keras-script or --command"
)


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """The target of each format: a file, ``-``, or nothing where it is not requested."""

    csv: str = ""
    classes: bool = False
    """Whether `csv` has a row for each class instead of one for each evaluation."""
    losses: str = ""
    json: bool = False
    png: str = ""
    svg: str = ""
    notebook: str = ""
    keras: str = ""
    checkpoint: str = "best"
    """The checkpoint that `keras` is made from: ``best``, ``last``, or a file."""
    keras_script: str = ""
    command: bool = False
    force: bool = False
    """Whether files that exist are replaced."""

    @property
    def targets(self) -> list[str]:
        """All targets, standard output included."""
        files = [self.csv, self.losses, self.png, self.svg, self.notebook]
        files += [self.keras, self.keras_script]
        return [entry for entry in files if entry] + [STDOUT] * (self.json + self.command)


def export_runs(
    runs: Sequence[RunDir], options: ExportOptions, plot: Plot | None = None
) -> list[str]:
    """Export `runs`; return messages for the user, a sentence each.

    Args:
        runs: The directories of the runs.
        options: What is exported, and where to.
        plot: What draws pictures; without it a notebook has none, and no other can be written.

    Raises:
        UserError: the options do not fit together, or something cannot be rendered or written.
    """
    _check(runs, options)
    check_targets(options.targets, force=options.force)
    exports = [load_export(run) for run in runs]
    if any(export.run.is_attached for export in exports):
        rendered = list(_render_attached(exports, options, plot))
    else:
        rendered = list(_render(exports, options, plot))
    for target, content in rendered:
        write_output(target, content)
    messages = [
        f"wrote {sanitize(target)}, {len(content):,} bytes"
        for target, content in rendered
        if target != STDOUT
    ]
    if options.keras:
        messages.append(f"the model takes {_keras_inputs(exports[0].directory.info())}")
    return [*messages, *_empty_table_notes(exports[0], options)]


def _keras_inputs(info: Mapping[str, Any]) -> str:
    """What the exported Keras model of a run takes, in words."""
    if isinstance(info.get("model"), dict):
        return "images as your file says, with values from 0 to 1"
    shape = info.get("dataset", {}).get("image_shape", (28, 28))
    sides = ", ".join(map(str, shape))
    return f"images [n, {sides}] with pixels from 0 to 255"


def _empty_table_notes(export: Export, options: ExportOptions) -> Iterator[str]:
    """Yield a sentence for each table that has a heading and no rows."""
    if export.run.is_attached:
        return
    name = sanitize(export.directory.name, limit=80)
    if options.csv and not export.run.evaluations:
        yield f"{name} has no evaluations, so there are no rows"
    if options.losses and not len(export.run.losses):
        yield f"{name} has no losses, so there are no rows"


def _check(runs: Sequence[RunDir], options: ExportOptions) -> None:
    targets = options.targets
    if not targets:
        raise UserError(f"give at least one of {FORMAT_FLAGS}")
    if len(targets) > len(set(targets)):
        raise UserError("two exports cannot go to the same place; give each a file of its own")
    if options.classes and not options.csv:
        raise UserError("--classes changes what --csv holds; give --csv too")
    if options.keras and Path(options.keras).suffix != ".keras":
        raise UserError(f"a Keras model needs a file name that ends in .keras, not {options.keras}")
    if options.keras_script not in ("", STDOUT) and Path(options.keras_script).suffix != ".py":
        raise UserError(f"a script needs a file name that ends in .py, not {options.keras_script}")
    if options.png != STDOUT and Path(options.png).suffix.lower() not in PLOTS:
        raise UserError(f"a plot needs a file name that ends in .png or .svg, not {options.png}")
    if options.svg not in ("", STDOUT) and Path(options.svg).suffix.lower() != ".svg":
        raise UserError(f"an SVG needs a file name that ends in .svg, not {options.svg}")
    single = [options.csv, options.losses, options.json, options.keras, options.command]
    single.append(options.keras_script)
    if len(runs) > 1 and any(single):
        raise UserError("only --png, --svg and --notebook take several runs; export one at a time")


def _pictures(
    exports: Sequence[Export], options: ExportOptions, plot: Plot | None
) -> Iterator[tuple[str, bytes]]:
    targets = {options.png: PLOTS.get(Path(options.png).suffix.lower(), ""), options.svg: "svg"}
    for target, file_format in targets.items():
        if target and plot is None:
            raise ValueError("pictures need a function that draws them")
        if target and plot is not None:
            yield target, plot(exports, file_format)


def _render(
    exports: Sequence[Export], options: ExportOptions, plot: Plot | None
) -> Iterator[tuple[str, bytes]]:
    from core.export import tables
    from core.export.keras_script import keras_script
    from core.export.notebook import notebook
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
    yield from _pictures(exports, options, plot)
    if options.notebook:
        yield options.notebook, notebook(exports, plot(exports, "png") if plot else None)
    if options.keras:
        yield options.keras, _keras(first, options.checkpoint)
    if options.keras_script:
        yield options.keras_script, keras_script(first)


def _render_attached(
    exports: Sequence[Export], options: ExportOptions, plot: Plot | None
) -> Iterator[tuple[str, bytes]]:
    """Yield the targets and contents of runs of which one at least is attached.

    Raises:
        RunError: a format needs a run of trainpad's own, or something cannot be rendered.
    """
    from core.export.reproduce import reproduce_command

    first = exports[0]
    for name in ("classes", "notebook", "keras", "keras_script"):
        if getattr(options, name):
            flag = name.replace("_", "-")
            raise RunError(f"--{flag} needs a run of trainpad's own; {ATTACHED_FORMATS}")
    if options.csv:
        yield options.csv, attached.all_numbers(first)
    if options.losses:
        yield options.losses, attached.losses(first)
    if options.json:
        yield STDOUT, attached.as_json(first)
    if options.command:
        yield STDOUT, reproduce_command(first).encode() + b"\n"
    if options.png or options.svg:
        attached.check_kinds(exports)
    yield from _pictures(exports, options, plot)


def _keras(export: Export, checkpoint: str) -> bytes:
    from core.export.keras_model import keras_file, own_keras_file
    from core.network.model_copy import recorded_model
    from core.network.recorded import network_of

    source = resolve_checkpoint(export, checkpoint)
    shape = export.run.info["dataset"].get("image_shape", [])
    own = recorded_model(export.directory, export.directory.info())
    if own is not None:
        return own_keras_file(own, source.arrays, shape)
    if len(shape) not in (2, 3):
        raise RunError(f"{export.directory.name} does not record the size of its images")
    return keras_file(network_of(source.arrays, export.run.info), shape)
