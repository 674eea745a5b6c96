"""Neural posteriors: parameters inferred from the features of a cell."""

from .hh import hh_features

__all__ = ["hh_features"]
