"""How two selections of models differ, variable by variable, with intervals."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import t as t_law

from .uncertainty.effective import kish_size

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]


def contrast(
    table: pd.DataFrame,
    first: Flags,
    second: Flags,
    weights: Array | None = None,
    worth: float = 1.0,
) -> pd.DataFrame:
    """Compare the means of two selections of rows.

    Parameters
    ----------
    table : DataFrame
        Numbers, a column a variable; NaN is left out.
    first, second : ndarray of bool, shape (n_rows,)
        The selections.
    weights : ndarray, shape (n_rows,), optional
        How much each row counts.
    worth : float
        Independent rows that an effective row is worth: the effective size of the population over
        the Kish size of its weights, which stands for those of the weights alone.

    Returns
    -------
    DataFrame
        One row a variable, those that differ most first: ``variable``, ``first`` and ``second``
        (means), ``difference`` (second less first) with ``low`` and ``high`` (95 %, Welch), and
        ``shift`` (the difference in SDs of all rows).  NaN where a selection holds fewer than
        two independent rows.

    Raises
    ------
    ValueError
        If a selection is empty.
    """
    if not first.any() or not second.any():
        raise ValueError("a selection holds no model; select some in both")
    weight = np.ones(len(table)) if weights is None else np.asarray(weights, np.float64)
    rows = []
    for name in table:
        values = table[name].to_numpy(np.float64)
        one, other = (_summary(values, weight, chosen, worth) for chosen in (first, second))
        everyone = _summary(values, weight, np.ones(len(values), bool), worth)
        difference = other[0] - one[0]
        half = _half_width(one, other)
        spread = np.sqrt(everyone[1])
        rows.append(
            (name, one[0], other[0], difference, difference - half, difference + half,
             difference / spread if spread > 0 else 0.0)
        )  # fmt: skip
    found = pd.DataFrame(
        rows, columns=["variable", "first", "second", "difference", "low", "high", "shift"]
    )
    order = found["shift"].abs().sort_values(ascending=False, kind="stable").index
    return found.loc[order].reset_index(drop=True)


def _summary(
    values: Array, weight: Array, chosen: Flags, worth: float
) -> tuple[float, float, float]:
    """Mean, variance and independent rows."""
    known = chosen & np.isfinite(values) & (weight > 0)
    if not known.any():
        return np.nan, np.nan, 0.0
    x, w = values[known], weight[known]
    mean = np.average(x, weights=w)
    n = kish_size(w) * worth
    spread = np.average((x - mean) ** 2, weights=w)
    return float(mean), float(spread * n / (n - 1) if n > 1 else np.nan), float(n)


def _half_width(one: tuple[float, float, float], other: tuple[float, float, float]) -> float:
    (_, v1, n1), (_, v2, n2) = one, other
    if min(n1, n2) < 2:
        return np.nan
    a, b = v1 / n1, v2 / n2
    if a + b == 0:
        return 0.0
    freedom = (a + b) ** 2 / (a**2 / (n1 - 1) + b**2 / (n2 - 1))
    return float(t_law.ppf(0.975, freedom) * np.sqrt(a + b))
