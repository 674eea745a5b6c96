"""Cells of two families whose genes tell outputs beyond the family."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from ionfo.analysis.genes.preparation import GeneTable, gene_table


@pytest.fixture(scope="session")
def cells() -> tuple[GeneTable, NDArray[np.float64], NDArray[np.str_]]:
    """Genes as counts, outputs in units of their own, families."""
    rng = np.random.default_rng(0)
    families = np.where(np.arange(120) % 2 == 0, "a", "b")
    level = rng.standard_normal((120, 8))
    level[:, 0] += 2.0 * (families == "a")
    counts = rng.poisson(np.exp(4.0 + 0.5 * level) * rng.uniform(0.5, 2.0, (120, 1)))
    outputs = np.column_stack([level[:, 0], level[:, 1] - level[:, 0], level[:, 2]])
    outputs = outputs + 0.5 * rng.standard_normal((120, 3))
    names = [f"gene{i}" for i in range(8)]
    return gene_table(counts, names), outputs * [1.0, 100.0, 0.01] + 5.0, families
