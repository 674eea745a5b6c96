"""Write a definition, as JSON or as YAML with comments, and the schema beside it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...emodels.definition_text import SUFFIXES, is_definition
from ...emodels.schema import SCHEMA_FILE, schema_text
from ...errors import IonfoError
from ..files import write_text

_PLAIN = re.compile(r"[A-Za-z_/][\w./%-]*(?: [\w./%()-]+)*")
_WORDS = {"true", "false", "null"}
_WIDTH = 100  # characters of a line


def check_definition_path(out: Path) -> None:
    """Check that a definition can be written there.

    Raises
    ------
    IonfoError
        If the suffix is another one or the folder does not exist.
    """
    if out.is_dir():
        raise IonfoError(f"'{out}' is a folder; a definition is a file that ends in {SUFFIXES[0]}")
    if not is_definition(out.name):
        raise IonfoError(f"a definition must end in {', '.join(SUFFIXES)}, got '{out}'")
    if not out.absolute().parent.is_dir():
        raise IonfoError(f"output folder '{out.absolute().parent}' does not exist")


def write_definition(
    out: Path, content: Mapping[str, Any], comments: Mapping[str, str] | None = None
) -> None:
    """Write a definition and, where none is there yet, the schema beside it.

    Parameters
    ----------
    out : Path
        Ends in .json, .yaml or .yml.
    content : mapping
        As `EModel.model_dump` gives it.
    comments : mapping, optional
        Key of the definition -> lines above it, and name of a part of a list -> words after it;
        "" -> lines at the top.  JSON has none.
    """
    whole = {"$schema": SCHEMA_FILE, **content}
    if out.suffix.lower() == ".json":
        text = json.dumps(whole, indent=1) + "\n"
    else:
        text = yaml_text(whole, comments or {})
    write_text(out, text)
    beside = out.with_name(SCHEMA_FILE)
    if not beside.exists():
        write_text(beside, schema_text())


def yaml_text(content: Mapping[str, Any], comments: Mapping[str, str]) -> str:
    """Write a definition as YAML, a line for each part of a list.

    Examples
    --------
    >>> print(yaml_text({"name": "x", "parameters": [{"name": "v_init", "value": 1.0}]},
    ...                 {"parameters": "All of them.", "v_init": "mV"}), end="")
    name: x
    <BLANKLINE>
    # All of them.
    parameters:
      - {name: v_init, value: 1.0}  # mV
    """
    lines = _commented(comments.get("", ""))
    for key, value in content.items():
        if key in comments:
            lines += ["", *_commented(comments[key])]
        lines += _block(key, value, comments)
    return "\n".join(lines) + "\n"


def _block(key: str, value: Any, comments: Mapping[str, str]) -> list[str]:
    name = flow(key)
    whole = f"{name}: {flow(value)}"
    is_list = isinstance(value, list | tuple) and value
    if is_list and all(isinstance(one, dict) for one in value):
        return [f"{name}:", *(line for one in value for line in _part(one, comments))]
    if isinstance(value, dict) and value and (len(whole) > _WIDTH or set(value) & set(comments)):
        parts = [(inner, f"  {flow(inner)}: {flow(one)}") for inner, one in value.items()]
        return [f"{name}:", *(_after(line, comments.get(inner, "")) for inner, line in parts)]
    if is_list and len(whole) > _WIDTH:
        return [f"{name}:", *(f"  - {flow(one)}" for one in value)]
    return [whole]


def _part(one: Mapping[str, Any], comments: Mapping[str, str]) -> list[str]:
    line = _after(f"  - {flow(one)}", comments.get(str(one.get("name")), ""))
    recordings = one.get("recordings")
    if len(line) <= _WIDTH or not recordings:
        return [line]
    head = flow({key: value for key, value in one.items() if key != "recordings"})
    inner = ",\n       ".join(flow(each) for each in recordings)
    return [f"  - {head[:-1]},", f"     recordings: [\n       {inner}]}}"]


def _after(line: str, comment: str) -> str:
    return f"{line}  # {comment}" if comment else line


def _commented(text: str) -> list[str]:
    return [f"# {line}".rstrip() for line in text.splitlines()]


def flow(value: Any) -> str:
    """Write a value in the flow style of YAML: JSON without the quotes that it can do without.

    Examples
    --------
    >>> flow({"name": "a.b", "unit": "1", "to": [1e-05, None], "x": "no: y"})
    '{name: a.b, unit: "1", to: [1e-05, null], x: "no: y"}'
    """
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{flow(key)}: {flow(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(flow, value)) + "]"
    if isinstance(value, str) and _PLAIN.fullmatch(value) and value not in _WORDS:
        return value
    return json.dumps(value)
