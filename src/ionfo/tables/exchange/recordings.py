"""Recordings in current clamp: ABF, NWB, igor and CSV, with what is wrong with each sweep.

BluePyEfe reads NWB and igor and finds steps in the current; the corners of any other current are
found here.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...errors import IonfoError
from .current_corners import current_corners
from .recording_files import TO_NA, RawSweep, quiet, read_file
from .targets_config import Files, TargetsConfig

Array = NDArray[np.float64]

INSTALL = "pip install 'ionfo[recordings]'"
_SUFFIXES = (".abf", ".nwb", ".ibw", ".bwav", ".csv", ".txt")
_LEAST_STEP = 1e-4  # nA


@dataclass(frozen=True)
class Trace:
    """One sweep.

    Attributes
    ----------
    cell, protocol, file, sweep : str
        Where it comes from.
    t, v, current : ndarray, shape (n_time,)
        ms, mV (corrected for the liquid junction potential), nA.
    ton, toff, total : float
        Begin and end of the step, or of the whole current, and of the sweep (ms).
    amplitude, holding : float
        Of the step on top of the holding current, or where any other current is farthest from it,
        and that (nA).
    corners : tuple of (float, float)
        Of a current that is no step: ms, and nA on top of the holding current.
    """

    cell: str
    protocol: str
    file: str
    sweep: str
    t: Array
    v: Array
    current: Array
    ton: float
    toff: float
    total: float
    amplitude: float
    holding: float
    corners: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True)
class BadTrace:
    """A sweep, or a file, that is not used, and why."""

    cell: str
    protocol: str
    file: str
    sweep: str
    reason: str


def read_recordings(folder: Path, config: TargetsConfig) -> tuple[list[Trace], list[BadTrace]]:
    """Read all sweeps that a config names.

    Parameters
    ----------
    folder : Path
        Holds the files.
    config : TargetsConfig
        Names them, or leaves it to folders CELL/PROTOCOL and to .nwb files called as their cell.

    Returns
    -------
    list of Trace
        What can be used.
    list of BadTrace
        What cannot, with the reason.

    Raises
    ------
    IonfoError
        If BluePyEfe is missing, there are no files, or a protocol is no step where one is needed.
    """
    _check_extra()
    if not folder.is_dir():
        raise IonfoError(f"recordings '{folder}' are no folder")
    _check_steps(config)
    found: list[Trace] = []
    bad: list[BadTrace] = []
    n_files = 0
    for cell, protocol, asked in _asked(folder, config):
        paths = _matching(folder, asked.files)
        n_files += len(paths)
        if not paths and config.cells is not None:
            raise IonfoError(
                f"cell '{cell}', protocol '{protocol}': no file in '{folder}' is called "
                f"'{asked.files}'"
            )
        currents = [] if asked.current_files is None else _matching(folder, asked.current_files)
        for i, path in enumerate(paths):
            file = str(path.relative_to(folder))
            try:
                raw = read_file(path, currents[i] if i < len(currents) else None, protocol, asked,
                            asked.units or config.units)  # fmt: skip
            except IonfoError as error:
                bad.append(BadTrace(cell, protocol, file, "", str(error)))
                continue
            except Exception as error:  # readers of other tools raise anything
                told = f"{type(error).__name__}: {str(error)[:120]}"
                bad.append(BadTrace(cell, protocol, file, "", f"cannot be read ({told})"))
                continue
            for k, one in enumerate(raw):
                if asked.sweeps is not None and k not in asked.sweeps:
                    bad.append(
                        BadTrace(cell, protocol, file, one.sweep, "the config leaves it out")
                    )
                    continue
                made = _trace(one, k, (cell, protocol, file), asked, config)
                (found if isinstance(made, Trace) else bad).append(made)  # type: ignore[arg-type]
    if not n_files:
        raise IonfoError(
            f"'{folder}' holds no recordings: folders CELL/PROTOCOL with files "
            f"{', '.join(_SUFFIXES)}, or CELL.nwb; or name them in the config under 'cells'"
        )
    return found, bad


def _check_extra() -> None:
    try:
        with np.printoptions():  # pyabf's import sets how arrays are printed, for everybody
            import bluepyefe  # noqa: F401
            import pyabf  # noqa: F401
    except ImportError as error:
        raise IonfoError(
            f"'{error.name}' is needed to read recordings and was not found; {INSTALL}"
        ) from None


def _kind(name: str) -> str:
    """Give BluePyEfe's word for the shape of a protocol, which goes by its name."""
    from bluepyefe.ecode import eCodes
    from bluepyefe.ecode.step import Step

    return str(next((eCodes[one] for one in eCodes if one in name.lower()), Step).__name__)


def _is_step(name: str, config: TargetsConfig) -> bool:
    """Tell whether a protocol is read as a single step."""
    asked = config.protocols.get(name)
    if asked is not None and asked.current is not None:
        return asked.current == "step"
    return _kind(name) == "Step"


def _check_steps(config: TargetsConfig) -> None:
    """Check that thresholds and the input resistance come from steps."""
    names = list(config.threshold.protocols) if config.threshold else []
    names += [config.input_resistance.protocol] if config.input_resistance else []
    for name in names:
        if not _is_step(name, config):
            raise IonfoError(
                f"protocol '{name}' is no step for BluePyEfe but {_kind(name)}, and threshold "
                "currents and input resistances are those of steps; name another protocol, or "
                f'say "current": "step" for it under \'protocols\''
            )


