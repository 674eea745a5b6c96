"""Pairs of columns of an analysis, over several thinnings of a chain."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from ..analysis import PairwiseInformation, over_thinnings, pairwise_information
from ..analysis.pairs.pairwise import PairEstimator
from ..analysis.pairs.thinnings import N_THINNINGS
from .plan import Work


def pairs_of(work: Work) -> tuple[list[PairwiseInformation], list[PairwiseInformation]]:
    """Pairs of parameters, and parameters with features: by neighbours, or bins, and Gaussian."""
    kinds: tuple[tuple[PairEstimator, int], ...] = (
        (work.settings.pairs, work.settings.permutations),
        ("gaussian", 0),
    )
    thinnings = _thinnings(work)
    if not thinnings:
        return [], []
    features = work.table.features
    with_features = features.shape[1] > 0 and all(
        (np.ptp(features[rows], axis=0) > 0).all() for rows in thinnings
    )
    pairs, about = [], []
    for kind, n in kinds:
        alone, beside = [], []
        for rows in thinnings:
            measure = partial(
                pairwise_information,
                work.table.parameters[rows],
                estimator=kind,
                n_permutations=n,
                seed=work.settings.seed,
                threads=work.threads,
                n_thinnings=len(thinnings),
            )
            alone.append(measure())
            if with_features:
                beside.append(measure(features[rows]))
        pairs.append(over_thinnings(alone))
        if beside:
            about.append(over_thinnings(beside))
    return pairs, about


def _thinnings(work: Work) -> list[NDArray[np.int64]]:
    """Rows that may count as independent, several times over for a chain; equally many in each.

    Empty where there are fewer than ten, or a parameter does not vary among them.
    """
    sample, seed = work.sample, work.settings.seed
    drawn = [work.passes.rows]
    if sample.is_chain:
        drawn += [
            sample.thinned(np.random.default_rng([seed, 17, i])) for i in range(1, N_THINNINGS)
        ]
    n_rows = min(map(len, drawn))
    rng = np.random.default_rng([seed, 19])
    drawn = [
        rows if len(rows) == n_rows else np.sort(rng.choice(rows, n_rows, replace=False))
        for rows in drawn
    ]
    varies = all((np.ptp(work.table.parameters[rows], axis=0) > 0).all() for rows in drawn)
    return drawn if varies and n_rows >= 10 else []
