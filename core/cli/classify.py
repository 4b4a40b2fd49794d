"""`trainpad classify`: a line for each digit or picture in the given files.

For a network of MNIST's size, digits are found in each file; for others each file is one picture.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from json import dumps

from core.network.builtin import builtin_network
from core.network.classifier import Classifier, Prediction, class_name
from data.dataset import DIGITS
from data.errors import DataError
from data.pictures import Bounds, Floats, locate_digits_in
from data.whole_pictures import read_whole
from trainpad.text import sanitize

Report = Callable[[str], None]
"""Called with a sentence for the user."""

NOTHING = "no digit found"


def classification_lines(
    files: Iterable[str],
    classifier: Classifier,
    *,
    split: bool | None,
    json: bool,
    failed: Report,
    hint: Report,
) -> Iterator[str]:
    """Yield a line for each digit in each file, and one for a file without any: text, or JSON.

    Args:
        files: their paths.
        classifier: classifies the digits.
        split: find several digits in each picture or drawing; None: in pictures that show them.
        json: JSON instead of text.
        failed: called for each file that cannot be read; the others are classified all the same.
        hint: called where a picture shows several digits, and ``split`` is None.

    Raises:
        DataError: the network takes images of another size.
    """
    for file in files:
        try:
            if classifier.reads_drawings:
                digits = locate_digits_in(file, split=split, judge=judge, hint=hint)
                if digits.are_pictures and len(digits.images) == 1:
                    predictions = classifier.predict_found(digits.images, *digits.narrower)
                else:
                    predictions = classifier.predict(digits.images)
                boxes = digits.boxes
            else:
                predictions = classifier.predict_whole(read_whole(file, classifier.image_shape))
                boxes = ()
        except DataError as error:
            failed(str(error))
            if json:
                yield dumps(_no_digit(file, 0) | {"error": str(error)})
            continue
        if json:
            yield from json_lines(file, predictions, classifier.classes, boxes)
        else:
            yield from text_lines(file, predictions, classifier.classes)


def judge(images: Floats) -> Floats:
    """The built-in network's highest probability for each image ``[n, 28, 28]``: ``[n]``."""
    best: Floats = builtin_network().probabilities(images.reshape(len(images), -1)).max(axis=1)
    return best


def json_lines(
    file: str,
    predictions: Sequence[Prediction],
    classes: Sequence[str] = DIGITS,
    boxes: Sequence[Bounds | None] = (),
) -> Iterator[str]:
    """Yield a line of ``trainpad classify --json`` for each prediction; one if there is none."""
    if not predictions:
        yield dumps(_no_digit(file, 0))
    for index, prediction in enumerate(predictions):
        if prediction.empty:
            yield dumps(_no_digit(file, index))
        else:
            found = _found(index, prediction, boxes[index] if boxes else None)
            name = class_name(classes, prediction.label)
            yield dumps({"file": file, **found, "class": name})


def _found(index: int, prediction: Prediction, box: Bounds | None) -> dict[str, object]:
    return {
        "index": index,
        "digit": prediction.label,
        "confidence": round(prediction.confidence, 4),
        "probabilities": [round(p, 4) for p in prediction.probabilities.tolist()],
        "unsure": prediction.abstains,
        "box": box and [round(side, 4) for side in box],
    }


def _no_digit(file: str, index: int) -> dict[str, object]:
    keys = ("digit", "confidence", "probabilities")
    more = {"unsure": True, "box": None, "class": None}
    return {"file": file, "index": index, **dict.fromkeys(keys), **more}


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
