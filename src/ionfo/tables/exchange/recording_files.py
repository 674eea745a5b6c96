"""Files of recordings: every sweep of an ABF, NWB, igor or CSV file in ms, mV and nA.

BluePyEfe reads NWB and igor.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...errors import IonfoError
from .targets_config import Files, Units

Array = NDArray[np.float64]

_TO_MS = {"ms": 1.0, "s": 1e3}
_TO_MV = {"mV": 1.0, "V": 1e3}
TO_NA = {"nA": 1.0, "pA": 1e-3, "A": 1e9}
_SECONDS = ("s", "sec", "seconds")


@dataclass(frozen=True)
class RawSweep:
    """A sweep as it stands in a file: times in ms, voltages in mV, currents in nA or None."""

    sweep: str
    dt: float
    v: Array
    current: Array | None


def read_file(
    path: Path, current: Path | None, protocol: str, asked: Files, units: Units
) -> list[RawSweep]:
    """Read all sweeps of a file.

    Parameters
    ----------
    path : Path
        .abf, .nwb, .ibw, .bwav, .csv or .txt.
    current : Path or None
        Of igor: the file of the current.
    protocol : str
        Whose sweeps are taken of an .nwb file.
    asked : Files
        What the config says of the file.
    units : Units
        Where the file does not state its own.

    Raises
    ------
    IonfoError
        If it does not hold a voltage of such a protocol.
    """
    suffix = path.suffix.lower()
    if suffix == ".abf":
        return _abf(path)
    if suffix in (".csv", ".txt"):
        return _csv(path, units)
    with warnings.catch_warnings(), quiet():
        warnings.simplefilter("ignore")
        if suffix == ".nwb":
            from bluepyefe.reader import nwb_reader

            name = asked.protocol_in_file or protocol
            read = nwb_reader({"filepath": str(path), "protocol_name": name})
            if not read:
                raise IonfoError(f"it holds no sweep of protocol '{name}'")
        else:
            from bluepyefe.reader import igor_reader

            if current is None:
                raise IonfoError("an igor file needs the file of its current: 'current_files'")
            read = igor_reader({"v_file": str(path), "i_file": str(current), "t_unit": "s"})
    return [_standard(one, i, units) for i, one in enumerate(read)]


class quiet:
    """Keep BluePyEfe's warnings back: what they are about is told sweep by sweep."""

    def __enter__(self) -> None:
        self._logger = logging.getLogger("bluepyefe")
        self._level = self._logger.level
        self._logger.setLevel(logging.CRITICAL)

    def __exit__(self, *error: object) -> None:
        self._logger.setLevel(self._level)


def _standard(one: Mapping[str, Any], i: int, units: Units) -> RawSweep:
    from bluepyefe.tools import to_mV, to_nA

    seconds = str(one.get("t_unit") or "s").lower() in _SECONDS
    return RawSweep(
        str(one.get("id") or i),
        float(one["dt"]) * (1e3 if seconds else 1.0),
        np.asarray(to_mV(np.asarray(one["voltage"], np.float64), one.get("v_unit") or units.v)),
        np.asarray(to_nA(np.asarray(one["current"], np.float64), one.get("i_unit") or units.i)),
    )


def _abf(path: Path) -> list[RawSweep]:
    """Read an ABF: voltage and current by their units, or the command where no current was kept."""
    with np.printoptions():  # its import sets how arrays are printed, for everybody
        import pyabf

    file = pyabf.ABF(str(path))
    units = [str(one).strip() for one in file.adcUnits]
    voltage = next((i for i, one in enumerate(units) if one in _TO_MV), None)
    current = next((i for i, one in enumerate(units) if one in TO_NA), None)
    if voltage is None:
        raise IonfoError(f"it holds no voltage: its channels are in {', '.join(units)}")
    found = []
    for sweep in file.sweepList:
        file.setSweep(sweep, channel=voltage)
        v = np.array(file.sweepY, np.float64) * _TO_MV[units[voltage]]
        i: Array | None = None
        if current is not None:
            file.setSweep(sweep, channel=current)
            i = np.array(file.sweepY, np.float64) * TO_NA[units[current]]
        elif (unit := str(file.sweepUnitsC).strip()) in TO_NA and np.ptp(file.sweepC) > 0:
            i = np.array(file.sweepC, np.float64) * TO_NA[unit]
        found.append(RawSweep(str(sweep), 1e3 / float(file.sampleRate), v, i))
    return found


def _csv(path: Path, units: Units) -> list[RawSweep]:
    """Read a table: its first column is time; then v and i, or v0, i0, v1, i1 and so on."""
    frame = pd.read_csv(path, sep=None, engine="python")
    t = frame.iloc[:, 0].to_numpy(np.float64) * _TO_MS[units.t]
    if len(t) < 3 or not np.allclose(np.diff(t), t[1] - t[0], rtol=1e-3):
        raise IonfoError("its first column must be a time that rises in equal steps")
    names = {str(name).strip().lower(): name for name in frame.columns[1:]}
    found = []
    for key, name in names.items():
        if not key.startswith("v"):
            continue
        current = names.get("i" + key[1:])
        found.append(
            RawSweep(
                key[1:] or "0",
                float(t[1] - t[0]),
                frame[name].to_numpy(np.float64) * _TO_MV[units.v],
                None if current is None else frame[current].to_numpy(np.float64) * TO_NA[units.i],
            )
        )
    if not found:
        raise IonfoError("it needs columns v, i or v0, i0, v1, i1 and so on after the time")
    return found
