"""The keys of the screen of a study."""

from textual.binding import Binding, BindingType

from tui.chart.keys import chart_bindings

BINDINGS: list[BindingType] = [
    Binding("up,k", "select(-1)", "Trial", id="study.up", key_display="↑",
            tooltip="Select the trial above"),
    Binding("down,j", "select(1)", "Trial", show=False, id="study.down", key_display="↓",
            tooltip="Select the trial below"),
    Binding("pageup", "page(-1)", "Page up", show=False, id="study.page_up", tooltip="A page up"),
    Binding("pagedown", "page(1)", "Page down", show=False, id="study.page_down",
            tooltip="A page down"),
    Binding("tab,v", "view(1)", "View", id="study.view", key_display="tab",
            tooltip="Curves, best so far, slices, importance, parallel coordinates"),
    Binding("shift+tab", "view(-1)", "View back", show=False, id="study.view_back",
            tooltip="The view before"),
    Binding("enter", "open", "Open", id="study.open", key_display="enter",
            tooltip="Open the run of the selected trial"),
    Binding("o", "sort", "Sort", id="study.sort", tooltip="Sort by the next column"),
    Binding("space", "pause", "Pause", id="study.pause",
            tooltip="Begin no more trials, or begin them again"),
    Binding("n", "queue", "Queue", id="study.queue", tooltip="Try a setting of your own next"),
    Binding("r", "narrow", "Range", id="study.narrow", tooltip="Sample from a part of a range"),
    Binding("t", "trials", "Trials", id="study.trials", tooltip="How many trials there shall be"),
    Binding("s", "stop_trial", "Stop", id="study.stop", tooltip="Stop the selected trial"),
    Binding("S", "stop_all", "Stop all", show=False, id="study.stop_all",
            tooltip="Stop all trials and end the sweep; it can go on later"),
    Binding("b", "train_best", "Train best", id="study.train",
            tooltip="Train the best setting in a run of its own"),
    Binding("c", "copy_best", "Copy best", show=False, id="study.copy",
            tooltip="Copy the command line of the best trial"),
    *chart_bindings("study", omit=("smooth", "stop_before", "stop_after", "error_rate")),
    Binding("question_mark", "help", "Help", id="study.help", key_display="?",
            tooltip="Every key of this screen"),
    Binding("q,escape", "leave", "Leave", id="study.leave", key_display="q",
            tooltip="Leave this screen; the trials go on"),
]  # fmt: skip
