"""Compensation: change some conductances of cells so that their feedback is as wanted."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...emodels.distributions import Formula
from ...emodels.point import PointModel
from ...emodels.point.definition import LEAK
from ...emodels.point.feedback import Sensitivity, check_conductances, sensitivity
from ...errors import IonfoError
from ...limits import check_count, shortened

Array = NDArray[np.float64]

FARTHEST = 1e-3
"""Largest distance of the feedback of a row from its target, in units of the leak."""

_SETTLED = 1e-9  # relative change of a calcium conductance
_MOST_ITERATIONS = 50
_LEAST_DETERMINANT = 1e-12  # over the lengths of its rows
SLOW_AND_ULTRASLOW = slice(1, 3)


def compensate(
    model: PointModel,
    conductances: ArrayLike,
    target: ArrayLike,
    pair: Sequence[str] | None = None,
    iterations: int | None = None,
) -> Array:
    """Change two conductances of each cell so that its g_s and g_u at threshold are the target.

    Feedback is linear in the conductances as long as calcium stays, so that two of them are solved
    for; where a calcium conductance is one of them, this is repeated until it settles.

    Parameters
    ----------
    model : PointModel
        The cell; the voltage is the threshold voltage of its definition.
    conductances : array_like, shape (n, n_channels)
        Cells to start from (mS/cm2).
    target : array_like, shape (2,) or (n, 2)
        g_s and g_u in units of the leak: of all cells, or of each.
    pair : sequence of str, optional
        Two channels to change; by default as the definition says for the target.
    iterations : int, optional
        Repetitions after the first solution, as published code counts them; then every row is given
        as it is, converged or not and with negative conductances.  By default until convergence.

    Returns
    -------
    ndarray, shape (n, n_channels)
        Cells, in the order of those that came.  Without `iterations`, a row that cannot be met is
        NaN: a conductance would be negative, or the feedback is farther than 1e-3 from the target.

    Raises
    ------
    IonfoError
        If an argument is not what it should be, or the effects of the pair cannot be told apart.

    References
    ----------
    Fyon et al. (2024), PNAS 121:e2318602121; Brandoit et al. (2025), arXiv:2509.12783.
    """
    rows = check_conductances(model, conductances)
    wanted = check_target(target, len(rows))
    check_count("iterations", iterations, 0, 10_000)
    return compensate_at(at_threshold(model), rows, wanted, pair, iterations)


def at_threshold(model: PointModel) -> Sensitivity:
    """Prepare the feedback of a model at its threshold voltage."""
    return sensitivity(model, model.rules().threshold_voltage)


def compensate_at(
    at: Sensitivity,
    rows: Array,
    wanted: Array,
    pair: Sequence[str] | None,
    iterations: int | None = None,
) -> Array:
    """Compensate as `compensate` does, with what was prepared and checked."""
    model = at.model
    if pair is not None:
        places = check_compensated(model, pair, 2)
        return solve(at, rows, wanted, places, iterations)
    found = np.full_like(rows, np.nan)
    chosen = choose_pairs(model, wanted)
    for i, one in enumerate(model.rules().pairs):
        of = chosen == i
        if of.any():
            places = check_compensated(model, one.channels, 2)
            found[of] = solve(at, rows[of], wanted[of], places, iterations)
    return found


def solve(
    at: Sensitivity, rows: Array, wanted: Array, places: NDArray[np.intp], iterations: int | None
) -> Array:
    """Solve for some conductances of each row.

    Parameters
    ----------
    at : Sensitivity
        At the threshold voltage.
    rows : ndarray, shape (n, n_channels)
        mS/cm2.
    wanted : ndarray, shape (n, 2) or (n, 3)
        g_s and g_u, or g_f, g_s and g_u, in units of the leak.
    places : ndarray of int
        Channels to solve for, as many as there are targets.
    iterations : int, optional
        As in `compensate`.

    Returns
    -------
    ndarray, shape (n, n_channels)
        As `compensate` gives them.
    """
    model = at.model
    of = slice(3 - wanted.shape[1], 3)
    found = rows.copy()
    carriers = [p for p in places if model.calcium and _name(model, p) in model.calcium.channels]
    _set_first_guess(model, found, wanted[:, -2:], carriers)
    most = 0 if not carriers else _MOST_ITERATIONS if iterations is None else iterations
    for _ in range(most + 1):
        before = found[:, carriers]
        _solve_once(at, found, wanted, places, of)
        change = np.abs(found[:, carriers] - before)
        if iterations is None and not (change > _SETTLED * np.abs(before)).any():
            break
    if iterations is None:
        bad = ~np.isfinite(found).all(axis=1) | (found < 0).any(axis=1)
        found[bad] = np.nan
        far = np.linalg.norm(_feedback(at, found, of) - wanted, axis=1)
        found[~(far < FARTHEST)] = np.nan
    return found


def residuals(model: PointModel, conductances: ArrayLike, target: ArrayLike) -> Array:
    """Distance of the (g_s, g_u) of cells at threshold from a target.

    Parameters
    ----------
    model : PointModel
        The cell.
    conductances : array_like, shape (n, n_channels)
        mS/cm2.
    target : array_like, shape (2,) or (n, 2)
        g_s and g_u in units of the leak.

    Returns
    -------
    ndarray, shape (n,)
        Euclidean, in units of the leak.
    """
    rows = check_conductances(model, conductances)
    return residuals_at(at_threshold(model), rows, check_target(target, len(rows)))


def residuals_at(at: Sensitivity, rows: Array, wanted: Array) -> Array:
    """Give residuals as `residuals` does, with what was prepared and checked."""
    return np.asarray(np.linalg.norm(_feedback(at, rows, SLOW_AND_ULTRASLOW) - wanted, axis=1))


def choose_pairs(model: PointModel, target: ArrayLike) -> NDArray[np.intp]:
    """Choose the channels to compensate for targets.

    Parameters
    ----------
    model : PointModel
        Whose definition holds the rules.
    target : array_like, shape (n, 2)
        g_s and g_u.

    Returns
    -------
    ndarray of int, shape (n,)
        The first rule that holds, as its place in the definition; -1 where none does.
    """
    wanted = np.asarray(target, dtype=np.float64)
    values = {"g_s": wanted[:, 0], "g_u": wanted[:, 1]}
    chosen = np.full(len(wanted), -1, dtype=np.intp)
    for i, pair in enumerate(model.rules().pairs):
        holds = np.asarray(Formula(f"int({pair.when})", "rule")(values)) > 0
        chosen[(chosen < 0) & holds] = i
    return chosen


def check_target(target: ArrayLike, n: int) -> Array:
    """Give targets as one row a cell, shape (n, 2)."""
    try:
        wanted = np.asarray(target, dtype=np.float64)
    except (TypeError, ValueError):
        raise IonfoError(f"a target is two numbers, g_s and g_u, got {shortened(target)}") from None
    if wanted.shape not in ((2,), (n, 2)) or not np.isfinite(wanted).all():
        each = f", for all cells or for each of {n}" if n > 1 else ""
        raise IonfoError(
            f"a target is two numbers, g_s and g_u{each}, got {shortened(wanted.tolist())}"
        )
    return np.broadcast_to(wanted, (n, 2))


def check_compensated(model: PointModel, names: Sequence[str], n: int) -> NDArray[np.intp]:
    """Give the places of the channels to compensate, of which there must be `n`."""
    if (
        isinstance(names, str)
        or not isinstance(names, Sequence)
        or len(names) != n
        or not all(isinstance(one, str) for one in names)
    ):
        raise IonfoError(
            f"as many channels as targets are compensated, {n}, got {shortened(names)}"
        )
    places = model.places(tuple(names))
    if len(set(names)) < n:
        raise IonfoError(f"channels to compensate must differ, got {', '.join(names)}")
    if LEAK in names:
        raise IonfoError(
            "the leak cannot be compensated: dynamic input conductances are told in its unit"
        )
    return places


def _name(model: PointModel, place: int) -> str:
    return model.conductance_names[place]


def _set_first_guess(model: PointModel, rows: Array, wanted: Array, carriers: list[int]) -> None:
    """Begin with calcium conductances near those that the target will need."""
    values = {"g_s": wanted[:, 0], "g_u": wanted[:, 1]}
    for place in carriers:
        text = model.rules().first_guess.get(_name(model, place))
        if text is not None:
            rows[:, place] = Formula(text, "first guess")(values)


def _solve_once(
    at: Sensitivity, rows: Array, wanted: Array, places: NDArray[np.intp], of: slice
) -> None:
    """Solve for conductances in place, with calcium held."""
    columns = at.columns(at.calcium(rows))
    rest = rows[:, at.model.leak, np.newaxis] * wanted
    for place, column in enumerate(columns):
        if place not in places:
            rest = rest - rows[:, place, np.newaxis] * column[..., of]
    # (n, targets, channels); of one matrix for all cells n is 1
    matrix = np.stack(np.broadcast_arrays(*(columns[p][..., of] for p in places)), axis=-1)
    matrix = matrix.reshape(-1, *matrix.shape[-2:])
    size = np.prod(np.linalg.norm(matrix, axis=-1), axis=-1)
    is_regular = np.abs(np.linalg.det(matrix)) > _LEAST_DETERMINANT * size
    if not is_regular.any():
        names = " and ".join(_name(at.model, p) for p in places)
        raise IonfoError(
            f"{names} cannot be compensated together: what they add to the feedback at "
            f"{float(at.voltage):g} mV is the same but for a factor; choose other channels"
        )
    matrix[~is_regular] = np.eye(len(places))
    solution = np.linalg.solve(matrix, rest[..., np.newaxis])[..., 0]
    solution[np.broadcast_to(~is_regular, len(rows))] = np.nan
    rows[:, places] = solution


def _feedback(at: Sensitivity, rows: Array, of: slice) -> Array:
    """Feedback of rows, in units of the leak."""
    return at.feedback(rows)[:, of] / rows[:, at.model.leak, np.newaxis]
