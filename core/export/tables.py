"""The numbers of a run as CSV (RFC 4180, but with plain newlines): one table for each question.

Numbers stand in full, as Python reads them back; what is not known is an empty field. The step of
an evaluation is the number of steps done before it; the step of a loss is its own, from 0 on.
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
CHUNK = 100_000
"""Losses that are turned into text together."""


def evaluations(export: Export) -> bytes:
    """A row for each evaluation: step, Unix time, and precision and loss on each split."""
    names = [f"{split}_{what}" for split in SPLITS for what in ("precision", "loss")]
    rows = (
        [
            entry.step,
            entry.time,
            *(
                value
                for split in SPLITS
                for value in (entry.accuracy(split), entry.loss.get(split, ""))
            ),
        ]
        for entry in export.run.evaluations
    )
    return _csv(["step", "time", *names], rows)


def classes(export: Export) -> bytes:
    """A row for each evaluation, split and class: precision, recall, F1 and support.

    Precision is the share right of what was read as the class, and empty where nothing was;
    recall the share right of the images that show it, and empty where none does.
    """
    names = export.run.classes
    rows = (
        row for entry in export.run.evaluations for split in SPLITS
        for row in _class_rows(entry, split, names)
    )  # fmt: skip
    return _csv(["step", "split", "class", "precision", "recall", "f1", "support"], rows)


def _class_rows(entry: Evaluated, split: str, names: Sequence[str]) -> Iterator[Row]:
    report = classification_report(as_matrix(entry.confusion[split]))
    for label, support in enumerate(report.support):
        name = names[label] if label < len(names) else str(label)
        shares = (report.precision[label], report.recall[label], report.f1[label])
        known = ("" if np.isnan(share) else float(share) for share in shares)
        yield [entry.step, split, name, *known, int(support)]


def losses(export: Export) -> bytes:
    """A row for each step: its number and its loss."""
    values = export.run.losses.values
    pieces = [b"step,loss\n"]
    for first in range(0, len(values), CHUNK):
        texts = values[first : first + CHUNK].astype("U16").tolist()
        lines = (f"{step},{text}\n" for step, text in enumerate(texts, first))
        pieces.append("".join(lines).encode())
    return b"".join(pieces)


def _csv(head: Row, rows: Iterable[Row]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(head)
    writer.writerows(rows)
    return out.getvalue().encode()
