"""Ways of writing digits that are oversampled in the recipe of the built-in weights.

MNIST's writers are American. These forms are common elsewhere: a 1 with a long upstroke, a 7 with a
bar, a 9 with a tail hooked to the left, narrow 8s, an open 4. They were chosen from what an earlier
network misclassified in pendigits, so pendigits is not an independent test of the network. The
notation is that of `data.templates`.
"""

from collections.abc import Iterator

import numpy as np

from data.drawn import STYLES
from data.pen import sample_paths
from data.templates import parse_templates

FORMS = {
    1: """
        0,9 8,0* 8,20
        0,7 7,0* 5,20
        -2,10 6,0* 3,20
        0,12 9,0* 7,20
        0,13 9,0* 5,20
        3,4 6,0* 5,20
        3,3 5,0* 6,20
        0,6 6,0* 6,20 / -1,20 13,20
        1,7 8,0* 6,20 / -3,20 15,19
        4,4 7,0* 6,20 / 0,20 12,20
        """,
    3: """
        0,2 8,0* 3,8* 10,12 7,18 1,20
        0,3 5,0 9,3 4,8* 9,12 8,18 0,19
        1,2 6,0 8,4 4,8 3,9* 9,11 9,17 3,20 -1,18
        """,
    4: """
        5,0 3,8 2,12 8,12 12,11 / 9,6 8,20
        3,0 0,9 2,12 10,11 / 9,5 7,20
        4,0 0,10 4,13 11,11 / 8,8 7,20
        0,0 0,6 4,9 9,7 / 10,0 8,20
        2,0 1,6 4,9 9,8 10,1* 8,20
        """,
    5: """
        12,0 3,1* 2,8* 8,7 11,13 7,19 0,19
        3,0 2,8* 8,7 10,13 6,20 0,18 / 3,0 13,0
        3,1 1,8 7,8 9,14 5,20 -1,18 / 3,1 12,0
        """,
    7: """
        0,3 2,1 7,2 13,0* 9,8 5,20 / 1,11 12,10
        0,4 2,1 6,2 12,1* 8,9 6,20 / 1,12 13,11
        0,2 12,1* 7,10 4,20 / 0,10 14,10
        1,3 1,0* 13,0* 9,9 7,20 / 3,11 14,10
        0,5 3,0 7,3 12,0* 8,10 5,20 / 2,12 12,9
        0,1 11,1* 6,9 4,16 5,20 / 0,10 11,9
        1,1 10,0* 6,10 3,20 / -3,13 12,12
        0,2 10,1* 6,10 3,20 / -1,10 10,11
        0,3 5,0 9,2 8,8 4,20 / 1,11 12,10
        1,4 4,0 9,0 10,4 6,12 4,20 / 1,13 13,11
        """,
    8: """
        11,3 7,0 3,3 7,9 11,15 7,20 4,16 9,8 13,1
        9,2 6,0 4,3 6,8 8,14 6,20 4,16 6,10 9,3
        12,1 6,1 4,5 9,10 10,16 5,20 3,15 8,9 13,2
        8,9 4,5 6,0 11,1 10,6 4,12 3,18 7,20 10,16 8,9
        """,
    9: """
        11,3 7,0 2,2 1,6 4,9 9,7 11,3* 12,10 10,17 5,20 0,18
        10,2 6,0 2,3 3,7 7,8 10,4* 11,11 8,18 2,20 -3,18
        12,4 9,1 5,0 2,3 4,6 8,6 12,3* 13,9 11,16 6,19 -2,17
        9,1 4,0 2,4 5,7 10,5 10,1* 12,8 12,14 8,19 1,20 -4,18
        11,2 6,0 2,3 3,7 8,7 11,4 12,9 10,16 4,19 -1,17
        12,1 6,0 3,3 5,6 10,6* 13,11 11,17 5,20 -1,17
        10,3 6,0 2,3 4,8 9,6 10,1* 10,12 9,17 5,19 2,16
        9,2 5,0 3,3 5,6 9,4 10,1* 11,9 9,17 4,20 -2,19
        """,
}


def draw_forms(n: int, seed: object, variation: float = 1.0) -> Iterator[tuple[list, int]]:
    """Yield about ``n`` drawings, as strokes, and their digits; all forms are equally frequent."""
    rng = np.random.default_rng(seed)
    ways = [(digit, form) for digit, text in FORMS.items() for form in parse_templates(text)]
    for digit, form in ways:
        ink = sample_paths(form, -(-n // len(ways)), rng, STYLES[digit].scaled(variation))
        yield from ((strokes, digit) for strokes in ink.strokes())
