"""The example that prints the lab's lines: what is recorded is what it printed."""

import re
import sys

import pytest
from conftest import REPOSITORY

from core.output.found import Numbers
from core.output.numbers import NumberParser
from core.output.printed import PrintedLines
from tests.helpers.attached import numbers
from tests.helpers.programs import run_program

SCRIPT = REPOSITORY / "examples" / "lab_lines.py"
TITLES = {"Training": "train", "Validation": "val", "Test": "test"}


def printed_numbers(text: str) -> dict[str, list[float]]:
    """The loss and the precision of each split, in their order, found by other means."""
    found = {"loss": [float(loss) for loss in re.findall(r"loss = (\S+)", text)]}
    for title, split in TITLES.items():
        precision = re.findall(rf"{title} Data Eval:\n.*Precision @ 1: (\S+)", text)
        found[f"{split}/precision @ 1"] = [float(value) for value in precision]
    return found


def by_name(lines: list[dict[str, float]]) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {}
    for line in lines:
        for name, value in line.items():
            if name != "step":
                found.setdefault(name, []).append(value)
    return found


def test_what_is_recorded_is_what_the_script_printed(tmp_path) -> None:
    assert "trainpad" not in re.sub(r'""".*?"""', "", SCRIPT.read_text(), flags=re.DOTALL)
    done = run_program([sys.executable, str(SCRIPT), "--max_steps", "1200"], tmp_path)
    assert done.status == 0
    printed = printed_numbers(done.printed.decode())
    assert len(printed["loss"]) == 12
    assert len(printed["test/precision @ 1"]) == 2
    lines = numbers(done.run.path)
    assert by_name(lines) == printed
    assert [line["step"] for line in lines if "loss" in line] == [*range(0, 1200, 100)]


@pytest.mark.parametrize("noise", ["", "\x1b[32m", "2026-11-28 08:00:00.123 I device: 0\n"])
def test_noise_between_the_lines_changes_nothing(noise: str) -> None:
    text = "".join(
        f"{noise}Step {step}: loss = {step / 7:.2f} (0.001 sec)\n" for step in range(0, 500, 100)
    ) + "".join(
        f"{title} Data Eval:\n{noise}  Num examples: 10  Num correct: 9  Precision @ 1: 0.9{n}00\n"
        for n, title in enumerate(TITLES)
    )
    parser, lines = NumberParser(), PrintedLines()
    found = [entry for line in lines.feed(text.encode()) for entry in parser.parse(line)]
    values = [dict(entry.values) for entry in found if isinstance(entry, Numbers)]
    assert by_name(values) == printed_numbers(text.replace(noise, "") if noise else text)
