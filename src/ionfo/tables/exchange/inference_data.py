"""ArviZ InferenceData of a population or a run, as a netCDF file."""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...emodels import EModel
from ...errors import IonfoError
from ..files import replacing

_MOST_HELD = 1e9  # rows of unbroken chains


def chain_rows(frame: pd.DataFrame) -> NDArray[np.int64] | None:
    """Rows of a population by walker and step, each repeated while it was held.

    Parameters
    ----------
    frame : DataFrame
        With ``ensemble``, ``walker``, ``step`` and ``weight``.

    Returns
    -------
    ndarray of int, shape (n_walkers, n_steps), or None
        Positions in the table; None where walkers have gaps or different lengths, as after a bound
        on the cost.
    """
    if not {"ensemble", "walker", "step", "weight"} <= set(frame) or frame.empty:
        return None
    book = frame[["step", "weight"]]
    if not all(map(pd.api.types.is_numeric_dtype, book.dtypes)):
        return None
    numbers = book.to_numpy(np.float64)
    # not finite, or more than chains that were sampled can hold
    if not (np.abs(numbers) <= _MOST_HELD).all() or numbers[:, 1].sum() > _MOST_HELD:
        return None
    ordered = frame.reset_index(drop=True)
    walkers = []
    for _, rows in ordered.groupby(["ensemble", "walker"], sort=True):
        rows = rows.sort_values("step")
        step, weight = (rows[one].to_numpy(np.int64) for one in ("step", "weight"))
        if (weight < 1).any() or (step[1:] != (step + weight)[:-1]).any():
            return None
        walkers.append((int(step[0]), np.repeat(rows.index.to_numpy(np.int64), weight)))
    if len({(first, len(rows)) for first, rows in walkers}) > 1:
        return None
    return np.stack([rows for _, rows in walkers])


def inference_data(
    frame: pd.DataFrame, metadata: Mapping[str, Any], emodel: EModel | None
) -> tuple[Any, str | None]:
    """Put a population into ArviZ's container.

    Parameters
    ----------
    frame : DataFrame
        A population.
    metadata : mapping
        Goes into the attributes, as JSON.
    emodel : EModel, optional
        Its targets become ``constant_data``.

    Returns
    -------
    arviz.InferenceData
        ``posterior`` (parameters), ``posterior_predictive`` (features), ``sample_stats`` (cost,
        ``lp``, scores, ``accepted``); chains are walkers and draws steps, each state repeated while
        it was held.
    str or None
        What to know, when the rows form no chains: then they are one chain of rows, and
        ``sample_stats`` holds their ``weight``.
    """
    rows = chain_rows(frame)
    told = None
    if rows is None:
        rows = np.arange(len(frame))[None, :]
        told = (
            "the rows are no unbroken chains of equal length, so they are written as one chain of "
            "states with their weights in sample_stats: R-hat and ESS of it mean nothing"
        )

    def group(prefix: str) -> dict[str, NDArray[np.float64]]:
        return {
            str(name).removeprefix(prefix): frame[name].to_numpy(np.float64)[rows]
            for name in frame
            if str(name).startswith(prefix)
        }

    posterior = group("parameters/")
    if not posterior:
        raise IonfoError("the table has no 'parameters/' columns; import it first")
    statistics = {f"score {name}": values for name, values in group("scores/").items()}
    for column, name in (("cost", "cost"), ("log_prob", "lp")):
        if column in frame:
            statistics[name] = frame[column].to_numpy(np.float64)[rows]
    if told is None:
        moved = np.diff(rows, axis=1, prepend=-1) != 0
        statistics["accepted"] = moved
    elif "weight" in frame:
        statistics["weight"] = frame["weight"].to_numpy(np.float64)[rows]
    groups: dict[str, Any] = {"posterior": posterior, "sample_stats": statistics}
    if features := group("features/"):
        groups["posterior_predictive"] = features
    if emodel is not None:
        groups["constant_data"] = {
            f"{one.name} {what}": np.array(value)
            for one in emodel.features
            for what, value in (("mean", one.mean), ("sd", one.std))
        }
    with warnings.catch_warnings():
        # ArviZ announces its next major version at import
        warnings.simplefilter("ignore", FutureWarning)
        import arviz

        # more walkers than steps are no mistake
        warnings.filterwarnings("ignore", message="More chains", category=UserWarning)
        data = arviz.from_dict(**groups)
    data.attrs = {
        "ionfo": json.dumps(dict(metadata), sort_keys=True),
        "chains": "a chain is a walker and a draw a proposal: R-hat between walkers, which are "
        "short, exceeds that between ensembles, which ionfo tells",
    }
    return data, told


def write_inference_data(path: Path, data: Any) -> None:
    """Write netCDF atomically.

    Raises
    ------
    IonfoError
        If it cannot be written.
    """
    with replacing(path) as beside:
        data.to_netcdf(str(beside), engine="h5netcdf")
