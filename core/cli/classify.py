"""`trainpad classify`: a line for each digit in the given files."""

from collections.abc import Iterable, Iterator, Sequence
from json import dumps

from core.network.classifier import Classifier, Prediction
from data.pictures import read_digits
from trainpad.text import sanitize


def classification_lines(
    files: Iterable[str], classifier: Classifier, *, split: bool, json: bool
) -> Iterator[str]:
    """Yield a line for each digit in each file: text, or JSON.

    Raises:
        UserError: a file cannot be read, or the network takes images of another size.
    """
    for file in files:
        predictions = classifier.predict(read_digits(file, split=split))
        if json:
            yield from (
                json_line(file, index, prediction) for index, prediction in enumerate(predictions)
            )
        else:
            yield from text_lines(file, predictions, classifier.classes)


def json_line(file: str, index: int, prediction: Prediction) -> str:
    """Return one line of ``trainpad classify --json``."""
    return dumps(
        {
            "file": file,
            "index": index,
            "digit": prediction.label,
            "confidence": round(prediction.confidence, 4),
            "probabilities": [round(p, 4) for p in prediction.probabilities.tolist()],
            "unsure": prediction.abstains,
        }
    )


def text_lines(
    file: str, predictions: Sequence[Prediction], classes: Sequence[str]
) -> Iterator[str]:
    """Yield a line for each prediction: the file, the index if there are several, the result."""
    name = sanitize(file)
    if not predictions:
        yield f"{name}   no digit found"
    for index, prediction in enumerate(predictions):
        where = name if len(predictions) == 1 else f"{name}[{index}]"
        confidence = "" if prediction.empty else f"   {prediction.confidence:.0%}"
        yield f"{where}   {prediction.describe(classes)}{confidence}"
