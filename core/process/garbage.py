"""How seldom Python looks for garbage: a look holds every thread up, the screen's as well.

A look through all objects takes a third of a second where TensorFlow is loaded. So it is rare here,
and what stays for good is left out of it.
"""

import gc


def relax_gc() -> None:
    """Look through young objects after every 10,000, and far more rarely through old ones."""
    gc.set_threshold(10_000, 20, 50)


def freeze_gc() -> None:
    """Look through none of the objects that there are now: they stay."""
    gc.freeze()
