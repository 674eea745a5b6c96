"""The squared jump of the peer's chain, with an evaluator whose answers are known."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from ionfo.emodels import load_emodel
from ionfo.sampling.chains.moves.isotropic import IsotropicMove


@pytest.mark.parametrize("is_accepted", [True, False])
def test_jump_is_that_of_accepted_proposals(load: Callable[[str], Any], is_accepted: bool) -> None:
    bench = load("bench/peer_sampling.py")
    emodel = load_emodel("cac")

    def evaluator(theta: Any, bound: float) -> SimpleNamespace:
        return SimpleNamespace(rejected_by=None, cost=-1.0 if is_accepted else np.inf)

    squared, proposed = bench.jumps(emodel, evaluator, 2000, 5.0, 0)
    assert proposed.shape == (2000, 21)
    low, high = emodel.bounds.T
    assert ((proposed >= low) & (proposed <= high)).all()
    sd = bench.states_of(emodel, 10, 5.0, 0)[2]
    wanted = np.mean((IsotropicMove(emodel.bounds).sd / sd) ** 2)
    assert squared.mean() == pytest.approx(wanted if is_accepted else 0.0, rel=0.1)
