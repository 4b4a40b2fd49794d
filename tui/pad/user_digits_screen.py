"""The user's own digits on the Pad screen: labels, the strip, fine-tuning."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from textual import on

from data.dataset import DIGITS
from data.ink import Strokes
from data.stroke_groups import group_strokes
from trainpad.errors import UserError
from tui.dashboard.screen import RunScreen
from tui.pad.drawing import Drawing
from tui.pad.models import ModelSwitcher
from tui.pad.prediction import PadImage
from tui.pad.sketch_pad import SketchPad
from tui.pad.user_digits_store import UserDigitsStore, fine_tune_and_save
from tui.pad.user_digits_strip import LabelDialog, UserDigitsStrip
from tui.widgets.background import BackgroundJob

if TYPE_CHECKING:
    from core.network.finetune import FineTuneResult


class UserDigitsScreen(RunScreen):
    """A screen with a drawing that can be labelled, and a strip of all labelled ones."""

    def __init__(self, user_digits: UserDigitsStore | None, models: ModelSwitcher | None) -> None:
        super().__init__()
        self.drawing = Drawing()
        """The drawing; it survives the screen's widgets."""
        self._models = models or ModelSwitcher()
        self._user_digits = user_digits or UserDigitsStore()
        self._fine_tuning: BackgroundJob[tuple[FineTuneResult, str]] = BackgroundJob(
            self, self._fine_tuned
        )
        self._picked: PadImage | None = None
        """An image from another screen, shown in place of the drawing."""

    def _classify(self) -> None:
        """Classify and show the image on the pad."""
        raise NotImplementedError

    def _show_pen(self) -> None:
        """Show the state of the pen, and whether a network is fine-tuned."""
        raise NotImplementedError

    def _refuse_if_read_only(self) -> bool:
        """Return whether the window is read-only, and say so."""
        if self.host.read_only:
            self.host.toast("this window is read-only")
        return self.host.read_only

    def action_label(self) -> None:
        """Ask for the label of the drawing."""
        if self._refuse_if_read_only():
            return
        if tuple(self._models.classifier.classes) != DIGITS:
            self.host.toast(
                "labels are digits, and this network has other classes; x switches the model"
            )
            return
        if self.drawing.is_empty or self._picked is not None:
            self.host.toast("draw a digit first; then t labels it")
            return
        self.app.clear_notifications()  # they would cover the question
        points = self.drawing.points
        groups = group_strokes(points, self._models.judge)
        drawn = [group.of(points) for group in groups]
        self.app.push_screen(LabelDialog(len(drawn)), partial(self._label_chosen, drawn))

    @on(UserDigitsStrip.CorrectRequested)
    def _ask_for_correct_label(self, message: UserDigitsStrip.CorrectRequested) -> None:
        if not self._refuse_if_read_only():
            self.app.clear_notifications()
            self.app.push_screen(LabelDialog(), partial(self._correct_label_chosen, message))

    def _correct_label_chosen(
        self, message: UserDigitsStrip.CorrectRequested, label: str | None
    ) -> None:
        if label is None:
            return
        try:
            before = self._user_digits.relabel(message.image, message.when, int(label))
        except UserError as error:
            self.host.toast(str(error))
        else:
            self.query_one(UserDigitsStrip).show_note(f"a {label} now, instead of {before}")
        self._show_user_digits()

    @on(UserDigitsStrip.ExportRequested)
    def _export_digits(self) -> None:
        try:
            count, folder = self._user_digits.export(Path.cwd())
        except UserError as error:
            self.host.toast(str(error))
        else:
            strip = self.query_one(UserDigitsStrip)
            strip.show_note(f"{count} written to ./{folder.name}, as IDX and PNG")

    def _label_chosen(self, drawn: Sequence[Strokes], labels: str | None) -> None:
        if labels is None:
            return
        try:
            for strokes, label in zip(drawn, labels, strict=True):
                self._user_digits.add(strokes, int(label))
        except UserError as error:
            self.host.toast(str(error))
            return
        count = len(self._user_digits.digits)
        self._report(f"labelled {labels}; {count} of yours, T fine-tunes on them")
        self._show_user_digits()
        self.query_one(SketchPad).action_clear()

    @on(UserDigitsStrip.RemoveRequested)
    def _remove_digit(self, message: UserDigitsStrip.RemoveRequested) -> None:
        if self._refuse_if_read_only():
            return
        try:
            self._user_digits.remove(message.image, message.when)
        except UserError as error:
            self.host.toast(str(error))
        else:
            self.query_one(UserDigitsStrip).show_note("removed; u brings it back")
        self._show_user_digits()

    @on(UserDigitsStrip.RestoreRequested)
    def _restore_digit(self) -> None:
        if self._refuse_if_read_only():
            return
        try:
            restored = self._user_digits.restore()
        except UserError as error:
            self.host.toast(str(error))
            return
        self._report(f"a {restored} is back" if restored is not None else "nothing was removed")
        self._show_user_digits()

    def _show_user_digits(self) -> None:
        strip = self.query_one(UserDigitsStrip)
        try:
            strip.show(self._user_digits.digits)
        except UserError as error:
            strip.show_note(str(error))

    def action_fine_tune(self) -> None:
        """Fine-tune the current model on the user's digits, in the background."""
        if self._refuse_if_read_only():
            return
        try:
            digits = self._user_digits.digits
        except UserError as error:
            self.host.toast(str(error))
            return
        if not len(digits):
            draw = "draw a digit, then " if self.drawing.is_empty else ""
            self.host.toast(f"{draw}t and its label, then T")
        elif self._fine_tuning.busy:
            self.host.toast("still fine-tuning")
        elif not self._models.is_digit_classifier:
            self.host.toast("this model does not classify digits; x switches the model")
        else:
            self._report("fine-tuning … into a new run; x switches back")
            model, base_data = self._models.classifier, self.host.run_state.dataset
            work = partial(fine_tune_and_save, model, digits, base_data, self.host.log_dir)
            self._fine_tuning.submit(work, now=True)
            self._show_pen()

    def _fine_tuned(self, result: "tuple[FineTuneResult, str] | Exception") -> None:
        if isinstance(result, Exception):
            text = str(result)
        else:
            fine_tuned, name = result
            self._models.use_fine_tuned(fine_tuned.network, name, fine_tuned.steps)
            text = fine_tuned.summary()
            self._classify()
        self._show_pen()
        self._report(text)

    def _report(self, text: str) -> None:
        """Show a message next to the user's digits; where these are hidden, as a toast."""
        strip = self.query_one(UserDigitsStrip)
        strip.show_note(text)
        if not strip.display:
            self.app.clear_notifications()
            self.host.toast(text)
