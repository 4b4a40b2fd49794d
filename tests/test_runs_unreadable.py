"""Runs that cannot be read are named, in the list of runs and in the Runs screen's table."""

import errno
import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from core.cli.runs_command import runs
from core.rundir.overview import Overview
from core.rundir.unreadable import unreadable_text
from tests.helpers.runs import make_run
from trainpad.errors import RunError
from tui.runs.listing import RunListing
from tui.runs.table import RunsTable


@pytest.fixture
def log_dir(tmp_path: Path) -> Path:
    """A good run, and one of each kind of damage; also links and folders that are no runs."""
    make_run(tmp_path / "good")
    for name, content in (("a", "{"), ("b", ""), ("p/c", "[]")):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "run.json").write_text(content)
    (tmp_path / "p" / "d").mkdir()
    (tmp_path / "p" / "d" / "run.json").symlink_to(tmp_path / "nowhere")
    (tmp_path / "e").symlink_to(tmp_path / "nowhere")
    (tmp_path / "newest").symlink_to(tmp_path / "good")
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("x")
    return tmp_path


def test_the_command_names_damaged_runs_once(log_dir: Path) -> None:
    result = CliRunner().invoke(runs, ["--log-dir", str(log_dir)])
    assert result.exit_code == 0
    assert result.stderr == "5 runs cannot be read: e, d, c and 2 more\n"
    assert "good" in result.stdout
    as_json = CliRunner().invoke(runs, ["--log-dir", str(log_dir), "--json"])
    assert "cannot be read" not in as_json.stdout


def test_a_folder_that_does_not_exist_is_refused_and_an_empty_one_is_not(tmp_path: Path) -> None:
    missing = CliRunner().invoke(runs, ["--log-dir", str(tmp_path / "no")])
    assert missing.exit_code and "does not exist" in str(missing.exception)
    empty = CliRunner().invoke(runs, ["--log-dir", str(tmp_path)])
    assert empty.exit_code == 0 and "there is no run" in empty.output


def test_a_run_that_is_repaired_or_deleted_is_no_longer_named(log_dir: Path) -> None:
    overview = Overview(log_dir)
    overview.poll()
    assert [path.name for path in overview.unreadable] == ["e", "d", "c", "b", "a"]
    (log_dir / "e").unlink()
    (log_dir / "p" / "d" / "run.json").unlink()
    (log_dir / "a" / "run.json").unlink()
    overview.poll()
    assert [path.name for path in overview.unreadable] == ["c", "b"]


def test_links_that_may_not_be_followed_are_no_runs(
    log_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (log_dir / "cwd").symlink_to(log_dir / "good")
    followed, shown = os.stat, os.lstat

    def stat(path: object, **options: bool) -> os.stat_result:
        """As of /proc/1/cwd for other users."""
        if str(path).startswith(str(log_dir / "cwd")) and options.get("follow_symlinks", True):
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return followed(path, **options)  # type: ignore[arg-type]

    def lstat(path: object, **options: bool) -> os.stat_result:
        if str(path).startswith(str(log_dir / "cwd" / "run.json")):
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return shown(path, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "stat", stat)
    monkeypatch.setattr(os, "lstat", lstat)
    result = CliRunner().invoke(runs, ["--log-dir", str(log_dir)])
    assert (result.exit_code, result.exception) == (0, None)
    assert result.stderr == "5 runs cannot be read: e, d, c and 2 more\n"


def test_what_is_no_folder_cannot_be_listed(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    for name in ("file", "loop"):
        result = CliRunner().invoke(runs, ["--log-dir", str(tmp_path / name)])
        assert isinstance(result.exception, RunError)
        assert f"{name} is not a folder" in str(result.exception)


def test_the_sentence_is_sanitized_and_short() -> None:
    assert unreadable_text([]) == ""
    assert unreadable_text([Path("x")]) == "1 run cannot be read: x"
    assert unreadable_text([Path("\x1b[2J")]).isprintable()


def test_the_last_line_of_the_table_names_them(log_dir: Path) -> None:
    overview, listing, table = Overview(log_dir), RunListing(), RunsTable()
    listing.entries, listing.unreadable = overview.poll(), overview.unreadable
    listing.arrange("")
    table._entries, table._columns, table._notice = listing.shown, listing.columns, listing.notice
    rows = ["".join(text for text, _ in row) for row in table.lines(100, 3)]
    assert len(rows) == 3
    assert "newest" in rows[1]
    assert rows[2].strip() == "5 runs cannot be read: e, d, c and 2 more"
