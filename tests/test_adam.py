"""Adam in numpy takes the steps of Keras's Adam with TensorFlow's gradients."""

import numpy as np

from core.network.adam import AdamTrainer
from core.network.network import Network
from tests.helpers.networks import initial_layers


def test_it_learns_as_keras_does() -> None:
    import keras
    import tensorflow as tf

    sizes, rate, rng = (12, 8, 5), 0.01, np.random.default_rng(1)
    layers = initial_layers(sizes, seed=3)
    images = rng.random((20, 12), np.float32)
    targets = np.eye(5, dtype=np.float32)[rng.integers(0, 5, 20)]

    model = keras.Sequential(
        [keras.layers.Input((12,)), keras.layers.Dense(8, "relu"), keras.layers.Dense(5)]
    )
    model.set_weights([array for layer in layers for array in layer])
    optimizer = keras.optimizers.Adam(rate, epsilon=1e-8)
    trainer = AdamTrainer(Network.from_layers(layers))
    for _ in range(30):
        with tf.GradientTape() as tape:
            losses = tf.nn.softmax_cross_entropy_with_logits(targets, model(images))
            loss = tf.reduce_mean(losses)
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply(gradients, model.trainable_variables)
        np.testing.assert_allclose(trainer.step(images, targets, rate), float(loss), rtol=1e-4)
    expected = np.concatenate([array.ravel() for array in model.get_weights()])
    np.testing.assert_allclose(trainer.values, expected, atol=2e-4)


def test_a_copy_of_the_network_does_not_change() -> None:
    trainer = AdamTrainer(Network.from_layers(initial_layers((4, 3), seed=1)))
    before = trainer.network()
    kept = before.layers[0].weights.copy()
    trainer.step(np.ones((2, 4), np.float32), np.eye(3, dtype=np.float32)[:2], 0.1)
    assert (before.layers[0].weights == kept).all()
    assert (trainer.network().layers[0].weights != kept).any()
