"""A program under `trainpad run` on a full disk: its end is recorded, and what is missing said."""

import errno
import os
from pathlib import Path

import pytest

from core.rundir.status import read_status
from tests.helpers.programs import run_program
from trainpad.append import Appender


def test_a_full_disk_costs_numbers_and_leaves_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flush = Appender.flush

    def flush_events_only(appender: Appender) -> None:
        if appender.path.name == "metrics.jsonl" and appender.waiting:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        flush(appender)

    monkeypatch.setattr(Appender, "flush", flush_events_only)
    done = run_program(["sh", "-c", "echo step 1 loss=1"], tmp_path)
    assert done.status == 0
    assert read_status(done.run).state == "done"
    (said,) = [text for text in done.said if "could not be written" in text]
    size = int(said.partition(" is not complete: ")[2].partition(" bytes")[0])
    assert 20 < size < 200
