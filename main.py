"""The command line: select a command, and import no more than it needs.

An error that the user can fix is one sentence on standard error, and exit status 2; output that
cannot be written is one, and exit status 1.
"""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from core.cli.completion import dataset_names, files, register_safe_completion, run_names
from core.cli.flags import (
    DefaultGroup,
    ascii_flag,
    flag,
    hyperparameter_flags,
    pace_flags,
)
from core.cli.steering_commands import add_steering_commands
from core.process.stdio import OutputError, discard_stdout, repair_stdio
from core.process.threads import limit_blas_threads
from core.run.presets import PRESETS
from core.training.cluster import STRATEGIES
from trainpad.errors import UserError
from trainpad.text import sanitize

USER_ERROR, OUTPUT_ERROR = 2, 1
FAULT = 1


@click.group(cls=DefaultGroup)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=lambda ctx, _option, given: _show_version(ctx) if given else None,
    help="Show the versions of trainpad, Python and TensorFlow.",
)
def cli() -> None:
    """Train a digit classifier in the terminal: watch it, steer it, and draw digits for it.

    The default command is `train`: `trainpad --max_steps 5000`.
    """


@cli.command()
@hyperparameter_flags
@flag("hidden1", metavar="N", help="Units of the first hidden layer, as in the lab.  [128]")
@flag("hidden2", metavar="N", help="Units of the second hidden layer, as in the lab.  [32]")
@flag("preset", type=click.Choice(sorted(PRESETS)), help="Defaults for the other flags.")
@flag("dataset", metavar="NAME|FOLDER", help="Training data.  [mnist]")
@flag("input_data_dir", type=Path, metavar="FOLDER", help="Folder of MNIST's four files.")
@flag("fake_data", is_flag=True, help="Train on 1,000 drawn digits, to try things out.")
@flag("eval_data", metavar="FOLDER", type=Path, help="Evaluate on the test split of this data.")
@flag("fingerprint", metavar="HEX", help="Refuse data with another fingerprint.")
@flag("variation", type=click.FloatRange(0, 3), help="Variation of drawn digits.  [0.7]")
@flag("log_dir", type=Path, metavar="FOLDER", help="Folder of the runs.")
@flag("device", metavar="auto|cpu|gpu:N", help="Device to train on.  [auto]")
@flag(
    "strategy",
    type=click.Choice(STRATEGIES),
    help="Distribute over the GPUs here, or the machines in TF_CONFIG.  [none]",
)
@click.option("--xla/--no-xla", default=None, help="Compile with XLA.  [on]")
@flag("headless", is_flag=True, help="No screen: print the lab's lines.")
@click.option("--json", "as_json", is_flag=True, help="No screen: print the events as JSON.")
@flag(
    "detach", is_flag=True, help="No screen: return to the prompt; reattach with `trainpad open`."
)
@pace_flags
@ascii_flag
@flag("offline", is_flag=True, help="Never use the network.")
@flag("resume", metavar="RUN|CHECKPOINT", help="Resume a run exactly where it stopped.")
@flag("branch", metavar="RUN|CHECKPOINT", help="Start a new run from another's weights.")
@flag("profile", type=click.IntRange(1, 10000), metavar="STEPS", help="Profile this many steps.")
@flag("change", multiple=True, metavar="STEP:NAME=VALUE", help="Change a hyperparameter at a step.")
def train(
    headless: bool,
    as_json: bool,
    detach: bool,
    fps: float | None,
    bytes_per_second: float | None,
    ascii_only: bool,
    **flags: Any,
) -> int:
    """Train in the dashboard, or print lines if standard output is not a terminal.

    Example: trainpad --learning_rate 0.05 --max_steps 10000
    """
    from core.session.request import request_from

    request = request_from(flags)
    if _is_worker(request):
        return _worker(request)
    if detach:
        return _detached(request)
    if headless or as_json or not _has_screen():
        return _headless(request, as_json=as_json)
    return _dashboard(request, fps, bytes_per_second, ascii_only=ascii_only)


