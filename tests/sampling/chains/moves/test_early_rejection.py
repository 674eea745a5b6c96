"""On a real cell the chain is the same with early rejection and without."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from ionfo.emodels import check_order, load_emodel
from ionfo.sampling import RunStore, SampleSettings, run_sampler

pytestmark = [pytest.mark.neuron, pytest.mark.slow]


def test_chain_on_soma_is_the_same(tmp_path: Path) -> None:
    emodel = load_emodel("soma")
    found = {}
    for is_early in (True, False):
        settings = SampleSettings(
            steps=2,
            walkers=22,
            ensembles=2,
            seed=3,
            start_evaluations=0,
            moves="de",
            early_rejection=is_early,
        )
        out = tmp_path / str(is_early)
        found[is_early] = run_sampler(emodel, out, settings)
    one, other = (RunStore(tmp_path / str(is_early)).states()[0] for is_early in (True, False))
    pd.testing.assert_frame_equal(one, other, check_exact=True)
    assert found[True].n_evaluations == found[False].n_evaluations
    order = RunStore(tmp_path / "True").settings["order"]
    check_order(emodel, order)
    assert found[True].n_steps < found[False].n_steps
    assert sum(found[True].rejected.values()) > 0 and not found[False].rejected
