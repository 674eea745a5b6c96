"""The rules that the parts of a definition keep together; each names what breaks it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from ..errors import nearest
from ..features import known_features
from .bounded import BASE_REGIONS, DISTRIBUTION_PREFIX, LONGEST_SWEEP, OF_NEURON
from .distributions import Formula
from .protocol_kinds import NEEDS

if TYPE_CHECKING:
    from .definition import EModel

_MOST_SAMPLES = 10_000_000  # of a sweep, as eFEL interpolates it


def check_consistent(emodel: EModel) -> None:
    """Check what no part of a definition can check alone.

    Raises
    ------
    ValueError
        If a rule is broken; with the name of what breaks it.
    """
    known = {*BASE_REGIONS, *emodel.regions}
    _check_regions(emodel, known)
    _check_recordings(emodel, known)
    _check_unique(emodel)
    _check_durations(emodel)
    _check_parameters(emodel, known)
    _check_distributions(emodel)
    _check_protocol_order(emodel)
    _check_features(emodel)
    _check_references(emodel)


def _check_regions(emodel: EModel, known: set[str]) -> None:
    for region, parts in emodel.regions.items():
        for part in parts:
            if part not in BASE_REGIONS:
                raise ValueError(f"region '{region}' is made of unknown region '{part}'")
    for region in emodel.mechanisms:
        if region not in known:
            raise ValueError(f"mechanisms name unknown region '{region}'")


def _check_recordings(emodel: EModel, known: set[str]) -> None:
    if not any(parameter.is_free for parameter in emodel.parameters):
        raise ValueError("no parameter is free; give at least one of them bounds")
    for protocol in emodel.protocols:
        if "soma.v" not in [recording.name for recording in protocol.recordings]:
            raise ValueError(f"protocol '{protocol.name}' must record soma.v")
        for recording in protocol.recordings:
            if recording.location.region not in known:
                raise ValueError(
                    f"recording '{recording.name}' names unknown region "
                    f"'{recording.location.region}'{nearest(recording.location.region, known)}"
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
    for name, length in lengths.items():
        if length / emodel.efel.interp_step > _MOST_SAMPLES:
            raise ValueError(
                f"protocol '{name}' has {length / emodel.efel.interp_step:.0f} steps of "
                f"efel.interp_step, and {_MOST_SAMPLES} are the most"
            )


def _check_parameters(emodel: EModel, known: set[str]) -> None:
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
        for needed in NEEDS.get(protocol.kind, ()):
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
