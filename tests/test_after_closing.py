"""What is said of a run that goes on when the screen that shows it is closed."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from core.rundir.after_closing import after_closing
from core.rundir.attached import control_of
from core.rundir.rundir import RunDir
from tests.helpers.attached_runs import make_attached
from tests.helpers.runs import finished, make_run
from tui import launch


@pytest.fixture
def run(tmp_path: Path) -> RunDir:
    return make_attached(tmp_path / "a project" / "mine", state="started")


def test_it_says_how_to_come_back_to_a_run_and_how_to_stop_it(run: RunDir) -> None:
    path = f"'{run.path}'"
    shown = f"`trainpad open {path}` shows it, `trainpad stop {path}` stops it"
    assert after_closing(run) == f"mine keeps running; {shown}"
    control_of(run).request(pause_at=0)
    assert after_closing(run) == f"mine is paused; {shown}"
    control_of(run).request(stop="stopped")
    assert after_closing(run).startswith("mine is being stopped; `trainpad status ")


def test_a_damaged_control_file_is_no_hindrance(run: RunDir) -> None:
    (run.path / "control.json").write_text("{")
    assert after_closing(run) == f"mine goes on; `trainpad open '{run.path}'` shows it"


def test_runs_of_ours_are_said_to_go_on_too(tmp_path: Path) -> None:
    assert after_closing(make_run(tmp_path / "ours")).startswith("ours keeps running; ")


@pytest.mark.parametrize("is_viewer", [True, False])
@pytest.mark.parametrize("has_ended", [True, False])
def test_the_screen_of_a_live_run_is_left_with_that_line(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    is_viewer: bool,
    has_ended: bool,
) -> None:
    run = finished(tmp_path / "r", steps=4) if has_ended else make_run(tmp_path / "r")
    (run.path / "run.json").touch()
    app = cast(
        "Any",
        SimpleNamespace(
            run_context=SimpleNamespace(viewer=is_viewer),
            run_state=SimpleNamespace(directory=str(run.path)),
        ),
    )
    monkeypatch.setattr(launch, "TrainpadApp", lambda *_args, **_options: app)
    monkeypatch.setattr(launch, "notify_through", lambda *_: None)
    monkeypatch.setattr(launch, "_run", lambda *_: 0)
    nothing = cast("Any", None)
    for says in (False, True):
        launch.run_viewer(
            run, nothing, nothing, read_only=False, ascii_only=False, says_what_goes_on=says
        )
        is_said = says and is_viewer and not has_ended
        assert capsys.readouterr().err == (f"trainpad: {after_closing(run)}\n" if is_said else "")
