"""E-models: a JSON definition each, the cell built from it, its protocols and the simulator."""

from .definition import (
    EModel,
    Parameter,
    bundled_populations,
    list_emodels,
    load_emodel,
    parse_emodel,
)
from .export import export_emodel
from .numerics import PLAIN, Numerics
from .protocols import Missing, ProtocolRunner, cheap_first, check_order, with_needed
from .simulator import Simulator
from .sweep import SimulationError

__all__ = [
    "PLAIN",
    "EModel",
    "Missing",
    "Numerics",
    "Parameter",
    "ProtocolRunner",
    "SimulationError",
    "Simulator",
    "bundled_populations",
    "cheap_first",
    "check_order",
    "export_emodel",
    "list_emodels",
    "load_emodel",
    "parse_emodel",
    "with_needed",
]
