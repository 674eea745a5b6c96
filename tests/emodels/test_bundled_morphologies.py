"""The bundled cells have the size and the electrotonic profile of reconstructed ones."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ionfo.emodels import EModel, Simulator, load_emodel
from ionfo.emodels.cell import Cell, cut_of, resolve_morphology
from ionfo.emodels.protocol_kinds import Location
from ionfo.errors import IonfoError

pytestmark = pytest.mark.neuron

# published statistics of the pyramidal cell: length (um), area (um2) per 100 um of path
BASAL = [(2424, 9176), (2279, 7700), (149, 536)]
APICAL = [
    (611, 3220), (1319, 5650), (1199, 5237), (874, 4265), (177, 1008), (135, 825),
    (142, 844), (402, 1463), (648, 2185), (1336, 3693), (1810, 4411), (603, 1349),
]  # fmt: skip
N_SEGMENTS = 735
# g_pas (S/cm2) -> input resistance (MOhm), attenuation from the apical point to the soma
PASSIVE = {4.7e-5: (51.19, 0.250), 3e-5: (74.58, 0.351)}


@pytest.fixture
def build() -> Iterator[Any]:
    built = []

    def one(name: str, morphology: str | None = None) -> Cell:
        emodel = load_emodel(name)
        built.append(Simulator(emodel, None if morphology is None else Path(morphology)))
        cell = built[-1].cell
        assert cell is not None
        return cell

    yield one
    for simulator in built:
        simulator.close()


def profile(cell: Cell, region: str) -> np.ndarray[Any, Any]:
    """Length and area in bins of 100 um of path distance, by the centres of segments."""
    total = np.zeros((13, 2))
    for section in cell.sections[region]:
        for segment in section:
            i = int(cell.distance(segment) // 100)
            total[i] += section.L / section.nseg, segment.area()
    return total[: np.flatnonzero(total[:, 0]).max() + 1]


def area(cell: Cell, region: str) -> float:
    return float(sum(segment.area() for section in cell.sections[region] for segment in section))


def n_segments(cell: Cell) -> int:
    return sum(section.nseg for section in cell.sections["all"])


def check_connections(cell: Cell) -> None:
    """Every section hangs on the soma and has a length and thickness."""
    for section in cell.sections["all"]:
        assert section.L > 0.5
        assert all(section.diam3d(i) > 0.2 for i in range(section.n3d()))
        steps = np.diff([section.arc3d(i) for i in range(section.n3d())])
        assert (steps > 0).all()
        root = section
        while root.parentseg() is not None:
            root = root.parentseg().sec
        assert root == cell.soma.sec
    for region in ("basal", "apical"):
        roots = [s for s in cell.sections[region] if s.parentseg().sec == cell.soma.sec]
        assert all(cell.distance(root(0)) == pytest.approx(0, abs=1e-6) for root in roots)


def passive(cell: Cell, emodel: EModel, g_pas: float) -> tuple[float, float]:
    """Input resistance (MOhm) and steady attenuation of the apical point at the soma."""
    theta = dict(zip(emodel.free_names, emodel.bounds[:, 0], strict=True))
    theta |= {"g_pas.all": g_pas, "constant.distribution_decay": 0.0}
    cell.set_parameters({**emodel.fixed_values, **theta})
    cell.h.finitialize(-80.0)
    impedance = cell.h.Impedance()
    impedance.loc(0.5, sec=cell.soma.sec)
    impedance.compute(0.0)
    tip = cell.segment_at(Location(kind="apical_trunk", region="apical", distance=671.4))
    assert tip is not None
    return (
        impedance.input(0.5, sec=cell.soma.sec),
        impedance.ratio(tip.x, sec=tip.sec),
    )


def check_passive(cell: Cell) -> None:
    for g_pas, (resistance, attenuation) in PASSIVE.items():
        found = passive(cell, cell.emodel, g_pas)
        assert found == pytest.approx((resistance, attenuation), rel=0.1)


def test_pyramidal_cell_has_the_published_size(build: Any) -> None:
    cell = build("l5pc")
    check_connections(cell)
    assert area(cell, "somatic") == pytest.approx(1503.3, rel=0.05)
    for region, target in (("basal", BASAL), ("apical", APICAL)):
        expected = np.array(target, dtype=float)
        found = profile(cell, region)
        assert found.shape == expected.shape
        assert found == pytest.approx(expected, rel=0.05)
        assert found.sum(axis=0) == pytest.approx(expected.sum(axis=0), rel=0.05)
    assert (len(cell.sections["basal"]), len(cell.sections["apical"])) == (74, 121)
    assert area(cell, "all") == pytest.approx(56559, rel=0.05)
    diameters = [segment.diam for section in cell.sections["axonal"] for segment in section]
    assert diameters == pytest.approx([2.151] + [1.83] * 9, rel=0.05)


def test_pyramidal_cell_has_the_published_electrotonic_size(build: Any) -> None:
    check_passive(build("l5pc"))


def test_reduced_cell_has_the_same_electrotonic_size(build: Any) -> None:
    cell = build("l5pc", "l5pc_reduced")
    check_connections(cell)
    check_passive(cell)
    assert n_segments(cell) <= N_SEGMENTS / 4
    assert area(cell, "all") == pytest.approx(56559, rel=0.05)


@pytest.mark.parametrize("morphology", ["l5pc", "l5pc_reduced"])
def test_pyramidal_cells_have_every_recording_site(build: Any, morphology: str) -> None:
    cell = build("l5pc", morphology)
    for protocol in cell.emodel.protocols:
        for recording in protocol.recordings:
            segment = cell.segment_at(recording.location)
            assert segment is not None
            if recording.location.distance is not None:
                away = cell.distance(segment) - recording.location.distance
                assert abs(away) < segment.sec.L / segment.sec.nseg


@pytest.mark.parametrize("name", ["cac", "bnac"])
def test_interneuron_has_the_size_of_reconstructed_ones(build: Any, name: str) -> None:
    cell = build(name)
    check_connections(cell)
    assert 600 < area(cell, "somatic") < 850
    dendrites = profile(cell, "basal")
    assert 2000 < dendrites[:, 0].sum() < 3400
    assert 4000 < dendrites[:, 1].sum() < 6500
    assert 200 < max(cell.distance(section(1)) for section in cell.sections["basal"]) < 450
    assert not cell.sections["apical"]
    diameters = [segment.diam for section in cell.sections["axonal"] for segment in section]
    assert len(diameters) == 10 and 0.6 < min(diameters) and max(diameters) <= 1.1


def test_a_morphology_is_chosen_by_name() -> None:
    l5pc = load_emodel("l5pc")
    default = resolve_morphology(l5pc, None)
    assert default == resolve_morphology(l5pc, Path("l5pc"))
    reduced = resolve_morphology(l5pc, Path("l5pc_reduced"))
    assert reduced.name == "l5pc_reduced.swc" and reduced.is_absolute()
    assert cut_of(l5pc, default).segment_length == 40.0
    assert cut_of(l5pc, reduced).segment_length == 90.0
    assert cut_of(l5pc, Path("elsewhere.asc")) == l5pc.morphology
    with pytest.raises(IonfoError, match="did you mean 'l5pc_reduced'"):
        resolve_morphology(l5pc, Path("l5pc_reducd"))
