"""Keras trainings, watched and steered by one callback."""

import json
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.process.libraries import clean_imports

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
with clean_imports():  # without scikit-learn it takes a second less
    keras = pytest.importorskip("keras")
pytestmark = [
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
    pytest.mark.usefixtures("polled_runs"),
]

import trainpad  # noqa: E402
from tests.helpers.attached import directory, events, last_event, numbers, recorded, steer  # noqa: E402
from trainpad.keras import TrainpadCallback  # noqa: E402
from trainpad.step_losses import StepLosses  # noqa: E402

RNG = np.random.default_rng(3)
X = RNG.normal(size=(230, 8)).astype("float32")
Y = RNG.integers(0, 3, 230)
WEIGHTS = RNG.uniform(0.2, 2.0, 230).astype("float32")


def model(*, optimizer: Any = None, dropout: float = 0.0, **compile_: Any) -> Any:
    keras.utils.set_random_seed(5)
    network = keras.Sequential(
        [
            keras.Input((8,)),
            keras.layers.Dense(16, activation="relu"),
            keras.layers.Dropout(dropout),
            keras.layers.Dense(3, activation="softmax"),
        ]
    )
    network.compile(
        optimizer or keras.optimizers.SGD(0.1),
        "sparse_categorical_crossentropy",
        metrics=["accuracy"],
        **compile_,
    )
    return network


def own_losses(network: Any, epochs: int, weights: Any = None, size: int = 50) -> list[float]:
    """The loss of each step of a loop of one's own."""
    import tensorflow as tf

    losses = []
    for _ in range(epochs):
        for at in range(0, len(X), size):
            x, y = X[at : at + size], Y[at : at + size]
            w = None if weights is None else weights[at : at + size]
            with tf.GradientTape() as tape:
                loss = network.compute_loss(x, y, network(x, training=True), w)
            network.optimizer.apply(
                tape.gradient(loss, network.trainable_weights), network.trainable_weights
            )
            losses.append(float(loss))
    return losses


def only_run(runs: Path) -> Path:
    (path,) = recorded(runs.parent)
    return path


def column(path: Path, name: str) -> list[float]:
    return [line[name] for line in numbers(path) if name in line]


class Then(keras.callbacks.Callback):  # type: ignore[misc]
    """Does something at the beginning of a batch."""

    async_safe = True

    def __init__(self, batch: int, do: Callable[[], object]) -> None:
        super().__init__()
        self.batch, self.do, self.seen = batch, do, 0

    def on_train_batch_begin(self, batch: int, logs: object = None) -> None:
        if self.seen == self.batch:
            self.do()
        self.seen += 1


@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["plain", "sample weights"])
@pytest.mark.parametrize("validate", [True, False])
def test_each_steps_own_loss_is_that_of_a_loop_of_ones_own(
    runs: Path, weights: Any, validate: bool
) -> None:
    expected = own_losses(model(), 3, weights)
    more = {"validation_data": (X, Y)} if validate else {}
    model().fit(
        X, Y, batch_size=50, epochs=3, shuffle=False, verbose=0, sample_weight=weights,
        callbacks=[TrainpadCallback()], **more,
    )  # fmt: skip
    path = only_run(runs)
    found = [line for line in numbers(path) if "loss" in line]
    assert [line["step"] for line in found] == list(range(15))  # the last of five has 30 examples
    assert np.abs(np.array(column(path, "loss")) - expected).max() < 2e-6
    assert len(column(path, "val_loss")) == (3 if validate else 0)
    assert last_event(path).items() >= {"event": "finished", "reason": "done", "step": 15}.items()
    assert [event["step"] for event in events(path, "epoch")] == [0, 5, 10]


