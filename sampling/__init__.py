"""Evaluate parameter sets, sample them by MCMC, keep the run and collect populations.

What is named here is imported when it is first asked for: a worker needs no sampler, and no command
should wait for one that it does not use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..lazy import on_demand

if TYPE_CHECKING:
    from .evaluator import Evaluation, Evaluator, EvaluatorSpec, evaluator_spec
    from .learning import read_evaluations
    from .models_file import Models, read_models
    from .pool import ModelRequest, evaluate, open_pool
    from .population import Population, collect, read_population
    from .run import Progress, run_sampler
    from .settings import SampleSettings
    from .standing import read_standing
    from .store import RunStore
    from .target import Target

__all__ = [
    "Evaluation",
    "Evaluator",
    "EvaluatorSpec",
    "ModelRequest",
    "Models",
    "Population",
    "Progress",
    "RunStore",
    "SampleSettings",
    "Target",
    "collect",
    "evaluate",
    "evaluator_spec",
    "open_pool",
    "read_evaluations",
    "read_models",
    "read_population",
    "read_standing",
    "run_sampler",
]

__getattr__ = on_demand(
    __name__,
    {
        "evaluator": ("Evaluation", "Evaluator", "EvaluatorSpec", "evaluator_spec"),
        "learning": ("read_evaluations",),
        "models_file": ("Models", "read_models"),
        "pool": ("ModelRequest", "evaluate", "open_pool"),
        "population": ("Population", "collect", "read_population"),
        "run": ("Progress", "run_sampler"),
        "settings": ("SampleSettings",),
        "standing": ("read_standing",),
        "store": ("RunStore",),
        "target": ("Target",),
    },
)
