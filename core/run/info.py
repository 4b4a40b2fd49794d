"""What the `run.json` of a run says of it, as text for people."""

from collections.abc import Mapping
from typing import Any, Final

from trainpad.text import sanitize

FRAMEWORKS: Final = (
    "lightning", "pytorch_lightning", "transformers", "keras", "torch", "flax", "jax",
    "tensorflow", "mlx", "xgboost", "lightgbm", "sklearn",
)  # fmt: skip
"""What a program may be built on, the most specific first."""


def parent_in(info: Mapping[str, Any]) -> str:
    """What the run was branched from: ``a-run at step 5,000``; empty if nothing."""
    parent = info.get("parent")
    if not isinstance(parent, dict) or not isinstance(parent.get("run"), str):
        return ""
    name, step = sanitize(parent["run"], limit=80), parent.get("step")
    return f"{name} at step {step:,}" if isinstance(step, int) else name


def title_in(info: Mapping[str, Any]) -> str:
    """The project of an attached run and its name, as its program gave it; empty of ours."""
    project, label, name = (
        sanitize(value, limit=60) if isinstance(value := info.get(key), str) else ""
        for key in ("project", "label", "name")
    )
    if not project:
        return ""
    if not label:  # its folder has the time, and mostly the project
        return name if project in name else f"{project} / {name}"
    return f"{project} / {label}"


def framework_in(info: Mapping[str, Any]) -> str:
    """What the program is built on, with its version: ``keras 3.9.0``; or ""."""
    versions = info.get("versions")
    if not isinstance(versions, dict):
        return ""
    found = next((name for name in FRAMEWORKS if isinstance(versions.get(name), str)), "")
    return f"{found} {sanitize(versions[found], limit=20)}" if found else ""


def notice_in(info: Mapping[str, Any]) -> str:
    """What is to be known about the data of the run; mostly nothing."""
    dataset = info.get("dataset")
    notice = dataset.get("notice") if isinstance(dataset, dict) else None
    return sanitize(notice, limit=300) if isinstance(notice, str) else ""
