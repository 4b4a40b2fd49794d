"""A Keras model of one's own: `trainpad --model examples/my_net.py --hp width=24`.

Images come as [batch, height, width, channels] with values from 0 to 1; the model gives a number
for each class. Not compiled, it trains with the optimizer and learning rate of the panel; what it
is compiled with is used instead. The width changes in the panel for the next run, the dropout rate
while this one trains.
"""

import keras


def build(hp):
    """Return the model; `hp` has KerasTuner's methods, and defaults for all values."""
    width = hp.Int("width", 8, 64, step=8, default=16)
    rate = hp.Float("dropout", 0.0, 0.8, step=0.05, default=0.4, live=True)  # a Keras variable
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
            keras.layers.Dropout(rate),
            keras.layers.Dense(10),
        ]
    )
