"""The check of `trainpad doctor` on devices: what TensorFlow trains on, and why not on a GPU.

TensorFlow is queried in a process of its own: its C++ code reports errors on descriptor 2, a crash
is a finding, and its memory is freed afterwards. The GPU is also queried through NVML, which needs
only the driver; a difference between the two has to be explained.
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
from core.process.libraries import clean_environment
from trainpad.files import read_plain
from trainpad.text import sanitize

TIMEOUT: Final = 120.0
"""Seconds for TensorFlow to start: a cold disk on a shared machine is slow."""
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
"""Prefix of the PCI class of graphics cards and accelerators."""
MEMORY_IN_USE: Final = 0.9
"""Fraction of a GPU's memory above which another process must be using it."""


@dataclass(frozen=True, slots=True)
class TensorFlowProbe:
    """The result of importing TensorFlow."""

    version: str = ""
    """Empty where it cannot be imported; `stderr` then says why."""
    cuda: str = ""
    """The version of CUDA that it was built for; empty in a build for CPUs."""
    gpus: tuple[str, ...] = ()
    stderr: str = ""
    """What the process printed on standard error."""


@dataclass(frozen=True, slots=True)
class NvidiaCards:
    """The NVIDIA cards of this machine, by its PCI bus and NVML."""

    present: bool = False
    """Whether there is a card, with a driver or without."""
    names: tuple[str, ...] = ()
    """The names of cards that the driver knows."""
    used: tuple[float, ...] = ()
    """The fraction of each card's memory that is in use."""
    driver: str = ""
    cuda: tuple[int, int] = (0, 0)
    """The newest version of CUDA that the driver supports."""
    problem: str = ""
    """Why the driver does not answer."""


def check_device() -> Iterator[Finding]:
    """Yield TensorFlow's version, and the devices that it trains on."""
    probe = probe_tensorflow()
    if not probe.version:
        yield problem("device", "tensorflow", import_error(probe.stderr))
        return
    build = f"built for CUDA {probe.cuda}" if probe.cuda else "built for CPUs only"
    yield ok("device", "tensorflow", f"{probe.version}, {build}")
    yield from device_findings(probe, probe_cards(), os.environ)


def probe_tensorflow() -> TensorFlowProbe:
    """Import TensorFlow in another process, and list its GPUs."""
    try:
        done = subprocess.run(  # noqa: S603 - our own Python, our own program
            [sys.executable, "-c", PROBE],
            capture_output=True, text=True, errors="replace", timeout=TIMEOUT, check=False,
            env=clean_environment(os.environ),
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
    """Return a sentence on a failed import of TensorFlow, from its `stderr`."""
    if "SIGILL" in stderr:
        return "this processor lacks instructions (AVX) that TensorFlow's packages need"
    if "No module named 'tensorflow'" in stderr:
        return "not installed; `pip install -e .` in trainpad's folder"
    lines = [line for line in stderr.splitlines() if line.strip()] or ["no error message"]
    return f"cannot be imported: {sanitize(lines[-1], limit=200)}; reinstall it"


def probe_cards(devices: Path = Path("/sys/bus/pci/devices")) -> NvidiaCards:
    """Query NVML; without it, look for NVIDIA's vendor number on the PCI bus."""
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
    except pynvml.NVMLError as error:  # a driver that answers implies a card
        return NvidiaCards(present=True, problem=str(error))


def _cards_from_nvml(nvml: Any) -> NvidiaCards:
    """Return what NVML reports on all cards."""
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
        vendor, kind = (read_plain(device / name, 64).decode() for name in ("vendor", "class"))
        return vendor.startswith(NVIDIA_VENDOR) and kind.startswith(DISPLAY_CLASS)
    except OSError:
        return False


def device_findings(
    probe: TensorFlowProbe, cards: NvidiaCards, env: Mapping[str, str]
) -> Iterator[Finding]:
    """Yield the devices that training uses, and why a card is not used."""
    for number, name in enumerate(probe.gpus):
        yield _gpu_finding(number, name, cards)
    if probe.gpus:
        return
    if not cards.present:
        text = f"{os.cpu_count()} cores; this machine has no NVIDIA card"
        yield ok("device", "cpu", text)
        return
    yield ok("device", "cpu", f"{os.cpu_count()} cores; training uses the CPU")
    yield hint("device", "gpu", why_unused(probe, cards, env))


def _gpu_finding(number: int, name: str, cards: NvidiaCards) -> Finding:
    # TensorFlow's and NVML's indices agree only where all cards are visible.
    used = cards.used[number] if len(cards.used) == 1 else 0.0
    if used > MEMORY_IN_USE:
        text = f"{name}: {used:.0%} of its memory is in use; `nvidia-smi` shows by which process"
        return hint("device", f"gpu:{number}", f"{text}, or train with --device cpu")
    return ok("device", f"gpu:{number}", name)


def why_unused(probe: TensorFlowProbe, cards: NvidiaCards, env: Mapping[str, str]) -> str:
    """Return a sentence on why TensorFlow does not use the NVIDIA card."""
    name = cards.names[0] if cards.names else "an NVIDIA card"
    hidden = env.get("CUDA_VISIBLE_DEVICES")
    if hidden is not None and hidden.strip() in ("", "-1"):
        return f"{name} is hidden by CUDA_VISIBLE_DEVICES={hidden}; `unset CUDA_VISIBLE_DEVICES`"
    if cards.problem:
        needs_restart = any(word in cards.problem for word in ("mismatch", "lost"))
        advice = "restart the machine" if needs_restart else "install NVIDIA's driver"
        return f"{name}: its driver does not answer: {sanitize(cards.problem)}; {advice}"
    if not probe.cuda:
        return f"{name} is present, but this TensorFlow is built for CPUs; install 'tensorflow'"
    if cards.cuda and cards.cuda[0] < _major(probe.cuda):
        supported = ".".join(map(str, cards.cuda))
        return (
            f"{name}: its driver {cards.driver} supports CUDA {supported}, and this TensorFlow "
            f"needs {probe.cuda}; install a newer driver"
        )
    if "Cannot dlopen" in probe.stderr or "Could not load dynamic library" in probe.stderr:
        missing = sorted(set(re.findall(r"lib[\w-]+\.so[.\d]*", probe.stderr)))
        named = f" ({', '.join(missing)})" if missing else ""
        return f"{name}: CUDA libraries are missing{named}; `pip install -e '.[cuda]'`"
    if hidden is not None:
        return f"{name}: CUDA_VISIBLE_DEVICES={sanitize(hidden)} matches no card; unset it"
    return f"{name} is not used: {_cuda_message(probe.stderr)}; try `pip install -e '.[cuda]'`"


def _major(version: str) -> int:
    digits = version.partition(".")[0]
    return int(digits) if digits.isdigit() else 0


def _cuda_message(stderr: str) -> str:
    """Return the line on CUDA, without TensorFlow's prefix of time and source file."""
    for line in stderr.splitlines():
        if re.search(r"cuinit|cuda drivers|cuda_error", line, re.IGNORECASE):
            return sanitize(line.partition("] ")[2] or line, limit=200).rstrip(".")
    return "TensorFlow gives no reason"
