"""Multiplets drawn at random: unbiased means with standard errors for any number of variables.

A random order of the variables gives one multiplet of every size: its first k variables.  Each
is uniform among the multiplets of its size, draws of one size are independent of each other,
and a single factorisation, extended variable by variable, measures them all.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain, combinations
from math import comb

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...compiled import compiled
from ..measures.correlation import checked_correlation
from ..measures.forms import Measure, MeasureName, measure_of
from .spectrum import QUANTILE_LEVELS, Spectrum, chosen_orders

Array = NDArray[np.float64]

N_SAMPLES = 20_000
"""Multiplets drawn per order; orders with fewer are measured whole."""


def sampled_spectrum(
    correlation: ArrayLike,
    name: MeasureName = "o_information",
    target: int | None = None,
    *,
    n_samples: int = N_SAMPLES,
    n_whole: int | None = None,
    seed: int = 0,
    orders: Iterable[int] | None = None,
) -> Spectrum:
    """Measure a random sample of the multiplets of every order, in nats.

    Parameters
    ----------
    correlation : array_like, shape (n, n)
        Covariance or correlation; any n.
    name, target
        As `measure_all`.
    n_samples : int
        Multiplets drawn per order, with repetition.
    n_whole : int, optional
        Orders that hold no more multiplets are measured whole; default `n_samples`.
    seed : int
        Of the draws.
    orders : iterable of int, optional
        Orders to report; default all.

    Returns
    -------
    Spectrum
        `mean` is unbiased with standard error `mean_error`.  Minimum and maximum are of the
        sample, not of the order, except where ``measured == count``.

    Raises
    ------
    ValueError
        As `measure_all`.

    Examples
    --------
    >>> spectrum = sampled_spectrum(np.eye(40) * 0.5 + 0.5, n_samples=100)
    >>> len(spectrum.order), bool(spectrum.measured[5] < spectrum.count[5])
    (38, True)
    """
    measure = measure_of(checked_correlation(correlation, 3), name, target)
    chosen = chosen_orders(measure, orders)
    drawn = draw_orders(measure.n, n_samples, seed)
    sampled = chain_values(measure, drawn)
    columns: dict[str, list[float]] = {key: [] for key in ("min", "mean", "max", "std", "error")}
    quantiles, argmin, argmax, measured = [], [], [], []
    for k in chosen:
        count = comb(measure.n, k)
        whole = count <= (n_samples if n_whole is None else n_whole)
        sets = every_multiplet(measure.n, k) if whole else drawn[:, :k]
        values = multiplet_values(measure, sets) if whole else sampled[:, k - 1]
        low, high = int(np.argmin(values)), int(np.argmax(values))
        for key, value in (
            ("min", values[low]),
            ("mean", values.mean()),
            ("max", values[high]),
            ("std", values.std()),
            ("error", 0.0 if whole else values.std(ddof=1) / np.sqrt(n_samples)),
        ):
            columns[key].append(float(value))
        quantiles.append(np.quantile(values, QUANTILE_LEVELS))
        argmin.append(tuple(sorted(sets[low].tolist())))
        argmax.append(tuple(sorted(sets[high].tolist())))
        measured.append(count if whole else n_samples)
    return Spectrum(
        order=np.array(chosen, dtype=np.int64),
        # above 2^63 a count is only known to lie there
        count=np.array([min(comb(measure.n, k), 2**63 - 1) for k in chosen], dtype=np.int64),
        minimum=np.array(columns["min"]),
        mean=np.array(columns["mean"]),
        maximum=np.array(columns["max"]),
        std=np.array(columns["std"]),
        argmin=argmin,
        argmax=argmax,
        quantiles=np.array(quantiles),
        measured=np.array(measured, dtype=np.int64),
        mean_error=np.array(columns["error"]),
    )


def draw_orders(n: int, n_samples: int, seed: int) -> NDArray[np.int64]:
    """Draw random orders of the variables, shape (n_samples, n)."""
    rng = np.random.default_rng(seed)
    return rng.permuted(np.tile(np.arange(n), (n_samples, 1)), axis=1)


def every_multiplet(n: int, k: int) -> NDArray[np.int64]:
    """List all multiplets of k variables, shape (n_multiplets, k)."""
    flat = np.fromiter(chain.from_iterable(combinations(range(n), k)), np.int64, comb(n, k) * k)
    return flat.reshape(-1, k)


def chain_values(measure: Measure, sequences: NDArray[np.int64]) -> Array:
    """Measure the first 1, 2, ... variables of each sequence, shape of `sequences`."""
    k = np.arange(1, sequences.shape[1] + 1)
    whole, without = np.zeros(sequences.shape), np.zeros(sequences.shape)
    link = np.empty(0) if measure.link is None else measure.link
    _extend(measure.matrix, link, sequences, measure.beta is not None, whole, without)
    values = measure.alpha[k] * whole
    if measure.beta is not None:
        values += measure.beta[k] * without
    return np.asarray(measure.scale * values)


def multiplet_values(measure: Measure, multiplets: NDArray[np.int64]) -> Array:
    """Measure given multiplets of one size, shape (n_multiplets,)."""
    return np.ascontiguousarray(chain_values(measure, multiplets)[:, -1])


@compiled
def _extend(
    matrix: Array,
    link: Array,
    sequences: NDArray[np.int64],
    neighbours: bool,
    whole: Array,
    without: Array,
) -> None:
    """Write L(S) and, if asked, sum_i L(S without i) for every growing set; R(S) with a link.

    inverse[i, :i+1] is row i of the inverse Cholesky factor F, so a new variable with
    correlations c to those before has u = F c, pivot p^2 = 1 - u.u, and adds the row
    (-u F, 1)/p.  log|C without i| = log|C| + log (C^-1)_ii, and (C^-1)_ii is the square of
    column i of F.  A target with correlations r has F r in these directions, and their squares
    are the parts of its variance that are explained.
    """
    n_steps = sequences.shape[1]
    inverse, transposed = np.zeros((n_steps, n_steps)), np.zeros((n_steps, n_steps))
    shared, row, precision = np.zeros(n_steps), np.zeros(n_steps), np.zeros(n_steps)
    for s in range(len(sequences)):
        value, left, alone = 0.0, 1.0, 0.0
        for t in range(n_steps):
            new = sequences[s, t]
            shared[:t] = 0.0
            row[:t] = 0.0
            for j in range(t):
                c = matrix[sequences[s, j], new]
                for i in range(j, t):
                    shared[i] += c * transposed[j, i]
            square = matrix[new, new]
            for i in range(t):
                square -= shared[i] * shared[i]
                for j in range(i + 1):
                    row[j] -= shared[i] * inverse[i, j]
            scale_down = 1.0 / np.sqrt(square)
            row[t] = 1.0
            precision[t] = 0.0
            for j in range(t + 1):
                row[j] *= scale_down
                inverse[t, j] = row[j]
                transposed[j, t] = row[j]
                precision[j] += row[j] * row[j]
            if link.size:
                told = 0.0
                for j in range(t + 1):
                    told += row[j] * link[sequences[s, j]]
                left -= told * told
                alone += np.log(1.0 - link[new] * link[new])
                value = np.log(left) - alone
            else:
                value += np.log(square)
            whole[s, t] = value
            if neighbours:
                # a product of up to 16 factors of up to 1e10 is one logarithm
                total, product = 0.0, 1.0
                for j in range(t + 1):
                    product *= precision[j]
                    if j % 16 == 15:
                        total += np.log(product)
                        product = 1.0
                total += np.log(product)
                without[s, t] = (t + 1) * value + total
