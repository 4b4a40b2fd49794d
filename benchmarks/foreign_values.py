"""Compare the points that `trainpad watch` reads of other programs' files with what pandas reads.

    VENV_WITH_PANDAS/bin/python benchmarks/foreign_values.py FOLDER [--trainpad "python main.py"]

FOLDER holds CSV files (Keras, Lightning, Ultralytics), JSON lines and `trainer_state.json`, below
any folders. pandas is not needed otherwise, so this runs in an environment of its own, and starts
trainpad as a command. Prints a line for each file, and exits with 1 where any value differs.
"""

import argparse
import json
import shlex
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import pandas as pd  # type: ignore[import-not-found, import-untyped, unused-ignore]

Points = dict[str, list[tuple[int, float]]]
"""Steps and values by tag."""


def read_by_trainpad(command: list[str], folder: Path) -> dict[str, Points]:
    """The points of each file, by its path below the folder."""
    done = subprocess.run(
        [*command, "watch", "--once", "--json", str(folder)], stdout=subprocess.PIPE, check=True
    )
    runs: dict[str, Points] = defaultdict(lambda: defaultdict(list))
    for point in map(json.loads, done.stdout.splitlines()):
        runs[point["run"]][point["tag"]].append((point["step"], float(point["value"])))
    return runs


def read_by_pandas(path: Path) -> Any:
    """The table of a file, a column for each number."""
    if path.suffix == ".csv":
        table = pd.read_csv(path, skipinitialspace=True)
    elif path.suffix == ".json":
        table = pd.DataFrame(json.loads(path.read_text())["log_history"])
    else:
        lines = [json.loads(line) for line in path.read_text().splitlines()]
        table = pd.json_normalize(lines, sep="/")
    table.columns = [str(name).strip() for name in table.columns]
    return table.select_dtypes("number")


def compare(points: Points, table: Any) -> tuple[int, list[str]]:
    """How many values a file has, and the names of the columns that differ."""
    step = "step" if "step" in table else "epoch"
    count, differing = 0, []
    for name in table.columns.difference([step, "time"]):
        column = table[[step, name]].dropna()
        expected = sorted((int(at), float(value)) for at, value in column.itertuples(index=False))
        count += len(expected)
        if sorted(points.get(name, [])) != expected:
            differing.append(name)
    return count, differing


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--trainpad", default="trainpad")
    options = parser.parse_args()
    runs = read_by_trainpad(shlex.split(options.trainpad), options.folder)
    failed = False
    for path in sorted(options.folder.rglob("*")):
        if path.suffix not in (".csv", ".json", ".jsonl"):
            continue
        name = path.relative_to(options.folder).as_posix()
        if name not in runs:
            print(f"{name}: not read by trainpad")
            continue
        count, differing = compare(runs[name], read_by_pandas(path))
        failed = failed or bool(differing) or not count
        print(f"{name}: {count:,} values, {', '.join(differing) or 'none'} different")
    sys.exit(failed)


if __name__ == "__main__":
    main()