@cli.command("open")
@click.argument("run", default="", shell_complete=run_names)
@flag("log_dir", type=Path, metavar="FOLDER", help="Folder of the runs.")
@flag("read_only", is_flag=True, help="Show the run, but do not steer it.")
@pace_flags
@ascii_flag
def open_run(
    run: str,
    log_dir: Path | None,
    read_only: bool,
    fps: float | None,
    bytes_per_second: float | None,
    ascii_only: bool,
) -> int:
    """Show a run in the dashboard, live or not: RUN is a path or a name, else the latest.

    A live run can be steered from any number of terminals, on any machine that shares its folder.
    It goes on when the dashboard is closed.

    Example: trainpad open
    """
    from core.rundir.rundir import log_dir_from
    from core.rundir.status import refuse_attached, resolve_live_run

    if not _has_screen():
        raise UserError("standard output is not a terminal; `trainpad runs` lists the runs")
    chosen = resolve_live_run(run, log_dir_from(log_dir))
    refuse_attached(chosen)
    from core.process.launcher import fork_launcher

    launcher = fork_launcher()
    _configure_textual()
    from tui.launch import run_viewer
    from tui.terminal.environment import Pace, needs_ascii

    pace, plain = Pace.resolve(fps, bytes_per_second), ascii_only or needs_ascii()
    return run_viewer(chosen, launcher, pace, read_only=read_only, ascii_only=plain)


