"""Proposals by name; mixtures are written ``de:0.8,snooker:0.2``."""

from .early_rejection import EarlyRejection, Trial
from .names import MOVES, make_moves, parse_moves
from .surrogate import SurrogateMove

__all__ = [
    "MOVES",
    "EarlyRejection",
    "SurrogateMove",
    "Trial",
    "make_moves",
    "parse_moves",
]
