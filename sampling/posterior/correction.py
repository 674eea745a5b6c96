"""Corrects draws of a posterior to the exact one.

The draws are proposals: each is simulated, and weighted by its exact density, of a stated noise of
the features or that of a chain, over the density that it was drawn with.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...analysis.uncertainty.effective import kish_size
from ...analysis.uncertainty.pareto import LARGEST_K, pareto_smoothed
from ...errors import IonfoError, note
from ...limits import check_count, check_seed, most_workers
from ...progress import progress
from ...tables.population import Population
from .chain_target import ChainTarget
from .estimator import Posterior
from .inference import Draws, population_metadata
from .prior import BLOCK
from .simulators import Simulator

Array = NDArray[np.float64]

_LEAST_WEIGHT = 1e-12  # of the largest; smaller ones change no digit of a mean


@dataclass(frozen=True)
class Corrected:
    """Simulated draws of one cell with their weights.

    Attributes
    ----------
    draws : Draws
        Proposals.
    features : ndarray, shape (n, n_features)
        Of their simulations; NaN where one is not defined.
    log_weight : ndarray, shape (n,)
        Logarithms of the weights; -inf where a feature is not defined.
    smoothed : ndarray, shape (n,)
        The same with a smoothed tail.
    pareto_k : float
        Shape of the tail: good below 0.5, usable below 0.7.
    noise : ndarray, shape (n_features,)
        SD of the noise of the features.
    target : ChainTarget or None
        What was corrected to, if not to the posterior of this noise.
    cost : ndarray, shape (n,), or None
        Costs of the draws, with that target.
    """

    draws: Draws
    features: Array
    log_weight: Array
    smoothed: Array
    pareto_k: float
    noise: Array
    target: ChainTarget | None = None
    cost: Array | None = None

    @property
    def weight(self) -> Array:
        """Weights relative to the largest, shape (n,)."""
        top = self.smoothed.max()
        return np.exp(self.smoothed - top) if np.isfinite(top) else np.zeros(len(self.smoothed))

    @property
    def ess(self) -> float:
        """Effective number of draws (Kish)."""
        weight = self.weight
        return float(kish_size(weight)) if weight.sum() > 0 else 0.0

    @property
    def distance(self) -> Array:
        """Distance of simulated from observed features in SDs of the noise, shape (n,)."""
        found: Array = np.linalg.norm((self.features - self.draws.observed) / self.noise, axis=1)
        return found

    def chain(self, seed: int) -> NDArray[np.int64]:
        """Take the draws as an independence move of a Markov chain takes them.

        Parameters
        ----------
        seed : int
            Of what is accepted.

        Returns
        -------
        ndarray of int, shape (n,)
            Steps that each draw is held; 0 for one that was not accepted.
        """
        generator = np.random.Generator(np.random.Philox(np.random.SeedSequence((seed, 3))))
        held = np.zeros(len(self.log_weight), dtype=np.int64)
        finite = np.flatnonzero(np.isfinite(self.log_weight))
        if len(finite) == 0:
            return held
        here = int(finite[0])
        chances = np.log(generator.random(len(held)))
        for i in range(len(held)):
            if self.log_weight[i] - self.log_weight[here] >= chances[i]:
                here = i
            held[here] += 1
        return held

    def sentences(self) -> list[str]:
        """Tell what the weighted draws are worth."""
        told = [
            f"cell '{self.draws.name}': {len(self.log_weight):,} draws simulated, "
            f"{np.isfinite(self.log_weight).mean():.1%} of them {self._whole}; Pareto k of the "
            f"weights {self.pareto_k:.2f} (good below 0.5, usable below {LARGEST_K:g}); effective "
            f"size {self.ess:.0f}"
        ]
        if not self.pareto_k <= LARGEST_K:
            told.append(
                f"cell '{self.draws.name}': a few draws carry the weights, so that no mean of them "
                "can be trusted; simulate more, train on more, or state a larger --noise"
            )
        return told

    @property
    def _whole(self) -> str:
        """What draws with a weight have, in words."""
        if self.target is None:
            return "with all features"
        most = self.target.max_cost
        return f"at a cost of at most {most:g}" if np.isfinite(most) else "with a cost"


def correct(
    posterior: Posterior,
    draws: Draws,
    simulator: Simulator,
    *,
    noise: Array | None = None,
    target: ChainTarget | None = None,
    seed: int = 0,
    workers: int = 1,
) -> Corrected:
    """Simulate draws and weight them, so that their density is the exact posterior.

    The exact posterior is that of features with Gaussian noise, or what a chain samples; the random
    current of a simulation leaves it exact, as one simulation estimates the likelihood without
    bias.

    Parameters
    ----------
    posterior : Posterior
        That made the draws.
    draws : Draws
        Of one cell.
    simulator : Simulator
        What the posterior was trained on.
    noise : ndarray, shape (n_features,), optional
        SD of the noise of the features; by default that of the training.
    target : ChainTarget, optional
        What `ionfo sample` samples, instead of features with noise.
    seed : int
        Of the simulations.
    workers : int
        Threads or processes; they change no number.

    Returns
    -------
    Corrected
        Draws with weights.

    Raises
    ------
    IonfoError
        If the noise is not above 0, or the features are others than those of the simulator.
    """
    check_seed(seed)
    check_count("--workers", workers, 1, most_workers())
    sd = posterior.noise if noise is None else np.asarray(noise, dtype=np.float64)
    is_noisy = sd.shape == posterior.noise.shape and bool((np.isfinite(sd) & (sd > 0)).all())
    if target is None and not is_noisy:
        raise IonfoError(
            "a correction needs a noise above 0 for each feature: train with --noise above 0, or "
            "state one"
        )
    known = list(simulator.features)
    missing = [name for name in posterior.features if name not in known]
    if missing:
        raise IonfoError(f"the simulator has no feature '{missing[0]}' of the posterior")
    places, cost = [known.index(name) for name in posterior.features], None
    if target is not None:
        features, cost, log_density = target.evaluations(simulator, draws.theta, workers)
        features = features[:, places]
    else:
        features = _simulated(simulator, draws.theta, seed, workers)[:, places]
        away = (features - draws.observed) / sd
        log_density = -0.5 * (away**2).sum(axis=1) - np.log(sd * np.sqrt(2 * np.pi)).sum()
    log_weight = log_density + posterior.prior.log_density - draws.log_prob
    log_weight = np.where(np.isfinite(log_weight), log_weight, -np.inf)
    if not np.isfinite(log_weight).any():
        why = "has all features" if target is None else f"costs at most {target.max_cost:g}"
        raise IonfoError(
            f"no draw of cell '{draws.name}' {why} when it is simulated, so that none has a "
            "weight; draw more with --n"
        )
    smoothed, k = pareto_smoothed(log_weight)
    return Corrected(draws, features, log_weight, smoothed, k, sd, target, cost)


def _simulated(simulator: Simulator, theta: Array, seed: int, workers: int) -> Array:
    parts = []
    blocks = range(0, len(theta), BLOCK)
    with simulator.opened(workers) as run, progress("blocks", len(blocks)) as advance:
        for begin in blocks:
            parts.append(run(theta[begin : begin + BLOCK], seed, begin))
            advance()
    return np.concatenate(parts)


def corrected_population(
    posterior: Posterior, found: Corrected, *, by_chain: bool = False, seed: int = 0
) -> Population:
    """Give corrected draws as a population.

    Parameters
    ----------
    posterior : Posterior
        That made the draws.
    found : Corrected
        Draws with weights.
    by_chain : bool
        Whether an independence move takes them, so that weights are steps of a chain; by default
        they are importance weights with a mean of 1.
    seed : int
        Of that chain.
    """
    weight = found.chain(seed).astype(np.float64) if by_chain else found.weight
    if not by_chain and not found.pareto_k <= LARGEST_K:
        note(found.sentences()[1])
    wanted = np.isfinite(found.log_weight) & (weight > _LEAST_WEIGHT)
    kept = weight[wanted]
    frame = pd.DataFrame(
        found.draws.theta[wanted],
        columns=[f"parameters/{name}" for name in posterior.prior.names],
    )
    for i, name in enumerate(posterior.features):
        frame[f"features/{name}"] = found.features[wanted, i]
    if found.cost is not None:
        frame["cost"] = found.cost[wanted]
    # log of the target, up to the constant of the evidence
    frame["log_prob"] = (found.log_weight + found.draws.log_prob)[wanted]
    frame["weight"] = kept if by_chain else kept / kept.mean()
    worth: dict[str, Any] = {
        "n_draws": len(found.log_weight),
        "n_whole": int(np.isfinite(found.log_weight).sum()),
        "pareto_k": found.pareto_k,
        "effective_sample_size": found.ess,
        "r_hat_of_the_walks": None,
    }
    metadata = {
        **population_metadata(posterior, [found.draws]),
        "importance": worth,
    }
    if found.target is not None:
        most = found.target.max_cost
        metadata["corrected_to"] = {
            "temperature": found.target.temperature,
            "max_cost": most if np.isfinite(most) else None,
            "cost": found.target.cost,
        }
    else:
        noise = found.noise.tolist()
        metadata["feature_noise"] = dict(zip(posterior.features, noise, strict=True))
    return Population(frame, metadata)
