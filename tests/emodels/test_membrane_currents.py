"""Currents sum to what flows through the membrane, and watching changes nothing."""

from __future__ import annotations

import numpy as np
import pytest

from ionfo.emodels import Missing, ProtocolRunner, Simulator, load_emodel
from ionfo.emodels.cell import resolve_morphology
from ionfo.emodels.membrane_currents import inside, places_of, sections_of
from ionfo.sampling.evaluation.score import reference_models

pytestmark = pytest.mark.neuron


def test_currents_of_one_compartment_sum_to_the_current_that_flows_in() -> None:
    emodel = load_emodel("soma")
    read = reference_models(emodel, resolve_morphology(emodel, None))
    simulator = Simulator(emodel)
    simulator.set_parameters(read.theta[0], read.fixed[0])
    plain = dict(ProtocolRunner(simulator).run())
    n_steps = simulator.n_steps
    simulator.set_parameters(read.theta[0], read.fixed[0])
    watched = {name: (response, within) for name, response, within in inside(simulator)}
    assert simulator.n_steps == n_steps  # of the integrator, not one more
    assert places_of(simulator) == ["somatic"] and len(sections_of(simulator)) == 1
    assert simulator.cell is not None
    area = simulator.cell.soma.area()
    for name in ("Step_140", "Step_220"):
        response, within = watched[name]
        known = plain[name]
        assert within is not None
        assert not isinstance(response, Missing) and not isinstance(known, Missing)
        assert np.array_equal(response.recordings["soma.v"], known.recordings["soma.v"])
        assert np.array_equal(within.voltages[0], response.recordings["soma.v"])
        found = within.currents["somatic"]
        assert {"NaTg", "SKv3_1", "pas", "Ih"} < set(found.currents)
        # mA/cm2 over um2: all that the electrode gives flows through the membrane
        during = (found.t > response.stim_start + 0.1) & (found.t < response.stim_end)
        flows = found.membrane * area / 100
        assert response.stimulus_current is not None and response.holding_current is not None
        given = response.stimulus_current + response.holding_current
        assert flows[during] == pytest.approx(given, rel=1e-6)
        largest = max(np.abs(one).max() for one in found.currents.values())
        assert largest * area / 100 > 100 * given  # large currents cancel to that


def test_what_a_mechanism_does_not_tell_is_found_by_its_ion() -> None:
    emodel = load_emodel("stg")
    read = reference_models(emodel, resolve_morphology(emodel, None))
    simulator = Simulator(emodel)
    simulator.set_parameters(read.theta[0], read.fixed[0])
    (within,) = [one for _, _, one in inside(simulator) if one is not None]
    found = within.currents["somatic"]
    assert "other Ca" in found.currents  # of two calcium channels
    scale = np.abs(found.capacitive).max()
    assert np.abs(found.membrane).max() < 1e-9 * scale  # nothing is injected
