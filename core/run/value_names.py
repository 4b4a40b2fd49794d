"""Other names by which a value of a run may be changed from the shell."""

from collections.abc import Container

OTHER_NAMES = {"lr": "learning_rate", "learning_rate": "lr"}


def known_name(name: str, known: Container[str]) -> str:
    """Return the name among the known ones that is meant; the same name where none is."""
    other = OTHER_NAMES.get(name)
    return other if other and name not in known and other in known else name