@cli.command()
@flag("log_dir", type=Path, metavar="FOLDER", help="Folder of the runs.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def runs(log_dir: Path | None, as_json: bool) -> int:
    """List the runs: data, state, steps, precision @ 1, and in what they differ.

    In a terminal the newest is first; in a pipe, and with --json, the oldest.

    Example: trainpad runs --json
    """
    from core.cli.runs import as_json_lines, as_table, load_entries
    from core.rundir.rundir import log_dir_from

    folder = log_dir_from(log_dir)
    if not (entries := load_entries(folder)):
        click.echo(f"there is no run in {sanitize(str(folder))} yet", err=True)
    width = os.get_terminal_size(1).columns if os.isatty(1) else 0
    table = as_table(entries, width, newest_first=width > 0)
    for line in as_json_lines(entries) if as_json else table:
        click.echo(line)
    return 0


@cli.command()
@click.argument("name", required=False, shell_complete=dataset_names)
@flag("input_data_dir", type=Path, metavar="FOLDER", help="Read the files in this folder.")
@flag("offline", is_flag=True, help="Never use the network.")
@click.option("--verbose", is_flag=True, help="Also what was found and not used, and why.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def data(
    name: str | None, input_data_dir: Path | None, offline: bool, verbose: bool, as_json: bool
) -> int:
    """List the data sets; or find, download, verify and preview the one called NAME.

    Example: trainpad data fashion-mnist
    """
    from core.cli.data_command import list_datasets, show_dataset

    if name is None and input_data_dir is None:
        return list_datasets(sys.stdout, as_json=as_json)
    return show_dataset(
        sys.stdout,
        name or "mnist",
        input_data_dir,
        offline=offline,
        as_json=as_json,
        verbose=verbose,
    )


@cli.command()
@click.argument("runs", metavar="[RUN]...", nargs=-1, shell_complete=run_names)
@flag("csv", metavar="FILE|-", default="", help="Every evaluation: precision @ 1 and loss.")
@click.option("--classes", is_flag=True, help="In --csv, a row for each class: recall, F1, ...")
@flag("losses", metavar="FILE|-", default="", help="The loss of every step, as CSV.")
@click.option("--json", is_flag=True, help="Print all but the losses, as JSON.")
@flag("png", metavar="FILE|-", default="", help="A plot of loss and precision @ 1; .svg too.")
@flag("notebook", metavar="FILE|-", default="", help="A Jupyter notebook that plots it.")
@flag("keras", metavar="FILE.keras", default="", help="The network, for Keras; pixels 0 to 255.")
@click.option("--command", is_flag=True, help="Print a command that reproduces the run.")
@flag(
    "checkpoint", metavar="best|last|FILE", default="best", help="Checkpoint for --keras.  [best]"
)
@flag("force", is_flag=True, help="Replace files that exist.")
@flag("log_dir", type=Path, metavar="FOLDER", help="Folder of the runs.")
def export(runs: tuple[str, ...], log_dir: Path | None, **options: Any) -> int:
    """Export a run for other programs: RUN is a path or a name, else the latest.

    --png and --notebook take several runs and compare them.

    Example: trainpad export --csv - --png loss.png
    """
    from core.export.options import ExportOptions
    from core.export.options import export_runs as write
    from core.rundir.resolve import resolve_run
    from core.rundir.rundir import log_dir_from

    folder = log_dir_from(log_dir)
    messages = write([resolve_run(run, folder) for run in runs or ("",)], ExportOptions(**options))
    for message in messages:
        click.echo(f"trainpad: {message}", err=True)
    return 0


@cli.command()
@click.argument("run", required=False, shell_complete=run_names)
@flag("log_dir", type=Path, metavar="FOLDER", help="Folder of the runs.")
@flag("export", type=Path, metavar="FILE.png|json", help="Write the drawing to this file on exit.")
@ascii_flag
def pad(run: str | None, log_dir: Path | None, export: Path | None, ascii_only: bool) -> int:
    """Draw digits and see them classified, by the weights of RUN or the built-in ones.

    Example: trainpad pad --export digit.png
    """
    from core.rundir.rundir import optional_log_dir

    if not _has_screen():
        raise UserError("standard output is not a terminal; `trainpad classify` reads files")
    folder = optional_log_dir(log_dir)
    _configure_textual()
    from core.network.classifier import load_classifier
    from tui.pad.app import run_pad
    from tui.terminal.environment import needs_ascii

    classifier = None if run is None else load_classifier(run, folder)
    return run_pad(classifier, folder, export, ascii_only=ascii_only or needs_ascii())


@cli.command()
@click.argument("files", metavar="FILE...", nargs=-1, required=True, shell_complete=files)
@click.option("--json", "as_json", is_flag=True, help="One JSON object for each digit.")
@flag("run", metavar="RUN", help="Use the newest weights of this run.  [built-in weights]")
@flag("log_dir", type=Path, metavar="FOLDER", help="Folder of the runs.")
@flag("split", is_flag=True, help="Find several digits in an image, left to right.")
def classify(
    files: tuple[str, ...], as_json: bool, run: str | None, log_dir: Path | None, split: bool
) -> int:
    """Classify the digits in files: pictures, .npy, IDX or stroke JSON; - is standard input.

    Pictures are PNG, JPEG, BMP, GIF, WebP or TIFF. A file that cannot be read is reported, and the
    others are classified all the same; the exit status is then 2.

    Example: trainpad classify --json digit.png
    """
    from core.cli.classify import classification_lines
    from core.network.classifier import load_classifier
    from core.rundir.rundir import optional_log_dir

    classifier = load_classifier(run, optional_log_dir(log_dir))
    errors: list[int] = []
    for line in classification_lines(
        files,
        classifier,
        split=split,
        json=as_json,
        failed=lambda sentence: errors.append(_print_error(sentence)),
        hint=lambda sentence: click.echo(f"trainpad: {sanitize(sentence)}", err=True),
    ):
        click.echo(line)
    return max(errors, default=0)


@cli.command()
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, shell_complete=files)
@click.option("--filter", "pattern", metavar="TEXT", default="", help="Only tags that match.")
@click.option("--once", is_flag=True, help="Print the charts as text, and exit.")
@click.option("--json", "as_json", is_flag=True, help="Print every point as JSON, and exit.")
@pace_flags
@ascii_flag
def watch(
    paths: tuple[str, ...],
    pattern: str,
    once: bool,
    as_json: bool,
    fps: float | None,
    bytes_per_second: float | None,
    ascii_only: bool,
) -> int:
    """Show TensorBoard event files of any framework, live: folders are searched recursively.

    Example: trainpad watch ~/logs --filter loss
    """
    from core.tfevents.search import roots_of

    roots_of(paths)
    if as_json or once or not _has_screen():
        from tui.watch.once import print_once

        print_once(paths, sys.stdout, pattern, as_json=as_json)
        return 0
    _configure_textual()
    from tui.terminal.environment import Pace, needs_ascii
    from tui.watch.app import run_watch

    pace, plain = Pace.resolve(fps, bytes_per_second), ascii_only or needs_ascii()
    return run_watch(paths, pattern, pace, ascii_only=plain)


