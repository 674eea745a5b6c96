"""Let NEURON read one morphology, and write down what it made of it.

Run as a script of its own, FILE and RESULT after it: what NEURON cannot read may end the process.
"""

from __future__ import annotations

import json
import math
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

_TEMPLATE = """
begintemplate Read
public all, somatic, basal, apical, axonal, soma, dend, apic, axon
objref all, somatic, basal, apical, axonal
create soma[1], dend[1], apic[1], axon[1]
proc init() {
    forall delete_section()
    all = new SectionList()
    somatic = new SectionList()
    basal = new SectionList()
    apical = new SectionList()
    axonal = new SectionList()
}
endtemplate Read
"""


def build(file: str, result: str) -> None:
    """Build the sections of a morphology as the cell does.

    Parameters
    ----------
    file : str
        .asc or .swc file.
    result : str
        JSON file to write: ``n_somata``; ``thin``, sections that have a segment of
        diameter 0 -> x, y, z (um) of their last point with that diameter; ``axon_lengths``
        (um) of its sections; and ``axonal``,
        ``basal`` and ``apical``: number of sections, their length (um) and area (um2), and
        how much of both lies between the soma and the first points of trees.
    """
    from neuron import h

    h.load_file("stdrun.hoc")
    h.load_file("import3d.hoc")
    h(_TEMPLATE)
    cell = h.Read()
    is_swc = file.lower().endswith(".swc")
    reader = h.Import3d_SWC_read() if is_swc else h.Import3d_Neurolucida3()
    reader.quiet = 1
    reader.input(file)
    h.hoc_stdout()  # where the reader has stopped at an error, the next call to NEURON does nothing
    h.Import3d_GUI(reader, 0).instantiate(cell)
    sections = list(cell.all)
    for section in sections:
        section.nseg = 1 + 2 * min(int(section.L / 40.0), 1000)
    soma = {point[:3] for section in cell.somatic for point in _points(section)}
    made = {
        "n_somata": len(list(cell.somatic)),
        "axon_lengths": [section.L for section in cell.axonal],
        "thin": {
            section.name().partition(".")[2]: _point(section)
            for section in sections
            if any(segment.diam <= 0 for segment in section)
        },
    } | {name: _size(list(getattr(cell, name)), soma) for name in ("axonal", "basal", "apical")}
    Path(result).write_text(json.dumps(made))


def _points(section: Any) -> list[tuple[float, float, float, float]]:
    return [
        (section.x3d(i), section.y3d(i), section.z3d(i), section.diam3d(i))
        for i in range(int(section.n3d()))
    ]


def _size(sections: list[Any], soma: set[tuple[float, float, float]]) -> list[float]:
    """Count sections, and add up the length and the lateral area of the cones of their points."""
    length = area = length_from_soma = area_from_soma = 0.0
    for section in sections:
        for i, ((*one, first), (*other, second)) in enumerate(pairwise(_points(section))):
            height = math.dist(one, other)
            if height == 0:  # two diameters at one place: no membrane
                continue
            lateral = math.pi * (first + second) / 2 * math.hypot(height, (first - second) / 2)
            length, area = length + height, area + lateral
            if i == 0 and (one[0], one[1], one[2]) in soma and section.parentseg() is not None:
                length_from_soma += height
                area_from_soma += lateral
    return [len(sections), length, area, length_from_soma, area_from_soma]


def _point(section: Any) -> list[float]:
    thin = [i for i in range(int(section.n3d())) if section.diam3d(i) <= 0] or [0]
    return [float(place(thin[-1])) for place in (section.x3d, section.y3d, section.z3d)]


if __name__ == "__main__":
    build(sys.argv[1], sys.argv[2])
