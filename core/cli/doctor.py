"""The checks of `trainpad doctor` on data, the folder of runs, and packages.

The sentence of a finding that is not ok says what would help; a problem is something that trainpad
cannot work without. Findings are yielded one by one, since some of them take seconds.
"""

import importlib.util
import os
import platform
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from core.cli.findings import Finding, hint, ok, problem
from core.output.counted import counted
from core.process.libraries import ignored_settings
from core.rundir.rundir import list_runs, log_dir_from
from core.rundir.versions import version_of
from data.catalog import CATALOG
from data.find import describe_origin, find_dataset
from trainpad.errors import UserError
from trainpad.probe import NOT_PRIVATE, check_log_dir, nearest_existing
from trainpad.version import __version__

MIN_FREE_BYTES: Final = 200e6
"""A run with its summaries and checkpoints takes some tens of megabytes."""
REQUIRED: Final = {
    "numpy": "numpy",
    "textual": "textual",
    "plotext": "plotext",
    "click": "click",
    "platformdirs": "platformdirs",
    "safetensors": "safetensors",
    "pooch": "pooch",
    "psutil": "psutil",
    "protobuf": "google.protobuf",
    "pillow": "PIL",
}
"""Every package but TensorFlow, and the module that it installs."""


# -- data ----------------------------------------------------------------------------------------


def check_data() -> Iterator[Finding]:
    """Yield the data sets of the catalog that are on this machine; the network is not used."""
    mnist = find_dataset("mnist")
    for sentence in mnist.skipped:
        yield hint("data", "skipped", sentence)
    if mnist.dataset is not None:
        text = f"{mnist.dataset.source}; {describe_origin('mnist', mnist.dataset)}"
        yield ok("data", "mnist", text)
    else:
        size = CATALOG["mnist"].size / 1e6
        text = (
            f"not on this machine; `trainpad data mnist` downloads it ({size:,.0f} MB), or "
            "--input_data_dir names its folder; without it, trainpad trains on drawn digits"
        )
        yield hint("data", "mnist", text)
    for name in CATALOG:
        if name != "mnist" and (dataset := find_dataset(name).dataset) is not None:
            yield ok("data", name, dataset.source)


# -- the folder of runs --------------------------------------------------------------------------


def check_runs(given: Path | None = None) -> Iterator[Finding]:
    """Yield whether runs can be written to `given`, or where they go without; nothing is left."""
    try:
        log_dir = log_dir_from(given)
    except UserError as error:
        yield problem("runs", "folder", str(error))
        return
    try:
        probe = check_log_dir(log_dir)
    except UserError as error:
        yield problem("runs", "folder", str(error))
        return
    count = len(list_runs(log_dir))
    yield ok("runs", "folder", f"{log_dir} can be written; {counted(count, 'run')} in it")
    if not probe.is_private:
        yield hint("runs", "steering", NOT_PRIVATE)
    yield _space(nearest_existing(log_dir))


def _space(folder: Path) -> Finding:
    free = shutil.disk_usage(folder).free
    if free < MIN_FREE_BYTES:
        text = f"{free / 1e6:,.0f} MB free, less than some runs need; delete old runs on screen 4"
        return hint("runs", "space", text)
    return ok("runs", "space", f"{free / 1e9:,.1f} GB free")


# -- versions ------------------------------------------------------------------------------------


def check_versions() -> Iterator[Finding]:
    """Yield the versions of Python and the packages; a missing package is a problem."""
    if (3, 11) <= sys.version_info[:2] < (3, 14):
        yield ok("versions", "python", platform.python_version())
    else:
        text = f"{platform.python_version()}: TensorFlow 2.21 needs Python 3.11, 3.12 or 3.13"
        yield problem("versions", "python", text)
    missing = [name for name, module in REQUIRED.items() if not _is_installed(module)]
    for name in missing:
        yield problem("versions", name, "not installed; `pip install -e .` in trainpad's folder")
    rest = [f"{name} {version_of(name)}" for name in REQUIRED if name not in missing]
    yield ok("versions", "packages", ", ".join([f"trainpad {__version__}", *rest]))
    if ignored := ignored_settings(os.environ):
        text = "a run depends on its hyperparameters, seed and data alone"
        yield ok("versions", "ignored", f"{', '.join(ignored)}; {text}")


def _is_installed(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False
