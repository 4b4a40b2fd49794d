"""The catalog's own consistency, and pictures as text."""

import re

import numpy as np
import pytest

from data.candidates import ROLES, find_candidates
from data.catalog import CATALOG
from data.dataset import Split
from data.preview import RAMP, ascii_rows, contact_sheet, examples_per_class, half_block_rows


@pytest.mark.parametrize("name", CATALOG)
def test_an_entry_has_what_fetching_needs(name, tmp_path):
    entry = CATALOG[name]
    assert entry.name == name
    assert entry.homepage and entry.licence and entry.title
    assert len(entry.mirrors) == len(set(entry.mirrors)) >= 2
    assert all(re.fullmatch(r"https?://[^ ]+/", mirror) for mirror in entry.mirrors)
    assert entry.mirrors[0].startswith("https://")
    assert all(re.fullmatch(r"[0-9a-f]{64}", archive.sha256) for archive in entry.archives)
    assert entry.size == sum(archive.size for archive in entry.archives)
    assert len(entry.classes) == len(set(entry.classes)) == 10


@pytest.mark.parametrize("name", CATALOG)
def test_the_files_of_an_entry_are_found_by_name(name, tmp_path):
    for archive in CATALOG[name].archives:
        for file in archive.files:
            (tmp_path / file).touch()
    (paths,) = find_candidates(tmp_path).values()
    assert set(paths) == set(ROLES)


def test_no_two_archives_are_the_same():
    hashes = [archive.sha256 for entry in CATALOG.values() for archive in entry.archives]
    assert len(hashes) == len(set(hashes))


def test_examples_are_the_first_of_each_class():
    images = np.arange(1, 7, dtype=np.uint8).reshape(6, 1, 1)
    split = Split(images, np.array([1, 0, 1, 1, 0, 2], np.uint8))
    assert examples_per_class(split, classes=3, each=2).ravel().tolist() == [2, 5, 1, 3, 6, 0]


def test_a_sheet_lays_images_out_in_rows():
    images = np.array([1, 2, 3], np.uint8)[:, None, None].repeat(2, axis=2)
    assert contact_sheet(images, columns=2).tolist() == [[1, 1, 0, 2, 2], [0] * 5, [3, 3, 0, 0, 0]]


def test_two_rows_of_pixels_make_one_row_of_text():
    image = np.array([[0, 255], [0, 255], [255, 128]], np.uint8)
    assert half_block_rows(image).tolist() == [[[0, 0], [255, 255]], [[255, 0], [128, 0]]]
    assert ascii_rows(image) == [RAMP[0] + RAMP[-1], RAMP[4] + RAMP[2]]
