"""Which images are read worst, against a plain computation one image at a time."""

from pathlib import Path

import numpy as np
import pytest

from core.network.network import Network
from core.network.predictions import BATCH, as_input, open_dataset, predict_split
from core.training.rng import initial_layers
from data.dataset import NO_CLASS, Dataset, Split
from data.errors import DataError
from data.sources import load_dataset


@pytest.fixture(scope="module")
def network() -> Network:
    return Network.from_layers(initial_layers((784, 16, 10), seed=2))


def test_every_image_is_read_as_the_network_reads_it_alone(network: Network, tiny: Dataset) -> None:
    reading = predict_split(network, tiny.test)
    for i, (image, label) in enumerate(zip(tiny.test.images, tiny.test.labels, strict=True)):
        likely = network.probabilities(as_input(image[None]))[0]
        assert reading.predicted[i] == likely.argmax()
        assert reading.confidence[i] == pytest.approx(likely.max(), rel=1e-5)
        assert reading.loss[i] == pytest.approx(-np.log(likely[label]), rel=1e-4)


def test_the_matrix_adds_up_to_the_split_and_its_trace_to_what_is_right(
    network: Network, tiny: Dataset
) -> None:
    repeated = Split(np.tile(tiny.train.images, (5, 1, 1)), np.tile(tiny.train.labels, 5))
    assert len(repeated) > 2 * BATCH
    reading = predict_split(network, repeated)
    assert reading.confusion.sum() == len(repeated)
    assert np.trace(reading.confusion) == (reading.predicted == repeated.labels).sum()
    assert len(reading.misclassified()) == len(repeated) - np.trace(reading.confusion)


def test_mistakes_and_cells_are_ordered_by_loss(network: Network, tiny: Dataset) -> None:
    reading = predict_split(network, tiny.train)
    order = reading.misclassified()
    assert (np.diff(reading.loss[order]) <= 0).all()
    assert (reading.predicted[order] != reading.labels[order]).all()
    for label, read in np.argwhere(reading.confusion > 0).tolist():
        cell = reading.cell(label, read)
        assert len(cell) == reading.confusion[label, read]
        assert (reading.labels[cell] == label).all()
        assert (reading.predicted[cell] == read).all()


def test_images_that_show_nothing_are_left_out_but_places_stay(
    network: Network, tiny: Dataset
) -> None:
    labels = tiny.test.labels.copy()
    labels[[0, 5]] = NO_CLASS
    reading = predict_split(network, Split(tiny.test.images, labels))
    assert len(reading) == len(labels) - 2
    assert reading.indices[:5].tolist() == [1, 2, 3, 4, 6]
    assert reading.confusion.sum() == len(labels) - 2


def test_a_network_of_nan_is_wrong_everywhere_and_breaks_nothing(tiny: Dataset) -> None:
    layers = [(np.full((784, 10), np.nan, np.float32), np.zeros(10, np.float32))]
    reading = predict_split(Network.from_layers(layers), tiny.test)
    assert np.isinf(reading.loss).all()
    assert (reading.predicted == 0).all()


def test_other_images_or_classes_than_the_networks_are_refused(tiny: Dataset) -> None:
    with pytest.raises(DataError, match="784 pixels"):
        predict_split(Network.from_layers(initial_layers((100, 10), seed=0)), tiny.test)
    with pytest.raises(DataError, match="knows 3"):
        predict_split(Network.from_layers(initial_layers((784, 3), seed=0)), tiny.test)


def test_the_data_of_a_run_is_found_again_and_other_data_is_not_taken_for_it(
    tmp_path: Path,
) -> None:
    made = load_dataset(fake=True)
    told = {"fingerprint": made.fingerprint}
    source = {"fake_data": True, "unknown": 1}
    assert open_dataset({"source": source, "dataset": told}).fingerprint == made.fingerprint
    with pytest.raises(DataError, match="not the data"):
        open_dataset({"source": source, "dataset": {"fingerprint": "0" * 64}})
    odd = {**source, "variation": "much", "dataset": ["mnist"]}
    assert open_dataset({"source": odd, "dataset": told}).fingerprint == made.fingerprint
    missing = {"source": {"input_data_dir": str(tmp_path / "gone")}, "dataset": told}
    with pytest.raises(DataError):
        open_dataset(missing)


def test_scikit_learn_agrees_on_real_digits(network: Network, mnist: Path | None) -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    if mnist is None:
        pytest.skip("no MNIST here")
    dataset = load_dataset(input_data_dir=mnist)
    reading = predict_split(network, dataset.test)
    assert reading.confusion.sum() == 10_000
    assert (
        metrics.confusion_matrix(dataset.test.labels, reading.predicted) == reading.confusion
    ).all()
