"""Statistics of the intervals of a spike train, from which its feedback is estimated."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...errors import IonfoError
from ...features.spike_times import FEWEST, check_times

Array = NDArray[np.float64]

QUANTILES = np.linspace(0, 1, 11)
"""Of the logarithm of the intervals."""

NAMES = (
    *(f"quantile_{q:.1f}" for q in QUANTILES),
    "mean",
    "sd",
    "cv",
    "long_fraction",
    "mean_change",
    "mean_short",
    "mean_long",
    "short_per_long",
    "sd_short",
    "sd_long",
    "after_long",
    "before_long",
)
"""Of the statistics: of ln(1 + interval/ms), but for cv, the fraction and the ratio.

An interval is long above the middle of the shortest and the longest; those after and before a long
one are the first and the last of a burst.
"""


def interval_statistics(times: ArrayLike) -> Array:
    """Give the statistics of a spike train.

    None of them grows with the length of a recording.

    Parameters
    ----------
    times : array_like, shape (n_spikes,)
        ms, rising; at least three.

    Returns
    -------
    ndarray, shape (n_statistics,)
        In the order of `NAMES`.

    Raises
    ------
    IonfoError
        If the train is none or silent.
    """
    spikes = check_times(times)
    if len(spikes) < FEWEST:
        raise IonfoError(
            f"a train of {len(spikes)} spikes is silent, and no feedback can be inferred from it; "
            f"at least {FEWEST} are needed"
        )
    intervals = np.diff(spikes)
    logs = np.log1p(intervals)
    is_long = intervals > (intervals.max() + intervals.min()) / 2
    short, long = logs[~is_long], logs[is_long]
    after, before = logs[1:][is_long[:-1]], logs[:-1][is_long[1:]]
    return np.array(
        [
            *np.quantile(logs, QUANTILES),
            logs.mean(),
            logs.std(),
            intervals.std() / intervals.mean(),
            is_long.mean(),
            np.abs(np.diff(logs)).mean(),
            np.log1p(intervals[~is_long].mean()),
            np.log1p(intervals[is_long].mean()) if len(long) else 0.0,
            len(short) / max(1, len(long)),
            short.std(),
            long.std() if len(long) else 0.0,
            after.mean() if len(after) else 0.0,
            before.mean() if len(before) else 0.0,
        ]
    )
