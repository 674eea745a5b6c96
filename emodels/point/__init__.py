"""Cells of one compartment: `hh` in a step of current; `stg`, `da` and their feedback."""

from .definition import PointModel, list_point_models, load_point_model
from .feedback import dynamic_input_conductances, threshold_voltage
from .hh import HH_BOUNDS, HH_UNITS, HHRun, StepProtocol, simulate_hh
from .simulation import simulate_spikes, simulate_voltage

__all__ = [
    "HH_BOUNDS",
    "HH_UNITS",
    "HHRun",
    "PointModel",
    "StepProtocol",
    "dynamic_input_conductances",
    "list_point_models",
    "load_point_model",
    "simulate_hh",
    "simulate_spikes",
    "simulate_voltage",
    "threshold_voltage",
]
