"""The screens of the dashboard: names, keys, titles and purposes."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ScreenInfo:
    """A screen of the dashboard."""

    name: str
    key: str
    title: str
    purpose: str


SCREENS = (
    ScreenInfo("train", "1", "Train", "Watch the training and steer it"),
    ScreenInfo("evaluate", "2", "Evaluate", "Confusion matrix, metrics and misclassified images"),
    ScreenInfo("weights", "3", "Weights", "Layers, histograms, filters"),
    ScreenInfo("runs", "4", "Runs", "Compare, open, resume and export all runs"),
    ScreenInfo("pad", "5", "Pad", "Draw a digit and have it classified"),
)
