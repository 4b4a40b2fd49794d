"""What is printed on the terminal, and what goes to the run's log."""

import subprocess
import sys
from pathlib import Path

from conftest import REPOSITORY

from core.rundir.rundir import RunDir

LIBRARY = """
import os, sys
from pathlib import Path
from core.process.redirect import redirectable_stdio
from core.rundir.rundir import RunDir

with redirectable_stdio() as (out, redirect_to_log):
    os.write(1, b"early;")
    redirect_to_log(RunDir(Path(sys.argv[1])))
    os.write(1, b"a library's output;")
    os.write(2, b"a library's warning;")
    print("ours", file=out)
    print("our warning", file=sys.stderr)
os.write(1, b"late")
"""


def test_only_what_bypasses_python_goes_to_the_log(tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", LIBRARY, str(tmp_path)],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout == "early;ours\nlate"
    assert ran.stderr == "our warning\n"
    assert RunDir(tmp_path).log.read_text() == "a library's output;a library's warning;"
