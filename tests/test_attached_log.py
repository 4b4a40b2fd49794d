"""Numbers of an attached run: what is logged, when it is read, and what is refused."""

import json
import math
import threading
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import trainpad
from tests.helpers.attached import directory, events, last_event, numbers
from trainpad import writer
from trainpad.attached import Run

pytestmark = pytest.mark.usefixtures("runs")


class Tensor:
    """What PyTorch's tensor does here; `reads` counts how often its device was waited for."""

    def __init__(self, value: float, shape: tuple[int, ...] = ()) -> None:
        self.value, self.shape, self.reads = value, shape, 0
        self.copies: list[Tensor] = []

    def detach(self) -> "Tensor":
        return self

    def clone(self) -> "Tensor":
        self.copies.append(Tensor(self.value))
        return self.copies[-1]

    def item(self) -> float:
        self.reads += 1
        return self.value


def test_numbers_of_all_kinds_are_recorded() -> None:
    run = trainpad.init("p")
    run.log(
        {"loss": 0.5, "n": 3, "flag": True, "np": np.float32(0.25), "zero": np.array(2)}, step=0
    )
    run.log({"val": {"accuracy": 0.9, "per": {"class": np.ones((1, 1))}}}, step=1)
    run.finish()
    assert numbers(directory(run)) == [
        {"step": 0, "loss": 0.5, "n": 3, "flag": 1, "np": 0.25, "zero": 2},
        {"step": 1, "val/accuracy": 0.9, "val/per/class": 1.0},
    ]


def test_numbers_that_json_does_not_know_are_texts() -> None:
    run = trainpad.init("p")
    run.log({"a": math.nan, "b": math.inf, "c": -math.inf}, step=0)
    run.finish()
    assert numbers(directory(run)) == [{"step": 0, "a": "nan", "b": "inf", "c": "-inf"}]
    assert run.summary["b"] == math.inf


def test_steps_may_come_in_any_order_and_are_all_kept() -> None:
    run = trainpad.init("p")
    for step in (5, 3, 5, 10, 4):
        run.log({"loss": step}, step=step)
    run.log({"late": 1})
    run.finish()
    assert [line["step"] for line in numbers(directory(run))] == [5, 3, 5, 10, 4, 10]


def test_without_steps_calls_are_counted() -> None:
    run = trainpad.init("p")
    run.log({"a": 1}, commit=False)
    run.log({"b": 1})
    run.log({"a": 2})
    run.finish()
    assert [line["step"] for line in numbers(directory(run))] == [0, 0, 1]
    assert last_event(directory(run))["step"] == 2


def test_a_tensor_is_copied_at_once_and_read_by_the_writer_alone() -> None:
    run = trainpad.init("p")
    tensor = Tensor(0.5)
    run.log({"loss": tensor}, step=0)
    tensor.value = 9.0  # as a reused buffer is
    run.finish()
    assert tensor.reads == 0
    assert tensor.copies[0].reads == 1
    assert numbers(directory(run)) == [{"step": 0, "loss": 0.5}]


def test_what_the_program_changes_after_log_changes_nothing() -> None:
    run = trainpad.init("p")
    values, array = {"loss": 1.0}, np.zeros(())
    run.log(values, step=0)
    run.log({"array": array}, step=1)
    values["loss"] = 2.0
    array += 7
    run.finish()
    assert numbers(directory(run)) == [{"step": 0, "loss": 1.0}, {"step": 1, "array": 0.0}]


def test_what_is_no_number_is_refused_once_for_each_name(
    capsys: pytest.CaptureFixture[str],
) -> None:
    run = trainpad.init("p")
    for step in range(3):
        run.log({"text": "x", "list": [1], "none": None, "many": np.ones(4), "loss": 1}, step=step)
    run.log(17, step=3)  # type: ignore[arg-type]
    run.log({"loss": 2, "complex": 1j, "tensor": Tensor(0, (3, 4))}, step="four")  # type: ignore[arg-type]
    run.finish()
    path = directory(run)
    assert numbers(path) == [{"step": step, "loss": 1} for step in range(3)]
    said = [event["text"] for event in events(path, "warned")]
    assert "'text' is not recorded: is str, not a number" in said
    assert any("'many' is not recorded: has the shape (4,)" in text for text in said)
    assert len(said) == 4 + 2 + 1
    assert capsys.readouterr().err.count("\n") == 1


