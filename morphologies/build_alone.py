"""Let NEURON read one morphology, and write down what it made of it.

Run as a script of its own, FILE and RESULT after it: what NEURON cannot read may end the process.
"""

from __future__ import annotations

import json
import sys
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
        JSON file to write: ``n_somata``, and ``thin``, sections that have a segment of
        diameter 0 -> x, y, z (um) of their last point with that diameter.
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
    made = {
        "n_somata": len(list(cell.somatic)),
        "thin": {
            section.name().partition(".")[2]: _point(section)
            for section in sections
            if any(segment.diam <= 0 for segment in section)
        },
    }
    Path(result).write_text(json.dumps(made))


def _point(section: Any) -> list[float]:
    thin = [i for i in range(int(section.n3d())) if section.diam3d(i) <= 0] or [0]
    return [float(place(thin[-1])) for place in (section.x3d, section.y3d, section.z3d)]


if __name__ == "__main__":
    build(sys.argv[1], sys.argv[2])
