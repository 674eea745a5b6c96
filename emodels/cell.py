"""Build the cell of an e-model once, then set its parameters in place.

`bluepyopt.ephys` imports the morphology and inserts the mechanisms; afterwards the cell
stays, and a new parameter set only writes numbers into its sections.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import IonfoError, nearest, note
from ..limits import is_same
from ..mechanisms import mechanism_files
from ..mechanisms.build import build_mechanisms, bundled_folder, load_mechanisms
from ..morphologies import check_build, check_morphology, find_morphology, stub_axon, taper_axon
from ..morphologies.first_build import check_taper
from ..morphologies.reading import is_bundled, readable_by_neuron
from .bounded import BASE_REGIONS, DISTRIBUTION_PREFIX
from .definition import Alternative, EModel, Morphology, Parameter
from .distributions import Formula
from .mechanism_checks import check_mechanisms, known_variables
from .protocol_kinds import Location
from .trees import cell_notes


class Cell:
    """The one cell of this process.

    Parameters
    ----------
    emodel : EModel
        Its definition.
    morphology : Path, optional
        .asc or .swc file, or the name of a bundled one; the definition's by default.
    mechanisms : Path, optional
        Folder with .mod files; the bundled ones by default.

    Raises
    ------
    IonfoError
        If the morphology or a mechanism is missing or unfit.
    """

    def __init__(
        self, emodel: EModel, morphology: Path | None = None, mechanisms: Path | None = None
    ) -> None:
        self.emodel = emodel
        self.morphology = resolve_morphology(emodel, morphology)
        folder = mechanisms or bundled_folder(emodel.inserted)
        check_mechanisms(emodel, folder)
        load_mechanisms(
            build_mechanisms(folder, needed=emodel.inserted), tuple(mechanism_files(folder))
        )
        self._known = known_variables(emodel, folder)
        with readable_by_neuron(self.morphology) as file:
            self._build(file)
        self._setters = [self._setter(parameter) for parameter in emodel.parameters]

    def _build(self, file: Path) -> None:
        from bluepyopt import ephys

        regions = {name: (name,) for name in BASE_REGIONS} | dict(self.emodel.regions)
        lists = {name: ephys.locations.NrnSeclistLocation(name, name) for name in BASE_REGIONS}
        self._simulator = ephys.simulators.NrnSimulator()
        self.h = self._simulator.neuron.h
        # a second cell would be integrated together with this one and change its steps
        if next(iter(self.h.allsec()), None) is not None:
            raise IonfoError(
                "NEURON already holds sections in this process; build one cell per process, "
                "or close the earlier Simulator first"
            )
        modifiers = []
        cut = cut_of(self.emodel, self.morphology)
        if cut.axon == "taper":
            modifiers.append(lambda sim, icell: taper_axon(sim.neuron.h, icell))
        elif cut.axon is not None:
            stub = cut.axon.stub
            modifiers.append(
                lambda sim, icell: stub_axon(
                    sim.neuron.h, icell, stub.lengths, stub.diameters, stub.at, cut.segment_length
                )
            )
        self._model = ephys.models.CellModel(
            f"ionfo_{''.join(c if c.isascii() and c.isalnum() else '_' for c in self.emodel.name)}",
            morph=ephys.morphologies.NrnFileMorphology(
                str(file),
                nseg_frequency=cut.segment_length,
                morph_modifiers=modifiers,
            ),
            mechs=[
                ephys.mechanisms.NrnMODMechanism(
                    f"{suffix}.{region}",
                    suffix=suffix,
                    locations=[lists[r] for r in regions[region]],
                )
                for region, suffixes in self.emodel.mechanisms.items()
                for suffix in suffixes
            ],
            params=[],
        )
        try:
            self._model.instantiate(sim=self._simulator)
        except IonfoError:
            self.close()
            raise
        except RuntimeError as error:
            self.close()
            raise IonfoError(
                f"NEURON cannot build a cell from '{self.morphology}': {error}"
            ) from None
        icell = self._model.icell
        self.sections: dict[str, list[Any]] = {
            name: [section for part in parts for section in getattr(icell, part)]
            for name, parts in regions.items()
        }
        if len(self.sections["somatic"]) != 1:
            n_somata = len(self.sections["somatic"])
            self.close()
            raise IonfoError(
                f"morphology '{self.morphology}' has {n_somata} soma sections; one is needed"
            )
        self.soma = self.sections["somatic"][0](0.5)

    def close(self) -> None:
        """Remove the cell from NEURON."""
        self._setters = []
        self.sections = {}
        self.soma = None
        if self._model.icell is not None:
            for section in list(self._model.icell.all):
                self.h.delete_section(sec=section)
            self._model.icell.destroy()
            self._model.icell = None

    def set_parameters(self, values: Mapping[str, float]) -> None:
        """Write one value per parameter into the cell, in the order of the definition.

        Parameters
        ----------
        values : mapping of str to float
            Every parameter of the definition, in its unit.
        """
        for setter in self._setters:
            setter(values)

    def distance(self, segment: Any) -> float:
        """Path distance from soma(0.5) to a segment (um)."""
        return float(self.h.distance(self.soma, segment))

    def segment_at(self, location: Location) -> Any | None:
        """Find a recording site; None where the morphology has no such place."""
        if location.kind == "section":
            sections = self.sections[location.region]
            return sections[0](location.x) if sections else None
        assert location.distance is not None
        if location.kind == "apical_trunk":
            # nearest the soma first
            candidates = self._apical_trunk()
        else:
            # the last section of the list that spans the distance, as in the reference evaluator
            candidates = [
                section for section in reversed(self.sections[location.region]) if section.diam > 0
            ]
        for section in candidates:
            start, end = self.distance(section(0)), self.distance(section(1))
            if start <= location.distance <= end:
                return section((location.distance - start) / (end - start))
        return None

    def _apical_trunk(self) -> list[Any]:
        """Sections from the soma to the apical section that ends highest (largest y)."""
        apical = [section for section in self.sections["apical"] if section.n3d() > 0]
        if not apical:
            return []
        path = []
        section = max(apical, key=lambda one: one.y3d(one.n3d() - 1))
        while section is not None and section != self.soma.sec:
            path.append(section)
            parent = section.parentseg()
            section = None if parent is None else parent.sec
        return path[::-1]

    def _setter(self, parameter: Parameter) -> Any:
        name, variable, region = parameter.name, parameter.variable, parameter.region
        if not region:
            if not hasattr(self.h, variable):
                raise IonfoError(f"parameter '{name}': NEURON has no such global variable")
            return lambda values: setattr(self.h, variable, values[name])
        if region.startswith(DISTRIBUTION_PREFIX):
            return lambda values: None  # read by the parameters of that distribution
        sections = self.sections[region]
        for section in sections:
            # a method has a name too, and another number of segments is another cell
            if not isinstance(getattr(section, variable, None), float) or variable == "nseg":
                raise IonfoError(
                    f"parameter '{name}': section '{section.name()}' has no '{variable}'; "
                    f"insert its mechanism in region '{region}'"
                    + nearest(variable, self._known - {variable})
                )
        if parameter.distribution == "uniform":

            def set_sections(values: Mapping[str, float]) -> None:
                value = values[name]
                for section in sections:
                    setattr(section, variable, value)

            return set_sections

        formula = Formula(self.emodel.distributions[parameter.distribution])
        constants = {
            one.variable: one.name
            for one in self.emodel.parameters
            if one.region == DISTRIBUTION_PREFIX + parameter.distribution
        }
        segments = [segment for section in sections for segment in section]
        try:
            references = [getattr(segment, f"_ref_{variable}") for segment in segments]
        except AttributeError:
            raise IonfoError(
                f"parameter '{name}': a section has one '{variable}', which cannot depend on "
                "distance; leave its distribution out"
            ) from None
        distances: NDArray[np.float64] = np.array([self.distance(one) for one in segments])

        def set_segments(values: Mapping[str, float]) -> None:
            factor = formula(
                {"distance": distances} | {key: values[full] for key, full in constants.items()}
            )
            scaled = (values[name] * np.broadcast_to(factor, distances.shape)).tolist()
            for reference, value in zip(references, scaled, strict=True):
                reference[0] = value

        return set_segments


def resolve_morphology(emodel: EModel, morphology: Path | None, tells: bool = False) -> Path:
    """Choose and check the morphology file of an e-model.

    Parameters
    ----------
    emodel : EModel
        Names the bundled ones.
    morphology : Path or None
        A file, or the name of a bundled morphology of this e-model; None for the default one.
    tells : bool
        Whether what is odd about a file, though it can be built, is noted.

    Raises
    ------
    IonfoError
        If none is given and none bundled, or the file is unfit.
    """
    bundled = _bundled(emodel)
    if morphology is None:
        if emodel.morphology.file is None:
            raise IonfoError(
                f"e-model '{emodel.name}' has no bundled morphology; give the reconstruction "
                "with --morphology FILE (.asc or .swc)"
            )
        morphology = find_morphology(emodel.morphology.file)
    elif str(morphology) in bundled:
        morphology = find_morphology(str(bundled[str(morphology)].file))
    elif not morphology.suffix and not morphology.exists():
        raise IonfoError(
            f"morphology '{morphology}' is neither a file nor bundled with e-model "
            f"'{emodel.name}'{nearest(str(morphology), bundled)}; give an .asc or .swc file"
            + (f" or one of {', '.join(bundled)}" if bundled else "")
        )
    cut = cut_of(emodel, morphology)
    check_morphology(morphology, cut.axon == "taper", cut.segment_length)
    check_build(morphology, cut.axon is not None)
    if is_bundled(morphology):
        return morphology
    if cut.axon == "taper":
        check_taper(morphology)
    if tells:
        for text in cell_notes(emodel, morphology, cut):
            note(text)
    return morphology


def cut_of(emodel: EModel, morphology: Path) -> Morphology:
    """Tell how a morphology file is cut: as its bundled entry says, or as the default one."""
    for one in _bundled(emodel).values():
        if is_same(morphology, find_morphology(str(one.file))):
            return one
    return emodel.morphology


def on_morphology(emodel: EModel, morphology: Path) -> EModel:
    """Put a bundled alternative, with its cut and reference, in the place of the default."""
    cut = cut_of(emodel, morphology)
    if not isinstance(cut, Alternative):
        return emodel
    return emodel.model_copy(
        update={"morphology": cut, "reference": cut.reference, "alternatives": {}}
    )


def _bundled(emodel: EModel) -> dict[str, Morphology]:
    """Name the bundled morphologies of an e-model, the default one by its file's stem."""
    file = emodel.morphology.file
    default = {} if file is None else {Path(file).stem: emodel.morphology}
    return {**default, **emodel.alternatives}
