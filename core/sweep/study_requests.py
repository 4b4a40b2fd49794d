"""Requests to a study, each checked, made, and said in a sentence."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from core.sweep.folder import StudyFolder
from core.sweep.space import Space
from core.sweep.study_control import read_desired_state, request
from trainpad.errors import UserError


@dataclass(frozen=True, slots=True)
class StudyRequests:
    """What can be requested of a study while it runs, or before it goes on.

    All raise `UserError` where the request is invalid or cannot be written.
    """

    folder: StudyFolder

    def pause(self, *, paused: bool) -> str:
        """Begin no more trials, or begin them again."""
        request(self.folder, paused=paused)
        return "paused: no trial is begun" if paused else "trials are begun again"

    def toggle_pause(self) -> str:
        """Pause, or go on."""
        return self.pause(paused=not read_desired_state(self.folder).paused)

    def stop(self) -> str:
        """Stop all trials and end."""
        request(self.folder, stop=True)
        return "stop requested: the runs save and end"

    def set_trials(self, text: str) -> str:
        """Have so many trials in all."""
        request(self.folder, trials=_number(text))
        return f"{text} trials in all"

    def stop_trial(self, number: int) -> str:
        """Stop one trial."""
        from core.sweep.study import Study

        if not Study(self.folder, self.folder.description()).is_running(number):
            raise UserError(f"trial {number} is not training")
        stopped = read_desired_state(self.folder).stop_trials
        request(self.folder, stop_trials=(*stopped, number))
        return f"stop of trial {number} requested"

    def narrow(self, text: str) -> str:
        """Sample from parts of ranges: ``NAME=LOW..HIGH``, several separated by spaces."""
        pairs = name_value_pairs(text.split())
        space: Space = self.folder.description().space
        for name, part in pairs.items():
            space = space.narrowed(name, part)
        request(self.folder, ranges={**read_desired_state(self.folder).ranges, **pairs})
        return f"{text} from the next trial on"

    def queue(self, text: str) -> str:
        """Try a setting next: ``NAME=VALUE``, several separated by spaces."""
        from core.sweep.study import Study

        description = self.folder.description()
        point = description.space.check_point(name_value_pairs(text.split()))
        Study(self.folder, description).enqueue(point)
        if self.folder.is_live():
            return f"queued {text}"
        command = f"trainpad sweep --study {shlex.quote(str(self.folder.path))} --trials N"
        return f"queued {text}; no sweep runs this study: `{command}` tries it, N trials in all"


def name_value_pairs(words: Sequence[str]) -> dict[str, str]:
    """The names and values of ``NAME=VALUE`` words.

    Raises:
        UserError: one has another form.
    """
    pairs = [word.partition("=") for word in words]
    if not pairs or not all(name and equals for name, equals, _ in pairs):
        raise UserError("a setting is NAME=VALUE, such as learning_rate=0.1")
    return {name: value for name, _, value in pairs}


def _number(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) < 10**9:
        raise UserError(f"{text[:40]!r} is no number of trials")
    return int(text)
