import json
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core.run.hparams import HyperParameters, as_dict
from core.rundir.control import open_control
from trainpad.control import LIMIT, Control, DesiredState
from trainpad.errors import UserError


@pytest.fixture
def control(tmp_path: Path) -> Control:
    return open_control(tmp_path, start=as_dict(HyperParameters()))


def write(control: Control, content: bytes) -> None:
    """As another process would: a new file in the place of the old one."""
    partial = control.path.with_suffix(".other")
    partial.write_bytes(content)
    partial.chmod(0o600)
    partial.replace(control.path)


def test_the_trainer_writes_what_can_be_steered(control: Control) -> None:
    values = json.loads(control.path.read_bytes())
    assert values["hyperparameters"]["learning_rate"] == 0.01
    assert "network" not in values["hyperparameters"]
    assert control.path.stat().st_mode & 0o777 == 0o600


def test_one_process_steers_and_another_reads_it(control: Control, tmp_path: Path) -> None:
    other = open_control(tmp_path)
    other.request(hyperparameters={"learning_rate": 0.5})
    other.request(pause_at=0)
    other.request(evaluate=3)
    desired = control.poll()
    assert desired.hyperparameters["learning_rate"] == 0.5
    assert desired.hyperparameters["batch_size"] == 100
    assert (desired.pause_at, desired.evaluate, desired.stop) == (0, 3, "")


