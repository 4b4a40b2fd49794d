"""The sentences that `trainpad export` says of what it wrote."""

import pytest

from core.export.options import _keras_inputs


@pytest.mark.parametrize(
    ("info", "words"),
    [
        ({}, "images [n, 28, 28] with pixels from 0 to 255"),
        ({"dataset": {"image_shape": [24, 20]}}, "images [n, 24, 20] with pixels"),
        ({"dataset": {"image_shape": [24, 20, 3]}}, "images [n, 24, 20, 3] with pixels"),
        ({"model": {"file": "a.py"}}, "as your file says, with values from 0 to 1"),
    ],
)
def test_what_an_exported_keras_model_takes_is_said(info: dict[str, object], words: str) -> None:
    assert words in _keras_inputs(info)
