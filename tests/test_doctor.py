"""The checks of `trainpad doctor`, on machines that are not this one."""

import io
import json
import subprocess
import sys
import types
from collections.abc import Callable
from pathlib import Path

import pytest

import main
from core.cli import doctor_device
from core.cli.doctor import check_data, check_runs, check_versions
from core.cli.doctor_device import (
    NvidiaCards,
    TensorFlowProbe,
    device_findings,
    import_error,
    why_unused,
)
from core.cli.findings import hint, ok, problem, report
from tui import doctor
from tui.terminal.environment import Pace

CARD = NvidiaCards(present=True, names=("NVIDIA H200",), used=(0.0,), driver="550.54", cuda=(12, 4))
CUDA = TensorFlowProbe("2.21.0", "12.5.1")

UNUSED = {
    "hidden": (CUDA, CARD, {"CUDA_VISIBLE_DEVICES": "-1"}, "unset CUDA_VISIBLE_DEVICES"),
    "hidden by an empty variable": (
        CUDA,
        CARD,
        {"CUDA_VISIBLE_DEVICES": ""},
        "unset CUDA_VISIBLE_DEVICES",
    ),
    "no driver": (
        CUDA,
        NvidiaCards(present=True, problem="NVML Shared Library Not Found"),
        {},
        "install NVIDIA's driver",
    ),
    "a driver of another version": (
        CUDA,
        NvidiaCards(present=True, problem="Driver/library version mismatch"),
        {},
        "restart the machine",
    ),
    "a build for the CPU": (TensorFlowProbe("2.21.0"), CARD, {}, "built for CPUs"),
    "an old driver": (
        CUDA,
        NvidiaCards(present=True, names=("Tesla T4",), used=(0.0,), driver="470.1", cuda=(11, 4)),
        {},
        "supports CUDA 11.4, and this TensorFlow needs 12.5.1",
    ),
    "missing libraries": (
        TensorFlowProbe("2.21.0", "12.5.1", stderr="W x.cc:1] Cannot dlopen some GPU libraries."),
        CARD,
        {},
        "pip install -e '.[cuda]'",
    ),
    "a library with a name": (
        TensorFlowProbe(
            "2.21.0", "12.5.1", stderr="W x] Could not load dynamic library 'libcudnn.so.9';"
        ),
        CARD,
        {},
        "(libcudnn.so.9)",
    ),
    "an index of no card": (CUDA, CARD, {"CUDA_VISIBLE_DEVICES": "7"}, "matches no card"),
    "a message of TensorFlow": (
        TensorFlowProbe(
            "2.21.0", "12.5.1", stderr="E0000 a.cc:52] failed call to cuInit: UNKNOWN ERROR (303)"
        ),
        CARD,
        {},
        "not used: failed call to cuInit: UNKNOWN ERROR (303);",
    ),
    "no message": (CUDA, CARD, {}, "TensorFlow gives no reason"),
}


@pytest.mark.parametrize(("probe", "cards", "env", "words"), UNUSED.values(), ids=UNUSED)
def test_the_reason_why_a_card_is_not_used_is_given(
    probe: TensorFlowProbe, cards: NvidiaCards, env: dict[str, str], words: str
) -> None:
    assert words in why_unused(probe, cards, env)
    found = list(device_findings(probe, cards, env))
    assert [finding.state for finding in found] == ["ok", "hint"]
    assert "training uses the CPU" in found[0].text


def test_a_machine_without_a_card_is_ok() -> None:
    (found,) = device_findings(CUDA, NvidiaCards(), {})
    assert found.state == "ok"
    assert "no NVIDIA card" in found.text


def test_a_card_that_another_process_uses_gets_a_hint() -> None:
    probe = TensorFlowProbe("2.21.0", "12.5.1", ("NVIDIA H200",))
    (free,) = device_findings(probe, CARD, {})
    (full,) = device_findings(
        probe, NvidiaCards(present=True, names=("NVIDIA H200",), used=(0.97,)), {}
    )
    assert (free.state, free.text) == ("ok", "NVIDIA H200")
    assert full.state == "hint"
    assert "97%" in full.text
    assert "--device cpu" in full.text


@pytest.mark.parametrize(
    ("stderr", "words"),
    [
        ("killed by SIGILL", "AVX"),
        ("ModuleNotFoundError: No module named 'tensorflow'", "pip install"),
        ("Traceback\nImportError: libm.so.6: version not found\n", "libm.so.6"),
        ("", "no error message"),
    ],
)
def test_a_failed_import_is_explained_in_a_sentence(stderr: str, words: str) -> None:
    assert words in import_error(stderr)


