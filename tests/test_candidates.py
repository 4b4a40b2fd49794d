"""Every candidate is tried: one that cannot be read never beats one that can, and says why."""

import gzip
import io
import json
import os
import shutil
from dataclasses import replace

import numpy as np
import pytest

from core.cli.datasets import show_dataset
from data import find as finding
from data.errors import DataError
from data.find import find_dataset
from data.folder import open_folder
from data.near_misses import name_near_miss
from tests.helpers.data_folders import NAMES_OF_FILES, write_folder
from tests.helpers.idx import write_idx

TRAIN = NAMES_OF_FILES[0]
PLAIN = TRAIN.removesuffix(".gz")


@pytest.fixture
def folder(tmp_path):
    return write_folder(tmp_path / "data")


def rename(folder, change):
    for name in NAMES_OF_FILES:
        target = folder / change(name)
        target.parent.mkdir(parents=True, exist_ok=True)
        (folder / name).rename(folder / "moving")
        shutil.move(folder / "moving", target)


@pytest.mark.parametrize(
    "change",
    [
        lambda name: name.replace(".gz", " (1).gz"),
        lambda name: name.replace(".gz", "(2).gz"),
        lambda name: f"{name} (1)",
        lambda name: name.replace(".gz", " copy.gz"),
        lambda name: name.replace(".gz", " 2.gz"),
        lambda name: f"Copy of {name}",
        lambda name: f"{name}.1",
        lambda name: f"{name}.txt",
        lambda name: name.replace("-idx", ".idx"),
        lambda name: name.upper(),
        lambda name: f"archive/{name}",
        lambda name: f"MNIST_data/{name}",
        lambda name: f"{name.removesuffix('.gz')}/{name.replace('-idx', '.idx')}",
    ],
)
def test_names_that_browsers_and_unpackers_make(folder, change):
    rename(folder, change)
    assert len(open_folder(folder).train) == 22


def test_names_of_qmnist(folder):
    labels = np.arange(24, dtype=np.int32) * 7 % 10
    rows = np.stack([labels, *([labels + 4000] * 7)], axis=1)
    rename(folder, lambda name: "qmnist-" + name.replace("t10k", "test"))
    (folder / "qmnist-train-labels-idx1-ubyte.gz").unlink()
    write_idx(folder / "qmnist-train-labels-idx2-int.gz", rows)
    data = open_folder(folder)
    np.testing.assert_array_equal(data.train.labels, labels[2:])
    assert data.image_shape == (28, 28)


def half(folder):
    whole = gzip.decompress((folder / TRAIN).read_bytes())
    (folder / PLAIN).write_bytes(whole[: len(whole) // 2])


def dangling_link(folder):
    (folder / PLAIN).symlink_to(folder / "gone")


def empty_folder(folder):
    (folder / PLAIN).mkdir()


def fifo(folder):
    os.mkfifo(folder / PLAIN)


def web_page(folder):
    (folder / PLAIN).write_text("<!DOCTYPE html><title>403</title>")


UNREADABLE = {
    half: "the file is damaged",
    dangling_link: "a link to a file that does not exist",
    empty_folder: "not a regular file",
    fifo: "not a regular file",
    web_page: "a web page",
}


@pytest.mark.parametrize("spoil", UNREADABLE, ids=lambda spoil: spoil.__name__)
def test_what_cannot_be_read_never_beats_what_can(folder, spoil):
    before = open_folder(folder)
    spoil(folder)
    data = open_folder(folder)
    assert data.fingerprint == before.fingerprint
    assert [UNREADABLE[spoil] in reason for reason in data.skipped] == [True]
    (folder / TRAIN).unlink()
    with pytest.raises(DataError, match=UNREADABLE[spoil]):
        open_folder(folder)


def test_a_whole_set_below_beats_a_part_above(folder):
    write_folder(folder / "raw")
    (folder / NAMES_OF_FILES[3]).unlink()
    data = open_folder(folder)
    assert data.source == str(folder / "raw")
    assert "found none for test-labels" in data.skipped[0]


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("archive.zip", b"PK\x03\x04rest", r"archive\.zip \(a zip archive; unzip it\)"),
        ("mnist_train.csv", b"label,1x1,1x2\n5,0,0\n", r"mnist_train\.csv \(a table"),
        (f"{TRAIN}.crdownload", b"x", "the unfinished download train-images"),
        ("mine/train-images-idx3-ubyte", b"", "there are some in mine/"),
    ],
)
def test_a_folder_without_the_files_names_what_is_there(tmp_path, name, content, sentence):
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=f"found none.*{sentence}"):
        open_folder(tmp_path)


