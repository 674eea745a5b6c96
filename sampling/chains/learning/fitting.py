"""Fit a surrogate to evaluations: the kind that errs least on what it has not seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ....emodels import EModel
from ....errors import IonfoError
from ....features.scores import CostName
from .gaussian_process import GaussianProcess, fit_gaussian_process
from .network import N_MEMBERS, Network, TrainingRows, fit_network
from .quadratic import Quadratic, fit_quadratic
from .threads import one_thread
from .training_data import Evaluated

Array = NDArray[np.float64]
Kind = Literal["quadratic", "gaussian_process", "network"]
Model = Quadratic | GaussianProcess | Network

FEWEST_ROWS = 3
"""Evaluations with all features that a surrogate asks for, per parameter."""

N_RESIDUALS = 64
"""Vectors of errors over which a density has its doubts."""

FARTHEST = 20.0
"""SDs; what lies farther off need not be told apart."""

_TOO_FAR = 3.0  # SDs above the largest cost, from which a feature counts as missing
_NEAR = 10.0  # SDs; evaluations with larger costs count less
_FEWEST_FOR_A_NETWORK = 200  # with all features; below, a quadratic function knows as much
_MOST_FOR_A_GAUSSIAN_PROCESS = 1000  # beyond, walks on it take longer than it is better
_SEED = 20


@dataclass(frozen=True)
class Surrogate:
    """What was learned.

    Attributes
    ----------
    kind : str
        ``quadratic``, ``gaussian_process`` or ``network``.
    model : Quadratic, GaussianProcess or Network
        Tells features from parameters.
    residuals : ndarray, shape (n_residuals, n_features)
        Errors of its parts on evaluations that they had not seen, all features of one evaluation
        together, of those with the smallest costs (SDs).
    errors : dict of str to float
        Median absolute error over features and evaluations left out, SDs, of each kind tried.
    n_rows : int
        Evaluations with all features it was fitted to.
    n_partial : int
        Others, which taught what was computed of them.
    """

    kind: Kind
    model: Model
    residuals: Array
    errors: dict[str, float]
    n_rows: int
    n_partial: int


def fit_surrogate(
    emodel: EModel,
    known: Evaluated,
    kinds: tuple[Kind, ...] = (),
    is_last: bool = False,
    missing_from: float | None = None,
) -> Surrogate:
    """Fit surrogates to evaluations and keep the one that errs least.

    Parameters
    ----------
    emodel : EModel
        Gives bounds and targets.
    known : Evaluated
        Evaluations, also those that ended early.
    kinds : tuple of str
        Which to try; by default a Gaussian process too, where there are 1,000 evaluations at most,
        and a network, where there are 200 with all features.
    is_last : bool
        Whether walks of a whole chain follow, to which a Gaussian process, on which steps take
        longer, is left only where a network is not possible.
    missing_from : float, optional
        SDs off from which a feature counts as missing, see `training_rows`.

    Raises
    ------
    IonfoError
        If there are fewer than three evaluations with all features per parameter.
    """
    rows = training_rows(emodel, known, missing_from=missing_from)
    is_complete = rows.is_known.all(axis=1)
    n_rows, n_parameters = int(is_complete.sum()), rows.unit.shape[1]
    if n_rows < FEWEST_ROWS * n_parameters:
        raise IonfoError(
            f"move 'surrogate' learns from evaluations of the search for starting points, and "
            f"only {n_rows} have all features (at least {FEWEST_ROWS * n_parameters}); raise "
            "--start-evaluations, give it other runs with --learn, or leave it out of --moves"
        )
    folds = np.arange(len(rows.unit)) % N_MEMBERS
    if not kinds:
        kinds = ("quadratic",)
        most = _FEWEST_FOR_A_NETWORK if is_last else _MOST_FOR_A_GAUSSIAN_PROCESS
        kinds += ("gaussian_process",) if len(rows.unit) <= most else ()
        kinds += ("network",) if n_rows >= _FEWEST_FOR_A_NETWORK else ()
    cost = np.abs(rows.deviation).max(axis=1)
    complete = np.flatnonzero(is_complete)
    best = complete[np.argsort(cost[complete], kind="stable")][: max(n_rows // 3, N_RESIDUALS)]
    found: dict[Kind, tuple[Model, Array]] = {}
    with one_thread():
        for kind in kinds:
            if kind == "quadratic":
                quadratic, wrong = fit_quadratic(rows, folds)
                found[kind] = quadratic, wrong[best]
            elif kind == "gaussian_process":
                process, wrong = fit_gaussian_process(rows, folds)
                found[kind] = process, wrong[best]
            else:
                network = fit_network(rows, folds, _SEED)
                found[kind] = network, _left_out(network, rows, folds)[best]
    errors = {str(kind): float(np.median(np.abs(wrong))) for kind, (_, wrong) in found.items()}
    kept = min(found, key=lambda kind: errors[kind])
    model, wrong = found[kept]
    spread = np.linspace(0, len(wrong) - 1, min(N_RESIDUALS, len(wrong))).round().astype(np.int64)
    return Surrogate(kept, model, wrong[spread], errors, n_rows, len(rows.unit) - n_rows)


def too_far(max_cost: float | None, cost: CostName) -> float | None:
    """Give the SDs off from which a feature counts as missing, where one is enough to be too dear.

    Parameters
    ----------
    max_cost : float or None
        Largest cost of a chain.
    cost : {"max", "sum", "mean"}
        How scores are combined.
    """
    if max_cost is None or max_cost > FARTHEST or cost == "mean":
        return None
    return min(max_cost + _TOO_FAR, FARTHEST)


def training_rows(
    emodel: EModel,
    known: Evaluated,
    wanted: NDArray[np.bool_] | None = None,
    missing_from: float | None = None,
) -> TrainingRows:
    """Turn evaluations into what surrogates learn from: SDs, and fractions of the bounds.

    Parameters
    ----------
    emodel : EModel
        Gives bounds and targets.
    known : Evaluated
        Evaluations, also those that ended early.
    wanted : ndarray of bool, shape (n_features,), optional
        Which features to tell; all by default.
    missing_from : float, optional
        SDs off from which a feature counts as missing: a count of spikes that is one off can be 100
        SDs away, and a spike that does not travel on ten; no smooth function of parameters tells
        such a jump, but its chance.
    """
    low, high = emodel.bounds.T
    wanted = np.ones(len(emodel.features), dtype=bool) if wanted is None else wanted
    mean = np.array([one.mean for one in emodel.features])[wanted]
    sd = np.array([one.std for one in emodel.features])[wanted]
    is_computed, features = known.is_computed[:, wanted], known.features[:, wanted]
    is_known = is_computed & np.isfinite(features)
    with np.errstate(over="ignore"):  # far is far
        deviation = np.where(is_known, (features - mean) / sd, 0.0)
    deviation = np.clip(deviation, -FARTHEST, FARTHEST)
    lacks = is_computed & ~is_known
    if missing_from is not None:
        lacks |= is_known & (np.abs(deviation) >= missing_from)
    protocols = np.array([one.protocol for one in emodel.targets])[wanted]
    is_missing = np.column_stack([
        np.where(
            lacks[:, own].any(axis=1), 1.0, np.where(is_computed[:, own].all(axis=1), 0.0, np.nan)
        )
        for own in (protocols == name for name in dict.fromkeys(protocols))
    ])  # fmt: skip
    weight = 1.0 / (1.0 + (np.abs(deviation).max(axis=1) / _NEAR) ** 2)
    unit = (known.theta - low) / (high - low)
    is_of_use = is_known.any(axis=1) | np.isfinite(is_missing).any(axis=1)
    rows = TrainingRows(unit, deviation, is_known, is_missing, weight)
    return rows.take(np.flatnonzero(is_of_use))


def _left_out(network: Network, rows: TrainingRows, folds: NDArray[np.int64]) -> Array:
    """Errors of each member on the rows that it has not seen, shape (n, n_features)."""
    members, _ = network.members(rows.unit)
    return np.asarray(members[folds, np.arange(len(folds))] - rows.deviation)
