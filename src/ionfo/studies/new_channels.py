"""What the mechanisms of a folder offer to a new definition: conductances, decays, ions."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ..limits import read_text
from ..mechanisms.build import declared_mechanisms

_PER_AREA = {"s/cm2": 1.0, "mho/cm2": 1.0, "siemens/cm2": 1.0, "ms/cm2": 1e3, "us/cm2": 1e6,
             "ps/um2": 1e4, "cm/s": 1e-3}  # fmt: skip
"""Units of what opens a membrane -> how many of them are 1 S/cm2 (of a permeability, a guess)."""

_OF_ION = {"na": 1.0, "k": 0.5, "ca": 5e-3}
"""Ion that a channel carries -> upper bound of its conductance (S/cm2) in published cells."""
_OF_NO_ION = 1e-3
_PLACEHOLDER = 1e-4
"""Defaults below it (S/cm2) stand in many files for 'set me'."""

_BAR = re.compile(r"^[gp]\w*(bar|max)\w*$|^[gp](max|bar)?$", re.I)
_POOL = re.compile(r"^(gamma|decay|tau|depth)\w*$", re.I)


@dataclass(frozen=True)
class Suggested:
    """A parameter of a mechanism with suggested bounds.

    Attributes
    ----------
    variable : str
        NEURON's name, such as ``gNaTgbar_NaTg``.
    unit : str
        As the file has it, ``"1"`` where it has none.
    default : float
        Of the file.
    bounds : tuple of float
        Suggested.
    why : str
        Where the bounds come from.
    """

    variable: str
    unit: str
    default: float
    bounds: tuple[float, float]
    why: str


@dataclass(frozen=True)
class Offered:
    """What one mechanism offers.

    Attributes
    ----------
    name : str
        Its SUFFIX.
    parameters : list of Suggested
        Conductances, and decays and the like of an ion's pool, that are RANGE.
    reversals : frozenset of str
        Reversal potentials that it reads, such as ``ena``.
    """

    name: str
    parameters: list[Suggested] = field(default_factory=list)
    reversals: frozenset[str] = frozenset()


def offered(folder: Path) -> tuple[list[Offered], list[str]]:
    """Read what the mechanisms of a folder offer.

    Returns
    -------
    list of Offered
        Of mechanisms that are inserted into a membrane.
    list of str
        What was left out, one sentence each.
    """
    found, notes = [], []
    for name, one in declared_mechanisms(folder).items():
        if one.kind != "SUFFIX":
            notes.append(f"'{one.file.name}' is left out: it declares no channel of a membrane")
            continue
        text = re.sub(r"[:?].*", "", read_text(one.file, "utf-8", "replace"))
        neuron = _block(text, "NEURON")
        ranges = {word for part in re.findall(r"\bRANGE\s+([\w\s,]+?)(?=\b[A-Z]{4,}\b|\}|$)",
                  neuron + "}", re.S) for word in re.findall(r"\w+", part)}  # fmt: skip
        ions = re.findall(r"\bUSEION\s+(\w+)((?:\s+(?:READ|WRITE)\s+\w+(?:\s*,\s*\w+)*)+)", neuron)
        words = {ion: set(re.findall(r"\w+", told)) for ion, told in ions}
        carried = next((ion for ion, told in words.items() if f"i{ion}" in _written(ions, ion)), "")
        is_pool = any(f"{ion}i" in _written(ions, ion) for ion in words)
        parameters = []
        for variable, value, unit in _parameters(text):
            plain = unit.replace(" ", "").lower()
            is_conductance = plain in _PER_AREA or (not unit and bool(_BAR.match(variable)))
            is_of_pool = is_pool and bool(_POOL.match(variable))
            if not (is_conductance or is_of_pool):
                continue
            if variable not in ranges:
                notes.append(
                    f"'{one.file.name}': '{variable}' is not RANGE, so no region can have its own; "
                    "add it to RANGE to sample it"
                )
                continue
            bounds, why = (
                _of_conductance(value, plain, carried) if is_conductance else _of_pool(value)
            )
            parameters.append(Suggested(f"{variable}_{name}", unit or "1", value, bounds, why))
        reversals = {f"e{ion}" for ion, told in words.items() if f"e{ion}" in told}
        if not parameters:
            notes.append(f"'{one.file.name}' has no RANGE conductance in its PARAMETER block")
        found.append(Offered(name, parameters, frozenset(reversals)))
    return found, notes


def _of_conductance(default: float, unit: str, ion: str) -> tuple[tuple[float, float], str]:
    scale = _PER_AREA.get(unit, 1.0)
    if default >= _PLACEHOLDER * scale:
        return (0.0, float(f"{10 * default:.3g}")), "ten times the default of the file"
    upper = float(f"{_OF_ION.get(ion, _OF_NO_ION) * scale:.3g}")
    return (0.0, upper), f"usual of {ion or 'no single ion'}"


def _of_pool(default: float) -> tuple[tuple[float, float], str]:
    if default <= 0:
        return (0.0, 1.0), "the file has no default above 0"
    low, high = (float(f"{factor * default:.3g}") for factor in (0.2, 5.0))
    return (low, high), "a fifth to five times the default of the file"


def _written(ions: Sequence[tuple[str, str]], ion: str) -> set[str]:
    return {
        word
        for name, told in ions
        if name == ion
        for part in re.findall(r"WRITE\s+(\w+(?:\s*,\s*\w+)*)", told)
        for word in re.findall(r"\w+", part)
    }


def _parameters(text: str) -> list[tuple[str, float, str]]:
    """Names, defaults and units of the PARAMETER block."""
    number = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
    return [
        (name, float(value), unit.strip())
        for name, value, unit in re.findall(
            rf"(\w+)\s*=\s*({number})[ \t]*(?:\(([^)]*)\))?", _block(text, "PARAMETER")
        )
    ]


def _block(text: str, name: str) -> str:
    found = re.search(rf"\b{name}\s*\{{(.*?)\}}", text, re.DOTALL)
    return found.group(1) if found else ""
