"""Which device TensorFlow would train on, and why one that is there is not used.

TensorFlow is asked in a process of its own: its C++ code says on descriptor 2 what is wrong, a
crash of it is a finding, and its memory is gone afterwards. The card itself is asked through NVML,
which needs nothing but the driver; so what the two say differently is what has to be explained.
"""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from core.cli.findings import Finding, hint, ok, problem
from trainpad.text import sanitize

TIMEOUT: Final = 120.0
"""Seconds that TensorFlow may take to start: a cold disk on a shared machine is slow."""
PROBE: Final = """
import json
import tensorflow as tf
gpus = tf.config.list_physical_devices("GPU")
names = [tf.config.experimental.get_device_details(gpu).get("device_name", "GPU") for gpu in gpus]
print(json.dumps({
    "version": tf.__version__,
    "cuda": tf.sysconfig.get_build_info().get("cuda_version", ""),
    "gpus": names,
}))
"""
NVIDIA_VENDOR: Final = "0x10de"
DISPLAY_CLASS: Final = "0x03"
"""The class of PCI devices that graphics cards and accelerators of NVIDIA's are of."""
MEMORY_IN_USE: Final = 0.9
"""The share of a GPU's memory from which on somebody else is using it."""


@dataclass(frozen=True, slots=True)
class TensorFlowProbe:
    """What TensorFlow says of itself."""

    version: str = ""
    """Nothing where it cannot be imported; `said` then tells why."""
    cuda: str = ""
    """The version of CUDA that it was built for; nothing in a build for CPUs."""
    gpus: tuple[str, ...] = ()
    stderr: str = ""
    """What it printed on standard error."""


@dataclass(frozen=True, slots=True)
class NvidiaCards:
    """What the machine says of its NVIDIA cards."""

    present: bool = False
    """Whether there is one at all, with a driver or without."""
    names: tuple[str, ...] = ()
    """Those that the driver knows."""
    used: tuple[float, ...] = ()
    """The share of each one's memory that is in use."""
    driver: str = ""
    cuda: tuple[int, int] = (0, 0)
    """The newest version of CUDA that the driver can do."""
    problem: str = ""
    """Why the driver does not answer."""


def check_device() -> Iterator[Finding]:
    """TensorFlow's version, and what it trains on."""
    probe = probe_tensorflow()
    if not probe.version:
        yield problem("device", "tensorflow", import_error(probe.stderr))
        return
    build = f"built for CUDA {probe.cuda}" if probe.cuda else "built for the CPU alone"
    yield ok("device", "tensorflow", f"{probe.version}, {build}")
    yield from device_findings(probe, probe_cards(), os.environ)


