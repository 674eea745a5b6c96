"""Make the bundled morphologies l5pc.swc, l5pc_reduced.swc and interneuron.swc.

The numbers below are published statistics of rat cells, not coordinates: trees, sections,
lengths and areas by path distance.  Everything else is chance from one seed: the files are the
same bytes on one kind of machine and software.  It replaces the files in morphologies/.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ionfo.morphologies.swc import APICAL, AXON, BASAL, SOMA, Piece, write_swc
from ionfo.morphologies.synthesis import (
    Section,
    TreeTarget,
    area_profile,
    grow_trees,
    length_profile,
    points_of,
    set_diameters,
)
from ionfo.terminal.output import mistakes_told

SEED = 60114
BIN = 100.0  # um of path distance

# Layer 5 thick-tufted pyramidal cell: length (um) and area (um2) in bins of path distance
L5PC_BASAL = [(2424, 9176), (2279, 7700), (149, 536)]
L5PC_APICAL = [
    (611, 3220), (1319, 5650), (1199, 5237), (874, 4265), (177, 1008), (135, 825),
    (142, 844), (402, 1463), (648, 2185), (1336, 3693), (1810, 4411), (603, 1349),
]  # fmt: skip
# basal trees: sections, length, reach
L5PC_BASAL_TREES = [
    (8, 652, 197), (19, 837, 215), (3, 99, 65), (11, 846, 210), (3, 289, 184),
    (7, 323, 201), (11, 1014, 268), (1, 63, 63), (11, 731, 219),
]  # fmt: skip
# trunk: length, diameter at its start and end; an oblique leaves at the end of each but the last
L5PC_TRUNK = [
    (1.74, 5.96, 5.96), (20.84, 4.21, 4.21), (13.00, 3.10, 3.10), (64.13, 2.89, 2.29),
    *((length, 2.29, 2.29) for length in (39.55, 40.67, 5.06, 12.26, 3.61, 14.99, 43.06, 27.39,
                                          30.34, 240.16, 114.64)),
]  # fmt: skip
# oblique trees, in the order of the trunk's sections: sections, length
L5PC_OBLIQUES = [
    (5, 340), (8, 496), (7, 510), (11, 883), (1, 44), (1, 193), (1, 41), (3, 253), (3, 93),
    (3, 364), (1, 167), (3, 162), (3, 133), (1, 34),
]  # fmt: skip
# tuft trees: sections, length, reach
L5PC_TUFT = [(17, 1507, 1125), (19, 1683, 1181), (19, 1683, 1150)]
L5PC_TUFT_AREA = 13450.0
L5PC_TAPER = 0.15  # a section with n tips is n^0.15 times as thick as one with one
# soma: distance along it (um) and diameter; initial segment: ten diameters of 6 um each
L5PC_SOMA = (
    (0.0, 2.7, 5.4, 8.1, 12.1, 16.2, 20.2, 24.3, 26.961),
    (6.4, 15.2, 18.8, 20.0, 19.9, 16.9, 14.2, 10.0, 4.2),
)
L5PC_AXON = (2.151, *([1.83] * 9))
# Reduced cell: one branch for so many; a trunk in fewer sections, with the mean diameters
REDUCED_FACTOR = 3.0
REDUCED_TRUNK = [
    (22.58, 4.35, 4.35), (77.13, 3.0, 2.35), (80.22, 2.29, 2.29), (78.97, 2.29, 2.29),
    (57.73, 2.29, 2.29), (240.16, 2.29, 2.29), (114.64, 2.29, 2.29),
]  # fmt: skip
REDUCED_OBLIQUES = [(0, 0.3), (1, 0.3), (2, 0.2), (3, 0.12), (4, 0.08)]  # section, part of all

# Cortical interneuron: between the reconstructed nest and large basket cells
INTERNEURON_DENDRITES = [(1240, 2850), (1010, 1720), (350, 580)]
INTERNEURON_TREES = [
    (7, 640, 285), (7, 600, 250), (5, 520, 270), (7, 560, 230), (3, 280, 180),
]  # fmt: skip
INTERNEURON_SOMA = ((0.0, 3.0, 7.0, 11.0, 15.0, 19.0, 22.0), (4.0, 9.6, 12.4, 13.0, 12.2, 8.8, 3.5))
INTERNEURON_AXON = (1.1, 1.0, 0.9, 0.85, *([0.8] * 6))


def _edges(n_bins: int) -> NDArray[np.float64]:
    return BIN * np.arange(n_bins + 1.0)


def soma_and_axon(
    soma: tuple[tuple[float, ...], tuple[float, ...]], axon: tuple[float, ...]
) -> list[Piece]:
    """Soma along y around the origin, and an axon downwards with ten diameters of 6 um each."""
    y = np.array(soma[0])
    points = np.zeros((len(y), 3))
    points[:, 1] = y - y[len(y) // 2]
    length = 6.0 * (2 * len(axon) + 1)  # cut into as many segments of 6 um as it has um / 6
    at, diameters = [0.0], [axon[0]]
    for i, diameter in enumerate(axon[1:], start=1):
        at += [6.0 * i - 0.05, 6.0 * i + 0.05]  # nearly a jump between two segments
        diameters += [axon[i - 1], diameter]
    at.append(length)
    diameters.append(axon[-1])
    down = np.zeros((len(at), 3))
    down[:, 1] = points[0, 1] - np.array(at)
    return [
        Piece(SOMA, None, points, np.array(soma[1])),
        Piece(AXON, None, down, np.array(diameters)),
    ]


def basal_pieces(
    pieces: list[Piece], sections: list[Section], rng: np.random.Generator, radius: float
) -> None:
    """Lay trees that begin on the soma around it, most of them downwards, and add them."""
    n_roots = sum(section.parent is None for section in sections)
    origins: list[NDArray[np.float64] | None] = []
    directions: list[NDArray[np.float64] | None] = []
    i = 0
    for section in sections:
        if section.parent is not None:
            origins.append(None)
            directions.append(None)
            continue
        # evenly spread over the sphere without its cap around the apical dendrite
        up = 0.6 - 1.5 * (i + 0.5) / n_roots
        angle = 2.4 * i
        flat = np.sqrt(1.0 - up**2)
        direction = np.array([flat * np.cos(angle), up, flat * np.sin(angle)])
        origins.append(radius * direction)
        directions.append(direction)
        i += 1
    _add(pieces, BASAL, sections, points_of(sections, origins, directions, rng, tropism=0.06))


def _add(
    pieces: list[Piece],
    kind: int,
    sections: list[Section],
    laid: list[NDArray[np.float64]],
    roots: list[int] | None = None,
) -> None:
    """Add sections; `roots` are the pieces that the trees continue, the soma by default."""
    first = len(pieces)
    waiting = iter(roots or [])
    for section, points in zip(sections, laid, strict=True):
        if section.parent is None:
            parent = None if roots is None else next(waiting)
        else:
            parent = first + section.parent
        pieces.append(Piece(kind, parent, points, section.diameters))


def trunk_sections(trunk: list[tuple[float, float, float]]) -> list[Section]:
    """Sections of the apical trunk, one after the other."""
    sections: list[Section] = []
    for i, (length, begin, end) in enumerate(trunk):
        start = 0.0 if i == 0 else sections[-1].end
        n_points = 2 + int(length / 20.0)
        diameters = np.linspace(begin, end, n_points)
        sections.append(Section(i - 1 if i else None, start, length, diameters))
    return sections


def l5pc_dendrites(rng: np.random.Generator) -> tuple[list[Section], ...]:
    """Basal trees, trunk, obliques and tuft of the pyramidal cell."""
    basal_length, basal_area = np.array(L5PC_BASAL, dtype=float).T
    edges = _edges(len(L5PC_BASAL))
    basal = grow_trees(
        [TreeTarget(0.0, *one) for one in L5PC_BASAL_TREES], basal_length, edges, rng
    )
    set_diameters(basal, basal_area, edges, L5PC_TAPER)

    length, area = np.array(L5PC_APICAL, dtype=float).T
    edges = _edges(len(length))
    trunk = trunk_sections(L5PC_TRUNK)
    # the bin in which the tuft begins holds the end of the trunk too
    beyond = edges[:-1] >= 700.0
    tuft_length, tuft_area = np.where(beyond, length, 0.0), np.where(beyond, area, 0.0)
    tuft_length[6] = sum(one[1] for one in L5PC_TUFT) - tuft_length.sum()
    tuft_area[6] = L5PC_TUFT_AREA - tuft_area.sum()
    tuft = grow_trees(
        [TreeTarget(trunk[-1].end, *one) for one in L5PC_TUFT], tuft_length, edges, rng
    )
    set_diameters(tuft, tuft_area, edges, L5PC_TAPER)
    rest = np.maximum(length - tuft_length - length_profile(trunk, edges), 0.0)
    rest_area = np.maximum(area - tuft_area - area_profile(trunk, edges), 0.0)
    rest[6:] = rest_area[6:] = 0.0
    targets = [
        TreeTarget(section.end, n, total)
        for section, (n, total) in zip(trunk[:-1], L5PC_OBLIQUES, strict=True)
    ]
    obliques = grow_trees(targets, rest, edges, rng)
    rest_area = np.where(length_profile(obliques, edges) > 0, rest_area, 0.0)
    set_diameters(obliques, rest_area, edges, L5PC_TAPER)
    return basal, trunk, obliques, tuft


def make_l5pc(seed: int) -> list[Piece]:
    """Thick-tufted pyramidal cell of layer 5."""
    rng = np.random.default_rng([seed, 1])
    basal, trunk, obliques, tuft = l5pc_dendrites(rng)
    pieces = soma_and_axon(L5PC_SOMA, L5PC_AXON)
    basal_pieces(pieces, basal, rng, radius=9.0)
    apical_pieces(pieces, trunk, obliques, tuft, rng)
    return pieces


def lumped(
    sections: list[Section], targets: list[TreeTarget], stretch: float, rng: np.random.Generator
) -> list[Section]:
    """Stand few thick trees for many thin ones.

    With a k-th of the branches, k^(2/3) times as thick and k^(1/3) times as long, a tree of
    cables keeps its membrane area, its electrotonic length and its input conductance (Rall).
    `stretch` is that k^(1/3), or 1 to keep path distances, and with them area, instead.
    The diameters follow from the area in each bin of path distance.
    """
    origin: list[float] = []
    for section in sections:
        origin.append(section.start if section.parent is None else origin[section.parent])
    longer = [
        Section(s.parent, o + stretch * (s.start - o), stretch * s.length, s.diameters)
        for s, o in zip(sections, origin, strict=True)
    ]
    edges = _edges(1 + int(max(s.end for s in longer) / BIN))
    scale = sum(target.length for target in targets) / sum(s.length for s in longer)
    profile = length_profile(longer, edges) * scale
    trees = grow_trees(targets, profile, edges, rng)
    area = area_profile(longer, edges) / stretch
    # what lies beyond the last of the few trees goes into the bins that they have
    has_length = length_profile(trees, edges) > 0
    area *= np.where(has_length, area.sum() / area[has_length].sum(), 0.0)
    set_diameters(trees, area, edges, L5PC_TAPER)
    return trees


def make_l5pc_reduced(seed: int) -> list[Piece]:
    """Pyramidal cell with few dendrites of the same electrotonic size as l5pc."""
    rng = np.random.default_rng([seed, 2])
    full = l5pc_dendrites(np.random.default_rng([seed, 1]))
    trunk = trunk_sections(REDUCED_TRUNK)
    stretch = REDUCED_FACTOR ** (1 / 3)

    def target(sections: list[Section], origin: float, share: float, longer: float) -> TreeTarget:
        length = sum(s.length for s in sections) * share * longer / REDUCED_FACTOR
        return TreeTarget(origin, 3, length)

    basal = lumped(full[0], [target(full[0], 0.0, 1 / 5, stretch)] * 5, stretch, rng)
    origins = [trunk[i].end for i, _ in REDUCED_OBLIQUES]
    shares = [share for _, share in REDUCED_OBLIQUES]
    obliques = lumped(
        full[2],
        [target(full[2], o, share, stretch) for o, share in zip(origins, shares, strict=True)],
        stretch, rng,
    )  # fmt: skip
    tuft = lumped(full[3], [target(full[3], trunk[-1].end, 1 / 3, 1.0)] * 3, 1.0, rng)
    pieces = soma_and_axon(L5PC_SOMA, L5PC_AXON)
    basal_pieces(pieces, basal, rng, radius=9.0)
    apical_pieces(pieces, trunk, obliques, tuft, rng)
    return pieces


def apical_pieces(
    pieces: list[Piece],
    trunk: list[Section],
    obliques: list[Section],
    tuft: list[Section],
    rng: np.random.Generator,
) -> None:
    """Lay the apical dendrite out upwards from the soma, and add it."""
    n_trunk = len(trunk)
    start: list[NDArray[np.float64] | None] = [np.array([0.0, pieces[0].points[-1, 1], 0.0])]
    up: list[NDArray[np.float64] | None] = [np.array([0.0, 1.0, 0.0])]
    nothing = [None] * (n_trunk - 1)
    laid = points_of(trunk, start + nothing, up + nothing, rng, 0.0, upwards=0.3, wiggle=0.05)
    first = len(pieces)
    _add(pieces, APICAL, trunk, laid)

    origins: list[NDArray[np.float64] | None] = []
    directions: list[NDArray[np.float64] | None] = []
    roots = []
    for section in obliques:
        if section.parent is None:
            at = int(np.argmin([abs(one.end - section.start) for one in trunk]))
            angle = 2.4 * len(roots)
            roots.append(first + at)
            origins.append(laid[at][-1])
            directions.append(np.array([np.cos(angle), 0.5, np.sin(angle)]))
        else:
            origins.append(None)
            directions.append(None)
    _add(pieces, APICAL, obliques,
         points_of(obliques, origins, directions, rng, tropism=0.06), roots)  # fmt: skip

    origins, directions = [], []
    n_roots = sum(section.parent is None for section in tuft)
    for section in tuft:
        is_root = section.parent is None
        angle = 2.0 * np.pi * sum(one is not None for one in origins) / n_roots
        origins.append(laid[-1][-1] if is_root else None)
        directions.append(
            np.array([0.5 * np.cos(angle), 1.0, 0.5 * np.sin(angle)]) if is_root else None
        )
    _add(pieces, APICAL, tuft, points_of(tuft, origins, directions, rng, 0.02, upwards=0.08),
         [first + n_trunk - 1] * n_roots)  # fmt: skip


def make_interneuron(seed: int) -> list[Piece]:
    """Cortical interneuron of middling size."""
    rng = np.random.default_rng([seed, 0])
    pieces = soma_and_axon(INTERNEURON_SOMA, INTERNEURON_AXON)
    length, area = np.array(INTERNEURON_DENDRITES, dtype=float).T
    edges = _edges(len(length))
    trees = grow_trees([TreeTarget(0.0, *one) for one in INTERNEURON_TREES], length, edges, rng)
    set_diameters(trees, area, edges)
    basal_pieces(pieces, trees, rng, radius=6.0)
    return pieces


MAKERS = {
    "interneuron": make_interneuron,
    "l5pc": make_l5pc,
    "l5pc_reduced": make_l5pc_reduced,
}


def main() -> None:
    """Make every morphology."""
    parser = argparse.ArgumentParser(description=__doc__)
    folder = Path(__file__).resolve().parents[2]
    parser.add_argument("--out", type=Path, default=folder / "morphologies")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--only", choices=sorted(MAKERS), action="append")
    arguments = parser.parse_args()
    for name, make in MAKERS.items():
        if arguments.only is None or name in arguments.only:
            # as the script was called then: populations keep the checksums of these files
            header = [f"{name}: synthesised by scripts/make_morphologies.py, seed {arguments.seed}"]
            write_swc(arguments.out / f"{name}.swc", make(arguments.seed), header)


if __name__ == "__main__":
    with mistakes_told():
        main()
