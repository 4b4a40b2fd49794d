"""The explanation of the picked image, by the newest network."""

from collections.abc import Callable
from functools import partial

from textual.message_pump import MessagePump

from core.network.explanation import Explanation, explain
from core.own.network import AnyNetwork, OwnNetwork
from trainpad.text import sanitize
from tui.weights.explained import ExplainedImage
from tui.widgets.background import BackgroundJob


class Explainer:
    """Explains an image whenever it, the class or the network is another than before.

    Our own networks take milliseconds; a person's own model is asked in the background.
    """

    def __init__(self, owner: MessagePump, on_change: Callable[[], None]) -> None:
        """Call `on_change` when an explanation has arrived that took time."""
        self._job: BackgroundJob[Explanation] = BackgroundJob(owner, self._take)
        self._on_change = on_change
        self.image = ExplainedImage()
        """The image, and the class."""
        self.explanation: Explanation | None = None
        self.error = ""
        """Why there is none."""
        self._key: tuple[object, ...] = ()

    def reset(self) -> None:
        """Forget the image and its explanation."""
        self._job.cancel()
        self.image.reset()
        self.explanation, self.error, self._key = None, "", ()

    def update(self, network: AnyNetwork) -> None:
        """Explain the image with this network, unless that was done or is asked."""
        label = self.image.picked_label
        pixels = self.image.pixels(network.sizes[0])
        key = (network, self.image.subject, label)
        if pixels is None:
            self.explanation = None
        elif key == self._key:
            return
        elif not isinstance(network, OwnNetwork):
            self._keep(explain(network, pixels, label))
        elif network.is_loaded:
            self._job.submit(partial(network.explain, pixels, label), now=True)
        else:
            return
        self._key = key

    def _take(self, result: Explanation | Exception) -> None:
        if isinstance(result, Exception):
            self.error = sanitize(str(result), limit=200)
        else:
            self.error = ""
            self._keep(result)
        self._on_change()

    def _keep(self, explanation: Explanation) -> None:
        self.explanation, self.image.label = explanation, explanation.label
