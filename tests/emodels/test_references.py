"""The shipped models of l5pc are valid on both of its morphologies."""

from __future__ import annotations

from pathlib import Path

import pytest

from ionfo.emodels import load_emodel
from ionfo.emodels.cell import on_morphology, resolve_morphology
from ionfo.sampling import Evaluator, evaluator_spec

pytestmark = [pytest.mark.neuron, pytest.mark.slow]


@pytest.mark.parametrize("morphology", ["l5pc", "l5pc_reduced"])
def test_reference_is_valid(morphology: str) -> None:
    path = resolve_morphology(load_emodel("l5pc"), Path(morphology))
    emodel = on_morphology(load_emodel("l5pc"), path)
    assert emodel.reference is not None
    evaluator = Evaluator(evaluator_spec(emodel, path))
    evaluation = evaluator([emodel.reference[name] for name in emodel.free_names])
    evaluator.simulator.close()
    assert not evaluation.reasons
    assert evaluation.cost < 3.0
