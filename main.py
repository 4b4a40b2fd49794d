"""The command line: chooses what to run, and imports no more than that needs.

Flags are made from the declaration of the hyperparameters. Every error a user can mend is one
sentence on standard error and exit status 2.
"""

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from core.hparams import DECLARED, HyperParameters, checked
from core.presets import PRESETS
from data.errors import UserError

if TYPE_CHECKING:
    from core.session import Request
    from data.dataset import Dataset

WRONG = 2
Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


class DefaultGroup(click.Group):
    """A group whose command `train` need not be named."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put `train` first where no command and no help is asked for."""
        wants_group = args and (args[0] in self.commands or args[0] in ("--help", "--version"))
        return super().parse_args(ctx, args if wants_group else ["train", *args])


def flag(name: str, **options: Any) -> Decorator:
    """An option that may be written ``--max_steps`` or ``--max-steps``."""
    spellings = dict.fromkeys((f"--{name}", f"--{name.replace('_', '-')}"))
    return click.option(*spellings, name, **options)


def hyperparameter_flags(command: Callable[..., Any]) -> Callable[..., Any]:
    """A flag for each declared hyperparameter; the value is checked by its declaration."""
    for declared in reversed(list(DECLARED.values())):
        shown = (
            declared.show(declared.default).replace(", ", "|").replace(",", "").replace("|", ",")
        )
        command = flag(
            declared.name,
            metavar="|".join(declared.choices) or ("N,N" if declared.kind is tuple else "N"),
            help=f"{declared.help}  [{shown}]",
        )(command)
    return command


@click.group(cls=DefaultGroup, context_settings={"max_content_width": 100})
@click.version_option(package_name="trainpad")
def cli() -> None:
    """Train a digit network in the terminal, watch it, steer it, and draw digits for it.

    Without a command, `train` is meant: `trainpad --max_steps 5000`.
    """


@cli.command()
@hyperparameter_flags
@flag("hidden1", metavar="N", help="Units of the first hidden layer, as in the lab.  [128]")
@flag("hidden2", metavar="N", help="Units of the second hidden layer, as in the lab.  [32]")
@flag("preset", type=click.Choice(sorted(PRESETS)), help="Where the other flags start from.")
@flag("dataset", metavar="NAME|FOLDER", help="What to train on.  [mnist]")
@flag("input_data_dir", type=Path, metavar="FOLDER", help="Where MNIST's four files are.")
@flag("fake_data", is_flag=True, help="1,000 drawn digits, to try things out.")
@flag("log_dir", type=Path, metavar="FOLDER", help="Where the run's folder is made.")
@flag("device", default="auto", metavar="auto|cpu|gpu:N", help="Where to compute.  [auto]")
@click.option("--xla/--no-xla", default=True, help="Compile with XLA.  [on]")
@flag("headless", is_flag=True, help="No screen: print the lab's lines.")
@click.option("--json", "as_json", is_flag=True, help="No screen: print the events as JSON.")
@flag("offline", is_flag=True, help="Never use the network.")
@flag("resume", metavar="RUN|CHECKPOINT", help="Go on with a run, exactly where it stood.")
@flag("branch", metavar="RUN|CHECKPOINT", help="A new run that starts with another's weights.")
@flag("profile", type=click.IntRange(1, 10000), metavar="STEPS", help="Trace these many steps.")
@flag("change", multiple=True, metavar="STEP:NAME=VALUE", help="Change a hyperparameter then.")
def train(headless: bool, as_json: bool, **flags: Any) -> int:
    """Train, in the dashboard; or print lines, where standard output is no terminal.

    Example: trainpad --learning_rate 0.05 --max_steps 10000
    """
    request = _request(flags)
    if headless or as_json or not _has_screen():
        return _headless(request, as_json=as_json)
    return _dashboard(request)


def _request(flags: dict[str, Any]) -> "Request":
    """What the flags ask for; a run that is named gives what they leave open."""
    from core.resume import origin
    from core.session import Request

    named = [flags[way] for way in ("resume", "branch") if flags[way] is not None]
    if len(named) > 1:
        raise UserError("--resume goes on with a run and --branch begins a new one; give one")
    log_dir = _log_dir(flags["log_dir"])
    start = origin(named[0], log_dir) if named else None
    resume = start if flags["resume"] is not None else None
    source = _source(flags, start.run.info().get("source", {}) if start else {})
    return Request(
        hparams=_hyperparameters(flags, start.checkpoint.about["hyperparameters"] if start else {}),
        load=lambda: _load(source, offline=flags["offline"]),
        source=source,
        log_dir=log_dir,
        device=_device(flags["device"]),
        xla=flags["xla"],
        profile=flags["profile"] or 0,
        resume=resume,
        branch=None if resume else start,
        changes=(*(resume.changes if resume else ()), *_changes(flags["change"])),
    )