def test_with_several_steps_an_execution_it_is_their_mean(runs: Path) -> None:
    expected = own_losses(model(), 2, size=10)
    model(steps_per_execution=10).fit(
        X, Y, batch_size=10, epochs=2, shuffle=False, verbose=0, callbacks=[TrainpadCallback()]
    )
    parts = [(e + a, e + b) for e in (0, 23) for a, b in ((0, 10), (10, 20), (20, 23))]
    means = [np.mean(expected[begin:end]) for begin, end in parts]
    found = [line for line in numbers(only_run(runs)) if "loss" in line]
    assert [line["step"] for line in found] == [9, 19, 22, 32, 42, 45]
    assert np.abs(np.array([line["loss"] for line in found]) - means).max() < 2e-6


def test_batches_that_arrive_out_of_order_are_put_in_order() -> None:
    losses = StepLosses(steps=5)
    sizes, own = [10, 10, 10, 10, 4], [3.0, 1.0, 2.0, 5.0, 4.0]
    means = np.cumsum(np.multiply(sizes, own)) / np.cumsum(sizes)
    out = []
    for batch in (2, 0, 1, 4, 3):
        losses.end((batch, 100.0 + batch, {"loss": float(means[batch]), "accuracy": batch}))
        out += losses.take()
    assert [batch for batch, *_ in out] == [0, 1, 2, 3]
    out += losses.finish(10, 44)
    assert [(batch, moment) for batch, moment, _ in out] == [(i, 100.0 + i) for i in range(5)]
    assert np.allclose([values["loss"] for *_, values in out], own)
    assert [values["accuracy"] for *_, values in out] == [0, 1, 2, 3, 4]


def test_an_epoch_whose_examples_are_not_known_takes_the_last_batch_as_whole() -> None:
    losses = StepLosses()
    for batch in (0, 1):
        losses.end((batch, 5.0, {"loss": 1.0 + batch}))
    assert losses.take() == [(0, 5.0, {"loss": 1.0})]
    assert losses.finish(None, None) == [(1, 5.0, {"loss": 3.0})]
    assert losses.finish(None, None) == []


def test_batches_with_other_indices_than_keras_gives_are_recorded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("trainpad.step_losses.MAX_WAITING", 3)
    losses = StepLosses()
    for batch in (3, 7, 11, 15):
        losses.end((batch, 5.0, {"loss": 1.0}))
    assert [batch for batch, *_ in losses.take()] == [3, 7, 11]


def test_asynchronous_dispatch_stays_on(monkeypatch: pytest.MonkeyPatch) -> None:
    from keras.src.callbacks.callback_list import CallbackList

    monkeypatch.setattr("keras.src.backend.IS_THREAD_SAFE", True)
    found = CallbackList([TrainpadCallback()], model=model())
    assert found._async_train


def test_training_is_the_same_to_the_bit_as_without(runs: Path) -> None:
    plain, watched = model(dropout=0.3), model(dropout=0.3)
    options = {"batch_size": 50, "epochs": 3, "verbose": 0}
    keras.utils.set_random_seed(1)
    plain.fit(X, Y, **options)
    keras.utils.set_random_seed(1)
    watched.fit(X, Y, **options, callbacks=[TrainpadCallback(live={})])
    for one, other in zip(plain.get_weights(), watched.get_weights(), strict=True):
        assert (one == other).all()


def test_a_stop_ends_at_a_batch(runs: Path) -> None:
    stop = Then(7, lambda: steer(only_run(runs), stop="stopped"))
    network = model()
    network.fit(X, Y, batch_size=10, epochs=5, verbose=0, callbacks=[stop, TrainpadCallback()])
    assert last_event(only_run(runs)).items() >= {"reason": "stopped", "step": 8}.items()


