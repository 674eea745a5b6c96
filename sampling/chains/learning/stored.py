"""A surrogate as a table, and back, to the last bit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .fitting import Surrogate
from .gaussian_process import GaussianProcess
from .network import Network
from .quadratic import Quadratic

Array = NDArray[np.float64]


def surrogate_frame(surrogate: Surrogate) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Give all numbers as rows of ``array``, ``index`` and ``value``, and what else there is."""
    arrays = {**surrogate.model.arrays(), "residuals": surrogate.residuals}
    frame = pd.concat(
        [
            pd.DataFrame({"array": name, "index": np.arange(one.size), "value": one.ravel()})
            for name, one in arrays.items()
        ],
        ignore_index=True,
    )
    about = {
        "kind": surrogate.kind,
        "shapes": {name: list(one.shape) for name, one in arrays.items()},
        "errors": surrogate.errors,
        "n_rows": surrogate.n_rows,
        "n_partial": surrogate.n_partial,
    }
    return frame, about


def surrogate_of(frame: pd.DataFrame, about: Mapping[str, Any]) -> Surrogate:
    """Take what `surrogate_frame` gave.

    Raises
    ------
    ValueError, KeyError
        If it is something else.
    """
    arrays: dict[str, Array] = {}
    for name, shape in about["shapes"].items():
        values = frame.loc[frame["array"] == name, "value"].to_numpy(np.float64)
        # sums of products depend on the layout in the last bit
        arrays[name] = np.ascontiguousarray(values.reshape(shape))
    kinds: dict[str, type[Network] | type[GaussianProcess] | type[Quadratic]] = {
        "network": Network,
        "gaussian_process": GaussianProcess,
        "quadratic": Quadratic,
    }
    return Surrogate(
        about["kind"],
        kinds[about["kind"]].of_arrays(arrays),
        arrays["residuals"],
        {str(kind): float(error) for kind, error in about["errors"].items()},
        int(about["n_rows"]),
        int(about["n_partial"]),
    )
