"""From a response to eFEL features, z-scores and one cost; knows eFEL, not NEURON."""

from .extraction import (
    EfelSettings,
    FeatureTarget,
    FeatureValues,
    extract_features,
    feature_value,
    is_known_feature,
    known_features,
)
from .response import Response
from .scores import MAX_SCORE, combine_cost, z_score
from .settled import SPIKES_NEEDED, settled_features
from .units import feature_unit

__all__ = [
    "MAX_SCORE",
    "SPIKES_NEEDED",
    "EfelSettings",
    "FeatureTarget",
    "FeatureValues",
    "Response",
    "combine_cost",
    "extract_features",
    "feature_unit",
    "feature_value",
    "is_known_feature",
    "known_features",
    "settled_features",
    "z_score",
]
