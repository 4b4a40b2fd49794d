"""The command line that trains a run again, to the same losses.

It names no preset and no file of the run: hyperparameters that are not at their defaults, the seed,
the source of the data and its fingerprint, and every change at its step. Only a branch needs a
file, the checkpoint that it started from.
"""

import shlex
from collections.abc import Iterator
from typing import Any

from core.export.export import Export
from core.network.adam import DEVICE
from core.run.events import Finished, Started
from core.run.hparams import SPECS, HyperParameters, as_dict, known_hparams, validate_hparams
from core.run.status import Outcome
from core.rundir import checkpoint
from core.rundir.resume import read_events, recorded_changes
from core.rundir.rundir import RunDir
from core.rundir.validation import count, fields_of, file_name, mapping
from trainpad.errors import RunError

PROGRAM = "trainpad"
FINGERPRINT_DIGITS = 16
"""How much of the data's fingerprint the command names."""
ENDED_BY_USER = (Outcome.STOPPED, Outcome.INTERRUPTED)
"""Outcomes that come from the user, not from the hyperparameters."""


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
    start = validate_hparams(known_hparams(hyperparameters))
    parts += _hyperparameters(start, everything=len(parts) > 1)
    parts += _data(known.get("source", {}), known.get("dataset", {}))
    parts += _device(info)
    parts += _changes(export)
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
        if everything or name == "seed" or value != SPECS[name].default:
            yield from (f"--{name}", _flag_value(value))


def _data(source: dict[str, Any], dataset: dict[str, Any]) -> Iterator[str]:
    """Yield a flag for each field of `core.rundir.data_source.DataSource` that is set.

    Without any, the run took MNIST, or drawn digits where there was none: the command names which.
    The fingerprint refuses all other data.
    """
    if not (source.get("dataset") or source.get("fake_data")) and dataset.get("name") == "drawn":
        source = {**source, "dataset": "drawn"}
    for name, value in source.items():
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


def _changes(export: Export) -> Iterator[str]:
    planned = list(recorded_changes(export.directory))
    if export.run.step and _outcome(export.directory) in ENDED_BY_USER:
        planned.append((export.run.step, "max_steps", export.run.step))
    for step, name, value in planned:
        yield from ("--change", f"{step}:{name}={_flag_value(value)}")


def _outcome(run: RunDir) -> Outcome | None:
    """Return how the run finished; None where it did not, or diverged or failed."""
    outcome: Outcome | None = None
    for event in read_events(run):
        match event:
            case Started():
                outcome = None
            case Finished(outcome=outcome):
                pass
    return outcome


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


def _flag_value(value: object) -> str:
    return str(value).replace(", ", ",")
