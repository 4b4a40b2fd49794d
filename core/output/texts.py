"""Numbers and their names in a line of text.

What may be something else than a metric is left out: numbers with a unit, percentages without a
sign before them, times, versions, paths, sizes and counts. All patterns take time in proportion to
the line's length.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import zip_longest
from typing import Final

Number = float | int
NUMBER: Final = r"[-+]?(?:\d+(?:,\d+)*(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d{1,4})?|[-+]?(?:nan|inf)"
"""With commas between thousands, or one in the place of the point."""
_UNIT: Final = (
    r"%|(?:[mµun]?s|secs?|seconds?|minutes?|hours?|[KMGT]i?B|bytes"
    r"|毫?秒|сек(?:унд[аы]?)?|мин(?:ут[аы]?)?)\b(?!\s*[:=：])"
)
_END: Final = rf"(?![\w/%]|[.:-]\w|,\d)(?!\s{{0,2}}(?:{_UNIT}))"
"""What may not follow a number: the rest of a date, a version, a list or a fraction, or a unit."""
_PAIR: Final = re.compile(
    rf"(?P<gap>\s{{0,3}})(?P<sign>[:=：])(?P<after>\s{{0,8}})(?P<value>{NUMBER})"
    rf"(?:(?P<percent>\s?%)(?![\w/%|])|{_END})",
    re.IGNORECASE,
)
_KNOWN_WORDS: Final = (
    "loss", "acc", "accuracy", "error", "err", "ppl", "perplexity", "lr", "f1", "precision",
    "recall", "auc", "iou", "miou", "dice", "bleu", "rouge", "wer", "cer", "mse", "mae", "rmse",
    "psnr", "ssim", "fid", "logloss", "mlogloss", "reward", "return", "score", "kl", "entropy",
    "norm", "bpc", "bpb", "elbo", "top1", "top5", "r2",
)  # fmt: skip
KNOWN: Final = frozenset(_KNOWN_WORDS)
"""Words that say that a number is a metric."""
_SPOKEN: Final = re.compile(
    r"(?<![\w./@-])(?P<name>(?:(?:train|training|val|valid|validation|test|eval|avg|average|"
    rf"mean)[ _]){{0,2}}(?:{'|'.join(_KNOWN_WORDS)})(?:@\d{{1,3}})?)"
    rf"\s{{1,8}}(?P<value>{NUMBER}){_END}",
    re.IGNORECASE,
)
"""As in ``step 250: train loss 2.31``: without a sign, only after a word that is a metric's."""
LETTER: Final = r"[^\W\d]"
"""Of any script, or an underscore."""
_IN_NAME: Final = r"[\w\u0300-\u1fff./@+-]"
"""Also marks that are no letters of their own, as of Hindi."""
_NAME: Final = re.compile(
    rf"(?<![\w./@+-]){LETTER}{_IN_NAME}{{0,60}}(?: {LETTER}{_IN_NAME}{{0,40}}){{0,2}}$"
)
_NAME_AT: Final = re.compile(r"[A-Za-z_]\w{0,40} @ \d{1,3}$")
"""As the lab's ``Precision @ 1``."""
_BOUNDS: Final = re.compile(r"[,;:|=()\[\]{}<>\t\"'*，、；：（）【】،؛।]|\s{2,}| - ")
"""What a name does not contain."""
_OTHER: Final = frozenset((
    "time", "date", "eta", "elapsed", "remaining", "took", "sec", "secs", "second", "seconds",
    "ms", "minute", "minutes", "hour", "hours", "duration", "dt", "pid", "rank", "port", "seed",
    "version", "ver", "num", "number", "count", "samples", "params", "parameters", "step",
    "steps", "epoch", "epochs", "iter", "iters", "iteration", "iterations", "batch", "batches",
    "update", "updates", "line", "file", "id", "device", "gpu", "cuda", "cpu", "ram", "vram",
    "mem", "memory", "mb", "gb", "kb", "bytes", "size", "worker", "workers", "node", "host",
    "level", "runtime", "flos", "it", "itr", "ep", "时间", "時間", "耗时", "耗時", "用时", "время",
))  # fmt: skip
"""Words that say that a number is none, unless one of `KNOWN` is beside them."""
_SHARES: Final = frozenset((
    "progress", "complete", "completed", "completion", "done", "util", "utilization", "usage",
    "used", "free", "load", "loading", "loaded", "downloading", "downloaded", "disk", "battery",
))  # fmt: skip
"""Words that say that a percentage is no metric."""
_DROPPED: Final = frozenset((
    "info", "debug", "warning", "warn", "error", "at", "the", "and", "with", "done", "current",
    "after", "finished", "saved",
))  # fmt: skip
"""Words before a name that are not part of it."""
SPLITS: Final = {
    "train": "train", "training": "train",
    "val": "val", "valid": "val", "validation": "val", "validating": "val", "dev": "val",
    "eval": "val", "evaluation": "val", "evaluating": "val",
    "test": "test", "testing": "test",
}  # fmt: skip
"""The words for a part of the data, and how names of metrics begin for it."""
_PART: Final = re.compile(
    rf"(?:^|[;|,()\[\]]|\s-\s|\s\s)\s{{0,8}}({'|'.join(SPLITS)})(?!\w)", re.IGNORECASE
)
"""Where what a line says of a part of the data begins: ``train step=5 loss=1; eval ...``."""
_DECIMAL_COMMA: Final = re.compile(r"[-+]?(?:0,\d+|\d+,(?!\d{3}(?:[eE]|$))\d+)(?:[eE][-+]?\d+)?")
_THOUSANDS: Final = re.compile(r"[-+]?\d{1,3}(?:,\d{3})+(?:\.\d*)?(?:[eE][-+]?\d+)?")
_SPLIT: Final = re.compile(rf"\W{{0,3}}({'|'.join(SPLITS)})(?![\w])", re.IGNORECASE)
_PARTS: Final = re.compile(r"[\W_]+")


