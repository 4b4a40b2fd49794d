"""Names and paths of data: what is requested must be valid, what is found may be skipped."""

import json
import sys
import types
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest

from core.rundir.data_source import DataSource, absolute_path
from data import find as finding
from data import sources
from data.dataset import DIGITS, Dataset, Split
from data.errors import DataError
from data.find import describe_origin, find_dataset
from data.mnist import MNIST_FINGERPRINT
from data.sources import NAMES, NO_MNIST, load_dataset
from tests.helpers.data_folders import NAMES_OF_FILES, write_folder
from tests.helpers.idx import write_idx


@pytest.fixture
def anything_is_mnist(monkeypatch):
    monkeypatch.setattr(finding, "is_mnist", lambda _: True)


@pytest.fixture
def asked(monkeypatch):
    """What drawn digits were asked for; they are blank here."""
    calls = []

    def drawn_dataset(train, test, variation, seed, progress):
        if progress is not None:
            progress("drawing digits", 0.5)
        calls.append({"train": train, "test": test, "variation": variation, "seed": seed})
        held = train // 12
        split = lambda n: Split(np.zeros((n, 28, 28), np.uint8), np.zeros(n, np.uint8))  # noqa: E731
        parts = (split(train - held), split(held), split(test))
        return Dataset("drawn", "drawn by trainpad", "0" * 64, *parts)

    module = types.SimpleNamespace(drawn_dataset=drawn_dataset)
    monkeypatch.setitem(sys.modules, "data.drawn", module)
    return calls


@pytest.fixture
def no_network(monkeypatch):
    def fetch(name, cache, progress):
        raise DataError(f"{name} could not be fetched: example.org cannot be reached")

    monkeypatch.setattr(sources, "fetch", fetch)


OTHERS = (
    "cache/mnist",
    "cwd/MNIST/raw",
    "cwd/data/MNIST/raw",
    "data/MNIST/raw",
    "home/data/MNIST/raw",
    "home/.cache/torch/MNIST/raw",
    "tmp/tensorflow/mnist/input_data",
)


@pytest.mark.usefixtures("anything_is_mnist")
@pytest.mark.parametrize("place", OTHERS)
def test_mnist_is_found_where_programs_keep_it(tmp_path, paths, place):
    folder = write_folder(tmp_path / place)
    found = find_dataset("mnist", paths)
    assert found.dataset.source.endswith(place)
    assert folder.samefile(found.dataset.source)
    assert found.skipped == []


def test_an_empty_folder_is_ignored(paths):
    (paths.cache / "mnist").mkdir()
    found = find_dataset("mnist", paths)
    assert (found.dataset, found.skipped) == (None, [])


@pytest.mark.usefixtures("anything_is_mnist")
def test_keras_keeps_one_file(tmp_path, paths):
    arrays = {
        "x_train": np.zeros((24, 28, 28), np.uint8),
        "y_train": np.arange(24, dtype=np.uint8) % 10,
        "x_test": np.zeros((1, 28, 28), np.uint8),
        "y_test": np.zeros(1, np.uint8),
    }
    for folder, env in (("home/.keras", {}), ("own", {"KERAS_HOME": str(tmp_path / "own")})):
        path = tmp_path / folder / "datasets" / "mnist.npz"
        path.parent.mkdir(parents=True)
        np.savez(path, **arrays)
        assert find_dataset("mnist", replace(paths, env=env)).dataset.source == str(path)


@pytest.mark.usefixtures("anything_is_mnist")
def test_what_the_user_names_comes_first(tmp_path, paths):
    write_folder(tmp_path / "cache/mnist")
    write_folder(tmp_path / "theirs/mnist", seed=1)
    write_folder(tmp_path / "given", seed=2)
    set_ = replace(paths, env={"TRAINPAD_DATA": str(tmp_path / "theirs")})
    assert load_dataset(paths=paths).source == str(tmp_path / "cache/mnist")
    assert load_dataset(paths=set_).source == str(tmp_path / "theirs/mnist")
    itself = replace(paths, env={"TRAINPAD_DATA": str(tmp_path / "theirs/mnist")})
    assert load_dataset(paths=itself).source == str(tmp_path / "theirs/mnist")
    given = load_dataset(input_data_dir=tmp_path / "given", paths=set_)
    assert (given.source, given.name) == (str(tmp_path / "given"), "given")


