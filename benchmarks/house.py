"""The order of the code: files a folder, large files, long functions, import cycles, unclear words.

    python benchmarks/house.py [--of COMMIT]

Counts the files that git knows, as they are or as they were in a commit. Tests hold what must not
happen (cycles, imports between rooms, private names); this shows where it is heading.
"""

import argparse
import ast
import re
import subprocess
import tarfile
import tempfile
from collections import Counter
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CODE = ("trainpad", "data", "core", "tui", "main.py")
TEXT = (*CODE, "docs", "README.md", "CHANGELOG.md")
WORDS = (
    "told", "wished", "wanted", "believed", "apart", "aside", "obeys", "minds", "whoever",
    "whatever", "alike", "harmless", "wreckage", "anew", "whose", "stands for",
)  # fmt: skip
"""Words of riddles, which readers of Keras's documentation do not expect."""
FUNCTIONS = ast.FunctionDef | ast.AsyncFunctionDef


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--of", metavar="COMMIT", default="")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) if options.of else ROOT
        if options.of:
            archive = ["git", "archive", options.of]
            made = subprocess.run(archive, cwd=ROOT, check=True, capture_output=True).stdout
            with tarfile.open(fileobj=BytesIO(made)) as tree:
                tree.extractall(root, filter="data")
        report(root)


def report(root: Path) -> None:
    """Print what is counted below `root`."""
    code = [path for path in files(root, CODE) if path.suffix == ".py"]
    lines = {path: path.read_text().count("\n") for path in code}
    folders = Counter(str(path.parent.relative_to(root)) for path in code)
    print(f"files: {len(code)}, lines: {sum(lines.values()):,}")
    print("files a folder:", ", ".join(f"{name} {count}" for name, count in folders.most_common(6)))
    largest = sorted(lines, key=lines.__getitem__, reverse=True)[:5]
    print("largest:", ", ".join(f"{path.relative_to(root)} {lines[path]}" for path in largest))
    longest = sorted(functions(code), reverse=True)[:5]
    print("longest functions:", ", ".join(f"{name} {size}" for size, name in longest))
    text = "\n".join(
        path.read_text() for path in files(root, TEXT) if path.suffix in (".py", ".md", ".tcss")
    )
    counts = {word: len(re.findall(rf"\b{word}\b", text, re.IGNORECASE)) for word in WORDS}
    print("words:", ", ".join(f"{word} {count}" for word, count in counts.items() if count))
    print("type: ignore:", text.count("# type: ignore"))


def files(root: Path, names: tuple[str, ...]) -> Iterator[Path]:
    """The files below these folders of a tree, without caches."""
    for name in names:
        path = root / name
        found = [path] if path.is_file() else sorted(path.rglob("*"))
        yield from (each for each in found if each.is_file() and "__pycache__" not in each.parts)


def functions(code: list[Path]) -> Iterator[tuple[int, str]]:
    """The number of lines and the name of every function."""
    for path in code:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, FUNCTIONS):
                yield (node.end_lineno or 0) - node.lineno + 1, f"{path.stem}.{node.name}"


if __name__ == "__main__":
    main()
