"""What a definition cannot know alone: units, sizes, recordings and mechanisms."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from ..emodels import EModel
from ..emodels.faults import Checked, Fault
from ..emodels.mechanism_checks import check_mechanisms
from ..errors import IonfoError, nearest
from ..features import feature_unit
from ..mechanisms.build import declared_mechanisms
from ..tables.exchange.units import parameter_unit, units_of_mechanisms

_LARGE_CURRENT = 20.0
"""nA; what no electrode gives a cell, and a number in pA soon is."""

_NEURONS_OWN = {"v_init": "mV", "celsius": "degC", "cm": "uF/cm2", "Ra": "ohm cm", "ena": "mV",
                "ek": "mV", "eca": "mV", "g_pas": "S/cm2", "e_pas": "mV"}  # fmt: skip
_SAME = {
    "mho": "s", "siemens": "s", "ohm-cm": "ohmcm", "ohm*cm": "ohmcm", "mohm": "megohm",
    "degrees": "degc", "celsius": "degc", "count": "1", "unitless": "1", "": "1", "dimensionless":
    "1", "millivolt": "mv", "um": "micron",
}  # fmt: skip


def same_unit(one: str, other: str) -> bool:
    """Whether two units are the same in other words.

    Examples
    --------
    >>> same_unit("S/cm2", "mho/cm2"), same_unit("mV", "nA"), same_unit("ohm cm", "ohm-cm")
    (True, False, True)
    """
    return _plain(one) == _plain(other)


def _plain(unit: str) -> str:
    parts = re.split("/", unit.strip().replace("^", "").replace("²", "2").lower().replace(" ", ""))
    return "/".join(_SAME.get(part, part) for part in parts)


def wrong_units(checked: Checked, emodel: EModel, mechanisms: Path) -> Iterator[Fault]:
    """Find units that are not those of the feature, of the mechanism or of NEURON."""
    stated = units_of_mechanisms([mechanisms]) if mechanisms.is_dir() else {}
    for i, parameter in enumerate(emodel.parameters):
        unit = {**stated, **_NEURONS_OWN}.get(parameter.variable)
        # "1" stands for a parameter to which the file gives no unit
        if unit is None or (unit == "1" and parameter.variable in stated):
            continue
        if not same_unit(unit, parameter.unit):
            yield checked.fault(
                ("parameters", i, "unit"),
                f"'{parameter.unit}' is written, and '{parameter.variable}' is in {unit}: NEURON "
                "takes the number as it stands",
            )
    for i, target in enumerate(emodel.targets):
        unit = feature_unit(target.efel_name, target.recording.rpartition(".")[2])
        if not same_unit(unit, target.unit) and not (unit == "1" and _has_no_unit(target.unit)):
            yield checked.fault(
                ("features", i, "unit"),
                f"'{target.unit}' is written, and {target.efel_name} is in {unit}",
            )


def _has_no_unit(unit: str) -> bool:
    return _plain(unit) in ("1", "-", "none", "ratio", "spikes")


def large_currents(checked: Checked, emodel: EModel) -> Iterator[Fault]:
    """Find currents that look like picoamperes where nanoamperes are meant."""
    for i, protocol in enumerate(emodel.protocols):
        for key, value in protocol.model_dump().items():
            info = type(protocol).model_fields.get(key)
            is_current = info is not None and str(info.description).startswith("nA")
            if is_current and isinstance(value, int | float) and abs(value) > _LARGE_CURRENT:
                yield checked.fault(
                    ("protocols", i, key),
                    f"{value:g} nA is more than any cell is given; currents are in nA, and "
                    f"{value:g} pA are {value / 1000:g} nA",
                )
    for i, target in enumerate(emodel.targets):
        if feature_unit(target.efel_name) == "nA" and abs(target.mean) > _LARGE_CURRENT:
            yield checked.fault(
                ("features", i, "mean"),
                f"{target.mean:g} nA is more than any cell is given; {target.mean:g} pA are "
                f"{target.mean / 1000:g} nA",
            )


def missing_recordings(checked: Checked, emodel: EModel) -> Iterator[Fault]:
    """Find features of recordings that their protocol does not have: they score 250 for ever."""
    recorded = {
        protocol.name: [one.name for one in protocol.recordings] for protocol in emodel.protocols
    }
    for i, target in enumerate(emodel.targets):
        known = recorded[target.protocol]
        if target.recording not in known:
            yield checked.fault(
                ("features", i),
                f"protocol '{target.protocol}' has no recording '{target.recording}'"
                f"{nearest(target.recording, known)} (it records {', '.join(known)})",
            )
    named = {target.protocol for target in emodel.targets}
    for i, protocol in enumerate(emodel.protocols):
        if protocol.name not in named and protocol.kind not in _SEARCHES:
            yield checked.fault(
                ("protocols", i), "no feature looks at it, so it only takes time", is_error=False
            )


_SEARCHES = ("holding_search", "rin", "rmp", "threshold_search")


def unfit_mechanisms(checked: Checked, emodel: EModel, folder: Path) -> Iterator[Fault]:
    """Find mechanisms that are not in the folder, and parameters that no section has."""
    told: set[str] = set()
    present = sorted(declared_mechanisms(folder))
    for region, suffixes in emodel.mechanisms.items():
        for i, suffix in enumerate(suffixes):
            one = emodel.model_copy(update={"mechanisms": {region: (suffix,)}, "parameters": ()})
            what = _refusal(one, folder)
            if what is not None and what not in told:
                told.add(what)
                near = nearest(suffix, present) if suffix not in present else ""
                yield checked.fault(("mechanisms", region, i), what + near)
    for i, parameter in enumerate(emodel.parameters):
        one = emodel.model_copy(update={"mechanisms": {}, "parameters": (parameter,)})
        what = _refusal(one, folder)
        if what is not None:
            yield checked.fault(("parameters", i), what)


def _refusal(emodel: EModel, folder: Path) -> str | None:
    try:
        check_mechanisms(emodel, folder)
    except IonfoError as error:
        return str(error).removeprefix(f"e-model '{emodel.name}' ")
    return None


def unit_of(variable: str, mechanisms: Path) -> str:
    """Give the unit of a parameter, from its mechanism's file or the usual ones."""
    return parameter_unit(variable, {**units_of_mechanisms([mechanisms]), **_NEURONS_OWN})
