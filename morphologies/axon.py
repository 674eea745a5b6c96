"""Replace a reconstructed axon by an initial segment that keeps its taper, and myelin."""

from __future__ import annotations

from typing import Any

from ..errors import IonfoError

N_DIAMETERS = 10
"""Number of diameters read from the axon and given to the initial segment."""


def taper_axon(
    h: Any,
    icell: Any,
    section_length: float = 30.0,
    myelin_length: float = 1000.0,
    myelin_diameter: float = 1.0,
) -> None:
    """Replace the axon of an imported cell in place.

    The first ten segment diameters are read along the original axon, its sections cut
    into pieces of at most 12 um; two sections of five segments each carry them, followed
    by one section of myelin (axon replacement of the emodel-generalisation evaluator,
    Arnaudon et al. 2023, iScience).

    Parameters
    ----------
    h : neuron.hoc.HocObject
        NEURON's interpreter.
    icell : hoc object
        A cell with sections `soma`, `axon` and the lists `all`, `axonal`, `myelinated`.
    section_length : float
        Length of each of the two initial-segment sections (um).
    myelin_length, myelin_diameter : float
        Size of the myelinated section (um).

    Raises
    ------
    IonfoError
        If the axon holds fewer than ten segments.
    """
    diameters: list[float] = []
    for section in icell.axonal:
        section.nseg = 1 + 2 * int(section.L / 12.0)
        diameters.extend(segment.diam for segment in section)
        if len(diameters) >= N_DIAMETERS:
            break
    if len(diameters) < N_DIAMETERS:
        raise IonfoError(
            f"the axon of the morphology is too short: the initial segment needs {N_DIAMETERS} "
            f"diameters, about 60 um of axon, and got {len(diameters)}"
        )

    for section in list(icell.axonal):
        h.delete_section(sec=section)
    h.execute("create axon[2]", icell)
    h.execute("create myelin[1]", icell)

    remaining = iter(diameters)
    for section in icell.axon:
        section.L = section_length
        section.nseg = N_DIAMETERS // 2
        for segment in section:
            segment.diam = next(remaining)
        icell.axonal.append(sec=section)
        icell.all.append(sec=section)
    myelin = icell.myelin[0]
    myelin.L = myelin_length
    myelin.nseg = 5
    myelin.diam = myelin_diameter
    icell.myelinated.append(sec=myelin)
    icell.all.append(sec=myelin)

    icell.axon[0].connect(icell.soma[0], 1.0, 0.0)
    icell.axon[1].connect(icell.axon[0], 1.0, 0.0)
    myelin.connect(icell.axon[1], 1.0, 0.0)
