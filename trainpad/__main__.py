"""The command `trainpad`, also as `python -m trainpad`.

The program's own modules have common names: `core`, `data`, `tui`, `main`. An environment must not
see them, so an installation keeps them below `trainpad/program/`, and this process alone puts that
folder first on its path; in a checkout they are beside `trainpad/`.
"""

import sys
from importlib.util import find_spec
from pathlib import Path

NEEDED = {
    "click": "click", "textual": "textual", "plotext": "plotext", "numpy": "numpy",
    "platformdirs": "platformdirs", "safetensors": "safetensors", "pooch": "pooch",
    "psutil": "psutil", "google_crc32c": "google-crc32c", "PIL": "pillow", "orjson": "orjson",
}  # fmt: skip
"""What every command may import, and what `pip` calls it; TensorFlow is needed by a few alone."""


def main() -> None:
    """Run the command line and exit."""
    missing = [package for module, package in NEEDED.items() if find_spec(module) is None]
    if missing:  # installed without its dependencies, for programs that only `import trainpad`
        sys.exit(
            f"trainpad: the command needs what is not installed: {', '.join(missing)}; install "
            "trainpad without --no-deps (`pip install .` in its folder); "
            "`import trainpad` works as it is"
        )
    here = Path(__file__).resolve().parent
    program = here / "program"
    sys.path.insert(0, str(program if program.is_dir() else here.parent))
    from main import main as run

    run()


if __name__ == "__main__":
    main()
