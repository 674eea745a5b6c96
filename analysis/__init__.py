"""From a matrix to information: measures on arrays, all multiplets, nulls, figures.

Values are in nats and float64.  Positive O-information and positive RSI mean that redundancy
dominates, negative that synergy does.
"""

from .bands import Bands, Null
from .bias import mutual_information_bias, wishart_bias
from .comparison import compare_spectra
from .correlation import correlation_matrix
from .curves import area_under_curve, stabilisation_order, stabilisation_orders
from .design import Design, Question
from .effective import LONG_CHAIN, Sample
from .estimators import estimated_correlation, normal_scores
from .gaussian import (
    dual_total_correlation,
    mutual_information,
    o_information,
    redundancy_synergy_index,
    s_information,
    total_correlation,
)
from .multiplets import (
    Spectrum,
    dual_total_correlation_spectrum,
    measure_all,
    o_information_spectrum,
    redundancy_synergy_spectrum,
    s_information_spectrum,
    total_correlation_spectrum,
)
from .pairwise import PairwiseInformation, nearest_neighbour_information, pairwise_information
from .resampling import Passes
from .sampled import sampled_spectrum
from .search import Found, find_extremes, greedy_extremes
from .significance import benjamini_hochberg, cliffs_delta, compare_groups, mann_whitney
from .subsets import (
    cost_strata,
    high_covariance_rows,
    oversampled_rows,
    principal_components,
    unique_rows,
)

__all__ = [
    "LONG_CHAIN",
    "Bands",
    "Design",
    "Found",
    "Null",
    "PairwiseInformation",
    "Passes",
    "Question",
    "Sample",
    "Spectrum",
    "area_under_curve",
    "benjamini_hochberg",
    "cliffs_delta",
    "compare_groups",
    "compare_spectra",
    "correlation_matrix",
    "cost_strata",
    "dual_total_correlation",
    "dual_total_correlation_spectrum",
    "estimated_correlation",
    "find_extremes",
    "greedy_extremes",
    "high_covariance_rows",
    "mann_whitney",
    "measure_all",
    "mutual_information",
    "mutual_information_bias",
    "nearest_neighbour_information",
    "normal_scores",
    "o_information",
    "o_information_spectrum",
    "oversampled_rows",
    "pairwise_information",
    "principal_components",
    "redundancy_synergy_index",
    "redundancy_synergy_spectrum",
    "s_information",
    "s_information_spectrum",
    "sampled_spectrum",
    "stabilisation_order",
    "stabilisation_orders",
    "total_correlation",
    "total_correlation_spectrum",
    "unique_rows",
    "wishart_bias",
]
