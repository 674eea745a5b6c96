"""Reading reconstructions, replacing axons and cutting cells into segments."""

from .axon import taper_axon
from .reading import check_morphology, find_morphology

__all__ = ["check_morphology", "find_morphology", "taper_axon"]
