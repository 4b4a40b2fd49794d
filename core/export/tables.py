"""The numbers of a run as CSV (RFC 4180, but with plain newlines).

Numbers are written so that Python reads back the same value; an unknown one is an empty field. The
step of an evaluation is the number of steps done before it; the step of a loss is its index, from
0. A text that a spreadsheet would take for a formula, such as the class ``=1+1``, has an apostrophe
before it. The column of the accuracy is called precision, as the lab calls it.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from core.export.export import Export
from core.run.events import Evaluated
from core.run.metrics import as_matrix, classification_report
from data.dataset import SPLITS

Row = Sequence[object]
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""With these a cell begins that a spreadsheet computes."""
CHUNK = 100_000
"""Losses that are converted to text at a time."""


def evaluations(export: Export) -> bytes:
    """Return a row for each evaluation: step, Unix time, accuracy and loss on each split."""
    names = [f"{split}_{metric}" for split in SPLITS for metric in ("precision", "loss")]
    rows = (
        [
            entry.step,
            entry.time,
            *(
                value
                for split in SPLITS
                for value in (
                    entry.accuracy(split) if entry.confusion else "",
                    entry.loss.get(split, ""),
                )
            ),
        ]
        for entry in export.run.evaluations
    )
    return as_csv(["step", "time", *names], rows)


def classes(export: Export) -> bytes:
    """Return a row for each evaluation, split and class: precision, recall, F1 and support.

    Precision is empty where no image was predicted as the class, recall where none is of it.
    """
    names = export.run.classes
    rows = (
        row for entry in export.run.evaluations for split in entry.confusion
        for row in _class_rows(entry, split, names)
    )  # fmt: skip
    return as_csv(["step", "split", "class", "precision", "recall", "f1", "support"], rows)


def _class_rows(entry: Evaluated, split: str, names: Sequence[str]) -> Iterator[Row]:
    report = classification_report(as_matrix(entry.confusion[split]))
    for label, support in enumerate(report.support):
        name = names[label] if label < len(names) else str(label)
        values = (report.precision[label], report.recall[label], report.f1[label])
        cells = ("" if np.isnan(value) else float(value) for value in values)
        yield [entry.step, split, name, *cells, int(support)]


def losses(export: Export) -> bytes:
    """Return a row for each step: its index and its loss."""
    values = export.run.losses.values
    chunks = [b"step,loss\n"]
    for first in range(0, len(values), CHUNK):
        texts = values[first : first + CHUNK].astype("U16").tolist()
        lines = (f"{step},{text}\n" for step, text in enumerate(texts, first))
        chunks.append("".join(lines).encode())
    return b"".join(chunks)


def as_csv(head: Row, rows: Iterable[Row]) -> bytes:
    """Return a table with this heading; unknown cells are empty texts."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([_neutral(cell) for cell in head])
    writer.writerows([_neutral(cell) for cell in row] for row in rows)
    return out.getvalue().encode()


def _neutral(cell: object) -> object:
    """Return a text that no spreadsheet takes for a formula: with an apostrophe before it.

    Numbers stay as they are, also negative ones.
    """
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell
