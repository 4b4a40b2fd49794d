"""Pictures that do not fit into memory: unpacked once into one file, from which they are read.

The file is in the cache, under a name made of the pictures' paths, sizes and times, so that the
next run finds it. It has a byte for each pixel and colour. A file that is deleted is made again by
the next run that needs it; a run that reads it keeps it open.
"""

import hashlib
import os
import shutil
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np

from data.dataset import Images
from data.errors import DataError
from data.places import NO_HOME, cache, is_nowhere
from trainpad.files import open_plain

FOLDER = "pictures"
UNFINISHED_AGE = 3600.0
"""Seconds since it was last written after which a file that is not complete has no writer."""
Decode = Callable[[Path], Images]


def unpacked(paths: Sequence[Path], shape: Sequence[int], decode: Decode) -> Images:
    """Return the pictures ``[n, *shape]`` as an array that stays on disk.

    Raises:
        DataError: the disk has no room, or a picture is damaged or has another size.
    """
    whole = (len(paths), *shape)
    folder = cache() / FOLDER
    if is_nowhere(folder):
        raise DataError(
            f"pictures that do not fit into memory are unpacked in the cache; {NO_HOME}"
        )
    file = folder / f"{_key(paths, shape)}.u8"
    if not file.is_file() or file.stat().st_size != int(np.prod(whole)):
        _unpack(file, paths, whole, decode)
    try:
        with open_plain(file) as content:
            return np.memmap(content, np.uint8, "r", shape=whole)
    except OSError as error:
        raise DataError(f"{file} cannot be read ({error.strerror})") from error


def clear() -> tuple[int, int]:
    """Delete all unpacked pictures; return how many files there were, and their size in bytes.

    Raises:
        DataError: a file cannot be deleted.
    """
    count = size = 0
    folder = cache() / FOLDER
    try:
        for file in sorted(folder.iterdir()) if folder.is_dir() else ():
            about = file.lstat()
            is_over = time.time() - about.st_mtime > UNFINISHED_AGE
            if file.suffix == ".u8" or (file.suffix == ".part" and is_over):
                file.unlink()
                count, size = count + 1, size + about.st_size
    except OSError as error:
        raise DataError(f"{folder} cannot be emptied ({error.strerror})") from error
    return count, size


def _unpack(file: Path, paths: Sequence[Path], shape: tuple[int, ...], decode: Decode) -> None:
    size = int(np.prod(shape))
    part = file.with_name(f"{file.name}.{os.getpid()}.part")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(file.parent).free
        if free < size:
            raise DataError(
                f"unpacked, the pictures need {size / 1e9:.1f} GB in {file.parent}, which has "
                f"{free / 1e9:.1f} GB; make them smaller, or set XDG_CACHE_HOME to another disk"
            )
        with part.open("wb") as target:
            for path in paths:
                target.write(np.ascontiguousarray(decode(path)).data)
        part.replace(file)
    except OSError as error:
        raise DataError(f"{file.parent} cannot be written ({error.strerror})") from error
    finally:
        with suppress(OSError):
            part.unlink()


def _key(paths: Sequence[Path], shape: Sequence[int]) -> str:
    digest = hashlib.sha256(f"{tuple(shape)}".encode())
    for path in paths:
        about = path.stat()
        digest.update(f"{path.resolve()}\0{about.st_size}\0{about.st_mtime_ns}\n".encode())
    return digest.hexdigest()[:32]
