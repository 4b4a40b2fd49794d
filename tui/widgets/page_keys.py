"""The keys that turn the pages of a list or a gallery, the same on every screen that has one."""

from textual.binding import Binding


def page_bindings(screen: str, what: str) -> tuple[Binding, Binding]:
    """The bindings of a screen with `action_page(by)`, which turns pages of `what`."""
    return (
        Binding("pagedown", "page(1)", "Next page", show=False, id=f"{screen}.page_down",
                tooltip=f"Next page of {what}"),
        Binding("pageup", "page(-1)", "Previous page", show=False, id=f"{screen}.page_up",
                tooltip=f"Previous page of {what}"),
    )  # fmt: skip
