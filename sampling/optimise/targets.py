"""Other targets than those of the definition: one experiment's features."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...emodels import EModel, parse_emodel
from ...errors import IonfoError, nearest, why_unread
from ...limits import read_text, unique_keys
from ...tables.files import read_table

Targets = Mapping[str, tuple[float, float] | None]
"""Feature -> mean and SD, or None for a feature that does not count."""


def read_targets(path: Path) -> dict[str, tuple[float, float] | None]:
    """Read targets from a JSON file or a table.

    Parameters
    ----------
    path : Path
        JSON: an object feature -> ``{"mean": ..., "std": ...}``, or null for a feature that does
        not count.  CSV or Parquet: columns ``feature``, ``mean``, ``std``; an empty mean is null.

    Raises
    ------
    IonfoError
        If the file cannot be read or a number is missing.
    """
    rows = _of_json(path) if path.suffix == ".json" else _of_table(path)
    found: dict[str, tuple[float, float] | None] = {}
    for name, row in rows.items():
        if row is None:
            found[name] = None
            continue
        numbers = []
        for key in ("mean", "std"):
            value = row.get(key)
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise IonfoError(f"'{path}': '{name}' needs a number '{key}', got {value!r}")
            if not math.isfinite(value):
                raise IonfoError(f"'{path}': '{key}' of '{name}' must be finite, got {value}")
            numbers.append(float(value))
        if not numbers[1] > 0:
            raise IonfoError(f"'{path}': 'std' of '{name}' must be positive, got {numbers[1]}")
        found[name] = (numbers[0], numbers[1])
    return found


def with_targets(emodel: EModel, targets: Targets, origin: str = "targets") -> EModel:
    """Give the e-model with other targets; features that are not named keep theirs.

    Raises
    ------
    IonfoError
        If a feature is not one of the e-model's, or none is left.
    """
    known = emodel.feature_names
    for name in targets:
        if name not in known:
            raise IonfoError(
                f"'{origin}': e-model '{emodel.name}' has no feature '{name}'{nearest(name, known)}"
            )
    content = emodel.model_dump(mode="json")
    kept = []
    for feature in content["features"]:
        target = targets.get(feature["name"], (feature["mean"], feature["std"]))
        if target is not None:
            kept.append({**feature, "mean": target[0], "std": target[1]})
    if not kept:
        raise IonfoError(f"'{origin}' leaves no feature of e-model '{emodel.name}'")
    return parse_emodel(json.dumps({**content, "features": kept}), origin)


def _of_json(path: Path) -> dict[str, dict[str, Any] | None]:
    try:
        content = json.loads(read_text(path), object_pairs_hook=unique_keys)
    except (OSError, ValueError, RecursionError) as error:
        raise IonfoError(f"targets '{path}' cannot be read: {why_unread(error)}") from None
    if not isinstance(content, dict) or not all(
        one is None or isinstance(one, dict) for one in content.values()
    ):
        raise IonfoError(
            f'targets \'{path}\' must be an object feature -> {{"mean": ..., "std": ...}}'
        )
    return content


def _of_table(path: Path) -> dict[str, dict[str, Any] | None]:
    frame = read_table(path)[0]
    for column in ("feature", "mean", "std"):
        if column not in frame:
            raise IonfoError(f"targets '{path}' must have a column '{column}'")
    twice = frame["feature"][frame["feature"].duplicated()]
    if len(twice):
        raise IonfoError(f"targets '{path}' hold feature '{twice.iloc[0]}' twice")
    return {
        str(name): None if mean != mean else {"mean": mean, "std": std}
        for name, mean, std in zip(frame["feature"], frame["mean"], frame["std"], strict=True)
    }
