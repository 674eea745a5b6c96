"""Units of parameters, for formats that leave them out."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from ...mechanisms import mechanism_files

_PLAIN = {
    "v_init": "mV",
    "celsius": "degC",
    "cm": "uF/cm2",
    "Ra": "ohm cm",
    "g_pas": "S/cm2",
    "e_pas": "mV",
    "ena": "mV",
    "ek": "mV",
    "eca": "mV",
}
# the first that fits holds: gamma begins like a conductance
_WORDS = (("gamma", "1"), ("g", "S/cm2"), ("decay", "ms"), ("vshift", "mV"), ("slope", "mV"))


def parameter_unit(variable: str, units: dict[str, str] | None = None) -> str:
    """Find the unit of a parameter.

    Parameters
    ----------
    variable : str
        NEURON's name, for example ``gNaTgbar_NaTg``.
    units : dict, optional
        What the mechanism files say, see `units_of_mechanisms`; goes before the usual ones.

    Returns
    -------
    str
        ``"1"`` where nothing is known.

    Examples
    --------
    >>> parameter_unit("gbar_Im"), parameter_unit("cm"), parameter_unit("gamma_CaDynamics")
    ('S/cm2', 'uF/cm2', '1')
    """
    if variable in (units or {}):
        return (units or {})[variable]
    if variable in _PLAIN:
        return _PLAIN[variable]
    return next((unit for word, unit in _WORDS if variable.startswith(word)), "1")


def units_of_mechanisms(folders: Iterable[Path]) -> dict[str, str]:
    """Read the units of all parameters from mechanism files.

    Parameters
    ----------
    folders : iterable of Path
        With .mod files; one that does not exist is left out.

    Returns
    -------
    dict
        NEURON's name of the parameter -> unit, ``"1"`` for one without.
    """
    found: dict[str, str] = {}
    for folder in folders:
        if not folder.is_dir():
            continue
        for suffix, file in mechanism_files(folder).items():
            text = re.sub(r":.*", "", file.read_text(encoding="utf-8", errors="replace"))
            block = re.search(r"PARAMETER\s*\{(.*?)\}", text, flags=re.DOTALL)
            for name, unit in re.findall(
                r"(\w+)\s*=\s*[-+.\deE]+[ \t]*(?:\(([^)]*)\))?", block.group(1) if block else ""
            ):
                found[f"{name}_{suffix}"] = unit.strip() or "1"
    return found
