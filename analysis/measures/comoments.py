"""Third and fourth order: dependence that no measure of pairs can see.

The Gaussian and the copula estimator know a table by the correlations of its pairs.  If normal
scores z were jointly Gaussian, their co-moments of third order would be zero and those of fourth
order those of the correlations; the difference says whether there is more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..significance import benjamini_hochberg

Array = NDArray[np.float64]
Rows = Sequence[NDArray[np.int64]]

N_BLOCKS = 100
"""Blocks that independent rows are gathered into."""

FALSE_DISCOVERY_RATE = 0.05


@dataclass(frozen=True)
class Comoments:
    """Co-moments of one order beyond what a Gaussian of the same correlations has.

    Attributes
    ----------
    order : int
        3 or 4.
    variables : ndarray of int, shape (n_moments, order)
        Indices of the variables, ascending; a variable may come twice.
    excess : ndarray, shape (n_moments,)
        Co-moment less that of the Gaussian.
    error : ndarray, shape (n_moments,)
        Standard error, from blocks of rows that are independent of each other (walkers).
    p_adjusted : ndarray, shape (n_moments,)
        Of Student's t, over all moments of this order (Benjamini-Hochberg).
    n_blocks : int
        Blocks.
    """

    order: int
    variables: NDArray[np.int64]
    excess: Array
    error: Array
    p_adjusted: Array
    n_blocks: int

    @property
    def root_mean_square_t(self) -> float:
        """Root mean square of excess over error; about 1 where pairs are all there is."""
        with np.errstate(invalid="ignore", divide="ignore"):
            t = self.excess / self.error
        return float(np.sqrt(np.mean(t[np.isfinite(t)] ** 2))) if len(t) else float("nan")

    @property
    def n_beyond(self) -> int:
        """Moments that differ from the Gaussian ones at a false discovery rate of 5 %."""
        return int(np.sum(self.p_adjusted <= FALSE_DISCOVERY_RATE))

    @property
    def largest(self) -> tuple[tuple[int, ...], float]:
        """Variables and excess of the moment with the largest t; no variables where none is."""
        with np.errstate(invalid="ignore", divide="ignore"):
            t = np.nan_to_num(np.abs(self.excess / self.error))
        if not len(t):
            return (), float("nan")
        at = int(np.argmax(t))
        return tuple(int(i) for i in self.variables[at]), float(self.excess[at])


def third_order(scores: ArrayLike, weights: ArrayLike, blocks: Rows) -> Comoments:
    """Co-moments of three variables, of which two may be the same.

    Parameters
    ----------
    scores : array_like, shape (n_rows, n)
        Normal scores (`normal_scores`).
    weights : array_like, shape (n_rows,)
        How much each row counts.
    blocks : sequence of ndarray of int
        Rows that belong together: walkers, ensembles, or `row_blocks` of independent rows.
    """
    z, w = _standard(scores, weights)
    n = z.shape[1]
    chosen = np.array(
        [(i, j, k) for i in range(n) for j in range(i, n) for k in range(j, n) if i < k],
        dtype=np.int64,
    ).reshape(-1, 3)
    first = chosen[:, 0] * n + chosen[:, 1]
    parts = []
    for rows in blocks:
        pairs = (z[rows][:, :, None] * z[rows][:, None, :]).reshape(len(rows), -1)
        parts.append(((pairs * w[rows][:, None]).T @ z[rows])[first, chosen[:, 2]])
    return _tested(3, chosen, np.array(parts), np.zeros(len(chosen)), _shares(w, blocks))


def fourth_order(scores: ArrayLike, weights: ArrayLike, blocks: Rows) -> Comoments:
    """Co-moments of four variables: all different, or two pairs of the same.

    Parameters are those of `third_order`.  Of a Gaussian, E z_i z_j z_k z_l = r_ij r_kl +
    r_ik r_jl + r_il r_jk.
    """
    z, w = _standard(scores, weights)
    n = z.shape[1]
    different = [
        (i, j, k, m)
        for i in range(n)
        for j in range(i + 1, n)
        for k in range(j + 1, n)
        for m in range(k + 1, n)
    ]
    twice = [(i, i, j, j) for i in range(n) for j in range(i + 1, n)]
    chosen = np.array(different + twice, dtype=np.int64).reshape(-1, 4)
    first, second = chosen[:, 0] * n + chosen[:, 1], chosen[:, 2] * n + chosen[:, 3]
    r = (z * w[:, None]).T @ z
    i, j, k, m = chosen.T
    expected = r[i, j] * r[k, m] + r[i, k] * r[j, m] + r[i, m] * r[j, k]
    parts = []
    for rows in blocks:
        pairs = (z[rows][:, :, None] * z[rows][:, None, :]).reshape(len(rows), -1)
        parts.append(((pairs * w[rows][:, None]).T @ pairs)[first, second])
    return _tested(4, chosen, np.array(parts), expected, _shares(w, blocks))


def row_blocks(n_rows: int, n_blocks: int = N_BLOCKS) -> list[NDArray[np.int64]]:
    """Gather independent rows into blocks of about equal size, every so many rows apart."""
    n = min(n_blocks, n_rows)
    return [np.arange(i, n_rows, n) for i in range(n)]


def _standard(scores: ArrayLike, weights: ArrayLike) -> tuple[Array, Array]:
    z = np.asarray(scores, dtype=np.float64)
    w = np.asarray(weights, dtype=np.float64)
    w = w / w.sum()
    z = z - w @ z
    return z / np.sqrt(w @ z**2), w


def _shares(w: Array, blocks: Rows) -> Array:
    return np.array([w[rows].sum() for rows in blocks])


def _tested(
    order: int, chosen: NDArray[np.int64], sums: Array, expected: Array, shares: Array
) -> Comoments:
    """Compare the sum over blocks with what is expected; errors by the scatter of blocks."""
    from scipy.special import stdtr

    m = len(shares)
    total = sums.sum(axis=0)
    # a ratio of sums over blocks: the error is that of its residuals
    residuals = sums - shares[:, None] * total
    error = np.sqrt(m / max(m - 1, 1) * np.sum(residuals**2, axis=0))
    excess = total - expected
    with np.errstate(invalid="ignore", divide="ignore"):
        t = np.where(error > 0, np.abs(excess) / error, np.nan)
    p = 2.0 * stdtr(max(m - 1, 1), -t)
    adjusted = np.nan_to_num(benjamini_hochberg(p), nan=1.0)
    return Comoments(order, chosen, excess, error, adjusted, m)
