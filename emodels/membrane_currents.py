"""Which currents flow through the membrane at a place, and the voltage all along the cell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..features import Response
from .protocols import Missing, ProtocolRunner
from .simulator import Simulator

Array = NDArray[np.float64]

PLACES = ("somatic", "axonal", "basal", "apical")
"""Regions whose currents are recorded, in the middle of the first section."""

_ION_NAMES = {"na": "Na", "k": "K", "ca": "Ca"}
_NOTHING = 1e-9  # of a current: rounding


@dataclass(frozen=True)
class MembraneCurrents:
    """Currents through the membrane at one place during one protocol.

    Attributes
    ----------
    t : ndarray, shape (n_time,)
        Times (ms), at the integrator's own steps.
    voltage : ndarray, shape (n_time,)
        There (mV).
    currents : dict of str to ndarray, shape (n_time,)
        Mechanism -> its ionic current (mA/cm2), positive outward.  What mechanisms do not tell of
        themselves is found by its ion, ``other Na`` for sodium, or as what is left of the whole
        membrane current, ``other``.
    capacitive : ndarray, shape (n_time,)
        Current that charges the membrane (mA/cm2).
    """

    t: Array
    voltage: Array
    currents: dict[str, Array]
    capacitive: Array

    @property
    def membrane(self) -> Array:
        """Whole membrane current (mA/cm2): all ionic ones and the capacitive one."""
        return np.asarray(sum(self.currents.values(), np.zeros_like(self.t)) + self.capacitive)


@dataclass(frozen=True)
class Inside:
    """What happens in a cell during one protocol.

    Attributes
    ----------
    currents : dict of str to MembraneCurrents
        Place -> its currents.
    t : ndarray, shape (n_time,)
        Times (ms).
    voltages : ndarray, shape (n_sections, n_time)
        In the middle of every section, in the order of `sections_of` (mV).
    """

    currents: dict[str, MembraneCurrents]
    t: Array
    voltages: Array


def places_of(simulator: Simulator) -> list[str]:
    """Name the regions that the cell has."""
    assert simulator.cell is not None
    return [one for one in PLACES if simulator.cell.sections[one]]


def sections_of(simulator: Simulator) -> list[tuple[str, Array]]:
    """Give region and course of every section: points in x and y (um), shape (n_points, 2)."""
    assert simulator.cell is not None
    cell = simulator.cell
    cell.h.define_shape()  # gives sections without points, such as a replaced axon, a place
    return [
        (region, np.array([(one.x3d(i), one.y3d(i)) for i in range(int(one.n3d()))]).reshape(-1, 2))
        for region, one in _sections(simulator)
    ]


def inside(
    simulator: Simulator, order: Sequence[str] | None = None
) -> Iterator[tuple[str, Response | Missing, Inside | None]]:
    """Simulate the model that is set and record currents and voltages all over the cell.

    Currents are recorded in the middle of the first section of each region.  Nothing that is
    recorded changes a step of the integrator.

    Parameters
    ----------
    simulator : Simulator
        With its parameters set.
    order : sequence of str, optional
        Protocols to run (`check_order`); all by default.

    Yields
    ------
    str, Response or Missing, Inside or None
        Each protocol, its response, and of steps and current clamps what happens inside.
    """
    cell = simulator.cell
    assert cell is not None
    sites = {place: _site(cell.sections[place][0](0.5), place) for place in places_of(simulator)}
    with _whole_membrane_current(cell.h):
        everywhere = [
            simulator.record_at(f"section {i}.v", section(0.5))
            for i, (_, section) in enumerate(_sections(simulator))
        ]
        more = [
            simulator.record_at(f"{site.place}.{one}", site.segment)
            for site in sites.values() for one in site.variables
        ]  # fmt: skip
        for name, response in ProtocolRunner(simulator, order, more=[*everywhere, *more]).run():
            if isinstance(response, Missing) or everywhere[0].name not in response.recordings:
                yield name, response, None
                continue
            voltages = [response.recordings[one.name] for one in everywhere]
            currents = {place: site.currents(response) for place, site in sites.items()}
            yield name, response, Inside(currents, response.t, np.array(voltages))


def _sections(simulator: Simulator) -> list[tuple[str, Any]]:
    assert simulator.cell is not None
    sections = simulator.cell.sections
    return [(region, one) for region in (*PLACES, "myelinated") for one in sections[region]]


@contextmanager
def _whole_membrane_current(h: Any) -> Iterator[None]:
    """Let NEURON compute ``i_membrane_``, which does not change what it integrates."""
    cvode = h.CVode()
    cvode.use_fast_imem(True)
    try:
        yield
    finally:
        cvode.use_fast_imem(False)


@dataclass(frozen=True)
class _Source:
    """How a mechanism tells its current: a variable of its own, and the ion that it belongs to."""

    variable: str
    ion: str | None


@dataclass(frozen=True)
class _Site:
    """A place where currents are recorded."""

    place: str
    segment: Any
    sources: Mapping[str, _Source]
    ions: Sequence[str]

    @property
    def variables(self) -> list[str]:
        """What is recorded there."""
        own = [one.variable for one in self.sources.values()]
        return ["v", "i_cap", "i_membrane_", *(f"i{ion}" for ion in self.ions), *own]

    def currents(self, response: Response) -> MembraneCurrents:
        """Divide the membrane current by mechanisms."""

        def recorded(variable: str) -> Array:
            return np.asarray(response.recordings[f"{self.place}.{variable}"], np.float64)

        found = {suffix: recorded(source.variable) for suffix, source in self.sources.items()}
        capacitive = recorded("i_cap")

        def keep(name: str, rest: Array, whole: Array) -> None:
            if np.abs(rest).max(initial=0.0) > _NOTHING * np.abs(whole).max(initial=0.0):
                found[name] = rest

        nothing = np.zeros_like(response.t)
        for ion in self.ions:
            told = [found[suffix] for suffix, one in self.sources.items() if one.ion == ion]
            whole = recorded(f"i{ion}")
            keep(f"other {_ION_NAMES.get(ion, ion)}", whole - sum(told, nothing), whole)
        density = 100.0 / self.segment.area()  # mA/cm2 of nA over um2
        known = sum(found.values(), capacitive)
        keep("other", recorded("i_membrane_") * density - known, capacitive)
        return MembraneCurrents(response.t, recorded("v"), found, capacitive)


def _site(segment: Any, place: str) -> _Site:
    """Find the variables in which mechanisms tell their currents."""
    described = segment.sec.psection()
    ions = [ion for ion in described["ions"] if hasattr(segment, f"_ref_i{ion}")]
    of_ion = {f"i{ion}": ion for ion in ions}
    sources = {}
    for suffix, variables in described["density_mechs"].items():
        for one in variables:
            # the name of a non-specific current begins with i and may go on as it likes
            if one in of_ion or one in ("i", "ihcn", "ih") or one.startswith("i_"):
                sources[suffix] = _Source(f"{one}_{suffix}", of_ion.get(one))
                break
    return _Site(place, segment, sources, ions)
