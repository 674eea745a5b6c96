"""One model as a hoc template that NEURON loads without ionfo, BluePyOpt or Python.

The file holds the cell as it is simulated: every point of the morphology after the axon was
replaced, every compartment, and the value of every parameter in each of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..errors import IonfoError
from .bounded import BASE_REGIONS, DISTRIBUTION_PREFIX
from .cell import Cell
from .definition import EModel

_POINTS_A_PROC = 150  # hoc keeps a procedure in a buffer of fixed size


def hoc_text(cell: Cell, values: Mapping[str, float], origin: str) -> str:
    """Write a cell with its parameters as a hoc template.

    Parameters
    ----------
    cell : Cell
        The cell; it is left with these parameters.
    values : mapping of str to float
        Every parameter of the definition, in its unit.
    origin : str
        What the model is, for the comment at the top.

    Returns
    -------
    str
        ``begintemplate NAME`` to ``endtemplate`` with public sections (soma, dend, apic, axon,
        myelin) and section lists, and the temperature and initial voltage as globals.

    Raises
    ------
    IonfoError
        If a name of a section is not ``name[number]``.
    """
    cell.set_parameters(values)
    emodel = cell.emodel
    sections = list(cell.sections["all"])
    arrays = _arrays(sections)
    name = "ionfo_" + re.sub(r"\W", "_", emodel.name, flags=re.ASCII)
    procs: list[tuple[str, list[str]]] = [("make_topology", list(_topology(sections)))]
    for i, section in enumerate(sections):
        for j, lines in enumerate(_geometry(section)):
            procs.append((f"make_geometry_{i}_{j}", lines))
        procs.append((f"make_biophysics_{i}", list(_biophysics(section, _regions_of(cell, section),
                                                           emodel))))  # fmt: skip
    lists = [one for one in BASE_REGIONS if one == "all" or cell.sections[one]]
    procs.append(("make_lists", list(_lists(cell, lists))))
    suffixes = sorted({one for some in emodel.mechanisms.values() for one in some} - {"pas", "hh"})
    text = [
        f"// {origin}",
        f"// needs the mechanisms {', '.join(suffixes)}, compiled with nrnivmodl",
        f'// use: load_file("this file"), objref cell, cell = new {name}()',
        "",
        f"begintemplate {name}",
        f"public init, {', '.join(arrays)}, {', '.join(lists)}",
        f"create {', '.join(f'{array}[{size}]' for array, size in arrays.items())}",
        f"objref {', '.join(lists)}, this",
        "",
    ]
    for proc, lines in procs:
        text += [f"proc {proc}() {{", *(f"    {line}" for line in lines), "}"]
    text += [
        "",
        "proc init() {",
        *(f"    {proc}()" for proc, _ in procs),
        "}",
        f"endtemplate {name}",
        "",
        *(f"{p.name} = {values[p.name]!r}" for p in emodel.parameters if not p.region),
        "",
    ]
    return "\n".join(text)


def _arrays(sections: Sequence[Any]) -> dict[str, int]:
    """Name of a section array -> how many it must hold."""
    arrays: dict[str, int] = {}
    for section in sections:
        array, _, number = _name(section).rstrip("]").partition("[")
        arrays[array] = max(arrays.get(array, 0), int(number) + 1)
    return arrays


def _name(section: Any) -> str:
    """``soma[0]`` of ``cell[0].soma[0]``."""
    name = str(section.name()).rpartition(".")[2]
    if not re.fullmatch(r"\w+\[\d+\]", name):
        raise IonfoError(f"section '{name}' cannot be written as hoc; it must be called name[0]")
    return name


def _topology(sections: Sequence[Any]) -> Iterator[str]:
    for section in sections:
        parent = section.parentseg()
        if parent is not None:
            end = int(section.orientation())
            yield f"connect {_name(section)}({end}), {_name(parent.sec)}({float(parent.x)!r})"


def _geometry(section: Any) -> Iterator[list[str]]:
    """Points, or length and diameters of a section that has none, in pieces of a procedure."""
    n_points = int(section.n3d())
    if not n_points:
        yield [f"{_name(section)} {{", f"L = {float(section.L)!r}", f"nseg = {section.nseg}",
               *(f"diam({float(one.x)!r}) = {float(one.diam)!r}" for one in section),
               "}"]  # fmt: skip
        return
    for start in range(0, n_points, _POINTS_A_PROC):
        lines = [f"{_name(section)} {{"]
        if start == 0:
            lines.append("pt3dclear()")
        for i in range(start, min(start + _POINTS_A_PROC, n_points)):
            point = (section.x3d(i), section.y3d(i), section.z3d(i), section.diam3d(i))
            lines.append(f"pt3dadd({', '.join(repr(float(one)) for one in point)})")
        if start + _POINTS_A_PROC >= n_points:
            lines.append(f"nseg = {section.nseg}")
        yield [*lines, "}"]


def _regions_of(cell: Cell, section: Any) -> list[str]:
    return [name for name, held in cell.sections.items() if section in held]


def _biophysics(section: Any, regions: Sequence[str], emodel: EModel) -> Iterator[str]:
    yield f"{_name(section)} {{"
    inserted = {one for region in regions for one in emodel.mechanisms.get(region, ())}
    for suffix in dict.fromkeys(s for some in emodel.mechanisms.values() for s in some):
        if suffix in inserted:
            yield f"insert {suffix}"
    set_here = dict.fromkeys(
        one.variable for one in emodel.parameters
        if one.region in regions and not one.region.startswith(DISTRIBUTION_PREFIX)
    )  # fmt: skip
    for variable in set_here:
        if variable == "Ra":
            yield f"Ra = {float(section.Ra)!r}"
            continue
        values = [float(getattr(segment, variable)) for segment in section]
        if len(set(values)) == 1:
            yield f"{variable} = {values[0]!r}"
        else:
            for segment, value in zip(section, values, strict=True):
                yield f"{variable}({float(segment.x)!r}) = {value!r}"
    yield "}"


def _lists(cell: Cell, names: Sequence[str]) -> Iterator[str]:
    for name in names:
        yield f"{name} = new SectionList()"
        for section in cell.sections[name]:
            yield f"{_name(section)} {name}.append()"
