"""Populations of cells that share their dynamic input conductances."""

from .compensation import choose_pairs, compensate, residuals
from .estimator import Density, Estimate, Estimator, load_estimator
from .generation import DicPopulation, generate
from .known import forget_parts
from .reachability import Reachability, reachable
from .reconstruction import Reconstruction, reconstruct
from .start import start_population
from .training import train

__all__ = [
    "Density",
    "DicPopulation",
    "Estimate",
    "Estimator",
    "Reachability",
    "Reconstruction",
    "choose_pairs",
    "compensate",
    "forget_parts",
    "generate",
    "load_estimator",
    "reachable",
    "reconstruct",
    "residuals",
    "start_population",
    "train",
]
