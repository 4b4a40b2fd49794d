"""What the name of a metric means: its direction, its kind, and which part of the data it is of.

A name is split at what is no letter or digit, and where small letters are followed by capitals. The
last word that is known counts: ``accuracy_loss`` is a loss, ``loss/accuracy`` an accuracy. Words
that many metrics are called by count where there is no other: ``FID/score`` is a distance. A part
of a word says nothing: ``gloss`` is no loss, ``interval`` is not of validation.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final

_ACCURACIES: Final = frozenset((
    "acc", "accuracy", "accuracies", "prec", "precision", "recall", "f1", "f2", "auc", "auroc",
    "rocauc", "auprc", "prauc", "aucpr", "ap", "map", "iou", "miou", "dice", "jaccard",
    "specificity", "sensitivity", "exactmatch", "top1", "top3", "top5", "top10",
))  # fmt: skip
"""Fractions of what is right: 1 minus such a value is an error rate."""
_GREATER: Final = _ACCURACIES | frozenset((
    "giou", "bleu", "sacrebleu", "rouge", "meteor", "chrf", "psnr", "ssim", "r2", "mcc", "kappa",
    "ndcg", "mrr", "pearson", "spearman", "spearmanr", "elbo", "score", "reward", "rew", "return",
))  # fmt: skip
_LOSSES: Final = frozenset((
    "loss", "losses", "logloss", "mlogloss", "mseloss", "bceloss", "celoss", "nllloss", "klloss",
    "nll", "ppl", "perplexity",
))  # fmt: skip
_LESS: Final = _LOSSES | frozenset((
    "err", "error", "merror", "mse", "rmse", "mae", "mape", "smape", "msle", "rmsle", "wer", "cer",
    "eer", "fid", "kid", "lpips", "bpc", "bpb", "bpd", "crossentropy", "xent", "bce", "divergence",
    "kld", "hinge", "cost",
))  # fmt: skip
_IF_ALONE: Final = frozenset((
    "score", "reward", "rew", "return", "top1", "top3", "top5", "top10",
))  # fmt: skip
"""Words that count where a name has none of the others: a top-1 error is an error."""
SPLITS: Final = {
    "train": "training", "training": "training",
    "val": "validation", "valid": "validation", "validation": "validation", "dev": "validation",
    "eval": "validation",
    "test": "test",
}  # fmt: skip
"""The words for a part of the data."""
_REVERSED: Final = frozenset(("neg", "negative"))
"""Words before a metric that may change its sign, or name a part of the data: nothing is known."""
_BEGINNINGS: Final = re.compile(rf"(?:{'|'.join((*SPLITS, 'avg', 'mean'))})(?=.)")
"""With what a word may begin that is written together, as in ``valloss``."""
_JOINED: Final = frozenset((
    "iou", "map", "f1", "f2", "r2", "crossentropy", "exactmatch", "rocauc", "prauc", "logloss",
    "top1", "top3", "top5", "top10",
))  # fmt: skip
"""Words that are also written as two, or with a capital inside."""
_WORD: Final = re.compile(r"[A-Z]+(?![a-z])\d*|[A-Z]?[a-z]+\d*|\d+")


def has_direction(name: str) -> bool:
    """Return whether a metric has a best value: it is a loss, an error, a score or the like."""
    return _metric_word(name) != ""


def greater_is_better(name: str) -> bool:
    """Return whether the greatest value of a metric is its best; False where that is unknown."""
    return _metric_word(name) in _GREATER


def is_accuracy(name: str) -> bool:
    """Return whether a metric is a fraction of what is right, as accuracy, recall and F1 are."""
    return _metric_word(name) in _ACCURACIES


def is_loss(name: str) -> bool:
    """Return whether a metric is a loss, or made of one as perplexity is."""
    return _metric_word(name) in _LOSSES


def split_of(name: str) -> str:
    """Return ``training``, ``validation`` or ``test`` by the first such word; else nothing."""
    return next((SPLITS[word] for word in _words(name) if word in SPLITS), "")


def main_metric(names: Iterable[str]) -> str:
    """Return the name by which runs are compared first; nothing where no metric has a direction.

    Validation counts before test, test before training, and a score before a loss.
    """
    order = ("validation", "test")

    def rank(name: str) -> tuple[int, bool, bool]:
        split = split_of(name)
        place = order.index(split) if split in order else len(order)
        return place, not greater_is_better(name), not is_loss(name)

    return min(filter(has_direction, names), key=rank, default="")


def _metric_word(name: str) -> str:
    """Return the word of a name that says which metric it is, as it is known; else nothing."""
    words = _words(name)
    if not _REVERSED.isdisjoint(words):
        return ""
    found = [*_known(words)]
    certain = [word for word in found if word not in _IF_ALONE]
    return (certain or found or [""])[-1]


def _words(name: str) -> list[str]:
    """Return the words of a name in small letters."""
    return [word.lower() for word in _WORD.findall(name)]


def _known(words: list[str]) -> Iterator[str]:
    """The words that are known, alone or joined with the one before, in their order."""
    for before, word in zip(["", *words], words, strict=False):
        joined = before + word
        yield from [joined] if joined in _JOINED and before else _known_forms(word)


def _known_forms(word: str) -> Iterator[str]:
    """This word as it is known: as it is, without its digits, its plural or its split."""
    shorter = word.rstrip("0123456789")
    for form in (word, shorter, shorter.removesuffix("s"), _BEGINNINGS.sub("", word, count=1)):
        if form in _GREATER or form in _LESS:
            yield form
            return
