"""Features of many cells: what they depend on."""

from __future__ import annotations

import numpy as np
import pytest

from ionfo import IonfoError
from ionfo.emodels.point import HH_BOUNDS, HHRun
from ionfo.features.patchseq import patchseq_features
from ionfo.sampling.posterior import hh_features


def test_features_depend_on_seed_and_number_alone() -> None:
    low, high = np.array(list(HH_BOUNDS.values())).T
    rows = low + (high - low) * np.random.default_rng(2).random((6, 13))
    found = hh_features(rows, seed=5)
    assert found.shape == (6, 23) and np.isfinite(found[:, 19:]).all()
    again = hh_features(rows[4:], seed=5, first=4, workers=2)
    np.testing.assert_array_equal(found[4:], again)
    assert not np.array_equal(found, hh_features(rows, seed=6), equal_nan=True)


def test_odd_settings_get_a_sentence() -> None:
    row = np.mean(list(HH_BOUNDS.values()), axis=1)
    with pytest.raises(IonfoError, match="rest must be 'before' or"):
        hh_features(row, rest="after")  # type: ignore[arg-type]
    with pytest.raises(IonfoError, match="first must be at least 0"):
        hh_features(row, first=-1)


def test_features_are_those_of_the_exact_rates() -> None:
    low, high = np.array(list(HH_BOUNDS.values())).T
    row = 0.4 * low + 0.6 * high
    run = HHRun()
    exact = patchseq_features(run.protocol.times, run.voltage(row, np.random.default_rng(0)))
    np.testing.assert_allclose(hh_features(row, run)[0], exact, rtol=2e-3, atol=2e-3)
