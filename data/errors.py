"""The one kind of error a user is meant to read: what is wrong and what to do, in a sentence."""


class UserError(Exception):
    """What the user gave cannot be used; the message is one sentence, shown as it is (exit 2)."""


class DataError(UserError):
    """A data file or folder is missing, damaged or does not fit; names it and what was found."""
