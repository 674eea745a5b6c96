"""The limits by which chains are judged, in one place."""

GOOD_R_HAT = 1.01
"""R-hat up to which ensembles agree (Vehtari et al. 2021, Bayesian Anal. 16:667)."""

HIGHEST_R_HAT = 1.05
"""R-hat above which ensembles do not agree."""

LONG_CHAIN = 50.0
"""Autocorrelation times that every walker should span before they are known (Foreman-Mackey et al.
2013)."""
