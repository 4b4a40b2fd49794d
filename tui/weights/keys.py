"""The keys of the Weights screen."""

from textual.binding import Binding

from tui.widgets.page_keys import page_bindings

BINDINGS = (
    Binding("tab", "panel", "Panel", id="weights.panel", priority=True,
            tooltip="Switch between histograms, filters, saliency and feature maps if not all fit"),
    Binding("up", "layer(-1)", "Layer", id="weights.layer_up",
            tooltip="Previous layer"),
    Binding("down", "layer(1)", "Next layer", show=False, id="weights.layer_down",
            tooltip="Next layer"),
    Binding("o", "order", "Order", id="weights.order",
            tooltip="Sort filters by number, weight norm, weight for a class, or activation"),
    Binding("plus,equals_sign", "label(1)", "Class", id="weights.class_up", key_display="+",
            tooltip="Next class for the filters and the saliency map"),
    Binding("minus", "label(-1)", "Previous class", show=False, id="weights.class_down",
            key_display="-", tooltip="Previous class"),
    Binding("full_stop", "sample(1)", "Image", id="weights.next", key_display=".",
            tooltip="Explain the next validation image of an even sample"),
    Binding("comma", "sample(-1)", "Previous image", show=False, id="weights.back",
            key_display=",", tooltip="Explain the previous validation image of the sample"),
    Binding("right", "unit(1)", "Next unit", show=False, id="weights.unit_next",
            tooltip="Next unit"),
    Binding("left", "unit(-1)", "Previous unit", show=False, id="weights.unit_back",
            tooltip="Previous unit"),
    Binding("m", "maps", "Maps", show=False, id="weights.maps",
            tooltip="Next feature maps of the selected layer, if not all fit"),
    *page_bindings("weights", "units"),
)  # fmt: skip
