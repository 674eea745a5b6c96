"""Where the bundled populations are, and the features that figures and claims are about."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ionfo.emodels.definition import POPULATIONS

NAMES = ("cac", "bnac", "l5pc")
RMP = "RMPProtocol.soma.v.steady_state_voltage_stimend"
RATE = "Step_200.soma.v.mean_frequency"
FIRST_INTERVAL = "Step_200.soma.v.inv_first_ISI"
TARGETS = (RMP, RATE, FIRST_INTERVAL)


def every_population(folder: Path) -> list[Path]:
    """List the populations of a folder.

    Raises
    ------
    SystemExit
        If there are none: a check of nothing must not pass.
    """
    files = sorted(folder.glob("*.parquet"))
    if not files:
        raise SystemExit(f"'{folder}' holds no population (NAME.parquet)")
    return files


def bundled(folder: Path = POPULATIONS, suffix: str = "") -> Iterator[tuple[str, Path]]:
    """Name and file of the bundled populations; ``_high`` for those of high cost."""
    for name in NAMES:
        file = folder / f"{name}{suffix}.parquet"
        if file.exists():
            yield name, file
