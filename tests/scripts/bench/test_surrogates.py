"""What surrogates tell is judged by evaluations that they have not seen."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ionfo.emodels import load_emodel
from ionfo.sampling.chains.learning.fitting import training_rows
from ionfo.sampling.chains.learning.training_data import Evaluated

Load = Callable[[str], Any]
EMODEL = load_emodel("soma")
MEAN = np.array([one.mean for one in EMODEL.features])
SD = np.array([one.std for one in EMODEL.features])


def linear_cell(n: int, noise: float) -> Evaluated:
    """Features that follow one parameter each, and are missing where the second is large."""
    rng = np.random.default_rng(0)
    low, high = EMODEL.bounds.T
    unit = rng.random((n, len(low)))
    own = np.arange(len(MEAN)) % len(low)
    deviation = 8 * (unit[:, own] - 0.5) + noise * rng.standard_normal((n, len(MEAN)))
    features = MEAN + SD * deviation
    features[unit[:, 1] > 0.8] = np.nan
    return Evaluated(low + unit * (high - low), features, np.ones(features.shape, dtype=bool))


def test_a_linear_cell_is_told_and_noise_is_not(load: Load) -> None:
    script = load("bench/surrogates.py")
    (good,) = script.told_by(EMODEL, linear_cell(1500, 0.01), [1000], ("quadratic",), 3.5)
    (noisy,) = script.told_by(EMODEL, linear_cell(1500, 1.0), [1000], ("quadratic",), 3.5)
    assert good.n_rows == 1000 and 740 < good.n_whole < 860
    assert good.error < 0.05 < 0.5 < noisy.error < 1.0
    assert good.auc > 0.99 and noisy.auc < 0.98
    # one of five is missing
    assert good.log_loss_of_one_chance == pytest.approx(0.500, abs=0.06)
    assert good.log_loss < 0.6 * good.log_loss_of_one_chance


def test_what_ended_below_the_largest_cost_is_of_no_known_cost(load: Load) -> None:
    features = np.tile(MEAN, (4, 1))
    features[1, 0] += 6 * SD[0]
    features[2, 0] = np.nan
    is_computed = np.ones(features.shape, dtype=bool)
    features[3, 1:], is_computed[3, 1:] = np.nan, False
    known = Evaluated(np.tile(EMODEL.bounds[:, 0], (4, 1)), features, is_computed)
    is_good, is_bad = load("bench/surrogates.py").below(training_rows(EMODEL, known), 5.0)
    assert is_good.tolist() == [True, False, False, False]
    assert is_bad.tolist() == [False, True, True, False]


def test_closed_forms(load: Load) -> None:
    script = load("bench/surrogates.py")
    assert script.auc(np.array([2.0, 3.0]), np.array([1.0, 2.5])) == 0.75
    assert script.auc(np.array([1.0]), np.array([1.0])) == 0.5
    assert np.isnan(script.auc(np.array([]), np.array([1.0])))
    told = script.log_loss(np.array([0.5, 0.25]), np.array([True, False]))
    assert told == pytest.approx(-(np.log(0.5) + np.log(0.75)) / 2)


def test_too_few_evaluations_are_one_sentence(
    load: Load, root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    population = str(root / "emodels/populations/cac_high.parquet")
    assert load("bench/surrogates.py").main(["cac", population, "--rows", "20"]) == 1
    told = capsys.readouterr().err
    assert "only 20 have all features" in told and "Traceback" not in told
    for wrong in (["--max-cost", "nan"], ["--max-cost", "30"], ["--rows", "0"]):
        with pytest.raises(SystemExit):
            load("bench/surrogates.py").main(["cac", population, *wrong])
        assert "--max-cost must lie above 0" in capsys.readouterr().err