def probe_tensorflow() -> TensorFlowProbe:
    """Import TensorFlow elsewhere, and ask it."""
    try:
        done = subprocess.run(  # noqa: S603 - our own Python, our own program
            [sys.executable, "-c", PROBE],
            capture_output=True, text=True, errors="replace", timeout=TIMEOUT, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return TensorFlowProbe(stderr=f"it did not start within {TIMEOUT:.0f} seconds")
    if done.returncode < 0:
        return TensorFlowProbe(stderr=f"killed by {signal.Signals(-done.returncode).name}")
    try:
        values = json.loads(done.stdout.splitlines()[-1])
    except (IndexError, ValueError):
        return TensorFlowProbe(stderr=done.stderr)
    return TensorFlowProbe(values["version"], values["cuda"], tuple(values["gpus"]), done.stderr)


def import_error(stderr: str) -> str:
    """A sentence on an import of TensorFlow that failed, from what it `said`."""
    if "SIGILL" in stderr:
        return "this processor lacks instructions (AVX) that TensorFlow's packages need"
    if "No module named 'tensorflow'" in stderr:
        return "not installed; `pip install -e .` in trainpad's folder"
    lines = [line for line in stderr.splitlines() if line.strip()] or ["it said nothing"]
    return f"cannot be imported: {sanitize(lines[-1], limit=200)}; install it anew"


def probe_cards(devices: Path = Path("/sys/bus/pci/devices")) -> NvidiaCards:
    """Ask NVML; without it, look for NVIDIA's number among the machine's devices."""
    present = any(map(_is_nvidia, devices.glob("*")))
    try:
        import pynvml
    except ImportError:
        return NvidiaCards(present, problem="the package nvidia-ml-py is not installed")
    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError as error:
        return NvidiaCards(present, problem=str(error))
    try:
        return _cards_from_nvml(pynvml)
    except pynvml.NVMLError as error:  # a driver that answers is only there for a card
        return NvidiaCards(present=True, problem=str(error))


def _cards_from_nvml(nvml: Any) -> NvidiaCards:
    """What NVIDIA's library says of all cards."""
    handles = [nvml.nvmlDeviceGetHandleByIndex(n) for n in range(nvml.nvmlDeviceGetCount())]
    memory = [nvml.nvmlDeviceGetMemoryInfo(handle) for handle in handles]
    number = nvml.nvmlSystemGetCudaDriverVersion()
    return NvidiaCards(
        present=bool(handles),
        names=tuple(nvml.nvmlDeviceGetName(handle) for handle in handles),
        used=tuple(entry.used / entry.total for entry in memory),
        driver=nvml.nvmlSystemGetDriverVersion(),
        cuda=(number // 1000, number % 1000 // 10),
    )


def _is_nvidia(device: Path) -> bool:
    try:
        vendor = (device / "vendor").read_text()
        return vendor.startswith(NVIDIA_VENDOR) and (device / "class").read_text().startswith(
            DISPLAY_CLASS
        )
    except OSError:
        return False


def device_findings(
    probe: TensorFlowProbe, cards: NvidiaCards, env: Mapping[str, str]
) -> Iterator[Finding]:
    """What training uses; a card that is there and is not used gets the reason."""
    for number, name in enumerate(probe.gpus):
        yield _gpu_finding(number, name, cards)
    if probe.gpus:
        return
    if not cards.present:
        text = f"{os.cpu_count()} cores; this machine has no NVIDIA card"
        yield ok("device", "cpu", text)
        return
    yield ok("device", "cpu", f"{os.cpu_count()} cores; this is what trains now")
    yield hint("device", "gpu", why_unused(probe, cards, env))


def _gpu_finding(number: int, name: str, cards: NvidiaCards) -> Finding:
    # Only where all are visible does TensorFlow's number mean the same card as NVML's.
    used = cards.used[number] if len(cards.used) == 1 else 0.0
    if used > MEMORY_IN_USE:
        text = f"{name}: {used:.0%} of its memory is in use; see who by `nvidia-smi`"
        return hint("device", f"gpu:{number}", f"{text}, or train with --device cpu")
    return ok("device", f"gpu:{number}", name)


def why_unused(probe: TensorFlowProbe, cards: NvidiaCards, env: Mapping[str, str]) -> str:
    """A sentence: why TensorFlow does not use the NVIDIA card that is there."""
    name = cards.names[0] if cards.names else "an NVIDIA card"
    hidden = env.get("CUDA_VISIBLE_DEVICES")
    if hidden is not None and hidden.strip() in ("", "-1"):
        return f"{name} is hidden by CUDA_VISIBLE_DEVICES={hidden}; `unset CUDA_VISIBLE_DEVICES`"
    if cards.problem:
        broken_for_now = any(word in cards.problem for word in ("mismatch", "lost"))
        advice = "restart the machine" if broken_for_now else "install NVIDIA's driver"
        return (
            f"{name} is here, but its driver does not answer: {sanitize(cards.problem)}; {advice}"
        )
    if not probe.cuda:
        return f"{name} is here, but this TensorFlow is built for the CPU; install 'tensorflow'"
    if cards.cuda and cards.cuda[0] < _major(probe.cuda):
        able = ".".join(map(str, cards.cuda))
        return (
            f"{name}: its driver {cards.driver} can do CUDA {able}, and this TensorFlow needs "
            f"{probe.cuda}; a newer driver is needed"
        )
    if "Cannot dlopen" in probe.stderr or "Could not load dynamic library" in probe.stderr:
        missing = sorted(set(re.findall(r"lib[\w-]+\.so[.\d]*", probe.stderr)))
        named = f" ({', '.join(missing)})" if missing else ""
        return f"{name}: libraries of CUDA are missing{named}; `pip install -e '.[cuda]'`"
    if hidden is not None:
        return f"{name}: CUDA_VISIBLE_DEVICES={sanitize(hidden)} names no card; unset it"
    return f"{name} is not used: {_cuda_message(probe.stderr)}; try `pip install -e '.[cuda]'`"


def _major(version: str) -> int:
    digits = version.partition(".")[0]
    return int(digits) if digits.isdigit() else 0


def _cuda_message(stderr: str) -> str:
    """The line that is about CUDA, without the time and place that TensorFlow puts before it."""
    for line in stderr.splitlines():
        if re.search(r"cuinit|cuda drivers|cuda_error", line, re.IGNORECASE):
            return sanitize(line.partition("] ")[2] or line, limit=200).rstrip(".")
    return "TensorFlow does not say why"
