"""What is told of one measure of one population, as tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .measures.bias import wishart_bias
from .multiplets.questions import STATISTICS, Question
from .multiplets.search import Found
from .multiplets.spectrum import QUANTILE_LEVELS, Multiplet, Spectrum
from .pairs.pairwise import PairwiseInformation
from .uncertainty.bands import Bands, Null
from .uncertainty.curves import told_stabilisation
from .uncertainty.effective import Sample
from .uncertainty.recurrence import Recurrence

Array = NDArray[np.float64]
MIN, MAX, MEAN = (STATISTICS.index(one) for one in ("min", "max", "mean"))


@dataclass(frozen=True)
class OtherEstimate:
    """The same curve by the other estimator.

    Attributes
    ----------
    estimator : str
        ``gaussian`` or ``copula``.
    curve, corrected : ndarray, shape (n_orders, n_statistics)
        Raw, and less the bias; nats.
    bands : Bands or None
        Of subsamples of the same rows.
    """

    estimator: str
    curve: Array
    corrected: Array
    bands: Bands | None


@dataclass(frozen=True)
class Answer:
    """All that was measured for one question.

    Attributes
    ----------
    question : Question
        The measure.
    label : str
        What figures call it.
    names : tuple of str
        Of the variables that multiplets are made of.
    target : str or None
        Name of the target of the RSI.
    spectrum : Spectrum
        Over all multiplets, or over a sample of them.
    curve : ndarray, shape (n_orders, n_statistics)
        Raw, over the multiplets that every pass measured; orders are those of the question.
    measured : ndarray of int, shape (n_orders,)
        How many those are.
    nu : float
        Degrees of freedom of the covariance.
    null : Null or None
        Shuffles.
    subsamples, replacements : Bands or None
        Replicates.
    replicates : ndarray, shape (n_replicates, n_orders, n_statistics)
        Raw curves of the subsamples.
    found : tuple of Found or None
        Lowest and highest that searches came across, where not all multiplets were measured.
    other : OtherEstimate or None
        By the other estimator, where both were asked for.
    recurrence : Recurrence or None
        How sure the extreme multiplets are.
    predicted : ndarray or None, shape (n_orders of the spectrum, 2)
        Of an RSI: share of the target's variance that the lowest multiplet predicts together,
        and the largest share that one of its members predicts alone.
    """

    question: Question
    label: str
    names: tuple[str, ...]
    target: str | None
    spectrum: Spectrum
    curve: Array
    measured: NDArray[np.int64]
    nu: float
    null: Null | None
    subsamples: Bands | None
    replacements: Bands | None
    replicates: Array
    found: tuple[Found, Found] | None
    other: OtherEstimate | None = None
    recurrence: Recurrence | None = None
    predicted: Array | None = None

    @property
    def bias(self) -> Array:
        """Wishart bias of each order, nats; NaN where it is not defined."""
        return wishart_bias(self.question.name, self.question.orders, self.nu)

    @property
    def corrected(self) -> Array:
        """The curve less its bias."""
        return np.asarray(self.curve - self.bias[:, None])

    @property
    def curve_is_of_the_spectrum(self) -> bool:
        """Whether passes measured the multiplets of the spectrum, or fewer drawn ones."""
        here = np.isin(self.question.orders, self.spectrum.order)
        return bool(np.array_equal(self.measured[here], self.spectrum.measured))

    @property
    def nothing_was_drawn(self) -> bool:
        """Whether both spectrum and passes measured every multiplet."""
        return self.curve_is_of_the_spectrum and self.spectrum.is_exhaustive


def spectrum_frame(answer: Answer, sample: Sample) -> pd.DataFrame:
    """One row per order: raw, and corrected with the null of the same extremes."""
    spectrum, names = answer.spectrum, answer.names
    here = np.isin(answer.question.orders, spectrum.order)
    frame = pd.DataFrame(
        {
            "order": spectrum.order,
            "count": spectrum.count,
            "min_nats": spectrum.minimum,
            "mean_nats": spectrum.mean,
            "max_nats": spectrum.maximum,
            "std_nats": spectrum.std,
            "min_multiplet": [told(one, names) for one in spectrum.argmin],
            "max_multiplet": [told(one, names) for one in spectrum.argmax],
            "measured": spectrum.measured,
            "mean_error_nats": spectrum.mean_error,
            "bias_nats": answer.bias[here],
            "mean_corrected_nats": spectrum.mean - answer.bias[here],
        }
    )
    for level, values in zip(QUANTILE_LEVELS, spectrum.quantiles.T, strict=True):
        frame[f"q{100 * level:02.0f}_nats"] = values
    if answer.null is not None and answer.curve_is_of_the_spectrum:
        low, high = answer.null.band
        adjusted = answer.null.p_adjusted
        for name, i, values in (("min", MIN, spectrum.minimum), ("max", MAX, spectrum.maximum)):
            frame[f"{name}_corrected_nats"] = values - answer.bias[here]
            frame[f"{name}_null_low_nats"] = low[here, i]
            frame[f"{name}_null_high_nats"] = high[here, i]
            frame[f"{name}_p"] = answer.null.p[here, i]
            frame[f"{name}_p_adjusted"] = adjusted[here, i]
        frame["tested_rows"] = answer.null.n_rows
    for key, value in _worth(sample).items():
        frame[key] = value
    if answer.predicted is not None:
        frame["min_predicted_share"], frame["min_predicted_share_alone"] = answer.predicted.T
    if answer.target is not None:
        frame["target"] = answer.target
    return frame


def curve_frame(answer: Answer, sample: Sample) -> pd.DataFrame:
    """One row per order and statistic: raw, corrected, null, z, p, and bands."""
    orders = answer.question.orders
    n, m = len(orders), len(STATISTICS)
    columns: dict[str, object] = {
        "order": np.repeat(orders, m),
        "statistic": list(STATISTICS) * n,
        "multiplets": np.repeat(answer.measured, m),
        "raw_nats": answer.curve.ravel(),
        "bias_nats": np.repeat(answer.bias, m),
    }
    if answer.null is not None:
        low, high = answer.null.band
        columns |= {
            "corrected_nats": answer.corrected.ravel(),
            "tested_nats": answer.null.observed.ravel(),
            "null_mean_nats": answer.null.shuffled.mean(axis=0).ravel(),
            "null_sd_nats": answer.null.shuffled.std(axis=0, ddof=1).ravel(),
            "null_low_nats": low.ravel(),
            "null_high_nats": high.ravel(),
            "z": answer.null.z.ravel(),
            "p": answer.null.p.ravel(),
            "p_adjusted": answer.null.p_adjusted.ravel(),
            "shuffles": len(answer.null.shuffled),
            "tested_rows": answer.null.n_rows,
        }
    for name, bands in (("", answer.subsamples), ("replacement_", answer.replacements)):
        if bands is None:
            continue
        if not name:
            columns["spread_low_nats"] = bands.spread_low.ravel()
            columns["spread_high_nats"] = bands.spread_high.ravel()
        columns[f"{name}confidence_low_nats"] = bands.confidence_low.ravel()
        columns[f"{name}confidence_high_nats"] = bands.confidence_high.ravel()
    if answer.other is not None:
        columns["other_estimator"] = answer.other.estimator
        columns["other_raw_nats"] = answer.other.curve.ravel()
        columns["other_corrected_nats"] = answer.other.corrected.ravel()
        if answer.other.bands is not None:
            columns["other_confidence_low_nats"] = answer.other.bands.confidence_low.ravel()
            columns["other_confidence_high_nats"] = answer.other.bands.confidence_high.ravel()
    columns |= _worth(sample)
    frame = pd.DataFrame(columns)
    if answer.target is not None:
        frame["target"] = answer.target
    return frame


def extremes_frame(answer: Answer) -> pd.DataFrame:
    """One row per extreme multiplet; a search says ``found``, never minimum."""
    rows: list[dict[str, object]] = []
    spectrum = answer.spectrum
    whole = spectrum.measured == spectrum.count
    for side, listed in (("lowest", spectrum.lowest), ("highest", spectrum.highest)):
        for k, is_whole, some in zip(spectrum.order, whole, listed, strict=False):
            for i, (multiplet, value) in enumerate(some):
                row = _row(
                    int(k), side, i + 1, value, told(multiplet, answer.names), bool(is_whole)
                )
                if answer.recurrence is not None:
                    key = (side, multiplet)
                    row["p"] = answer.recurrence.p.get(key, np.nan)
                    row["p_adjusted"] = answer.recurrence.p_adjusted.get(key, np.nan)
                    row["recurrence"] = answer.recurrence.share.get(key, np.nan)
                rows.append(row)
    for side, found in zip(("lowest", "highest"), answer.found or (), strict=False):
        for k, value, multiplet, exact in zip(
            found.order, found.value, found.multiplet, found.is_exact, strict=True
        ):
            name = told(multiplet, answer.names)
            rows.append(_row(int(k), side, 1, float(value), name, bool(exact)))
    frame = pd.DataFrame(rows)
    if answer.target is not None:
        frame["target"] = answer.target
    return frame


def frequency_frame(answer: Answer) -> pd.DataFrame:
    """One row per order and variable: its share of the most extreme multiplets."""
    spectrum, n = answer.spectrum, len(answer.names)
    frame = pd.DataFrame(
        {
            "order": np.repeat(spectrum.order, n),
            "variable": list(answer.names) * len(spectrum.order),
            "most_synergistic": spectrum.frequency_lowest.ravel(),
            "most_redundant": spectrum.frequency_highest.ravel(),
            "by_chance": np.repeat(spectrum.order / n, n),
        }
    )
    if answer.recurrence is not None and answer.recurrence.frequency_sd:
        here = np.isin(answer.question.orders, spectrum.order)
        for side, column in (("lowest", "most_synergistic"), ("highest", "most_redundant")):
            frame[f"{column}_sd"] = answer.recurrence.frequency_sd[side][here].ravel()
    if answer.target is not None:
        frame["target"] = answer.target
    return frame


def histogram_frame(answer: Answer) -> pd.DataFrame:
    """One row per bin that is not empty."""
    frames = []
    for k, one in zip(answer.spectrum.order, answer.spectrum.histogram, strict=False):
        filled = np.flatnonzero(one.counts)
        frames.append(
            pd.DataFrame(
                {
                    "order": int(k),
                    "low_nats": one.edges[filled],
                    "high_nats": one.edges[filled + 1],
                    "count": one.counts[filled],
                }
            )
        )
    frame = pd.concat(frames, ignore_index=True)
    if answer.target is not None:
        frame["target"] = answer.target
    return frame


def pairs_frame(
    found: PairwiseInformation,
    gaussian: PairwiseInformation,
    x: Sequence[str],
    y: Sequence[str],
    sample: Sample,
) -> pd.DataFrame:
    """One row per pair of columns that was tested."""
    pairs: list[list[int]] = np.argwhere(~np.isnan(found.raw)).tolist()
    if list(x) == list(y):
        pairs = [pair for pair in pairs if pair[0] < pair[1]]
    i, j = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    return pd.DataFrame(
        {
            "x": [x[a] for a in i],
            "y": [y[b] for b in j],
            "raw_nats": found.raw[i, j],
            "corrected_nats": found.corrected[i, j],
            "p": found.p[i, j],
            "p_adjusted": found.p_adjusted[i, j],
            "is_significant": found.is_significant[i, j],
            "gaussian_raw_nats": gaussian.raw[i, j],
            "gaussian_corrected_nats": gaussian.corrected[i, j],
            "tested_rows": found.n_rows,
            "bins": found.n_bins,
            "permutations": found.n_draws[i, j],
            "estimator": found.estimator,
            "thinnings": found.n_thinnings,
            "significant_in_thinnings": found.is_significant[i, j].astype(float)
            if found.agreement is None
            else found.agreement[i, j],
            **_worth(sample),
        }
    )


def summary_of(answer: Answer) -> dict[str, object]:
    """Return what fits into a summary: extremes, where they are, where curves stabilise."""
    spectrum = answer.spectrum
    low, high = int(np.argmin(spectrum.minimum)), int(np.argmax(spectrum.maximum))
    told_of: dict[str, object] = {
        "orders": spectrum.order.tolist(),
        "count": [int(one) for one in spectrum.count],
        "measured": [int(one) for one in spectrum.measured],
        "exhaustive": spectrum.is_exhaustive,
        "raw_minimum_nats": float(spectrum.minimum[low]),
        "raw_minimum_order": int(spectrum.order[low]),
        "raw_minimum_multiplet": [answer.names[i] for i in spectrum.argmin[low]],
        "raw_maximum_nats": float(spectrum.maximum[high]),
        "raw_maximum_order": int(spectrum.order[high]),
        "raw_maximum_multiplet": [answer.names[i] for i in spectrum.argmax[high]],
        "raw_mean_nats": spectrum.mean.tolist(),
        "mean_bias_nats": [_known(one) for one in answer.bias],
    }
    orders = answer.question.orders
    replicates = answer.replicates.reshape(-1, *answer.curve.shape)  # there may be none
    told_of |= told_stabilisation(orders, answer.curve[:, MIN], replicates[:, :, MIN])
    if answer.question.name == "o_information":
        told_of |= told_stabilisation(
            orders, answer.curve[:, MAX], replicates[:, :, MAX], "highest"
        )
    if answer.null is not None:
        adjusted = answer.null.p_adjusted
        for name, i in (("minimum", MIN), ("maximum", MAX), ("mean", MEAN)):
            told_of[f"orders_where_{name}_differs_from_null"] = orders[
                adjusted[:, i] <= 0.05
            ].tolist()
    if answer.other is not None:
        of, curve = answer.other.estimator, answer.other.curve
        told_of[f"{of}_raw_minimum_nats"] = float(curve[:, MIN].min())
        told_of[f"{of}_raw_maximum_nats"] = float(curve[:, MAX].max())
    if answer.found is not None:
        for side, one in zip(("lowest", "highest"), answer.found, strict=True):
            told_of[f"{side}_found_nats"] = one.value.tolist()
    return told_of


def told(multiplet: Multiplet, names: Sequence[str]) -> str:
    """Name the variables of a multiplet."""
    return " ".join(names[i] for i in multiplet)


def _row(
    order: int, side: str, rank: int, value: float, name: str, exact: bool
) -> dict[str, object]:
    return {
        "order": order,
        "side": side,
        "rank": rank,
        "raw_nats": value,
        "multiplet": name,
        "how": "exact" if exact else "found",
    }


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _worth(sample: Sample) -> dict[str, float]:
    """Give what stands beside every p-value; ess is NaN where rows are assumed independent.

    Below 50 autocorrelation times, `spanned_tau`, ess is the most that the rows can be worth.
    """
    return {
        "rows": sample.n_rows,
        "distinct_rows": sample.n_distinct,
        "ess": sample.ess if sample.is_chain else np.nan,
        "spanned_tau": sample.n_tau if sample.is_chain else np.nan,
    }
