"""Chains that sit in regions of their own are told from chains that are slow."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd

from ionfo.sampling.runs.quality import Quality, quality_of

N_WALKERS, N_STEPS = 16, 40


def chains(apart: float, slow: float = 0.0) -> pd.DataFrame:
    """Two ensembles of walkers about centres that lie apart; slow ones stay where they begin."""
    rng = np.random.default_rng(4)
    ensemble = np.repeat([0, 1], N_WALKERS * N_STEPS)
    walker = np.repeat(np.tile(np.arange(N_WALKERS), 2), N_STEPS)
    stays = np.repeat(rng.standard_normal((2 * N_WALKERS, 3)), N_STEPS, axis=0)
    moves = rng.standard_normal((len(ensemble), 3))
    values = slow * stays + np.sqrt(1 - slow**2) * moves
    values[:, 0] += apart * ensemble
    frame = pd.DataFrame(values, columns=[f"parameters/{one}" for one in "abc"])
    return frame.assign(
        cost=np.sum(values[:, 1:] ** 2, axis=1), weight=1, ensemble=ensemble, walker=walker,
        step=np.tile(np.arange(N_STEPS), 2 * N_WALKERS),
    )  # fmt: skip


def test_separate_regions_are_told_with_what_they_mean() -> None:
    found = quality_of(chains(20.0))
    assert found.regions == [[0], [1]] and found.overlap == 0.0 and not found.agree
    (told,) = [one for one in found.cautions() if "regions" in one]
    assert "2 regions that do not overlap (1 | 2)" in told and "says nothing of how likely" in told
    again = Quality.from_json(json.loads(json.dumps(found.to_json())), found.n_models)
    assert again.cautions() == found.cautions()


def test_one_region_is_no_caution_however_slow() -> None:
    for slow in (0.0, 0.9):
        found = quality_of(chains(0.0, slow))
        assert len(found.regions) == 1 and found.overlap is not None and found.overlap > 0.6
        assert not [one for one in found.cautions() if "region" in one or "overlap" in one]


def test_ensembles_that_hardly_overlap_are_told() -> None:
    found = quality_of(chains(2.5))
    assert found.overlap is not None and 0.1 < found.overlap < 0.5
    assert any(one.startswith("Two ensembles overlap by 0.") for one in found.cautions())


def test_a_cost_in_which_ensembles_differ_is_told() -> None:
    frame = chains(0.0)
    frame.loc[frame["ensemble"] == 1, "cost"] += 5.0
    found = quality_of(frame)
    assert found.r_hat < 1.05 and not found.agree
    assert any("R-hat of the cost" in one for one in found.cautions())
