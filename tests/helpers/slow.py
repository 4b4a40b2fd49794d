"""The command `trainpad` with a training that leaves the processor to other tests mostly."""

import time
from collections.abc import Iterator
from typing import Any

import core.training.loop
import main
from core.run.events import Event, Steps

SECONDS = 0.2
"""How long it waits after each chunk of steps, which takes a fraction of that."""


def run() -> None:
    """Run the command of `sys.argv`."""
    train = core.training.loop.train

    def slowly(config: Any, control: Any) -> Iterator[Event]:
        for event in train(config, control):
            yield event
            if isinstance(event, Steps):
                time.sleep(SECONDS)

    core.training.loop.train = slowly
    main.main()
