"""Settings of Keras and TensorFlow outside of trainpad do not change a run."""

import json
import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from conftest import REPOSITORY

from core.cli.doctor import check_versions
from core.process.libraries import clean_environment, clean_imports, ignored_settings

FLOAT16 = {"floatx": "float16", "epsilon": 1e-4, "image_data_format": "channels_first"}
SURROUNDINGS: dict[str, tuple[dict[str, Any], dict[str, str]]] = {
    "damaged settings and variables": (
        {"backend": "torch", **FLOAT16, "floatx": "int4"},
        {"KERAS_BACKEND": "jax", "MPLBACKEND": "module://a.notebook"},
    ),
    "no settings": (
        {},
        {"KERAS_MAX_EPOCHS": "many", "TF_XLA_FLAGS": "--x", "TF_ENABLE_ONEDNN_OPTS": "0"},
    ),
}
"""`keras.json`, which ends the import of Keras if it is read, and variables; each takes seconds."""
IMPORTS = """
import os, sys
from core.process.libraries import clean_imports
before = {k: v for k, v in os.environ.items() if k.startswith("KERAS")}
with clean_imports():
    import core.training.model, keras
c = keras.config
print(c.backend(), c.floatx(), c.epsilon(), c.image_data_format(),
      {"matplotlib", "sklearn"} & {*sys.modules},
      os.environ.get("TF_ENABLE_ONEDNN_OPTS"), os.environ.get("TF_XLA_FLAGS"),
      before == {k: v for k, v in os.environ.items() if k.startswith("KERAS")})
"""


@pytest.mark.parametrize("name", SURROUNDINGS)
def test_keras_has_its_defaults_whatever_surrounds_it(name: str, own_home: Path) -> None:
    settings, variables = SURROUNDINGS[name]
    folder = own_home / ".keras"
    if settings:
        folder.mkdir()
        (folder / "keras.json").write_text(json.dumps(settings))
    ran = subprocess.run(
        [sys.executable, "-c", IMPORTS], env={**os.environ, **variables}, cwd=REPOSITORY,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ran.stdout == "tensorflow float32 1e-07 channels_last set() None None True\n", ran.stderr
    assert "matplotlib" not in ran.stderr
    assert folder.exists() == bool(settings)


def test_only_the_folder_of_cuda_stays_in_the_flags_of_xla() -> None:
    environment = {"XLA_FLAGS": "--xla_cpu_enable_fast_math=true --xla_gpu_cuda_data_dir=/opt/cuda"}
    assert clean_environment(environment)["XLA_FLAGS"] == "--xla_gpu_cuda_data_dir=/opt/cuda"
    assert "XLA_FLAGS" not in clean_environment({"XLA_FLAGS": "--unknown"})


def test_modules_that_are_loaded_already_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", os)
    monkeypatch.delitem(sys.modules, "sklearn", raising=False)
    with clean_imports():
        assert sys.modules["matplotlib"] is os
        with pytest.raises(ImportError):
            import_module("sklearn")
    assert sys.modules["matplotlib"] is os
    assert "sklearn" not in sys.modules


def test_doctor_names_what_is_ignored(monkeypatch: pytest.MonkeyPatch, own_home: Path) -> None:
    for name in [*os.environ]:
        if name.startswith(("KERAS_", "TF_", "XLA_")):
            monkeypatch.delenv(name)
    assert ignored_settings(os.environ) == []
    assert [finding for finding in check_versions() if finding.what == "ignored"] == []
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    (own_home / ".keras").mkdir()
    path = own_home / ".keras" / "keras.json"
    path.write_text(json.dumps({"floatx": "float16", "backend": "tensorflow"}))
    (finding,) = (finding for finding in check_versions() if finding.what == "ignored")
    assert finding.state == "ok"
    assert finding.text.startswith(f"KERAS_BACKEND=torch, {path}: floatx float16; ")
