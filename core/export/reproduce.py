"""The command line that trains a run again, to the same losses.

It names no preset and no file of the run: hyperparameters that are not at their defaults, the seed,
the source of the data and its fingerprint, and every change at its step. Only a branch needs a
file, the checkpoint that it started from.
"""

import shlex
from collections.abc import Iterator, Sequence
from typing import Any

from core.export.export import Export
from core.network.adam import DEVICE
from core.run.events import Finished
from core.run.history import surviving
from core.run.hparams import (
    SPECS,
    HyperParameters,
    as_dict,
    flag_value,
    known_hparams,
    update_hparams,
    validate_hparams,
)
from core.run.layers import is_own, parse_layers
from core.run.status import Outcome, RunStatus
from core.rundir import checkpoint
from core.rundir.resume import Change, read_events, recorded_changes
from core.rundir.rundir import RunDir
from core.rundir.validation import count, fields_of, file_name, mapping, string
from trainpad.errors import RunError

PROGRAM = "trainpad"
FINGERPRINT_DIGITS = 16
"""How much of the data's fingerprint the command names."""
ENDED_BY_USER = (Outcome.STOPPED, Outcome.INTERRUPTED)
"""Outcomes that come from the user, not from the hyperparameters."""
EARLY_STOPPING = ("target_precision", "patience")
"""The hyperparameters that only decide where a run ends."""


def reproduce_command(export: Export) -> str:
    """Return the command line, quoted for a shell.

    Raises:
        RunError: the run started from a checkpoint that is gone, or no command can reproduce it.
    """
    info = export.directory.info()
    if info.get("kind") == "attached":
        return _own_command(export.directory, info)
    if info.get("device") == DEVICE:
        raise RunError(
            f"{export.directory.name} was fine-tuned on the pad with your own digits; no "
            "command line does that"
        )
    parts = [PROGRAM, *_branch(export.directory, info)]
    known = fields_of(dict.fromkeys(("hyperparameters", "source", "dataset"), mapping), info)
    hyperparameters = known.get("hyperparameters", {})
    start, changes = _plan(export, validate_hparams(known_hparams(hyperparameters)))
    parts += _hyperparameters(start, everything=len(parts) > 1)
    parts += _model(info)
    parts += _data(known.get("source", {}), known.get("dataset", {}))
    parts += _device(info)
    parts += _changes(changes)
    return " ".join(map(_shell_quoted, parts))


def _own_command(run: RunDir, info: dict[str, Any]) -> str:
    """Return the command line of the program that an attached run belongs to."""
    words = info.get("command")
    if not isinstance(words, list) or not words:
        raise RunError(f"{run.name} does not say by which command it was started")
    folder = info.get("folder")
    go_there = f"cd {_shell_quoted(folder)} && " if isinstance(folder, str) and folder else ""
    return go_there + " ".join(_shell_quoted(str(word)) for word in words)


def _branch(run: RunDir, info: dict[str, Any]) -> list[str]:
    """Return the flag for the initial weights; none for random ones, as of a branch at step 0."""
    parent = fields_of({"run": file_name, "step": count}, info.get("parent"))
    if info.get("parent") and len(parent) < 2:
        raise RunError(f"{run.name}: its run.json does not say which run it started from")
    if not parent or not parent["step"]:
        return []
    folder = RunDir(run.path.parent / str(parent["run"])).checkpoints
    path = folder / checkpoint.file_name(int(parent["step"]))
    if not checkpoint.is_readable(path):
        raise RunError(
            f"{run.name} started from the weights of {parent['run']} after {parent['step']:,} "
            "steps, and that checkpoint is gone; the run cannot be reproduced without it"
        )
    return ["--branch", str(path)]


def _hyperparameters(start: HyperParameters, *, everything: bool) -> Iterator[str]:
    """Yield flags for values that are not defaults, or for `everything`."""
    for name, value in as_dict(start).items():
        if name == "network" and is_own(parse_layers(value)):
            continue  # --model says so
        if everything or name == "seed" or value != SPECS[name].default:
            yield from (f"--{name}", flag_value(value))


