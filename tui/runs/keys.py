"""The keys of the Runs screen."""

from textual.binding import Binding, BindingType

from tui.chart.keys import chart_bindings

BINDINGS: list[BindingType] = [
    Binding("enter", "run('open')", "Open", id="runs.open", key_display="enter",
            tooltip="Show this run, live or as it was"),
    Binding("space", "mark", "Mark", id="runs.mark",
            tooltip="Mark this run: marked ones share the chart, six at the most"),
    Binding("slash", "filter", "Filter", id="runs.filter", key_display="/", priority=True,
            tooltip="Show only runs that have these words"),
    Binding("o", "order", "Order", id="runs.order", tooltip="Sort by the next column"),
    Binding("O", "reverse", "Reverse", show=False, id="runs.reverse",
            tooltip="Sort the other way round"),
    Binding("v", "value", "Value", id="runs.value", tooltip="Chart: loss, or precision"),
    Binding("t", "table", "Table", show=False, id="runs.table",
            tooltip="The differences in place of the chart, and back"),
    Binding("r", "run('resume')", "Resume", id="runs.resume",
            tooltip="Go on with this run where it stood"),
    Binding("b", "run('branch')", "Branch", id="runs.branch",
            tooltip="Begin a new run with this one's weights"),
    Binding("p", "run('replay')", "Replay", id="runs.replay",
            tooltip="See this run happen again, at any speed"),
    Binding("n", "run('note')", "Name", id="runs.note", tooltip="Name, tag and note this run"),
    Binding("E", "run('export')", "Export", id="runs.export",
            tooltip="Write a table, a picture or a notebook"),
    Binding("delete,D", "run('delete')", "Delete", id="runs.delete", key_display="del",
            tooltip="Delete what trainpad wrote of this run"),
    Binding("escape", "clear", "Clear", show=False, id="runs.clear",
            tooltip="Forget the filter, then the marks"),
    Binding("up", "point(-1)", "Up", show=False, id="runs.up", tooltip="The run above"),
    Binding("down", "point(1)", "Down", show=False, id="runs.down", tooltip="The run below"),
    Binding("pageup", "page(-1)", "Page up", show=False, id="runs.page_up",
            tooltip="A page of runs up"),
    Binding("pagedown", "page(1)", "Page down", show=False, id="runs.page_down",
            tooltip="A page of runs down"),
    Binding("home", "point(-1000000)", "First", show=False, id="runs.first",
            tooltip="The first run"),
    Binding("end", "point(1000000)", "Last", show=False, id="runs.last",
            tooltip="The last run"),
    *chart_bindings("runs", omit={"newest"}),
]  # fmt: skip
