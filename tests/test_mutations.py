"""The list of `benchmarks/mutations.py` follows the code."""

import pytest

from benchmarks.mutations import MUTATIONS, ROOT


@pytest.mark.parametrize(("name", "old", "new", "test"), MUTATIONS, ids=lambda value: value[:40])
def test_a_mutation_changes_a_file_and_has_a_test(name: str, old: str, new: str, test: str) -> None:
    assert old in (ROOT / name).read_text()
    assert old != new
    assert (ROOT / "tests" / f"test_{test}.py").is_file()
