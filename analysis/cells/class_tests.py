"""Compare the parameters of classes of cells, pair by pair, with one row per cell."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.stats import mannwhitneyu, rankdata

from ..significance import benjamini_hochberg

Array = NDArray[np.float64]


def compare_classes(
    values: ArrayLike,
    classes: ArrayLike,
    names: Sequence[str],
    pairs: Iterable[tuple[str, str]] | None = None,
    n_bootstraps: int = 2000,
    seed: int = 0,
) -> pd.DataFrame:
    """Test each parameter between each pair of classes, one-sided as published and two-sided.

    Nandi et al. take the smaller of the two one-sided p-values, which doubles the level at which
    they reject; both are given, each adjusted by Benjamini and Hochberg over the whole table.

    Parameters
    ----------
    values : array_like, shape (n_cells, n_parameters)
        One row per cell, such as its best model: several models of a cell are no independent
        observations.  NaN is left out.
    classes : array_like of str, shape (n_cells,)
        Class of each cell.
    names : sequence of str
        Of the parameters.
    pairs : iterable of tuple of str, optional
        Classes to compare; all pairs by default.
    n_bootstraps : int
        Resamples of cells for the interval of Cliff's delta; 0 for none.
    seed : int
        Of the resamples.

    Returns
    -------
    DataFrame
        Columns ``parameter``, ``first``, ``second``, ``n_first``, ``n_second``, ``median_first``,
        ``median_second``, ``delta`` (Cliff's: P(first > second) - P(first < second)),
        ``delta_low``, ``delta_high``, ``p_one_sided``, ``p_two_sided``, ``q_one_sided``,
        ``q_two_sided``, ``stars`` (of the two-sided q: 0.05, 0.01, 0.001).

    Raises
    ------
    ValueError
        If shapes do not fit or a class has no cell.
    """
    table, labels = np.asarray(values, dtype=np.float64), np.asarray(classes).astype(str)
    if table.ndim != 2 or table.shape != (len(labels), len(names)):
        raise ValueError(
            f"values must have shape (n_cells, n_parameters) = ({len(labels)}, {len(names)}), got "
            f"{table.shape}"
        )
    chosen = list(combinations(np.unique(labels).tolist(), 2)) if pairs is None else list(pairs)
    rng = np.random.default_rng(seed)
    rows = []
    for first, second in chosen:
        for i, name in enumerate(names):
            a, b = (
                one[np.isfinite(one)]
                for one in (table[labels == first, i], table[labels == second, i])
            )
            if not len(a) or not len(b):
                raise ValueError(f"no cell of '{first}' or of '{second}' has a value of '{name}'")
            low, high = delta_interval(a, b, n_bootstraps, rng)
            one_sided = [
                float(mannwhitneyu(a, b, alternative=side).pvalue) for side in ("less", "greater")
            ]
            rows.append(
                {
                    "parameter": name,
                    "first": first,
                    "second": second,
                    "n_first": len(a),
                    "n_second": len(b),
                    "median_first": float(np.median(a)),
                    "median_second": float(np.median(b)),
                    "delta": fast_delta(a, b),
                    "delta_low": low,
                    "delta_high": high,
                    "p_one_sided": min(one_sided),
                    "p_two_sided": float(mannwhitneyu(a, b).pvalue),
                }
            )
    found = pd.DataFrame(rows)
    for side in ("one_sided", "two_sided"):
        found[f"q_{side}"] = benjamini_hochberg(found[f"p_{side}"].to_numpy())
    found["stars"] = [stars(q) for q in found["q_two_sided"]]
    return found


def stars(q: float) -> str:
    """Give a star for each of 0.05, 0.01 and 0.001 that a value lies below.

    Examples
    --------
    >>> stars(0.03), stars(0.0005), stars(0.2)
    ('*', '***', '')
    """
    return "*" * sum(q < level for level in (0.05, 0.01, 0.001))


def fast_delta(a: Array, b: Array) -> float:
    """Cliff's delta by ranks: P(a > b) - P(a < b).

    Examples
    --------
    >>> round(fast_delta(np.array([2.0, 3]), np.array([1.0, 1, 2])), 4)
    0.8333
    """
    n, m = len(a), len(b)
    u = rankdata(np.concatenate([a, b]))[:n].sum() - n * (n + 1) / 2
    return float(2 * u / (n * m) - 1)


def delta_interval(
    a: Array, b: Array, n_bootstraps: int, rng: np.random.Generator
) -> tuple[float, float]:
    """Give the central 95 % of Cliff's delta when the cells of both classes are resampled."""
    if not n_bootstraps:
        return np.nan, np.nan
    # of every pair of cells, which is larger: a resample only weighs rows and columns
    sign = np.sign(a[:, None] - b[None, :])
    first = rng.multinomial(len(a), np.full(len(a), 1 / len(a)), n_bootstraps) / len(a)
    second = rng.multinomial(len(b), np.full(len(b), 1 / len(b)), n_bootstraps) / len(b)
    draws = np.einsum("ki,ij,kj->k", first, sign, second, optimize=True)
    low, high = np.quantile(draws, (0.025, 0.975))
    return float(low), float(high)


def median_interval(
    values: ArrayLike, n_bootstraps: int = 2000, seed: int = 0
) -> tuple[float, float, float]:
    """Median over cells, and its central 95 % when cells are resampled.

    Examples
    --------
    >>> median_interval([1.0, 2.0, 3.0, np.nan], 200)[0]
    2.0
    """
    known = np.asarray(values, dtype=np.float64)
    known = known[np.isfinite(known)]
    rng = np.random.default_rng(seed)
    draws = np.median(rng.choice(known, (n_bootstraps, len(known))), axis=1)
    low, high = np.quantile(draws, (0.025, 0.975))
    return float(np.median(known)), float(low), float(high)
