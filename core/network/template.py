"""The file that `trainpad new` writes: a Keras model of one's own, to begin with."""

TEMPLATE = '''"""A Keras model of my own: `trainpad --model {name}`.

Images come as [batch, height, width, channels], values from 0 to 1. The model gives a number for
each class. Without model.compile() it trains with the optimizer and the learning rate of the panel.
"""

import keras


def build(hp):
    """Return the model.

    Its values are in the panel. Others from the start: `trainpad --model {name} --hp width=32`.
    """
    width = hp.Int("width", 8, 64, step=8, default=16)  # for the next run
    rate = hp.Float("dropout", 0.0, 0.8, step=0.05, default=0.4, live=True)  # while it trains
    return keras.Sequential(
        [
            keras.layers.Conv2D(width, 5, padding="same", activation="relu"),
            keras.layers.MaxPooling2D(),
            keras.layers.Conv2D(2 * width, 5, padding="same", activation="relu"),
            keras.layers.MaxPooling2D(),
            keras.layers.Flatten(),
            keras.layers.Dropout(rate),
            keras.layers.Dense(10),  # one number for each class
        ]
    )


# For data of your own, without the #:
#
# def data():
#     """Return pictures and classes as whole numbers; other numbers are taken as they are."""
#     return (x_train, y_train), (x_test, y_test)
'''
