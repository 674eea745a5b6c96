"""What a folder of BluePyEModel or emodel-generalisation says of one stimulus."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...emodels.ecodes import shape_of
from ...errors import IonfoError
from .json_file import number, taken

Entry = dict[str, Any]
"""A part of a definition, as JSON has it."""

_REGIONS = {"soma": "somatic", "axon": "axonal", "apic": "apical", "dend": "basal"}


class Refused(Exception):
    """A stimulus that no definition expresses; the message is why."""


@dataclass
class Stimulus:
    """One stimulus of a protocol, as its file has it.

    Attributes
    ----------
    name : str
        Of the protocol; it chooses the shape.
    keys : dict
        What the file says.
    is_scaled : bool
        Whether it follows the searches: the holding current is the found one, and an amplitude
        may be in percent of the threshold current.
    holding : float
        The given holding current (nA), where it does not.
    folder : Path
        In which files lie.
    origin : str
        Names the stimulus in errors.
    supplied : list of str
        Keys that were left to their defaults, in words; filled while it is read.
    """

    name: str
    keys: Mapping[str, Any]
    is_scaled: bool
    holding: float
    folder: Path
    origin: str
    supplied: list[str] = field(default_factory=list)

    @property
    def shape(self) -> str:
        """The tool's name of the shape."""
        shape = shape_of(self.name)
        if "randomsteps" in self.name.lower():
            raise Refused("a name with 'randomsteps' stands for steps drawn without a seed")
        if shape == "ProbAMPANMDA_EMS":
            raise Refused("'ProbAMPANMDA_EMS' is a stochastic synapse at a fixed time step")
        return shape or "IDrest"  # a plain step, whatever it is called

    def get(self, key: str, default: float | None = None) -> float:
        """Take a number; the default where it is missing, and refuse where there is none."""
        if key not in self.keys and default is not None:
            self.supplied.append(f"{key} {default:g}")
            return float(default)
        if key not in self.keys:
            raise Refused(f"its stimulus has no '{key}'")
        try:
            return number(self.keys[key], f"its stimulus' '{key}'")
        except IonfoError as why:
            raise Refused(str(why)) from None

    def has(self, key: str) -> bool:
        """Whether a key is given and not null."""
        return self.keys.get(key) is not None

    def amount(
        self, absolute: str, relative: str, default: float | None = None
    ) -> tuple[str, float]:
        """Take an amplitude: ("percent", value), or ("nA", value) where it does not scale."""
        relates = self.has(relative) or (relative not in self.keys and default is not None)
        if self.is_scaled and relates:
            return "percent", self.get(relative, default)
        return "nA", self.get(absolute)


def location(entry: dict[str, Any], origin: str) -> Entry | None:
    """Read a place as the definition has it; None where it is of an unknown type."""
    kind = taken(entry, "type", str, origin)
    if kind == "CompRecording":
        sites = {"soma": "somatic", "ais": "axonal"}
        site = sites.get(str(entry.get("location")))
        return None if site is None else {"kind": "section", "region": site, "x": 0.5}
    region = taken(entry, "seclist_name", str, origin)
    region = _REGIONS.get(region, region)
    if kind == "nrnseclistcomp" and entry.get("sec_index") == 0:
        x = number(entry.get("comp_x"), f"{origin}: 'comp_x'")
        return {"kind": "section", "region": region, "x": x}
    if kind == "somadistance":
        distance = taken(entry, "somadistance", float, origin)
        return {"kind": "region", "region": region, "distance": distance}
    if kind == "somadistanceapic" and region == "apical":
        distance = taken(entry, "somadistance", float, origin)
        return {"kind": "apical_trunk", "region": region, "distance": distance}
    return None
