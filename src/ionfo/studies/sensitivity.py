"""The extremes of O-information on another scale, at another temperature, below another cost.

What hangs on a choice that nobody has to make is told beside what was found with one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..analysis import Design, Question, estimated_correlation, wishart_bias
from ..analysis.answers import MAX, MEAN, MIN
from ..analysis.measures.estimators import Estimator
from ..analysis.uncertainty.effective import kish_size
from .plan import Work

Array = NDArray[np.float64]

N_MULTIPLETS = 5_000
"""Multiplets of an order, where there are more than 24 variables."""

TEMPERATURES = (0.5, 0.75, 1.5, 2.0)
"""Times the temperature of the chain."""

COST_SHARES = (0.5, 0.75)
"""Parts of the rows, the cheapest first, that are kept below a lower limit of cost."""

FEWEST_ROWS_A_VARIABLE = 3.0


@dataclass(frozen=True)
class Choice:
    """One way to measure the same population.

    Attributes
    ----------
    what, setting : str
        What was chosen otherwise, and how.
    values, weights : ndarray
        Rows and how much they count.
    estimator : str
        Of the correlations.
    share : float
        Part of the effective size that is left.
    """

    what: str
    setting: str
    values: Array
    weights: Array
    estimator: Estimator
    share: float


def sensitivity_frame(work: Work) -> pd.DataFrame:
    """Measure O-information under other choices.

    Parameters
    ----------
    work : Work
        The table and the rows.

    Returns
    -------
    DataFrame
        One row per choice: ``what``, ``setting``, ``effective_rows`` (those of the covariance),
        corrected lowest, highest and mean at the largest order (nats) with the orders of the
        extremes; NaN where a choice leaves too few rows.
    """
    n = len(work.table.parameter_names)
    question = Question("o_information", tuple(range(n)))
    design = Design(n <= 12, N_MULTIPLETS, work.settings.seed, work.threads)
    rows = []
    for choice in _choices(work):
        nu = choice.share * (work.sample.nu + 1) - 1
        row: dict[str, object] = {
            "what": choice.what, "setting": choice.setting, "effective_rows": nu + 1
        }  # fmt: skip
        try:
            if nu < FEWEST_ROWS_A_VARIABLE * n:
                raise ValueError("too few rows")
            correlation = estimated_correlation(choice.values, choice.weights, choice.estimator)
            curve = design.curve(question.measure(correlation), question.orders)
            curve = curve - wishart_bias(question.name, question.orders, nu)[:, None]
        except ValueError:  # too few rows, or none that vary
            curve = np.full((len(question.orders), 6), np.nan)
        known = np.isfinite(curve[:, MIN]).all()
        low = int(np.argmin(curve[:, MIN])) if known else 0
        high = int(np.argmax(curve[:, MAX])) if known else 0
        row |= {
            "lowest_nats": float(curve[low, MIN]),
            "lowest_order": int(question.orders[low]) if known else pd.NA,
            "highest_nats": float(curve[high, MAX]),
            "highest_order": int(question.orders[high]) if known else pd.NA,
            "mean_at_largest_order_nats": float(curve[-1, MEAN]),
        }
        rows.append(row)
    frame = pd.DataFrame(rows)
    for name in ("lowest_order", "highest_order"):
        frame[name] = frame[name].astype("Int64")
    return frame


def _choices(work: Work) -> Iterator[Choice]:
    values, weights, cost = work.table.parameters, work.sample.weights, work.table.cost
    lead, temperature = work.passes.estimator, work.table.temperature
    yield Choice("scale", "linear", values, weights, "gaussian", 1.0)
    if (values > 0).all():
        yield Choice("scale", "logarithm", np.log(values), weights, "gaussian", 1.0)
    yield Choice("scale", "normal scores (copula)", values, weights, "copula", 1.0)
    if cost is None or not np.isfinite(cost).all():
        return
    if temperature is not None and temperature > 0:
        for factor in TEMPERATURES:
            other = temperature * factor
            gain = -cost * (1.0 / other - 1.0 / temperature)
            tilted = weights * np.exp(gain - gain.max())
            share = kish_size(tilted) / kish_size(weights)
            setting = f"T = {other:g} by reweighting (chain: {temperature:g})"
            yield Choice("temperature", setting, values, tilted, lead, min(share, 1.0))
    for part in COST_SHARES:
        limit = float(np.quantile(cost, part))
        kept = cost <= limit
        if not 0 < kept.sum() < len(cost):
            continue
        share = float(weights[kept].sum() / weights.sum())
        yield Choice("cost limit", f"at most {limit:.3g}", values[kept], weights[kept], lead, share)
