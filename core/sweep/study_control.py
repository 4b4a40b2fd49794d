"""What was requested of a study while it runs: its `control.json`."""

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from core.sweep.folder import StudyFolder
from trainpad.errors import RunError
from trainpad.files import read_private, write_atomic

FILE: Final = "control.json"
LIMIT: Final = 1 << 16


@dataclass(frozen=True, slots=True)
class DesiredState:
    """The desired state of a study; it is a state, so that reading it twice does no harm."""

    paused: bool = False
    """Begin no trial; those that run go on."""
    stop: bool = False
    """Stop all trials and end."""
    trials: int = 0
    """How many trials there shall be; 0 for as many as were planned."""
    ranges: Mapping[str, str] = field(default_factory=dict)
    """Narrowed ranges, by name."""
    stop_trials: tuple[int, ...] = ()
    """The numbers of trials to stop."""


def read_desired_state(folder: StudyFolder) -> DesiredState:
    """The desired state; the default where nothing was requested.

    Raises:
        RunError: the file is damaged, or not the user's own.
    """
    path = folder.path / FILE
    try:
        values = json.loads(read_private(path, LIMIT))
        return DesiredState(
            paused=bool(values.get("paused", False)),
            stop=bool(values.get("stop", False)),
            trials=int(values.get("trials", 0)),
            ranges={str(name): str(text) for name, text in values.get("ranges", {}).items()},
            stop_trials=tuple(int(one) for one in values.get("stop_trials", ())),
        )
    except FileNotFoundError:
        return DesiredState()
    except OSError as error:
        raise RunError(f"{path} cannot be read: {error.strerror or error}") from error
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise RunError(f"{path} is damaged; delete it to go on without its requests") from error


def request(folder: StudyFolder, **changes: Any) -> DesiredState:
    """Change the desired state; what is not named stays as it is.

    Raises:
        RunError: the file cannot be written.
    """
    with folder.locked():
        desired = dataclasses.replace(read_desired_state(folder), **changes)
        content = json.dumps(dataclasses.asdict(desired)).encode()
        write_atomic(folder.path / FILE, content)
    return desired
