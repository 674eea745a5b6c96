from ..tables.models import Models, read_models
from .evaluator import Evaluation, Evaluator, EvaluatorSpec, evaluator_spec
from .learning import read_evaluations
from .pool import ModelRequest, evaluate, open_pool
from .population import Population, collect, read_population
from .run import Progress, run_sampler
from .settings import SampleSettings
from .standing import read_standing, standing_of
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
    "standing_of",
]
