"""The command `trainpad`, also as `python -m trainpad`.

The program's own modules have common names: `core`, `data`, `tui`, `main`. An environment must not
see them, so an installation keeps them below `trainpad/program/`, and this process alone puts that
folder first on its path; in a checkout they are beside `trainpad/`.
"""

import sys
from pathlib import Path


def main() -> None:
    """Run the command line and exit."""
    here = Path(__file__).resolve().parent
    program = here / "program"
    sys.path.insert(0, str(program if program.is_dir() else here.parent))
    from main import main as run

    run()


if __name__ == "__main__":
    main()
