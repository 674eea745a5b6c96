"""Sweeps of currents that are no steps: which are alike, where features look, how it is written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ..errors import IonfoError
from ..tables.exchange.recordings import BadTrace, Trace
from ..tables.exchange.targets_config import TargetProtocol


def of_one_shape(sweeps: Sequence[Trace]) -> tuple[list[Trace], list[BadTrace]]:
    """Keep the sweeps whose current has as many corners as that of most; say so of the others."""
    ((most, _),) = Counter(len(one.corners) for one in sweeps).most_common(1)
    others = [
        BadTrace(one.cell, one.protocol, one.file, one.sweep,
                 f"its current has {len(one.corners)} corners, and that of most has {most}")
        for one in sweeps
        if len(one.corners) != most
    ]  # fmt: skip
    return [one for one in sweeps if len(one.corners) == most], others


def in_window(sweep: Trace, asked: TargetProtocol) -> Trace:
    """Give a sweep whose begin and end are those of the window that was asked for.

    Raises
    ------
    IonfoError
        If the current does not have the corners that are asked for, or the sweep ends before.
    """
    if asked.window is not None:
        start, end = asked.window
    elif asked.window_corners is not None:
        times = [time for time, _ in sweep.corners]
        if asked.window_corners[1] >= len(times):
            told = ", ".join(f"{one:.5g}" for one in times[:12])
            raise IonfoError(
                f"protocol '{sweep.protocol}': window_corners {list(asked.window_corners)} count "
                f"from 0, and the current of '{sweep.file}' has "
                + (f"{len(times)} corners, at {told} ms" if times else "none: it is read as a step")
            )
        start, end = (times[i] for i in asked.window_corners)
    else:
        return sweep
    if end > sweep.total:
        raise IonfoError(
            f"protocol '{sweep.protocol}': the window ends at {end:g} ms, and '{sweep.file}' at "
            f"{sweep.total:g} ms"
        )
    return replace(sweep, ton=start, toff=end)


def current_protocol(
    name: str, sweeps: Sequence[Trace], threshold: Mapping[str, float] | None
) -> dict[str, Any]:
    """Write the mean current of sweeps as a protocol of kind ``current_clamp``.

    Parameters
    ----------
    name : str
        Of the protocol.
    sweeps : sequence of Trace
        With the same number of corners, each with its window.
    threshold : mapping of str to float or None
        Threshold current of each cell (nA): currents are given in percent of it; None for nA.
    """
    scale = [1.0 if threshold is None else 100.0 / threshold[one.cell] for one in sweeps]
    corners = np.mean(
        [[(time, factor * value) for time, value in one.corners]
         for one, factor in zip(sweeps, scale, strict=True)],
        axis=0,
    )  # fmt: skip
    times = np.round(corners[:, 0], 3)
    values = np.round(corners[:, 1], 6) + 0.0
    window = [float(np.mean([getattr(one, key) for one in sweeps])) for key in ("ton", "toff")]
    total = max(float(np.mean([one.total for one in sweeps])), float(times[-1]), window[1])
    made: dict[str, Any] = {
        "name": name,
        "kind": "current_clamp",
        "currents": [
            {"shape": "corners", "unit": "nA" if threshold is None else "percent",
             "corners": [list(one) for one in zip(times.tolist(), values.tolist(), strict=True)]}
        ],
        "total": round(total, 3),
        "window": [round(one, 3) for one in window],
    }  # fmt: skip
    if threshold is None:
        made["holding"] = float(np.mean([one.holding for one in sweeps]))
    return made
