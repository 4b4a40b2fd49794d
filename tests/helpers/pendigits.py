"""The pendigits drawings, if available: 7,494 digits by 30 writers, with y pointing down."""

import gzip
import os
from pathlib import Path

import numpy as np
import numpy.typing as npt

NAME = "pendigits-orig.tra.gz"
Drawing = list[npt.NDArray[np.float64]]


def pendigits_path() -> Path | None:
    """The file of the drawings, or None if it is missing."""
    given = os.environ.get("TRAINPAD_PENDIGITS")
    beside = Path(__file__).resolve().parents[3] / "shared" / "pendigits"
    path = (Path(given) if given else beside) / NAME
    return path if path.exists() else None


def pendigits() -> tuple[list[Drawing], npt.NDArray[np.int64]] | None:
    """Return strokes and labels, or None if the file is missing."""
    path = pendigits_path()
    if path is None:
        return None
    drawings: list[Drawing] = []
    labels: list[int] = []
    stroke: list[list[float]] = []
    with gzip.open(path, "rt", encoding="latin-1") as file:
        for line in file:
            words = line.split()
            if line.startswith(".SEGMENT"):
                drawings.append([])
                labels.append(int(line.split('"')[1]))
            elif line.startswith(".PEN_DOWN"):
                stroke = []
            elif line.startswith(".PEN_UP"):
                if stroke:
                    drawings[-1].append(np.array(stroke) * [1, -1])
            elif len(words) == 2 and not line.startswith("."):
                stroke.append([float(word) for word in words])
    return drawings, np.array(labels)
