"""Spectra over all multiplets against the single measures."""

from __future__ import annotations

from itertools import combinations
from math import comb

import numpy as np
import pytest

from ionfo.analysis import (
    o_information,
    o_information_spectrum,
    redundancy_synergy_index,
    redundancy_synergy_spectrum,
)


@pytest.fixture
def correlation() -> np.ndarray:
    rng = np.random.default_rng(1)
    return np.corrcoef(rng.standard_normal((6, 40)) + rng.standard_normal(40))


def test_o_information_spectrum_is_every_multiplet(correlation: np.ndarray) -> None:
    spectrum = o_information_spectrum(correlation)
    assert list(spectrum.order) == [3, 4, 5, 6]
    for i, k in enumerate(spectrum.order):
        every = {
            s: o_information(correlation[np.ix_(s, s)]) for s in combinations(range(6), int(k))
        }
        values = np.array(list(every.values()))
        assert spectrum.count[i] == len(every) == comb(6, int(k))
        assert spectrum.minimum[i] == pytest.approx(values.min(), abs=1e-12)
        assert spectrum.maximum[i] == pytest.approx(values.max(), abs=1e-12)
        assert spectrum.mean[i] == pytest.approx(values.mean(), abs=1e-12)
        assert spectrum.std[i] == pytest.approx(values.std(), abs=1e-12)
        assert every[spectrum.argmin[i]] == pytest.approx(values.min(), abs=1e-12)
        assert every[spectrum.argmax[i]] == pytest.approx(values.max(), abs=1e-12)


@pytest.mark.parametrize("target", [0, 3, 5])
def test_redundancy_synergy_spectrum_is_every_multiplet(
    correlation: np.ndarray, target: int
) -> None:
    predictors = [i for i in range(6) if i != target]
    spectrum = redundancy_synergy_spectrum(correlation, target)
    for i, k in enumerate(spectrum.order):
        values = []
        for chosen in combinations(range(5), int(k)):
            index = [*(predictors[j] for j in chosen), target]
            part = correlation[np.ix_(index, index)]
            values.append(redundancy_synergy_index(part, len(index) - 1))
        assert spectrum.minimum[i] == pytest.approx(min(values), abs=1e-12)
        assert spectrum.maximum[i] == pytest.approx(max(values), abs=1e-12)
        assert spectrum.mean[i] == pytest.approx(np.mean(values), abs=1e-12)
