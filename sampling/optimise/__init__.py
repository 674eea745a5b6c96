"""Staged multi-objective optimisation: BluePyOpt's IBEA on the evaluators of the sampler."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...lazy import on_demand

if TYPE_CHECKING:
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

__getattr__ = on_demand(
    __name__,
    {
        "hall": (
            "collect_hall",
            "seed_halls",
        ),
        "ibea": (
            "Ibea",
            "Member",
        ),
        "run": ("run_optimiser",),
        "settings": ("OptimiseSettings",),
        "stages": (
            "Stage",
            "default_stages",
            "read_stages",
        ),
        "store": (
            "OptimiseStore",
            "is_optimisation",
        ),
        "targets": (
            "read_targets",
            "with_targets",
        ),
    },
)
