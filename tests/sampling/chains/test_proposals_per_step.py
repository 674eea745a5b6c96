"""As many proposals a step as it takes to fall inside the bounds once."""

from __future__ import annotations

import numpy as np

from ionfo.sampling.chains.moves import make_moves, parse_moves
from ionfo.sampling.chains.proposals_per_step import choose_tries


def choose(width: float, moves: str = "de") -> int:
    bounds = np.tile([-width, width], (10, 1))
    rng = np.random.RandomState(0)  # noqa: NPY002
    starts = [np.clip(rng.standard_normal((40, 10)), -width, width) for _ in range(2)]
    return choose_tries(
        make_moves(parse_moves(moves), bounds, 0),
        starts,
        lambda q: (np.abs(q) <= width).all(axis=1),
        rng,
    )


def test_wide_bounds_need_four_and_narrow_ones_more() -> None:
    assert choose(20.0) == 4
    assert 5 <= choose(1.5) < choose(1.0) <= 60
    assert choose(20.0, "de:0.5,gaussian:0.5") == 4


def test_number_is_bounded() -> None:
    assert choose(1e-3, "stretch") <= 60
