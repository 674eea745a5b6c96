"""Evaluations that users bring are checked before anything is learned from them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ionfo.emodels import EModel
from ionfo.errors import IonfoError
from ionfo.sampling import read_evaluations
from ionfo.sampling.chains.learning.fitting import training_rows
from ionfo.tables.columns import columns


def known_evaluations(emodel: EModel, n: int) -> pd.DataFrame:
    parameters, features, scores = columns(emodel)
    low, high = emodel.bounds.T
    theta = low + (high - low) * np.random.default_rng(0).random((n, len(low)))
    frame = pd.DataFrame(theta, columns=parameters)
    frame[features] = [one.mean for one in emodel.features]
    frame[scores] = 0.0
    return frame


def test_evaluations_that_cannot_be_learned_from(emodel: EModel, tmp_path: Path) -> None:
    with pytest.raises(IonfoError, match="'none' does not exist"):
        read_evaluations([Path("none")], emodel)
    pd.DataFrame({"parameters/a": [1.0]}).to_parquet(tmp_path / "a.parquet")
    with pytest.raises(IonfoError, match="has no column 'parameters/.*give --learn runs and"):
        read_evaluations([tmp_path / "a.parquet"], emodel)
    with pytest.raises(IonfoError, match="no run folder"):
        read_evaluations([tmp_path], emodel)


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        (0, np.nan, "row 4: 'parameters/.*' must be finite, got nan; mend the table"),
        (0, -np.inf, "row 4: 'parameters/.*' must be finite, got -inf"),
        (0, "much", "column 'parameters/.*' must hold numbers, got 'much'"),
        (-1, "none", "column 'scores/.*' must hold numbers, got 'none'"),
    ],
)
def test_numbers_that_are_none_are_refused(
    emodel: EModel, tmp_path: Path, column: int, value: object, message: str
) -> None:
    frame = known_evaluations(emodel, 8).astype(object)
    frame.iloc[3, column] = value
    frame.to_csv(tmp_path / "odd.csv", index=False)
    with pytest.raises(IonfoError, match=f"odd.csv'.*{message}"):
        read_evaluations([tmp_path / "odd.csv"], emodel)


def test_what_lies_outside_the_bounds_teaches_nothing(emodel: EModel, tmp_path: Path) -> None:
    frame = known_evaluations(emodel, 8)
    frame.iloc[3, 0] = 1e9
    frame.iloc[:, len(emodel.free_names)] = 1e308
    frame.to_csv(tmp_path / "far.csv", index=False)
    found = read_evaluations([tmp_path / "far.csv"], emodel)
    assert len(found.theta) == 7
    assert np.isfinite(training_rows(emodel, found).deviation).all()
    frame.iloc[:, 0] = 1e9
    frame.to_csv(tmp_path / "far.csv", index=False)
    with pytest.raises(IonfoError, match="all 8 evaluations lie outside the bounds"):
        read_evaluations([tmp_path / "far.csv"], emodel)
