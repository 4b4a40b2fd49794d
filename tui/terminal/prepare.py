"""What has to be settled before Textual is imported."""

import os

from core.process.threads import relax_gc


def configure_textual() -> None:
    """Set what Textual reads when it is imported, and how often garbage is looked for."""
    # Pixel reports of the mouse go wrong in several terminals; cells are exact enough.
    os.environ.setdefault("TEXTUAL_SMOOTH_SCROLL", "0")
    os.environ.setdefault("TEXTUAL_ANIMATIONS", "none")
    # What changed is sent within 1 ms instead of 17: ink follows the pen, keys answer sooner. How
    # often numbers are followed is `Pace`'s, and does not depend on this.
    os.environ.setdefault("TEXTUAL_FPS", "1000")  # what else it paces, `PreciseApp` turns off
    relax_gc()