def pairs(text: str) -> Iterator[tuple[str, Number]]:
    """Yield the metrics in a text: ``name: number``, ``name=number``, ``loss 2.31``."""
    begin = 0
    for found in _PAIR.finditer(text):
        name = _name_before(text[max(begin, found.start() - 80) : found.start()], found)
        begin = found.end()
        is_sure = not _DECIMAL_COMMA.fullmatch(found["value"]) or is_metric(name, only_known=True)
        if name and is_sure and (number := to_number(found["value"])) is not None:
            yield name, number
    for found in _SPOKEN.finditer(text):
        if (number := to_number(found["value"])) is not None:
            yield metric_name(found["name"].split()), number


def _name_before(text: str, found: re.Match[str]) -> str:
    """Return the name that ends a text, or nothing where it is not a metric's."""
    text = text.rstrip()
    if at := _NAME_AT.search(text):
        return at[0].lower()
    last = [bound.end() for bound in _BOUNDS.finditer(text)][-1:]
    tail = _NAME.search(text[last[0] if last else 0 :])
    if tail is None:
        return ""
    is_keyword = found["sign"] == "=" and not found["gap"] and not found["after"]
    words = tail[0].split()[-1:] if is_keyword else tail[0].split()
    while words and words[0].lower() in _DROPPED:
        del words[0]
    is_tight = found["sign"] == ":" and not found["after"] and tail[0].isascii()
    if not words or not is_metric(" ".join(words), only_known=is_tight):
        return ""
    if found["percent"] and _SHARES & set(_PARTS.split(" ".join(words).lower())):
        return ""
    return metric_name(words)


def is_metric(name: str, *, only_known: bool = False) -> bool:
    """Return whether a name is a metric's; with `only_known`, one that surely is."""
    parts = {part for part in _PARTS.split(name.lower()) if part}
    if parts & KNOWN:
        return True
    return not only_known and not parts & _OTHER


def unambiguous(found: Iterable[tuple[str, Number]]) -> dict[str, Number]:
    """Return metrics by name, without names that a line has twice.

    In ``train loss: 1, acc: 2, val loss: 3, acc: 4`` each ``acc`` is of the split before it.
    """
    entries = list(found)
    counts = Counter(name for name, _ in entries)
    values, split = {}, ""
    for name, number in entries:
        first, slash, _ = name.partition("/")
        if slash and first in SPLITS.values():
            split = first
        if counts[name] == 1:
            values[name] = number
        elif split and not slash:
            values[f"{split}/{name}"] = number
    return values


def by_parts(line: str) -> Iterator[tuple[str, str]]:
    """Yield the parts of a line that are about a part of the data each: its name, and the text."""
    found = list(_PART.finditer(line))
    for part, after in zip_longest(found, found[1:]):
        yield SPLITS[part[1].lower()], line[part.start() : after.start() if after else None]


def metric_name(words: list[str]) -> str:
    """Return the name of a metric that is printed in one or several words.

    ``Train Loss`` and ``train-loss`` become ``train/loss``; other single words stay as they are, in
    small letters.
    """
    words = [word.lower() for word in words]
    if len(words) == 1:
        words = words[0].split("-", 1) if words[0].partition("-")[0] in SPLITS else words
    if len(words) > 1 and words[0] in SPLITS:
        return f"{SPLITS[words[0]]}/{'_'.join(words[1:])}"
    return "_".join(words)


def split_of(text: str) -> str:
    """Return ``train``, ``val`` or ``test`` where a text begins with such a word, or nothing."""
    found = _SPLIT.match(text)
    return SPLITS[found[1].lower()] if found else ""


def with_split(split: str, name: str) -> str:
    """Return the name of a metric of a part of the data; one that names it already stays."""
    if not split or set(_PARTS.split(name.lower())) & SPLITS.keys():
        return name
    return f"{split}/{name}"


def to_number(text: str) -> Number | None:
    """Return the number that a text is; None where it is none, or beyond what a float can be."""
    if "," in text:
        if _DECIMAL_COMMA.fullmatch(text):
            text = text.replace(",", ".")
        elif not _THOUSANDS.fullmatch(text):
            return None
    text = text.replace(",", "")
    if text.lstrip("+-").isdecimal():
        return int(text) if len(text) < 16 else float(text)
    number = float(text)
    return number if math.isfinite(number) or text.strip("+-").lower() in ("nan", "inf") else None
