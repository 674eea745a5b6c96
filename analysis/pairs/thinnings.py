"""Pairs over several thinnings of one chain, so that no verdict hangs on where one began."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ..significance import benjamini_hochberg
from .pairwise import EFFECT_FLOOR, FALSE_DISCOVERY_RATE, PairwiseInformation

N_THINNINGS = 5


def over_thinnings(found: Sequence[PairwiseInformation]) -> PairwiseInformation:
    """Join the values of several thinnings of the same rows.

    Parameters
    ----------
    found : sequence of PairwiseInformation
        One for each thinning, of the same columns and estimator.

    Returns
    -------
    PairwiseInformation
        Raw and corrected values are means; p is twice the median, at most 1, which is valid
        whatever the dependence of the thinnings (Rueschendorf 1982, Adv. Appl. Probab. 14:623);
        `agreement` is the part of the thinnings in which a pair is significant alone.

    Examples
    --------
    >>> from ionfo.analysis import pairwise_information
    >>> rows = np.random.default_rng(0).standard_normal((300, 3))
    >>> rows[:, 2] += 2 * rows[:, 0]
    >>> both = [pairwise_information(one, n_permutations=99) for one in (rows[::2], rows[1::2])]
    >>> over_thinnings(both).agreement[0].tolist()
    [0.0, 0.0, 1.0]
    """
    first = found[0]
    if len(found) == 1:
        return first
    raw, corrected = (
        np.mean([getattr(one, name) for one in found], axis=0) for name in ("raw", "corrected")
    )
    p = np.minimum(2.0 * np.median([one.p for one in found], axis=0), 1.0)
    if first.raw.shape[0] == first.raw.shape[1] and np.isnan(np.diag(first.raw)).all():
        upper = np.triu(np.ones(p.shape, bool), 1)
        adjusted = benjamini_hochberg(np.where(upper, p, np.nan))  # each pair is one test
        adjusted = np.where(upper, adjusted, adjusted.T)
    else:
        adjusted = benjamini_hochberg(p)
    with np.errstate(invalid="ignore"):
        significant = (adjusted <= FALSE_DISCOVERY_RATE) & (corrected >= EFFECT_FLOOR)
    return replace(
        first,
        raw=raw,
        corrected=corrected,
        p=p,
        p_adjusted=adjusted,
        is_significant=significant,
        n_rows=min(one.n_rows for one in found),
        n_thinnings=len(found),
        agreement=np.mean([one.is_significant for one in found], axis=0),
    )
