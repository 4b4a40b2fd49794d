"""What the program was started with, for the programs that it starts itself.

`main` makes files private and limits threads of numpy for this process alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Inherited:
    """The environment and umask before this process changed its own."""

    environ: Mapping[str, str]
    umask: int
