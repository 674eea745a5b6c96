"""On a real cell the chain is the same with early rejection and without."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from ionfo.emodels import EModel, check_order, load_emodel, parse_emodel
from ionfo.sampling import RunStore, SampleSettings, run_sampler

pytestmark = [pytest.mark.neuron, pytest.mark.slow]


def clamps() -> EModel:
    """The soma with a ramp, noise and synaptic input in the place of searches and steps."""
    content = json.loads(load_emodel("soma").to_json())
    span = {"start": 30.0, "end": 90.0}
    stimuli = {
        "Ramp": {"currents": [{"shape": "ramp", "amplitude": 0.05, **span}]},
        "Noise": {"currents": [{"shape": "noise", "mean": 0.02, "sd": 0.01, "tau": 5, "seed": 1,
                                **span}], "efel": {"Threshold": -45.0}},
        "Synaptic": {"synapses": [{"point_process": "ExpSyn", "site": {"kind": "section"},
                                   "times": [50, 60], "parameters": {"tau": 4}, "weight": 0.002}]},
    }  # fmt: skip
    content["protocols"] = [
        {"name": name, "kind": "current_clamp", "holding": -0.004, "total": 95,
         "window": [30, 90], **more}
        for name, more in stimuli.items()
    ]  # fmt: skip
    content["features"] = [
        {"name": f"{name}.soma.v.{feature}", "mean": mean, "std": std, "unit": unit}
        for name in stimuli
        for feature, mean, std, unit in (
            ("Spikecount", 4, 3, "1"), ("inv_first_ISI", 30, 10, "Hz"),
            ("inv_time_to_first_spike", 30, 20, "Hz"), ("voltage_base", -80, 2, "mV"),
        )
    ]  # fmt: skip
    return parse_emodel(json.dumps(content), "clamps")


@pytest.mark.parametrize("name", ["soma", "clamps"])
def test_chain_on_soma_is_the_same(tmp_path: Path, name: str) -> None:
    emodel = clamps() if name == "clamps" else load_emodel("soma")
    found = {}
    for is_early in (True, False):
        settings = SampleSettings(
            steps=2,
            walkers=22,
            ensembles=1,
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
