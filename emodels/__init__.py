"""E-models: a JSON definition each, the cell built from it, its protocols and the simulator."""

from .definition import EModel, Parameter, list_emodels, load_emodel, parse_emodel
from .export import export_emodel
from .protocols import Missing, ProtocolRunner
from .simulator import SimulationError, Simulator

__all__ = [
    "EModel",
    "Missing",
    "Parameter",
    "ProtocolRunner",
    "SimulationError",
    "Simulator",
    "export_emodel",
    "list_emodels",
    "load_emodel",
    "parse_emodel",
]
