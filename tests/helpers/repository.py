"""Where the project is. Benchmarks, which know no `conftest`, use helpers of the tests, too."""

from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
