"""The user's folders: home, the current one, cache, data, settings, temporary files.

A process may have none of them: its current folder was removed, its user has no home. Then the
folder is `NOWHERE`, below which nothing is found and nothing can be written, so that places which
are only searched are skipped. The folder of runs, which is needed, is `trainpad.place.runs_dir`.
"""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

import platformdirs

NOWHERE: Final = Path(os.devnull, "nowhere")
"""A folder that cannot exist."""
NO_HOME: Final = "this user has no home folder; set HOME"
"""Why the user's own folders are `NOWHERE`."""


def home() -> Path:
    """Return the user's home folder."""
    try:
        return Path.home()
    except RuntimeError:  # HOME is not set, and the user is not in the list of users
        return NOWHERE


def working_folder() -> Path:
    """Return the current folder."""
    try:
        return Path.cwd()
    except OSError:  # it was removed
        return NOWHERE


def cache() -> Path:
    """Return the folder of downloaded data sets."""
    return _own(platformdirs.user_cache_path)


def user_data() -> Path:
    """Return the folder of what the user made, such as his own digits."""
    return _own(platformdirs.user_data_path)


def settings() -> Path:
    """Return the folder of the settings of the screen."""
    return _own(platformdirs.user_config_path)


def temporary() -> Path:
    """Return the folder of temporary files."""
    try:
        return Path(tempfile.gettempdir())
    except OSError:
        return NOWHERE


def is_nowhere(path: Path) -> bool:
    """Return whether `path` is below a folder that this process does not have."""
    return Path(os.devnull) in path.parents


def _own(find: Callable[[str], Path]) -> Path:
    """Return trainpad's folder of one kind, where there is a home folder for it."""
    try:
        path = find("trainpad")
    except RuntimeError:
        return NOWHERE
    return path if path.is_absolute() else NOWHERE  # older versions return a path with "~"
