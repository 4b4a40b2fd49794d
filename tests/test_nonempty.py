"""Empty values on the command line: refused in one sentence by every command."""

from collections.abc import Iterator

import click
import pytest

import main
from core.cli.nonempty import NonEmptyArgument, NonEmptyOption

MAY_BE_EMPTY = {("watch", "pattern"), ("run", "command")}
"""No filter, and an argument of the program that is started."""


def parameters() -> Iterator[tuple[str, click.Parameter]]:
    """Every flag that takes a value, and every argument, with the name of its command."""
    for name, command in main.cli.commands.items():
        for parameter in command.params:
            takes_value = not (isinstance(parameter, click.Option) and parameter.is_flag)
            if takes_value and not isinstance(parameter.type, click.IntRange | click.FloatRange):
                yield name, parameter


def test_no_flag_and_no_argument_of_any_command_may_be_empty() -> None:
    found = dict.fromkeys(f"{name} {parameter.name}" for name, parameter in parameters())
    assert {"train log_dir", "train model", "run name", "open run", "mine to_import"} <= set(found)
    for name, parameter in parameters():
        if (name, parameter.name) in MAY_BE_EMPTY:
            continue
        assert isinstance(parameter, NonEmptyOption | NonEmptyArgument), (name, parameter.name)
        flag = parameter.opts[:1] if isinstance(parameter, click.Option) else []
        with pytest.raises(click.UsageError, match=" is empty; give it a value"):
            main.cli.commands[name].make_context(name, [*flag, ""])


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("--log_dir=", "--log_dir is empty; give it a value or leave it out"),
        ("train --log-dir=", "--log_dir is empty; give it a value or leave it out"),
        ("train --resume=", "--resume is empty; give it a value or leave it out"),
        ("sweep --network=", "--network is empty; give it a value or leave it out"),
        ("classify ", "an argument is empty; give it a value"),
        ("open ", "an argument is empty; give it a value or leave it out"),
    ],
)
def test_an_empty_value_is_refused_in_one_sentence(
    line: str, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        main.main(line.split(" "))
    assert left.value.code == 2
    assert capsys.readouterr().err == f"trainpad: {sentence}\n"
