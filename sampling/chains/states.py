"""How states and evaluations are laid out in tables, and a chain filled in from its states."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...emodels import EModel
from ...tables.columns import columns
from ..evaluation.evaluator import Evaluation
from .target import blob_dtype

KEYS = ("ensemble", "walker", "step", "try")


def state_frame(
    emodel: EModel,
    keys: Mapping[str, NDArray[np.int64]],
    theta: NDArray[np.float64],
    blobs: NDArray[np.void],
    log_prob: NDArray[np.float64],
) -> pd.DataFrame:
    """Put states into a table.

    Parameters
    ----------
    emodel : EModel
        Gives the column names.
    keys : mapping of str to ndarray, shape (n_states,)
        First columns, for example ensemble, walker and step.
    theta : ndarray, shape (n_states, n_parameters)
        Parameters.
    blobs : ndarray, shape (n_states,)
        Fields features, scores, cost and steps.
    log_prob : ndarray, shape (n_states,)
        Log densities.
    """
    parameters, features, scores = columns(emodel)
    last = {"cost": blobs["cost"], "log_prob": log_prob, "integrator_steps": blobs["steps"]}
    return pd.concat(
        [
            pd.DataFrame(dict(keys)),
            pd.DataFrame(theta, columns=parameters),
            pd.DataFrame(np.asarray(blobs["features"]), columns=features),
            pd.DataFrame(np.asarray(blobs["scores"]), columns=scores),
            pd.DataFrame(last),
        ],
        axis=1,
    )


def states_of(emodel: EModel, frame: pd.DataFrame) -> tuple[NDArray[np.float64], NDArray[np.void]]:
    """Give parameters and blobs of the rows of a `state_frame`."""
    parameters, features, scores = columns(emodel)
    blobs = np.empty(len(frame), blob_dtype(emodel))
    blobs["features"], blobs["scores"] = frame[features].to_numpy(), frame[scores].to_numpy()
    blobs["cost"], blobs["steps"] = frame["cost"].to_numpy(), frame["integrator_steps"].to_numpy()
    # sums over an array depend on its layout in the last bit; a chain's is this one
    return np.ascontiguousarray(frame[parameters].to_numpy()), blobs


def evaluation_frame(
    emodel: EModel,
    keys: Mapping[str, NDArray[np.int64]],
    theta: NDArray[np.float64],
    bounds: NDArray[np.float64],
    evaluations: Sequence[Evaluation],
) -> pd.DataFrame:
    """Put evaluations into a table, those that ended early too.

    The cost of one that ended early is a lower bound, ``rejected_by`` names the protocol that
    ended it, and what was not computed is NaN.  ``steps/<protocol>`` are integrator steps.
    """
    parameters, features, scores = columns(emodel)
    last: dict[str, Any] = {
        "cost": [one.cost for one in evaluations],
        "bound": bounds,
        "rejected_by": [one.rejected_by or "" for one in evaluations],
        "reason": [next(iter(one.reasons.values()), "") for one in evaluations],
        "integrator_steps": [one.n_steps for one in evaluations],
    }
    for protocol in emodel.protocols:
        last[f"steps/{protocol.name}"] = [
            one.protocol_steps.get(protocol.name, 0) for one in evaluations
        ]
    return pd.concat(
        [
            pd.DataFrame(dict(keys)),
            pd.DataFrame(theta, columns=parameters),
            pd.DataFrame(np.array([one.features for one in evaluations]), columns=features),
            pd.DataFrame(np.array([one.scores for one in evaluations]), columns=scores),
            pd.DataFrame(last),
        ],
        axis=1,
    )


def evaluations_of(emodel: EModel, frame: pd.DataFrame) -> list[Evaluation]:
    """Give the evaluations of the rows of an `evaluation_frame`."""
    _, features, scores = columns(emodel)
    names = [protocol.name for protocol in emodel.protocols]
    protocol_steps = frame[[f"steps/{name}" for name in names]].to_numpy()
    return [
        Evaluation(
            features=values,
            scores=of_scores,
            cost=float(cost),
            reasons={"": str(reason)} if reason else {},
            n_steps=int(n_steps),
            protocol_steps={n: int(k) for n, k in zip(names, steps, strict=True) if k},
            rejected_by=str(rejected_by) or None,
        )
        for values, of_scores, cost, reason, n_steps, steps, rejected_by in zip(
            frame[features].to_numpy(),
            frame[scores].to_numpy(),
            frame["cost"],
            frame["reason"],
            frame["integrator_steps"],
            protocol_steps,
            frame["rejected_by"],
            strict=True,
        )
    ]


@dataclass(frozen=True)
class Gap:
    """Steps of an ensemble whose states were in a segment that cannot be read.

    Attributes
    ----------
    ensemble : int
        Of which ensemble.
    begin, end : int
        First lost step, and the first after them.
    """

    ensemble: int
    begin: int
    end: int


def held(
    states: pd.DataFrame,
    n_steps: int,
    gaps: Sequence[Gap] = (),
    burn_in: int = 0,
    n_tries: int = 1,
) -> NDArray[np.int64]:
    """Count for how many proposals after the burn-in each state is known to be held.

    Parameters
    ----------
    states : DataFrame
        Sorted by ensemble, walker, step and try.
    n_steps : int
        Steps of the chain.
    gaps : sequence of Gap
        What happened there is not known, nor what a state from before holds after.
    burn_in : int
        Steps that do not count.
    n_tries : int
        Proposals of a walker in a step.

    Returns
    -------
    ndarray, shape (n_states,)
        In proposals: a state accepted at try 2 of 10 of step 5 is held for 8 of them in step 5.
    """
    since = states["step"].to_numpy() * n_tries + states["try"].to_numpy()
    until = _until(states, pd.Series(since, index=states.index), n_steps * n_tries, gaps, n_tries)
    found: NDArray[np.int64] = np.maximum(until - np.maximum(since, burn_in * n_tries), 0)
    return found


def _until(
    states: pd.DataFrame, since: pd.Series[int], end: int, gaps: Sequence[Gap], unit: int
) -> NDArray[np.int64]:
    """Time at which each state is left, or no longer known to be held."""
    ensemble = states["ensemble"].to_numpy()
    following = since.groupby([states["ensemble"], states["walker"]]).shift(-1).fillna(end)
    until: NDArray[np.int64] = following.to_numpy().astype(np.int64)
    for gap in gaps:
        before = (ensemble == gap.ensemble) & (since.to_numpy() < gap.begin * unit)
        until[before] = np.minimum(until[before], gap.begin * unit)
    return until


def dense(
    states: pd.DataFrame, wanted: list[str], n_steps: int, gaps: Sequence[Gap] = ()
) -> dict[int, NDArray[np.float64]]:
    """Give what every walker holds at the end of every step.

    Parameters
    ----------
    states : DataFrame
        Sorted by ensemble, walker, step and try.
    wanted : list of str
        Columns to fill in.
    n_steps : int
        Steps of the chain.
    gaps : sequence of Gap
        Lost steps; NaN there, and after them until a walker moves.

    Returns
    -------
    dict of int to ndarray, shape (n_steps, n_walkers, n_columns)
        One array per ensemble.
    """
    until = pd.Series(_until(states, states["step"], n_steps, gaps, 1), index=states.index)
    filled: dict[int, NDArray[np.float64]] = {}
    for ensemble, of_ensemble in states.groupby("ensemble"):
        n_walkers = of_ensemble["walker"].nunique()
        values = np.full((n_steps, n_walkers, len(wanted)), np.nan)
        for i, (_, rows) in enumerate(of_ensemble.groupby("walker")):
            since = rows["step"].clip(lower=0).to_numpy()
            ends = until[rows.index].to_numpy()
            cells = rows[wanted].to_numpy()
            for row, (begin, end) in enumerate(zip(since, ends, strict=True)):
                values[begin:end, i] = cells[row]
        filled[int(str(ensemble))] = values
    return filled
