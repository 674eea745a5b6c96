from .chains.collect import collect
from .chains.last_states import read_standing, standing_of
from .chains.learning.brought import read_evaluations
from .chains.run import run_sampler
from .chains.settings import SampleSettings
from .chains.store import RunStore
from .chains.target import Target
from .evaluation.evaluator import Evaluation, Evaluator, EvaluatorSpec, evaluator_spec
from .evaluation.pool import ModelRequest, evaluate, open_pool
from .of_tables import Models, Population, read_models, read_population
from .runs.progress import Progress

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
