"""Which device computes, and how it is asked for."""

from contextlib import suppress
from typing import Any

from data.errors import UserError

STRATEGIES = ("none", "mirrored", "multi_worker")
"""How the work may be shared among devices or machines; see `core.spread`."""
SMALL = 150_000
"""Multiplications for an image up to which a network is small: the lab's has 104,768."""


def pick_device(tf: Any, wanted: str) -> str:
    """TensorFlow's name of the device that `wanted` means; a GPU, if there is one, for ``auto``.

    A GPU's memory is taken as it is needed instead of whole.
    """
    gpus = gpus_growing(tf) if not wanted.startswith("cpu") else []
    if wanted.startswith("cpu") or (wanted == "auto" and not gpus):
        return "/CPU:0"
    number = 0 if wanted in ("auto", "gpu") else int(wanted.removeprefix("gpu:"))
    if number >= len(gpus):
        raise UserError(
            f"there is no device {wanted}: TensorFlow sees {len(gpus)} GPUs; use --device cpu"
        )
    return f"/GPU:{number}"


def one_core_if_small(tf: Any, products: int) -> None:
    """Compute on one core where so many multiplications for an image are too few to share a step.

    Measured on two cores: at the lab's network a second one takes a step from 0.41 to 0.35 ms when
    the machine is idle, to 0.5 ms when it is not, and doubles the CPU time; the losses then depend
    on how many cores there are, too. So a batch size, which may change in a run, does not count. It
    must be settled before TensorFlow computes anything: what else a process trains stays with it.
    """
    if products <= SMALL:
        with suppress(RuntimeError):
            tf.config.threading.set_intra_op_parallelism_threads(1)


def gpus_growing(tf: Any) -> list[Any]:
    """The GPUs there are, told to take memory as they need it."""
    gpus: list[Any] = tf.config.list_physical_devices("GPU")
    for gpu in gpus:
        tf.config.experimental.set_memory_growth(gpu, True)
    return gpus
