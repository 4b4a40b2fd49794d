"""The apps of one process share their parsed styles: tests start many hundreds of the same apps."""

from typing import Any

from textual.css.stylesheet import Stylesheet

_parsed: dict[frozenset[tuple[str, str]], dict[Any, Any]] = {}
"""What Textual parsed under each set of variables, which a theme defines; rules never change."""


def share_parsed_styles() -> None:
    """Parse the same styles under the same variables once, and not for each app."""
    begin, set_variables = Stylesheet.__init__, Stylesheet.set_variables

    def shared_from_the_beginning(self: Stylesheet, **options: Any) -> None:
        begin(self, **options)
        _share(self)

    def shared_by_theme(self: Stylesheet, variables: dict[str, str]) -> None:
        self._parse_cache = {}  # type: ignore[assignment]  # which is cleared, not the shared one
        set_variables(self, variables)
        _share(self)

    Stylesheet.__init__ = shared_from_the_beginning  # type: ignore[method-assign]
    Stylesheet.set_variables = shared_by_theme  # type: ignore[method-assign]


def _share(stylesheet: Stylesheet) -> None:
    theme = frozenset(stylesheet._variables.items())
    stylesheet._parse_cache = _parsed.setdefault(theme, {})  # type: ignore[assignment]
