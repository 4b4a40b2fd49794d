"""Fetching from mirrors that misbehave: a sentence for each, then the next, then the error."""

import contextlib
import hashlib
import http.server
import io
import logging
import os
import subprocess
import sys
import threading
import zipfile
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest

from data import fetch as fetching
from data.catalog import Archive, CatalogEntry
from data.errors import DataError
from data.fetch import fetch
from data.folder import open_folder
from tests.helpers.idx import write_idx

ROOT = Path(__file__).parents[1]
NAMES = (
    "train-images-idx3-ubyte.gz",
    "train-labels-idx1-ubyte.gz",
    "t10k-images-idx3-ubyte.gz",
    "t10k-labels-idx1-ubyte.gz",
)


@dataclass
class Mirrors:
    """A local server; the first part of a path says how it behaves."""

    address: str
    files: dict[str, bytes]
    requests: list[str] = field(default_factory=list)

    def entry(self, *behaviours):
        archives = tuple(
            Archive(name, hashlib.sha256(data).hexdigest(), len(data))
            for name, data in self.files.items()
        )
        mirrors = tuple(f"{self.address}/{behaviour}/" for behaviour in behaviours)
        return CatalogEntry("digits", "Digits", "", "", archives, mirrors)


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        _, behaviour, name = self.path.split("/", 2)
        self.server.mirrors.requests.append(self.path)
        data = self.server.mirrors.files.get(name)
        status, length = 200, None
        if behaviour == "error" or data is None:
            status, data = 503, b"<html>come back later</html>"
        elif behaviour == "proxy-page":
            data = b"<html>Please log in to the network</html>"
        elif behaviour == "liar":
            data = bytes(len(data))
        elif behaviour == "cut":
            length, data = len(data), data[: len(data) // 2]
        elif behaviour == "silent":
            self.server.stop.wait(10)
            return
        elif behaviour == "bad-length":
            length = "many"
        elif behaviour == "endless":
            data, length = data * 9, ""
        self.send_response(status)
        if length != "":
            self.send_header("Content-Length", str(len(data) if length is None else length))
        self.end_headers()
        with contextlib.suppress(OSError):  # the client may have seen enough
            self.wfile.write(data)

    def log_message(self, *args):
        pass


@pytest.fixture
def mirrors(tmp_path):
    random = np.random.default_rng(0)
    labels = (np.arange(600) % 10).astype(np.uint8)
    arrays = (random.integers(0, 256, (600, 28, 28), np.uint8), labels) * 2
    for name, array in zip(NAMES, arrays, strict=True):
        write_idx(tmp_path / name, array)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.stop = threading.Event()
    server.mirrors = Mirrors(
        f"http://127.0.0.1:{server.server_port}",
        {name: (tmp_path / name).read_bytes() for name in NAMES},
    )
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server.mirrors
    server.stop.set()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "cache"


BEHAVIOURS = {
    "error": "127.0.0.1 answered with status 503",
    "proxy-page": "127.0.0.1 sent 41 bytes that are not train-images-idx3-ubyte.gz",
    "liar": r"127.0.0.1 sent [\d,]+ bytes that are not train-images-idx3-ubyte.gz",
    "cut": r"127.0.0.1 stopped after [\d,]+ bytes",
    "silent": "127.0.0.1 did not answer in time",
    "bad-length": r"127.0.0.1 (cannot be reached|sent 0 bytes that are not train-images)",
    "endless": r"127.0.0.1 sent more than the [\d,]+ bytes expected",
}


@pytest.mark.parametrize("behaviour", BEHAVIOURS)
def test_a_mirror_that_misbehaves_is_reported_and_leaves_nothing(
    mirrors, cache, monkeypatch, capfd, behaviour
):
    monkeypatch.setattr(fetching, "_READ_TIMEOUT", 0.2)
    with pytest.raises(DataError, match=BEHAVIOURS[behaviour]) as caught:
        fetch("digits", cache, entry=mirrors.entry(behaviour))
    assert "\n" not in str(caught.value)
    assert list((cache / "digits").iterdir()) == []
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("behaviour", BEHAVIOURS)
def test_the_next_mirror_is_tried_and_then_preferred(mirrors, cache, monkeypatch, behaviour):
    monkeypatch.setattr(fetching, "_READ_TIMEOUT", 0.2)
    folder = fetch("digits", cache, entry=mirrors.entry(behaviour, "good"))
    data = open_folder(folder)
    assert (data.name, len(data.train), len(data.test)) == ("digits", 550, 600)
    assert [path for path in mirrors.requests if path.startswith("/good/")] == [
        f"/good/{name}" for name in NAMES
    ]
    assert len(mirrors.requests) == 5, "the bad one is asked once"


def test_every_mirror_that_cannot_be_reached_is_named(mirrors, cache):
    entry = replace(mirrors.entry(), mirrors=("http://127.0.0.1:1/", "http://localhost:1/"))
    with pytest.raises(DataError) as caught:
        fetch("digits", cache, entry=entry)
    assert str(caught.value) == (
        "digits could not be fetched (train-images-idx3-ubyte.gz): "
        "127.0.0.1 cannot be reached; localhost cannot be reached; "
        f"put {', '.join(NAMES)} into a folder, and name it with --input_data_dir"
    )


def test_a_proxy_that_is_not_there(mirrors, cache, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("no_proxy", "")
    entry = replace(mirrors.entry(), mirrors=("http://nowhere.invalid/",))
    with pytest.raises(DataError, match=r"nowhere.invalid cannot be reached through the proxy"):
        fetch("digits", cache, entry=entry)


def test_starting_again_fetches_only_what_is_missing_or_damaged(mirrors, cache):
    whole = mirrors.files.pop(NAMES[2])
    entry = mirrors.entry("good")
    mirrors.files[NAMES[2]] = whole
    folder = fetch("digits", cache, entry=entry)
    (folder / NAMES[0]).write_bytes(b"torn")
    mirrors.requests.clear()
    fetch("digits", cache, entry=mirrors.entry("good"))
    assert sorted(mirrors.requests) == sorted(f"/good/{NAMES[i]}" for i in (0, 2))
    mirrors.requests.clear()
    fetch("digits", cache, entry=mirrors.entry("good"))
    assert mirrors.requests == []


def test_progress_rises_to_one_for_each_file(mirrors, cache):
    reported = []
    fetch(
        "digits", cache, entry=mirrors.entry("good"), progress=lambda *what: reported.append(what)
    )
    for name in NAMES:
        parts = [part for label, part in reported if label == f"fetching digits: {name}"]
        assert parts == sorted(parts)
        assert parts[-1] == 1.0
    assert len(reported) > 2 * len(NAMES), "the progress of a large file is reported more than once"


def test_what_progress_raises_ends_the_download(mirrors, cache):
    def stop(_label, _part):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch("digits", cache, entry=mirrors.entry("good"), progress=stop)
    assert list((cache / "digits").iterdir()) == []


def test_a_mirror_that_trickles_is_left(mirrors, cache):
    ticks = iter(range(0, 10_000_000, 10_000))
    with pytest.raises(DataError, match=r"127.0.0.1 sent only [\d,]+ bytes in 10000 s"):
        fetch("digits", cache, entry=mirrors.entry("good"), clock=lambda: next(ticks))


def test_a_cache_that_cannot_be_written(mirrors, tmp_path):
    (tmp_path / "cache").write_text("a file where the folder should be")
    with pytest.raises(DataError, match="cannot store digits here"):
        fetch("digits", tmp_path / "cache", entry=mirrors.entry("good"))


def zipped(mirrors):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name in NAMES:
            archive.writestr(f"gzip/{name}", mirrors.files[name])
        archive.writestr("gzip/other", b"not wanted")
    data = packed.getvalue()
    mirrors.files["gzip.zip"] = data
    members = tuple(f"gzip/{name}" for name in NAMES)
    archive = Archive("gzip.zip", hashlib.sha256(data).hexdigest(), len(data), members)
    return replace(mirrors.entry("good"), archives=(archive,))


def test_the_members_of_a_zip_file_are_taken_out_and_it_is_removed(mirrors, cache):
    entry = zipped(mirrors)
    folder = fetch("digits", cache, entry=entry)
    assert sorted(path.name for path in folder.iterdir()) == sorted(NAMES)
    assert len(open_folder(folder).test) == 600
    fetch("digits", cache, entry=entry)
    assert mirrors.requests == ["/good/gzip.zip"]
    (folder / NAMES[0]).write_bytes(b"torn")
    assert len(open_folder(fetch("digits", cache, entry=entry)).test) == 600


def test_a_zip_file_without_the_members(mirrors, cache):
    entry = zipped(mirrors)
    archive = replace(entry.archives[0], members=("gzip/missing",))
    with pytest.raises(DataError, match="expected gzip/missing in it"):
        fetch("digits", cache, entry=replace(entry, archives=(archive,)))


def test_two_processes_at_once_fill_one_cache(mirrors, cache):
    entry = mirrors.entry("good")
    script = (
        "from pathlib import Path\n"
        "from data.catalog import Archive, CatalogEntry\n"
        "from data.fetch import fetch\n"
        f"print(fetch('digits', Path({str(cache)!r}), entry={entry!r}))\n"
    )
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", script],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for _ in range(2)
    ]
    outputs = [process.communicate(timeout=60)[0] for process in processes]
    assert outputs == [f"{cache / 'digits'}\n"] * 2
    assert sorted(path.name for path in (cache / "digits").iterdir()) == sorted(NAMES)
    assert len(open_folder(cache / "digits").test) == 600


def test_old_leftovers_are_removed_and_nothing_else(mirrors, cache):
    folder = cache / "digits"
    folder.mkdir(parents=True)
    for name in ("tmpabcdefgh", "tmp12345678", "tmp-of-the-user"):
        (folder / name).write_bytes(b"x")
    os.utime(folder / "tmpabcdefgh", (0, 0))
    os.utime(folder / "tmp-of-the-user", (0, 0))
    fetch("digits", cache, entry=mirrors.entry("good"))
    left = {path.name for path in folder.iterdir()} - set(NAMES)
    assert left == {"tmp12345678", "tmp-of-the-user"}


def test_importing_the_sources_imports_no_network():
    script = "import sys, data.sources; print({'pooch', 'requests'} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == "set()\n"


def test_pooch_is_kept_quiet(mirrors, cache):
    import pooch

    fetch("digits", cache, entry=mirrors.entry("good"))
    assert pooch.get_logger().level == logging.CRITICAL
