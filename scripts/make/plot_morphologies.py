"""Draw path-distance and Sholl profiles of the bundled morphologies beside their targets.

    python scripts/make/plot_morphologies.py --out profiles.png --reconstruction C060114A5.asc

The targets are published statistics in bins of 100 um of path distance.  Sholl profiles
were not published: give the reconstruction to see its own.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib import pyplot as plt
from numpy.typing import NDArray

from ionfo.emodels import Simulator, load_emodel
from ionfo.terminal.output import mistakes_told
from morphologies import BIN, INTERNEURON_DENDRITES, L5PC_APICAL, L5PC_BASAL

CELLS = [("l5pc", "l5pc"), ("l5pc", "l5pc_reduced"), ("cac", "interneuron")]
SHOLL_STEP = 25.0  # um


def profiles(emodel: str, morphology: Path) -> dict[str, NDArray[np.float64]]:
    """Length, area by path distance, and crossings by distance, of all dendrites of a cell."""
    simulator = Simulator(load_emodel(emodel), morphology)
    cell = simulator.cell
    assert cell is not None
    dendrites = [*cell.sections["basal"], *cell.sections["apical"]]
    by_path = np.zeros((2, 14))
    crossings = np.zeros(60)
    radii = SHOLL_STEP * np.arange(1, 61)
    centre = centre_of(cell.soma.sec)
    for section in dendrites:
        for segment in section:
            i = int(cell.distance(segment) // BIN)
            by_path[:, i] += section.L / section.nseg, segment.area()
        away = np.linalg.norm(points_of(section) - centre, axis=1)
        low, high = np.minimum(away[:-1], away[1:]), np.maximum(away[:-1], away[1:])
        crossings += ((low[:, None] < radii) & (high[:, None] >= radii)).sum(axis=0)
    simulator.close()
    return {"length": by_path[0], "area": by_path[1], "sholl": crossings}


def points_of(section: Any) -> NDArray[np.float64]:
    """Points of a section (um), shape (n_points, 3)."""
    n = range(section.n3d())
    return np.array([[section.x3d(i), section.y3d(i), section.z3d(i)] for i in n])


def centre_of(soma: Any) -> NDArray[np.float64]:
    """Mean of the soma's points (um)."""
    centre: NDArray[np.float64] = points_of(soma).mean(axis=0)
    return centre


def targets(morphology: str) -> NDArray[np.float64]:
    """Length and area in each bin, shape (2, n_bins)."""
    if morphology == "interneuron":
        return np.array(INTERNEURON_DENDRITES, dtype=np.float64).T
    total = np.array(L5PC_APICAL, dtype=np.float64)
    total[: len(L5PC_BASAL)] += np.array(L5PC_BASAL)
    return total.T


def main() -> None:
    """Draw one row a cell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--reconstruction", type=Path, help="of the pyramidal cell")
    arguments = parser.parse_args()
    figure, axes = plt.subplots(len(CELLS), 3, figsize=(11, 8), layout="constrained")
    real = None
    if arguments.reconstruction is not None:
        real = profiles("l5pc", arguments.reconstruction)
    for row, (emodel, morphology) in zip(axes, CELLS, strict=True):
        found = profiles(emodel, Path(morphology))
        aim = targets(morphology)
        for axis, key, target in zip(row, ("length", "area"), aim, strict=False):
            centres = BIN * (np.arange(len(found[key])) + 0.5)
            axis.bar(centres, found[key], 0.8 * BIN, color="tab:blue", alpha=0.6, label="bundled")
            axis.plot(centres[: len(target)], target, "k_", ms=14, label="target")
            axis.set(xlabel="path distance (um)", title=morphology)
            axis.set_ylabel("length (um)" if key == "length" else "area (um2)")
        row[0].legend()
        radii = SHOLL_STEP * np.arange(1, 61)
        row[2].plot(radii, found["sholl"], label="bundled")
        if real is not None and emodel == "l5pc":
            row[2].plot(radii, real["sholl"], "k--", label="reconstruction")
            row[2].legend()
        row[2].set(xlabel="distance (um)", ylabel="Sholl crossings", title=morphology)
    figure.savefig(arguments.out, dpi=120)


if __name__ == "__main__":
    with mistakes_told():
        main()
