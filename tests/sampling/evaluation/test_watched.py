"""A watched model is the evaluated one; it can be stopped, and the next one works."""

from __future__ import annotations

import pytest

from ionfo.emodels import load_emodel
from ionfo.emodels.cell import resolve_morphology
from ionfo.sampling.evaluation.evaluator import Evaluator, evaluator_spec
from ionfo.sampling.evaluation.score import reference_models
from ionfo.studies.simulations import Job, Key, Simulations

pytestmark = pytest.mark.neuron


def done(simulations: Simulations, key: Key) -> Job:
    for _ in range(1200):
        job = simulations.look(key)
        if job.is_done:
            return job
        with simulations._lock:  # waits without a clock of its own
            simulations._lock.wait(0.05)
    raise TimeoutError


def test_models_are_simulated_stopped_and_kept() -> None:
    emodel = load_emodel("soma")
    read = reference_models(emodel, resolve_morphology(emodel, None))
    theta, fixed = read.theta[0], read.fixed[0]
    spec = evaluator_spec(emodel)
    simulations = Simulations(spec, len(emodel.protocols))
    try:
        first = simulations.ask(theta, fixed)
        other = theta.copy()
        other[0] *= 1.1
        second = simulations.ask(other, fixed)
        assert simulations.look(second).watched is None  # waits
        simulations.cancel(second)
        found = done(simulations, first).watched
        assert found is not None and found.evaluation is not None and not found.error
        assert found.protocols[-1] in found.swept and simulations.sections
        assert found.evaluation.cost == Evaluator(spec)(theta, fixed=fixed).cost
        assert simulations.ask(theta, fixed) == first and simulations.look(first).is_done  # kept
        third = simulations.ask(other, fixed)
        while simulations.look(third).watched is None:
            with simulations._lock:
                simulations._lock.wait(0.01)
        simulations.cancel(third)
        stopped = done(simulations, third).watched
        assert stopped is not None and stopped.error == "cancelled"
        again = done(simulations, simulations.ask(other, fixed)).watched  # in a new process
        assert again is not None and again.evaluation is not None
        assert again.evaluation.cost != found.evaluation.cost
        more = [simulations.ask(theta * share, fixed) for share in (1.01, 1.02, 1.03)]
        simulations.cancel_all()
        for key in more:
            job = done(simulations, key)
            assert job.watched is not None and job.watched.error == "cancelled"
            assert not job.is_known and job.is_done
    finally:
        simulations.close()
