"""Start a TensorBoard server, and query it over HTTP as its pages do."""

import json
import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

WITHOUT_TENSORFLOW = """
import sys, types
sys.modules["tensorboard.compat.notf"] = types.ModuleType("notf")
from tensorboard.main import run_main
run_main()
"""
"""Start ``tensorboard`` as if TensorFlow were not installed: importing that takes seconds."""


@contextmanager
def serving(logs: Path) -> Iterator[str]:
    """The address of a TensorBoard server for a folder, on a free port."""
    start = [sys.executable, "-c", WITHOUT_TENSORFLOW]
    command = [*start, "--logdir", str(logs), "--port", "0"]
    process = subprocess.Popen(
        command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
    )
    assert process.stderr is not None
    try:
        lines = iter(process.stderr.readline, "")
        found = next(m for line in lines if (m := re.search(r"at (http://\S+?/) ", line)))
        while not runs(found[1]):  # it responds before it has read the files
            time.sleep(0.05)
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


def runs(server: str) -> list[str]:
    """The names of the runs that the server has read."""
    with urllib.request.urlopen(f"{server}data/runs", timeout=30) as answer:  # noqa: S310
        found: list[str] = json.loads(answer.read())
    return found


def session_group(server: str) -> dict[str, Any]:
    """The only row of the hyperparameter table."""
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
