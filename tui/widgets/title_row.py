"""One row of text with something at its left end and something at its right."""

from collections.abc import Sequence

from tui.widgets.text_widget import Lines, Part, spread


class Row(Lines):
    """A title or a remark; the left end gives way where there is no room for both."""

    DEFAULT_CSS = "Row { height: 1; }"

    def __init__(self, id: str) -> None:  # noqa: A002  Textual's own parameter name
        super().__init__(id=id)
        self._left: Sequence[Part] = ()
        self._tail: Sequence[Part] = ()

    def show(self, left: Sequence[Part], tail: Sequence[Part] = ()) -> None:
        """Show these parts."""
        self._left, self._tail = left, tail
        self.update_rows()

    def lines(self, width: int, height: int) -> list[list[Part]]:  # noqa: ARG002 - one row
        """The row."""
        return [spread(self._left, self._tail, width)]
