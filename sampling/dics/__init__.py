"""Populations of cells that share their dynamic input conductances."""

from .compensation import choose_pairs, compensate, residuals
from .generation import DicPopulation, generate, start_population
from .reachability import Reachability, reachable

__all__ = [
    "DicPopulation",
    "Reachability",
    "choose_pairs",
    "compensate",
    "generate",
    "reachable",
    "residuals",
    "start_population",
]
