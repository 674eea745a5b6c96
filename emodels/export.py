"""Write an e-model as a folder that emodel-generalisation evaluates unchanged.

The folder holds the definition in the file format of that tool (Arnaudon et al. 2023, iScience),
the mechanisms and the morphology, so that both tools evaluate the very same cell.
"""

from __future__ import annotations

import ast
import json
import re
import shutil
import tempfile
from pathlib import Path
from typing import Any

from ..errors import IonfoError
from ..mechanisms import mechanism_files
from ..mechanisms.build import bundled_folder
from .bounded import DISTRIBUTION_PREFIX
from .cell import on_morphology, resolve_morphology
from .definition import EModel
from .distributions import Formula
from .ecodes import Tool, as_ecode
from .export_rules import grouped_parameters, inexpressible, own_window, peer_window
from .mechanism_checks import check_mechanisms
from .protocol_kinds import AbsoluteStep, AnyStep, CurrentClamp, Protocol, Recording, Step

Json = dict[str, Any]

# the format replaces the axon unless it is told of another change of the cell; `dict` takes the
# cell as a keyword argument like any change does, and leaves it alone
_NO_CHANGE = ["builtins", "dict"]


def export_emodel(
    emodel: EModel,
    out: Path,
    morphology: Path | None = None,
    mechanisms: Path | None = None,
    tool: Tool = "emodel-generalisation",
) -> None:
    """Write an e-model as an emodel-generalisation folder.

    Parameters
    ----------
    emodel : EModel
        Its definition.
    out : Path
        New or empty folder; it appears whole or not at all.
    morphology : Path, optional
        .asc or .swc file; the bundled one of the definition by default.
    mechanisms : Path, optional
        Folder with .mod files; the bundled ones by default.
    tool : {"emodel-generalisation", "bluepyemodel"}
        Who will read it; both read the same folder, and the second has more shapes of stimuli.

    Raises
    ------
    IonfoError
        If the format cannot express the e-model, an input is missing or `out` is not empty.
    """
    morphology = resolve_morphology(emodel, morphology)
    emodel = on_morphology(emodel, morphology)
    reasons = inexpressible(emodel, tool=tool)
    if emodel.morphology.axon not in (None, "taper"):
        reasons.append('morphology.axon must be "taper" or null, got a stub')
    if reasons:
        raise IonfoError(
            f"e-model '{emodel.name}' cannot be written as an {tool} folder: "
            f"{'; '.join(reasons)}; export a definition changed to that"
        )
    folder = mechanisms or bundled_folder(emodel.inserted)
    check_mechanisms(emodel, folder)
    files = _mechanisms_of(emodel, folder)
    out = out.resolve()
    if not out.parent.is_dir():
        raise IonfoError(f"output folder '{out.parent}' does not exist")
    if out.exists() and not (out.is_dir() and not any(out.iterdir())):
        raise IonfoError(f"'{out}' is not an empty folder; choose another one with --out")
    try:
        with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}.") as scratch:
            beside = Path(scratch) / "folder"
            for name, content in folder_content(emodel, morphology.name).items():
                path = beside / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
            (beside / "mechanisms").mkdir()
            for file in files:
                shutil.copyfile(file, beside / "mechanisms" / file.name)
            (beside / "morphologies").mkdir()
            shutil.copyfile(morphology, beside / "morphologies" / morphology.name)
            beside.rename(out)
    except OSError as error:
        raise IonfoError(f"'{out}' cannot be written: {error.strerror}") from None


def folder_content(emodel: EModel, morphology_name: str) -> dict[str, Json]:
    """Relative path -> content of every JSON file of the folder."""
    # a name that NEURON takes for a template and that is no section's or mechanism's
    name = "ionfo_" + re.sub(r"\W", "_", emodel.name, flags=re.ASCII)
    paths = {part: f"config/{part}/{name}.json" for part in ("params", "features", "protocols")}
    searches = {protocol.kind: protocol for protocol in emodel.protocols}
    holding, threshold = searches["holding_search"], searches["threshold_search"]
    assert holding.kind == "holding_search" and threshold.kind == "threshold_search"
    settings: Json = {
        "efel_settings": emodel.efel.model_dump(),
        "strict_holding_bounds": True,
        "max_depth_holding_search": holding.max_depth,
        "max_depth_threshold_search": threshold.max_depth,
        "max_threshold_voltage": threshold.max_voltage,
        # of no meaning to that tool: what its format has no place for
        "ionfo": {
            "description": emodel.description,
            "sources": list(emodel.sources),
            "cvode_max_order": emodel.cvode_max_order,
            "max_steps": emodel.max_steps,
            "features": list(emodel.feature_names),
        },
    }
    if emodel.morphology.axon is None:
        settings["morph_modifiers"] = [_NO_CHANGE]
    recipe = {
        "morph_path": "morphologies",
        "morphology": [["_", morphology_name]],
        "params": paths["params"],
        "features": paths["features"],
        "protocol": paths["protocols"],
        "pipeline_settings": settings,
    }
    content = {
        "recipes.json": {name: recipe},
        paths["params"]: _parameters(emodel),
        paths["features"]: _features(emodel),
        paths["protocols"]: _protocols(emodel),
    }
    if emodel.reference is not None:
        content["final.json"] = {name: {"params": emodel.reference}}
    return content


