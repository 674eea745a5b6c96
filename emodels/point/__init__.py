"""Cells of one compartment, their dynamic input conductances, and their spike trains."""

from .definition import PointModel, list_point_models, load_point_model
from .feedback import dynamic_input_conductances, threshold_voltage
from .simulation import simulate_spikes, simulate_voltage

__all__ = [
    "PointModel",
    "dynamic_input_conductances",
    "list_point_models",
    "load_point_model",
    "simulate_spikes",
    "simulate_voltage",
    "threshold_voltage",
]