@cli.command()
@flag("log_dir", type=Path, metavar="FOLDER", help="Folder of the runs.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def doctor(log_dir: Path | None, as_json: bool) -> int:
    """Check the terminal, device, data and installation, and suggest improvements.

    The exit status is 1 if there is a problem that keeps trainpad from working.

    Example: trainpad doctor
    """
    from itertools import chain

    from core.cli.doctor import check_data, check_runs, check_versions
    from core.cli.doctor_device import check_device
    from core.cli.findings import report
    from tui.doctor import check_terminal

    runs_found = check_runs(log_dir)
    parts = check_terminal(), check_versions(), runs_found, check_data(), check_device()
    width = os.get_terminal_size(1).columns - 1 if os.isatty(1) else 0
    return report(chain(*parts), sys.stdout, as_json=as_json, width=width)


add_steering_commands(cli)


def _show_version(ctx: click.Context) -> None:
    from core.rundir.versions import versions

    click.echo("  ".join(f"{name} {number}" for name, number in versions().items()))
    ctx.exit()


def _configure_textual() -> None:
    from tui.terminal.environment import configure_textual

    configure_textual()


def _has_screen() -> bool:
    """Whether there is a terminal to draw on, or a replacement such as textual-serve."""
    if os.environ.get("TEXTUAL_DRIVER"):
        return True
    return sys.stdout.isatty() and sys.stdin.isatty() and os.environ.get("TERM") != "dumb"


def _is_worker(request: Any) -> bool:
    if request.strategy != "multi_worker":
        return False
    from core.training.cluster import is_chief

    return not is_chief()


def _worker(request: Any) -> int:
    """Train as a worker that is not the chief: print one line, and write no files."""
    from core.session.headless import exit_status
    from core.session.session import worker_session
    from core.session.signals import FollowerSignals
    from core.training.cluster import task_name

    FollowerSignals().install()
    click.echo(f"trainpad: {task_name()} follows the chief", err=True)
    status = 1
    for event in worker_session(request):
        status = exit_status(event, status)
    return status


def _headless(request: Any, *, as_json: bool) -> int:
    import dataclasses

    from core.process.redirect import redirectable_stdio
    from core.session.headless import run_headless
    from core.session.session import session
    from core.session.signals import Signals

    signals = Signals()
    signals.install()
    with redirectable_stdio() as (out, on_open):
        source = session(dataclasses.replace(request, on_open=on_open))
        return run_headless(source, out, json=as_json, signals=signals)


def _detached(request: Any) -> int:
    from core.process.launcher import fork_launcher

    launcher = fork_launcher()
    from core.session.detached import run_detached

    return run_detached(request, launcher)


def _dashboard(
    request: Any, fps: float | None, bytes_per_second: float | None, *, ascii_only: bool
) -> int:
    from core.process.launcher import fork_launcher

    launcher = fork_launcher()
    _configure_textual()
    from tui.launch import run_dashboard
    from tui.terminal.environment import Pace, needs_ascii

    pace, plain = Pace.resolve(fps, bytes_per_second), ascii_only or needs_ascii()
    return run_dashboard(request, launcher, pace, ascii_only=plain)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit."""
    os.umask(0o077)
    limit_blas_threads()
    repair_stdio()
    register_safe_completion()
    try:
        status = cli.main(arguments, prog_name="trainpad", standalone_mode=False)
    except UserError as error:
        status = _print_error(str(error))
    except click.NoSuchOption as error:
        status = _print_error(_no_such_option(error))
    except click.ClickException as error:
        status = _print_error(error.format_message())
    except click.Abort:
        status = 130
    except OutputError as error:
        discard_stdout()
        _print_error(f"standard output cannot be written: {error.strerror}")
        status = OUTPUT_ERROR
    except Exception as error:  # noqa: BLE001 - the last resort
        status = _print_fault(error)
    sys.exit(status)


def _no_such_option(error: click.NoSuchOption) -> str:
    from core.cli.suggestions import similar_flags

    parameters = error.ctx.command.params if error.ctx else []
    flags = [name for parameter in parameters for name in parameter.opts]
    found = similar_flags(error.option_name, flags)
    hint = f"did you mean {' or '.join(found)}?" if found else "`--help` lists all"
    return f"there is no flag {error.option_name}; {hint}"


def _print_error(message: str) -> int:
    text = sanitize(message.rstrip("."), keep="\n", limit=4000)
    click.echo(f"trainpad: {text}", err=True)
    return USER_ERROR


def _print_fault(error: Exception) -> int:
    """Report an error that nobody expected: a sentence, and where its traceback is."""
    from core.cli.fault import describe_fault

    _print_error(describe_fault(error))
    return FAULT


if __name__ == "__main__":
    main()
