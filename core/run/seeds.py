"""Which runs differ only in their seed, by their names or hyperparameters."""

import re
import shlex
from collections.abc import Hashable, Mapping
from functools import lru_cache
from typing import Any

from trainpad.errors import UserError
from trainpad.expression import Expression, TooSlowError

SEED_IN_NAME = r"(?:^|(?<=[^a-zA-Z0-9]))(?:seed|rep|repeat|trial|fold|replica|s)[-_=]?\d+"
"""The part of a name that numbers the repetitions of an experiment."""
SEED_NAMES = re.compile(r"(?:^|[^a-z])(?:random_)?(?:seed|state)$", re.IGNORECASE)
SEPARATORS = "-_./ "


def compiled(pattern: str) -> Expression:
    """A pattern of the part of names in which runs of one experiment may differ.

    Raises:
        UserError: it is no regular expression.
    """
    try:
        return Expression(pattern, re.IGNORECASE)
    except (re.error, OverflowError, RecursionError) as error:
        raise UserError(f"{pattern!r} is no regular expression: {error}") from error


@lru_cache(maxsize=1 << 14)
def without_seed(name: str, pattern: Expression) -> str:
    """A name without what matches, and without the separators that are then at its ends.

    The whole name, where a pattern takes too long: it has a `problem` then.
    """
    try:
        rest = pattern.remove(name)
    except TooSlowError:
        return name
    for separator in SEPARATORS:
        rest = rest.replace(separator * 2, separator)
    return rest.strip(SEPARATORS)


def command_without_seed(command: str) -> tuple[str, ...]:
    """The words of a command line without seeds: ``--seed 1``, ``--seed=1``, ``train.seed=1``."""
    words: list[str] = []
    follows_seed = False
    for word in _words(command):
        name, equals, _ = word.partition("=")
        is_value = follows_seed and word.lstrip("-").isdigit()
        follows_seed = not equals and word.startswith("-") and is_seed(name)
        if not (is_value or follows_seed or (equals and is_seed(name))):
            words.append(word)
    return tuple(words)


def _words(command: str) -> list[str]:
    try:
        return shlex.split(command)
    except ValueError:  # a quote that is not closed
        return command.split()


def same_but_seed(hyperparameters: Mapping[str, Any]) -> Hashable:
    """Equal for hyperparameters that differ in their seed only."""
    others = {name: repr(v) for name, v in hyperparameters.items() if not is_seed(name)}
    return frozenset(others.items())


@lru_cache(maxsize=4096)
def is_seed(name: str) -> bool:
    """Whether a setting is a seed, by its name."""
    return SEED_NAMES.search(name) is not None
