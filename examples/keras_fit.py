"""A Keras model, watched and steered by one line: `python examples/keras_fit.py [EPOCHS]`.

The images are made up, so that nothing is fetched. While it runs, in another terminal:

    trainpad status --watch
    trainpad set lr=0.01 dropout=0.1
    trainpad evaluate --wait 10
    trainpad save --wait 10
"""

import sys

import keras
import numpy as np

import trainpad


def main(epochs: int = 20) -> None:
    """Train a small network on noisy patterns."""
    rng = np.random.default_rng(1)
    patterns = rng.normal(size=(10, 64))
    labels = rng.integers(0, 10, 6000)
    images = (patterns[labels] + 2 * rng.normal(size=(6000, 64))).astype("float32")
    x, y, held_out = images[:5000], labels[:5000], (images[5000:], labels[5000:])

    dropout = Dropout(0.3)
    layers = [keras.layers.Dense(64, activation="relu"), dropout, keras.layers.Dense(10)]
    model = keras.Sequential([keras.Input((64,)), *layers])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(1e-3), loss, metrics=["accuracy"])
    watch = trainpad.keras.TrainpadCallback(
        project="digits", validation_data=held_out, live={"dropout": dropout.rate}
    )
    model.fit(
        x, y, batch_size=50, epochs=epochs, verbose=0, validation_data=held_out, callbacks=[watch]
    )


class Dropout(keras.layers.Layer):
    """A dropout layer with a rate that can be changed while the model trains."""

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.rate = self.add_weight(
            name="rate", initializer=keras.initializers.Constant(rate), trainable=False
        )
        self.seeds = keras.random.SeedGenerator(1)

    def call(self, inputs, training=False):
        """Drop inputs while training."""
        if not training:
            return inputs
        draws = keras.random.uniform(keras.ops.shape(inputs), seed=self.seeds)
        kept = keras.ops.cast(draws >= self.rate, inputs.dtype)
        return inputs * kept / (1 - self.rate)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
