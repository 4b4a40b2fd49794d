"""Choosing the device: the CPU or one of the GPUs."""

from typing import Any

import tensorflow as tf

from trainpad.errors import UserError


def pick_device(requested: str) -> str:
    """TensorFlow's name (``/GPU:0``) of ``auto``, ``cpu``, ``gpu`` or ``gpu:N``.

    ``auto`` is the first GPU if there is one. GPU memory grows as needed.

    Raises:
        UserError: there is no such GPU.
    """
    gpus = gpus_with_memory_growth() if not requested.startswith("cpu") else []
    if requested.startswith("cpu") or (requested == "auto" and not gpus):
        return "/CPU:0"
    number = 0 if requested in ("auto", "gpu") else int(requested.removeprefix("gpu:"))
    if number >= len(gpus):
        raise UserError(
            f"there is no device {requested}: TensorFlow sees {len(gpus)} GPUs; use --device cpu"
        )
    return f"/GPU:{number}"


def gpus_with_memory_growth() -> list[Any]:
    """The physical GPUs, each set to allocate memory as needed."""
    gpus: list[Any] = tf.config.list_physical_devices("GPU")
    for gpu in gpus:
        tf.config.experimental.set_memory_growth(gpu, True)
    return gpus
