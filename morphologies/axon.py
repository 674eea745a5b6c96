"""Replace a reconstructed axon: by an initial segment that keeps its taper, or by a stub."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..errors import IonfoError

N_DIAMETERS = 10
"""Number of diameters read from the axon and given to the initial segment."""


PIECE = 12.0
"""Length of axon (um) that gives at least one of these diameters."""


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
        section.nseg = 1 + 2 * int(section.L / PIECE)
        diameters.extend(segment.diam for segment in section)
        if len(diameters) >= N_DIAMETERS:
            break
    if len(diameters) < N_DIAMETERS:
        raise too_short(len(diameters))

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


def too_short(n_diameters: int) -> IonfoError:
    """Error of an axon that gives the initial segment too few diameters."""
    return IonfoError(
        f"the axon of the morphology is too short: the initial segment needs {N_DIAMETERS} "
        f"diameters, about 60 um of axon, and got {n_diameters}; "
        '"axon": {"stub": {}} in the definition, in the place of "taper", needs none'
    )


def stub_axon(
    h: Any,
    icell: Any,
    lengths: Sequence[float] = (30.0, 30.0),
    diameters: Sequence[float] | None = None,
    at: float = 1.0,
    segment_length: float = 40.0,
) -> None:
    """Replace the axon of an imported cell by cylinders, in place.

    They follow each other from the soma, as in the template of Hay et al. (2011), PLoS Comput.
    Biol. 7:e1002107 (two of 30 um, 1 um thick, from soma(0.5)).  Without diameters, the first takes
    that of the file's first axonal section, and the others that of the first section whose middle
    is farther from the middle of the soma than all of them are long (the axon replacement of
    BluePyOpt); without an axon, 1 um.

    Parameters
    ----------
    h : neuron.hoc.HocObject
        NEURON's interpreter.
    icell : hoc object
        A cell with sections `soma`, `axon` and the lists `all`, `axonal`.
    lengths : sequence of float
        Of the cylinders (um).
    diameters : sequence of float, optional
        Of the cylinders (um).
    at : float
        Where on the soma the first begins, from 0 to 1.
    segment_length : float
        Into which they are cut (um).
    """
    old = list(icell.axonal)
    if diameters is None:
        first = old[0].diam if old else 1.0
        middle, reach = icell.soma[0](0.5), sum(lengths)
        far = (one.diam for one in old if h.distance(middle, one(0.5)) > reach)
        diameters = [first] + [next(far, first)] * (len(lengths) - 1)
    for section in old:
        h.delete_section(sec=section)
    h.execute(f"create axon[{len(lengths)}]", icell)
    before, end = icell.soma[0], at
    for section, length, diameter in zip(icell.axon, lengths, diameters, strict=True):
        section.L = length
        section.nseg = 1 + 2 * int(length / segment_length)
        section.diam = diameter
        section.connect(before, end, 0.0)
        icell.axonal.append(sec=section)
        icell.all.append(sec=section)
        before, end = section, 1.0
