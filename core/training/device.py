"""Which device computes, and how it is asked for."""

from typing import Any

from trainpad.errors import UserError

STRATEGIES = ("none", "mirrored", "multi_worker")
"""How the work may be shared among devices or machines; see `core.training.distributed`."""


def pick_device(tf: Any, requested: str) -> str:
    """TensorFlow's name of the device that `wanted` means; a GPU, if there is one, for ``auto``.

    A GPU's memory is taken as it is needed instead of whole.
    """
    gpus = gpus_with_memory_growth(tf) if not requested.startswith("cpu") else []
    if requested.startswith("cpu") or (requested == "auto" and not gpus):
        return "/CPU:0"
    number = 0 if requested in ("auto", "gpu") else int(requested.removeprefix("gpu:"))
    if number >= len(gpus):
        raise UserError(
            f"there is no device {requested}: TensorFlow sees {len(gpus)} GPUs; use --device cpu"
        )
    return f"/GPU:{number}"


def gpus_with_memory_growth(tf: Any) -> list[Any]:
    """The GPUs there are, told to take memory as they need it."""
    gpus: list[Any] = tf.config.list_physical_devices("GPU")
    for gpu in gpus:
        tf.config.experimental.set_memory_growth(gpu, True)
    return gpus
