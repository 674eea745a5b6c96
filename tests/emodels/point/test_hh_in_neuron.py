"""The cell `hh` as an e-model in NEURON against its compiled loop."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import ionfo
from ionfo.emodels.point import HH_BOUNDS, HH_UNITS, StepProtocol, simulate_hh
from ionfo.emodels.point.hh_in_neuron import HH_EMODEL_NAMES, hh_emodel_parameters
from ionfo.errors import IonfoError
from ionfo.sampling.posterior.hh import named_for_neuron
from ionfo.tables.population import Population

CELL = dict(
    zip(
        HH_BOUNDS,
        [7.0, 300.0, 20.0, 60.0, 40.0, 15.0, 1.0, 60.0, 1.0, -80.0, 500.0, -60.0, 1.0],
        strict=True,
    )
)


def test_parameters_are_those_of_the_membrane() -> None:
    found = dict(zip(HH_EMODEL_NAMES, hh_emodel_parameters([list(CELL.values())])[0], strict=True))
    leak = found["gbar_point_leak.somatic"]  # mS/cm2
    area = np.pi * 20 * found["L.somatic"] * 1e-8  # cm2
    assert 1e-3 / (leak * area) == pytest.approx(300, rel=1e-12)  # MOhm
    assert found["cm.somatic"] / leak == pytest.approx(20, rel=1e-12)  # ms
    assert found["v_t_hh_NaKd.somatic"] == -60
    with pytest.raises(IonfoError, match="parameter 'C' must be from"):
        hh_emodel_parameters([[-1.0] * 13])


def test_names_are_those_of_the_definition() -> None:
    emodel = ionfo.load_emodel("hh")
    assert emodel.free_names == HH_EMODEL_NAMES
    low, high = np.array(list(HH_BOUNDS.values()))[3:].T
    bounds = np.array([one.bounds for one in emodel.free_parameters])[3:]
    np.testing.assert_array_equal(bounds, np.stack([low, high], axis=1))


@pytest.mark.neuron
def test_it_fires_as_the_compiled_one() -> None:
    from ionfo.sampling.evaluation.traces import simulate_models

    drawn = pd.DataFrame([CELL]).add_prefix("parameters/").assign(weight=1.0)
    population = named_for_neuron(Population(drawn, {"units": dict(HH_UNITS)}))
    assert population.metadata["units"]["L.somatic"] == "um"
    emodel = ionfo.load_emodel("hh")
    traces = simulate_models(population, emodel, {"it": 0}, "drawn")[0]["it"]["Step_300pA"]
    t, v = simulate_hh(CELL, protocol=StepProtocol(500, 1100, 1200, dt=0.0025))
    other = np.interp(t, *traces)
    up, up_other = (np.flatnonzero(np.diff((one > 0).astype(int)) == 1) for one in (v, other))
    assert len(up) == len(up_other) > 10
    # the e-model begins at one voltage for all cells, and is at rest when the step begins
    assert np.abs(v - other)[(t > 450) & (t < 500)].max() < 0.05
    assert np.abs(t[up] - t[up_other]).max() < 3  # of 600, after 28 intervals


def test_names_for_neuron_are_for_hh() -> None:
    frame = pd.DataFrame({"parameters/a": [1.0], "weight": [1.0]})
    with pytest.raises(IonfoError, match="posteriors of 'hh'"):
        named_for_neuron(Population(frame, {"units": {}}))
