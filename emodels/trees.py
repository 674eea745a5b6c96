"""What a definition asks of a reconstruction, and the reconstruction does not have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from ..morphologies import morphology_notes
from ..morphologies.first_build import built_size
from .bounded import BASE_REGIONS, DISTRIBUTION_PREFIX
from .definition import EModel, Morphology

_TREES = {"axonal": "axon", "basal": "basal tree", "apical": "apical tree", "myelinated": "myelin"}


def cell_notes(emodel: EModel, morphology: Path, cut: Morphology) -> list[str]:
    """Tell what is odd about a reconstruction, for itself and for an e-model.

    Parameters
    ----------
    emodel : EModel
        Its definition.
    morphology : Path
        A file that has been checked and built.
    cut : Morphology
        How it is cut, and what replaces its axon.

    Returns
    -------
    list of str
        Sentences.
    """
    size = built_size(morphology)
    absent = {name for name in ("basal", "apical") if not size[name][0]}
    if cut.axon is None and not size["axonal"][0]:
        absent.add("axonal")
    if cut.axon != "taper":
        absent.add("myelinated")
    return [*morphology_notes(morphology), *missing_trees(emodel, morphology.name, absent)]


def missing_trees(emodel: EModel, name: str, absent: set[str]) -> list[str]:
    """Tell which parts of a definition lie in regions without a section.

    Parameters
    ----------
    emodel : EModel
        Its definition.
    name : str
        Of the reconstruction.
    absent : set of str
        Base regions without a section.
    """
    asked: dict[str, list[str]] = {}
    for parameter in emodel.parameters:
        if parameter.is_free and not parameter.region.startswith(DISTRIBUTION_PREFIX):
            asked.setdefault(parameter.region, []).append(f"free parameter '{parameter.name}'")
    for region, suffixes in emodel.mechanisms.items():
        asked.setdefault(region, []).extend(f"mechanism '{suffix}'" for suffix in suffixes)
    for protocol in emodel.protocols:
        for recording in protocol.recordings:
            asked.setdefault(recording.location.region, []).append(f"recording '{recording.name}'")
    found = []
    for region, what in asked.items():
        parts = _parts(region, emodel.regions)
        if parts and parts <= absent:
            first, *more = dict.fromkeys(what)
            trees = " and no ".join(_TREES[part] for part in sorted(parts))
            others = f" and {len(more)} more of region '{region}' have" if more else " has"
            found.append(f"morphology '{name}' has no {trees}, so {first}{others} no place")
    return found


def _parts(region: str, regions: Mapping[str, Sequence[str]]) -> set[str]:
    """Give the base regions of a region; none of a global."""
    parts = regions.get(region, (region,) if region in BASE_REGIONS else ())
    return {*parts} if "all" not in parts else {*BASE_REGIONS[1:]}
