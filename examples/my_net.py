"""A Keras model of one's own: `trainpad --model examples/my_net.py --hp width=24`.

Images come as [batch, height, width, channels] with values from 0 to 1; the model gives a number
for each class. Not compiled, it trains with the optimizer and learning rate of the panel; what it
is compiled with is used instead. The file runs under KerasTuner, too.
"""

import keras


def build(hp):
    """Return the model; `hp` has KerasTuner's methods, and defaults for all values."""
    width = hp.Int("width", 8, 64, default=16)
    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            keras.layers.Conv2D(width, 5, padding="same", use_bias=False),
            keras.layers.BatchNormalization(momentum=0.9),
            keras.layers.ReLU(),
            keras.layers.MaxPooling2D(),
            keras.layers.Conv2D(2 * width, 5, padding="same", activation="relu"),
            keras.layers.MaxPooling2D(),
            keras.layers.Flatten(),
            keras.layers.Dropout(hp.Float("dropout", 0.0, 0.8, default=0.4)),
            keras.layers.Dense(10),
        ]
    )
