"""The limits that the data sets to hyperparameters."""

import pytest

from core.run.hparams import validate_hparams
from core.training.config import check_batch_size
from data.dataset import Dataset
from trainpad.errors import UserError


def test_a_batch_larger_than_the_data_is_rejected(tiny: Dataset) -> None:
    with pytest.raises(UserError, match="batch_size must be at most 503"):
        check_batch_size(validate_hparams({"batch_size": 504}), tiny)
    check_batch_size(validate_hparams({"batch_size": 503}), tiny)
