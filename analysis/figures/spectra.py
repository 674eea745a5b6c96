"""Figures of what was measured, with nulls and bands; answers in, matplotlib figures out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from ..answers import MAX, MEAN, MIN, Answer
from ..cells.subsets import principal_components
from ..pairs.pairwise import PairwiseInformation
from .colours import BLUE, GREEN, GREY, ORANGE, SEQUENTIAL
from .names import names_told, readable, readable_names
from .style import DIVERGING_MAP, Figure, legend_below, titled

SIGN = "synergy < 0 < redundancy"
FREQUENCY_RANGE = 0.7
"""Of shares less chance in maps, the same in all of them, on paper and on the page."""

FREQUENCIES = (
    "Share of the most synergistic and of the most redundant 5 % of groups of each size that hold "
    "a variable, less the share by chance. Orange is more, violet less."
)
_CURVES = (
    "Upper panels: lowest, mean and highest raw value of all groups of a size, shaded the spread "
    "of subsamples. Lower panels: less the bias, dashed the central 95 % of the same statistic "
    "after every column was shuffled, shaded the 95 % confidence of the mean. Negative values mean "
    "synergy, positive ones redundancy."
)


def information_by_order(answers: Sequence[Answer], quantity: str, title: str = "") -> Figure:
    """Draw minimum, mean and maximum by order with their null, spread and confidence.

    Parameters
    ----------
    answers : sequence of Answer
        One column of two panels each: raw values with the published spread above, corrected
        values with null and confidence band below.
    quantity : str
        Name and unit of the measure.
    title : str
        Of the figure; give n and the estimator.
    """
    figure = Figure(figsize=(5.6 * len(answers), 8.6), layout="constrained")
    what = f"{quantity.partition(' (')[0]} by the number of variables in a group, in nats."
    titled(figure, title, f"{what} {_CURVES}")
    cells = figure.subplots(2, len(answers), squeeze=False, sharex="col")
    for raw, corrected, answer in zip(cells[0], cells[1], answers, strict=True):
        _raw_panel(raw, answer)
        _corrected_panel(corrected, answer)
        raw.set_title(label_of(answer), fontsize=9)
        raw.set_ylabel(f"raw {quantity}\n{SIGN}")
        corrected.set_ylabel(f"bias-corrected {quantity}\n{SIGN}")
        corrected.set_xlabel("order (variables in a multiplet)")
        for axes in (raw, corrected):
            axes.axhline(0.0, color=GREY, lw=0.8)
            legend_below(axes)
    return figure


def label_of(answer: Answer) -> str:
    """Say which measure it is, with a readable name of its target."""
    if answer.target is None:
        return answer.label
    return answer.label.replace(answer.target, readable(answer.target))


def _raw_panel(axes: Axes, answer: Answer) -> None:
    spectrum, orders = answer.spectrum, answer.question.orders
    how = "all multiplets" if spectrum.is_exhaustive else "of the multiplets drawn"
    for name, values, i, color, mark in (
        ("maximum", spectrum.maximum, MAX, ORANGE, "^"),
        ("mean", spectrum.mean, MEAN, GREY, "o"),
        ("minimum", spectrum.minimum, MIN, BLUE, "v"),
    ):
        axes.plot(spectrum.order, values, f"{mark}-", ms=3, color=color, label=f"{name}, {how}")
        if answer.subsamples is not None:
            low, high = answer.subsamples.spread_low[:, i], answer.subsamples.spread_high[:, i]
            label = "spread of subsamples, as published" if i == MEAN else None
            axes.fill_between(orders, low, high, color=color, alpha=0.2, lw=0, label=label)
    for side, found in zip(("lowest", "highest"), answer.found or (), strict=False):
        axes.plot(found.order, found.value, ":", color=GREEN, label=f"{side} found by search")


def _corrected_panel(axes: Axes, answer: Answer) -> None:
    orders = answer.question.orders
    drawn = "" if answer.nothing_was_drawn else " of the multiplets drawn"
    for name, i, color in (("maximum", MAX, ORANGE), ("mean", MEAN, GREY), ("minimum", MIN, BLUE)):
        if answer.null is None and i != MEAN:
            continue  # a corrected extreme means nothing without the null of that extreme
        axes.plot(
            orders, answer.corrected[:, i], "-", color=color, label=f"{name}{drawn}, corrected"
        )
        if answer.null is not None:
            low, high = answer.null.band
            axes.plot(orders, low[:, i], "--", lw=0.8, color=color)
            label = f"null of the {name}{drawn}, 95 %"
            axes.plot(orders, high[:, i], "--", lw=0.8, color=color, label=label)
        if answer.subsamples is not None and i == MEAN:
            low, high = answer.subsamples.confidence_low, answer.subsamples.confidence_high
            label = "confidence of the mean, 95 %"
            axes.fill_between(
                orders, low[:, i], high[:, i], color=color, alpha=0.3, lw=0, label=label
            )


def frequency_maps(answer: Answer, title: str = "") -> Figure:
    """Draw how often each variable is in the extreme multiplets of each order, over chance."""
    spectrum, names = answer.spectrum, answer.names
    chance = spectrum.order[:, None] / len(names)
    figure = Figure(
        figsize=(3.0 + 0.5 * len(spectrum.order), 2.0 + 0.32 * len(names)), layout="constrained"
    )
    titled(figure, title, f"{FREQUENCIES} {names_told(names)}")
    for axes, frequency, name in zip(
        figure.subplots(1, 2, sharey=True),
        (spectrum.frequency_lowest, spectrum.frequency_highest),
        ("most synergistic 5 %", "most redundant 5 %"),
        strict=True,
    ):
        image = axes.imshow(
            (frequency - chance).T,
            aspect="auto",
            cmap=DIVERGING_MAP,
            vmin=-FREQUENCY_RANGE,
            vmax=FREQUENCY_RANGE,
        )
        axes.set_xticks(range(len(spectrum.order)), [str(k) for k in spectrum.order], fontsize=7)
        axes.set_yticks(range(len(names)), readable_names(names), fontsize=8)
        axes.set_xlabel("order (variables in a group)")
        axes.set_title(name, fontsize=9)
    figure.colorbar(image, ax=figure.axes, label="share of groups less chance (k/n)", shrink=0.8)
    return figure


def information_network(
    found: PairwiseInformation, names: Sequence[str], title: str = ""
) -> Figure:
    """Draw the pairs that are significant and above the floor as a ring of variables."""
    n = len(names)
    angle = 2 * np.pi * np.arange(n) / n
    x, y = np.cos(angle), np.sin(angle)
    figure = Figure(figsize=(7.5, 7.5), layout="constrained")
    axes = figure.add_subplot()
    shows = "Pairs that count as lines between the variables; the more they share, the thicker."
    titled(figure, title, f"{shows} {names_told(names)}")
    i_all, j_all = np.nonzero(np.triu(found.is_significant, 1))
    most = np.nanmax(found.corrected) if len(i_all) else 1.0
    for i, j in zip(i_all.tolist(), j_all.tolist(), strict=True):
        share = float(found.corrected[i, j] / most)
        axes.plot(
            x[[i, j]], y[[i, j]], "-", color=BLUE, lw=0.5 + 5 * share, alpha=0.3 + 0.6 * share
        )
    axes.plot(x, y, "o", color=ORANGE)
    for i, name in enumerate(readable_names(names)):
        turn = np.degrees(angle[i])
        flip = 90 < turn < 270
        axes.text(
            1.06 * x[i], 1.06 * y[i], name, fontsize=7, rotation=turn + 180 * flip,
            ha="right" if flip else "left", va="center", rotation_mode="anchor",
        )  # fmt: skip
    if not len(i_all):
        axes.text(0, 0, "no pair is significant\nand above 0.1 nats", ha="center", fontsize=9)
    # the ring leaves as much room as the longest name takes: a letter is about 0.6 of its size wide
    half = figure.get_figwidth() / 2 - 0.1
    room = min(max(map(len, readable_names(names))) * 0.6 * 7 / 72, 0.75 * half)
    limit = 1.06 * half / (half - room)
    axes.set_xlim(-limit, limit)
    axes.set_ylim(-limit, limit)
    axes.set_axis_off()
    return figure


def pair_matrix(
    found: PairwiseInformation, x: Sequence[str], y: Sequence[str], title: str = ""
) -> Figure:
    """Draw corrected mutual information of all pairs; dots mark the significant ones."""
    figure = Figure(figsize=(4.0 + 0.3 * len(y), 3.0 + 0.3 * len(x)), layout="constrained")
    axes = figure.add_subplot()
    top = float(np.nanmax(found.corrected)) if np.isfinite(found.corrected).any() else 1.0
    image = axes.imshow(found.corrected, cmap=SEQUENTIAL, vmin=0.0, vmax=max(top, 1e-3))
    i, j = np.nonzero(found.is_significant)
    axes.plot(j, i, ".", color="white", ms=4)
    axes.set_xticks(range(len(y)), readable_names(y), rotation=90, fontsize=7)
    axes.set_yticks(range(len(x)), readable_names(x), fontsize=7)
    shows = "Bias-corrected mutual information of every pair; dots mark those that count."
    titled(figure, title, f"{shows} {names_told(list(dict.fromkeys([*x, *y])))}")
    figure.colorbar(image, ax=axes, label="mutual information (nats)", shrink=0.8)
    return figure


def synergy_curves(answers: Sequence[Answer], title: str = "") -> Figure:
    """Draw the lowest RSI of each order, and name the smallest set that reaches 90 % of it."""
    figure = Figure(figsize=(5.6 * len(answers), 4.8), layout="constrained")
    shows = (
        "Lowest RSI of all groups of each size, in nats. Circle: the smallest group that reaches "
        "90 % of the lowest value. Grey: the central 95 % of shuffles."
    )
    titled(figure, title, shows)
    for axes, answer in zip(
        figure.subplots(1, len(answers), squeeze=False)[0], answers, strict=True
    ):
        spectrum = answer.spectrum
        axes.axhline(0.0, color=GREY, lw=0.8)
        axes.plot(spectrum.order, spectrum.minimum, "v-", color=BLUE, label="minimum, raw")
        if answer.null is not None:
            orders, bias = answer.question.orders, answer.bias
            low, high = answer.null.band
            as_many = "as many sets" if answer.nothing_was_drawn else "as many drawn sets"
            if not answer.curve_is_of_the_spectrum:
                axes.plot(
                    orders, answer.curve[:, MIN], "-", color=GREEN, label="of drawn sets, raw"
                )
            label = f"null of the minimum over {as_many}, 95 %, raw"
            axes.fill_between(
                orders, low[:, MIN] + bias, high[:, MIN] + bias, color=GREY, alpha=0.3, lw=0,
                label=label,
            )  # fmt: skip
        i = minimal_set(spectrum.minimum)
        names = [readable(answer.names[v]) for v in spectrum.argmin[i]]
        axes.plot(spectrum.order[i], spectrum.minimum[i], "o", ms=11, mfc="none", color=ORANGE)
        label = "\n".join(", ".join(names[a : a + 2]) for a in range(0, len(names), 2))
        axes.annotate(
            label, (spectrum.order[i], spectrum.minimum[i]), xytext=(12, 6),
            textcoords="offset points", fontsize=6, color=ORANGE,
        )  # fmt: skip
        axes.set_xlabel("order (predictors in a set)")
        axes.set_ylabel(f"RSI (nats)\n{SIGN}")
        axes.set_title(label_of(answer), fontsize=9)
        legend_below(axes)
    return figure


def minimal_set(minimum: NDArray[np.float64], share: float = 0.9) -> int:
    """Index of the first order that reaches a share, 90 %, of the lowest value of all.

    Examples
    --------
    >>> minimal_set(np.array([-0.1, -0.92, -1.0]))
    1
    """
    lowest = minimum.min()
    return int(np.argmax(minimum <= (share if lowest < 0 else 2 - share) * lowest + 1e-15))


def components(
    values: NDArray[np.float64],
    names: Sequence[str],
    color: NDArray[np.float64] | None = None,
    color_label: str = "",
    title: str = "",
) -> Figure:
    """Draw rows in the plane of the first two principal components, and the loadings."""
    n_components = min(5, values.shape[1])
    scores, explained, loadings = principal_components(values, n_components)
    figure = Figure(figsize=(11.0, 4.6), layout="constrained")
    shows = (
        "Left: models in the plane of the first two principal components of the standardised "
        "variables. Right: how much of each variable is in each component."
    )
    titled(figure, title, f"{shows} {names_told(names)}")
    left, right = figure.subplots(1, 2, width_ratios=(1.0, 1.3))
    if color is None:
        left.scatter(scores[:, 0], scores[:, 1], color=BLUE, s=5, alpha=0.6, lw=0)
    else:
        points = left.scatter(
            scores[:, 0], scores[:, 1], c=color, s=5, alpha=0.6, cmap=SEQUENTIAL, lw=0
        )
        figure.colorbar(points, ax=left, label=color_label)
    left.set_xlabel(f"component 1 ({100 * explained[0]:.1f} % of variance)")
    left.set_ylabel(f"component 2 ({100 * explained[1]:.1f} % of variance)")
    image = right.imshow(loadings, aspect="auto", cmap=DIVERGING_MAP, vmin=-1, vmax=1)
    right.set_yticks(range(n_components), [f"{i + 1}" for i in range(n_components)])
    right.set_xticks(range(len(names)), readable_names(names), rotation=90, fontsize=7)
    right.set_ylabel("component")
    figure.colorbar(image, ax=right, label="loading")
    return figure