def test_a_run_is_paused_saved_changed_and_goes_on(runs: Path) -> None:
    rate = keras.Variable(0.5, trainable=False)

    def request() -> None:
        path = only_run(runs)
        steer(path, pause_at=0, increment="checkpoint")
        steer(path, hyperparameters={"lr": 0.01, "dropout": 0.25})
        threading.Timer(0.5, lambda: steer(path, pause_at=None)).start()

    network = model()
    callback = TrainpadCallback(live={"dropout": rate})
    network.fit(X, Y, batch_size=10, verbose=0, callbacks=[Then(3, request), callback])
    path = only_run(runs)
    assert float(network.optimizer.learning_rate.numpy()) == pytest.approx(0.01)
    assert float(rate.numpy()) == 0.25
    said = [event["event"] for event in events(path)]
    assert said.count("paused") == said.count("continued") == 1
    (saved,) = events(path, "saved")
    loaded = keras.models.load_model(path / saved["file"])
    assert len(loaded.get_weights()) == 4
    assert [file.name for file in (path / "checkpoints").iterdir()] == ["step-000003.keras"]
    assert {round(value, 6) for value in column(path, "lr")} >= {0.1}


def test_the_rate_of_a_schedule_is_scaled_and_left_as_it_was(runs: Path) -> None:
    schedule = keras.optimizers.schedules.ExponentialDecay(0.1, 100, 0.9)
    network = model(optimizer=keras.optimizers.SGD(schedule))
    network.fit(X, Y, batch_size=50, verbose=0)  # traced before
    frozen = [weight.copy() for weight in network.get_weights()]

    def request() -> None:
        steer(only_run(runs), hyperparameters={"lr_scale": 0.0})
        steer(only_run(runs), increment="checkpoint")

    def interrupt() -> None:
        assert network.optimizer._learning_rate is schedule  # as another callback may save it
        raise KeyboardInterrupt

    watched = [Then(0, request), TrainpadCallback(), Then(3, interrupt)]
    with pytest.raises(KeyboardInterrupt):
        network.fit(X, Y, batch_size=50, verbose=0, callbacks=watched)
    for one, other in zip(frozen, network.get_weights(), strict=True):
        assert (one == other).all()
    (saved,) = events(only_run(runs), "saved")
    loaded = keras.models.load_model(only_run(runs) / saved["file"])
    assert type(loaded.optimizer._learning_rate) is type(schedule)
    del watched[1]  # nobody holds the callback any more
    assert float(network.optimizer.learning_rate) > 0
    trainpad.finish()
    assert column(only_run(runs), "loss")


def test_an_evaluation_on_request_leaves_the_epochs_means_alone(runs: Path) -> None:
    expected = own_losses(model(), 1, size=10)
    evaluate = Then(5, lambda: steer(only_run(runs), increment="evaluate"))
    callback = TrainpadCallback(validation_data=(X[:50], Y[:50]), classes=["a", "b", "c"])
    history = model().fit(
        X, Y, batch_size=10, shuffle=False, verbose=0, callbacks=[evaluate, callback]
    )
    path = only_run(runs)
    assert np.abs(np.array(column(path, "loss")) - expected).max() < 2e-6
    assert history.history["loss"][0] == pytest.approx(np.mean(expected), abs=1e-5)
    assert len(column(path, "val_loss")) == 1
    first, second = events(path, "evaluated")
    assert first["classes"] == ["a", "b", "c"]
    assert np.sum(second["confusion"]["validation"]) == 50


def test_a_request_to_evaluate_without_data_is_explained(runs: Path) -> None:
    evaluate = Then(5, lambda: steer(only_run(runs), increment="evaluate"))
    model().fit(X, Y, batch_size=10, verbose=0, callbacks=[evaluate, TrainpadCallback()])
    assert "validation_data" in events(only_run(runs), "noted")[0]["text"]


def test_it_records_in_a_run_that_is_open_and_leaves_it_so(runs: Path) -> None:
    run = trainpad.init("mine")
    run.log({"before": 1}, 99)
    model().fit(X, Y, batch_size=50, verbose=0, callbacks=[TrainpadCallback()])
    assert run.is_open
    run.finish()
    assert directory(run) == only_run(runs)
    assert min(line["step"] for line in numbers(directory(run)) if "loss" in line) == 100
    assert run.config["optimizer"] == "SGD"


