"""The lab's exercise as a Jupyter notebook: loss and precision @ 1 of one or several runs.

The notebook is written as nbformat 4.5. It imports numpy and matplotlib but not trainpad: it reads
the two simplest files of a run directory with code of its own, which is meant to be read.
"""

import base64
import json
import pprint
from collections.abc import Sequence
from typing import Any

from core.export.export import Export
from trainpad.text import sanitize

READER = '''\
def losses(run):
    """The loss of every step: `loss.f32` holds one little-endian float32 for each."""
    return np.fromfile(run / "loss.f32", "<f4")


def events(run):
    """The events in order: `events.jsonl` holds one JSON object a line."""
    with open(run / "events.jsonl", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.endswith("\\n")]


def precisions(run, split):
    """Steps and precision @ 1 of every evaluation, without those that a restart replaced."""
    values = {}
    for event in events(run):
        if event["event"] == "started":
            values = {step: value for step, value in values.items() if step <= event["step"]}
        if event["event"] == "evaluated" and split in event["confusion"]:
            confusion = np.array(event["confusion"][split])
            values[event["step"]] = np.trace(confusion) / max(1, confusion.sum())
    return np.array(sorted(values)), np.array([values[step] for step in sorted(values)])


def hyperparameters(run):
    """The hyperparameters at the end of the run."""
    values = json.loads((run / "run.json").read_text(encoding="utf-8"))["hyperparameters"]
    for event in events(run):
        if event["event"] == "started":
            values = event["hyperparameters"]
        if event["event"] == "changed":
            values[event["name"]] = event["new"]
    return values


def evaluated_losses(run, split):
    """Steps and mean loss of every evaluation, without those that a restart replaced."""
    values = {}
    for event in events(run):
        if event["event"] == "started":
            values = {step: value for step, value in values.items() if step <= event["step"]}
        if event["event"] == "evaluated" and split in event.get("loss", {}):
            values[event["step"]] = float(event["loss"][split])
    return np.array(sorted(values)), np.array([values[step] for step in sorted(values)])


def columns(values, width=800):
    """First step, mean, least and greatest of equal parts of ten values or more, up to `width`."""
    width = min(width, max(20, len(values) // 10))
    starts = np.unique(np.linspace(0, len(values), width, endpoint=False).astype(int))
    finite = np.isfinite(values)
    counts = np.maximum(1, np.add.reduceat(finite.astype(int), starts))
    means = np.add.reduceat(np.where(finite, values, 0.0).astype(float), starts) / counts
    known = np.where(finite, values, np.nan)
    return starts, means, np.fmin.reduceat(known, starts), np.fmax.reduceat(known, starts)'''

LOSS = """\
figure, axes = plt.subplots(figsize=(9, 4))
for name, run in RUNS.items():
    loss = losses(run)
    if not len(loss):
        continue
    steps, mean, low, high = columns(loss)
    (line,) = axes.plot(steps, mean, label=f"{name}, each batch")
    axes.fill_between(steps, low, high, color=line.get_color(), alpha=0.25, linewidth=0)
    steps, evaluated = evaluated_losses(run, "validation")
    if len(steps):
        style = dict(color=line.get_color(), linestyle="--", marker="o", markersize=3)
        axes.plot(steps, evaluated, label=f"{name}, validation", **style)
title = "loss: of each batch from the least to the greatest, with the mean; of validation"
axes.set(xlabel="step", ylabel="loss", title=title)
axes.grid(alpha=0.3)
_ = axes.legend()"""

ACCURACY = """\
figure, axes = plt.subplots(figsize=(9, 4))
for name, run in RUNS.items():
    for split in SPLITS:
        steps, precision = precisions(run, split)
        axes.plot(steps, precision, marker="o", label=f"{name}, {split}")
axes.set(xlabel="steps", ylabel="precision @ 1", title="precision @ 1 on whole splits")
axes.grid(alpha=0.3)
_ = axes.legend()"""

