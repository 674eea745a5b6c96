"""Put protocols and targets of recordings into a definition."""

from __future__ import annotations

import json
from typing import Any

from pydantic import TypeAdapter

from ...emodels import EModel, parse_emodel
from ...emodels.protocol_kinds import Protocol, needs
from ...errors import IonfoError

_ORDER = ("holding_search", "rin", "rmp", "threshold_search")


def merged(emodel: EModel, parts: dict[str, Any]) -> dict[str, Any]:
    """Give a definition with other targets.

    Suggestions (``to_fill``) among its protocols and features make way, and so do those of the
    same name, and a search of the same kind; all others stay.

    Parameters
    ----------
    emodel : EModel
        The definition.
    parts : dict
        ``protocols``, ``features`` and ``efel`` as a definition has them.

    Returns
    -------
    dict
        The content of a valid definition, with what is left in ``to_fill``.

    Raises
    ------
    IonfoError
        If a step needs a search that neither has, or a rule is broken.
    """
    content = emodel.model_dump(mode="json", exclude_defaults=True)
    waiting, given = set(emodel.to_fill), parts["protocols"]
    names = {one["name"] for one in given}
    searches = {one["kind"]: one["name"] for one in given if one["kind"] in _ORDER}
    read = TypeAdapter(list[Protocol]).validate_python(given)
    needed = {kind for one in read for kind in needs(one)}
    kept, renamed = [], {}
    for one in content["protocols"]:
        if one["kind"] in searches:
            renamed[one["name"]] = searches[one["kind"]]
            continue
        is_suggestion = one["name"] in waiting and one["kind"] not in _ORDER
        if one["name"] not in names and not is_suggestion:
            kept.append(one)
    present = {one["kind"] for one in (*given, *kept)}
    if missing := sorted(needed - present, key=lambda kind: _ORDER.index(kind)):
        raise IonfoError(
            f"the steps in percent of the threshold current need a protocol of kind "
            f"'{missing[0]}', which neither the recordings nor e-model '{emodel.name}' give"
        )
    every = [*given, *kept]
    protocols = [one for kind in _ORDER for one in every if one["kind"] == kind]
    protocols += [one for one in every if one["kind"] not in _ORDER]
    there = {one["name"] for one in protocols}
    new = {one["name"] for one in parts["features"]}
    features = []
    for one in content["features"]:
        protocol, dot, rest = one["name"].partition(".")
        name = f"{renamed.get(protocol, protocol)}{dot}{rest}"
        is_replaced = name in new or (one["name"] in waiting and protocol in renamed)
        if not is_replaced and name.partition(".")[0] in there:
            features.append({**one, "name": name})
    features = [*parts["features"], *features]
    left = {one["name"] for one in (*kept, *features)} - names - new
    left |= {parameter.name for parameter in emodel.parameters}
    content |= {"protocols": protocols, "features": features, "efel": parts["efel"]}
    parse_emodel(json.dumps(content), f"{emodel.name} with targets")
    to_fill = [name for name in emodel.to_fill if name in left]
    return {"to_fill": to_fill, **content} if to_fill else content
