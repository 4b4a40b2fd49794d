"""What a flag that does not exist may have meant.

Users write the short names of papers and of other programs: `--lr`, `--epochs`, `--bs`. Letters
alone, which click compares, would suggest `--l2` for `--lr`.
"""

from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from typing import Final

ELSEWHERE: Final = {
    "batch": "batch_size",
    "bs": "batch_size",
    "data": "dataset",
    "data_dir": "input_data_dir",
    "epochs": "max_steps",
    "gpu": "device",
    "iterations": "max_steps",
    "logdir": "log_dir",
    "opt": "optimizer",
    "output_dir": "log_dir",
    "steps": "max_steps",
    "wd": "l2",
    "weight_decay": "l2",
}
"""Flags of other programs, and ours for them."""


def similar_flags(given: str, flags: Sequence[str]) -> list[str]:
    """Return up to three of `flags` that may have been meant by `given`, best first."""
    names = {flag.lstrip("-").replace("-", "_"): flag for flag in reversed(flags)}
    word = given.lstrip("-").replace("-", "_").lower()
    found = dict.fromkeys(name for name in _similar(word, sorted(names)) if name in names)
    return [names[name] for name in found][:3]


def _similar(word: str, names: Sequence[str]) -> Iterator[str]:
    if word in ELSEWHERE:
        yield ELSEWHERE[word]
        return
    initials = [name for name in names if "".join(part[0] for part in name.split("_")) == word]
    beginning = [name for name in names if len(word) > 1 and name.startswith(word)]
    yield from initials or beginning or get_close_matches(word, names, cutoff=0.6)
