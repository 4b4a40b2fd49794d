"""Predictions of a split and its worst images, against a computation one image at a time."""

from pathlib import Path

import numpy as np
import pytest

from core.network.network import Network, as_input
from core.network.predictions import BATCH, open_dataset, predict_split
from data.dataset import NO_CLASS, Dataset, Split
from data.errors import DataError
from data.sources import load_dataset
from tests.helpers.networks import initial_layers


@pytest.fixture(scope="module")
def network() -> Network:
    return Network.from_layers(initial_layers((784, 16, 10), seed=2))


def test_every_image_is_classified_as_it_is_alone(network: Network, tiny: Dataset) -> None:
    predictions = predict_split(network, tiny.test)
    for i, (image, label) in enumerate(zip(tiny.test.images, tiny.test.labels, strict=True)):
        probabilities = network.probabilities(as_input(image[None]))[0]
        assert predictions.predicted[i] == probabilities.argmax()
        assert predictions.confidence[i] == pytest.approx(probabilities.max(), rel=1e-5)
        assert predictions.loss[i] == pytest.approx(-np.log(probabilities[label]), rel=1e-4)
        assert [*np.argsort(-probabilities, kind="stable")].index(label) == predictions.rank[i]
    assert predictions.top_accuracy(1) == (predictions.predicted == tiny.test.labels).mean()
    assert predictions.top_accuracy(5) == (predictions.rank < 5).mean()
    assert predictions.top_accuracy(10) == 1


def test_the_confusion_matrix_sums_to_the_split_and_its_trace_to_the_correct(
    network: Network, tiny: Dataset
) -> None:
    repeated = Split(np.tile(tiny.train.images, (5, 1, 1)), np.tile(tiny.train.labels, 5))
    assert len(repeated) > 2 * BATCH
    predictions = predict_split(network, repeated)
    assert predictions.confusion.sum() == len(repeated)
    assert np.trace(predictions.confusion) == (predictions.predicted == repeated.labels).sum()
    assert len(predictions.misclassified()) == len(repeated) - np.trace(predictions.confusion)


def test_misclassified_images_and_cells_are_ordered_by_loss(
    network: Network, tiny: Dataset
) -> None:
    predictions = predict_split(network, tiny.train)
    order = predictions.misclassified()
    assert (np.diff(predictions.loss[order]) <= 0).all()
    assert (predictions.predicted[order] != predictions.labels[order]).all()
    for label, read in np.argwhere(predictions.confusion > 0).tolist():
        cell = predictions.cell(label, read)
        assert len(cell) == predictions.confusion[label, read]
        assert (predictions.labels[cell] == label).all()
        assert (predictions.predicted[cell] == read).all()


def test_images_of_the_reject_class_are_left_out_but_indices_stay(
    network: Network, tiny: Dataset
) -> None:
    labels = tiny.test.labels.copy()
    labels[[0, 5]] = NO_CLASS
    predictions = predict_split(network, Split(tiny.test.images, labels))
    assert len(predictions) == len(labels) - 2
    assert predictions.indices[:5].tolist() == [1, 2, 3, 4, 6]
    assert predictions.confusion.sum() == len(labels) - 2


def test_a_network_of_nan_is_wrong_everywhere_and_breaks_nothing(tiny: Dataset) -> None:
    layers = [(np.full((784, 10), np.nan, np.float32), np.zeros(10, np.float32))]
    predictions = predict_split(Network.from_layers(layers), tiny.test)
    assert np.isinf(predictions.loss).all()
    assert (predictions.predicted == 0).all()


def test_other_images_or_classes_than_the_networks_are_rejected(tiny: Dataset) -> None:
    with pytest.raises(DataError, match="784 pixels"):
        predict_split(Network.from_layers(initial_layers((100, 10), seed=0)), tiny.test)
    with pytest.raises(DataError, match="3 classes"):
        predict_split(Network.from_layers(initial_layers((784, 3), seed=0)), tiny.test)


def test_the_data_of_a_run_is_found_again_and_other_data_is_rejected(
    tmp_path: Path,
) -> None:
    made = load_dataset(fake=True)
    recorded = {"fingerprint": made.fingerprint}
    source = {"fake_data": True, "unknown": 1}
    assert open_dataset({"source": source, "dataset": recorded}).fingerprint == made.fingerprint
    with pytest.raises(DataError, match="not the data"):
        open_dataset({"source": source, "dataset": {"fingerprint": "0" * 64}})
    odd = {**source, "variation": "much", "dataset": ["mnist"]}
    assert open_dataset({"source": odd, "dataset": recorded}).fingerprint == made.fingerprint
    missing = {"source": {"input_data_dir": str(tmp_path / "gone")}, "dataset": recorded}
    with pytest.raises(DataError):
        open_dataset(missing)


def test_scikit_learn_agrees_on_real_digits(network: Network, mnist: Path | None) -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    if mnist is None:
        pytest.skip("no MNIST here")
    dataset = load_dataset(input_data_dir=mnist)
    predictions = predict_split(network, dataset.test)
    assert predictions.confusion.sum() == 10_000
    assert (
        metrics.confusion_matrix(dataset.test.labels, predictions.predicted)
        == predictions.confusion
    ).all()
