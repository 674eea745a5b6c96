"""From a matrix to information: measures on arrays, all multiplets, figures.

Everything is Gaussian, in nats and float64.  Positive O-information and positive RSI mean
that redundancy dominates, negative that synergy does.
"""

from .gaussian import (
    correlation_matrix,
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

__all__ = [
    "Spectrum",
    "correlation_matrix",
    "dual_total_correlation",
    "dual_total_correlation_spectrum",
    "measure_all",
    "mutual_information",
    "o_information",
    "o_information_spectrum",
    "redundancy_synergy_index",
    "redundancy_synergy_spectrum",
    "s_information",
    "s_information_spectrum",
    "total_correlation",
    "total_correlation_spectrum",
]
