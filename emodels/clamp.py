"""From a protocol of current clamp to the sweep that the simulator plays."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from .currents import AnyCurrent
from .protocol_kinds import CurrentClamp
from .sites import MIDDLE_OF_SOMA, Location
from .sweep import Sweep
from .waveforms import Waveform, first_change, summed


def clamp_sweep(protocol: CurrentClamp, holding: float, threshold: float | None) -> Sweep:
    """Write the currents of a protocol in nA.

    Parameters
    ----------
    protocol : CurrentClamp
        What is played.
    holding : float
        Current into the soma from the beginning to the end (nA).
    threshold : float or None
        The threshold current (nA), where the protocol scales with it.
    """
    by_site: dict[Location, list[Waveform]] = {MIDDLE_OF_SOMA: []}
    for one in protocol.currents:
        times, values = one.waveform()
        by_site.setdefault(one.site, []).append((times, _in_nanoampere(one, values, threshold)))
    total = protocol.total
    corners = {
        site: summed(found, holding if site == MIDDLE_OF_SOMA else 0.0, total)
        for site, found in by_site.items()
    }
    somatic = corners.pop(MIDDLE_OF_SOMA)
    everything = [one for found in by_site.values() for one in found]
    return Sweep(
        [time for time, _ in somatic],
        [current for _, current in somatic],
        total,
        protocol.window,
        stimulus_current=_amplitude(protocol.currents, by_site, threshold),
        holding_current=holding,
        elsewhere=corners,
        synapses=protocol.synapses,
        held_until=0.0 if protocol.synapses else first_change(everything, total),
    )


def _in_nanoampere(
    current: AnyCurrent, values: NDArray[np.float64], threshold: float | None
) -> NDArray[np.float64]:
    if current.unit == "nA":
        return values
    assert threshold is not None
    return (values / 100.0 if current.unit == "percent" else values) * threshold


def _amplitude(
    currents: Iterable[AnyCurrent], by_site: dict[Location, list[Waveform]], threshold: float | None
) -> float:
    """Give the current (nA) by which features divide.

    It is that of the current into the soma, or into another place where there is none; of several,
    the largest that their sum reaches.
    """
    all_currents = list(currents)
    into_soma = [one for one in all_currents if one.site == MIDDLE_OF_SOMA]
    chosen = into_soma or all_currents
    if not chosen:
        return 0.0
    if len(chosen) == 1:
        nominal = _in_nanoampere(chosen[0], np.array([chosen[0].nominal]), threshold)
        return float(nominal[0])
    waveforms = by_site[chosen[0].site]
    end = max(float(times[-1]) for times, _ in waveforms)
    return max((value for _, value in summed(waveforms, 0.0, end)), key=abs)
