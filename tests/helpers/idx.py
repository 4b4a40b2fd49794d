"""IDX files, as the makers of data sets write them."""

import gzip
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from data.idx import idx_header


def write_idx(path: Path, array: npt.NDArray[Any]) -> None:
    """Write an array as an IDX file, gzipped when the name ends in ``.gz``."""
    values = np.ascontiguousarray(array, array.dtype.newbyteorder(">"))
    content = idx_header(array) + values.tobytes()
    path.write_bytes(gzip.compress(content, 6, mtime=0) if path.suffix == ".gz" else content)
