"""How sure single multiplets are: whether they are extreme again in other rows.

The most extreme of many multiplets is extreme for having been chosen too.  Its p is against the
most extreme value of shuffled rows, which was chosen alike; and in how many replicates it is again
among the extremes says whether other rows would have named it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..measures.bias import wishart_bias
from ..multiplets.questions import STATISTICS, Question
from ..multiplets.sampled import chain_values, draw_orders, multiplet_values
from ..multiplets.spectrum import EXTREME_FRACTION, Multiplet
from ..significance import benjamini_hochberg
from .bands import Null
from .resampling import Passes

Array = NDArray[np.float64]
Side = str
"""``lowest`` or ``highest``."""

N_DRAWN = 2000
"""Multiplets per order from which replicates count how often variables are among the extremes."""

_EXTREME = {"lowest": STATISTICS.index("min"), "highest": STATISTICS.index("max")}
_QUANTILE = {"lowest": STATISTICS.index("q05"), "highest": STATISTICS.index("q95")}


@dataclass(frozen=True)
class Recurrence:
    """Of the extreme multiplets of one question.

    Attributes
    ----------
    p, p_adjusted : dict of (side, multiplet) to float
        Chance of a value as extreme at its order in shuffled rows, the most extreme of theirs; and
        adjusted over all multiplets listed (Benjamini-Hochberg).  Empty without shuffles.
    share : dict of (side, multiplet) to float
        Part of the replicates in which it is again among the extreme 5 % of its order.  Empty
        without replicates.
    frequency_sd : dict of str to ndarray, shape (n_orders, n)
        For ``lowest`` and ``highest``: standard error, of the full sample, of the share of the
        extreme 5 % that hold each variable.  Empty without replicates.
    """

    p: dict[tuple[Side, Multiplet], float]
    p_adjusted: dict[tuple[Side, Multiplet], float]
    share: dict[tuple[Side, Multiplet], float]
    frequency_sd: dict[Side, Array]


def recurrence(
    passes: Passes,
    question: Question,
    listed: Sequence[tuple[Side, Multiplet]],
    null: Null | None,
    replicates: Array,
) -> Recurrence:
    """Judge multiplets that were chosen for being extreme.

    Parameters
    ----------
    passes : Passes
        The sample, its rows that may count as independent, and its subsamples.
    question : Question
        What was measured.
    listed : sequence of (side, multiplet)
        The extreme multiplets, as indices of variables.
    null : Null or None
        Of the same question.
    replicates : ndarray, shape (n_replicates, n_orders, n_statistics)
        Raw curves of the subsamples, in their order.

    Returns
    -------
    Recurrence
    """
    p = {} if null is None else _against_extremes(passes, question, listed, null)
    adjusted = dict(zip(p, benjamini_hochberg(list(p.values())).tolist(), strict=True))
    if not len(replicates):
        return Recurrence(p, adjusted, {}, {})
    counts = dict.fromkeys(listed, 0)
    frequencies: dict[Side, list[Array]] = {"lowest": [], "highest": []}
    sequences = draw_orders(question.n, N_DRAWN, passes.seed)
    for i, curve in enumerate(replicates):
        measure = question.measure(passes.correlation(question, passes.drawn("subsample", i)))
        for (side, order), multiplets in _by_order(listed).items():
            values = multiplet_values(measure, np.array(multiplets, dtype=np.int64))
            limit = curve[order - question.orders[0], _QUANTILE[side]]
            again = values <= limit if side == "lowest" else values >= limit
            for multiplet, is_again in zip(multiplets, again, strict=True):
                counts[side, multiplet] += bool(is_again)
        sampled = chain_values(measure, sequences)
        for side, of in frequencies.items():
            of.append(_frequency(sampled, sequences, question, side))
    scale = np.sqrt(passes.fraction / (1.0 - passes.fraction))
    return Recurrence(
        p,
        adjusted,
        {key: count / len(replicates) for key, count in counts.items()},
        {side: scale * np.std(of, axis=0, ddof=1) for side, of in frequencies.items()}
        if len(replicates) > 1
        else {},
    )


def _against_extremes(
    passes: Passes, question: Question, listed: Sequence[tuple[Side, Multiplet]], null: Null
) -> dict[tuple[Side, Multiplet], float]:
    """Compare values of the rows that were shuffled with the extremes of the shuffles."""
    sample = passes.sample.take(passes.rows, keep_weights=False)
    measure = question.measure(passes.correlation(question, sample))
    bias = wishart_bias(question.name, question.orders, null.n_rows - 1.0)
    found = {}
    for (side, order), multiplets in _by_order(listed).items():
        at = order - int(question.orders[0])
        values = multiplet_values(measure, np.array(multiplets, dtype=np.int64)) - bias[at]
        extremes = null.shuffled[:, at, _EXTREME[side]]
        for multiplet, value in zip(multiplets, values, strict=True):
            hits = np.sum(extremes <= value if side == "lowest" else extremes >= value)
            found[side, multiplet] = float((1 + hits) / (1 + len(extremes)))
    return found


def _by_order(
    listed: Sequence[tuple[Side, Multiplet]],
) -> dict[tuple[Side, int], list[Multiplet]]:
    parted: dict[tuple[Side, int], list[Multiplet]] = {}
    for side, multiplet in listed:
        parted.setdefault((side, len(multiplet)), []).append(multiplet)
    return parted


def _frequency(
    sampled: Array, sequences: NDArray[np.int64], question: Question, side: Side
) -> Array:
    """Share of the extreme 5 % of the multiplets drawn that hold each variable, by order."""
    n_taken = max(1, round(EXTREME_FRACTION * len(sampled)))
    found = np.zeros((len(question.orders), question.n))
    for row, order in enumerate(question.orders.tolist()):
        values = sampled[:, order - 1]
        at = np.argpartition(values if side == "lowest" else -values, n_taken - 1)[:n_taken]
        found[row] = np.bincount(sequences[at, :order].ravel(), minlength=question.n) / n_taken
    return found
