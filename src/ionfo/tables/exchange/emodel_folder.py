"""E-model folders of BluePyEModel and emodel-generalisation, read as an e-model definition."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ...emodels import EModel, parse_emodel
from ...emodels.export_rules import inexpressible, own_window, peer_window
from ...emodels.protocol_kinds import needs_searches
from ...errors import IonfoError, nearest
from ...features import feature_unit
from .folder_features import FolderFeature, read_features
from .folder_parameters import read_parameters
from .folder_protocols import SEARCHES, FolderProtocols, read_protocols, without_dots
from .folder_settings import FolderSettings, read_settings
from .json_file import read_json, taken
from .units import units_of_mechanisms

_RECIPES = ("recipes.json", "config/recipes.json", "config/recipes/recipes.json")
_UNSUPPORTED = {
    "stochasticity": (None, False, "stochastic channels"),
    "neuron_dt": (None, None, "a fixed time step"),
    "cvode_minstep": (None, 0.0, "a smallest integrator step"),
    "strict_holding_bounds": (None, True, "bounds of the holding search that move"),
}


@dataclass(frozen=True)
class ImportedFolder:
    """An e-model read from a folder.

    Attributes
    ----------
    emodel : EModel
        Its definition.
    morphology, mechanisms : Path or None
        Files of the folder that belong to it, where they are.
    notes : list of str
        What was left out or supplied, one sentence each.
    held_out : EModel or None
        The e-model with the protocols that validate models in the place of the others.
    """

    emodel: EModel
    morphology: Path | None
    mechanisms: Path | None
    notes: list[str]
    held_out: EModel | None = None


def read_emodel_folder(folder: Path, name: str | None = None) -> ImportedFolder:
    """Read the e-model of a folder.

    Parameters
    ----------
    folder : Path
        Holds ``recipes.json`` (also under ``config``) and the files that it names.
    name : str, optional
        Which of its e-models; needed where it has several.

    Raises
    ------
    IonfoError
        If a file is missing or of another shape, or the folder asks for what ionfo evaluates
        differently.
    """
    recipes_path = next((folder / one for one in _RECIPES if (folder / one).is_file()), None)
    if recipes_path is None:
        raise IonfoError(f"'{folder}' has no recipes.json, so it is no e-model folder")
    recipes = read_json(recipes_path)
    key = _chosen(recipes, name, recipes_path)
    recipe = taken(recipes, key, dict, f"'{recipes_path}'")
    settings = recipe.get("pipeline_settings") or {}
    _check_settings(settings, recipes_path)
    modifiers = settings.get("morph_modifiers", recipe.get("morph_modifiers"))
    axon = _axon(modifiers, f"'{recipes_path}'")

    mechanisms = folder / "mechanisms"
    path = _path(folder, recipe, "params" if "params" in recipe else "parameters", recipes_path)
    parts = read_parameters(read_json(path), f"'{path}'", units_of_mechanisms([mechanisms]))
    protocols, every, told = _targets(folder, recipe, settings, recipes_path)
    features = [one for one in every if one.protocol not in protocols.validation]
    held_out = [one for one in every if one.protocol in protocols.validation]
    notes = [*parts.notes, *told]
    if modifiers == []:
        notes.insert(
            0,
            "the axon stays as it is: 'morph_modifiers' is empty, which BluePyEModel reads so, "
            "while emodel-generalisation would replace the axon",
        )
    unused = sorted(set(protocols.sweeps) - {one.protocol for one in every})
    notes += [f"protocol '{one}' is left out: no feature needs it" for one in unused]
    notes += [f"'{f.name}' is called '{f.other_name}' in tables of that tool"
              for f in every if f.other_name]  # fmt: skip

    content: dict[str, Any] = {
        "name": key.removeprefix("ionfo_"),
        "description": f"imported from the e-model folder {folder.resolve().name}",
        "morphology": {"file": None, "axon": axon, "segment_length": 40.0},
        "regions": parts.regions,
        "mechanisms": parts.mechanisms,
        "distributions": parts.distributions,
        "parameters": parts.parameters,
    }

    efel = read_settings([*features, *held_out], settings, f"'{recipes_path}'")

    def of(own: list[FolderFeature]) -> dict[str, Any]:
        content = _protocols(protocols, own, every, settings, f"'{recipes_path}'")
        return {
            "protocols": [one | efel.of_protocol(one["name"]) for one in content],
            "features": [_feature(one, efel) for one in own],
            "efel": efel.everywhere,
        }

    held = _with_windows(content | of(held_out), held_out, folder) if held_out else None
    content |= of(features)
    _add_own(content, settings.get("ionfo"), features, efel, f"'{recipes_path}'")
    reference = _reference(folder, key, {one["name"] for one in parts.parameters}, notes)
    if reference:
        content["reference"] = reference
    emodel = _with_windows(content, features, folder)
    has_searches = any(map(needs_searches, emodel.protocols))
    if reasons := inexpressible(emodel, has_searches, tool=None):
        raise IonfoError(
            f"'{folder}' asks for what its evaluator and ionfo do differently: {'; '.join(reasons)}"
        )
    return ImportedFolder(
        emodel,
        _morphology(folder, recipe),
        mechanisms if mechanisms.is_dir() else None,
        notes,
        held,
    )


def _add_own(
    content: dict[str, Any],
    own: Any,
    features: list[FolderFeature],
    efel: FolderSettings,
    origin: str,
) -> None:
    """Take what `ionfo export` wrote for `ionfo import`, since the format has no place for it."""
    if own is None:
        return
    for key, kind in (("description", str), ("sources", list), ("cvode_max_order", int),
                      ("max_steps", int)):  # fmt: skip
        content[key] = taken(own, key, kind, f"{origin}, 'ionfo'")
    order = taken(own, "features", list, f"{origin}, 'ionfo'")
    if sorted(map(str, order)) == sorted(one.name for one in features):
        features.sort(key=lambda one: order.index(one.name))
        content["features"] = [_feature(one, efel) for one in features]


def _chosen(recipes: Any, name: str | None, path: Path) -> str:
    if not isinstance(recipes, dict) or not recipes:
        raise IonfoError(f"'{path}' holds no e-model")
    if name is None:
        if len(recipes) > 1:
            raise IonfoError(
                f"'{path}' holds several e-models, {', '.join(recipes)}; name one with --emodel"
            )
        return str(next(iter(recipes)))
    if name not in recipes:
        raise IonfoError(f"'{path}' has no e-model '{name}'{nearest(name, recipes)}")
    return name


def _path(folder: Path, recipe: dict[str, Any], key: str, recipes_path: Path) -> Path:
    """Find a file that the recipe names, inside the folder."""
    path = folder / str(taken(recipe, key, str, f"'{recipes_path}'"))
    if not path.resolve().is_relative_to(folder.resolve()):
        raise IonfoError(
            f"'{recipes_path}': '{key}' must lie in the folder, got '{recipe[key]}'; copy it there"
        )
    return path


def _check_settings(settings: dict[str, Any], path: Path) -> None:
    for key, (*allowed, words) in _UNSUPPORTED.items():
        if settings.get(key) not in allowed:
            raise IonfoError(f"'{path}' asks for {words} ({key}), which ionfo does not have")


def _axon(modifiers: Any, origin: str) -> str | dict[str, Any] | None:
    """Tell what becomes of the axon: the evaluator replaces it unless it is told otherwise."""
    if modifiers in ("bluepyopt_replace_axon", ["bluepyopt_replace_axon"]):
        return {"stub": {}}
    if modifiers in (None, "replace_axon_with_taper", ["replace_axon_with_taper"]):
        return "taper"
    if modifiers in ([], [["builtins", "dict"]]):
        return None
    raise IonfoError(
        f"{origin} changes the morphology by code ({json.dumps(modifiers)[:80]}), which is not "
        "run; apply it to the morphology and remove 'morph_modifiers'"
    )


def _targets(
    folder: Path, recipe: dict[str, Any], settings: dict[str, Any], recipes_path: Path
) -> tuple[FolderProtocols, list[FolderFeature], list[str]]:
    path = _path(folder, recipe, "features", recipes_path)
    content, share = read_json(path), settings.get("threshold_efeature_std")
    if isinstance(content, dict) and ("efeatures" in content or "protocols" in content):
        protocols = read_protocols(
            taken(content, "protocols", list, f"'{path}'"), f"'{path}'", folder
        )
        entries = taken(content, "efeatures", list, f"'{path}'")
    else:
        protocols_path = _path(folder, recipe, "protocol", recipes_path)
        protocols = read_protocols(read_json(protocols_path), f"'{protocols_path}'", folder)
        entries = content
    features, dropped = read_features(entries, f"'{path}'", share)
    told = [f"'{one}' is left out, as the evaluator does" for one in dropped]
    told += protocols.supplied
    for name in sorted(protocols.validation & set(protocols.refused)):
        told.append(f"validation protocol '{name}' is left out: {protocols.refused[name]}")
        features = [one for one in features if one.protocol != name]
    for old, new in without_dots(protocols).items():
        told.append(f"protocol '{old}' is called '{new}': dots separate the parts of names")
        features = [replace(f, protocol=new) if f.protocol == old else f for f in features]
    for one in features:
        if one.protocol in protocols.refused:
            n = sum(other.protocol == one.protocol for other in features)
            raise IonfoError(
                f"'{path}': '{one.name}' needs protocol '{one.protocol}', and "
                f"{protocols.refused[one.protocol]}; change that, or remove its {n} "
                f"feature{'s' if n > 1 else ''} from the file"
            )
        if one.protocol not in SEARCHES and one.protocol not in protocols.sweeps:
            raise IonfoError(f"'{path}': '{one.name}' names a protocol that is not there")
    return protocols, features, told


def _protocols(
    found: FolderProtocols,
    features: list[FolderFeature],
    every: list[FolderFeature],
    settings: dict[str, Any],
    origin: str,
) -> list[dict[str, Any]]:
    """Give the protocols of features; searches where one of them needs their currents."""
    needed = {one.protocol for one in features}
    sweeps = [
        {"name": name, **sweep, "recordings": found.recordings[name]}
        for name, sweep in found.sweeps.items()
        if name in needed
    ]
    if needed.isdisjoint(SEARCHES) and not any(map(_follows_searches, sweeps)):
        return sweeps
    target = next(
        (f.mean for f in every
         if (f.protocol, f.efel_name) == ("SearchHoldingCurrent", "steady_state_voltage_stimend")),
        None,
    )  # fmt: skip
    if target is None:
        raise IonfoError(
            f"{origin}: no feature gives the voltage that the holding current must reach "
            "(voltage_base of Rin)"
        )
    return [
        {"name": "SearchHoldingCurrent", "kind": "holding_search", "target_voltage": target,
         "precision": 0.1, "lower": -0.2, "upper": 0.2, "duration": 1000.0,
         "max_depth": settings.get("max_depth_holding_search", 7)},
        {"name": "RinProtocol", "kind": "rin", "amplitude": found.rin.amplitude,
         "delay": found.rin.delay, "duration": found.rin.duration, "total": found.rin.total},
        {"name": "RMPProtocol", "kind": "rmp", "duration": found.rmp_duration},
        {"name": "SearchThresholdCurrent", "kind": "threshold_search",
         "delay": found.threshold.delay, "duration": found.threshold.duration,
         "total": found.threshold.total, "precision": 0.01, "max_current": 2.0,
         "max_depth": settings.get("max_depth_threshold_search", 10),
         "max_voltage": settings.get("max_threshold_voltage", -30.0)},
        *sweeps,
    ]  # fmt: skip


def _follows_searches(sweep: dict[str, Any]) -> bool:
    if sweep["kind"] != "current_clamp":
        return bool(sweep["kind"] == "step")
    return sweep["holding"] is None or any(one["unit"] != "nA" for one in sweep["currents"])


def _feature(one: FolderFeature, efel: FolderSettings) -> dict[str, Any]:
    unit = feature_unit(one.efel_name, one.recording.rpartition(".")[2])
    entry = {"name": one.name, "mean": one.mean, "std": one.std, "unit": unit}
    return entry | efel.of_feature(one.name)


def _with_windows(content: dict[str, Any], features: list[FolderFeature], folder: Path) -> EModel:
    """Add windows where the evaluator takes others than ionfo."""
    plain = parse_emodel(json.dumps(content), str(folder))
    for entry, one, feature in zip(content["features"], features, plain.features, strict=True):
        if one.efel_name.startswith("bpo_"):
            continue
        protocol = next(p for p in plain.protocols if p.name == one.protocol)
        is_clamp = protocol.kind == "current_clamp"  # its window was read with it
        start, end = own_window(plain, feature) if is_clamp else peer_window(plain, feature)
        if one.protocol not in ("SearchHoldingCurrent", "RMPProtocol") and not (
            one.efel_name == "ohmic_input_resistance_vb_ssse"
        ):
            start, end = (one.settings.get(k, v) for k, v in
                          (("stim_start", start), ("stim_end", end)))  # fmt: skip
        if (start, end) != own_window(plain, feature):
            entry["window"] = [start, end]
    return parse_emodel(json.dumps(content), str(folder))


def _reference(
    folder: Path, key: str, names: set[str], notes: list[str]
) -> dict[str, float] | None:
    path = folder / "final.json"
    if not path.is_file():
        return None
    final = read_json(path)
    entry = final.get(key) if isinstance(final, dict) else None
    if entry is None:
        return None
    params = entry.get("params", entry.get("parameters")) if isinstance(entry, dict) else None
    if not isinstance(params, dict):
        raise IonfoError(f"'{path}': '{key}' has no parameters")
    if unknown := sorted(set(params) - names):
        notes.append(f"final.json also sets {', '.join(unknown)}, unknown to the e-model")
    return {name: params[name] for name in params if name in names}


def _morphology(folder: Path, recipe: dict[str, Any]) -> Path | None:
    named = recipe.get("morphology")
    if isinstance(named, list) and named and isinstance(named[0], list) and len(named[0]) == 2:
        named = named[0][1]
    if not isinstance(named, str):
        return None
    path = folder / str(recipe.get("morph_path", "")) / named
    return path if path.is_file() else None
