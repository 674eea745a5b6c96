"""Figures in the width of a column of a journal, with letters that can be read there."""

from __future__ import annotations

import warnings
from itertools import combinations

from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.lines import Line2D
from matplotlib.text import Annotation, Text
from matplotlib.transforms import Bbox

from .style import Figure

WIDTHS = {"one-column": 85.0, "two-columns": 180.0}
"""Of a style, mm: what most journals ask for."""

SMALLEST, LARGEST = 5.0, 7.0
"""Of letters, points."""

TALLEST = 225.0
"""Of a figure, mm: what a page holds besides the caption."""

_MM = 1 / 25.4
_OVERLAP = 1.0  # pixels that labels may lie on each other


def fit_to_paper(figure: Figure, style: str) -> None:
    """Shrink or widen a figure to a column, in place.

    Letters get 5 to 7 points, lines shrink with the figure, and its height grows as far as its
    letters need.  The title goes: on paper the caption says it.

    Parameters
    ----------
    figure : Figure
        Not yet laid out.
    style : str
        A key of `WIDTHS`.

    Raises
    ------
    ValueError
        If there is no such style, or words would lie on each other or be cut in that width.
    """
    if style not in WIDTHS:
        raise ValueError(f"style must be {' or '.join(WIDTHS)}, got '{style}'")
    width = WIDTHS[style] * _MM
    scale = width / figure.get_figwidth()
    if figure.get_suptitle():
        figure.suptitle("")
    _set_letters(figure, scale)
    for line in figure.findobj(Line2D):
        line.set_linewidth(max(line.get_linewidth() * max(scale, 0.4), 0.4))
        line.set_markersize(max(line.get_markersize() * max(scale, 0.4), 1.0))
    height = figure.get_figheight() * scale
    for stretch in (1.0, 1.25, 1.5, 2.0):
        figure.set_size_inches(width, min(height * stretch, TALLEST * _MM))
        _draw(figure)
        for axes in figure.axes:
            for axis in (axes.xaxis, axes.yaxis):
                _thin_out(axis)
        fault = _fault(figure) if _draw(figure) else "its panels would have no room"
        if fault is None:
            return
    raise ValueError(f"does not fit into {WIDTHS[style]:g} mm: {fault}")


def _draw(figure: Figure) -> bool:
    """Draw, and say whether the layout left room for every panel."""
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always", UserWarning)
        figure.draw(FigureCanvasAgg(figure).get_renderer())  # type: ignore[no-untyped-call]
    return not any("collapsed" in str(one.message) for one in told)


def _set_letters(figure: Figure, scale: float) -> None:
    """Bring all letters to the sizes of paper, those of ticks to come too."""
    in_ticks = set()
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            labels = axis.get_ticklabels()
            size = _on_paper(float(labels[0].get_fontsize()) if labels else LARGEST, scale)
            axis.set_tick_params(labelsize=size, length=2, pad=2)
            for label in labels:
                label.set_fontsize(size)
            axis.offsetText.set_fontsize(SMALLEST)
            in_ticks |= set(map(id, labels))
    for text in figure.findobj(Text):
        if id(text) not in in_ticks:
            is_note = isinstance(text, Annotation)
            text.set_fontsize(SMALLEST if is_note else _on_paper(float(text.get_fontsize()), scale))


def _on_paper(size: float, scale: float) -> float:
    return min(max(size * scale, SMALLEST), LARGEST)


def _fault(figure: Figure) -> str | None:
    """Name words that lie on others or stick out; None where all can be read."""
    whole = figure.bbox
    for text in figure.findobj(Text):
        if not text.get_visible() or not any(one.isalpha() for one in text.get_text()):
            continue
        box = text.get_window_extent()
        if box.x0 < whole.x0 - 1 or box.x1 > whole.x1 + 1 or box.y0 < whole.y0 - 1:
            return f"'{text.get_text()}' would be cut"
    shown = [axes for axes in figure.axes if axes.get_visible()]
    for axes in shown:
        for axis in (axes.xaxis, axes.yaxis):
            if _is_crowded(axis):
                return "names of an axis would lie on each other"
    titles = [axes.title.get_window_extent() for axes in shown if axes.get_title()]
    if any(_overlap(one, other) for one, other in combinations(titles, 2)):
        return "titles of panels would lie on each other"
    return None if all(_has_room(axes) for axes in shown) else "its panels would be too small"


def _overlap(one: Bbox, other: Bbox) -> bool:
    shared = Bbox.intersection(one, other)
    return shared is not None and bool(min(shared.width, shared.height) > _OVERLAP)


def _has_room(axes: Axes) -> bool:
    """Say whether a panel is at least as long as six letters of the smallest size."""
    box = axes.get_window_extent()
    root = axes.get_figure(root=True)
    assert root is not None  # its window is known
    return bool(72 * max(box.width, box.height) / root.dpi > 6 * SMALLEST)


def _is_crowded(axis: Axis) -> bool:
    """Say whether labels lie on each other along their axis."""
    shown = [one for one in axis.get_ticklabels() if one.get_visible() and one.get_text()]
    boxes = [one.get_window_extent() for one in shown]
    is_x = axis is axis.axes.xaxis
    spans = sorted((box.x0, box.x1) if is_x else (box.y0, box.y1) for box in boxes)
    return any(
        after[0] < before[1] - _OVERLAP for before, after in zip(spans, spans[1:], strict=False)
    )


def _thin_out(axis: Axis) -> None:
    """Leave out numbers, never names, until none lies on another."""
    for _ in range(5):
        labels = axis.get_ticklabels()
        texts = [label.get_text() for label in labels]
        if len(texts) < 3 or not all(map(_is_number, texts)) or not _is_crowded(axis):
            return
        size = float(labels[0].get_fontsize())
        axis.set_ticks(list(axis.get_majorticklocs()[::2]), texts[::2])
        axis.set_tick_params(labelsize=size)


def _is_number(text: str) -> bool:
    try:
        float(text.replace("\N{MINUS SIGN}", "-") or "0")
    except ValueError:
        return False
    return True
