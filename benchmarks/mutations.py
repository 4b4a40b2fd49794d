"""Change one constant in each file of the program: a test has to fail.

    python benchmarks/mutations.py [FILE...]

Each line of `mutation_list.py` is a file, a text in it, the text that replaces it, and the test
file that should fail then. Everything happens in a copy of the project. The exit status is 1 if a
test file passes all the same.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks.mutation_list import MUTATIONS  # noqa: E402


def copy_project(folder: Path) -> Path:
    """Copy the project into `folder`, and link the data next to it; return the copy's path."""
    copy = folder / ROOT.name
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True)
    for name in listed.stdout.decode().split("\0"):
        if name and (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, copy / name)
    if (shared := ROOT.parent / "shared").is_dir():
        (folder / "shared").symlink_to(shared)
    return copy


def fails(copy: Path, test: str) -> bool:
    """Return whether a test file of the copy fails."""
    command = [sys.executable, "-m", "pytest", "-n", "0", "-q", "-x", f"tests/test_{test}.py"]
    environment = os.environ | {"PYTHONDONTWRITEBYTECODE": "1"}
    run = subprocess.run(
        command, check=False, cwd=copy, capture_output=True, text=True, env=environment
    )
    if run.returncode not in (0, 1, 2):
        raise RuntimeError(f"{test}: {run.stdout[-400:]}{run.stderr[-400:]}")
    return run.returncode != 0


def selected_files() -> list[str]:
    """Return the files of the command line, or all of the list."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", nargs="*", help="such as core/run/layers.py; default: all")
    files = [name for name, *_ in MUTATIONS]
    selected = parser.parse_args().file or files
    if unknown := [name for name in selected if name not in files]:
        parser.error(f"not in benchmarks/mutation_list.py: {', '.join(unknown)}")
    return selected


def main() -> int:
    selected = selected_files()
    unnoticed = 0
    passing: set[str] = set()
    with tempfile.TemporaryDirectory() as folder:
        copy = copy_project(Path(folder))
        for name, old, new, test in MUTATIONS:
            if name not in selected:
                continue
            if test not in passing and fails(copy, test):
                print(f"tests/test_{test}.py fails without a change", flush=True)
                unnoticed += 1
                continue
            passing.add(test)
            path, began = copy / name, time.monotonic()
            text = path.read_text()
            if old not in text:
                raise ValueError(f"{name} does not contain {old!r}")
            path.write_text(text.replace(old, new, 1))
            failed = fails(copy, test)
            path.write_text(text)
            unnoticed += not failed
            result = f"tests/test_{test}.py fails" if failed else "UNNOTICED"
            seconds = time.monotonic() - began
            print(f"{name}: {old!r} to {new!r}: {result} ({seconds:.0f} s)", flush=True)
    return 1 if unnoticed else 0


if __name__ == "__main__":
    sys.exit(main())
