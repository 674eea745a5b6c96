"""What correlations cannot tell of a population: third and fourth order, and chosen multiplets.

Both estimators know a table by its pairs.  Co-moments of normal scores say whether that is all
there is; nearest neighbours measure the most extreme multiplets of few variables whatever the shape
of their dependence.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..analysis import (
    Comoments,
    NeighbourInformation,
    fourth_order,
    local_o_information,
    neighbour_information,
    normal_scores,
    o_information_gradient,
    row_blocks,
    third_order,
)
from ..analysis.answers import Answer
from ..analysis.multiplets.spectrum import Multiplet
from .plan import Work

MOST_VARIABLES = 40
"""Above, there are more quadruples than rows can tell apart."""

ORDERS = (3, 4)
"""Orders whose extreme multiplets are measured by neighbours; more dimensions need more rows."""

MOST_ROWS = 1_000
"""Rows that neighbours are looked for among; more are thinned."""

FEWEST_ROWS = 50
MOST_DRAWS = 100


@dataclass(frozen=True)
class BeyondPairs:
    """Dependence beyond pairs, and what variables and models carry.

    Attributes
    ----------
    third, fourth : Comoments or None
        Of the normal scores of the parameters; None above 40 of them.
    chosen : list of (multiplet, NeighbourInformation)
        The extreme multiplets of orders 3 and 4.
    gradient : ndarray, shape (n_parameters,)
        O-information of all parameters less that of all others, nats.
    local : ndarray, shape (n_rows,)
        O-information that each row carries, nats.
    names : list of str
        Of the parameters.
    """

    third: Comoments | None
    fourth: Comoments | None
    chosen: list[tuple[Multiplet, NeighbourInformation]]
    gradient: np.ndarray
    local: np.ndarray
    names: list[str]

    def sentences(self) -> list[str]:
        """Say whether pairs are all there is."""
        told = []
        for one, word in ((self.third, "third"), (self.fourth, "fourth")):
            if one is None:
                continue
            variables, excess = one.largest
            named = ", ".join(dict.fromkeys(self.names[i] for i in variables))
            told.append(
                f"{word} order: {one.n_beyond} of {len(one.excess)} co-moments differ from those "
                f"of a Gaussian copula (t {one.root_mean_square_t:.2f} rms, 1 by chance); the "
                f"most certain is {excess:+.2f} of {named}"
            )
        beyond = [multiplet for multiplet, one in self.chosen if one.p_copula <= 0.05]
        if self.chosen:
            told.append(
                f"nearest neighbours find more than pairs tell in {len(beyond)} of "
                f"{len(self.chosen)} extreme multiplets of orders 3 and 4 (p <= 0.05)"
            )
        return told

    def moments_frame(self) -> pd.DataFrame:
        """One row per co-moment, the most certain first; at most 1,000 of each order."""
        frames = []
        for one in (self.third, self.fourth):
            if one is None or not len(one.excess):
                continue
            t = np.nan_to_num(np.abs(one.excess) / np.maximum(one.error, 1e-300))
            first = np.argsort(-t, kind="stable")[:1000]
            frames.append(
                pd.DataFrame(
                    {
                        "order": one.order,
                        "variables": [
                            " ".join(self.names[j] for j in one.variables[i]) for i in first
                        ],
                        "excess": one.excess[first],
                        "error": one.error[first],
                        "p_adjusted": one.p_adjusted[first],
                        "blocks": one.n_blocks,
                    }
                )
            )
        return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()

    def neighbours_frame(self) -> pd.DataFrame:
        """One row per multiplet that neighbours measured."""
        return pd.DataFrame(
            [
                {
                    "order": len(multiplet),
                    "multiplet": " ".join(self.names[i] for i in multiplet),
                    "raw_nats": one.raw,
                    "corrected_nats": one.corrected,
                    "copula_nats": one.copula,
                    "p_independent": one.p_independent,
                    "p_copula": one.p_copula,
                    "tested_rows": one.n_rows,
                    "draws": one.n_draws,
                }
                for multiplet, one in self.chosen
            ]
        )

    def gradient_frame(self) -> pd.DataFrame:
        """One row per parameter."""
        return pd.DataFrame({"variable": self.names, "gradient_nats": self.gradient})

    def local_frame(self) -> pd.DataFrame:
        """One row per row of the table, in its order."""
        return pd.DataFrame({"row": np.arange(len(self.local)), "local_nats": self.local})

    @property
    def summary(self) -> dict[str, object]:
        """What summary.json says."""
        found: dict[str, object] = {
            f"{word}_order": None
            if one is None
            else {
                "co_moments": len(one.excess),
                "beyond_gaussian": one.n_beyond,
                "root_mean_square_t": one.root_mean_square_t,
            }
            for one, word in ((self.third, "third"), (self.fourth, "fourth"))
        }
        found["multiplets_by_neighbours"] = len(self.chosen)
        found["multiplets_beyond_their_copula"] = sum(
            one.p_copula <= 0.05 for _, one in self.chosen
        )
        return found


def beyond_pairs(work: Work, answer: Answer) -> BeyondPairs:
    """Look beyond the pairs of the parameters.

    Parameters
    ----------
    work : Work
        The table and the rows.
    answer : Answer
        O-information of the parameters, with its extreme multiplets.
    """
    sample, n = work.sample, len(work.table.parameter_names)
    values = work.table.parameters
    scores = normal_scores(values, sample.weights)
    blocks = sample.blocks if sample.is_chain else row_blocks(sample.n_rows)
    third = fourth = None
    if n <= MOST_VARIABLES and len(blocks) > 2:
        third = third_order(scores, sample.weights, blocks)
        fourth = fourth_order(scores, sample.weights, blocks)
    measured = scores if work.passes.estimator == "copula" else values
    correlation = work.passes.correlation(answer.question, sample)
    return BeyondPairs(
        third,
        fourth,
        _chosen(work, answer),
        o_information_gradient(correlation),
        local_o_information(measured, sample.weights),
        list(work.table.parameter_names),
    )


def _chosen(work: Work, answer: Answer) -> list[tuple[Multiplet, NeighbourInformation]]:
    """Measure the extreme multiplets of few variables by neighbours, on independent rows."""
    rows = work.passes.rows
    n_draws = min(work.settings.shuffles, MOST_DRAWS)
    if len(rows) < FEWEST_ROWS or not n_draws:
        return []
    if len(rows) > MOST_ROWS:
        rng = np.random.default_rng([work.settings.seed, 43])
        rows = np.sort(rng.choice(rows, MOST_ROWS, replace=False))
    spectrum = answer.spectrum
    found: dict[Multiplet, NeighbourInformation] = {}
    for order in ORDERS:
        for i in np.flatnonzero(spectrum.order == order).tolist():
            for multiplet in (spectrum.argmin[i], spectrum.argmax[i]):
                if multiplet not in found:
                    values = work.table.parameters[rows][:, list(multiplet)]
                    found[multiplet] = neighbour_information(values, n_draws, work.settings.seed)
    return list(found.items())