def _mechanisms_of(emodel: EModel, folder: Path) -> list[Path]:
    """Files of the mechanisms that the e-model inserts, each readable by the peer."""
    needed = {suffix for suffixes in emodel.mechanisms.values() for suffix in suffixes}
    files = {suffix: file for suffix, file in mechanism_files(folder).items() if suffix in needed}
    for suffix, file in files.items():
        read = re.search(r"SUFFIX ([^ \n]*)", file.read_text(errors="replace"))
        if read is None or read.group(1) != suffix:
            raise IonfoError(
                f"mechanism file '{file}' must name its suffix where it first says 'SUFFIX ', for "
                f"emodel-generalisation reads it there, got '{read.group(1) if read else ''}'"
            )
    return list(files.values())


def _parameters(emodel: EModel) -> Json:
    parameters: dict[str, list[Json]] = {}
    for region, group in grouped_parameters(emodel).items():
        for parameter in group:
            value = list(parameter.bounds) if parameter.bounds is not None else parameter.value
            entry: Json = {"name": parameter.variable, "val": value}
            if parameter.distribution != "uniform":
                entry["dist"] = parameter.distribution
            parameters.setdefault(region, []).append(entry)
    distributions: dict[str, Json] = {}
    for name, text in emodel.distributions.items():
        distributions[name] = {"fun": python_formula(text)}
        constants = [
            p.variable for p in emodel.parameters if p.region == DISTRIBUTION_PREFIX + name
        ]
        if constants:
            distributions[name]["parameters"] = constants
    return {
        "mechanisms": {
            region: {"mech": list(suffixes)} for region, suffixes in emodel.mechanisms.items()
        },
        "distributions": distributions,
        "parameters": parameters,
    }


def python_formula(text: str) -> str:
    """Write a distribution as the peer evaluates it: value times factor, names in braces.

    Examples
    --------
    >>> python_formula("2*exp(constant*distance)")
    '(2 * math.exp(({constant}) * ({distance})))*{value}'
    >>> python_formula("where(685 < distance < 885, 1, 0.1)")
    '(1 if 685 < ({distance}) < 885 else 0.1)*{value}'
    """
    Formula(text)  # nothing but arithmetic goes on from here
    return f"({ast.unparse(_Placeholders().visit(ast.parse(text, mode='eval').body))})*{{value}}"


class _Placeholders(ast.NodeTransformer):
    """Names become placeholders, in parentheses because a negative number may replace them."""

    def visit_Name(self, node: ast.Name) -> ast.Name:  # noqa: N802, D102
        return ast.Name(f"({{{node.id}}})")

    def visit_Call(self, node: ast.Call) -> ast.expr:  # noqa: N802, D102
        assert isinstance(node.func, ast.Name)
        arguments = [self.visit(argument) for argument in node.args]
        match node.func.id:
            case "where":
                return ast.IfExp(*arguments)
            case "int" | "float":
                return ast.Call(node.func, arguments, [])
            case function:
                return ast.Call(ast.Name(f"math.{function}"), arguments, [])

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.UnaryOp:  # noqa: N802, D102
        # of a truth of Python, ~ makes a number
        sign = ast.Not() if isinstance(node.op, ast.Invert) else node.op
        return ast.UnaryOp(sign, self.visit(node.operand))


