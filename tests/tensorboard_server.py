"""The server that `tensorboard` starts, asked over HTTP as its pages ask it."""

import json
import re
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode


@contextmanager
def serving(logs: Path) -> Iterator[str]:
    """The address of a TensorBoard over a folder."""
    command = [sys.executable, "-m", "tensorboard.main", "--logdir", str(logs), "--port", "0"]
    process = subprocess.Popen(
        command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
    )
    assert process.stderr is not None
    try:
        lines = iter(process.stderr.readline, "")
        found = next(m for line in lines if (m := re.search(r"at (http://\S+?/) ", line)))
        yield found[1]
    finally:
        process.terminate()
        process.wait(30)
        process.stderr.close()


def ask(server: str, path: str, **query: str) -> bytes:
    address = f"{server}data/plugin/{path}?{urlencode(query)}"
    with urllib.request.urlopen(address, timeout=30) as answer:  # noqa: S310 - on this machine
        content: bytes = answer.read()
    return content


def fetch(server: str, path: str, **query: str) -> Any:
    return json.loads(ask(server, path, **query))


def session_group(server: str) -> dict[str, Any]:
    """The only row of the table of hyperparameters."""
    wanted = {
        "allowedStatuses": ["STATUS_SUCCESS"],
        "colParams": [],
        "startIndex": 0,
        "sliceSize": 9,
    }
    groups = fetch(server, "hparams/session_groups", request=json.dumps(wanted))
    (group,) = groups["sessionGroups"]
    found: dict[str, Any] = group
    return found
