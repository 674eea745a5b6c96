from .cells.subsets import (
    cost_strata,
    few_cells_rows,
    high_covariance_rows,
    oversampled_rows,
    principal_components,
    random_unique_rows,
    unique_rows,
)
from .measures.bias import mutual_information_bias, wishart_bias
from .measures.comoments import Comoments, fourth_order, row_blocks, third_order
from .measures.correlation import correlation_matrix
from .measures.estimators import estimated_correlation, normal_scores
from .measures.gaussian import (
    dual_total_correlation,
    mutual_information,
    o_information,
    redundancy_synergy_index,
    s_information,
    total_correlation,
)
from .measures.gradient import o_information_gradient, o_information_pair_gradient
from .measures.local import local_o_information
from .measures.neighbours import (
    NeighbourInformation,
    nearest_neighbour_o_information,
    neighbour_information,
)
from .measures.predicted import predicted_share
from .multiplets.questions import Design, Question
from .multiplets.sampled import sampled_spectrum
from .multiplets.search import Found, find_extremes, greedy_extremes
from .multiplets.spectrum import (
    Spectrum,
    dual_total_correlation_spectrum,
    measure_all,
    o_information_spectrum,
    redundancy_synergy_spectrum,
    s_information_spectrum,
    total_correlation_spectrum,
)
from .pairs.neighbours import nearest_neighbour_information
from .pairs.pairwise import PairwiseInformation, pairwise_information
from .pairs.thinnings import over_thinnings
from .significance import benjamini_hochberg, cliffs_delta, compare_groups, mann_whitney
from .uncertainty.bands import Bands, Null
from .uncertainty.comparison import compare_spectra
from .uncertainty.convergence import LONG_CHAIN
from .uncertainty.curves import (
    area_under_curve,
    plateau_order,
    plateau_range,
    stabilisation_order,
    stabilisation_orders,
)
from .uncertainty.effective import Sample
from .uncertainty.resampling import Passes
from .uncertainty.stationarity import HeldStates, Stationarity, stationarity

__all__ = [
    "LONG_CHAIN",
    "Bands",
    "Comoments",
    "Design",
    "Found",
    "HeldStates",
    "NeighbourInformation",
    "Null",
    "PairwiseInformation",
    "Passes",
    "Question",
    "Sample",
    "Spectrum",
    "Stationarity",
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
    "few_cells_rows",
    "find_extremes",
    "fourth_order",
    "greedy_extremes",
    "high_covariance_rows",
    "local_o_information",
    "mann_whitney",
    "measure_all",
    "mutual_information",
    "mutual_information_bias",
    "nearest_neighbour_information",
    "nearest_neighbour_o_information",
    "neighbour_information",
    "normal_scores",
    "o_information",
    "o_information_gradient",
    "o_information_pair_gradient",
    "o_information_spectrum",
    "over_thinnings",
    "oversampled_rows",
    "pairwise_information",
    "plateau_order",
    "plateau_range",
    "predicted_share",
    "principal_components",
    "random_unique_rows",
    "redundancy_synergy_index",
    "redundancy_synergy_spectrum",
    "row_blocks",
    "s_information",
    "s_information_spectrum",
    "sampled_spectrum",
    "stabilisation_order",
    "stabilisation_orders",
    "stationarity",
    "third_order",
    "total_correlation",
    "total_correlation_spectrum",
    "unique_rows",
    "wishart_bias",
]