def _features(emodel: EModel) -> Json:
    kinds = {protocol.name: protocol for protocol in emodel.protocols}
    features: dict[str, dict[str, list[Json]]] = {}
    for feature, target in zip(emodel.features, emodel.targets, strict=True):
        entry: Json = {"feature": target.efel_name, "val": [feature.mean, feature.std]}
        protocol = kinds[target.protocol]
        window = own_window(emodel, feature)
        is_bare = protocol.kind == "rin" and target.efel_name != "ohmic_input_resistance_vb_ssse"
        is_sweep = isinstance(protocol, AnyStep | CurrentClamp)
        if is_bare or (is_sweep and window != peer_window(emodel, feature)):
            entry["efel_settings"] = {"stim_start": window[0], "stim_end": window[1]}
        if is_bare:
            # the peer gives window and current to the input resistance alone
            assert protocol.kind == "rin"
            entry["efel_settings"]["stimulus_current"] = protocol.amplitude
        if own := {**(protocol.efel or {}), **(feature.efel or {})}:
            entry["efel_settings"] = {**own, **entry.get("efel_settings", {})}
        by_recording = features.setdefault(target.protocol, {})
        by_recording.setdefault(target.recording, []).append(entry)
    return features


def _protocols(emodel: EModel) -> Json:
    return {key: entry for protocol in emodel.protocols for key, entry in _protocol(protocol)}


def _protocol(protocol: Protocol) -> list[tuple[str, Json]]:
    match protocol.kind:
        case "holding_search":  # follows from the features and the settings
            return []
        case "rmp":
            stimuli = {"step": _pulse(0.0, protocol.duration, protocol.duration, amp=0.0)}
            return [("RMP", {"type": "StepProtocol", "stimuli": stimuli})]
        case "rin":
            stimuli = _on_holding(protocol.delay, protocol.duration, protocol.total)
            stimuli["step"]["amp"] = protocol.amplitude
            return [("Rin", {"type": "StepProtocol", "stimuli": stimuli})]
        case "threshold_search":
            stimuli = _on_holding(protocol.delay, protocol.duration, protocol.total)
            template = {"type": "StepProtocol", "stimuli": stimuli}
            search = {"type": "StepThresholdProtocol", "step_template": template}
            return [("ThresholdDetection", search)]
        case "step" | "absolute_step":
            return [(protocol.name, _step(protocol))]
        case "current_clamp":
            return [(protocol.name, _clamp(protocol))]


def _step(protocol: Step | AbsoluteStep) -> Json:
    stimuli = _on_holding(protocol.delay, protocol.duration, protocol.total)
    if isinstance(protocol, Step):
        stimuli["step"]["thresh_perc"] = protocol.percent
        entry: Json = {"type": "StepThresholdProtocol", "stimuli": stimuli}
    else:
        stimuli["step"]["amp"] = protocol.amplitude
        stimuli["holding"]["amp"] = protocol.holding
        entry = {"type": "StepProtocol", "stimuli": stimuli}
    return entry | _extra(protocol)


def _clamp(protocol: CurrentClamp) -> Json:
    found = as_ecode(protocol)
    assert found is not None  # else it is not exported
    step = found[1]
    if protocol.holding is None:
        return {"type": "StepThresholdProtocol", "stimuli": {"step": step}} | _extra(protocol)
    holding = _pulse(0.0, protocol.total, protocol.total, protocol.holding)
    stimuli = {"step": step, "holding": holding}
    return {"type": "StepProtocol", "stimuli": stimuli} | _extra(protocol)


def _extra(protocol: AnyStep | CurrentClamp) -> Json:
    extra = [_recording(one) for one in protocol.recordings if one.name != "soma.v"]
    return {"extra_recordings": extra} if extra else {}


def _pulse(delay: float, duration: float, total: float, amp: float | None = None) -> Json:
    return {"delay": delay, "amp": amp, "duration": duration, "totduration": total}


def _on_holding(delay: float, duration: float, total: float) -> dict[str, Json]:
    return {"step": _pulse(delay, duration, total), "holding": _pulse(0.0, total, total)}


def _recording(recording: Recording) -> Json:
    location = recording.location
    entry: Json = {
        "name": recording.name.rpartition(".")[0],
        "var": recording.variable,
        "seclist_name": location.region,
    }
    match location.kind:
        case "section":
            return entry | {"type": "nrnseclistcomp", "comp_x": location.x, "sec_index": 0}
        case "region":
            return entry | {"type": "somadistance", "somadistance": location.distance}
        case "apical_trunk":
            apical = {"type": "somadistanceapic", "seclist_name": "apical"}
            return entry | apical | {"somadistance": location.distance}