def _model(info: dict[str, Any]) -> Iterator[str]:
    """Yield the flags for the file of a person's own model, and for the values it was given."""
    model = fields_of(dict.fromkeys(("file", "function"), string), info.get("model"))
    if "file" in model:
        function = f":{model['function']}" if model.get("function") else ""
        yield from ("--model", f"{model['file']}{function}")
        given = fields_of({"hp": mapping}, info["model"]).get("hp", {})
        for name, value in given.items():
            yield from ("--hp", f"{name}={value}")


def _data(source: dict[str, Any], dataset: dict[str, Any]) -> Iterator[str]:
    """Yield a flag for each field of `core.rundir.data_source.DataSource` that is set.

    Without any, the run took MNIST, or drawn digits where there was none: the command names which.
    The fingerprint refuses all other data.
    """
    if not (source.get("dataset") or source.get("fake_data")) and dataset.get("name") == "drawn":
        source = {**source, "dataset": "drawn"}
    for name, value in source.items():
        if name == "function":
            continue  # the model's file says so
        if value is True:
            yield f"--{name}"
        elif value is not None and value is not False:
            yield from (f"--{name}", str(value))
    if fingerprint := str(dataset.get("fingerprint") or ""):
        yield from ("--fingerprint", fingerprint[:FINGERPRINT_DIGITS])


def _device(info: dict[str, Any]) -> Iterator[str]:
    if info.get("device", "auto") != "auto":
        yield from ("--device", str(info["device"]))
    if info.get("strategy", "none") != "none":
        yield from ("--strategy", str(info["strategy"]))
    if info.get("xla") is False:
        yield "--no-xla"
    elif info.get("xla") and "conv" in str(info["hyperparameters"].get("network")):
        yield "--xla"


def _plan(export: Export, start: HyperParameters) -> tuple[HyperParameters, list[Change]]:
    """Return the hyperparameters and changes that give the same steps, and end where they ended.

    An end that no hyperparameter explains is planned as `max_steps`. A run that stopped early and
    was then resumed would stop there again: so it takes its steps without early stopping.
    """
    changes = recorded_changes(export.directory)
    ends = _ends(export.directory)
    is_over = export.run.status in (RunStatus.DONE, RunStatus.STOPPED)
    last = ends.pop() if ends and is_over else None
    is_planned = last is not None and last.outcome in ENDED_BY_USER
    if any(map(_is_early, ends)):
        start = update_hparams(start, dict.fromkeys(EARLY_STOPPING, 0))
        changes = [change for change in changes if change[1] not in EARLY_STOPPING]
        is_planned = is_planned or (last is not None and _is_early(last))
    if is_planned and (step := export.run.step):
        changes.append((step, "max_steps", step))
    return start, changes


def _ends(run: RunDir) -> list[Finished]:
    """Return each time that the run finished, as far as no later start voids it."""
    return [event for event in surviving(read_events(run)) if isinstance(event, Finished)]


def _is_early(end: Finished) -> bool:
    return end.outcome is Outcome.DONE and bool(end.detail)


def _changes(changes: Sequence[Change]) -> Iterator[str]:
    for step, name, value in changes:
        yield from ("--change", f"{step}:{name}={flag_value(value)}")


def _shell_quoted(part: str) -> str:
    """Quote `part` for a shell; unprintable characters as bash, zsh and ksh escape them."""
    if part.isprintable():
        return shlex.quote(part)
    special = b"'\\"
    try:
        content = part.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError as error:
        raise RunError(f"its run.json holds a text that no command line can: {part!a}") from error
    letters = (
        chr(byte) if 32 <= byte < 127 and byte not in special else f"\\{byte:03o}"
        for byte in content
    )
    return f"$'{''.join(letters)}'"
