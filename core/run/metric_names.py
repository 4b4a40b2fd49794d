"""Whether a metric is the better the greater it is, by the words of its name.

A name is split at what is no letter or digit, and where small letters are followed by capitals. The
last word that is known counts: ``accuracy_loss`` is a loss, ``loss/accuracy`` an accuracy. Words
that many metrics are called by count where there is no other: ``FID/score`` is a distance.
"""

import re
from collections.abc import Iterator
from typing import Final

_GREATER: Final = frozenset((
    "acc", "accuracy", "accuracies", "prec", "precision", "recall", "f1", "f2", "auc", "auroc",
    "rocauc", "auprc", "prauc", "aucpr", "ap", "map", "iou", "miou", "giou", "dice", "jaccard",
    "bleu", "sacrebleu", "rouge", "meteor", "chrf", "psnr", "ssim", "r2", "mcc", "kappa", "ndcg",
    "mrr", "pearson", "spearman", "spearmanr", "specificity", "sensitivity", "elbo", "exactmatch",
))  # fmt: skip
_LESS: Final = frozenset((
    "loss", "losses", "logloss", "mlogloss", "mseloss", "bceloss", "celoss", "nllloss", "klloss",
    "err", "error", "merror", "mse", "rmse", "mae", "mape", "smape", "msle", "rmsle", "nll", "ppl",
    "perplexity", "wer", "cer", "eer", "fid", "kid", "lpips", "bpc", "bpb", "bpd", "crossentropy",
    "xent", "bce", "divergence", "kld", "hinge", "cost",
))  # fmt: skip
_GREATER_ALONE: Final = frozenset((
    "score", "reward", "rew", "return", "top1", "top3", "top5", "top10",
))  # fmt: skip
"""Words that count where a name has none of the others: a top-1 error is an error."""
_REVERSED: Final = frozenset(("neg", "negative"))
"""Words before a metric that may change its sign, or name a part of the data: nothing is known."""
_SPLITS: Final = re.compile(r"(?:train|training|val|valid|validation|test|eval|dev|avg|mean)(?=.)")
"""With what a word may begin that is written together, as in ``valloss``."""
_JOINED: Final = frozenset((
    "iou", "map", "f1", "f2", "r2", "crossentropy", "exactmatch", "rocauc", "prauc", "logloss",
    "top1", "top3", "top5", "top10",
))  # fmt: skip
"""Words that are also written as two, or with a capital inside."""
_WORD: Final = re.compile(r"[A-Z]+(?![a-z])\d*|[A-Z]?[a-z]+\d*|\d+")


def has_direction(name: str) -> bool:
    """Return whether a metric has a best value: it is a loss, an error, a score or the like."""
    return _telling_word(name) != ""


def greater_is_better(name: str) -> bool:
    """Return whether the greatest value of a metric is its best; False where that is unknown."""
    return _telling_word(name) in _GREATER | _GREATER_ALONE


def _telling_word(name: str) -> str:
    """The word of a name that shows its direction, or nothing."""
    words = [word.lower() for word in _WORD.findall(name)]
    if not _REVERSED.isdisjoint(words):
        return ""
    found = [*_known(words)]
    certain = [word for word in found if word not in _GREATER_ALONE]
    return (certain or found or [""])[-1]


def _known(words: list[str]) -> Iterator[str]:
    """The words that are known, alone or joined with the one before, in their order."""
    for before, word in zip(["", *words], words, strict=False):
        joined = before + word
        yield from [joined] if joined in _JOINED and before else _known_forms(word)


def _known_forms(word: str) -> Iterator[str]:
    """This word as it is known: as it is, without its digits, its plural or its split."""
    shorter = word.rstrip("0123456789")
    for form in (word, shorter, shorter.removesuffix("s"), _SPLITS.sub("", word, count=1)):
        if form in _GREATER or form in _LESS or form in _GREATER_ALONE:
            yield form
            return
