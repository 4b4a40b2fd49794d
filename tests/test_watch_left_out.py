"""`trainpad watch --once` names tables that have no column for the step."""

from pathlib import Path

import pytest

from trainpad.errors import UserError
from tui.watch.once import print_once


@pytest.mark.parametrize("as_json", [False, True])
def test_a_table_without_a_step_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], as_json: bool
) -> None:
    import sys

    (tmp_path / "nostep.csv").write_text("loss,acc\n1,2\n")
    (tmp_path / "notes.txt").write_text("loss, acc\n")
    with pytest.raises(UserError, match=r"nostep\.csv: no column or key is called step"):
        print_once([str(tmp_path)], sys.stdout, as_json=as_json)
    (tmp_path / "good.csv").write_text("step,loss\n1,2\n2,3\n")
    print_once([str(tmp_path)], sys.stdout, as_json=as_json)
    said = capsys.readouterr()
    assert "nostep.csv: no column" in said.err and "good.csv" not in said.err
    assert "nostep" not in said.out and "good" in said.out