@pytest.mark.usefixtures("anything_is_mnist")
def test_an_error_in_a_named_folder_has_no_fallback(tmp_path, paths):
    write_folder(tmp_path / "cache/mnist")
    with pytest.raises(DataError, match="missing: no such folder"):
        load_dataset(input_data_dir=tmp_path / "missing", paths=paths)
    broken = write_folder(tmp_path / "broken") / NAMES_OF_FILES[0]
    broken.write_bytes(broken.read_bytes()[:100])
    with pytest.raises(DataError, match="damaged gzip data"):
        load_dataset(input_data_dir=tmp_path / "broken", paths=paths)


@pytest.mark.usefixtures("anything_is_mnist")
def test_a_damaged_copy_is_skipped_and_reported(tmp_path, paths):
    (write_folder(tmp_path / "cache/mnist") / NAMES_OF_FILES[3]).unlink()
    write_folder(tmp_path / "home/data/MNIST/raw")
    found = find_dataset("mnist", paths)
    assert found.dataset.source == str(tmp_path / "home/data/MNIST/raw")
    assert len(found.skipped) == 1
    assert "found none for test-labels" in found.skipped[0]
    assert found.dataset.notice == ""


@pytest.mark.usefixtures("anything_is_mnist")
def test_an_invalid_variable_gives_a_notice(tmp_path, paths):
    write_folder(tmp_path / "cache/mnist")
    paths = replace(paths, env={"TRAINPAD_DATA": str(tmp_path / "gone")})
    data = load_dataset(paths=paths)
    assert data.source == str(tmp_path / "cache/mnist")
    assert data.notice.startswith("$TRAINPAD_DATA is not used: ")


def test_other_data_in_another_programs_folder_is_not_mnist(tmp_path, paths):
    write_folder(tmp_path / "cache/mnist")
    found = find_dataset("mnist", paths)
    assert found.dataset is None
    assert found.skipped == [f"{tmp_path / 'cache/mnist'}: does not hold mnist"]


@pytest.mark.usefixtures("no_network")
def test_without_mnist_digits_are_drawn_with_a_notice(paths, asked):
    data = load_dataset(paths=paths)
    assert (data.name, data.notice) == ("drawn", NO_MNIST)
    assert asked == [{"train": 60_000, "test": 10_000, "variation": 0.7, "seed": 0}]
    with pytest.raises(DataError, match="no mnist found; mnist could not be fetched"):
        load_dataset(paths=paths, fallback=False)


def test_offline_never_fetches(paths, asked, monkeypatch):
    monkeypatch.setattr(sources, "fetch", lambda *_, **__: pytest.fail("the network was used"))
    assert load_dataset(paths=paths, offline=True).notice == NO_MNIST
    for name in ("kmnist", "mnist+drawn"):
        with pytest.raises(DataError, match="--offline forbids downloading it"):
            load_dataset(name, paths=paths, offline=True)


def test_missing_data_is_downloaded_into_the_cache(tmp_path, paths, monkeypatch):
    def fetch(name, cache, progress):
        progress("fetching", 1.0)
        return write_folder(cache / name)

    monkeypatch.setattr(sources, "fetch", fetch)
    messages = []
    data = load_dataset("kmnist", paths=paths, progress=lambda *what: messages.append(what))
    assert (data.name, data.source) == ("kmnist", str(tmp_path / "cache/kmnist"))
    assert data.classes[:3] == ("o", "ki", "su")
    assert messages == [("fetching", 1.0)]


def test_other_data_sets_are_found_beside_mnist(tmp_path, paths):
    write_folder(tmp_path / "theirs/fashion-mnist")
    paths = replace(paths, env={"TRAINPAD_DATA": str(tmp_path / "theirs")})
    data = load_dataset("fashion-mnist", paths=paths)
    assert (data.name, data.classes[9]) == ("fashion-mnist", "Ankle boot")
    write_folder(tmp_path / "home/data/KMNIST/raw")
    assert load_dataset("kmnist", paths=paths).name == "kmnist"


def test_why_digits_are_drawn_is_said_while_they_are(paths, asked):
    said = []
    load_dataset(paths=paths, offline=True, progress=lambda what, done: said.append((what, done)))
    assert said == [("no MNIST found: drawing digits", 0.5)]
    load_dataset("drawn", paths=paths, progress=lambda what, done: said.append((what, done)))
    assert said[1:] == [("drawing digits", 0.5)]


def test_drawn_digits_as_asked(paths, asked):
    load_dataset("drawn", paths=paths, variation=0.3, seed=5)
    assert asked == [{"train": 60_000, "test": 10_000, "variation": 0.3, "seed": 5}]


