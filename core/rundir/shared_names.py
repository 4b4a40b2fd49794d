"""What runs that are shown as one have in common: the parts of their names, or their settings."""

import re
from collections.abc import Iterator, Sequence
from itertools import takewhile
from typing import Final

from core.run.seeds import SEED_IN_NAME, SEPARATORS, compiled, is_seed, without_seed
from core.rundir.entry import RunEntry

DIFFERS: Final = "*"
"""In place of the part in which names differ."""
MAX_SETTINGS: Final = 4
"""So many settings are named."""
_STARTED: Final = re.compile(r"^\d{8}-\d{6}-")
"""With what the name of a run's folder begins."""
_SEED_IN_NAME: Final = compiled(SEED_IN_NAME)
_WORDS: Final = re.compile(rf"[{re.escape(SEPARATORS)}]+|[^{re.escape(SEPARATORS)}]+")


def without_start(title: str) -> str:
    """The name of a run's folder without the time at which the run began."""
    return _STARTED.sub("", title)


def shared_name(entries: Sequence[RunEntry]) -> str:
    """What these runs share: their name but for the seed, or ``wide-*-adam``, or settings."""
    names = dict.fromkeys(without_start(entry.title) for entry in entries)
    if len(names) == 1:
        return next(iter(names))
    seedless = {without_seed(name, _SEED_IN_NAME) for name in names}
    if len(seedless) == 1 and (name := seedless.pop()):
        return name
    found = _common_words([*names]) or _same([entry.values.label for entry in entries])
    return found or _common_settings(entries) or f"{next(iter(names))} and others"


def _common_words(names: Sequence[str]) -> str:
    """The whole words with which all names begin and end; nothing where there are none."""
    words = [_WORDS.findall(name) for name in names]
    start = _common_start(words)
    end = _common_start([each[len(start) :][::-1] for each in words])[::-1]
    if not any(part[0] not in SEPARATORS for part in (*start, *end)):
        return ""
    return f"{''.join(start)}{DIFFERS}{''.join(end)}"


def _common_start(words: Sequence[Sequence[str]]) -> list[str]:
    """The words with which all of these begin."""
    return [
        same[0] for same in takewhile(lambda column: len({*column}) == 1, zip(*words, strict=False))
    ]


def _same(texts: Sequence[str]) -> str:
    return texts[0] if len({*texts}) == 1 else ""


def _common_settings(entries: Sequence[RunEntry]) -> str:
    """``lr 0.1, width 64``: the first settings that these runs share, or the network."""
    if all(entry.summary.is_own for entry in entries):
        return _same([entry.network for entry in entries])
    return ", ".join(list(_settings(entries))[:MAX_SETTINGS])


def _settings(entries: Sequence[RunEntry]) -> Iterator[str]:
    for name, value in entries[0].values.settings.items():
        if not is_seed(name) and all(e.values.settings.get(name) == value for e in entries):
            text = f"{value:g}" if isinstance(value, float) else str(value)
            yield f"{name} {text}"
