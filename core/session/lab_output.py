"""The output of the lab's script, `fully_connected_feed.py`, line by line."""

from collections.abc import Iterator

from core.run.events import Changed, Evaluated, Event, Started, Steps
from core.run.metrics import accuracy, as_matrix, correct_count

TITLES = {"train": "Training", "validation": "Validation", "test": "Test"}


class LabPrinter:
    """Prints events as the lab's script does; most kinds of event have no line there."""

    def __init__(self) -> None:
        self._every = 100

    def lines(self, event: Event) -> Iterator[str]:
        """Yield the lines for `event`."""
        match event:
            case Started(hyperparameters=hyperparameters):
                self._every = hyperparameters["summary_every"]
            case Changed(name="summary_every", new=new):
                self._every = new
            case Steps():
                yield from self._steps(event)
            case Evaluated():
                yield from _evaluation(event)

    def _steps(self, event: Steps) -> Iterator[str]:
        count = len(event.losses)
        first_due = -(-event.first // self._every) * self._every
        for step in range(first_due, event.first + count, self._every):
            loss = float(event.losses[step - event.first])
            yield f"Step {step}: loss = {loss:.2f} ({event.seconds / count:.3f} sec)"


def _evaluation(event: Evaluated) -> Iterator[str]:
    for split, title in TITLES.items():
        if not event.confusion:
            values = {"Loss": event.loss[split], **event.metrics.get(split, {})}
            yield f"{title} Data Eval:"
            yield " ".join(f"{name}: {value:.4g}" for name, value in values.items())
            continue
        matrix = as_matrix(event.confusion[split])
        yield f"{title} Data Eval:"
        yield (
            f"Num examples: {matrix.sum()} Num correct: {correct_count(matrix)} "
            f"Precision @ 1: {accuracy(matrix):.4f}"
        )