def test_fake_data_is_a_thousand_drawn_digits(paths, asked):
    data = load_dataset("kmnist", paths=paths, fake=True)
    assert len(data.train) + len(data.validation) == 1000
    assert data.name == "fake"
    assert data.notice == "fake data: 1,000 drawn digits"


def test_drawn_digits_are_mixed_into_the_training_examples_alone(tmp_path, paths, asked):
    folder = write_folder(tmp_path / "given", train=36)
    alone = load_dataset(input_data_dir=folder, paths=paths)
    mixed = load_dataset("mnist+drawn", input_data_dir=folder, paths=paths)
    assert asked[0]["variation"] == 1.0
    assert (len(alone.train), len(mixed.train), len(mixed.validation)) == (33, 66, 3)
    np.testing.assert_array_equal(mixed.train.images[:33], alone.train.images)
    assert not mixed.train.images[33:].any()
    np.testing.assert_array_equal(mixed.test.images, alone.test.images)
    assert mixed.name == "given+drawn"
    assert mixed.fingerprint != alone.fingerprint


def test_images_of_another_size_are_not_mixed(tmp_path, paths, asked):
    folder = write_folder(tmp_path / "given", size=20)
    with pytest.raises(DataError, match=r"drawn cannot be mixed into .*given"):
        load_dataset("mnist+drawn", input_data_dir=folder, paths=paths)


def write_mine(paths, count, labels=None):
    folder = paths.user_data / "mine"
    folder.mkdir()
    write_idx(folder / "train-images-idx3-ubyte", np.ones((count, 28, 28), np.uint8))
    labels = np.zeros(labels or count, np.uint8)
    write_idx(folder / "train-labels-idx1-ubyte", labels)


def test_the_users_own_digits(tmp_path, paths):
    with pytest.raises(DataError, match="no digits of yours yet"):
        load_dataset("mine", paths=paths)
    write_mine(paths, 36)
    mine = load_dataset("mine", paths=paths)
    assert [len(part) for part in (mine.train, mine.validation, mine.test)] == [28, 2, 6]
    assert (mine.name, mine.classes) == ("mine", DIGITS)
    folder = write_folder(tmp_path / "given")
    mixed = load_dataset("mnist+mine", input_data_dir=folder, paths=paths)
    assert len(mixed.train) == 22 + 28


@pytest.mark.parametrize(
    ("count", "labels", "messages"), [(11, 11, "found 11"), (36, 35, "35 labels for images")]
)
def test_too_few_digits_of_the_users_own(paths, count, labels, messages):
    write_mine(paths, count, labels)
    with pytest.raises(DataError, match=messages):
        load_dataset("mine", paths=paths)


def test_a_path_is_a_name_too(tmp_path, paths):
    folder = write_folder(tmp_path / "letters")
    assert load_dataset(str(folder), paths=paths).name == "letters"
    with pytest.raises(DataError, match=r"no data set or folder 'minst'; the names are mnist, "):
        load_dataset("minst", paths=paths)


def test_a_folder_goes_with_mnist_only(tmp_path, paths):
    for name in ("drawn", "mine", str(tmp_path)):
        with pytest.raises(DataError, match="--input_data_dir gives MNIST's files"):
            load_dataset(name, input_data_dir=tmp_path, paths=paths)


def test_every_name_is_known(paths, asked, no_network):
    for name in NAMES:
        try:
            load_dataset(name, paths=paths)
        except DataError as error:
            assert "no data set or folder" not in str(error)


def test_the_published_files_are_verified(tmp_path, paths):
    given = load_dataset(input_data_dir=write_folder(tmp_path / "given"), paths=paths)
    assert describe_origin("mnist", given).startswith("not verified")
    assert describe_origin("mnist", replace(given, fingerprint=MNIST_FINGERPRINT)).startswith(
        "verified"
    )
    assert (
        describe_origin("kmnist", given)
        == "not verified: the files are compressed differently, or are other data"
    )


def test_a_loop_of_links_is_a_folder_that_does_not_exist(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    source = DataSource(input_data_dir=absolute_path(tmp_path / "loop"))
    with pytest.raises(DataError, match=r"loop: no such folder; expected one with four IDX files"):
        source.load()


def test_what_a_run_recorded_of_its_data_is_its_source() -> None:
    source = DataSource("drawn", eval_data="mine", fake_data=True, variation=0.5, function=True)
    recorded = {"source": json.loads(json.dumps(asdict(source)))}
    assert DataSource.from_run_info(recorded) == source
    recorded["source"]["fake_data"] = "yes"
    assert not DataSource.from_run_info(recorded).fake_data
