"""Rounds are of whole steps, as many as come nearest to what is asked for."""

from __future__ import annotations

import pytest

from ionfo.sampling.chains.learning.rounds import EVALUATIONS_PER_ROUND, evaluations_of_round


@pytest.mark.parametrize("n_ensembles", [1, 4, 8])
@pytest.mark.parametrize("n_walkers", [4, 24, 42, 62, 200, 1000])
def test_a_round_is_of_whole_steps(n_ensembles: int, n_walkers: int) -> None:
    n = evaluations_of_round(n_ensembles, n_walkers)
    assert n >= n_walkers and n % n_walkers == 0
    off = abs(n - EVALUATIONS_PER_ROUND / n_ensembles)
    assert off <= n_walkers / 2 or n == n_walkers