def _hyperparameters(flags: dict[str, Any], before: dict[str, Any]) -> HyperParameters:
    values: dict[str, Any] = dict(before)
    values |= PRESETS[flags["preset"]] if flags["preset"] else {}
    values |= {name: flags[name] for name in DECLARED if flags[name] is not None}
    hidden = list(checked(values).hidden)
    for place, name in enumerate(("hidden1", "hidden2")):
        if flags[name] is not None:
            hidden[place : place + 1] = [_units(name, flags[name])]
    wanted = checked({**values, "hidden": hidden})
    fixed = [name for name, declared in DECLARED.items() if not declared.live]
    if flags["resume"] is not None and any(
        getattr(wanted, name) != getattr(checked(before), name) for name in fixed
    ):
        raise UserError(f"a resumed run keeps its {', '.join(fixed)}; --branch may change them")
    return wanted


def _changes(texts: Sequence[str]) -> list[tuple[int, str, Any]]:
    found = []
    for text in texts:
        step, _, rest = text.partition(":")
        name, _, value = rest.partition("=")
        if not step.isascii() or not step.isdigit() or name not in DECLARED:
            raise UserError(f"change must be like 500:learning_rate=0.02, not {text!r}")
        if not DECLARED[name].live:
            raise UserError(f"{name} cannot change while a run trains")
        found.append((int(step), name, DECLARED[name].check(value)))
    return found


def _units(name: str, text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 8192:
        raise UserError(f"{name} must be a whole number from 1 to 8192, not {text!r}")
    return int(text)


def _device(text: str) -> str:
    name, _, number = text.partition(":")
    if text in ("auto", "cpu", "gpu") or (name == "gpu" and number.isascii() and number.isdigit()):
        return text
    raise UserError(f"device must be auto, cpu or gpu:N, not {text!r}")


def _log_dir(given: Path | None) -> Path:
    from core.rundir import default_log_dir

    return given.expanduser() if given else default_log_dir()


def _source(flags: dict[str, Any], before: dict[str, Any]) -> dict[str, Any]:
    """Where the data comes from, in words that `run.json` can hold and a resume can use."""
    folder = flags["input_data_dir"]
    given = {
        "dataset": flags["dataset"],
        "input_data_dir": str(folder.expanduser().resolve()) if folder else None,
        "fake_data": flags["fake_data"] or None,
    }
    return before | {name: value for name, value in given.items() if value is not None}


def _load(source: dict[str, Any], *, offline: bool) -> "Dataset":
    from data.sources import load_dataset

    folder = source.get("input_data_dir")
    return load_dataset(
        source.get("dataset", "mnist"),
        input_data_dir=Path(folder) if folder else None,
        fake=source.get("fake_data", False),
        fallback="dataset" not in source,
        offline=offline,
    )


def _has_screen() -> bool:
    """Whether there is a terminal to draw on."""
    return sys.stdout.isatty() and sys.stdin.isatty() and os.environ.get("TERM") != "dumb"


def _headless(request: Any, *, as_json: bool) -> int:
    import dataclasses

    from core.headless import Signals, run_headless
    from core.output import to_run_log
    from core.session import session

    signals = Signals()
    signals.install()
    with to_run_log() as (out, on_open):
        source = session(dataclasses.replace(request, on_open=on_open))
        return run_headless(source, out, json=as_json, signals=signals)


def _dashboard(request: Any) -> int:
    from core.launcher import launch

    launcher = launch()
    # Pixel reports of the mouse go wrong in several terminals; cells are exact enough.
    os.environ.setdefault("TEXTUAL_SMOOTH_SCROLL", "0")
    os.environ.setdefault("TEXTUAL_ANIMATIONS", "none")
    from tui.dashboard import run_dashboard

    return run_dashboard(request, launcher)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit."""
    os.umask(0o077)
    try:
        status = cli.main(arguments, prog_name="trainpad", standalone_mode=False)
    except UserError as error:
        status = _complain(str(error))
    except click.ClickException as error:
        status = _complain(error.format_message())
    except click.Abort:
        status = 130
    except BrokenPipeError:
        # Whoever read our output has left; Python's own farewell would only complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        status = 0
    sys.exit(status)


def _complain(sentence: str) -> int:
    click.echo(f"trainpad: {sentence.rstrip('.')}", err=True)
    return WRONG


if __name__ == "__main__":
    main()
