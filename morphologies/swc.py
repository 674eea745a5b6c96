"""Write a cell as an SWC file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

SOMA, AXON, BASAL, APICAL = 1, 2, 3, 4
_JUMP = 0.01  # of the distance to the second point


@dataclass(frozen=True)
class Piece:
    """An unbranched piece of a cell.

    Attributes
    ----------
    kind : int
        SWC type.
    parent : int or None
        Index of the piece whose last point this one continues; None for the soma, and for
        neurites that begin on it.
    points : ndarray, shape (n_points, 3)
        In um; the first repeats the parent's last, which is not written again.
    diameters : ndarray, shape (n_points,)
        In um.
    """

    kind: int
    parent: int | None
    points: NDArray[np.float64]
    diameters: NDArray[np.float64]


def write_swc(path: Path, pieces: Sequence[Piece], header: Sequence[str]) -> None:
    """Write pieces, the soma first, to a file.

    Neurites without a parent are attached to the middle point of the soma, which NEURON
    reads as soma(0.5) and without the way through the soma.
    """
    lines = [f"# {line}" for line in header]
    last: list[int] = []
    n = 0
    for i, piece in enumerate(pieces):
        begins = piece.parent is None
        before = -1 if i == 0 else 1 + len(pieces[0].points) // 2
        if piece.parent is not None:
            before = last[piece.parent]
        points, diameters = piece.points, piece.diameters
        if not begins:
            # readers begin a daughter at its parent's last point, with the parent's diameter:
            # a point close by keeps its own from the start
            points = np.concatenate([points[:1] + _JUMP * (points[1:2] - points[:1]), points[1:]])
        for point, diameter in zip(points, diameters, strict=True):
            n += 1
            x, y, z = point
            lines.append(f"{n} {piece.kind} {x:.4f} {y:.4f} {z:.4f} {diameter / 2:.4f} {before}")
            before = n
        last.append(n)
    path.write_text("\n".join(lines) + "\n")
