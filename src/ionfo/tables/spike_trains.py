"""Spike trains as files: text, CSV, Parquet, NPZ, and units of NWB."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..errors import IonfoError, why_unread
from ..features.spike_times import check_times
from ..limits import read_text, shortened
from .archives import check_archive_path, read_arrays, write_arrays
from .files import check_table_path, read_table, write_table

Array = NDArray[np.float64]

IN_MS = {"ms": 1.0, "s": 1000.0}
"""Units of time in files, in ms."""

SUFFIXES = (".txt", ".csv", ".parquet", ".npz", ".nwb")

_COLUMNS = {"time_ms": "ms", "time_s": "s"}


@dataclass(frozen=True)
class SpikeTrains:
    """Spike trains by name.

    Attributes
    ----------
    names : tuple of str
        One a train.
    trains : list of ndarray
        Spike times (ms).
    unit : str
        In which the file had them.
    """

    names: tuple[str, ...]
    trains: list[Array]
    unit: str


def read_spike_trains(path: str | Path, unit: str | None = None) -> SpikeTrains:
    """Read spike trains.

    Parameters
    ----------
    path : str or Path
        ``.txt``: a train a line, or one number a line for a single train.  ``.csv`` and
        ``.parquet``: a column ``train``, where there are several, and the times in ``time_ms``,
        ``time_s`` or ``time``; a column of times alone is one train.  ``.npz``: an array a train.
        ``.nwb``: the units.
    unit : str, optional
        ``ms`` or ``s``; needed unless the file says it (``time_ms``, ``time_s``, NWB).

    Returns
    -------
    SpikeTrains
        In ms.

    Raises
    ------
    IonfoError
        If the file cannot be read, the unit is not known, or a train is none.
    """
    file = Path(path)
    if unit is not None and unit not in IN_MS:
        raise IonfoError(f"the unit of spike times is ms or s, got '{shortened(unit)}'")
    if file.suffix not in SUFFIXES:
        raise IonfoError(f"spike trains '{file}' must end in {', '.join(SUFFIXES)}")
    if not file.is_file():
        raise IonfoError(f"spike trains '{file}' cannot be read: it is no file")
    found, told = _read(file)
    if told is not None and unit not in (None, told):
        raise IonfoError(f"spike trains '{file}' say that they are in {told}, and --unit is {unit}")
    if (unit := told or unit) is None:
        raise IonfoError(
            f"'{file}' does not say whether its times are in ms or s; add --unit ms or --unit s"
        )
    if not found:
        raise IonfoError(f"spike trains '{file}' hold no train")
    trains = [
        check_times(np.asarray(times) * IN_MS[unit], f"times of train '{name}' of '{file}'")
        for name, times in found.items()
    ]
    return SpikeTrains(tuple(found), trains, unit)


def check_trains_path(path: Path) -> None:
    """Check that spike trains can be written here, before the work that makes them.

    Raises
    ------
    IonfoError
        If the suffix is not .csv, .parquet or .npz, its folder does not exist, or it is a folder.
    """
    if path.suffix not in (".csv", ".parquet", ".npz"):
        raise IonfoError(f"spike trains '{path}' must end in .csv, .parquet or .npz")
    if path.suffix == ".npz":
        check_archive_path(path, "file of spike trains")
    else:
        check_table_path(path)


def write_spike_trains(path: Path, names: Sequence[str], trains: Sequence[Array]) -> None:
    """Write spike trains in ms: a table (.csv, .parquet) of train and time, or .npz.

    Raises
    ------
    IonfoError
        If the suffix is another one or the file cannot be written.
    """
    if path.suffix == ".npz":
        write_arrays(path, dict(zip(names, trains, strict=True)))
        return
    frame = pd.DataFrame(
        {
            "train": np.repeat(np.array(names, dtype=object), [len(one) for one in trains]),
            "time_ms": np.concatenate([*trains, np.empty(0)]),
        }
    )
    write_table(path, frame)


def _read(file: Path) -> tuple[dict[str, Array], str | None]:
    """Trains by name as they are, and the unit where the file says it."""
    if file.suffix == ".npz":
        return _read_npz(file), None
    if file.suffix == ".nwb":
        return _read_nwb(file), "s"
    if file.suffix == ".txt":
        return _read_text(file), None
    frame, _ = read_table(file)
    names = [name for name in ("time_ms", "time_s", "time") if name in frame]
    if len(names) != 1:
        raise IonfoError(
            f"spike trains '{file}' need one column of times, time_ms, time_s or time, got "
            f"{shortened(', '.join(map(str, frame.columns)), 200)}"
        )
    times = pd.to_numeric(frame[names[0]], errors="coerce").to_numpy(np.float64)
    others = [str(name) for name in frame if name not in ("train", names[0])]
    if "train" not in frame and others:
        raise IonfoError(
            f"spike trains '{file}' have columns beside '{names[0]}', "
            f"{shortened(', '.join(others), 200)}, and none of them is 'train': rename the one "
            "with the names of the trains, or leave the others out of the file"
        )
    if "train" not in frame:
        return {"1": times}, _COLUMNS.get(names[0])
    labels = frame["train"].astype(str).to_numpy()
    trains = {str(label): times[labels == label] for label in pd.unique(labels)}
    return trains, _COLUMNS.get(names[0])


def _read_text(file: Path) -> dict[str, Array]:
    try:
        lines = [line.replace(",", " ").split() for line in read_text(file).splitlines()]
        rows = [[float(word) for word in line] for line in lines if line and line[0][0] != "#"]
    except (OSError, ValueError) as error:
        raise IonfoError(f"spike trains '{file}' cannot be read: {why_unread(error)}") from None
    if rows and all(len(row) == 1 for row in rows):
        rows = [[row[0] for row in rows]]
    return {str(i): np.array(row) for i, row in enumerate(rows, start=1)}


def _read_npz(file: Path) -> dict[str, Array]:
    found = {}
    for name, one in read_arrays(file, "spike trains").items():
        if one.dtype.kind not in "iuf":
            raise IonfoError(f"spike trains '{file}' must be numbers, and '{name}' in it is not")
        found[name] = one.astype(np.float64)
    return found


def _read_nwb(file: Path) -> dict[str, Array]:
    try:
        from pynwb import NWBHDF5IO
    except ImportError:
        raise IonfoError("NWB files are read with pynwb: pip install 'ionfo[recordings]'") from None
    try:
        with NWBHDF5IO(str(file), "r") as source:
            units = source.read().units
            if units is None or "spike_times" not in units.colnames:
                raise IonfoError(f"'{file}' has no units with spike times")
            times = [np.asarray(units["spike_times"][i]) for i in range(len(units))]
            names = [str(name) for name in units.id[:]]
            if len(set(names)) < len(names):
                raise IonfoError(f"'{file}' has units of the same id; give each its own")
            return dict(zip(names, times, strict=True))
    except IonfoError:
        raise
    except Exception:  # what readers of a damaged file raise has no common class
        raise IonfoError(
            f"spike trains '{file}' cannot be read: it is no NWB file, or damaged"
        ) from None
