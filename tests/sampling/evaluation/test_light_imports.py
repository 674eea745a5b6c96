"""A worker does not import what an evaluation never runs, and evaluates the same."""

from __future__ import annotations

import subprocess
import sys

import pytest

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
