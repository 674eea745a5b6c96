"""What the folder format of emodel-generalisation fixes, and where an e-model differs.

The format leaves out what its evaluator (version 0.2.14) holds constant: lengths and bounds of
the searches, discretisation, tolerance, names of regions and protocols.  An e-model that needs
another value would be evaluated as another model, so it is not exported.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from .bounded import BASE_REGIONS, DISTRIBUTION_PREFIX
from .definition import EModel, Feature, Parameter
from .ecodes import WORDS, Tool, as_ecode, ecode_window, shape_of
from .protocol_kinds import SOMA, AnyStep, CurrentClamp, Protocol

_ORDER = ("holding_search", "rin", "rmp", "threshold_search")
_NAMES = {
    "holding_search": "SearchHoldingCurrent",
    "rin": "RinProtocol",
    "rmp": "RMPProtocol",
    "threshold_search": "SearchThresholdCurrent",
}
_CONSTANTS: dict[str, dict[str, float]] = {
    "holding_search": {"precision": 0.1, "lower": -0.2, "upper": 0.2, "duration": 1000.0},
    "rin": {},
    "rmp": {},
    "threshold_search": {"precision": 0.01, "max_current": 2.0},
}
_NEEDED_FEATURES = (
    "SearchHoldingCurrent.soma.v.steady_state_voltage_stimend",
    "RinProtocol.soma.v.ohmic_input_resistance_vb_ssse",
    "RMPProtocol.soma.v.steady_state_voltage_stimend",
    "SearchThresholdCurrent.soma.v.bpo_threshold_current",
)
_SEARCH_FEATURES = {*_NEEDED_FEATURES, "SearchHoldingCurrent.soma.v.bpo_holding_current"}

_REGIONS = {
    "alldend": {"apical", "basal"},
    "somadend": {"apical", "basal", "somatic"},
    "allnoaxon": {"apical", "basal", "somatic"},
    "somaxon": {"axonal", "somatic"},
    "allact": {"apical", "basal", "somatic", "axonal"},
}
# a sweep's shape follows from the first of all these words that its name holds
_STEP_WORDS = ("idrest", "idthres", "step", "bap", "iv", "spikerec", "apwaveform")
_SHAPE_WORDS = (
    *("idrest", "idthres", "step", "rinholdcurrent", "bap", "iv", "spikerec", "ap_thresh"),
    *("apthresh", "apwaveform", "highfreq", "synaptic", "bac", "dendritic", "startnohold"),
)
# no mechanism is looked for in the name of these
_PLAIN_VARIABLES = ("v_init", "celsius", "cm", "Ra", "ena", "ek")
# attributes of the object that would hold a constant of a distribution
_TAKEN = frozenset(
    {"value", "distance", "name", "comment", "distribution", "dist_param_names"}
    | {"inst_distribution", "ref_section", "ref_location", "scale", "scale_dict", "eval_dist"}
)


def inexpressible(
    emodel: EModel, with_searches: bool = True, tool: Tool | None = "emodel-generalisation"
) -> list[str]:
    """List what the format cannot express, each as ``name must be this, got that``.

    Parameters
    ----------
    emodel : EModel
        What is to be expressed.
    with_searches : bool
        Whether the four searches and their features must be there, without which
        emodel-generalisation evaluates nothing; BluePyEModel evaluates steps of given currents.
    tool : {"emodel-generalisation", "bluepyemodel"} or None
        Whose shapes of stimuli the sweeps must be; None for sweeps that were read from a folder.
    """
    return [
        *_of_cell(emodel),
        *_of_regions(emodel),
        *_of_parameters(emodel),
        *_of_protocols(emodel, with_searches),
        *_of_sweeps(emodel, tool),
        *_of_features(emodel, with_searches),
    ]


def peer_window(emodel: EModel, feature: Feature) -> tuple[float, float]:
    """Stimulus window (ms) that the evaluator gives a feature of which the file sets none."""
    protocol = next(p for p in emodel.protocols if p.name == feature.name.split(".")[0])
    match protocol.kind:
        case "holding_search":
            return (protocol.duration - 100.0, protocol.duration)
        case "rmp" if feature.name.endswith(".steady_state_voltage_stimend"):
            return (protocol.duration - 100.0, protocol.duration)
        case "rmp":
            return (0.0, protocol.duration)
        case "step" | "absolute_step" if "bAP" in protocol.name:
            return (protocol.delay, protocol.total)
        case "current_clamp":
            return ecode_window(protocol) or protocol.window
        case _:
            return (protocol.delay, protocol.delay + protocol.duration)


def own_window(emodel: EModel, feature: Feature) -> tuple[float, float]:
    """Stimulus window (ms) of a feature as the e-model has it."""
    protocol = next(p for p in emodel.protocols if p.name == feature.name.split(".")[0])
    if feature.window is not None:
        return feature.window
    match protocol.kind:
        case "holding_search" | "rmp":
            return (0.9 * protocol.duration, protocol.duration)
        case "step" | "absolute_step" if protocol.window_end is not None:
            return (protocol.delay, protocol.window_end)
        case "current_clamp":
            return protocol.window
        case _:
            return (protocol.delay, protocol.delay + protocol.duration)


def _of_cell(emodel: EModel) -> Iterator[str]:
    if emodel.morphology.segment_length != 40.0:
        yield f"morphology.segment_length must be 40 um, got {emodel.morphology.segment_length:g}"
    if emodel.cvode_atol != 1e-3:
        yield f"cvode_atol must be 0.001, got {emodel.cvode_atol:g}"


def _of_regions(emodel: EModel) -> Iterator[str]:
    used = {*emodel.mechanisms, *(p.region for p in emodel.parameters)}
    for region, parts in emodel.regions.items():
        if region in used and set(parts) != _REGIONS.get(region):
            meaning = " + ".join(sorted(_REGIONS.get(region, ())))
            wanted = f"be {meaning}" if meaning else f"be one of {', '.join(_REGIONS)}"
            yield f"region '{region}' must {wanted}, got {' + '.join(parts)}"
    for protocol in emodel.protocols:
        for recording in protocol.recordings:
            if recording.location.region not in BASE_REGIONS:
                yield (
                    f"recording '{recording.name}' must lie in one of "
                    f"{', '.join(BASE_REGIONS)}, got '{recording.location.region}'"
                )


def _of_parameters(emodel: EModel) -> Iterator[str]:
    everywhere = {suffix: _parts_with(emodel, suffix) for suffix in _suffixes(emodel)}
    for parameter in emodel.parameters:
        name, variable, region = parameter.name, parameter.variable, parameter.region
        if region.startswith(DISTRIBUTION_PREFIX):
            if variable in _TAKEN:
                yield f"constant '{name}' must have another name, '{variable}' is taken"
        elif region and variable not in _PLAIN_VARIABLES and "_ion" not in variable:
            # the evaluator inserts whatever mechanism it finds in the name
            found = [suffix for suffix in everywhere if suffix in variable]
            if not found:
                yield f"parameter '{name}' must carry the name of a mechanism"
            for suffix in found:
                if not _parts(emodel, region) <= everywhere[suffix]:
                    yield (
                        f"parameter '{name}' must not hold the name of mechanism '{suffix}', "
                        f"which '{region}' does not have"
                    )
    for name in ("constant", "uniform"):
        if name in emodel.distributions:
            yield f"distribution '{name}' must have another name"
    yield from _of_parameter_order(emodel)


def _of_parameter_order(emodel: EModel) -> Iterator[str]:
    """Parameters are set region by region, and `all` never after a part."""
    grouped = grouped_parameters(emodel)
    rank = {p.name: i for i, p in enumerate(p for group in grouped.values() for p in group)}
    for i, first in enumerate(emodel.parameters):
        for second in emodel.parameters[i + 1 :]:
            overlap = _parts(emodel, first.region) & _parts(emodel, second.region)
            if first.variable != second.variable or not overlap:
                continue
            if rank[first.name] > rank[second.name] or second.region == "all":
                yield f"parameter '{second.name}' must come before '{first.name}'"


def grouped_parameters(emodel: EModel) -> dict[str, list[Parameter]]:
    """Parameters by location, globals and constants of distributions first."""
    groups: dict[str, list[Parameter]] = {}
    for parameter in emodel.parameters:
        groups.setdefault(parameter.region or "global", []).append(parameter)

    def comes_later(region: str) -> bool:
        return region != "global" and not region.startswith(DISTRIBUTION_PREFIX)

    return {region: groups[region] for region in sorted(groups, key=comes_later)}


def _of_protocols(emodel: EModel, with_searches: bool) -> Iterator[str]:
    kinds = tuple(protocol.kind for protocol in emodel.protocols)
    first, steps = kinds[: len(_ORDER)], kinds[len(_ORDER) :]
    sweeps = {"step", "absolute_step", "current_clamp"}
    if with_searches and (first != _ORDER or not steps or not set(steps) <= sweeps):
        yield f"protocols must be {', '.join(_ORDER)} and steps, got {', '.join(kinds) or 'none'}"
    for protocol in emodel.protocols:
        if isinstance(protocol, AnyStep | CurrentClamp):
            continue
        if protocol.name != _NAMES[protocol.kind]:
            yield f"the {protocol.kind} must be called {_NAMES[protocol.kind]}"
        for field, constant in _CONSTANTS[protocol.kind].items():
            if getattr(protocol, field) != constant:
                yield (
                    f"{protocol.name}.{field} must be {constant:g}, got "
                    f"{getattr(protocol, field):g}"
                )
        if protocol.recordings != (SOMA,):
            yield f"{protocol.name} must record soma.v at the middle of the soma and nothing else"


def _of_sweeps(emodel: EModel, tool: Tool | None) -> Iterator[str]:
    for protocol in emodel.protocols:
        if isinstance(protocol, AnyStep):
            if tool is not None:
                yield from _of_step_name(protocol)
            yield from _of_recordings(protocol)
        elif isinstance(protocol, CurrentClamp):
            if tool is not None:
                yield from _of_clamp(protocol, tool)
            yield from _of_recordings(protocol)


def _of_step_name(protocol: AnyStep) -> Iterator[str]:
    shape = next((word for word in _SHAPE_WORDS if word in protocol.name.lower()), None)
    if shape not in _STEP_WORDS:
        yield f"protocol '{protocol.name}' must have one of {', '.join(_STEP_WORDS)} in its name"


def _of_clamp(protocol: CurrentClamp, tool: Tool) -> Iterator[str]:
    found = as_ecode(protocol)
    if found is None:
        yield (
            f"protocol '{protocol.name}' must be one of the stimuli that such a folder names, and "
            "its currents together are none of them"
        )
        return
    words = [word for word, shape in WORDS[tool].items() if shape == found[0]]
    if not words:
        others = [one for one in WORDS if found[0] in WORDS[one].values()]
        yield (
            f"protocol '{protocol.name}' must not be a {found[0]}, which {tool} does not have"
            + (f" (--format {others[0]} does)" if others else "")
        )
    elif shape_of(protocol.name, tool) != found[0]:
        yield f"protocol '{protocol.name}' must have {' or '.join(words)} in its name"


def _of_recordings(protocol: AnyStep | CurrentClamp) -> Iterator[str]:
    for recording in protocol.recordings:
        if not re.fullmatch(r"\w+\.(v|[a-z]+i)", recording.name):
            yield f"recording '{recording.name}' must be a voltage or an ion concentration"
        if recording.name == SOMA.name and recording != SOMA:
            yield f"soma.v of '{protocol.name}' must be recorded at the middle of the soma"


def _of_features(emodel: EModel, with_searches: bool) -> Iterator[str]:
    for name in _NEEDED_FEATURES if with_searches else ():
        if name not in emodel.feature_names:
            yield f"there must be a feature '{name}'"
    kinds: dict[str, Protocol] = {protocol.name: protocol for protocol in emodel.protocols}
    for feature, target in zip(emodel.features, emodel.targets, strict=True):
        protocol = kinds[target.protocol]
        if feature.name == _NEEDED_FEATURES[0] and protocol.kind == "holding_search":
            if protocol.target_voltage != feature.mean:
                yield (
                    f"{protocol.name}.target_voltage must be the mean of its feature, "
                    f"{feature.mean:g} mV, got {protocol.target_voltage:g}"
                )
        is_search = protocol.kind in ("holding_search", "threshold_search")
        if (is_search or target.is_search_result) and feature.name not in _SEARCH_FEATURES:
            yield f"feature '{feature.name}' must be one of a sweep"
        fixed = is_search or protocol.kind == "rmp" or feature.name == _NEEDED_FEATURES[1]
        own, given = own_window(emodel, feature), peer_window(emodel, feature)
        if fixed and not target.is_search_result and own != given:
            yield (
                f"feature '{feature.name}' must have the window {given[0]:g} to {given[1]:g} ms, "
                f"got {own[0]:g} to {own[1]:g}"
            )


def _suffixes(emodel: EModel) -> list[str]:
    return sorted({suffix for suffixes in emodel.mechanisms.values() for suffix in suffixes})


def _parts(emodel: EModel, region: str) -> set[str]:
    """Return the base regions of a region; none for a global or a distribution."""
    if region == "all":
        return set(BASE_REGIONS) - {"all"}
    if region in BASE_REGIONS:
        return {region}
    parts = emodel.regions.get(region, ())
    return set().union(*(_parts(emodel, part) for part in parts)) if parts else set()


def _parts_with(emodel: EModel, suffix: str) -> set[str]:
    """Return the base regions into which a mechanism is inserted."""
    inserted: set[str] = set()
    for region, suffixes in emodel.mechanisms.items():
        if suffix in suffixes:
            inserted |= _parts(emodel, region)
    return inserted
