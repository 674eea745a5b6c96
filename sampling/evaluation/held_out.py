"""Validate models on stimuli that they were not fitted to: other steps, and coloured noise."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...emodels import EModel, Missing, ProtocolRunner, SimulationError, parse_emodel, with_needed
from ...emodels.noise import coloured_noise
from ...emodels.sweep import Sweep
from ...errors import IonfoError
from ...features import MAX_SCORE
from .pool import process_evaluator

SPIKE_THRESHOLD = -20.0  # mV
NOISE_TAU = 10.0  # ms
NOISE_MEAN, NOISE_SD = 1.0, 0.6  # of the rheobase


def held_out_steps(emodel: EModel, percents: Sequence[float]) -> EModel:
    """Give the e-model with its steps at other amplitudes.

    Parameters
    ----------
    emodel : EModel
        With at least one step that has features.
    percents : sequence of float
        Amplitudes in percent of the rheobase, none of which is one of the e-model's.

    Returns
    -------
    EModel
        Its searches, and for each amplitude the last step that has features, with those features;
        their targets mean nothing until an experiment gives them.

    Raises
    ------
    IonfoError
        If there is no such step, or an amplitude is not held out.
    """
    content = emodel.model_dump(mode="json")
    scored = {target.protocol for target in emodel.targets}
    steps = [p for p in content["protocols"] if p["kind"] == "step"]
    family = [p for p in steps if p["name"] in scored]
    if not family:
        raise IonfoError(f"e-model '{emodel.name}' has no step with features to hold others out of")
    for percent in percents:
        if percent in [p["percent"] for p in steps]:
            raise IonfoError(
                f"a step of {percent:g} % is one of e-model '{emodel.name}' and so not held out; "
                "give another --percent"
            )
    last = family[-1]
    own = [f for f in content["features"] if f["name"].split(".")[0] == last["name"]]
    needed = set(with_needed(emodel, [last["name"]])) - {last["name"]}
    protocols = [p for p in content["protocols"] if p["name"] in needed]
    features = []
    for percent in percents:
        name = f"HeldOut_{percent:g}".replace(".", "p")
        protocols.append({**last, "name": name, "percent": percent})
        features += [{**f, "name": f"{name}.{f['name'].partition('.')[2]}"} for f in own]
    return parse_emodel(
        json.dumps({**content, "protocols": protocols, "features": features}), "held-out steps"
    )


def mean_z(
    features: NDArray[np.float64], mean: NDArray[np.float64], std: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Mean distance of features from an experiment, in its SDs, shape (n_models,).

    Parameters
    ----------
    features : ndarray, shape (n_models, n_features)
        NaN where a model has none: 250, the largest distance.
    mean, std : ndarray, shape (n_features,)
        Of the experiment; features without a mean are left out.

    Examples
    --------
    >>> mean_z(np.array([[1.0, 2.0], [np.nan, 4.0]]), np.array([2.0, 2.0]), np.array([1.0, 2.0]))
    array([  0.5, 125.5])
    """
    known = np.isfinite(mean)
    distance = np.abs(features[:, known] - mean[known]) / std[known]
    distance = np.where(np.isnan(distance), MAX_SCORE, np.minimum(distance, MAX_SCORE))
    found: NDArray[np.float64] = distance.mean(axis=1)
    return found


@dataclass(frozen=True)
class NoiseRequest:
    """One parameter set and a piecewise linear current (ms, nA) to play into its soma."""

    theta: tuple[float, ...]
    times: tuple[float, ...]
    currents: tuple[float, ...]


def noise_spikes(request: NoiseRequest) -> list[float] | None:
    """Give the spike times (ms) of a model, with this process's evaluator; None if it fails."""
    simulator = process_evaluator().simulator
    simulator.set_parameters(request.theta)
    total = request.times[-1]
    soma = next(
        one
        for protocol in simulator.emodel.protocols
        for one in protocol.recordings
        if one.name == "soma.v"
    )
    try:
        sweep = Sweep(request.times, request.currents, total, (0.0, total))
        response = simulator.run(sweep, [soma])
    except SimulationError:
        return None
    v = response.recordings["soma.v"]
    above = v >= SPIKE_THRESHOLD
    rises = np.flatnonzero(~above[:-1] & above[1:])
    share = (SPIKE_THRESHOLD - v[rises]) / (v[rises + 1] - v[rises])
    times: list[float] = (response.t[rises] + share * np.diff(response.t)[rises]).tolist()
    return times


def search_currents(theta: tuple[float, ...]) -> tuple[float, float] | None:
    """Give holding and threshold current (nA), with this process's evaluator; None without."""
    evaluator = process_evaluator()
    searches = [p.name for p in evaluator.emodel.protocols if p.kind == "threshold_search"]
    evaluator.simulator.set_parameters(theta)
    found: dict[str, float] = {}
    order = with_needed(evaluator.emodel, searches[:1])
    for _, response in ProtocolRunner(evaluator.simulator, order).run():
        if isinstance(response, Missing):
            return None
        found.update(response.values or {})
    if not {"bpo_holding_current", "bpo_threshold_current"} <= set(found):
        return None
    return found["bpo_holding_current"], found["bpo_threshold_current"]


def noise_currents(
    holding: float,
    threshold: float,
    duration: float,
    seed: int,
    n_trials: int,
    private: float,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Make a noise current, and the same with private noise for each trial.

    Parameters
    ----------
    holding, threshold : float
        Of the experiment (nA); the noise has mean 1 and SD 0.6 of the threshold current on top of
        the holding current, and a correlation time of 10 ms.
    duration : float
        ms.
    seed : int
        Of all draws.
    n_trials : int
        Repetitions.
    private : float
        SD of what differs between repetitions, in threshold currents.

    Returns
    -------
    tuple of ndarray
        Times (n_corners,) in ms, the common current (n_corners,) and those of the trials
        (n_trials, n_corners) in nA.
    """
    times, common = coloured_noise(duration, NOISE_TAU, (seed, 0))
    current = holding + threshold * (NOISE_MEAN + NOISE_SD * common)
    own = [coloured_noise(duration, NOISE_TAU, (seed, 1 + i))[1] for i in range(n_trials)]
    trials = current + private * threshold * np.array(own).reshape(n_trials, -1)
    return times, current, trials
