"""Shuffles and replicates: the same curves again, from other rows.

A pass is one shuffle or one replicate.  Its random numbers depend on the seed, its kind and
its number alone, so passes can run anywhere in any order.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ..measures.estimators import Estimator, estimated_correlation
from ..multiplets.questions import Design, Question
from .effective import Sample

Array = NDArray[np.float64]
Kind = Literal["shuffle", "subsample", "replacement"]

SUBSAMPLE_ROWS = 1000
SUBSAMPLE_FRACTION = 0.6
"""Rows of a published replicate: 1,000, or 60 % of a sample that is small."""

FEWEST_BLOCKS = 10
"""Blocks that a subsample takes at least; shorter blocks, then more rows, make it so."""

_KINDS: tuple[Kind, ...] = ("shuffle", "subsample", "replacement")


@dataclass(frozen=True)
class Passes:
    """All that a pass needs besides its number.

    Attributes
    ----------
    sample : Sample
        The rows.
    rows : ndarray of int
        Rows for the shuffles: those that may count as independent.
    estimator : str
        ``gaussian`` or ``copula``.
    questions : tuple of Question
        What is measured.
    design : Design
        Over which multiplets.
    seed : int
        Of all passes.
    """

    sample: Sample
    rows: NDArray[np.int64]
    estimator: Estimator
    questions: tuple[Question, ...]
    design: Design
    seed: int

    @cached_property
    def _plan(self) -> tuple[float, list[NDArray[np.int64]]]:
        if self.sample.ensembles_differ:  # few, but the only ones that are independent
            ensembles = self.sample.blocks
            return max(1, len(ensembles) // 2) / len(ensembles), ensembles
        n = self.sample.n_rows
        fraction = min(SUBSAMPLE_ROWS / n, SUBSAMPLE_FRACTION)
        if fraction * (self.sample.nu + 1) < 1.5 * self.sample.values.shape[1]:
            # so few would be worth fewer independent rows than there are variables
            fraction = SUBSAMPLE_FRACTION
        blocks = self.sample.blocks
        if self.sample.is_chain and fraction * len(blocks) < FEWEST_BLOCKS:
            blocks = self.sample.stretches
        if fraction * len(blocks) < FEWEST_BLOCKS:
            fraction = SUBSAMPLE_FRACTION
        return fraction, blocks

    @property
    def fraction(self) -> float:
        """Part of the sample that a subsample takes."""
        return self._plan[0]

    @property
    def blocks(self) -> list[NDArray[np.int64]]:
        """Rows that are taken together."""
        return self._plan[1]

    @property
    def n_taken(self) -> int:
        """Blocks of a subsample."""
        least = 1 if self.sample.ensembles_differ else 2
        return max(least, round(self.fraction * len(self.blocks)))

    def nu(self, kind: Kind) -> float:
        """Degrees of freedom of one pass."""
        if kind == "shuffle":
            return len(self.rows) - 1.0
        if kind == "subsample":
            return self.fraction * (self.sample.nu + 1) - 1
        return self.sample.nu

    def observed(self) -> list[Array]:
        """Curves of the rows that are shuffled, before they are."""
        return self._curves(self.sample.take(self.rows, keep_weights=False))

    def run(self, kind: Kind, i: int) -> list[Array]:
        """Curves of one pass, one per question, shape (n_orders, n_statistics)."""
        return self._curves(self.drawn(kind, i))

    def drawn(self, kind: Kind, i: int) -> Sample:
        """Rows of one pass."""
        rng = np.random.default_rng([self.seed, _KINDS.index(kind), i])
        if kind == "shuffle":
            values = self.sample.values[self.rows]
            return Sample(rng.permuted(values, axis=0), np.ones(len(self.rows)))
        blocks = self.blocks
        if kind == "subsample":
            chosen = rng.choice(len(blocks), self.n_taken, replace=False)
        else:
            chosen = rng.integers(len(blocks), size=len(blocks))
        return self.sample.take(np.concatenate([blocks[b] for b in chosen]))

    def _curves(self, sample: Sample) -> list[Array]:
        return [
            self.design.curve(question.measure(self.correlation(question, sample)), question.orders)
            for question in self.questions
        ]

    def correlation(self, question: Question, sample: Sample) -> Array:
        """Correlation of the columns that a question uses."""
        values = sample.values[:, question.used]
        return estimated_correlation(values, sample.weights, self.estimator)