def _asked(folder: Path, config: TargetsConfig) -> Iterator[tuple[str, str, Files]]:
    if config.cells is not None:
        for cell, protocols in config.cells.items():
            for protocol, files in protocols.items():
                if protocol in config.protocol_names:
                    yield from ((cell, protocol, one) for one in files)
        return
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() == ".nwb":
            for protocol in config.protocol_names:
                yield path.stem, protocol, Files(files=path.name)
        elif path.is_dir():
            for protocol in config.protocol_names:
                if (path / protocol).is_dir():
                    yield path.name, protocol, Files(files=f"{path.name}/{protocol}/*")
            for file in sorted(path.glob("*.nwb")):
                for protocol in config.protocol_names:
                    yield path.name, protocol, Files(files=f"{path.name}/{file.name}")


def _matching(folder: Path, pattern: str) -> list[Path]:
    every = (one for one in sorted(folder.rglob("*")) if one.is_file())
    return [
        one
        for one in every
        if fnmatch(one.relative_to(folder).as_posix(), pattern) and one.suffix.lower() in _SUFFIXES
    ]


def _trace(
    raw: RawSweep, number: int, origin: tuple[str, str, str], asked: Files, config: TargetsConfig
) -> Trace | BadTrace:
    """Find the step of a sweep, and judge the sweep."""
    from bluepyefe.ecode.step import Step

    def bad(reason: str) -> BadTrace:
        return BadTrace(*origin, raw.sweep, reason)

    units, quality = asked.units or config.units, config.quality
    junction = asked.liquid_junction_potential
    v = raw.v - (config.liquid_junction_potential if junction is None else junction)
    current = raw.current
    if asked.amplitudes is not None:
        if asked.ton is None or asked.toff is None:
            raise IonfoError(
                f"cell '{origin[0]}', protocol '{origin[1]}': amplitudes need 'ton' and 'toff'"
            )
        if number >= len(asked.amplitudes):
            return bad(f"the config has {len(asked.amplitudes)} amplitudes, and none for it")
        current = np.full(len(v), (asked.holding or 0.0) * TO_NA[units.i])
        first, last = (int(round(one / raw.dt)) for one in (asked.ton, asked.toff))
        current[first:last] += asked.amplitudes[number] * TO_NA[units.i]
    if len(v) < 3:
        return bad("it is empty")
    if current is None:
        return bad("no current is kept with it; give amplitudes, ton and toff in the config")
    if len(current) != len(v):
        return bad(f"it has {len(v)} voltages and {len(current)} currents")
    if not (np.isfinite(v).all() and np.isfinite(current).all()):
        return bad("a voltage or a current is not a number")
    if raw.dt > quality.largest_interval:
        return bad(
            f"{raw.dt:.3g} ms between samples, and {quality.largest_interval:g} are the most"
        )
    if v.min() < quality.lowest or v.max() > quality.highest:
        return bad(
            f"voltages from {v.min():.4g} to {v.max():.4g} mV; is the unit right? "
            f"{quality.lowest:g} to {quality.highest:g} are kept"
        )
    t: Array = np.arange(len(v), dtype=np.float64) * raw.dt
    resting = config.resting_potential
    if resting is not None and origin[1] == resting.protocol:
        held = float(np.median(current))
        return Trace(*origin, raw.sweep, t, v, current, 0.0, float(t[-1]), float(t[-1]), 0.0, held)
    if not _is_step(origin[1], config):
        made = _any_current(raw, origin, t, v, current)
        return bad(made) if isinstance(made, str) else _unless_restless(made, config)
    given = {key: value for key, value in (("ton", asked.ton), ("toff", asked.toff)) if value}
    with quiet(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        step = Step(
            {**given, "i_unit": "nA", "v_unit": "mV", "t_unit": "ms"},
            {"voltage": v, "current": current, "dt": raw.dt},
            origin[1],
            config.efel.model_dump(),
        )
    ton, toff = float(step.ton), float(step.toff)
    if asked.toff is None:
        toff += raw.dt  # what is found is the last sample of the step
    if abs(step.amp) < _LEAST_STEP or (not given and (ton <= 0 or toff >= len(v) * raw.dt)):
        return bad(f"no step is found in its current (amplitude {float(step.amp):.3g} nA)")
    total = float(len(v) * raw.dt)
    made = Trace(
        *origin, raw.sweep, t, v, current, ton, toff, total, float(step.amp), float(step.hypamp)
    )
    return _unless_restless(made, config)


def _any_current(
    raw: RawSweep, origin: tuple[str, str, str], t: Array, v: Array, current: Array
) -> Trace | str:
    """Find the corners of a current; or say why there are none."""
    try:
        holding, corners = current_corners(raw.dt, current)
    except IonfoError as error:
        return str(error)
    if not corners:
        return "its current does not change"
    amplitude = max((value for _, value in corners), key=abs)
    return Trace(
        *origin, raw.sweep, t, v, current, corners[0][0], corners[-1][0], float(len(v) * raw.dt),
        amplitude, holding, tuple(corners),
    )  # fmt: skip


def _unless_restless(one: Trace, config: TargetsConfig) -> Trace | BadTrace:
    """Judge what comes before the current."""

    def bad(reason: str) -> BadTrace:
        return BadTrace(one.cell, one.protocol, one.file, one.sweep, reason)

    quality, before = config.quality, one.v[one.t < one.ton]
    word = "current" if one.corners else "step"
    spikes = int(((before[1:] > config.efel.Threshold) & (before[:-1] <= config.efel.Threshold))
                 .sum())  # fmt: skip
    if spikes:
        return bad(f"{spikes} spike{'' if spikes == 1 else 's'} before the {word}")
    if len(before) and before.std() > quality.baseline_sd:
        return bad(
            f"its baseline has an SD of {before.std():.3g} mV, and {quality.baseline_sd:g} are the "
            "most"
        )
    return one
