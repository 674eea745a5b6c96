"""The text of a definition, JSON or YAML, as data, and on which line each part of it stands."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import IonfoError, why_unread
from ..limits import read_text, shortened, unique_keys

Place = tuple[str | int, ...]
"""Keys and indices that lead to a part of a definition."""

SUFFIXES = (".json", ".yaml", ".yml")
"""Of files that hold a definition."""

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+')
_NULL, _BOOL, _INT, _FLOAT = (
    f"tag:yaml.org,2002:{one}" for one in ("null", "bool", "int", "float")
)
# what the same word is in JSON: `no` stays a word and 1e-05 is a number
_SCALARS = (
    (_NULL, r"(null|~|)$", ["n", "~", ""]),
    (_BOOL, r"(true|false)$", ["t", "f"]),
    (_INT, r"[-+]?(0|[1-9][0-9]*)$", list("-+0123456789")),
    (_FLOAT, r"[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?$", list("-+.0123456789")),
)
_TAGS = {one[0] for one in _SCALARS} | {f"tag:yaml.org,2002:{one}" for one in ("str", "seq", "map")}


def is_definition(name: str) -> bool:
    """Whether a name is the path of a definition, by its suffix."""
    return name.lower().endswith(SUFFIXES)


def read_definition_text(path: Path, what: str = "e-model file") -> str:
    """Read the text of a definition, or of another file of that form.

    Parameters
    ----------
    path : Path
        .json, .yaml or .yml.
    what : str
        What the sentence of an error calls it.

    Raises
    ------
    IonfoError
        If it cannot be read or is empty.
    """
    try:
        text = read_text(path)
    except (OSError, UnicodeDecodeError) as error:
        raise IonfoError(f"{what} '{path}' cannot be read: {why_unread(error)}") from None
    if not text.strip():
        raise IonfoError(f"{what} '{path}' cannot be read: it is empty")
    return text


def parse_text(text: str, origin: str, what: str = "e-model") -> tuple[Any, dict[Place, int]]:
    """Parse the text of a definition.

    Parameters
    ----------
    text : str
        JSON, or YAML where `origin` ends in .yaml or .yml.  Scalars of YAML are what they are in
        JSON; anchors, tags and keys that stand twice are refused.
    origin : str
        Names the text in errors.
    what : str
        What it is called there.

    Returns
    -------
    content : object
        As `json.loads` gives it.
    lines : dict
        Place -> line, from 1.

    Raises
    ------
    IonfoError
        If it is no JSON or YAML.

    Examples
    --------
    >>> parse_text("{name: x, bounds: [0, 1e-3]}", "x.yaml")[0]
    {'name': 'x', 'bounds': [0, 0.001]}
    """
    if not origin.lower().endswith((".yaml", ".yml")):
        try:
            content = json.loads(text, object_pairs_hook=unique_keys)
        except (ValueError, RecursionError) as error:
            raise IonfoError(f"{what} '{origin}' is not valid: {why_unread(error)}") from None
        return content, _json_lines(text)
    import yaml

    try:
        return _of_yaml(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = "" if mark is None else f" at line {mark.line + 1}, column {mark.column + 1}"
        raise IonfoError(
            f"{what} '{origin}' is not valid: it is no YAML{where} ({error.problem})"
        ) from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise IonfoError(f"{what} '{origin}' is not valid: {why_unread(error)}") from None


def _of_yaml(text: str) -> tuple[Any, dict[Place, int]]:
    import yaml

    class Loader(yaml.SafeLoader):  # type: ignore[misc]  # the package has no types
        yaml_implicit_resolvers: Mapping[str, Any] = {}

    for tag, pattern, first in _SCALARS:
        Loader.add_implicit_resolver(tag, re.compile(pattern), first)
    loader = Loader(text)
    lines: dict[Place, int] = {}

    def value(node: Any, place: Place) -> Any:
        if node.tag not in _TAGS:
            raise ValueError(f"line {node.start_mark.line + 1}: the tag '{node.tag}' is not read")
        lines.setdefault(place, node.start_mark.line + 1)
        if isinstance(node, yaml.MappingNode):
            found = {}
            for key_node, value_node in node.value:
                key = str(key_node.value)
                if key in found:
                    line = key_node.start_mark.line + 1
                    raise ValueError(f"line {line}: '{shortened(key)}' stands twice in one object")
                lines[(*place, key)] = key_node.start_mark.line + 1
                found[key] = value(value_node, (*place, key))
            return found
        if isinstance(node, yaml.SequenceNode):
            return [value(one, (*place, i)) for i, one in enumerate(node.value)]
        return loader.construct_object(node)

    try:
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            # a few anchors can stand for more than all memory
            if isinstance(event, yaml.AliasEvent):
                line = event.start_mark.line + 1
                raise ValueError(f"line {line}: '*{event.anchor}' is an alias; write it out")
        return value(loader.get_single_node(), ()), lines
    finally:
        loader.dispose()


def _json_lines(text: str) -> dict[Place, int]:
    """Find the line of every value of a JSON text, which must be valid."""
    ends = [one.start() for one in re.finditer("\n", text)]
    lines: dict[Place, int] = {}
    path: list[str | int] = []
    opened: list[str] = []
    is_key = False
    for token in _TOKEN.finditer(text):
        word = token[0]
        if word == ",":
            is_key = opened[-1] == "{"
            if not is_key:
                path[-1] = int(path[-1]) + 1
        elif word == ":":
            is_key = False
        elif word in "}]":
            opened.pop()
            path.pop()
            is_key = False
        elif is_key:
            path[-1] = json.loads(word)
        else:
            lines.setdefault(tuple(path), bisect_right(ends, token.start()) + 1)
            if word in "{[":
                opened.append(word)
                path.append("" if word == "{" else 0)
                is_key = word == "{"
    return lines
