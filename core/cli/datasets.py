"""`trainpad data`: list the data sets, or describe and preview one."""

import json
import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TextIO

from core.cli.preview import preview_rows
from core.output.counted import counted
from data.catalog import CATALOG
from data.dataset import Dataset
from data.disk_pictures import clear
from data.errors import DataError
from data.find import describe_origin, find_dataset
from data.sources import NAMES, load_dataset
from trainpad.text import cells, sanitize

LOCAL = {
    "drawn": "digits drawn by trainpad",
    "mnist+drawn": "MNIST and as many drawn digits",
    "mine": "the digits that you drew and labelled on the pad",
    "mnist+mine": "MNIST and your own digits",
}


def list_datasets(out: TextIO, *, as_json: bool) -> int:
    """Print every data set: its title, and its location or the size of the download."""
    rows = [_entry(name) for name in NAMES]
    if as_json:
        print(json.dumps(rows), file=out)
        return 0
    lines = [f"{row['name']:15} {row['title']:52} {sanitize(row['where'])}" for row in rows]
    if out.isatty() and max(map(cells, lines)) > shutil.get_terminal_size().columns:
        lines = [
            f"{row['name']:15} {row['title']}\n{'':15} {sanitize(row['where'])}" for row in rows
        ]
    print("\n".join(lines), file=out)
    return 0


def clear_pictures(out: TextIO, *, as_json: bool) -> int:
    """Delete the pictures that were unpacked in the cache, and print how much that was.

    Raises:
        DataError: they cannot be deleted.
    """
    count, size = clear()
    if as_json:
        print(json.dumps({"files": count, "bytes": size}), file=out)
    elif count:
        print(
            f"{size / 1e6:,.1f} MB freed: {counted(count, 'file')} of unpacked pictures; "
            "a run that needs them makes them again",
            file=out,
        )
    else:
        print("there are no unpacked pictures in the cache", file=out)
    return 0


def _entry(name: str) -> dict[str, Any]:
    if name not in CATALOG:
        return {"name": name, "title": LOCAL[name], "where": "local", "licence": ""}
    entry = CATALOG[name]
    here = find_dataset(name).dataset
    where = here.source if here else f"not downloaded: {entry.size / 1e6:,.0f} MB"
    return {"name": name, "title": entry.title, "where": where, "licence": entry.licence}


def show_dataset(
    out: TextIO,
    name: str,
    folder: Path | None,
    *,
    offline: bool,
    as_json: bool,
    verbose: bool = False,
    size: str | None = None,
) -> int:
    """Find or download a data set, and print its properties and a preview.

    With ``verbose`` also everything that was there and not used, with the reason.

    Raises:
        DataError: it is missing, damaged or unknown.
    """
    try:
        dataset = load_dataset(
            name,
            input_data_dir=folder,
            offline=offline,
            fallback=False,
            progress=_show_progress,
            size=size,
        )
    except DataError:
        if verbose and folder is None and name in CATALOG:
            _print_unused(find_dataset(name).unused, out)
        raise
    if sys.stderr.isatty():
        print(end="\r\033[K", file=sys.stderr)  # noqa: T201
    properties = _properties(name, dataset, given=folder is not None)
    unused = _unused(name, dataset, given=folder is not None) if verbose else []
    if as_json:
        print(json.dumps(properties | ({"not_used": unused} if verbose else {})), file=out)
        return 0
    for key, value in properties.items():
        print(f"{key:12} {sanitize(str(value))}", file=out)
    _print_unused(unused, out)
    for row in preview_rows(dataset, shutil.get_terminal_size().columns, colour=_colour(out)):
        print(row, file=out)
    return 0


def _properties(name: str, dataset: Dataset, *, given: bool) -> dict[str, str]:
    size = "x".join(map(str, dataset.image_shape[:2])) + (" in colour" * dataset.has_colours)
    properties = {
        "name": dataset.name,
        "source": dataset.source,
        "images": f"{len(dataset.train):,} for training, {len(dataset.validation):,} for "
        f"validation, {len(dataset.test):,} for testing; {size}",
        "classes": _class_names(dataset.classes),
        "fingerprint": dataset.fingerprint,
    }
    if name in CATALOG:
        properties["verdict"] = describe_origin(name, dataset)
        # The licence of a folder that the user names follows from its content alone.
        if not given or properties["verdict"].startswith("verified"):
            properties["licence"] = CATALOG[name].licence
    return properties


def _class_names(classes: Sequence[str]) -> str:
    """The names in one line; with commas between them where a name has a blank."""
    return (", " if any(" " in name for name in classes) else " ").join(classes)


def _unused(name: str, dataset: Dataset, *, given: bool) -> list[str]:
    """A sentence for each place and file that was tried and not used, in the order tried."""
    if given or name not in CATALOG:
        return list(dataset.skipped)
    return [*dataset.skipped, *find_dataset(name).unused]


def _print_unused(sentences: list[str], out: TextIO) -> None:
    for sentence in sentences:
        print(f"{'not used':12} {sanitize(sentence)}", file=out)


def _show_progress(step: str, fraction: float | None) -> None:
    """Show progress on one line that is overwritten, if standard error is a terminal."""
    if sys.stderr.isatty():
        share = f" {fraction:.0%}" if fraction is not None else ""
        print(end=f"\r\033[K{sanitize(step)}{share}", file=sys.stderr, flush=True)  # noqa: T201


def _colour(out: TextIO) -> bool:
    return out.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"
