"""Training sessions that the dashboard starts in its own process, one after another."""

import dataclasses
from collections.abc import Iterator, Mapping
from pathlib import Path

from core.process.redirect import redirect_to_log
from core.run.events import Event
from core.run.hparams import HyperParameters, Value
from core.rundir.resume import ResumePoint
from core.rundir.rundir import RunDir
from core.session.notifications import NO_NOTIFICATIONS, Notifications
from core.session.request import Request, request_like, resume_request
from core.session.session import session
from tui.dashboard.run_context import RunContext


class Sessions:
    """Starts sessions; the newest request is where the next one takes its settings from."""

    def __init__(
        self,
        request: Request | None = None,
        notifications: Notifications = NO_NOTIFICATIONS,
    ) -> None:
        """`request` is that of the first session; None where no run trains here yet."""
        self._request = request
        self._notifications = notifications

    def start(self, request: Request) -> Iterator[Event]:
        """The events of a session that trains `request`, and logs to its run directory."""
        self._request = request
        events = session(dataclasses.replace(request, on_open=redirect_to_log))
        return self._notifications.wrap(events)

    def next(
        self,
        shown: RunContext,
        hparams: HyperParameters,
        branch: ResumePoint | None,
        own: Mapping[str, Value],
    ) -> Iterator[Event]:
        """The events of another run on the data and device of the run on the screen.

        `own` are the values that a model of the user's own is built with.

        Raises:
            UserError: that run was trained elsewhere, and its directory cannot be read.
        """
        run = RunDir(Path(shown.run.directory))
        base = request_like(run) if shown.viewer or not self._request else self._request
        model = base.own.with_values(own) if base.own else None
        return self.start(
            dataclasses.replace(
                base, hparams=hparams, own=model, branch=branch, resume=None, changes=()
            )
        )

    def resume(self, run: RunDir, values: Mapping[str, Value]) -> Iterator[Event]:
        """The events of a session that resumes `run`, with these hyperparameters changed.

        Raises:
            UserError: it has no steps left, or no checkpoint that can be read.
        """
        return self.start(resume_request(run, values))
