"""``ionfo new``: the definition of a cell from its morphology and its mechanisms."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..emodels import EModel, load_emodel, parse_emodel
from ..emodels.bounded import DISTRIBUTION_PREFIX
from ..errors import IonfoError
from ..features import feature_unit
from ..mechanisms.build import check_names
from ..morphologies import check_build, check_morphology
from ..morphologies.first_build import check_taper
from ..tables.exchange.definition_file import check_definition_path, write_definition
from .new_channels import Offered, Suggested, offered
from .new_words import TARGETS, WORDS, header

_REVERSALS = {"ena": 50.0, "ek": -90.0, "eca": 120.0}  # mV
_SEARCHES: list[dict[str, Any]] = [
    {"name": "SearchHoldingCurrent", "kind": "holding_search", "target_voltage": -80.0},
    {"name": "RinProtocol", "kind": "rin", "amplitude": -0.02, "delay": 500.0, "duration": 500.0,
     "total": 1200.0},
    {"name": "RMPProtocol", "kind": "rmp", "duration": 1000.0},
    {"name": "SearchThresholdCurrent", "kind": "threshold_search", "delay": 500.0,
     "duration": 1000.0, "total": 1600.0},
]  # fmt: skip
_STEPS: list[dict[str, Any]] = [
    {"name": f"Step_{percent}", "kind": "step", "percent": float(percent), "delay": 500.0,
     "duration": 1000.0, "total": 1600.0}
    for percent in (-100, 150, 250)
]  # fmt: skip


@dataclass(frozen=True)
class NewDefinition:
    """A definition to be filled.

    Attributes
    ----------
    emodel : EModel
        It is valid as it stands.
    content : dict
        What is written: as `emodel`, with ``to_fill``.
    comments : dict
        See `ionfo.tables.exchange.definition_file.write_definition`.
    notes : list of str
        What was left out of the folder, one sentence each.
    """

    emodel: EModel
    content: dict[str, Any]
    comments: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def write(self, out: str | Path) -> Path:
        """Write it as YAML with comments or, where `out` ends in .json, without; give the file.

        Raises
        ------
        IonfoError
            If the file is there already, or cannot be written.
        """
        path = Path(out)
        check_definition_path(path)
        if path.exists():
            raise IonfoError(f"'{path}' is there already; remove it, or choose another --out")
        write_definition(path, self.content, self.comments)
        return path


def new(
    name: str,
    *,
    morphology: str | Path,
    mechanisms: str | Path,
    like: str | Path | EModel | None = None,
    file: str = "",
) -> NewDefinition:
    """Begin the definition of a cell.

    Parameters
    ----------
    name : str
        Of the e-model.
    morphology : path
        Reconstruction (.asc or .swc).
    mechanisms : path
        Folder with .mod files.
    like : str, Path or EModel, optional
        E-model from which regions, bounds, protocols and targets are taken as far as the
        mechanisms are there; by default the mechanisms are put into the whole cell.
    file : str
        Name of the definition in the commands that its comments tell.

    Returns
    -------
    NewDefinition
        Valid as it stands; what is only suggested is named in ``to_fill``.

    Raises
    ------
    IonfoError
        If the morphology or the mechanisms cannot be used, or nothing is left to be free.
    """
    cell, folder = Path(morphology), Path(mechanisms)
    check_morphology(cell, False)
    check_build(cell, False)
    check_names(folder)
    found, notes = offered(folder)
    axon = _axon(cell)
    if like is None:
        content, comments = _plain(found)
    else:
        other = like if isinstance(like, EModel) else load_emodel(like)
        content, comments, more = _like(other, found)
        notes += more
    whole = {
        "name": name,
        "description": f"{name}: to be described",
        "sources": [],
        **content,
        "morphology": {"file": None, "axon": axon, "segment_length": 40.0},
    }
    emodel = parse_emodel(_json(whole), f"new {name}")
    whole = {key: whole[key] for key in [*_ORDER, *whole] if key in whole}
    made = file or f"{name}.yaml"
    comments = {**WORDS, **comments, "": header(name, made, cell, folder, axon)}
    return NewDefinition(emodel, whole, comments, notes)


_ORDER = ("name", "description", "sources", "to_fill", "morphology", "cvode_atol",
          "cvode_max_order", "max_steps", "regions", "mechanisms", "distributions", "parameters",
          "protocols", "features", "efel")  # fmt: skip


def _json(content: dict[str, Any]) -> str:
    import json

    return json.dumps(content)


def _axon(morphology: Path) -> str | dict[str, Any] | None:
    """Choose what replaces the axon: a taper where it is long enough, a stub where it is not."""
    try:
        check_morphology(morphology, True)
    except IonfoError:
        return None
    try:
        check_taper(morphology)
    except IonfoError:
        return {"stub": {}}
    return "taper"


def _fixed(name: str, unit: str, value: float) -> dict[str, Any]:
    return {"name": name, "unit": unit, "value": value}


def _free(one: Suggested, region: str) -> dict[str, Any]:
    return {"name": f"{one.variable}.{region}", "unit": one.unit, "bounds": list(one.bounds)}


def _plain(found: list[Offered]) -> tuple[dict[str, Any], dict[str, str]]:
    """Put every mechanism into the whole cell, each with one conductance."""
    parameters = [
        _fixed("v_init", "mV", -80.0),
        _fixed("celsius", "degC", 34.0),
        _fixed("cm.all", "uF/cm2", 1.0),
        _fixed("Ra.all", "ohm cm", 100.0),
        _fixed("e_pas.all", "mV", -80.0),
    ]
    reversals = {key for one in found for key in one.reversals}
    for key in sorted(reversals - {"eca"}):  # NEURON follows calcium's from its concentration
        parameters.append(_fixed(f"{key}.all", "mV", _REVERSALS.get(key, 0.0)))
    free = [{"name": "g_pas.all", "unit": "S/cm2", "bounds": [1e-05, 0.0005]}]
    comments = {"g_pas.all": "suggested: membrane resistance of 2 to 100 kOhm cm2"}
    for one in found:
        for parameter in one.parameters:
            free.append(_free(parameter, "all"))
            comments[f"{parameter.variable}.all"] = (
                f"suggested: {parameter.why} ({parameter.default:g})"
            )
    features = [
        {"name": key, "mean": mean, "std": std, "unit": feature_unit(key.rpartition(".")[2])}
        for key, mean, std in TARGETS
    ]
    protocols = [*_SEARCHES, *_STEPS]
    to_fill = [
        *(one["name"] for one in parameters),
        *(str(one["name"]) for one in free),
        *(one["name"] for one in protocols),
        *(one["name"] for one in features),
    ]
    content = {
        "to_fill": to_fill,
        "mechanisms": {"all": ["pas", *(one.name for one in found)]},
        "parameters": [*parameters, *free],
        "protocols": protocols,
        "features": features,
        "efel": {"Threshold": -20.0, "interp_step": 0.025, "strict_stiminterval": True},
    }
    return content, comments


def _like(other: EModel, found: list[Offered]) -> tuple[dict[str, Any], dict[str, str], list[str]]:
    """Take another e-model as far as the mechanisms are there; new ones go into the whole cell."""
    content = other.model_dump(mode="json", exclude_defaults=True)
    for key in ("reference", "alternatives", "morphology", "name", "description", "sources"):
        content.pop(key, None)
    here = {one.name for one in found} | {"pas"}
    placed = {name for names in other.mechanisms.values() for name in names}
    gone = sorted(placed - here)
    added = [one for one in found if one.name not in placed]
    mechanisms = {
        region: [name for name in names if name in here]
        for region, names in other.mechanisms.items()
    }
    if added:
        mechanisms["all"] = [*mechanisms.get("all", []), *(one.name for one in added)]
    parameters = [
        one
        for one in content["parameters"]
        if not any(one["name"].split(".")[0].endswith(f"_{name}") for name in gone)
    ]
    used = {one.get("distribution", "uniform") for one in parameters}
    content["distributions"] = {
        key: text for key, text in other.distributions.items() if key in used
    }
    parameters = [
        one
        for one in parameters
        if not (region := one["name"].partition(".")[2]).startswith(DISTRIBUTION_PREFIX)
        or region.removeprefix(DISTRIBUTION_PREFIX) in used
    ]
    known = {one["name"] for one in parameters}
    comments: dict[str, str] = {}
    for one in added:
        for key in sorted(one.reversals - {"eca"}):
            if not any(name.split(".")[0] == key for name in known):
                parameters.append(_fixed(f"{key}.all", "mV", _REVERSALS.get(key, 0.0)))
                known.add(f"{key}.all")
        for parameter in one.parameters:
            parameters.append(_free(parameter, "all"))
            comments[f"{parameter.variable}.all"] = (
                f"suggested: {parameter.why} ({parameter.default:g})"
            )
    content |= {
        "mechanisms": {region: names for region, names in mechanisms.items() if names},
        "parameters": parameters,
        "to_fill": [
            *(one["name"] for one in parameters if "bounds" in one),
            *(feature.name for feature in other.features),
        ],
    }
    notes = [f"mechanism '{name}' of {other.name} is not in the folder, and left out"
             for name in gone]  # fmt: skip
    notes += [f"mechanism '{one.name}' is not in {other.name}; it is put into the whole cell"
              for one in added]  # fmt: skip
    return content, comments, notes