def test_polling_an_unchanged_file_does_not_read_it(
    control: Control, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("trainpad.control.read_private", pytest.fail)
    assert control.poll() is control.poll()


def replace_by_fifo(path: Path) -> None:
    path.unlink()
    os.mkfifo(path, 0o600)


def replace_by_link(path: Path) -> None:
    target = path.rename(path.with_suffix(".elsewhere"))
    path.symlink_to(target)


def replace_by_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def content(text: bytes) -> Callable[[Path], None]:
    def put(path: Path) -> None:
        path.write_bytes(text)

    return put


def wanting(**values: object) -> Callable[[Path], None]:
    return content(json.dumps(values).encode())


HOSTILE = {
    "empty": (content(b""), "not JSON"),
    "half a file": (content(b'{"hyperparameters": {"learning_r'), "not JSON"),
    "no text": (content(b"\xff\x00\xfe"), "not JSON"),
    "deep": (content(b"[" * 60_000), "not JSON"),
    "a list": (content(b"[]"), "not a JSON object"),
    "huge": (content(b" " * (LIMIT + 1)), "larger than 65,536 bytes"),
    "an unknown field": (wanting(speed=3), "unknown field 'speed'"),
    "a long name": (wanting(hyperparameters={"x" * 9999: 3}), "no hyperparameter called 'xxx"),
    "an unknown name": (wanting(hyperparameters={"rate": 3}), "no hyperparameter called 'rate'"),
    "a name for the next run": (wanting(hyperparameters={"network": "3"}), "network cannot change"),
    "hyperparameters no object": (wanting(hyperparameters=[3]), "must be an object"),
    "not a number": (wanting(hyperparameters={"learning_rate": float("nan")}), "not nan"),
    "text for a number": (wanting(hyperparameters={"batch_size": "many"}), "not 'many'"),
    "out of limits": (wanting(hyperparameters={"learning_rate": -1}), "above 0"),
    "pause a text": (wanting(pause_at="now"), "pause_at must be a whole number"),
    "pause negative": (wanting(pause_at=-1), "pause_at must be a whole number"),
    "evaluate true": (wanting(evaluate=True), "evaluate must be a whole number"),
    "evaluate null": (wanting(evaluate=None), "evaluate must be a whole number"),
    "stop a number": (wanting(stop=1), "stop must be a short text"),
    "stop long": (wanting(stop="x" * 41), "stop must be a short text"),
    "a pipe": (replace_by_fifo, "not a regular file"),
    "a link": (replace_by_link, "is a link"),
    "a folder": (replace_by_folder, "not a regular file"),
    "writable by others": (lambda path: path.chmod(0o620), "can be written by other users"),
}


@pytest.mark.parametrize(("damage", "words"), HOSTILE.values(), ids=HOSTILE)
def test_an_invalid_file_is_reported_once_and_changes_nothing(
    control: Control, damage: Callable[[Path], None], words: str
) -> None:
    before = control.poll()
    damage(control.path)
    with pytest.raises(UserError) as error:
        control.poll()
    assert words in str(error.value)
    assert "control.json" in str(error.value) or "must be" in str(error.value)
    assert len(str(error.value)) < 200
    assert [control.poll() for _ in range(3)] == [before] * 3


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_file_of_another_user_is_refused(control: Control) -> None:
    os.chown(control.path, 12345, -1)
    with pytest.raises(UserError, match="belongs to another user"):
        control.poll()


def test_a_file_that_was_fixed_is_read(control: Control) -> None:
    write(control, b'{"hyperparameters": {"learning_rate": 0.5}}')
    control.path.chmod(0o666)
    with pytest.raises(UserError):
        control.poll()
    control.path.chmod(0o600)
    assert control.poll().hyperparameters["learning_rate"] == 0.5


@pytest.mark.parametrize("folder_too", [True, False])
def test_what_may_not_be_read_is_reported_once(
    control: Control, monkeypatch: pytest.MonkeyPatch, folder_too: bool
) -> None:
    def refused(_path: Path, _limit: int = 0) -> os.stat_result:
        raise PermissionError(13, "Permission denied")

    before = control.poll()
    with monkeypatch.context() as patched:
        if folder_too:
            patched.setattr(os, "lstat", refused)
        else:
            write(control, b"{}")
        patched.setattr("trainpad.control.read_private", refused)
        with pytest.raises(UserError, match="cannot be read: Permission denied"):
            control.poll()
        assert control.poll() == before
    write(control, b'{"pause_at": 5}')
    assert control.poll().pause_at == 5


def test_a_deleted_file_keeps_the_desired_state(control: Control) -> None:
    before = control.poll()
    control.path.unlink()
    assert control.poll() == before


def test_a_full_disk_does_not_prevent_stopping(
    control: Control, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_args: object, **_options: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("trainpad.control.write_atomic", full)
    with pytest.raises(UserError, match=r"control.json cannot be written: No space left"):
        control.request(stop="stopped")
    assert control.poll().stop == "stopped"


def test_a_request_replaces_a_damaged_file(control: Control, tmp_path: Path) -> None:
    control.path.write_bytes(b"{")
    control.request(pause_at=0)
    assert open_control(tmp_path).poll().pause_at == 0


def test_the_default_state_is_just_to_train() -> None:
    assert DesiredState() == DesiredState({}, None, 0, 0, "")


def test_a_resumed_run_does_not_inherit_a_stop(control: Control, tmp_path: Path) -> None:
    control.request(stop="interrupted", pause_at=7, hyperparameters={"learning_rate": 0.5})
    resumed = open_control(tmp_path, start=as_dict(HyperParameters())).poll()
    assert (resumed.stop, resumed.pause_at) == ("", None)
    assert resumed.hyperparameters["learning_rate"] == 0.01


def test_concurrent_requests_are_all_kept(tmp_path: Path) -> None:
    shared = open_control(tmp_path, start=as_dict(HyperParameters()))
    other = open_control(tmp_path)
    start = threading.Barrier(3)

    def request(control: Control, **changes: Any) -> None:
        start.wait()
        for _ in range(40):
            control.request(increment="evaluate", **changes)

    requests: list[tuple[Control, dict[str, Any]]] = [
        (shared, {"stop": "stopped"}),
        (shared, {"hyperparameters": {"learning_rate": 0.5}}),
        (other, {"pause_at": 3}),
    ]
    threads = [
        threading.Thread(target=request, args=(c,), kwargs=changes) for c, changes in requests
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    desired = shared.poll()
    assert (desired.stop, desired.pause_at, desired.evaluate) == ("stopped", 3, 120)
    assert desired.hyperparameters["learning_rate"] == 0.5


def test_a_request_does_not_overwrite_a_file_that_was_never_read(
    control: Control, tmp_path: Path
) -> None:
    control.request(pause_at=0)
    write(control, b"{garbage")
    other = open_control(tmp_path)
    with pytest.raises(UserError, match="then try again"):
        other.request(hyperparameters={"learning_rate": 0.5})
    assert control.path.read_bytes() == b"{garbage"
    write(control, b'{"pause_at": 7}')
    assert other.request(evaluate=1).pause_at == 7
    assert "learning_rate" not in other.desired.hyperparameters


def test_a_second_request_does_not_overwrite_it_either(control: Control, tmp_path: Path) -> None:
    control.request(pause_at=0)
    write(control, b"{garbage")
    other = open_control(tmp_path)
    for _ in range(2):
        with pytest.raises(UserError, match="control"):
            other.poll()
        other.poll()
        with pytest.raises(UserError, match="then try again"):
            other.request(increment="evaluate")
        write(control, b"{garbage, too")
    assert control.path.read_bytes() == b"{garbage, too"
