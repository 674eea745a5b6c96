"""Reading reconstructions, replacing axons and cutting cells into segments."""

from .axon import stub_axon, taper_axon
from .first_build import check_build
from .notes import morphology_notes
from .reading import check_morphology, find_morphology
from .repair import repair_morphology

__all__ = [
    "check_build",
    "check_morphology",
    "find_morphology",
    "morphology_notes",
    "repair_morphology",
    "stub_axon",
    "taper_axon",
]
