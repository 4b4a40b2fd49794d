"""What Keras and TensorFlow read from their environment, so that it does not change a run.

A run is a function of its hyperparameters, changes, seed and data. But Keras reads its backend, its
type of numbers, its epsilon and its image format from `KERAS_*` and `~/.keras/keras.json` while it
is imported; TensorFlow reads variables that choose other arithmetic. `clean_imports` hides both;
all else, as `CUDA_VISIBLE_DEVICES`, `TF_NUM_INTRAOP_THREADS` and `TF_CPP_MIN_LOG_LEVEL`, is theirs.
"""

import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from trainpad.files import read_plain

MAX_BYTES: Final = 1 << 16
"""How much of `keras.json` is read."""
KERAS_PREFIX: Final = "KERAS_"
KERAS: Final = {"KERAS_BACKEND": "tensorflow", "KERAS_HOME": os.devnull}
"""What Keras is given instead; below the null device it finds no settings, and writes none."""
KERAS_DEFAULTS: Final = {
    "backend": "tensorflow", "floatx": "float32", "epsilon": 1e-7,
    "image_data_format": "channels_last",
}  # fmt: skip
"""The settings that Keras has without `keras.json`."""
UNUSED: Final = ("matplotlib", "sklearn")
"""Packages that Keras imports where they are installed."""
ARITHMETIC: Final = (
    "TF_ENABLE_ONEDNN_OPTS",
    "TF_ENABLE_AUTO_MIXED_PRECISION",
    "TF_SET_ONEDNN_FPMATH_MODE",
    "TF_USE_LEGACY_KERAS",
    "TF_XLA_FLAGS",
    "ONEDNN_DEFAULT_FPMATH_MODE",
    "ONEDNN_MAX_CPU_ISA",
    "DNNL_DEFAULT_FPMATH_MODE",
    "DNNL_MAX_CPU_ISA",
    "NVIDIA_TF32_OVERRIDE",
)
"""Variables with which TensorFlow computes other numbers."""
XLA_FLAGS: Final = "XLA_FLAGS"
XLA_KEPT: Final = "--xla_gpu_cuda_data_dir="
"""The one flag in it that says where something is, and not how to compute."""


def clean_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment variables without those that change what a run computes."""
    hidden = (*ARITHMETIC, XLA_FLAGS)
    clean = {
        name: value
        for name, value in environment.items()
        if name not in hidden and not name.startswith(KERAS_PREFIX)
    }
    flags = environment.get(XLA_FLAGS, "").split()
    if kept := [flag for flag in flags if flag.startswith(XLA_KEPT)]:
        clean[XLA_FLAGS] = " ".join(kept)
    return clean | KERAS


@contextmanager
def clean_imports() -> Iterator[None]:
    """A block that imports Keras or TensorFlow, for the first time in this process.

    TensorFlow may read its variables at any time: they stay hidden. So do the packages `UNUSED`,
    which Keras imports for functions that are not used here: scikit-learn takes a second, and where
    the home folder cannot be written, or where `MPLBACKEND` names a notebook's, Matplotlib prints
    warnings or fails.
    """
    before = dict(os.environ)
    _set_environment(clean_environment(before))
    blocked = [name for name in UNUSED if sys.modules.setdefault(name, None) is None]  # type: ignore[arg-type]
    try:
        yield
    finally:
        for name in blocked:
            del sys.modules[name]
        keras = {name: value for name, value in before.items() if name.startswith(KERAS_PREFIX)}
        rest = {name: value for name, value in os.environ.items() if name not in KERAS}
        _set_environment(rest | keras)


def _set_environment(environment: Mapping[str, str]) -> None:
    """Change only what differs: other threads may read the rest."""
    for name in set(os.environ) - set(environment):
        del os.environ[name]
    for name, value in environment.items():
        if os.environ.get(name) != value:
            os.environ[name] = value


def ignored_settings(environment: Mapping[str, str]) -> list[str]:
    """Return what is hidden from Keras and TensorFlow: variables, and fields of `keras.json`."""
    clean = clean_environment(environment)
    found = [
        f"{name}={value}"
        for name, value in sorted(environment.items())
        if name != "KERAS_HOME" and clean.get(name) != value
    ]
    home = environment.get("KERAS_HOME") or os.path.expanduser("~/.keras")  # noqa: PTH111 - or "~"
    path = Path(home) / "keras.json"
    fields = _read_json(path).items()
    different = [
        f"{key} {value}" for key, value in fields if KERAS_DEFAULTS.get(key, value) != value
    ]
    return [*found, *(f"{path}: {text}" for text in different)]


def _read_json(path: Path) -> dict[str, Any]:
    try:
        values = json.loads(read_plain(path, MAX_BYTES))
    except (OSError, ValueError, RecursionError):
        return {}
    return values if isinstance(values, dict) else {}
