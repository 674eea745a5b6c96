"""Whether a posterior is calibrated: ranks of true parameters, and expected coverage (TARP)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...errors import IonfoError
from ...limits import check_count, check_seed
from ...progress import progress
from .estimator import Posterior
from .simulations import Simulations

Array = NDArray[np.float64]

SIGNIFICANT = 0.01
"""Of the test of ranks, divided by the number of parameters (Bonferroni)."""

LARGEST_GAP = 0.05
"""Between expected and stated coverage of a calibrated posterior."""

FEWEST_CELLS = 20
"""Fresh draws that calibration needs."""

_LEVELS = np.linspace(0, 1, 51)
_BATCH = 50  # cells that are drawn for together


@dataclass(frozen=True)
class Calibration:
    """What fresh draws say of a posterior.

    Attributes
    ----------
    names : tuple of str
        Of the parameters.
    ranks : ndarray, shape (n_cells, n_parameters)
        Part of the posterior's draws below the true parameter.
    p_values : ndarray, shape (n_parameters,)
        Of the Kolmogorov-Smirnov test that ranks are uniform.
    levels, coverage : ndarray, shape (n_levels,)
        Stated coverage, and the part of cells whose truth lies in regions of it.
    n_draws : int
        Of the posterior of each cell.
    """

    names: tuple[str, ...]
    ranks: Array
    p_values: Array
    levels: Array
    coverage: Array
    n_draws: int

    @property
    def gap(self) -> float:
        """Largest difference of coverage from what is stated."""
        return float(np.abs(self.coverage - self.levels).max())

    @property
    def is_uniform(self) -> bool:
        """Whether no parameter's ranks are told from uniform ones."""
        return bool(self.p_values.min() >= SIGNIFICANT / len(self.names))

    def sentences(self) -> list[str]:
        """Tell what was found."""
        n = len(self.ranks)
        worst = int(np.argmin(self.p_values))
        limit = SIGNIFICANT / len(self.names)
        verdict = "no parameter is" if self.is_uniform else "at least one parameter is"
        return [
            f"ranks of {len(self.names)} parameters over {n:,} fresh draws: smallest p "
            f"{self.p_values[worst]:.3g} ('{self.names[worst]}'), limit {limit:.3g}; {verdict} "
            "miscalibrated",
            f"expected coverage (TARP) is off by {self.gap:.3f} at most, "
            f"{'within' if self.gap <= LARGEST_GAP else 'beyond'} {LARGEST_GAP:g}",
        ]

    def tables(self) -> dict[str, pd.DataFrame]:
        """Give the ranks, their tests and the coverage as tables by name."""
        return {
            "ranks": pd.DataFrame(self.ranks, columns=list(self.names)),
            "rank_tests": pd.DataFrame({"parameter": self.names, "p": self.p_values}),
            "coverage": pd.DataFrame({"stated": self.levels, "expected": self.coverage}),
        }


def calibrate(
    posterior: Posterior, fresh: Simulations, *, n_cells: int, n_draws: int = 500, seed: int = 0
) -> Calibration:
    """Calibrate a posterior on simulations that it was not trained on.

    The features of the fresh draws get the noise that the posterior was trained with.

    Parameters
    ----------
    posterior : Posterior
        Trained.
    fresh : Simulations
        Of the same prior and features, of another seed.
    n_cells : int
        Draws with all features to use at most.
    n_draws : int
        Of the posterior of each.
    seed : int
        Of noise, draws and reference points.

    Returns
    -------
    Calibration
        Ranks and coverage.

    Raises
    ------
    IonfoError
        If the draws were trained on or there are too few.

    References
    ----------
    Talts et al. (2018), arXiv:1804.06788; Lemos et al. (2023), ICML, arXiv:2302.03026.
    """
    from scipy.stats import kstest

    check_count("--cells", n_cells, FEWEST_CELLS, 10**6)
    check_count("--draws", n_draws, 50, 10**5)
    check_seed(seed)
    if fresh.about["seed"] == posterior.about["simulation_seed"]:
        raise IonfoError(
            f"the simulations have the seed {fresh.about['seed']}, as those that were trained on; "
            "calibrate on fresh ones of another seed"
        )
    generator = np.random.Generator(np.random.Philox(np.random.SeedSequence((seed, 2))))
    valid = np.flatnonzero(fresh.is_valid)[:n_cells]
    if len(valid) < FEWEST_CELLS:
        raise IonfoError(
            f"only {len(valid)} fresh draws have all features, and {FEWEST_CELLS} are the fewest "
            "to calibrate on; simulate more"
        )
    truth = fresh.theta[valid]
    noise = posterior.noise * generator.standard_normal((len(valid), len(posterior.noise)))
    observed = fresh.features[valid] + noise
    prior = posterior.prior
    scaled = prior.part(truth)
    reference = generator.random(scaled.shape)
    ranks, inside = np.empty_like(truth), np.empty(len(truth))
    batches = range(0, len(valid), _BATCH)
    with progress("cells", len(batches)) as advance:
        for begin in batches:
            places = np.arange(begin, begin + _BATCH) % len(valid)  # full, for one compilation
            drawn = posterior.draw(n_draws, observed[places], (seed + begin) % 2**31)
            ranks[places] = (drawn < truth[places]).mean(axis=0)
            away = np.linalg.norm(prior.part(drawn) - reference[places], axis=2)
            of_truth = np.linalg.norm(scaled[places] - reference[places], axis=1)
            inside[places] = (away < of_truth).mean(axis=0)
            advance()
    p_values = np.array([kstest(ranks[:, i], "uniform").pvalue for i in range(ranks.shape[1])])
    coverage = (inside[:, np.newaxis] <= _LEVELS).mean(axis=0)
    return Calibration(prior.names, ranks, p_values, _LEVELS, coverage, n_draws)
