"""``ionfo check``: all that is wrong with a definition, its cell drawn, and one model of it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..analysis.figures.style import Figure
from ..emodels import EModel
from ..emodels.cell import resolve_morphology
from ..emodels.definition import FOLDER, list_emodels
from ..emodels.definition_text import is_definition, read_definition_text
from ..emodels.faults import Checked, Fault, check_definition
from ..emodels.mechanism_checks import check_mechanisms
from ..errors import IonfoError, nearest
from ..mechanisms import build_mechanisms
from ..mechanisms.build import bundled_folder, mechanism_files
from ..morphologies import morphology_notes
from ..morphologies.reading import is_bundled
from ..sampling import evaluator_spec
from ..sampling.evaluation.look import Seen, look_at
from ..sampling.evaluation.score import reference_models
from .check_figure import check_figure
from .check_rules import (
    large_currents,
    missing_recordings,
    unfit_mechanisms,
    wrong_units,
)

_ROUNDS = 10  # of building the cell without a parameter that it refuses


@dataclass(frozen=True)
class Check:
    """What `check` found.

    Attributes
    ----------
    origin : str
        Name or file of the definition.
    emodel : EModel or None
        The definition where it is valid.
    faults : list of Fault
        Errors, and what is worth a look.
    seen : Seen or None
        The cell, its recording sites, and one model; None where errors stand before it.
    model : str
        Which model was run.
    """

    origin: str
    emodel: EModel | None
    faults: list[Fault] = field(default_factory=list)
    seen: Seen | None = None
    model: str = ""

    @property
    def errors(self) -> list[Fault]:
        """What must be mended before anything is sampled."""
        return [one for one in self.faults if one.is_error]

    @property
    def warnings(self) -> list[Fault]:
        """What is worth a look."""
        return [one for one in self.faults if not one.is_error and not one.is_to_fill]

    @property
    def to_fill(self) -> list[Fault]:
        """Suggestions that wait for the user's own."""
        return [one for one in self.faults if one.is_to_fill]

    def sentences(self) -> list[str]:
        """Say what was found, one fault a line, then the cell and its model."""
        told = [f"error: {one}" for one in self.errors]
        told += [f"look at: {one}" for one in self.warnings]
        for kind in ("parameter", "protocol", "feature"):
            lines = [one for one in self.to_fill if one.where.startswith(kind)]
            if lines:
                names = ", ".join(one.where.partition("'")[2][:-1] for one in lines)
                first, last = lines[0].line, lines[-1].line
                told.append(f"to fill, {kind}s of lines {first} to {last}: {names}")
        if self.seen is None or self.emodel is None:
            return told
        sections, segments, length = self.seen.regions["all"]
        parts = [f"{name} {n}" for name, (n, _, _) in self.seen.regions.items()
                 if n and name not in ("all", *self.emodel.regions)]  # fmt: skip
        told.append(
            f"the cell has {sections} sections ({', '.join(parts)}), {segments} segments and "
            f"{length:.0f} um"
        )
        for name, site in self.seen.sites.items():
            if site is not None and not name.endswith(".soma.v"):
                section, x, distance, _, _ = site
                told.append(f"{name}: {section}({x:.2f}), {distance:.0f} um from the soma")
        features = self.seen.features
        missing = int(features["missing"].ne("").sum())
        told.append(
            f"{self.model}: {self.seen.seconds:.2g} CPU s, {self.seen.n_steps} integrator steps; "
            f"{len(features) - missing} of {len(features)} features have a value"
        )
        return told

    def plot(self) -> Figure:
        """Draw the cell with its regions and recording sites, and the voltages of its model.

        Raises
        ------
        IonfoError
            If errors kept the cell from being built.
        """
        if self.seen is None or self.emodel is None:
            raise IonfoError(f"'{self.origin}' has errors, so there is no cell to draw")
        return check_figure(self.emodel, self.seen, self.model)

    def _repr_html_(self) -> str:
        """Show the faults and the features in a notebook."""
        listed = "".join(f"<li>{escape(one)}</li>" for one in self.sentences())
        table = "" if self.seen is None else self.seen.features.to_html(index=False)
        return f"<p>{escape(self.origin)}</p><ul>{listed}</ul>{table}"


