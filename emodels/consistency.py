"""The rules that the parts of a definition keep together; each names what breaks it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from ..errors import IonfoError, nearest
from ..features import known_features
from .bounded import BASE_REGIONS, DISTRIBUTION_PREFIX, LONGEST_SWEEP, OF_NEURON
from .distributions import Formula
from .protocol_kinds import CurrentClamp, needs

if TYPE_CHECKING:
    from .definition import EModel

_ABOVE_ZERO = frozenset({"Ra", "L", "diam"})  # NEURON refuses others with an error
_MOST_SAMPLES = 10_000_000  # of a sweep, as eFEL interpolates it


def check_consistent(emodel: EModel) -> None:
    """Check what no part of a definition can check alone.

    Raises
    ------
    ValueError
        If a rule is broken; with the name of what breaks it.
    """
    for rule in RULES:
        rule(emodel)


def broken_rules(emodel: EModel) -> Iterator[tuple[str, str | int, str]]:
    """Find every rule that a definition breaks, where `check_consistent` ends at the first.

    A rule about each part of a list is asked about one part at a time.

    Parameters
    ----------
    emodel : EModel
        Whose parts are valid each.

    Yields
    ------
    tuple of str, (str or int), str
        Field of the definition, key or index in it ("" of a rule about the whole), and what is
        wrong.
    """
    whole = {name: getattr(emodel, name) for name in type(emodel).model_fields}
    for rule, field in RULES.items():
        parts: Any = whole.get(field)
        alone: list[tuple[str | int, Any]] = [("", parts)]
        if isinstance(parts, Mapping):
            alone = [(key, {key: part}) for key, part in parts.items()]
        elif isinstance(parts, tuple):
            alone = [(i, (part,)) for i, part in enumerate(parts)]
        for key, part in alone:
            one = type(emodel).model_construct(**(whole | ({field: part} if field else {})))
            try:
                rule(one)
            except (ValueError, IonfoError) as error:
                yield field, key, str(error)


def _known(emodel: EModel) -> set[str]:
    return {*BASE_REGIONS, *emodel.regions}


def _check_regions(emodel: EModel) -> None:
    for region, parts in emodel.regions.items():
        for part in parts:
            if part not in BASE_REGIONS:
                raise ValueError(f"region '{region}' is made of unknown region '{part}'")


def _check_places(emodel: EModel) -> None:
    known = _known(emodel)
    for region in emodel.mechanisms:
        if region not in known:
            raise ValueError(f"mechanisms name unknown region '{region}'")


def _check_free(emodel: EModel) -> None:
    if not any(parameter.is_free for parameter in emodel.parameters):
        raise ValueError("no parameter is free; give at least one of them bounds")


def _check_above_zero(emodel: EModel) -> None:
    for parameter in emodel.parameters:
        least = parameter.value if parameter.bounds is None else parameter.bounds[0]
        if parameter.variable in _ABOVE_ZERO and parameter.region and (least or 0.0) <= 0:
            raise ValueError(f"parameter '{parameter.name}' must be above 0, got {least:g}")


def _check_recordings(emodel: EModel) -> None:
    known = _known(emodel)
    for protocol in emodel.protocols:
        if "soma.v" not in [recording.name for recording in protocol.recordings]:
            raise ValueError(f"protocol '{protocol.name}' must record soma.v")
        for recording in protocol.recordings:
            if recording.location.region not in known:
                raise ValueError(
                    f"recording '{recording.name}' names unknown region "
                    f"'{recording.location.region}'{nearest(recording.location.region, known)}"
                )
        for site in protocol.sites if isinstance(protocol, CurrentClamp) else ():
            if site.region not in known:
                raise ValueError(
                    f"the stimulus of protocol '{protocol.name}' names unknown region "
                    f"'{site.region}'{nearest(site.region, known)}"
                )


def _check_unique(emodel: EModel) -> None:
    for what, parts in (
        ("parameter", emodel.parameters),
        ("protocol", emodel.protocols),
        ("feature", emodel.features),
    ):
        counts = Counter(part.name for part in parts)
        if twice := [name for name, n in counts.items() if n > 1]:
            raise ValueError(f"{what} '{twice[0]}' stands twice")


def _check_durations(emodel: EModel) -> None:
    lengths = {one.name: float(getattr(one, "total", one.duration)) for one in emodel.protocols}
    if sum(lengths.values()) > 10 * LONGEST_SWEEP:
        raise ValueError(
            f"the protocols last {sum(lengths.values()):g} ms together, and "
            f"{10 * LONGEST_SWEEP:g} are the most"
        )
    parts = (*emodel.protocols, *emodel.features)
    steps = [float((one.efel or {}).get("interp_step", math.inf)) for one in parts]
    finest = min([emodel.efel.interp_step, *steps])
    for name, length in lengths.items():
        if length / finest > _MOST_SAMPLES:
            raise ValueError(
                f"protocol '{name}' has {length / finest:.0f} steps of "
                f"efel.interp_step, and {_MOST_SAMPLES} are the most"
            )


def _check_parameters(emodel: EModel) -> None:
    known = _known(emodel)
    inserted = {suffix for suffixes in emodel.mechanisms.values() for suffix in suffixes} - {"pas"}
    for name in emodel.global_names:
        if not any(name.endswith(f"_{suffix}") for suffix in inserted):
            raise ValueError(
                f"parameter '{name}' must be called variable.region; without a region it must be a "
                "GLOBAL variable of a mechanism that is inserted, variable_MECHANISM"
            )
    for parameter in emodel.parameters:
        region = parameter.region
        if region.startswith(DISTRIBUTION_PREFIX):
            if region.removeprefix(DISTRIBUTION_PREFIX) not in emodel.distributions:
                raise ValueError(f"parameter '{parameter.name}' names an unknown distribution")
        elif region and region not in known:
            raise ValueError(
                f"parameter '{parameter.name}' names unknown region '{region}'"
                + nearest(region, known)
            )
        elif not region and parameter.distribution != "uniform":
            raise ValueError(
                f"parameter '{parameter.name}' has one value in the whole cell, and no distribution"
            )
        if parameter.distribution not in {"uniform", *emodel.distributions}:
            raise ValueError(
                f"parameter '{parameter.name}' has unknown distribution '{parameter.distribution}'"
            )


def _check_distributions(emodel: EModel) -> None:
    for key, text in emodel.distributions.items():
        needed = Formula(text).names - {"distance"}
        given = {
            parameter.variable
            for parameter in emodel.parameters
            if parameter.region == DISTRIBUTION_PREFIX + key
        }
        if missing := needed - given:
            raise ValueError(f"distribution '{key}' uses unknown name '{min(missing)}'")


def _check_protocol_order(emodel: EModel) -> None:
    if not {*OF_NEURON} <= {parameter.name for parameter in emodel.parameters}:
        raise ValueError("parameters must hold celsius and v_init")
    seen: list[str] = []
    for protocol in emodel.protocols:
        for needed in needs(protocol):
            if needed not in seen:
                raise ValueError(
                    f"protocol '{protocol.name}' ({protocol.kind}) needs a {needed} before it"
                )
        seen.append(protocol.kind)


def _check_features(emodel: EModel) -> None:
    protocols = {protocol.name for protocol in emodel.protocols}
    for feature in emodel.features:
        if feature.name.count(".") < 2 or feature.name.split(".")[0] not in protocols:
            raise ValueError(
                f"feature '{feature.name}' must be called protocol.recording.feature with "
                "a protocol of this e-model"
            )
    known = known_features()
    for target in emodel.targets:
        if target.efel_name not in known:
            raise ValueError(
                f"feature '{target.name}': eFEL knows no '{target.efel_name}'"
                + nearest(target.efel_name, known)
            )


def _check_references(emodel: EModel) -> None:
    names = {parameter.name for parameter in emodel.parameters}
    for reference in (emodel.reference, *(one.reference for one in emodel.alternatives.values())):
        if reference is None:
            continue
        for name in reference:
            if name not in names:
                raise ValueError(f"reference sets unknown parameter '{name}'")
        for parameter in emodel.parameters:
            if parameter.is_free and parameter.name not in reference:
                raise ValueError(f"reference leaves out free parameter '{parameter.name}'")


RULES: dict[Callable[[EModel], None], str] = {
    _check_regions: "regions",
    _check_places: "mechanisms",
    _check_free: "",
    _check_above_zero: "parameters",
    _check_recordings: "protocols",
    _check_unique: "",
    _check_durations: "",
    _check_parameters: "parameters",
    _check_distributions: "distributions",
    _check_protocol_order: "",
    _check_features: "features",
    _check_references: "",
}
"""Every rule, in the order in which they are checked -> the field about whose parts one by one it
is, "" of a rule about the whole."""
