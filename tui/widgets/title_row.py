"""One row of text with something at its left end and something at its right."""

from collections.abc import Sequence

from tui.widgets.text_widget import Span, TextWidget, justify


class TitleRow(TextWidget):
    """A title or a remark; the left end gives way where there is no room for both."""

    DEFAULT_CSS = "TitleRow { height: 1; }"

    def __init__(self, id: str) -> None:  # noqa: A002  Textual's own parameter name
        super().__init__(id=id)
        self._left: Sequence[Span] = ()
        self._tail: Sequence[Span] = ()

    def show(self, left: Sequence[Span], tail: Sequence[Span] = ()) -> None:
        """Show these parts."""
        self._left, self._tail = left, tail
        self.redraw()

    def lines(self, width: int, height: int) -> list[list[Span]]:  # noqa: ARG002 - one row
        """The row."""
        return [justify(self._left, self._tail, width)]
