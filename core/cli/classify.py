"""What a network reads in files, as `trainpad classify` prints it: a line for each digit."""

from collections.abc import Iterable, Iterator, Sequence
from json import dumps

from core.network.classifier import Classifier, Prediction
from data.pictures import read_digits
from trainpad.text import sanitize


def classification_lines(
    files: Iterable[str], reader: Classifier, *, split: bool, json: bool
) -> Iterator[str]:
    """A line for each digit in each file: text, or JSON.

    Raises:
        UserError: a file cannot be read, or the network takes other images.
    """
    for file in files:
        readings = reader.predict(read_digits(file, split=split))
        if json:
            yield from (json_line(file, index, reading) for index, reading in enumerate(readings))
        else:
            yield from text_lines(file, readings, reader.classes)


def json_line(file: str, index: int, reading: Prediction) -> str:
    """One line of ``trainpad classify --json``."""
    return dumps(
        {
            "file": file,
            "index": index,
            "digit": reading.label,
            "confidence": round(reading.confidence, 4),
            "probabilities": [round(p, 4) for p in reading.probabilities.tolist()],
            "unsure": reading.abstains,
        }
    )


def text_lines(file: str, readings: Sequence[Prediction], classes: Sequence[str]) -> Iterator[str]:
    """A line for each reading: the file, which one in it where there are several, the answer."""
    name = sanitize(file)
    if not readings:
        yield f"{name}   no digit found"
    for index, reading in enumerate(readings):
        where = name if len(readings) == 1 else f"{name}[{index}]"
        sure = "" if reading.empty else f"   {reading.confidence:.0%}"
        yield f"{where}   {reading.describe(classes)}{sure}"
