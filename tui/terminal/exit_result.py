"""How an app was left, which decides what happens to the run after the screen is closed."""

from enum import StrEnum


class ExitResult(StrEnum):
    """How an app was left."""

    QUIT = "quit"
    """There is nothing to save, or it was saved."""
    DETACH = "detach"
    """Training continues without a screen."""
    SIGNAL = "signal"
    """A signal, or ctrl+c: the run is stopped and saved."""
    ABORT = "abort"
    """The user did not want to wait for a run that is being saved."""
    HANGUP = "hangup"
    """The terminal is gone; training continues."""
    ERROR = "error"
    """The events ended with an error."""
    CRASH = "crash"
    """The app itself failed; training continues."""
