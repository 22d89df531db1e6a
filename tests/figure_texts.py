"""The texts of a figure with their places, for the tests that nothing in it overlaps."""

import itertools


def texts(figure) -> list:
    """Every visible text with its box in pixels."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.text import Text

    FigureCanvasAgg(figure)
    figure.canvas.draw()
    undrawn = {label for panel in figure.axes for axis in (panel.xaxis, panel.yaxis) for label in _undrawn(axis)}
    found = [text for text in figure.findobj(Text) if text.get_visible() and text.get_text().strip()]
    return [(text.get_text(), text.get_window_extent()) for text in found if text not in undrawn]


def _undrawn(axis) -> list:
    """The labels of ticks beyond the ends of an axis, which Matplotlib keeps without drawing them."""
    low, high = sorted(axis.get_view_interval())
    return [tick.label1 for tick in axis.get_major_ticks() if not low <= tick.get_loc() <= high]


def assert_texts_stand_apart(figure) -> list:
    """Check that no text overlaps another or leaves the figure; returns the texts with their boxes."""
    found = texts(figure)
    for text, box in found:
        assert box.x0 >= 0 and box.y0 >= 0, text
        assert box.x1 <= figure.bbox.x1 and box.y1 <= figure.bbox.y1, text
    for (first, box), (second, other) in itertools.combinations(found, 2):
        assert not box.padded(-1).overlaps(other.padded(-1)), f"{first!r} and {second!r}"
    return found
