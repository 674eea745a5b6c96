"""Which estimator to believe: Gaussian of the values, or of their normal scores (copula).

Both know a table by its pairs.  On a curved scale, as of conductances spread over decades, linear
correlations miss most of what ranks show; where the two differ by more than their errors, the
copula leads.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..measures.estimators import Estimator
from ..multiplets.questions import STATISTICS, Design, Question
from .effective import Sample
from .resampling import Passes

Array = NDArray[np.float64]

N_SUBSAMPLES = 24
"""Replicates for the error of the difference."""

N_ERRORS = 2.0
"""Errors by which the estimators must differ."""

_N_MULTIPLETS = 500
_MIN, _MAX = STATISTICS.index("min"), STATISTICS.index("max")


@dataclass(frozen=True)
class Leading:
    """The estimator that leads, and by how much the two differ.

    Attributes
    ----------
    estimator : str
        ``gaussian`` or ``copula``.
    gaussian, copula : tuple of float
        Lowest and highest O-information of the multiplets compared, nats.
    n_errors : float
        Difference over its standard error, the larger of both ends.
    """

    estimator: Estimator
    gaussian: tuple[float, float]
    copula: tuple[float, float]
    n_errors: float


def leading_estimator(sample: Sample, n: int, seed: int = 0) -> Leading:
    """Compare the O-information of the first `n` variables by both estimators.

    Parameters
    ----------
    sample : Sample
        The rows.
    n : int
        Variables that multiplets are made of.
    seed : int
        Of the subsamples, and of the multiplets where there are more than 12 variables.

    Returns
    -------
    Leading
        The copula where the lowest or the highest values differ by more than two standard
        errors of their difference over subsamples of the same rows.

    Raises
    ------
    ValueError
        As `estimated_correlation`.
    """
    question = Question("o_information", tuple(range(n)))
    design = Design(n <= 12, _N_MULTIPLETS, seed)
    passes = Passes(sample, np.arange(sample.n_rows), "gaussian", (question,), design, seed)
    both = {one: replace(passes, estimator=one) for one in ("gaussian", "copula")}
    curves = {
        name: design.curve(question.measure(one.correlation(question, sample)), question.orders)
        for name, one in both.items()
    }
    lowest, highest = (
        (lambda curve: float(curve[:, _MIN].min())),
        (lambda curve: float(curve[:, _MAX].max())),
    )
    ends = {name: (lowest(curve), highest(curve)) for name, curve in curves.items()}
    difference = np.subtract(ends["copula"], ends["gaussian"])
    scale = np.sqrt(passes.fraction / (1.0 - passes.fraction))
    if sample.n_rows * passes.fraction <= n + 1:
        return Leading("gaussian", ends["gaussian"], ends["copula"], 0.0)
    draws = []
    for i in range(N_SUBSAMPLES):
        of = {name: one.run("subsample", i)[0] for name, one in both.items()}
        draws.append(
            [lowest(of["copula"]) - lowest(of["gaussian"]),
             highest(of["copula"]) - highest(of["gaussian"])]
        )  # fmt: skip
    error = scale * np.std(draws, axis=0, ddof=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        n_errors = float(np.nan_to_num(np.abs(difference) / error).max())
    leads: Estimator = "copula" if n_errors > N_ERRORS else "gaussian"
    return Leading(leads, ends["gaussian"], ends["copula"], n_errors)
