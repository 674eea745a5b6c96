"""From a response to eFEL features, z-scores and one cost; knows eFEL, not NEURON."""

from .extraction import (
    EfelSettings,
    FeatureTarget,
    FeatureValues,
    extract_features,
    feature_value,
    is_known_feature,
)
from .response import Response
from .scores import MAX_SCORE, combine_cost, z_score

__all__ = [
    "MAX_SCORE",
    "EfelSettings",
    "FeatureTarget",
    "FeatureValues",
    "Response",
    "combine_cost",
    "extract_features",
    "feature_value",
    "is_known_feature",
    "z_score",
]