class Done:
    """The result of a process."""

    def __init__(self, returncode: int, stdout: str = "", stderr: str = "") -> None:
        self.returncode, self.stdout, self.stderr = returncode, stdout, stderr


@pytest.mark.parametrize(
    ("done", "states"),
    [
        (Done(-4), ["problem"]),
        (Done(1, "", "No module named 'tensorflow'"), ["problem"]),
        (Done(0, "not what it should say\n"), ["problem"]),
        (Done(0, '{"version": "2.21.0", "cuda": "12.5.1", "gpus": []}\n'), ["ok", "ok"]),
    ],
    ids=["killed", "missing", "unexpected output", "there"],
)
def test_tensorflow_is_probed_in_another_process(
    monkeypatch: pytest.MonkeyPatch, done: Done, states: list[str]
) -> None:
    monkeypatch.setattr(doctor_device.subprocess, "run", lambda *_a, **_k: done)
    monkeypatch.setattr(doctor_device, "probe_cards", NvidiaCards)
    assert [finding.state for finding in doctor_device.check_device()] == states


def test_tensorflow_that_does_not_start_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_arguments: object, **_options: object) -> None:
        raise subprocess.TimeoutExpired("python", 1)

    monkeypatch.setattr(doctor_device.subprocess, "run", never)
    (found,) = doctor_device.check_device()
    assert found.state == "problem"
    assert "did not start" in found.text


