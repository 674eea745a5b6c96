"""What cannot be judged says why."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from ionfo.sampling.runs.quality import Quality, quality_of


def walkers(n_steps: int) -> pd.DataFrame:
    """Two ensembles of twelve walkers that move in every proposal."""
    n = 24 * n_steps
    values = np.random.default_rng(0).standard_normal((n, 2))
    return pd.DataFrame(values, columns=["parameters/a", "parameters/b"]).assign(
        cost=1.0, weight=1.0, ensemble=np.repeat([0, 1], n // 2),
        walker=np.repeat(np.tile(np.arange(12), 2), n_steps), step=np.tile(np.arange(n_steps), 24),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("frame", "told"),
    [
        (walkers(5), "walkers of 5 proposals are too short to be judged (at least 8); "
                     "acceptance 1.000 of proposals"),
        (walkers(5)[["parameters/a", "parameters/b"]], "the rows form no chains"),
        (walkers(20).assign(**{"parameters/a": 1.0, "parameters/b": 2.0}),
         "no parameter varies; acceptance 1.000 of proposals"),
    ],
)  # fmt: skip
def test_what_is_not_judged_is_told_apart(frame: pd.DataFrame, told: str) -> None:
    found = quality_of(frame)
    assert found.told() == told and not found.is_chain
    again = Quality.from_json(json.loads(json.dumps(found.to_json())), found.n_models)
    assert again.told() == told


def test_judged_chains_need_no_reason() -> None:
    found = quality_of(walkers(20))
    assert found.is_chain and found.why_not_judged == "" and found.told().startswith("settled; ")


def test_a_parameter_that_is_held_changes_nothing() -> None:
    free = quality_of(walkers(20))
    # the mean of many tenths is not a tenth
    held = quality_of(walkers(20).assign(**{"parameters/held": 0.1}))
    assert free.ess_between is not None and held.ess_between == free.ess_between
    assert free.r_hat_beside is not None and len(free.r_hat_beside) == 2
    assert held.r_hat_beside == free.r_hat_beside
    assert held.told() == free.told()
