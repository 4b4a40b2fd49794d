"""Find out what a file is, from its first bytes."""

from collections.abc import Sequence
from typing import Final

from core.foreign.collector import Format
from core.foreign.encoding import as_utf8
from core.foreign.json_lines import JsonLines
from core.foreign.table import Table
from core.foreign.trainer_state import TrainerState
from core.foreign.wandb import WandbFile

HEAD: Final = 64 * 1024
"""Bytes of which a file is recognized."""
FIRST: Final = 4096
"""Bytes that are read at first: binary files show themselves in them."""
FORMATS: Final[Sequence[type[WandbFile | TrainerState | JsonLines | Table]]] = (
    WandbFile, TrainerState, JsonLines, Table,
)  # fmt: skip


def format_of(head: bytes) -> Format | None:
    """Return a new reader for a file that begins with `head`; None if it is of no format."""
    if not WandbFile.recognizes(head):
        head = as_utf8(head)
        if b"\0" in head[:FIRST]:
            return None
    return next((found() for found in FORMATS if found.recognizes(head)), None)
