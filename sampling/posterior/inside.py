"""Whether observations lie inside what a posterior was trained on."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .estimator import Posterior
from .inference import Observation, check_observation

Array = NDArray[np.float64]

NEIGHBOURS = 5
"""To whose mean distance an observation is compared."""

UNUSUAL = 0.01
"""Part of the training draws that may be further from their neighbours than an observation."""

_CHUNK = 500


def inside(posterior: Posterior, observed: Observation) -> pd.DataFrame:
    """Compare observations with the training draws.

    Parameters
    ----------
    posterior : Posterior
        Holds some of the draws that it was trained on.
    observed : Observation
        Features of cells.

    Returns
    -------
    DataFrame
        A row a cell: ``cell``; ``distance`` to its nearest training draws, over all features
        in their scale (`Posterior.feature_scale`); ``further``, the part of the training draws
        that lie further from theirs; ``is_inside``; ``furthest_feature`` and ``furthest_sd``, its
        largest deviation from the middle in this scale; ``outside_features``, those beyond all
        training draws.
    """
    check_observation(posterior, observed)
    known = posterior.known
    standard = posterior.feature_scale.standard(observed.features)
    # the noise moves every draw, and hides how near noiseless ones lie
    noise = posterior.noise / posterior.feature_scale.sd
    generator = np.random.Generator(np.random.Philox(np.random.SeedSequence(0)))
    moved = known + noise * generator.standard_normal(known.shape)
    of_known = _distances(moved, known, own=True)
    of_observed = _distances(standard, known)
    further = (of_known > of_observed[:, np.newaxis]).mean(axis=1)
    names = list(posterior.features)
    low, high = known.min(axis=0) - 2 * noise, known.max(axis=0) + 2 * noise
    furthest = np.abs(standard).argmax(axis=1)
    return pd.DataFrame(
        {
            "cell": observed.names,
            "distance": of_observed,
            "further": further,
            "is_inside": further >= UNUSUAL,
            "furthest_feature": [names[i] for i in furthest],
            "furthest_sd": standard[np.arange(len(standard)), furthest],
            "outside_features": [
                ", ".join(name for name, out in zip(names, row, strict=True) if out)
                for row in (standard < low) | (standard > high)
            ],
        }
    )


def _distances(rows: Array, known: Array, own: bool = False) -> Array:
    """Mean distance of rows to their nearest neighbours among the known, their own left out."""
    n = min(NEIGHBOURS, len(known) - 1)
    squares = (known**2).sum(axis=1)
    found = np.empty(len(rows))
    for begin in range(0, len(rows), _CHUNK):
        part = rows[begin : begin + _CHUNK]
        away = (part**2).sum(axis=1)[:, np.newaxis] + squares - 2 * part @ known.T
        if own:
            away[np.arange(len(part)), begin + np.arange(len(part))] = np.inf
        nearest = np.partition(away, n - 1, axis=1)[:, :n]
        found[begin : begin + _CHUNK] = np.sqrt(np.maximum(nearest, 0)).mean(axis=1)
    return found
