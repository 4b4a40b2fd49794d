"""The keys of the Evaluate screen."""

from textual.binding import Binding

from tui.widgets.page_keys import page_bindings

BINDINGS = (
    Binding("s", "split", "Split", id="evaluate.split",
            tooltip="Switch between train, validation and test split"),
    Binding("n", "cell_format", "Format", id="evaluate.numbers",
            tooltip="Counts, percent of the true class, percent of the predicted class"),
    Binding("left_square_bracket", "earlier(-1)", "Earlier", id="evaluate.earlier",
            key_display="[", tooltip="Previous evaluation"),
    Binding("right_square_bracket", "earlier(1)", "Later", show=False,
            id="evaluate.later", key_display="]", tooltip="Next evaluation"),
    Binding("end", "newest", "Newest", show=False, id="evaluate.newest",
            tooltip="Follow the newest evaluation"),
    Binding("g", "pair(1)", "Worst", id="evaluate.pair", key_display="g",
            tooltip="Cursor to the classes that are confused most, then to the next of them"),
    Binding("G", "pair(-1)", "Worse pair", show=False, id="evaluate.pair_back", key_display="G",
            tooltip="Cursor to the pair of classes before"),
    Binding("t", "pairs", "Matrix", show=False, id="evaluate.pairs",
            tooltip="The matrix or the worst pairs, where many classes leave room for one"),
    Binding("enter", "filter", "These", id="evaluate.filter", key_display="enter",
            tooltip="Show only the images of the selected cell, or all misclassified ones"),
    Binding("full_stop", "image(1)", "Next", id="evaluate.next", key_display=".",
            tooltip="Next image"),
    Binding("comma", "image(-1)", "Back", show=False, id="evaluate.back", key_display=",",
            tooltip="Previous image"),
    *page_bindings("evaluate", "images"),
    Binding("p", "pad", "Pad", id="evaluate.pad",
            tooltip="Open the selected image on the pad"),
    Binding("w", "weights", "Why", id="evaluate.weights",
            tooltip="Explain the prediction for the selected image on the Weights screen"),
    Binding("up", "move(-1, 0)", "Up", show=False, id="evaluate.up",
            tooltip="Cursor up: previous true class"),
    Binding("down", "move(1, 0)", "Down", show=False, id="evaluate.down",
            tooltip="Cursor down: next true class"),
    Binding("left", "move(0, -1)", "Left", show=False, id="evaluate.left",
            tooltip="Cursor left: previous predicted class"),
    Binding("right", "move(0, 1)", "Right", show=False, id="evaluate.right",
            tooltip="Cursor right: next predicted class"),
)  # fmt: skip