def test_nvidia_cards_are_found_without_a_driver(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def device(name: str, vendor: str, kind: str) -> None:
        (tmp_path / name).mkdir()
        (tmp_path / name / "vendor").write_text(f"{vendor}\n")
        (tmp_path / name / "class").write_text(f"{kind}\n")

    device("bridge", "0x8086", "0x060000")
    device("sound", "0x10de", "0x040300")
    (tmp_path / "odd").mkdir()
    monkeypatch.setitem(sys.modules, "pynvml", Nvml("nvmlInit"))
    assert doctor_device.probe_cards(tmp_path) == NvidiaCards(problem="GPU is lost")
    device("card", "0x10de", "0x030200")
    assert doctor_device.probe_cards(tmp_path) == NvidiaCards(present=True, problem="GPU is lost")


class Nvml(types.SimpleNamespace):
    """NVIDIA's library on a machine with two cards, where the call `failing` raises."""

    class NVMLError(Exception):
        """As the library raises it."""

    def __init__(self, failing: str = "") -> None:
        def answer(name: str, value: object) -> Callable[..., object]:
            def call(*_arguments: object) -> object:
                if name == failing:
                    raise self.NVMLError("GPU is lost")
                return value

            return call

        super().__init__(**{name: answer(name, value) for name, value in NVML.items()})


NVML = {
    "nvmlInit": None,
    "nvmlDeviceGetCount": 2,
    "nvmlDeviceGetHandleByIndex": "a handle",
    "nvmlDeviceGetName": "NVIDIA H200",
    "nvmlDeviceGetMemoryInfo": types.SimpleNamespace(used=3, total=4),
    "nvmlSystemGetDriverVersion": "550.54",
    "nvmlSystemGetCudaDriverVersion": 12040,
}


def test_cards_are_described_by_nvml(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", Nvml())
    names = ("NVIDIA H200", "NVIDIA H200")
    assert doctor_device.probe_cards(tmp_path) == NvidiaCards(
        present=True, names=names, used=(0.75, 0.75), driver="550.54", cuda=(12, 4)
    )


@pytest.mark.parametrize("failing", [name for name in NVML if name != "nvmlInit"])
def test_an_nvml_error_is_a_finding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", Nvml(failing))
    cards = doctor_device.probe_cards(tmp_path)
    assert cards == NvidiaCards(present=True, problem="GPU is lost")
    assert "restart the machine" in why_unused(CUDA, cards, {})


# -- data, runs, versions ------------------------------------------------------------------------


def test_missing_data_gets_a_hint(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRAINPAD_DATA", "/nowhere")
    found = [finding for finding in check_data() if finding.what in ("mnist", "skipped")]
    assert "/nowhere" in found[0].text
    assert all(finding.state != "problem" for finding in found)


def test_the_folder_of_runs_is_checked_and_left_unchanged(tmp_path: Path) -> None:
    folder, space = check_runs(tmp_path / "deep" / "runs")
    assert folder.state == "ok"
    assert "0 runs" in folder.text
    assert "free" in space.text
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_writable_is_a_problem() -> None:
    (found,) = check_runs(Path("/proc/trainpad"))
    assert found.state == "problem"
    assert "--log_dir" in found.text


def test_little_disk_space_gets_a_hint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.cli.doctor.MIN_FREE_BYTES", 1e18)
    _, space = check_runs(tmp_path)
    assert space.state == "hint"


def test_a_missing_package_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    assert all(finding.state == "ok" for finding in check_versions())
    monkeypatch.setattr("core.cli.doctor.REQUIRED", {"plotext": "no_such.module", "numpy": "numpy"})
    found = {finding.what: finding for finding in check_versions()}
    assert found["plotext"].state == "problem"
    assert "plotext" not in found["packages"].text


# -- the terminal --------------------------------------------------------------------------------


def test_each_terminal_finding_is_ok_or_says_what_to_do() -> None:
    assert doctor.size(80, 24).state == "ok"
    assert "80x24" in doctor.size(79, 24).text
    assert doctor.colours({}, "truecolor").state == "ok"
    assert "COLORTERM" in doctor.colours({}, "256").text
    assert "xterm-256color" in doctor.colours({"TERM": "vt100"}, None).text
    assert "unset NO_COLOR" in doctor.colours({"NO_COLOR": ""}, "truecolor").text
    assert "LC_ALL" in doctor.characters({}, ascii_only=True).text
    assert "console" in doctor.characters({"TERM": "linux"}, ascii_only=True).text
    assert "arrow keys" in doctor.mouse({"TERM": "vt100"}, knows_mouse=False).text
    assert doctor.mouse({}, knows_mouse=True).state == "ok"


def test_the_connection_is_described() -> None:
    assert "10 frames" in doctor.connection({}, Pace(10, None)).text
    remote = doctor.connection({"TMUX": "x"}, Pace(4, 4096)).text
    assert "over SSH inside tmux" in remote
    assert "4,096 bytes" in remote


@pytest.mark.parametrize(
    ("env", "kills", "lingers", "words"),
    [
        ({}, False, False, "continues"),
        ({}, True, True, "continues"),
        ({}, True, False, "enable-linger"),
        ({"SLURM_JOB_ID": "12"}, False, False, "job 12"),
    ],
)
def test_whether_a_run_outlives_its_session(
    env: dict[str, str], kills: bool, lingers: bool, words: str
) -> None:
    (found,) = doctor.logout(env, kills=kills, lingers=lingers)
    assert words in found.text


def test_later_files_of_logind_win(tmp_path: Path) -> None:
    first, folder = tmp_path / "logind.conf", tmp_path / "logind.conf.d"
    assert not doctor.kills_on_logout((first, folder))
    first.write_text("[Login]\n#KillUserProcesses=no\nKillUserProcesses=yes\n")
    folder.mkdir()
    assert doctor.kills_on_logout((first, folder))
    (folder / "50-ours.conf").write_text("[Login]\nKillUserProcesses = no\n")
    assert not doctor.kills_on_logout((first, folder))


# -- printing -------------------------------------------------------------------------------------

FOUND = [
    ok("terminal", "size", "80x24"),
    hint("data", "mnist", "not here; " + "fetch it " * 12),
    problem("device", "tensorflow", "not installed\x1b[2J"),
]


def test_findings_are_printed_by_topic_and_a_problem_sets_the_status() -> None:
    out = io.StringIO()
    assert report(FOUND[:2], io.StringIO(), as_json=False) == 0
    assert report(FOUND, out, as_json=False, width=60) == 1
    lines = out.getvalue().splitlines()
    assert [line for line in lines if not line.startswith(" ")] == ["terminal", "data", "device"]
    assert all(len(line) <= 60 for line in lines)
    assert "\x1b" not in out.getvalue()
    assert lines[1].split() == ["ok", "size", "80x24"]


def test_findings_are_json_objects() -> None:
    out = io.StringIO()
    assert report(FOUND, out, as_json=True) == 1
    values = [json.loads(line) for line in out.getvalue().splitlines()]
    assert [value["state"] for value in values] == ["ok", "hint", "problem"]
    assert set(values[0]) == {"topic", "what", "state", "text"}


def test_the_command_runs_all_checks(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(doctor_device, "check_device", lambda: iter(FOUND[:1]))
    with pytest.raises(SystemExit) as left:
        main.main(["doctor", "--json", "--log_dir", str(tmp_path)])
    out = capsys.readouterr().out
    assert left.value.code == 0
    topics = [json.loads(line)["topic"] for line in out.splitlines()]
    assert {"terminal", "versions", "runs", "data"} <= set(topics)