def test_a_second_fit_is_a_second_run_also_after_an_interrupted_one(runs: Path) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    callback = TrainpadCallback(project="p")
    with pytest.raises(KeyboardInterrupt):
        model().fit(X, Y, batch_size=50, verbose=0, callbacks=[callback, Then(2, interrupt)])
    model().fit(X, Y, batch_size=50, verbose=0, callbacks=[callback])
    first, second = recorded(runs.parent)
    assert last_event(first)["reason"] == "interrupted"
    assert last_event(second)["reason"] == "done"


def test_nothing_of_it_ends_a_training(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> Any:
        raise RuntimeError("broken")

    for name in ("_declare", "_count_examples", "_save", "_record_confusion"):
        monkeypatch.setattr(TrainpadCallback, name, broken)
    monkeypatch.setattr("trainpad.keras.LearningRate", broken)
    monkeypatch.setattr("trainpad.keras.WeightRecorder", broken)
    monkeypatch.setattr(StepLosses, "take", broken)
    save = Then(2, lambda: steer(only_run(runs), increment="checkpoint"))
    callback = TrainpadCallback(live={"x": keras.Variable(1.0)})
    history = model().fit(X, Y, batch_size=50, epochs=2, verbose=0, callbacks=[save, callback])
    assert len(history.history["loss"]) == 2
    assert events(only_run(runs), "warned")


def test_weights_are_recorded_and_off_is_off(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trainpad.keras_weights.FIRST", 0.0)
    monkeypatch.setattr("trainpad.keras_weights.SHARE", 1e-9)  # once
    network = model()
    before = network.get_weights()
    network.fit(X, Y, batch_size=50, epochs=2, verbose=0, callbacks=[TrainpadCallback()])
    (event,) = events(only_run(runs), "weights")
    assert event["step"] == 1
    assert [found["shape"] for found in event["layers"].values()] == [[8, 16], [16], [16, 3], [3]]
    first = next(iter(event["layers"].values()))
    assert first["norm"] == pytest.approx(np.linalg.norm(before[0]), rel=0.1)
    assert 0 < first["update_ratio"] < 0.1
    assert len(column(only_run(runs), "update_ratio")) == 1
    monkeypatch.setenv("TRAINPAD_MODE", "off")
    model().fit(X, Y, batch_size=50, verbose=0, callbacks=[TrainpadCallback()])
    assert only_run(runs)


def test_a_model_that_is_built_by_its_first_step_is_counted_then(runs: Path) -> None:
    network = keras.Sequential([keras.layers.Dense(3, activation="softmax")])
    network.compile("sgd", "sparse_categorical_crossentropy")
    network.fit(X, Y, batch_size=50, verbose=0, callbacks=[TrainpadCallback()])
    assert not events(only_run(runs), "warned")
    assert json.loads((only_run(runs) / "run.json").read_text())["config"]["parameters"] == 27


def test_a_later_keras_may_tell_of_more() -> None:
    callback = TrainpadCallback()
    assert callback.on_something_new(1, logs={}) is None  # type: ignore[func-returns-value]
    with pytest.raises(AttributeError):
        callback.nothing  # noqa: B018


def test_a_rate_that_another_callback_sets_is_followed(
    runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("keras.INTERVAL", "attached.FOLLOW_INTERVAL", "attached.FOLLOW_SHARE"):
        monkeypatch.setattr(f"trainpad.{name}", 0.0)
    schedule = keras.callbacks.LearningRateScheduler(lambda epoch, _: 0.1 / 4**epoch)
    watch = TrainpadCallback(weights=False)
    model().fit(X, Y, batch_size=50, epochs=3, verbose=0, callbacks=[watch, schedule])
    path = only_run(runs)
    found = [(event["name"], event["new"], event["by"]) for event in events(path, "changed")]
    assert found == [
        ("lr", 0.025, "program"), ("lr", 0.00625, "program")
    ]  # fmt: skip
