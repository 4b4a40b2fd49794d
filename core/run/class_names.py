"""What classes are called: by their names, or by their numbers where they have none."""

from collections.abc import Sequence


def class_name(names: Sequence[str], number: int) -> str:
    """Return the name of a class, or else its number."""
    return (names[number] if number < len(names) else "") or str(number)


def class_names(names: Sequence[str], count: int) -> tuple[str, ...]:
    """Return the names of the first `count` classes."""
    return tuple(class_name(names, number) for number in range(count))
