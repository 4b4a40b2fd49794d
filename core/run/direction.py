"""Whether a metric is the better the greater it is, by its name."""

import re
from typing import Final

_GREATER: Final = re.compile(
    r"acc|prec|recall|f1|auc|score|reward|return|iou|dice|bleu|rouge|psnr|ssim|top.?[15]|r2|map",
    re.IGNORECASE,
)
_LESS: Final = re.compile(r"loss|err|perplexity|ppl|mse|mae|rmse|nll|wer|cer|fid", re.IGNORECASE)


def has_direction(name: str) -> bool:
    """Return whether a metric has a best value: it is a loss, an error, a score or the like."""
    return _GREATER.search(name) is not None or _LESS.search(name) is not None


def greater_is_better(name: str) -> bool:
    """Return whether the greatest value of a metric is its best."""
    return _GREATER.search(name) is not None and _LESS.search(name) is None
