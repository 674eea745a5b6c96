"""A worker does not import what an evaluation never runs, and evaluates the same."""

from __future__ import annotations

import pickle
import subprocess
import sys

import numpy as np
import pytest

from ionfo.emodels import load_emodel
from ionfo.sampling.chains.learning.fitting import Surrogate
from ionfo.sampling.chains.learning.learner import density_of
from ionfo.sampling.chains.learning.quadratic import Quadratic, terms
from ionfo.sampling.chains.learning.walk import Piece, walk_piece
from ionfo.sampling.evaluation.pool import Call

WORKER = """
import sys
from dataclasses import replace
from ionfo.sampling.evaluation.light_imports import import_lightly
if sys.argv[1] == "worker":
    import_lightly()  # as the first thing that the initializer of a worker does
from ionfo.emodels import load_emodel
from ionfo.sampling import ModelRequest, evaluate, evaluator_spec
from ionfo.sampling.evaluation.pool import initialise
emodel = load_emodel("soma")
initialise(replace(evaluator_spec(emodel), ignore_signals=sys.argv[1] == "worker"))
theta = tuple(emodel.reference[name] for name in emodel.free_names)
found = evaluate(ModelRequest(theta))
print(found.cost, [one.hex() for one in found.scores])
loaded = [one for one in ("pandas.core", "neo.core", "jinja2.environment", "IPython.core",
                          "matplotlib", "scipy", "emcee", "rich", "typer") if one in sys.modules]
print(loaded)
import pandas as pd
import jinja2
from neo import Segment
import pandas.testing
pandas.testing.assert_frame_equal(pd.DataFrame({"a": [1]}), pd.DataFrame({"a": [1]}))
print(jinja2.Template("{{ x }}").render(x=Segment.__name__))
"""


@pytest.mark.neuron
def test_worker_imports_little_and_evaluates_the_same() -> None:
    lines = {}
    for kind in ("worker", "alone"):
        command = [sys.executable, "-c", WORKER, kind]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        lines[kind] = done.stdout.splitlines()
    assert lines["worker"][0] == lines["alone"][0]
    assert lines["worker"][1] == "[]" and "pandas.core" in lines["alone"][1]
    assert lines["worker"][2] == lines["alone"][2] == "Segment"


WALKER = """
import sys
from ionfo.sampling.evaluation.light_imports import import_lightly
import_lightly()
import pickle
ends, _ = pickle.loads(sys.stdin.buffer.read())()
print(ends.shape)
print([one for one in ("pandas.core", "scipy.optimize", "scipy.sparse", "emcee", "neuron")
       if one in sys.modules])
"""


def test_worker_that_walks_imports_nothing_that_fits() -> None:
    emodel = load_emodel("soma")
    n_terms = terms(np.zeros((1, len(emodel.free_names)))).shape[1]
    n_features = len(emodel.features)
    model = Quadratic.of_arrays({"coefficients": np.zeros((n_terms, n_features + 1))})
    residuals = np.zeros((3, n_features))
    surrogate = Surrogate("quadratic", model, residuals, {}, 9, 0)
    settings = {"max_cost": 5.0, "temperature": 1.0, "cost": "max"}
    density = density_of(emodel, settings, surrogate, {})
    unit = np.full((4, len(emodel.free_names)), 0.5)
    call = Call(walk_piece, Piece(density, unit, unit, (1, 2), 3))
    command = [sys.executable, "-c", WALKER]
    done = subprocess.run(command, input=pickle.dumps(call), capture_output=True, timeout=120)
    assert done.returncode == 0, done.stderr.decode()
    assert done.stdout.decode().splitlines() == [str(unit.shape), "[]"]
