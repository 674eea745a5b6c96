"""Reading reconstructions, replacing axons and cutting cells into segments."""

from .axon import taper_axon
from .first_build import check_build
from .reading import check_morphology, find_morphology

__all__ = ["check_build", "check_morphology", "find_morphology", "taper_axon"]
