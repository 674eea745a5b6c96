"""Everything that is wrong with a definition at once, by name and line."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError, model_validator

from ..errors import nearest
from ..limits import shortened
from .consistency import broken_rules
from .current_files import fill_file_currents
from .definition import EModel
from .definition_text import Place, parse_text

_ROUNDS = 20  # of leaving out what is wrong; more faults than these hide each other only in ruins
_KINDS = {"parameters": "parameter", "protocols": "protocol", "features": "feature",
          "recordings": "recording"}  # fmt: skip


@dataclass(frozen=True)
class Fault:
    """Something wrong with a definition, or worth a look.

    Attributes
    ----------
    where : str
        Name of the part, such as ``parameter 'g_pas.all', bounds``; empty of the whole.
    what : str
        What is wrong, as a sentence without a full stop.
    line : int or None
        In the file, where a line belongs to it.
    is_error : bool
        False of what is only worth a look.
    is_to_fill : bool
        Whether it is an entry of ``to_fill``: a suggestion that waits for the user's own.
    """

    where: str
    what: str
    line: int | None = None
    is_error: bool = True
    is_to_fill: bool = False

    def __str__(self) -> str:
        line = "" if self.line is None else f"line {self.line}: "
        return f"{line}{self.where + ': ' if self.where else ''}{self.what}"


class _Unchecked(EModel):
    """A definition whose parts are valid each, whether or not they fit together."""

    @model_validator(mode="after")
    def _consistent(self) -> _Unchecked:
        return self


@dataclass(frozen=True)
class Checked:
    """What is left of a definition after its faults are known.

    Attributes
    ----------
    emodel : EModel or None
        The definition where it is valid.
    faults : list of Fault
        In the order of their lines.
    content : object
        As it stands in the file.
    lines : dict
        Place -> line.
    """

    emodel: EModel | None
    faults: list[Fault]
    content: Any
    lines: Mapping[Place, int]

    def fault(self, place: Place, what: str, is_error: bool = True) -> Fault:
        """Make a fault of a place in the definition."""
        return Fault(name_of(self.content, place), what, line_of(self.lines, place), is_error)


def check_definition(text: str, origin: str) -> Checked:
    """Find all faults of a definition.

    Parameters
    ----------
    text : str
        JSON or YAML, see `ionfo.emodels.definition_text.parse_text`.
    origin : str
        Names the text in errors.

    Raises
    ------
    IonfoError
        If the text is no JSON or YAML, or no object: then there are no parts to check.
    """
    content, lines = parse_text(text, origin)
    fill_file_currents(content, Path(origin).parent, origin)
    found: list[Fault] = []
    left, removed, parts = content, set[str](), None
    for _ in range(_ROUNDS):
        try:
            parts = _Unchecked.model_validate_json(json.dumps(left))
            break
        except ValidationError as error:
            errors = error.errors()
        except ValueError as error:  # a formula of a distribution
            found.append(Fault("", str(error)))
            break
        places = [_place(left, one["loc"]) for one in errors]
        if left is content:
            found += [_fault(content, lines, one) for one in errors]
        # what is left is looked at without them
        bad = sorted({place[:2] for place in places if len(place) >= 2}, key=str, reverse=True)
        if not bad or any(len(place) < 2 for place in places):
            break
        removed |= {name for place in bad for name in _names(_at(left, place))}
        left = _without(left, bad)
    if parts is not None:
        found += _rules_broken(parts, content, lines, removed)
    emodel = None
    if not found:
        emodel = EModel.model_validate_json(json.dumps(content))
        found += _to_fill(emodel, content, lines)
    unique = list(dict.fromkeys(found))
    return Checked(emodel, sorted(unique, key=lambda one: one.line or 0), content, lines)


def name_of(content: Any, place: Place) -> str:
    """Name a part of a definition.

    Examples
    --------
    >>> name_of({"parameters": [{"name": "g_pas.all"}]}, ("parameters", 0, "bounds"))
    "parameter 'g_pas.all', bounds"
    """
    words, here = [], content
    for i, key in enumerate(place):
        here = _step(here, key)
        kind = _KINDS.get(str(place[i - 1])) if i else None
        if kind is not None and isinstance(key, int):
            name = here.get("name") if isinstance(here, dict) else None
            words.append(f"{kind} '{shortened(name, 100)}'" if name else f"{kind} {key + 1}")
        elif not (key in _KINDS and i + 1 < len(place)):
            words.append(str(key) if isinstance(key, str) else f"entry {key + 1}")
    return ", ".join(words)


def line_of(lines: Mapping[Place, int], place: Place) -> int | None:
    """Give the line of a part, or of the nearest around it."""
    for n in range(len(place), 0, -1):
        if place[:n] in lines:
            return lines[place[:n]]
    return None


def _fault(content: Any, lines: Mapping[Place, int], error: Any) -> Fault:
    place = _place(content, error["loc"])
    what = shortened(error["msg"].removeprefix("Value error, "), 500)
    if error["type"] == "extra_forbidden":
        around = _at(content, place[:-1])
        what = f"there is no such key{_nearest_key(str(place[-1]), place, around)}"
    elif error["type"] == "missing":
        what = "is missing"
    elif error["type"] == "union_tag_invalid":
        kinds = [one.strip(" '") for one in error["ctx"]["expected_tags"].split(",")]
        kind = str(error["ctx"]["tag"])
        what = f"there is no kind '{shortened(kind)}'{nearest(kind, kinds)}; {', '.join(kinds)}"
    elif error.get("ctx", {}).get("ge", 1.0) in (1e-150, 5e-324):
        what = f"must be above 0, got {shortened(repr(error.get('input')))}"
    elif error["type"] != "value_error":
        given = error.get("input")
        if isinstance(given, str | int | float):
            what += f", got {shortened(repr(given))}"
    where = name_of(content, place)
    if f"'{where.partition(chr(39))[2].rpartition(chr(39))[0]}'" in what and len(place) == 2:
        where = ""  # the sentence names it
    return Fault(where, what, line_of(lines, place))


def _nearest_key(key: str, place: Place, around: Any) -> str:
    from . import definition, protocol_kinds

    known: set[str] = set()
    for home in (definition, protocol_kinds):
        for one in vars(home).values():
            if isinstance(one, type) and issubclass(one, BaseModel):
                known |= set(one.model_fields)
    return nearest(key, known - set(around if isinstance(around, dict) else ()) - {key})


def _rules_broken(
    parts: EModel, content: Any, lines: Mapping[Place, int], removed: set[str]
) -> Iterable[Fault]:
    for field, key, what in broken_rules(parts):
        quoted = re.findall(r"'([^']*)'", what)
        if removed & {part for one in quoted for part in (one, one.split(".")[0])}:
            continue  # it follows from a fault that has been told
        place: Place | None = (field, key) if key != "" else None
        if isinstance(key, int):  # an index among what is left
            place = _named(content, [getattr(parts, field)[key].name])
        place = place or _named(content, quoted) or ()
        yield Fault("", what, line_of(lines, place))


def _named(content: Any, names: Iterable[str]) -> Place | None:
    """Find the last part of a definition that has one of the names, the first name first."""
    for name in names:
        for field in ("parameters", "protocols", "features", "distributions", "regions"):
            within = content.get(field) if isinstance(content, dict) else None
            if isinstance(within, dict) and name in within:
                return (field, name)
            if isinstance(within, list):
                at = [i for i, one in enumerate(within)
                      if isinstance(one, dict) and one.get("name") == name]  # fmt: skip
                if at:
                    return (field, at[-1])
    return None


def _to_fill(emodel: EModel, content: Any, lines: Mapping[Place, int]) -> Iterable[Fault]:
    known = {part.name for parts in (emodel.parameters, emodel.protocols, emodel.features)
             for part in parts}  # fmt: skip
    for i, name in enumerate(emodel.to_fill):
        if name not in known:
            what = f"'{name}' names no parameter, protocol or feature{nearest(name, known)}"
            yield Fault("to_fill", what, line_of(lines, ("to_fill", i)))
            continue
        place = _named(content, [name])
        assert place is not None
        what = "is still a suggestion; put your own in, and take it out of to_fill"
        yield Fault(name_of(content, place), what, line_of(lines, place), False, is_to_fill=True)


def _place(content: Any, loc: tuple[str | int, ...]) -> Place:
    """Take out of pydantic's path what is no key of the file: the kind of a protocol."""
    place: list[str | int] = []
    here = content
    for i, key in enumerate(loc):
        is_last = i == len(loc) - 1
        if isinstance(here, dict) and key not in here and not is_last:
            continue
        if not isinstance(here, dict | list):
            continue
        place.append(key)
        here = _step(here, key)
    return tuple(place)


def _step(here: Any, key: str | int) -> Any:
    try:
        return here[key]
    except (KeyError, IndexError, TypeError):
        return None


def _at(content: Any, place: Place) -> Any:
    for key in place:
        content = _step(content, key)
    return content


def _names(part: Any) -> list[str]:
    if not isinstance(part, dict):
        return []
    inner = [name for one in part.get("recordings") or () for name in _names(one)]
    return [str(part["name"]), *inner] if "name" in part else inner


def _without(content: Any, places: Iterable[Place]) -> Any:
    """Leave out parts of the lists and objects right below the top, the last ones first."""
    left = dict(content)
    for field, key in sorted(places, key=lambda one: (str(one[0]), _order(one[1])), reverse=True):
        within = left[str(field)]
        if isinstance(within, list) and isinstance(key, int):
            left[str(field)] = within[:key] + within[key + 1 :]
        elif isinstance(within, dict):
            left[str(field)] = {name: one for name, one in within.items() if name != key}
    return left


def _order(key: str | int) -> int:
    return key if isinstance(key, int) else 0
