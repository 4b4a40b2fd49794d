"""Files that the user asks for, such as exports: others may read them as far as his umask says.

All other files of trainpad are private: the command line hides the umask that it was started with.
"""

import os
from pathlib import Path

from data.files import exists, is_file
from trainpad.files import write_atomic

_given: list[int] = []
"""The umask that the process was started with, once it is replaced."""


def make_files_private() -> int:
    """Make the files of this process private but for those of `write_shared`; return the umask."""
    _given[:] = [os.umask(0o077)]
    return _given[0]


def write_shared(path: Path, content: bytes) -> None:
    """Write a file whole or not at all; one that exists keeps its mode.

    An existing path that is not a regular file, such as a pipe or ``/dev/null``, is written to.

    Raises:
        OSError: as the system says.
    """
    if not exists(path):
        write_atomic(path, content, mode=0o666 & ~_users_umask())
    elif is_file(path):
        write_atomic(path, content, mode=path.stat().st_mode & 0o777)
    else:
        path.write_bytes(content)


def make_shared_folder(path: Path) -> None:
    """Make a folder, if there is none, that others may use as far as the user's umask says.

    Raises:
        OSError: as the system says.
    """
    if not exists(path):
        path.mkdir(parents=True)
        path.chmod(0o777 & ~_users_umask())


def _users_umask() -> int:
    if _given:
        return _given[0]
    umask = os.umask(0o077)
    os.umask(umask)
    return umask
