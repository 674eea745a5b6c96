"""The smallest set of predictors that tells nearly all there is to tell together."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from .answers import MIN, Answer, told
from .figures.spectra import minimal_set
from .multiplets.spectrum import Multiplet

SHARES = (0.8, 0.9, 0.95)
"""Parts of the lowest RSI at which minimal sets are looked at; 0.9 is the published rule."""


def sets_by_share(
    lowest: ArrayLike, sets: Sequence[Multiplet], shares: Sequence[float] = SHARES
) -> dict[float, Multiplet]:
    """Find the minimal set again for other shares than the published 90 %.

    Parameters
    ----------
    lowest : array_like, shape (n_orders,)
        Lowest RSI of each order, ascending orders; nats.
    sets : sequence of tuple of int
        The set of each order that has it.
    shares : sequence of float
        Of the lowest RSI of all orders, from 0 to 1.

    Returns
    -------
    dict
        Share to the set of the smallest order that reaches it.

    Raises
    ------
    ValueError
        If there are not as many sets as values, or a share is not from 0 to 1.

    Examples
    --------
    >>> sets_by_share([-0.85, -0.92, -1.0], [(0,), (0, 1), (0, 1, 2)])
    {0.8: (0,), 0.9: (0, 1), 0.95: (0, 1, 2)}
    """
    values = np.asarray(lowest, dtype=np.float64)
    if values.ndim != 1 or not len(values) or len(values) != len(sets):
        raise ValueError(f"there must be one set for each value, got {len(sets)} sets")
    if not all(0 < share <= 1 for share in shares):
        raise ValueError(f"shares must be above 0 and at most 1, got {tuple(shares)}")
    return {share: sets[minimal_set(values, share)] for share in shares}


def minimal_frame(answer: Answer) -> pd.DataFrame:
    """One row: the first order that reaches 90 % of the lowest RSI, with its set and its null.

    Where not all sets were measured the lowest ones that a search came across count, and `how`
    says ``found``; their null is that of as many drawn sets, which they were not chosen from, so
    it is left out.
    """
    spectrum = answer.spectrum
    if answer.found is None:
        lowest, sets, orders = spectrum.minimum, spectrum.argmin, spectrum.order
    else:
        lowest, sets, orders = (
            answer.found[0].value,
            answer.found[0].multiplet,
            answer.found[0].order,
        )
    i = minimal_set(lowest)
    row: dict[str, object] = {
        "target": answer.target,
        "order": int(orders[i]),
        "set": told(sets[i], answer.names),
        "raw_nats": float(lowest[i]),
        "bias_nats": float(answer.bias[answer.question.orders == orders[i]][0]),
        "lowest_raw_nats": float(lowest.min()),
        "lowest_order": int(orders[int(np.argmin(lowest))]),
        "how": "exact" if answer.found is None else "found",
    }
    row["corrected_nats"] = float(lowest[i]) - float(str(row["bias_nats"]))
    if answer.null is not None and answer.nothing_was_drawn:
        here = answer.question.orders == orders[i]
        low, high = answer.null.band
        row["null_low_nats"] = float(low[here, MIN][0])
        row["null_high_nats"] = float(high[here, MIN][0])
        row["p"] = float(answer.null.p[here, MIN][0])
    return pd.DataFrame([row])