def check(
    emodel: str | Path,
    *,
    morphology: str | Path | None = None,
    mechanisms: str | Path | None = None,
) -> Check:
    """Find everything that is wrong with a definition at once, build its cell and run one model.

    Parameters
    ----------
    emodel : str or Path
        A definition (.json, .yaml), or the name of an e-model.
    morphology, mechanisms : path, optional
        Instead of the bundled ones.

    Returns
    -------
    Check
        The faults by name and line; where there are no errors the cell too, with every recording
        placed, and the traces and features of the reference model or, where there is none, of
        the middle of the bounds.

    Raises
    ------
    IonfoError
        If the file cannot be read at all.
    """
    origin = str(emodel)
    checked = check_definition(_text(origin), origin)
    faults, one = list(checked.faults), checked.emodel
    if one is None:
        return Check(origin, None, faults)
    folder = bundled_folder(one.inserted) if mechanisms is None else Path(mechanisms)
    faults += [*large_currents(checked, one), *missing_recordings(checked, one)]
    try:
        mechanism_files(folder)
    except IonfoError as error:
        return Check(origin, one, [*faults, Fault("mechanisms", str(error))])
    faults += wrong_units(checked, one, folder)
    try:
        faults += unfit_mechanisms(checked, one, folder)
        check_mechanisms(one.model_copy(update={"mechanisms": {}, "parameters": ()}), folder)
    except IonfoError as error:
        faults.append(Fault("mechanisms", str(error)))
    cell = None
    try:
        cell = resolve_morphology(one, None if morphology is None else Path(morphology))
        odd = [] if is_bundled(cell) else morphology_notes(cell)
        faults += [Fault("", text, is_error=False) for text in odd]
    except IonfoError as error:
        faults.append(Fault("morphology", str(error)))
    if any(fault.is_error and fault.where.startswith("mech") for fault in faults) or cell is None:
        return Check(origin, one, sorted(faults, key=lambda fault: fault.line or 0))
    seen, model, more = _looked(checked, one, cell, folder)
    faults += more
    if seen is not None:
        faults += _unplaced(checked, one, seen)
        faults += _valueless(checked, seen)
    return Check(origin, one, sorted(faults, key=lambda fault: fault.line or 0), seen, model)


def _text(origin: str) -> str:
    if is_definition(origin):
        return read_definition_text(Path(origin))
    if origin in list_emodels():
        return (FOLDER / f"{origin}.json").read_text(encoding="utf-8")
    raise IonfoError(
        f"'{origin}' is neither a definition (.json, .yaml) nor an e-model"
        f"{nearest(origin, list_emodels())}"
    )


def _looked(
    checked: Checked, emodel: EModel, morphology: Path, folder: Path
) -> tuple[Seen | None, str, list[Fault]]:
    """Build the cell and run a model, without the parameters that no section takes."""
    faults: list[Fault] = []
    left = emodel
    try:
        build_mechanisms(folder, needed=emodel.inserted)
    except IonfoError as error:
        return None, "", [Fault("mechanisms", str(error))]
    for _ in range(_ROUNDS):
        theta, fixed, model = _model(left, morphology)
        try:
            seen = look_at(evaluator_spec(left, morphology, folder), theta, fixed)
            return seen, model, faults
        except IonfoError as error:
            named = re.match(r"parameter '([^']+)': (.*)", str(error))
            names = [one.name for one in left.parameters]
            if named is None or named[1] not in names:
                return None, "", [*faults, Fault("", str(error))]
            i = [one.name for one in emodel.parameters].index(named[1])
            faults.append(checked.fault(("parameters", i), named[2]))
            rest = tuple(one for one in left.parameters if one.name != named[1])
            if not any(one.is_free for one in rest):
                return None, "", faults
            reference = left.reference and {
                name: value for name, value in left.reference.items() if name != named[1]
            }
            update = {"parameters": rest, "reference": reference, "alternatives": {}}
            left = EModel.model_validate({**left.model_dump(), **_dumped(left, update)})
    return None, "", faults


def _dumped(emodel: EModel, update: Mapping[str, object]) -> dict[str, object]:
    kept = emodel.model_copy(update=update).model_dump()
    return {key: kept[key] for key in update}


def _model(emodel: EModel, morphology: Path) -> tuple[NDArray[np.float64], dict[str, float], str]:
    """Choose the model to run: the reference, or the middle of the bounds."""
    try:
        read = reference_models(emodel, morphology)
    except IonfoError:
        return emodel.bounds.mean(axis=1), {}, "the middle of the bounds"
    return read.theta[0], dict(read.fixed[0]), "the reference model"


def _unplaced(checked: Checked, emodel: EModel, seen: Seen) -> Sequence[Fault]:
    found = []
    for i, protocol in enumerate(emodel.protocols):
        for k, recording in enumerate(protocol.recordings):
            if seen.sites.get(f"{protocol.name}.{recording.name}", ("",)) is not None:
                continue
            asked = recording.location
            where = "" if asked.distance is None else f" at {asked.distance:g} um"
            n, _, length = seen.regions[asked.region]
            found.append(
                checked.fault(
                    ("protocols", i, "recordings", k),
                    f"the morphology has no place {asked.kind} of region '{asked.region}'{where} "
                    f"({n} sections, {length:.0f} um in all); its features would score 250 always",
                )
            )
    return found


def _valueless(checked: Checked, seen: Seen) -> Sequence[Fault]:
    """Say which features have no value, and why."""
    found = []
    for i, row in enumerate(seen.features.itertuples()):
        if row.missing and "does not exist on this morphology" not in str(row.missing):
            found.append(
                checked.fault(("features", i), f"no value: {row.missing!s}", is_error=False)
            )
    return found
