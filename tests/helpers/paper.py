"""Digits on paper, drawn from strokes, and whether a picture of one was read as they are."""

import numpy as np

from data.ink import ink_to_image
from data.ink_field import DistanceField

SEVEN = [np.array([[0.1, 0.1], [0.8, 0.1], [0.4, 0.9]])]
ONE = [np.array([[0.5, 0.1], [0.5, 0.9]])]
ZERO = [0.5 + 0.4 * np.array([[0.7 * np.sin(t), np.cos(t)] for t in np.linspace(0, 6.3, 40)])]
FIVE = [
    np.array([[0.25, 0.2], [0.25, 0.5], [0.7, 0.55], [0.7, 0.9], [0.2, 0.9]]),
    np.array([[0.3, 0.1], [0.8, 0.1]]),
]


def paper(drawings, side=120, pen=7.0):
    """Drawings in a row, dark on white."""
    field = DistanceField(side, side * len(drawings))
    for i, drawing in enumerate(drawings):
        for stroke in drawing:
            field.add((stroke * 0.8 + 0.1 + [i, 0]) * side, pen)
    return 1 - 0.85 * field.ink()


def is_similar(image, drawing, least=0.93):
    """Whether a picture's digit is what the strokes themselves give."""
    wanted = ink_to_image(drawing)
    return float((image * wanted).sum() / np.sqrt((image**2).sum() * (wanted**2).sum())) > least
