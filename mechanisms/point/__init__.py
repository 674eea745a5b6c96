"""Channels of the point models: the kinetics of ``emodels/point`` for NEURON."""
