"""What screens ask of the app that they are on, so that no screen imports an app."""

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from core.options.options import Options
from core.run.hparams import HyperParameters, Value
from core.run.state import RunState
from core.rundir.resume import ResumePoint
from core.rundir.rundir import RunDir
from core.session.request import Request
from tui.dashboard.run_context import RunContext
from tui.dashboard.selection import PickedImage
from tui.terminal.characters import Glyphs
from tui.terminal.settings import Settings


class Host(Protocol):
    """What every screen asks: the dashboard provides it, and the sketch pad on its own."""

    ascii: bool
    """Whether screens use ASCII characters only."""
    log_dir: Path
    """Where run directories are, and new ones are made."""
    read_only: bool
    """Whether this window changes no run."""

    @property
    def run_state(self) -> RunState:
        """The run on the screen."""

    @property
    def dimmed_actions(self) -> frozenset[str]:
        """The actions of all screens that can do nothing now."""

    @property
    def activity(self) -> str:
        """What the run does, or was just asked to do, in a word or a few."""

    @property
    def is_input_waiting(self) -> bool:
        """Whether the terminal has sent something that is not read yet."""

    def toast(self, message: str) -> None:
        """Show a message for a few seconds, if there is one."""

    def refresh_now(self) -> None:
        """Update the screen without waiting for the next frame."""

    def request_pixels(self, pixels: bool) -> None:
        """Ask for mouse reports in pixels, or in cells again, where the terminal has both."""


class DashboardHost(Host, Protocol):
    """What the screens of the dashboard ask beyond that."""

    glyphs: Glyphs
    """The characters that charts are drawn with."""
    settings: Settings
    user_options: Options
    """What `trainpad.toml` says."""
    run_context: RunContext
    """The run on the screen, with its steering and its worker."""
    picked_image: PickedImage | None
    """The image picked last, for the Weights screen."""

    @property
    def can_start_training(self) -> bool:
        """Whether this process can train something now."""

    def report(self, problem: str) -> None:
        """Show at once that a request was made, or toast why it was not."""

    def action_go(self, screen: str) -> None:
        """Go to another screen, by its name."""

    async def show_on_pad(self, picked: PickedImage) -> None:
        """Show an image on the pad."""

    def start_next(
        self, hparams: HyperParameters, branch: ResumePoint | None, own: Mapping[str, Value]
    ) -> None:
        """Train another run as soon as the current one has ended; `own` are its values of `hp`."""

    def start_training(self, request: Request) -> None:
        """Train this in place of what is shown."""

    def resume_run(self, run: RunDir, values: Mapping[str, Value]) -> None:
        """Train a run that is over on from its newest checkpoint, with these values changed."""

    def open_run(self, run: RunDir, speed: float | None = None) -> None:
        """Show another run."""
