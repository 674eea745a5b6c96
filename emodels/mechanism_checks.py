"""What a definition asks of its mechanisms, checked against their files before compiling."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ..errors import IonfoError, nearest
from ..mechanisms.build import BUNDLED, check_names, declared_mechanisms
from ..mechanisms.declared import Declared
from .bounded import DISTRIBUTION_PREFIX, OF_NEURON
from .definition import EModel, Parameter

_BUILT_IN: Mapping[str, tuple[str, ...]] = {
    "pas": ("g", "e"),
    "hh": ("gnabar", "gkbar", "gl", "el"),
    "extracellular": (),
}
_KINDS = {
    "POINT_PROCESS": "a POINT_PROCESS, which sits at one point",
    "ARTIFICIAL_CELL": "an ARTIFICIAL_CELL, which has no membrane",
    "functions": "functions alone",
}


def check_mechanisms(emodel: EModel, folder: Path) -> None:
    """Check that a folder holds every mechanism that an e-model inserts, and its parameters.

    Raises
    ------
    IonfoError
        If one is missing or cannot be inserted, or a parameter is none of its mechanism, or has
        one value in the whole cell and not one in every section, or the other way round.
    """
    check_names(folder)
    present = declared_mechanisms(folder)
    for region, suffixes in emodel.mechanisms.items():
        for suffix in suffixes:
            if suffix not in _BUILT_IN:
                _check_inserted(emodel, region, suffix, folder, present)
    for parameter in emodel.parameters:
        if parameter.name not in OF_NEURON and not parameter.region.startswith(DISTRIBUTION_PREFIX):
            _check_parameter(parameter, present)


def known_variables(emodel: EModel, folder: Path) -> set[str]:
    """Names that a parameter of a section may have, given the mechanisms that are inserted."""
    present = declared_mechanisms(folder)
    known = {"cm", "Ra"}
    for suffix in emodel.inserted:
        of_sections = (
            present[suffix].of_sections if suffix in present else _BUILT_IN.get(suffix, ())
        )
        known |= {f"{name}_{suffix}" for name in of_sections}
    return known


def _check_inserted(
    emodel: EModel, region: str, suffix: str, folder: Path, present: Mapping[str, Declared]
) -> None:
    if suffix not in present:
        where, way = f"is not in '{folder}'", f"add {suffix}.mod or leave --mechanisms out"
        if folder == BUNDLED:
            where = "does not ship with ionfo"
            way = f"give the folder that holds {suffix}.mod with --mechanisms"
        raise IonfoError(
            f"e-model '{emodel.name}' needs mechanism '{suffix}', which {where}; {way}"
            + nearest(suffix, present)
        )
    if present[suffix].kind != "SUFFIX":
        raise IonfoError(
            f"e-model '{emodel.name}' inserts '{suffix}' in region '{region}', and "
            f"'{present[suffix].file}' declares no channel of a membrane but "
            f"{_KINDS[present[suffix].kind]}; take it out of the e-model's mechanisms"
        )


def _check_parameter(parameter: Parameter, present: Mapping[str, Declared]) -> None:
    """Check a parameter of a mechanism; one of the section (cm, ena) is left to NEURON."""
    owners = [one for one in {*present, *_BUILT_IN} if parameter.variable.endswith(f"_{one}")]
    if not owners:
        return
    owner = max(owners, key=len)
    variable = parameter.variable.removesuffix(f"_{owner}")
    one = present.get(owner)
    of_sections = frozenset(_BUILT_IN[owner]) if one is None else one.of_sections
    shared = frozenset() if one is None else one.shared
    file = "NEURON" if one is None else f"'{one.file}'"
    if owner == "extracellular" or variable in (of_sections if parameter.region else shared):
        return
    where = f"parameter '{parameter.name}'"
    if variable in shared:
        raise IonfoError(
            f"{where}: '{variable}' is not RANGE in {file}, so it has one value in the whole cell; "
            f"call it '{parameter.variable}', without a region, or add it to RANGE there"
        )
    if variable in of_sections:
        raise IonfoError(
            f"{where}: '{variable}' is RANGE in {file}, so every section has its own; say where: "
            f"'{parameter.variable}.all', or another region"
        )
    known = [f"{name}_{owner}" for name in sorted(of_sections | shared)]
    raise IonfoError(
        f"{where}: mechanism '{owner}' of {file} has no '{variable}'"
        + (nearest(parameter.variable, known) or f"; it has {', '.join(known) or 'none'}")
    )
