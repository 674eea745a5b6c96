from .hall import collect_hall, seed_halls
from .ibea import Ibea, Member
from .run import run_optimiser
from .settings import OptimiseSettings
from .stages import Stage, default_stages, read_stages
from .store import OptimiseStore, is_optimisation
from .targets import read_targets, with_targets

__all__ = [
    "Ibea",
    "Member",
    "OptimiseSettings",
    "OptimiseStore",
    "Stage",
    "collect_hall",
    "default_stages",
    "is_optimisation",
    "read_stages",
    "read_targets",
    "run_optimiser",
    "seed_halls",
    "with_targets",
]