def test_a_file_in_place_of_a_folder_is_named(folder):
    with pytest.raises(DataError, match=r"expected a folder .* found"):
        open_folder(folder / TRAIN)


@pytest.mark.parametrize(
    ("head", "what"),
    [
        (b"<!DOCTYPE html><html>", "a web page"),
        (b"\n <HTML>", "a web page"),
        (b"<?xml version='1.0'?><Error><Code>AccessDenied", "an XML answer of a server"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0", "git lfs pull"),
        (b"PK\x03\x04", "unzip"),
        (b"\xfd7zXZ\0", "xz -d"),
        (b"\x80\x04\x95", "pickle"),
        (gzip.compress(gzip.compress(b"x", mtime=0), mtime=0), "another gzip file"),
        (gzip.compress(b"<html>", mtime=0), "a gzip file that holds a web page"),
        (gzip.compress(b"train/" + b"\0" * 251 + b"ustar\0", mtime=0), "tar -xf"),
        (b'{"message": "Not Found"}', "JSON"),
        (b"", "an empty file"),
        (b"\0\0\x08\x03", ""),
        (b"\xc3\x28\x01", ""),
    ],
)
def test_near_misses_are_named(head, what):
    named = name_near_miss(head)
    assert what in named
    assert bool(what) == bool(named)


def test_mnist_data_in_the_working_folder_is_found(paths, monkeypatch):
    monkeypatch.setattr(finding, "is_mnist", lambda _: True)
    write_folder(paths.cwd / "MNIST_data")
    found = find_dataset("mnist", paths)
    assert found.dataset.source == str(paths.cwd / "MNIST_data")
    assert f"{paths.cache / 'mnist'}: nothing there" in found.unused


def test_verbose_lists_what_was_not_used(folder):
    half(folder)
    out = io.StringIO()
    show_dataset(out, "mnist", folder, offline=True, as_json=False, verbose=True)
    (line,) = [line for line in out.getvalue().splitlines() if line.startswith("not used")]
    assert f"{folder / PLAIN}: expected 18,832 bytes" in line
    out = io.StringIO()
    show_dataset(out, "mnist", folder, offline=True, as_json=True, verbose=True)
    assert len(json.loads(out.getvalue())["not_used"]) == 1


def test_verbose_lists_the_places_when_nothing_is_found(paths, monkeypatch):
    empty = replace(paths, env={"TRAINPAD_DATA": str(paths.home / "none")})
    monkeypatch.setattr(finding.SearchPaths, "default", classmethod(lambda _: empty))
    out = io.StringIO()
    with pytest.raises(DataError, match="no mnist found"):
        show_dataset(out, "mnist", None, offline=True, as_json=False, verbose=True)
    lines = out.getvalue().splitlines()
    assert lines[0].startswith("not used     $TRAINPAD_DATA is not used")
    assert f"not used     {paths.cwd / 'MNIST_data'}: nothing there" in lines


def test_the_only_npz_file_of_a_folder_is_read_and_one_of_several_is_asked_for(tmp_path):
    cases = {name: np.arange(12) % 10 for name in ("y_train", "y_test")}
    cases |= {name: np.zeros((12, 4, 4), np.uint8) for name in ("x_train", "x_test")}
    np.savez(tmp_path / "digits.npz", **cases)
    assert open_folder(tmp_path).source == str(tmp_path / "digits.npz")
    np.savez(tmp_path / "other.npz", **cases)
    with pytest.raises(DataError, match=r"digits\.npz \(an \.npz file; name the file in place of"):
        open_folder(tmp_path)
    np.savez(tmp_path / "mnist.npz", **cases)
    assert open_folder(tmp_path).source == str(tmp_path / "mnist.npz")
