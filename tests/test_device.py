"""Which device computes, and with how much of it."""

from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import pytest

from core.device import one_core_if_small


def cores(products: int, *, begun: bool = False) -> list[int]:
    """What TensorFlow is told for a network of so many multiplications for an image."""
    told: list[int] = []

    def tell(number: int) -> None:
        if begun:
            raise RuntimeError("Intra op parallelism cannot be modified after initialization.")
        told.append(number)

    threading = SimpleNamespace(set_intra_op_parallelism_threads=tell)
    tf: Any = SimpleNamespace(config=SimpleNamespace(threading=threading))
    one_core_if_small(tf, products)
    return told


@pytest.mark.parametrize(
    ("sizes", "told"), [((784, 128, 32, 10), [1]), ((784, 10), [1]), ((784, 500, 10), [])]
)
def test_the_lab_s_network_needs_one_core_and_a_larger_one_all(
    sizes: tuple[int, ...], told: list[int]
) -> None:
    assert cores(sum(a * b for a, b in pairwise(sizes))) == told


def test_what_a_process_has_settled_before_stays() -> None:
    assert cores(1, begun=True) == []
