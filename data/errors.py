"""The one kind of error a user is meant to read: what is wrong and what to do, in a sentence."""

from data.text import clean


class UserError(Exception):
    """What the user gave cannot be used; the message is one sentence, shown as it is (exit 2).

    It may name files that anybody called what they liked, so it is made harmless here, once for
    every place that shows it.
    """

    def __init__(self, sentence: str) -> None:
        super().__init__(clean(sentence))


class DataError(UserError):
    """A data file or folder is missing, damaged or does not fit; names it and what was found."""
