"""What can be requested of a program that trains an attached run, by which action."""

from typing import Final

ACTIONS: Final = {
    "pause": "pause",
    "request_save": "save",
    "evaluate": "evaluate",
    "app.ask_stop": "stop",
}
"""What is requested of the program by which action."""
HOW: Final = {
    "pause": "it does not call run.tick()",
    "stop": "it does not call run.tick()",
    "save": "it does not read run.save_requested",
    "evaluate": "it does not read run.evaluate_requested",
}
"""Why a program cannot be asked for something."""
