"""Proposals by name; mixtures are written ``de:0.8,snooker:0.2``."""

from .early_rejection import EarlyRejection, Trial
from .names import MOVES, make_moves, parse_moves

__all__ = ["MOVES", "EarlyRejection", "Trial", "make_moves", "parse_moves"]