COMPARISON = """\
settings = {name: hyperparameters(run) for name, run in RUNS.items()}
differing = sorted(
    key
    for key in set.union(*map(set, settings.values()))
    if len({str(values.get(key)) for values in settings.values()}) > 1
)
best = {}
for name, run in RUNS.items():
    steps, precision = precisions(run, "test")
    best[name] = precision.max() if len(precision) else float("nan")
    values = ", ".join(f"{key} = {settings[name].get(key)}" for key in differing)
    result = f"{len(losses(run)):,} steps, best precision @ 1 on test {best[name]:.4f}"
    print(f"{name}: {result}; {values}")"""

BY_SETTING = """\
KEY = "max_steps" if "max_steps" in differing else differing[0] if differing else "max_steps"
order = sorted(RUNS, key=lambda name: (str(type(settings[name][KEY])), settings[name][KEY]))
figure, axes = plt.subplots(figsize=(9, 4))
axes.plot([str(settings[name][KEY]) for name in order], [best[name] for name in order], marker="o")
axes.set(xlabel=KEY, ylabel="best precision @ 1 on test", title=f"effect of {KEY}")
axes.grid(alpha=0.3)"""


def notebook(exports: Sequence[Export], picture: bytes | None = None) -> bytes:
    """Return a notebook that plots one run, or plots and compares several.

    It begins with `picture`, a PNG of the charts as the dashboard draws them.
    """
    several = len(exports) > 1
    cells = [
        _markdown(_introduction(exports)),
        *([] if picture is None else [_picture(picture)]),
        _code(_setup(exports)),
        _markdown("The notebook reads two files of a run directory."),
        _code(READER),
        _markdown("## Loss"),
        _code(LOSS),
        _markdown("## Precision @ 1"),
        _code(ACCURACY),
    ]
    if several:
        cells += [
            _markdown(
                "## Comparison\n\nHyperparameters that differ between the runs, and results."
            ),
            _code(COMPARISON),
            _code(BY_SETTING),
        ]
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number}"
    content = {"cells": cells, "metadata": _METADATA, "nbformat": 4, "nbformat_minor": 5}
    return (json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode()


_METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def _introduction(exports: Sequence[Export]) -> str:
    names = "\n".join(f"- `{sanitize(export.directory.name)}`" for export in exports)
    if len(exports) > 1:
        return f"# {len(exports)} runs compared\n\n{names}"
    return (
        f"# A run\n\n{names}\n\nTrain again with another `--max_steps` and add the run to `RUNS`: "
        "the plots below then show both."
    )


def _setup(exports: Sequence[Export]) -> str:
    runs = {
        _legend_name(export, exports): str(export.directory.path.resolve()) for export in exports
    }
    splits = "train", "validation", "test"
    shown = splits if len(exports) == 1 else splits[1:2]
    folders = pprint.pformat(runs, width=88, sort_dicts=False)
    return (
        "import json\nfrom pathlib import Path\n\nimport matplotlib.pyplot as plt\n"
        "import numpy as np\n\n"
        f"FOLDERS = {folders}\nRUNS = {{name: Path(folder) for name, folder in FOLDERS.items()}}\n"
        f"SPLITS = {shown!r}"
    )


def _legend_name(export: Export, exports: Sequence[Export]) -> str:
    """Return a unique name of a run for the legend: its title, its folder's name or its path.

    matplotlib takes dollar signs for mathematics, and hides names that begin with an underscore.
    """
    path = export.directory.path
    for name in (export.title, path.name):
        if [name in (other.title, other.directory.name) for other in exports].count(True) == 1:
            return name.replace("$", r"\$").lstrip("_") or "run"
    return str(path)


def _markdown(text: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "metadata": {}, "source": _lines(text)}


def _picture(png: bytes) -> dict[str, Any]:
    data = base64.b64encode(png).decode()
    attachments = {"charts.png": {"image/png": data}}
    text = "The charts as trainpad draws them:\n\n![the charts](attachment:charts.png)"
    return _markdown(text) | {"attachments": attachments}


def _code(text: str) -> dict[str, Any]:
    empty: dict[str, Any] = {"execution_count": None, "metadata": {}, "outputs": []}
    return {"cell_type": "code", **empty, "source": _lines(text)}


def _lines(text: str) -> list[str]:
    """Return lines with their newlines, as a notebook stores them."""
    return text.splitlines(keepends=True)