def test_a_tensor_that_cannot_be_read_costs_one_number() -> None:
    class Deleted(Tensor):
        def clone(self) -> "Tensor":
            return self

        def item(self) -> float:
            raise RuntimeError("Array has been deleted")

    run = trainpad.init("p")
    run.log({"gone": Deleted(1.0), "loss": 1}, step=0)
    run.finish()
    assert numbers(directory(run)) == [{"step": 0, "loss": 1}]
    assert "Array has been deleted" in events(directory(run), "warned")[0]["text"]


def test_names_that_a_line_needs_itself_are_changed() -> None:
    run = trainpad.init("p")
    run.log({"step": 7, "time": 8, 'quo"te\n': 9, 5: 6}, step=1)
    run.finish()
    (line,) = numbers(directory(run))
    assert line == {"step": 1, "_step": 7, "_time": 8, 'quo"te\n': 9, "5": 6}


def test_several_threads_lose_nothing() -> None:
    run = trainpad.init("p")

    def work(number: int) -> None:
        for step in range(2000):
            run.log({f"thread{number}": step}, step=step)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    run.finish()
    found = numbers(directory(run))
    for number in range(4):
        mine = [line["step"] for line in found if f"thread{number}" in line]
        assert mine == list(range(2000))


def test_a_program_that_only_logs_helps_to_write(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trainpad.recording.MAX_PENDING", 100)
    run = trainpad.init("p")
    for step in range(1000):
        run.log({"loss": step}, step=step)
        assert len(run._pending) <= 101
    run.finish()
    assert len(numbers(directory(run))) == 1000


def test_numbers_are_on_the_disk_soon_without_finish() -> None:
    from tests.helpers.attached import until

    run = trainpad.init("p")
    run.log({"loss": 1}, step=0)
    until(lambda: numbers(directory(run)))


def test_the_summary_has_the_last_values_and_what_the_program_sets() -> None:
    run = trainpad.init("p")
    run.log({"loss": 2.0, "best": 5})
    run.log({"loss": 1.0})
    run.summary["best"] = 7
    assert run.summary["loss"] == 1.0
    assert run.summary.best == 7
    run.finish()
    info = json.loads((directory(run) / "run.json").read_text())
    assert info["summary"] == {"loss": 1.0, "best": 7}


def test_the_configuration_is_recorded_with_later_changes() -> None:
    run = trainpad.init("p", config=SimpleNamespace(batch=128, rate=0.1))
    assert run.config.batch == 128
    run.config.update({"layers": (1, 2)}, allow_val_change=True)
    run.config.seed = np.int64(7)
    trainpad.config["note"] = object
    run.finish()
    found = json.loads((directory(run) / "run.json").read_text())["config"]
    assert found == {"batch": 128, "rate": 0.1, "layers": [1, 2], "seed": 7, "note": str(object)}


def test_secrets_are_not_recorded() -> None:
    given = {"hf_token": "hf_1", "inner": [{"API_KEY": "k", "password": 1}], "secret": None}
    harmless = {"max_tokens": 512, "tokenizer": "bpe", "use_token": True}
    run = trainpad.init("p", config={**given, **harmless})
    assert run.config["hf_token"] == given["hf_token"]
    hidden = {"hf_token": "<hidden>", "inner": [{"API_KEY": "<hidden>", "password": "<hidden>"}]}
    for _ in range(2):
        found = json.loads((directory(run) / "run.json").read_text())["config"]
        assert found == {**hidden, "secret": None, **harmless}
        run.finish()


def test_a_wrong_configuration_ends_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    run = trainpad.init("p", config=3)
    assert run.config == {}
    assert "config is not recorded" in capsys.readouterr().err


def test_after_finish_nothing_happens() -> None:
    run = trainpad.init("p")
    run.finish()
    path = directory(run)
    before = (path / "events.jsonl").read_bytes()
    run.log({"loss": 1})
    run.note("late")
    assert run.tick()
    assert not run.should_stop
    assert not run.save_requested
    run.finish()
    assert (path / "events.jsonl").read_bytes() == before
    assert not numbers(path)


def full(*_: object) -> Any:
    raise OSError(28, "No space left on device")


def test_a_full_disk_costs_nothing_that_memory_can_keep(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from tests.helpers.attached import until

    run = trainpad.init("p")
    monkeypatch.setattr(writer, "RETRY", 0.01)
    with monkeypatch.context() as patched:
        patched.setattr("os.pwrite", full)
        run.log({"loss": 1}, step=0)
        until(lambda: run._writer is not None and run._writer._disk_error)
        run.log({"loss": 2}, step=1)
    run.finish()
    assert [line["loss"] for line in numbers(directory(run))] == [1, 2]
    said = [event["text"] for event in events(directory(run), "warned")]
    assert "No space left on device; training goes on" in said[0]
    assert capsys.readouterr().err.count("\n") == 1


def test_a_setting_that_a_full_disk_refused_is_written_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from tests.helpers.attached import until

    run = trainpad.init("p")
    file = directory(run) / "run.json"
    with monkeypatch.context() as patched:
        patched.setattr("trainpad.place.write_atomic", lambda *_, **__: full())
        run.config.seed = 7
        until(lambda: not run.config.changed)
        until(lambda: run._problems)
    until(lambda: json.loads(file.read_text())["config"] == {"seed": 7})
    run.finish()
    (warned,) = events(directory(run), "warned")
    assert "run.json" in warned["text"]


def test_a_problem_is_recorded_once_and_not_without_end() -> None:
    run = trainpad.init("p")
    for number in (*range(150), 0, 0):
        run.problem("p", ValueError(str(number)))
    run.finish()
    assert len(events(directory(run), "warned")) == 100


def test_what_memory_cannot_keep_is_lost_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.helpers.attached import until

    monkeypatch.setattr(writer, "MAX_WAITING", 100)
    monkeypatch.setattr(writer, "RETRY", 0.01)
    run = trainpad.init("p")
    with monkeypatch.context() as patched:
        patched.setattr("os.pwrite", full)
        for step in range(20):
            run.log({"loss": step}, step=step)
            until(lambda: not run._pending)
    run.finish()
    kept = len(numbers(directory(run)))
    assert 1 <= kept < 20
    text = events(directory(run), "warned")[-1]["text"]
    assert f"the numbers of {20 - kept} calls of log are lost" in text


def test_training_survives_that_its_directory_is_removed() -> None:
    import shutil

    from tests.helpers.attached import until

    run = trainpad.init("p")
    run.log({"loss": 1}, step=0)
    until(lambda: numbers(directory(run)))
    shutil.rmtree(directory(run))
    for step in range(5):
        run.log({"loss": 1}, step=step)
        run._due = 0.0
        assert run.tick()
    run.finish()
    assert not directory(run).exists()


def test_a_disk_that_hangs_does_not_hold_the_end(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import time

    run = trainpad.init("p")
    assert isinstance(run, Run)
    release = threading.Event()
    monkeypatch.setattr("trainpad.recording.EXIT_TIMEOUT", 0.1)
    monkeypatch.setattr(writer, "HELP_TIMEOUT", 0.1)
    run._writer.before_write = release.wait  # type: ignore[union-attr,assignment]
    run.log({"loss": 1}, step=0)
    time.sleep(0.3)
    began = time.monotonic()
    run.finish()
    assert time.monotonic() - began < 2
    assert "the program ends without it" in capsys.readouterr().err
    release.set()
