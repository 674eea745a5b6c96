"""Populations of a folder, and those of the published cells, which ship with ionfo."""

from __future__ import annotations

from pathlib import Path

from ..emodels.definition import POPULATIONS
from ..errors import IonfoError

PUBLISHED = ("cac", "bnac", "l5pc")
"""E-models of the cells of Reva et al. (2025, PNAS)."""

RMP = "RMPProtocol.soma.v.steady_state_voltage_stimend"
RATE = "Step_200.soma.v.mean_frequency"
FIRST_INTERVAL = "Step_200.soma.v.inv_first_ISI"
TARGETS = (RMP, RATE, FIRST_INTERVAL)
"""Features that the publication relates to conductances."""


def list_populations(folder: Path) -> list[Path]:
    """List the populations of a folder, sorted by name.

    Parameters
    ----------
    folder : Path
        Holds NAME.parquet.

    Returns
    -------
    list of Path
        At least one.

    Raises
    ------
    IonfoError
        If there are none: a check of nothing must not pass.
    """
    files = sorted(folder.glob("*.parquet"))
    if not files:
        raise IonfoError(f"'{folder}' holds no population (NAME.parquet)")
    return files


def published_populations(folder: Path = POPULATIONS, suffix: str = "") -> dict[str, Path]:
    """Find the populations of the published cells.

    Parameters
    ----------
    folder : Path
        Holds NAME.parquet; by default the folder that ships with ionfo.
    suffix : str
        Of the names: ``_high`` for the models of high cost.

    Returns
    -------
    dict
        File of each e-model that has one, in the order of `PUBLISHED`.
    """
    files = {name: folder / f"{name}{suffix}.parquet" for name in PUBLISHED}
    return {name: file for name, file in files.items() if file.exists()}
