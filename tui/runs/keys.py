"""The keys of the Runs screen."""

from textual.binding import Binding, BindingType

from tui.chart.keys import chart_bindings
from tui.widgets.page_keys import page_bindings

WRITE_NAMES = ("resume", "branch", "note", "hide", "export", "delete")
"""Actions on a run that a read-only window refuses."""

RUN_ACTIONS = ("open", "replay", *WRITE_NAMES)
"""All actions on a run."""

BINDINGS: list[BindingType] = [
    Binding("enter", "run('open')", "Open", id="runs.open", key_display="enter",
            tooltip="Open this run, live or finished"),
    Binding("space", "mark", "Mark", id="runs.mark",
            tooltip="Mark this run to compare it"),
    Binding("slash", "filter", "Filter", id="runs.filter", key_display="/", priority=True,
            tooltip="Filter runs by words, key=value, metric>0.9, best:loss<0.1"),
    Binding("o", "order", "Order", id="runs.order", tooltip="Sort by the next column"),
    Binding("C", "columns", "Columns", id="runs.columns", tooltip="Choose the columns"),
    Binding("h", "run('hide')", "Hide", id="runs.hide",
            tooltip="Hide this run, or list it again; H lists the hidden ones"),
    Binding("H", "show_hidden", "Hidden", show=False, id="runs.show_hidden",
            tooltip="List the hidden runs too, or not"),
    Binding("u", "undo_delete", "Undo", show=False, id="runs.undo",
            tooltip="Bring the run back that was deleted last"),
    Binding("O", "reverse", "Reverse", show=False, id="runs.reverse",
            tooltip="Reverse the sort order"),
    Binding("v", "value", "Value", id="runs.value",
            tooltip="Chart: loss, precision @ 1 or the next metric that the runs have"),
    Binding("g", "group", "Group", id="runs.group",
            tooltip="One row and line for runs that differ only in their seed: mean and spread"),
    Binding("G", "group_by", "Group by", show=False, id="runs.group_by",
            tooltip="Group runs by a pattern of their names, which is asked for"),
    Binding("c", "difference", "Compare", id="runs.difference",
            tooltip="The differences to the selected run"),
    Binding("t", "table", "Table", show=False, id="runs.table",
            tooltip="Toggle between chart and differences"),
    Binding("r", "run('resume')", "Resume", id="runs.resume",
            tooltip="Resume this run from its last checkpoint"),
    Binding("b", "run('branch')", "Branch", id="runs.branch",
            tooltip="Start a new run from this one's weights"),
    Binding("p", "run('replay')", "Replay", id="runs.replay",
            tooltip="Replay this run at any speed"),
    Binding("n", "run('note')", "Name", id="runs.note", tooltip="Edit name, tags and note"),
    Binding("E", "run('export')", "Export", id="runs.export",
            tooltip="Export a table, an image or a notebook"),
    Binding("delete,D", "run('delete')", "Delete", id="runs.delete", key_display="del",
            tooltip="Move this run to the trash; u brings it back, for 30 days"),
    Binding("escape", "clear", "Clear", show=False, id="runs.clear",
            tooltip="Clear the filter, then close the group, then clear the marks"),
    Binding("up", "point(-1)", "Up", show=False, id="runs.up", tooltip="Previous run"),
    Binding("down", "point(1)", "Down", show=False, id="runs.down", tooltip="Next run"),
    *page_bindings("runs", "runs"),
    Binding("home", "point(-1000000)", "First", show=False, id="runs.first",
            tooltip="First run"),
    Binding("end", "point(1000000)", "Last", show=False, id="runs.last",
            tooltip="Last run"),
    *chart_bindings("runs", omit={"newest"}),
]  # fmt: skip
