"""Walks on what was learned: of an ensemble here, or in pieces that workers make."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...evaluation.pool import Pool
from .density import SurrogateDensity
from .threads import one_thread

Array = NDArray[np.float64]

WALKERS_OF_A_PIECE = 16
"""At most, that a worker walks at a time: a row of 16 takes as long as one of an ensemble, a row
alone five times as long."""

_SHARE_NORMAL = 0.3  # of steps that are normal ones; the others are differences of walkers
_SHARE_WHOLE = 0.5  # of steps that move every parameter, as narrow ridges ask for
_LOG_SCALES = (-0.5, 0.2)  # log10 of what a step of the best length for a normal density is times


def walk(
    density: SurrogateDensity,
    unit: Array,
    others: Array,
    random: np.random.RandomState,
    n_steps: int,
) -> tuple[Array, Array]:
    """Make Metropolis steps on a density, each row by itself.

    Steps are differences of two points or normal, of every parameter or of some.  What is moved and
    how far does not depend on where a row stands, so that walks are reversible.

    Parameters
    ----------
    density : callable
        Log density of rows inside the bounds.
    unit : ndarray, shape (n, d)
        Where to begin, as fractions of the bounds.
    others : ndarray, shape (n_others, d)
        Points whose differences and spread are steps.
    random : numpy.random.RandomState
        Of the walk.
    n_steps : int
        How many.

    Returns
    -------
    ndarray, shape (n, d)
        Where the walks end.
    ndarray, shape (n,)
        Log density gained on the way.
    """
    n, d = unit.shape
    here, spread = unit.copy(), others.std(axis=0)
    first = last = density(here)
    for _ in range(n_steps):
        i = random.randint(len(others), size=n)
        j = (i + 1 + random.randint(len(others) - 1, size=n)) % len(others)
        normal = random.standard_normal((n, d)) * spread * np.sqrt(2)
        is_normal = random.rand(n, 1) < _SHARE_NORMAL
        step = np.where(is_normal, normal, others[i] - others[j])
        moved = moved_parameters(n, d, random)
        scale = 2.38 / np.sqrt(2 * moved.sum(axis=1, keepdims=True))
        scale *= 10.0 ** random.uniform(*_LOG_SCALES, size=(n, 1))
        there = here + scale * np.where(moved, step, 0.0)
        log_u = np.log1p(-random.rand(n))
        is_inside = np.all((there >= 0.0) & (there <= 1.0), axis=1)
        value = np.where(is_inside, density(there), -np.inf)
        taken = log_u < value - last
        here[taken] = there[taken]
        last = np.where(taken, value, last)
    return here, last - first


def moved_parameters(n: int, d: int, random: np.random.RandomState) -> NDArray[np.bool_]:
    """Choose which of `d` parameters each of `n` steps moves.

    Half of the steps move all.  The others move about as many as a number that is log-uniform
    between 1 and `d`, and at least one (crossover, Vrugt et al. 2009, Int. J. Nonlinear Sci. Numer.
    Simul. 10, 273): where parameters hardly depend on each other, or one has a long tail, steps of
    few go many times as far.

    Parameters
    ----------
    n : int
        Steps.
    d : int
        Parameters.
    random : numpy.random.RandomState
        Of the walk.

    Returns
    -------
    ndarray of bool, shape (n, d)
    """
    share = np.where(random.rand(n, 1) < _SHARE_WHOLE, 1.0, d ** (random.rand(n, 1) - 1.0))
    moved = random.rand(n, d) < share
    moved[np.arange(n), random.randint(d, size=n)] = True
    return moved


def walk_in_pieces(
    pool: Pool,
    density: SurrogateDensity,
    unit: Array,
    others: Array,
    random: np.random.RandomState,
    n_steps: int,
) -> tuple[Array, Array]:
    """Make the same steps in pieces of some rows, each with random numbers of its own.

    The pieces depend on the number of rows alone, so that the walks are the same whoever makes
    them.

    Parameters
    ----------
    pool : Pool
        Who makes the pieces.
    density, unit, others, n_steps
        As of `walk`.
    random : numpy.random.RandomState
        Gives each piece its seed.

    Returns
    -------
    ndarray, shape (n, d)
        Where the walks end.
    ndarray, shape (n,)
        Log density gained on the way.
    """
    pieces = [
        Piece(
            density,
            np.ascontiguousarray(unit[rows]),
            np.ascontiguousarray(others),
            tuple(int(word) for word in random.randint(2**32, size=4, dtype=np.uint32)),
            n_steps,
        )
        for rows in rows_of_pieces(len(unit))
    ]
    found = list(pool.map(walk_piece, pieces))
    return np.concatenate([end for end, _ in found]), np.concatenate([gain for _, gain in found])


def rows_of_pieces(n: int) -> list[NDArray[np.intp]]:
    """Divide `n` rows into pieces of nearly the same size."""
    return np.array_split(np.arange(n), -(-n // WALKERS_OF_A_PIECE))


@dataclass(frozen=True)
class Piece:
    """Walks that one worker makes: of `walk`, with the words of a seed."""

    density: SurrogateDensity
    unit: Array
    others: Array
    seed: tuple[int, ...]
    n_steps: int


def walk_piece(piece: Piece) -> tuple[Array, Array]:
    """Make the walks of a piece, as `walk` does."""
    random = np.random.RandomState(np.random.MT19937(piece.seed))  # noqa: NPY002  as in a chain
    with one_thread():
        return walk(piece.density, piece.unit, piece.others, random, piece.n_steps)
