"""What a .mod file declares: its mechanism's name and kind, and which parameters a section has."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ..errors import IonfoError, why_unread
from ..limits import read_text

BUILT_IN = frozenset(
    {"morphology", "capacitance", "pas", "extracellular", "fastpas", "hh"}
    | {"na_ion", "k_ion", "ca_ion"}
    | {"IClamp", "AlphaSynapse", "ExpSyn", "Exp2Syn", "SEClamp", "VClamp", "OClamp", "APCount"}
    | {"NetStim", "IntFire1", "IntFire2", "IntFire4", "PointProcessMark", "PatternStim"}
)
"""Names of the mechanisms that every NEURON has; it ends where a library has one of them again."""

_OF_NEURON = frozenset({"v", "celsius", "t", "dt", "diam", "area", "L", "Ra", "cm"})
_ION = re.compile(r"\bUSEION\s+\w+((?:\s+(?:READ|WRITE)\s+\w+(?:\s*,\s*\w+)*)+)")

Kind = Literal["SUFFIX", "POINT_PROCESS", "ARTIFICIAL_CELL", "functions"]


@dataclass(frozen=True)
class Declared:
    """What a .mod file declares.

    Attributes
    ----------
    name : str
        Of the mechanism; the file's stem where it has none.
    kind : str
        The word before the name; ``functions`` of a file without a mechanism (SUFFIX nothing).
    shared : frozenset of str
        Parameters that have one value in the whole cell: all but those that are RANGE.
    of_sections : frozenset of str
        What every section has its own of: RANGE variables and states.
    file : Path
        Where it was read.
    """

    name: str
    kind: Kind
    shared: frozenset[str]
    of_sections: frozenset[str]
    file: Path


def read_declared(file: Path) -> Declared:
    """Read what a .mod file declares.

    Raises
    ------
    IonfoError
        If the file cannot be read.
    """
    try:
        text = read_text(file, "utf-8", "replace")
    except OSError as error:
        raise IonfoError(f"mechanism file '{file}' cannot be read: {why_unread(error)}") from None
    text = re.sub(r"^\s*(COMMENT|VERBATIM)\b.*?^\s*END\1\b", "", text, flags=re.DOTALL | re.M)
    text = re.sub(r"[:?].*", "", text)
    block = _block(text, "NEURON")
    word = re.search(r"\b(SUFFIX|POINT_PROCESS|ARTIFICIAL_CELL)\s+(\w+)", block)
    if word is None or word.group(2) == "nothing":
        # without a word it is a mechanism called as the file
        none: frozenset[str] = frozenset()
        return Declared(file.stem, "SUFFIX" if word is None else "functions", none, none, file)
    states, given, assigned = (_names(text, name) for name in ("STATE", "PARAMETER", "ASSIGNED"))
    # those of ions and of NEURON itself belong to no mechanism
    others = {name for use in _ION.findall(block) for name in re.findall(r"\w+", use)} | _OF_NEURON
    own = states | (given | assigned) & {*_listed(block, "RANGE")}
    kind: Kind = word.group(1)  # type: ignore[assignment]
    shared = ({*_listed(block, "GLOBAL")} | given) - own - others
    of_sections = own - others
    return Declared(word.group(2), kind, frozenset(shared), frozenset(of_sections), file)


def _names(text: str, block: str) -> set[str]:
    """Names that a block declares, without units, values and limits."""
    bare = re.sub(r"\([^)]*\)|<[^>]*>|\bFROM\b|\bTO\b|\bSTART\b", " ", _block(text, block))
    bare = re.sub(r"=\s*[^\s]+", " ", bare)
    return {name for name in re.findall(r"(?<![\w.])[A-Za-z_]\w*", bare)}


def _block(text: str, name: str) -> str:
    found = re.search(rf"\b{name}\s*\{{(.*?)\}}", text, re.DOTALL)
    return found.group(1) if found else ""


def _listed(block: str, word: str) -> list[str]:
    """Names after a word, which are separated by commas."""
    lists = re.findall(rf"\b{word}\s+(\w+(?:\s*,\s*\w+)*)", block)
    return [name for one in lists for name in re.findall(r"\w+", one)]
