"""The keys of the Train screen of attached runs."""

from textual.binding import Binding, BindingType

from tui.chart.keys import chart_bindings

BINDINGS: list[BindingType] = [
    Binding("space", "pause", "Pause", id="metrics.pause", tooltip="Pause, or go on"),
    Binding("left_square_bracket", "nudge(-1)", "Less", id="metrics.less", key_display="[",
            tooltip="Decrease the first value of the panel, such as the learning rate"),
    Binding("right_square_bracket", "nudge(1)", "More", id="metrics.more", key_display="]",
            tooltip="Increase the first value of the panel"),
    Binding("e", "evaluate", "Evaluate", id="metrics.evaluate",
            tooltip="Ask the program to evaluate now"),
    Binding("c", "request_save", "Save", id="metrics.save", tooltip="Ask the program to save now"),
    Binding("tab", "panel", "Panel", id="metrics.panel", priority=True,
            tooltip="Enter or leave the panel of values"),
    Binding("slash", "filter", "Filter", id="metrics.filter", key_display="/", priority=True,
            tooltip="Filter the metrics, or search in the output: a substring or an expression"),
    Binding("pagedown,n", "turn(1)", "Page", id="metrics.next", key_display="n",
            tooltip="Next page of charts, or next match in the output"),
    Binding("pageup,p", "turn(-1)", "Back", show=False, id="metrics.previous", key_display="p",
            tooltip="Previous page of charts, or previous match in the output"),
    Binding("down", "select(1)", "Next", show=False, id="metrics.down",
            tooltip="Select the next chart, or go to later output"),
    Binding("up", "select(-1)", "Previous", show=False, id="metrics.up",
            tooltip="Select the previous chart, or go to earlier output"),
    Binding("f", "full", "Full", id="metrics.full",
            tooltip="Show the selected chart alone, or all that fit"),
    Binding("t", "pin", "Pin", show=False, id="metrics.pin",
            tooltip="Move the selected chart to the front, or back to its place"),
    Binding("o", "output", "Output", id="metrics.output",
            tooltip="Show what the program printed, or the charts"),
    Binding("escape", "clear", "All", show=False, id="metrics.clear",
            tooltip="Clear the filter or the search"),
    Binding("P", "hide('panel')", "Hide panel", show=False, id="metrics.hide_panel",
            tooltip="Hide or show panel and values"),
    Binding("M", "hide('messages')", "Hide messages", show=False, id="metrics.hide_messages",
            tooltip="Hide or show the messages and the output below the charts"),
    Binding("G", "hide('gauges')", "Hide gauges", show=False, id="metrics.hide_gauges",
            tooltip="Hide or show the system statistics"),
    *chart_bindings("metrics", in_footer={"log"}),
]  # fmt: skip
