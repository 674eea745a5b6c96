"""Mechanisms, distributions and parameters of a BluePyEModel or emodel-generalisation folder."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ...emodels.bounded import BASE_REGIONS, DISTRIBUTION_PREFIX
from ...errors import IonfoError
from .formula import factor_of
from .json_file import number, taken
from .units import parameter_unit

REGIONS = {
    "alldend": ("apical", "basal"),
    "somadend": ("apical", "basal", "somatic"),
    "allnoaxon": ("apical", "basal", "somatic"),
    "somaxon": ("axonal", "somatic"),
    "allact": ("apical", "basal", "somatic", "axonal"),
}
_NO_MECHANISM = ("v_init", "celsius", "cm", "Ra", "ena", "ek")
_DEFAULTS = {"celsius": 6.3, "v_init": -65.0}
"""What NEURON takes when nobody says."""


@dataclass
class FolderParameters:
    """Parts of a definition: mechanisms, distributions, parameters, and what to know of them."""

    mechanisms: dict[str, list[str]] = field(default_factory=dict)
    distributions: dict[str, str] = field(default_factory=dict)
    parameters: list[dict[str, Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def regions(self) -> dict[str, tuple[str, ...]]:
        """Unions of base regions in use."""
        used = {*self.mechanisms, *(one["name"].partition(".")[2] for one in self.parameters)}
        return {name: parts for name, parts in REGIONS.items() if name in used}


def read_parameters(
    content: Any, origin: str, units: Mapping[str, str] | None = None
) -> FolderParameters:
    """Read the file of parameters, in its older or newer form.

    Parameters
    ----------
    content : dict
        As in the file.
    origin : str
        Names it in errors.
    units : mapping, optional
        What mechanism files say of units.

    Raises
    ------
    IonfoError
        If an entry has another shape, or a formula is no multiple of its value.
    """
    found = FolderParameters()
    inserted = content.get("mechanisms") if isinstance(content, dict) else None
    for region, suffix in _mechanisms(inserted, origin):
        if suffix not in found.mechanisms.setdefault(_region(region, origin), []):
            found.mechanisms[region].append(suffix)
    for name, entry in _distributions(content.get("distributions") or {}, origin):
        if name == "uniform":
            continue
        text = entry.get("fun", entry.get("function"))
        if not isinstance(text, str):
            raise IonfoError(f"{origin}: distribution '{name}' has no formula")
        if entry.get("soma_ref_location") not in (None, 0.5):
            raise IonfoError(
                f"{origin}: distribution '{name}' must measure distance from the middle of the "
                f"soma, got soma_ref_location {entry['soma_ref_location']}"
            )
        found.distributions[name] = factor_of(text, f"{origin}, distribution '{name}'")
    suffixes = {one for some in found.mechanisms.values() for one in some}
    for region, entry in _parameters(taken(content, "parameters", (dict, list), origin), origin):
        _add(found, region, entry, origin, suffixes, units or {})
    names = [one["name"] for one in found.parameters]
    for name, value in _DEFAULTS.items():
        if name not in names:
            unit = parameter_unit(name)
            found.parameters.insert(0, {"name": name, "unit": unit, "value": value})
            found.notes.append(f"no '{name}' is given; {value:g} {unit} is what NEURON takes")
    return found


def _mechanisms(content: Any, origin: str) -> list[tuple[str, str]]:
    if isinstance(content, dict):
        return [
            (region, str(suffix))
            for region, entry in content.items()
            if not region.startswith("__")
            for suffix in taken(entry, "mech", list, f"{origin}, mechanisms of '{region}'")
        ]
    if isinstance(content, list):
        where = f"{origin}, mechanism"
        return [
            (taken(entry, "location", str, where), taken(entry, "name", str, where))
            for entry in content
        ]
    raise IonfoError(f"{origin} has no mechanisms")


def _distributions(content: Any, origin: str) -> list[tuple[str, dict[str, Any]]]:
    if isinstance(content, dict):
        entries = [(str(k), v) for k, v in content.items() if not str(k).startswith("__")]
    elif isinstance(content, list):
        entries = [(taken(e, "name", str, f"{origin}, distribution"), e) for e in content]
    else:
        raise IonfoError(f"{origin}: distributions must be an object or a list")
    for name, entry in entries:
        if not isinstance(entry, dict):
            raise IonfoError(f"{origin}: distribution '{name}' must be an object")
    return entries


def _parameters(content: Any, origin: str) -> list[tuple[str, dict[str, Any]]]:
    if isinstance(content, dict):
        pairs = [
            (region, entry)
            for region, entries in content.items()
            if not region.startswith("__")
            for entry in entries
        ]
    else:
        pairs = []
        for entry in content:
            where = f"{origin}, parameter"
            location = entry.get("location") if isinstance(entry, dict) else None
            places = location if isinstance(location, list) else [location]
            pairs.extend((str(taken({"location": p}, "location", str, where)), entry)
                         for p in places)  # fmt: skip
    for region, entry in pairs:
        taken(entry, "name", str, f"{origin}, parameter of '{region}'")
    return pairs


def _add(
    found: FolderParameters,
    region: str,
    entry: dict[str, Any],
    origin: str,
    suffixes: set[str],
    units: Mapping[str, str],
) -> None:
    variable = entry["name"]
    name = variable if region == "global" else f"{variable}.{region}"
    where = f"{origin}, parameter '{name}'"
    for one in found.parameters:
        earlier, _, place = one["name"].partition(".")
        if earlier == variable and (region == "all" or place in ("all", region)):
            # the evaluator keeps the first of them
            found.notes.append(f"'{name}' is left out: '{one['name']}' stands before it")
            return
    value = entry.get("val", entry.get("value"))
    distribution = entry.get("dist", entry.get("distribution")) or "uniform"
    parameter: dict[str, Any] = {"name": name}
    if region.startswith(DISTRIBUTION_PREFIX):
        formula = found.distributions.get(region.removeprefix(DISTRIBUTION_PREFIX), "")
        per_um = rf"distance \* {variable}\b|\b{variable} \* distance"
        compared = rf"distance [<>]=? {variable}\b|\b{variable} [<>]=? distance"
        unit = "1/um" if re.search(per_um, formula) else "1"
        parameter["unit"] = "um" if re.search(compared, formula) else unit
    else:
        parameter["unit"] = parameter_unit(variable, dict(units))
        if region != "global":
            _region(region, where)
    if isinstance(value, list) and len(value) == 2 and value[0] != value[1]:
        parameter["bounds"] = [number(one, f"{where}: bound") for one in value]
    else:
        value = value[0] if isinstance(value, list) and value else value
        parameter["value"] = number(value, f"{where}: value")
    if distribution not in ("uniform", "constant"):
        parameter["distribution"] = str(distribution)
    found.parameters.append(parameter)
    if region != "global" and not region.startswith(DISTRIBUTION_PREFIX):
        _insert(found, variable, region, suffixes, where)


def _insert(
    found: FolderParameters, variable: str, region: str, suffixes: set[str], where: str
) -> None:
    """Insert the mechanism of a parameter where it is not, as the evaluator does."""
    if variable in _NO_MECHANISM or "_ion" in variable:
        return
    own = [one for one in suffixes if variable.endswith(f"_{one}")]
    if not own:
        raise IonfoError(f"{where} must carry the name of a mechanism of the folder")
    suffix = max(own, key=len)
    held = {part for place, some in found.mechanisms.items() if suffix in some
            for part in _parts(place)}  # fmt: skip
    if not set(_parts(region)) <= held:
        found.mechanisms.setdefault(region, []).append(suffix)
        found.notes.append(f"mechanism '{suffix}' is inserted in '{region}' for '{variable}'")


def _parts(region: str) -> tuple[str, ...]:
    if region == "all":
        return BASE_REGIONS[1:]
    return REGIONS.get(region, (region,))


def _region(region: str, origin: str) -> str:
    if region not in BASE_REGIONS and region not in REGIONS:
        raise IonfoError(
            f"{origin}: unknown region '{region}'; known: {', '.join((*BASE_REGIONS, *REGIONS))}"
        )
    return region
