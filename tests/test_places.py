"""A process without a home folder, or in a folder that was removed."""

import os
import pwd
from pathlib import Path

import pytest

import main
from core.cli.doctor import check_data, check_runs
from core.rundir.rundir import RunDir, optional_log_dir
from data import places
from data.find import SearchPaths, find_dataset
from data.user_digits import user_digits_folder
from trainpad.errors import RunError
from trainpad.place import absolute, expanded, runs_dir
from tui.terminal.settings import Settings


@pytest.fixture
def homeless(monkeypatch: pytest.MonkeyPatch) -> None:
    """HOME is not set, and the user is not in the list of users, as in many containers."""

    def unknown(_user: object) -> None:
        raise KeyError

    monkeypatch.delenv("HOME")
    monkeypatch.setattr(pwd, "getpwuid", unknown)


@pytest.fixture
def removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The current folder was removed."""
    folder = tmp_path / "removed"
    folder.mkdir()
    monkeypatch.chdir(folder)
    folder.rmdir()


def command(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    """Run a command; return its status and what it printed on standard error."""
    with pytest.raises(SystemExit) as left:
        main.main(arguments)
    return int(left.value.code or 0), capsys.readouterr().err


@pytest.mark.usefixtures("homeless")
def test_without_a_home_the_places_in_it_are_skipped(tmp_path: Path) -> None:
    paths = SearchPaths.default()
    for path in (paths.home, paths.cache, paths.user_data, user_digits_folder(), places.settings()):
        assert places.is_nowhere(path) or path == places.NOWHERE
    found = find_dataset("mnist")
    assert not any("/dev/null" in place for place in [*found.missing, *found.skipped])
    Settings().set("theme", "dark")
    assert optional_log_dir(None) == places.NOWHERE
    assert RunDir(tmp_path / "run").quoted == str(tmp_path / "run")
    assert list(check_data())


@pytest.mark.usefixtures("homeless")
def test_without_a_home_what_is_needed_is_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    sentence = "this user has no home folder for runs; set HOME or TRAINPAD_DIR, or give --log_dir"
    (finding,) = check_runs()
    assert (finding.state, finding.text) == ("problem", sentence)
    assert command(capsys, "runs") == (2, f"trainpad: {sentence}\n")
    assert command(capsys, "runs", "--log_dir", str(tmp_path))[0] == 0
    with pytest.raises(RunError, match="~/runs: there is no such home folder"):
        expanded("~/runs")
    monkeypatch.setenv("TRAINPAD_DIR", str(tmp_path))
    assert runs_dir() == tmp_path


@pytest.mark.usefixtures("homeless")
def test_without_a_home_data_needs_a_place_to_be_downloaded_to(
    capsys: pytest.CaptureFixture[str],
) -> None:
    status, printed = command(capsys, "data", "kmnist")
    assert status == 2
    assert "it cannot be downloaded: this user has no home folder; set HOME, XDG_CACHE" in printed


@pytest.mark.usefixtures("removed")
def test_in_a_removed_folder_only_what_is_in_it_is_missing(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    find_dataset("mnist")
    assert command(capsys, "runs", "--log_dir", str(tmp_path))[0] == 0
    assert absolute(tmp_path / "a") == tmp_path / "a"
    sentence = "trainpad: runs: the current folder was removed; `cd` to another one\n"
    assert command(capsys, "runs", "--log_dir", "runs") == (2, sentence)
    assert command(capsys, "watch", ".", "--once")[0] == 2
    assert command(capsys, "export", "--csv", "a.csv", "x", "--log_dir", str(tmp_path))[0] == 2


def test_an_unknown_user_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["runs", "--log_dir", "~nobody-here/x"], ["watch", "--once", "~nobody-here"]):
        status, printed = command(capsys, *arguments)
        assert status == 2
        assert "there is no such home folder" in printed


@pytest.mark.parametrize("given", ["", "relative"])
def test_an_empty_or_relative_home_is_that_of_the_list_of_users(
    given: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    home = pwd.getpwuid(os.getuid()).pw_dir
    for name in ("TRAINPAD_DIR", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", given)
    assert expanded("~") == Path(home)
    assert expanded("~/x") == Path(home, "x")
    assert runs_dir() == Path(home, ".local/share/trainpad/runs")
    command(capsys, "--version")
    assert "HOME" not in os.environ
    assert places.home() == Path(home)
