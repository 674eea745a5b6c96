"""What the distance of ensembles that know nothing of each other says a sample is worth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class BetweenEnsembles:
    """Effective sizes by the distance of ensembles.

    Attributes
    ----------
    ess : float
        Independent rows whose means would lie as far apart as those of the ensembles, averaged
        over the variables.
    low, high : float
        Its 95 % interval, of a chi-squared law with as many degrees of freedom as ensembles less
        one times the variables that are worth counting, (tr R)^2/tr R^2.
    n_products : float
        The same for products of two variables' deviations: what the covariance is worth.
    p : float
        Chance of means as far apart if walkers of one ensemble were as good as walkers of
        different ones (F test, averaged over the variables).
    n_ensembles : int
        Of them.
    """

    ess: float
    low: float
    high: float
    n_products: float
    p: float
    n_ensembles: int


def between_ensembles(
    values: Array,
    weights: Array,
    walker: NDArray[np.int64],
    ensemble: NDArray[np.int64],
) -> BetweenEnsembles:
    """Measure how far ensembles lie apart.

    Parameters
    ----------
    values : ndarray, shape (n_rows, n_variables)
        Rows; variables that do not vary are left out, and one must vary.
    weights : ndarray, shape (n_rows,)
        How much each counts.
    walker, ensemble : ndarray of int, shape (n_rows,)
        Which walker a row belongs to, and which of at least two ensembles.

    Returns
    -------
    BetweenEnsembles

    Notes
    -----
    With m ensembles whose means have the variance B over ensembles, and W the variance of rows,
    the sample is worth m W/B rows: it knows nothing of autocorrelation times, and so holds for
    short chains as well.  It says little of ensembles whose start still shows.

    References
    ----------
    Gelman et al. (2004), Bayesian Data Analysis, 2nd edition, section 11.6: n_eff.
    """
    from scipy.stats import chi2

    mean = np.average(values, axis=0, weights=weights)
    variance = np.average((values - mean) ** 2, axis=0, weights=weights)
    # not by the variance, which rounding makes positive
    varies = np.ptp(values, axis=0) > 0
    scaled = (values - mean)[:, varies] / np.sqrt(variance[varies])
    _, place = np.unique(ensemble, return_inverse=True)
    m = int(place.max()) + 1
    means = np.array([np.average(scaled[place == i], axis=0, weights=weights[place == i])
                      for i in range(m)])  # fmt: skip
    apart = float(np.var(means, axis=0, ddof=1).mean())
    correlation = (scaled * weights[:, None]).T @ scaled / weights.sum()
    # variables that follow each other count once
    n_counting = len(correlation) ** 2 / float(np.sum(correlation**2))
    freedom = (m - 1) * n_counting
    ess = m / apart if apart > 0 else np.inf
    factors = chi2.ppf(np.array([0.025, 0.975]), freedom) / freedom
    return BetweenEnsembles(
        float(ess),
        float(ess * factors[0]),
        float(ess * factors[1]),
        _products(scaled, weights, place),
        _f_test(scaled, weights, walker, place, n_counting),
        m,
    )


def _products(scaled: Array, weights: Array, place: NDArray[np.int64]) -> float:
    """Rows whose covariance would differ as much as that of the ensembles.

    The covariance is that within ensembles, which scatters over them, and that of their means,
    whose elements have the variance v_i v_j (m - 1)/m^2 if the means are independent.
    """
    m, n = int(place.max()) + 1, scaled.shape[1]
    pairs = np.triu_indices(n, 1) if n > 1 else (np.array([0]), np.array([0]))
    within, means = [], []
    for i in range(m):
        rows, share = scaled[place == i], weights[place == i] / weights[place == i].sum()
        means.append(share @ rows)
        deviations = rows - means[-1]
        within.append(((deviations * share[:, None]).T @ deviations)[pairs])
    v = np.var(means, axis=0, ddof=1)
    scatter = np.mean(np.var(within, axis=0, ddof=1)) / m
    scatter += np.mean(v[pairs[0]] * v[pairs[1]]) * (m - 1) / m**2
    share = weights / weights.sum()
    products = (scaled * share[:, None]).T @ scaled
    squares = (scaled**2 * share[:, None]).T @ scaled**2
    of_one_row = np.mean((squares - products**2)[pairs])
    return float(of_one_row / scatter) if scatter > 0 else np.inf


def _f_test(
    scaled: Array,
    weights: Array,
    walker: NDArray[np.int64],
    place: NDArray[np.int64],
    n_counting: float,
) -> float:
    """Compare the variance of ensembles' means with that of their walkers' means."""
    from scipy.stats import f as f_law

    _, first, number = np.unique(walker, return_index=True, return_inverse=True)
    n_walkers, m = len(first), int(place.max()) + 1
    if n_walkers <= m:
        return 1.0
    total = np.bincount(number, weights, n_walkers)
    means = np.column_stack(
        [np.bincount(number, weights * column, n_walkers) / total for column in scaled.T]
    )
    home = place[first]
    counts = np.bincount(home, minlength=m)
    of_ensembles = np.array([means[home == i].mean(axis=0) for i in range(m)])
    between = (counts[:, None] * (of_ensembles - means.mean(axis=0)) ** 2).sum(axis=0) / (m - 1)
    within = ((means - of_ensembles[home]) ** 2).sum(axis=0) / (n_walkers - m)
    if not within.sum() > 0:
        return 1.0
    ratio = between.sum() / within.sum()
    return float(f_law.sf(ratio, (m - 1) * n_counting, (n_walkers - m) * n_counting))
