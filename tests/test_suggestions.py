"""What a flag that does not exist may have meant."""

import pytest

import main
from core.cli.suggestions import similar_flags
from core.run.hparams import SPECS

FLAGS = [name for parameter in main.train.params for name in parameter.opts]


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("--lr", ["--learning_rate"]),
        ("--epochs", ["--max_steps"]),
        ("--learning-rat", ["--learning_rate"]),
        ("--bs", ["--batch_size"]),
        ("--fake", ["--fake_data"]),
        ("--zzz", []),
    ],
)
def test_the_flag_that_was_meant_is_suggested(given: str, meant: list[str]) -> None:
    assert similar_flags(given, FLAGS) == meant


def test_a_flag_that_does_not_exist_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main.main(["--lr", "0.1"])
    printed = capsys.readouterr().err
    assert printed == "trainpad: there is no flag --lr; did you mean --learning_rate?\n"


def test_a_flag_of_another_command_names_that_command(capsys: pytest.CaptureFixture[str]) -> None:
    for flag, has in (("--label", "`trainpad mine` has it"), ("--zzz", "`--help` lists all")):
        with pytest.raises(SystemExit, match="2"):
            main.main([flag, "7"])
        assert capsys.readouterr().err == f"trainpad: there is no flag {flag}; {has}\n"


def test_a_flag_without_its_value_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["--branch"], ["stop", "--wait"]):
        with pytest.raises(SystemExit, match="2"):
            main.main(arguments)
        expected = f"trainpad: {arguments[-1]} needs a value after it; `--help` says which\n"
        assert capsys.readouterr().err == expected
    with pytest.raises(SystemExit, match="2"):
        main.main(["--headless=3"])
    assert "does not take a value" in capsys.readouterr().err


def test_none_is_a_network_without_hidden_layers() -> None:
    assert SPECS["network"].check("none") == "none"
