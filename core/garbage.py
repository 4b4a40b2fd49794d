"""How seldom Python looks for garbage: a look holds every thread up, the screen's as well.

With TensorFlow in the process a look through all objects takes a third of a second, and half as
long as a frame without it. It is rare here, and what stays for good is left out.
"""

import gc


def look_seldom() -> None:
    """Look through the young objects a fifteenth as often as Python does, the old still rarer."""
    gc.set_threshold(10_000, 20, 50)


def leave_out_what_is() -> None:
    """Look through none of the objects that there are now: they stay."""
    gc.freeze()
