"""`trainpad classify`: a line for each digit in the given files."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from json import dumps

from core.network.classifier import Classifier, Prediction
from data.errors import DataError
from data.pictures import read_digits
from trainpad.text import sanitize

Report = Callable[[str], None]
"""Called with a sentence for the user."""

NOTHING = "no digit found"


def classification_lines(
    files: Iterable[str],
    classifier: Classifier,
    *,
    split: bool,
    json: bool,
    failed: Report,
    hint: Report,
) -> Iterator[str]:
    """Yield a line for each digit in each file, and one for a file without any: text, or JSON.

    Args:
        files: their paths.
        classifier: classifies the digits.
        split: find several digits in each picture.
        json: JSON instead of text.
        failed: called for each file that cannot be read; the others are classified all the same.
        hint: called where a picture seems to show several digits, and ``split`` was not given.

    Raises:
        DataError: the network takes images of another size.
    """
    for file in files:
        try:
            images = read_digits(file, split=split, hint=hint)
        except DataError as error:
            failed(str(error))
            if json:
                yield dumps(_no_digit(file, 0) | {"error": str(error)})
            continue
        predictions = classifier.predict(images)
        if json:
            yield from json_lines(file, predictions)
        else:
            yield from text_lines(file, predictions, classifier.classes)


def json_lines(file: str, predictions: Sequence[Prediction]) -> Iterator[str]:
    """Yield a line of ``trainpad classify --json`` for each prediction; one if there is none."""
    if not predictions:
        yield dumps(_no_digit(file, 0))
    for index, prediction in enumerate(predictions):
        blank = prediction.empty
        yield dumps(_no_digit(file, index) if blank else _digit(file, index, prediction))


def _digit(file: str, index: int, prediction: Prediction) -> dict[str, object]:
    return {
        "file": file,
        "index": index,
        "digit": prediction.label,
        "confidence": round(prediction.confidence, 4),
        "probabilities": [round(p, 4) for p in prediction.probabilities.tolist()],
        "unsure": prediction.abstains,
    }


def _no_digit(file: str, index: int) -> dict[str, object]:
    keys = ("digit", "confidence", "probabilities")
    return {"file": file, "index": index, **dict.fromkeys(keys), "unsure": True}


def text_lines(
    file: str, predictions: Sequence[Prediction], classes: Sequence[str]
) -> Iterator[str]:
    """Yield a line for each prediction: the file, the index if there are several, the result."""
    name = sanitize(file)
    if not predictions:
        yield f"{name}   {NOTHING}"
    for index, prediction in enumerate(predictions):
        where = name if len(predictions) == 1 else f"{name}[{index}]"
        if prediction.empty:
            yield f"{where}   {NOTHING}"
        else:
            yield f"{where}   {prediction.describe(classes)}   {prediction.confidence:.0%}"
