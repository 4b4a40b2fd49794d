"""The screens there are: their names, keys, titles, and what they are for."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ScreenInfo:
    """A screen that one can go to."""

    name: str
    key: str
    title: str
    purpose: str


SCREENS = (
    ScreenInfo("train", "1", "Train", "Watch the training and steer it"),
    ScreenInfo("evaluate", "2", "Evaluate", "See what it reads wrong, in numbers and pictures"),
    ScreenInfo("weights", "3", "Weights", "See what it is made of and what it has learned"),
    ScreenInfo("runs", "4", "Runs", "Compare, open, go on with and export all runs"),
    ScreenInfo("pad", "5", "Pad", "Draw a digit and see it read"),
)
