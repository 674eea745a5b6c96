"""Draws from the posterior of observed cells: inside the box and where features are defined."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...errors import IonfoError, nearest, note
from ...limits import check_count, check_number, check_seed
from ...progress import progress
from ...tables.population import Population
from .estimator import Posterior

Array = NDArray[np.float64]

LEAST_VALID = 0.1
"""Probability of having all features below which a draw is not accepted."""

LEAST_ACCEPTANCE = 0.01
"""Below it draws are made by a Markov chain."""

_BATCH = 1000  # draws made at once
_FIRST = 2000  # draws that the acceptance is told from before the chain
_WALKERS = 64
_SETTLE = 200  # steps of the chain that are left out


@dataclass(frozen=True)
class Observation:
    """Features of cells.

    Attributes
    ----------
    names : list of str
        Of the cells.
    features : ndarray, shape (n_cells, n_features)
        In the order of the posterior.
    """

    names: list[str]
    features: Array


@dataclass(frozen=True)
class Draws:
    """Draws from the posterior of one cell.

    Attributes
    ----------
    name : str
        Of the cell.
    observed : ndarray, shape (n_features,)
        Its features.
    theta : ndarray, shape (n, n_parameters)
        Parameters.
    log_prob : ndarray, shape (n,)
        Log density of the posterior.
    valid : ndarray, shape (n,)
        Probability that a simulation has all features.
    acceptance : float
        Part of the draws of the flow that were accepted.
    by_chain : bool
        Whether they were made by a Markov chain, so that they are autocorrelated.
    """

    name: str
    observed: Array
    theta: Array
    log_prob: Array
    valid: Array
    acceptance: float
    by_chain: bool

    @property
    def best(self) -> Array:
        """Parameters of the draw of the highest density, shape (n_parameters,).

        What the network lets leak to where features are not defined counts less.
        """
        found: Array = self.theta[int(np.argmax(self.log_prob + np.log(self.valid + 1e-12)))]
        return found

    def first(self, n: int) -> Draws:
        """Give the first n of them."""
        few = slice(0, n)
        return replace(
            self, theta=self.theta[few], log_prob=self.log_prob[few], valid=self.valid[few]
        )


def observation(features: Iterable[str], table: pd.DataFrame, names: Sequence[str]) -> Observation:
    """Take the features of cells from a table, a column each.

    Parameters
    ----------
    features : iterable of str
        Which there must be, in their order.
    table : DataFrame
        Columns named as the features, or with ``observed/`` or ``features/`` before.
    names : sequence of str
        Of the cells, a row each.

    Raises
    ------
    IonfoError
        If a feature is missing or no number, or two cells have one name.
    """
    columns = {}
    for name in features:
        known = (f"observed/{name}", f"features/{name}", name)
        found = [one for one in known if one in table]
        if not found:
            raise IonfoError(
                f"the observation has no feature '{name}', which the posterior was trained on"
                f"{nearest(name, map(str, table))}"
            )
        if list(table.columns).count(found[0]) > 1:
            raise IonfoError(f"the observation has the column '{found[0]}' twice")
        columns[name] = found[0]
    twice = [name for name, n in Counter(names).items() if n > 1]
    if twice:
        raise IonfoError(f"two cells of the observation have the name '{twice[0]}'")
    if len(table) == 0:
        raise IonfoError("the observation has no rows")
    try:
        values = table[list(columns.values())].to_numpy(np.float64)
    except (TypeError, ValueError):
        raise IonfoError("the features of the observation must be numbers") from None
    return Observation(list(names), values)


def check_observation(posterior: Posterior, observed: Observation) -> None:
    """Refuse features that are not defined.

    Raises
    ------
    IonfoError
        Naming the cell and the feature.
    """
    wrong = ~np.isfinite(observed.features)
    if wrong.any():
        row, column = np.argwhere(wrong)[0]
        raise IonfoError(
            f"feature '{list(posterior.features)[column]}' of cell '{observed.names[row]}' is "
            f"{observed.features[row, column]:g}, and the posterior is conditional on all features "
            "being defined; leave the cell out, or train on other features with --features"
        )


def infer(
    posterior: Posterior,
    observed: Observation,
    n: int = 10_000,
    *,
    seed: int = 0,
    least_valid: float = LEAST_VALID,
) -> list[Draws]:
    """Draw parameters of cells from their posteriors.

    Parameters
    ----------
    posterior : Posterior
        Trained.
    observed : Observation
        Features of the cells.
    n : int
        Draws of each cell.
    seed : int
        Of the draws; those of a cell depend on it and the cell's features alone.
    least_valid : float
        A draw is accepted where the classifier says that features are defined with this
        probability at least.

    Returns
    -------
    list of Draws
        One a cell.

    Raises
    ------
    IonfoError
        If a feature is not defined, or no draw can be accepted.
    """
    check_count("--n", n, 1, 10**7)
    check_seed(seed)
    check_number("--least-valid", least_valid, 0, 1)
    check_observation(posterior, observed)
    found = []
    with progress("cells", len(observed.names)) as advance:
        for name, features in zip(observed.names, observed.features, strict=True):
            found.append(_of_cell(posterior, name, features, n, seed, least_valid))
            advance()
    return found


def _of_cell(
    posterior: Posterior, name: str, features: Array, n: int, seed: int, least_valid: float
) -> Draws:
    kept: list[Array] = []
    n_kept = n_drawn = 0
    while n_kept < n:
        of_batch = (seed + 7919 * len(kept)) % 2**31
        theta = posterior.draw(_BATCH, features[np.newaxis], of_batch)[:, 0]
        is_kept = np.isfinite(theta).all(axis=1) & (posterior.valid(theta) >= least_valid)
        kept.append(theta[is_kept])
        n_kept, n_drawn = n_kept + int(is_kept.sum()), n_drawn + _BATCH
        if n_drawn >= _FIRST and n_kept < LEAST_ACCEPTANCE * n_drawn:
            break
    acceptance = n_kept / n_drawn
    accepted = np.concatenate(kept)[:n]
    if len(accepted) == n:
        log_prob = posterior.log_prob(accepted, features)
        valid = posterior.valid(accepted)
        return Draws(name, features, accepted, log_prob, valid, acceptance, False)
    note(
        f"cell '{name}': only {acceptance:.2%} of the draws have all features, so that they are "
        "made by a Markov chain; the observation may lie outside what was trained on"
    )
    theta, log_prob = _chain(posterior, features, accepted, n, seed, least_valid)
    return Draws(name, features, theta, log_prob, posterior.valid(theta), acceptance, True)


def _chain(
    posterior: Posterior,
    features: Array,
    accepted: Array,
    n: int,
    seed: int,
    least_valid: float,
) -> tuple[Array, Array]:
    """Walk on the density where draws are accepted (Goodman and Weare 2010)."""
    import emcee

    prior, n_parameters = posterior.prior, len(posterior.prior.names)
    generator = np.random.Generator(np.random.Philox(np.random.SeedSequence((seed, 5))))
    n_walkers = max(_WALKERS, 2 * n_parameters)
    begin = [accepted]
    for number in range(200):  # draws of the prior, where too few were accepted
        if sum(map(len, begin)) >= n_walkers:
            break
        drawn = prior.block(seed, number)
        begin.append(drawn[posterior.valid(drawn) >= least_valid])
    start = np.concatenate(begin)
    if len(start) < n_walkers:
        raise IonfoError(
            f"no parameters are found that have all features with probability {least_valid:g}; "
            "lower --least-valid"
        )
    first = generator.permutation(len(start))[:n_walkers]

    def log_target(line: Array) -> Array:
        theta = prior.from_line(line)
        inside = posterior.valid(theta) >= least_valid
        found = posterior.log_prob(theta, features) + prior.log_slope(line)
        return np.where(inside & np.isfinite(found), found, -np.inf)

    sampler = emcee.EnsembleSampler(n_walkers, n_parameters, log_target, vectorize=True)
    state = np.random.RandomState(np.random.MT19937(seed))  # noqa: NPY002
    sampler.random_state = state.get_state()  # emcee takes no generator
    steps = _SETTLE + -(-n // n_walkers)
    sampler.run_mcmc(prior.to_line(start[first]), steps)
    line = sampler.get_chain(discard=_SETTLE, flat=True)[:n]
    theta = prior.from_line(line)
    return theta, posterior.log_prob(theta, features)


def to_population(posterior: Posterior, draws: Sequence[Draws]) -> Population:
    """Give draws as a population, whose cells are told apart by ``cells/cell``."""
    parts = []
    for one in draws:
        part = pd.DataFrame(
            one.theta, columns=[f"parameters/{name}" for name in posterior.prior.names]
        )
        part["log_prob"] = one.log_prob
        part["weight"] = 1.0
        if len(draws) > 1:
            part["cells/cell"] = one.name
        parts.append(part)
    return Population(pd.concat(parts, ignore_index=True), population_metadata(posterior, draws))


def population_metadata(posterior: Posterior, draws: Sequence[Draws]) -> dict[str, Any]:
    """Tell where draws come from, as the metadata of a population."""
    about = posterior.about["about"]
    cell = ("emodel", "emodel_hash", "morphology", "mechanisms_hash")
    emodel = {key: about[key] for key in cell if key in about}
    return {
        "units": dict(zip(posterior.prior.names, posterior.prior.units, strict=True))
        | posterior.features,
        **emodel,
        "posterior": {
            "trained": {key: value for key, value in posterior.about.items() if key != "about"},
            "prior": posterior.prior.told(),
            "observed": {
                one.name: dict(zip(posterior.features, one.observed.tolist(), strict=True))
                for one in draws
            },
            "acceptance": {one.name: one.acceptance for one in draws},
            "by_chain": [one.name for one in draws if one.by_chain],
        },
    }
