"""The command line: select a command, and import no more than it needs.

An error that the user can fix is one sentence on standard error, and exit status 2; output that
cannot be written is one, and exit status 1.
"""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from core.cli.classify_command import classify
from core.cli.completion import register_safe_completion
from core.cli.data_command import data
from core.cli.errors import FAULT, OUTPUT_ERROR, describe_missing_flag, describe_usage, print_error
from core.cli.flags import DefaultGroup
from core.cli.mine_command import mine
from core.cli.network_command import network
from core.cli.new_command import new
from core.cli.runs_command import runs
from core.cli.steering_commands import add_steering_commands
from core.cli.study_command import study
from core.process.inherited import Inherited
from core.process.stdio import OutputError, discard_stdout, repair_stdio
from core.process.threads import limit_blas_threads
from data.shared_files import make_files_private
from trainpad.errors import UserError
from tui.commands.doctor import doctor
from tui.commands.export import export
from tui.commands.open import open_run
from tui.commands.pad import pad
from tui.commands.run import run_program
from tui.commands.sweep import sweep
from tui.commands.train import train
from tui.commands.watch import watch


def _show_version(ctx: click.Context, _option: click.Parameter, given: bool) -> None:
    if given:
        from core.cli.version import environment

        click.echo("\n".join(environment()))
        ctx.exit()


@click.group(cls=DefaultGroup)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_show_version,
    help="Show the version and what a bug report needs: packages, platform, terminal.",
)
def cli() -> None:
    """Train a digit classifier in the terminal: watch it, steer it, and draw digits for it.

    The default command is `train`: `trainpad --max_steps 5000`. Its flags, as for the learning rate
    and the network, are listed by `trainpad train --help`.
    """


for command in (
    *(train, run_program, open_run, runs, data, network, new, export, pad, mine),
    *(classify, watch, sweep, study, doctor),
):
    cli.add_command(command)
add_steering_commands(cli)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit."""
    inherited = Inherited(dict(os.environ), make_files_private())
    if not Path(os.environ.get("HOME", "/")).is_absolute():
        del os.environ["HOME"]  # empty, or another folder in each one; the list of users has it
    limit_blas_threads()
    repair_stdio()
    register_safe_completion()
    try:
        status = _run_command(arguments, inherited)
        sys.stdout.flush()
    except OutputError as error:
        discard_stdout()
        print_error(f"standard output cannot be written: {error.strerror}")
        status = OUTPUT_ERROR
    except BrokenPipeError:  # as of `| head`
        discard_stdout()
    sys.exit(status)


def _run_command(arguments: Sequence[str] | None, inherited: Inherited) -> int:
    """Run a command and report its error; return the exit status."""
    try:
        status = cli.main(arguments, prog_name="trainpad", standalone_mode=False, obj=inherited)
        return int(status or 0)
    except OutputError:
        raise
    except UserError as error:
        return print_error(str(error))
    except click.NoSuchOption as error:
        return print_error(describe_missing_flag(error))
    except click.BadOptionUsage as error:
        return print_error(describe_usage(error))
    except click.ClickException as error:
        return print_error(error.format_message())
    except click.Abort:
        return 130
    except Exception as error:  # noqa: BLE001 - the last resort
        return _print_fault(error)


def _print_fault(error: Exception) -> int:
    """Report an error that nobody expected: a sentence, and where its traceback is."""
    from core.cli.fault import describe_fault

    print_error(describe_fault(error))
    return FAULT


if __name__ == "__main__":
    main()
