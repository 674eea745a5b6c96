"""Make independent draws of what was learned, and evaluate them.

A draw needs no state of any chain that is evaluated and waits for no other draw, so that any number
of ranks has work: workers walk, a piece of the walkers at a time, and what a piece has ended at is
evaluated while it walks on.  An evaluation ends early where the weight of the draw is zero.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...tables.columns import columns
from ..evaluation.pool import Call, ModelRequest, stream
from .learning.density import SurrogateDensity
from .learning.rounds import STEPS_TO_SETTLE
from .learning.walk import Piece, rows_of_pieces, walk_in_pieces, walk_piece
from .replay import ReplayPool
from .settings import SampleSettings
from .store import RunStore
from .target import Target
from .writer import RunWriter

Array = NDArray[np.float64]


def draw_task(
    store: RunStore,
    writer: RunWriter,
    density: SurrogateDensity,
    settings: SampleSettings,
    n_walkers: int,
    target: Target,
    ensemble: int,
) -> Callable[[], None]:
    """Make the task of one ensemble: long walks on the density, whose ends are evaluated.

    Parameters
    ----------
    store, writer : RunStore, RunWriter
        Keep the evaluations, and know those made before.
    density : SurrogateDensity
        What was learned, frozen.
    settings : SampleSettings
        Give draws of each walk (``steps``) and seed.
    n_walkers : int
        Walks.
    target : Target
        Evaluates.
    ensemble : int
        Number of the ensemble.

    Returns
    -------
    callable
        The task; draw `i` of walker `w` is stored as evaluation ``i * n_walkers + w``.
    """
    stored = ReplayPool(target.pool, target.emodel, writer, ensemble, store.table("draws"), "draws")
    low, high = density.bounds.T
    begin = (cheapest(store, ensemble, n_walkers) - low) / (high - low)
    rows = rows_of_pieces(n_walkers)
    bound = float(np.nextafter(target.max_cost, np.inf))

    def task() -> None:
        random = np.random.RandomState(  # noqa: NPY002  as in a chain
            np.random.MT19937(np.random.SeedSequence(settings.seed, spawn_key=(6, ensemble)))
        )
        n_settle = STEPS_TO_SETTLE + density.n_inner
        # steps take their shape from points that stay as they are, so that walks are reversible
        shape, _ = walk_in_pieces(target.pool, density, begin, begin, random, n_settle)
        asked: dict[int, ModelRequest] = {}

        def next_walk(draw: int, piece: int, unit: Array) -> dict[int, Call]:
            if draw == settings.steps:
                return {}
            key = (6, ensemble, draw, piece)
            words = np.random.SeedSequence(settings.seed, spawn_key=key).generate_state(4)
            seed = tuple(map(int, words))
            walk = Piece(density, np.ascontiguousarray(unit), shape, seed, density.n_inner)
            # negative, as evaluations are numbered from 0
            return {-1 - (draw * len(rows) + piece): Call(walk_piece, walk)}

        def evaluations(draw: int, piece: int, unit: Array) -> dict[int, ModelRequest]:
            new = {}
            for row, theta in zip(rows[piece], low + unit * (high - low), strict=True):
                number = draw * n_walkers + int(row)
                request = target.request((theta, bound))
                known = stored.known(number, request)
                if known is None:
                    new[number] = request
                else:
                    target.counts.add(known)
            asked.update(new)
            return new

        def follow(i: int, found: Any) -> Mapping[int, ModelRequest | Call]:
            if i >= 0:
                stored.keep(i, asked.pop(i), found)
                target.counts.add(found)
                return {}
            draw, piece = divmod(-1 - i, len(rows))
            unit, _ = found
            return {**evaluations(draw, piece, unit), **next_walk(draw + 1, piece, unit)}

        first: dict[int, ModelRequest | Call] = {}
        for piece, own in enumerate(rows):
            first.update(next_walk(0, piece, shape[own]))
        stream(target.pool, first, follow)

    return task


def cheapest(store: RunStore, ensemble: int, n: int) -> Array:
    """Give parameters of the cheapest whole evaluations of one search, (n, n_parameters)."""
    table = store.table("start")
    assert table is not None  # something was learned from it
    parameters, _, scores = columns(store.emodel)
    # the cost of what was not run wholly is that of a part
    own = table[(table["ensemble"] == ensemble) & table[scores].notna().all(axis=1)]
    own = own.sort_values(["cost", "evaluation"], kind="stable")
    theta = own[parameters].drop_duplicates().to_numpy(np.float64)
    return np.ascontiguousarray(theta[np.arange(n) % len(theta)])
