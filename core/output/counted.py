"""Numbers of things in a sentence: ``1 digit``, ``2 digits``."""


def counted(count: int, noun: str) -> str:
    """Return a number and what is counted, in the plural where it is not one: ``1,200 steps``."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
