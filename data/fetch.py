"""Download a data set from the first mirror that works; only files of the right hash are kept.

pooch downloads beside the target and renames, so that an interrupted transfer leaves no partial
file, two processes at once only duplicate work, and a second attempt downloads only what is
missing. pooch and requests are imported on use: they take half a second.
"""

import io
import logging
import os
import shutil
import tempfile
import time
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import IO, TYPE_CHECKING
from urllib.parse import urlsplit

from data.catalog import CATALOG, Archive, CatalogEntry
from data.dataset import ProgressCallback
from data.errors import DataError
from data.idx import read_idx
from trainpad.files import open_plain

if TYPE_CHECKING:
    from requests.exceptions import RequestException

_CONNECT_TIMEOUT = 5.0
_READ_TIMEOUT = 20.0
_MIN_RATE = 2000  # bytes a second on average; a slower mirror is given up
_CHUNK = 1 << 16
_STALE_SECONDS = 86_400.0


def fetch(
    name: str,
    cache: Path,
    *,
    progress: ProgressCallback | None = None,
    entry: CatalogEntry | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Path:
    """Download the missing files of a data set; return its folder in the cache.

    Args:
        name: of a data set in the catalog.
        cache: the folder in which a folder of that name is used or made.
        progress: called every 64 KB; an exception that it raises ends the download.
        entry: what to download, in place of the catalog's entry.
        clock: in seconds.

    Raises:
        DataError: all mirrors failed, with the reason of each; or the folder cannot be written.
    """
    entry = entry or CATALOG[name]
    folder = cache / entry.name
    mirrors = list(entry.mirrors)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _remove_stale(folder)
        for archive in entry.archives:
            if archive.members and all(_is_idx(folder / file) for file in archive.files):
                continue
            _fetch_archive(entry, archive, folder, mirrors, progress, clock)
            if archive.members:
                _unzip(archive, folder)
    except OSError as error:
        raise DataError(f"{folder}: cannot store {entry.name} here ({error.strerror})") from error
    return folder


def _fetch_archive(
    entry: CatalogEntry,
    archive: Archive,
    folder: Path,
    mirrors: list[str],
    progress: ProgressCallback | None,
    clock: Callable[[], float],
) -> None:
    """Download one file from the first mirror that works; moves failed mirrors to the end."""
    failures = []
    for mirror in tuple(mirrors):
        meter = _MeteredFile(archive, entry.name, progress, clock)
        failure = _try_mirror(mirror, archive, folder, meter)
        if failure is None:
            return
        failures.append(f"{urlsplit(mirror).hostname} {failure}")
        mirrors.append(mirrors.pop(mirrors.index(mirror)))
    why = "; ".join(failures)
    raise DataError(f"{entry.name} could not be fetched ({archive.name}): {why}; {_by_hand(entry)}")


def _by_hand(entry: CatalogEntry) -> str:
    """What helps without a network: the files in a folder of the user's own."""
    names = ", ".join(file for archive in entry.archives for file in archive.files)
    return f"put {names} into a folder, and name it with --input_data_dir"


def _try_mirror(mirror: str, archive: Archive, folder: Path, meter: "_MeteredFile") -> str | None:
    """Download one file from one mirror; return None, or why that failed."""
    import pooch  # type: ignore[import-untyped]
    from requests.exceptions import RequestException

    pooch.get_logger().setLevel(logging.CRITICAL)
    http = pooch.HTTPDownloader(
        chunk_size=_CHUNK,
        timeout=(_CONNECT_TIMEOUT, _READ_TIMEOUT),
        headers={"Accept-Encoding": "identity", "User-Agent": "trainpad"},
    )

    def download(url: str, output_file: str, _pooch: object) -> None:
        with Path(output_file).open("wb") as file:
            meter.file = file
            http(url, meter, None)

    try:
        pooch.retrieve(
            mirror + archive.name, archive.sha256, archive.name, folder, downloader=download
        )
    except RequestException as error:
        return _explain(error, meter)
    except _BadMirrorError as error:
        return str(error)
    except ValueError:  # raised by pooch for another hash or an invalid header
        return f"sent {meter.received:,} bytes that are not {archive.name}"
    return None


class _BadMirrorError(Exception):
    """A mirror sends too much, or too slowly."""


class _MeteredFile:
    """A file that reports progress, and raises if it gets too much or too slowly."""

    def __init__(
        self,
        archive: Archive,
        label: str,
        progress: ProgressCallback | None,
        clock: Callable[[], float],
    ) -> None:
        self._archive = archive
        self._label = f"fetching {label}: {archive.name}"
        self._progress = progress or (lambda _label, _part: None)
        self._clock = clock
        self._start = clock()
        self.file: IO[bytes] = io.BytesIO()
        self.received = 0

    def write(self, data: bytes) -> int:
        self.received += len(data)
        if self.received > self._archive.size:
            raise _BadMirrorError(f"sent more than the {self._archive.size:,} bytes expected")
        seconds = self._clock() - self._start
        if seconds > _READ_TIMEOUT and self.received < seconds * _MIN_RATE:
            raise _BadMirrorError(f"sent only {self.received:,} bytes in {seconds:.0f} s")
        self._progress(self._label, self.received / self._archive.size)
        return self.file.write(data)

    def flush(self) -> None:
        """Do nothing: pooch flushes after each chunk, and closing the file is enough."""


def _explain(error: "RequestException", meter: _MeteredFile) -> str:
    """What went wrong, as the end of a sentence that starts with the host name."""
    from requests import exceptions

    if error.response is not None:
        return f"answered with status {error.response.status_code}"
    if isinstance(error, exceptions.ProxyError):
        return "cannot be reached through the proxy"
    if isinstance(error, exceptions.SSLError):
        return "has a certificate that cannot be verified"
    if meter.received:
        return f"stopped after {meter.received:,} bytes"
    if isinstance(error, exceptions.Timeout):
        return "did not answer in time"
    return "cannot be reached"


def _unzip(archive: Archive, folder: Path) -> None:
    """Extract the members of a zip file, each atomically, and remove the zip file."""
    path = folder / archive.name
    try:
        with open_plain(path) as file, zipfile.ZipFile(file) as packed:
            for member, name in zip(archive.members, archive.files, strict=True):
                _extract(packed, member, folder / name)
    except FileNotFoundError:
        if not all((folder / file).exists() for file in archive.files):
            raise
        return  # another process has extracted it
    except (zipfile.BadZipFile, KeyError, EOFError, zlib.error) as error:
        raise DataError(f"{path}: expected {', '.join(archive.members)} in it ({error})") from error
    path.unlink(missing_ok=True)


def _extract(packed: zipfile.ZipFile, member: str, target: Path) -> None:
    handle, temporary = tempfile.mkstemp(dir=target.parent)
    try:
        with packed.open(member) as source, os.fdopen(handle, "wb") as file:
            shutil.copyfileobj(source, file, _CHUNK)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(target)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _is_idx(path: Path) -> bool:
    try:
        read_idx(path)
    except DataError:
        return False
    return True


def _remove_stale(folder: Path) -> None:
    """Remove temporary files of downloads killed a day ago or earlier."""
    for path in folder.glob("tmp????????"):
        if time.time() - path.stat().st_mtime > _STALE_SECONDS:
            path.unlink(missing_ok=True)
