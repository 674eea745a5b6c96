"""From ion-channel conductances to higher-order statistics of neuron models."""

from importlib.metadata import version

__version__ = version("ionfo")

__all__ = ["__version__"]
