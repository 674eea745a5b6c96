"""From a response to eFEL features, z-scores and one cost; knows eFEL, not NEURON."""

from .extraction import (
    FeatureTarget,
    FeatureValues,
    extract_features,
    feature_value,
    is_known_feature,
    known_features,
)
from .response import Response
from .scores import MAX_SCORE, combine_cost, z_score
from .settings import EfelSettings, SettingValue, check_setting, setting_types
from .settled import SPIKES_NEEDED, settled_features
from .units import feature_unit

__all__ = [
    "MAX_SCORE",
    "SPIKES_NEEDED",
    "EfelSettings",
    "FeatureTarget",
    "FeatureValues",
    "Response",
    "SettingValue",
    "check_setting",
    "combine_cost",
    "extract_features",
    "feature_unit",
    "feature_value",
    "is_known_feature",
    "known_features",
    "setting_types",
    "settled_features",
    "z_score",
]
