"""What the paper reads off a curve over orders: where it stabilises, and its area."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

PLATEAU = 0.01
"""Part of its extreme by which a curve on its plateau may fall short."""


def stabilisation_order(orders: ArrayLike, values: ArrayLike, orientation: str = "rise") -> int:
    """Order at which a curve stops bending.

    Parameters
    ----------
    orders : array_like of int, shape (n_orders,)
        Consecutive, at least three.
    values : array_like, shape (n_orders,)
        Minimum of O-information or RSI, or maximum of O-information, nats.
    orientation : str
        ``rise``: the curve is turned so that it ends above where it starts (-O_min, -RSI_min,
        O_max), and the interior order of the smallest, that is most negative, second difference
        is the knee.  ``literal``: the same rule on the values as they are.

    Returns
    -------
    int
        Of several equal second differences the smallest order.

    Raises
    ------
    ValueError
        If orders are not consecutive, values are not finite, or there are fewer than three.

    Examples
    --------
    >>> stabilisation_order([3, 4, 5, 6, 7], [-1.0, -3.0, -5.0, -5.5, -6.0])
    5
    """
    k, curve = np.asarray(orders), np.asarray(values, dtype=np.float64)
    if k.shape != curve.shape or k.ndim != 1 or len(k) < 3 or (np.diff(k) != 1).any():
        raise ValueError(
            "orders must be at least 3, consecutive and as many as values, got "
            f"{len(np.atleast_1d(k))} orders and {len(np.atleast_1d(curve))} values"
        )
    if not np.isfinite(curve).all():
        raise ValueError("values must be finite")
    if orientation not in ("rise", "literal"):
        raise ValueError(f"orientation must be rise or literal, got '{orientation}'")
    if orientation == "rise" and curve[-1] < curve[0]:
        curve = -curve
    bend = np.diff(curve, 2)
    # rounding must not decide between equal bends
    near = bend <= bend.min() + 1e-12 * max(1.0, float(np.abs(curve).max()))
    return int(k[1:-1][np.argmax(near)])


def stabilisation_orders(
    orders: ArrayLike, curves: Sequence[ArrayLike], orientation: str = "rise"
) -> NDArray[np.int64]:
    """Stabilisation order of every curve, for example of bootstrap replicates."""
    found = [stabilisation_order(orders, curve, orientation) for curve in curves]
    return np.array(found, dtype=np.int64)


def plateau_range(
    orders: ArrayLike,
    values: ArrayLike,
    side: Literal["lowest", "highest"] = "lowest",
    within: float = PLATEAU,
) -> tuple[int, int]:
    """First and last order at which a curve is as good as at its extreme.

    Parameters
    ----------
    orders : array_like of int, shape (n_orders,)
        Ascending, at least one.
    values : array_like, shape (n_orders,)
        Minimum or maximum of O-information, or minimum of RSI, nats.
    side : str
        ``lowest`` for a minimum, ``highest`` for a maximum.
    within : float
        Part of the extreme value by which a value may fall short of it.

    Returns
    -------
    tuple of int
        Values between the two may fall short by more.

    Raises
    ------
    ValueError
        If orders are not ascending, values are not finite, or `within` is not from 0 to 1.

    Examples
    --------
    >>> plateau_range([3, 4, 5, 6, 7], [-1.0, -2.99, -3.0, -2.98, -2.0])
    (4, 6)
    """
    k, curve = np.asarray(orders), np.asarray(values, dtype=np.float64)
    if k.shape != curve.shape or k.ndim != 1 or len(k) < 1 or (np.diff(k) <= 0).any():
        raise ValueError(
            "orders must be at least 1, ascending and as many as values, got "
            f"{len(np.atleast_1d(k))} orders and {len(np.atleast_1d(curve))} values"
        )
    if not np.isfinite(curve).all():
        raise ValueError("values must be finite")
    if side not in ("lowest", "highest"):
        raise ValueError(f"side must be lowest or highest, got '{side}'")
    if not 0 <= within < 1:
        raise ValueError(f"within must be from 0 to 1, got {within}")
    short = curve - curve.min() if side == "lowest" else curve.max() - curve
    extreme = curve.min() if side == "lowest" else curve.max()
    # a value just on the limit must not fall off it by rounding
    near = k[short <= within * abs(extreme) + 1e-12 * max(1.0, abs(extreme))]
    return int(near[0]), int(near[-1])


def plateau_order(
    orders: ArrayLike,
    values: ArrayLike,
    side: Literal["lowest", "highest"] = "lowest",
    within: float = PLATEAU,
) -> int:
    """Smallest order at which a curve is as good as at its extreme.

    A second difference, which `stabilisation_order` reads, finds the sharpest bend of a curve, be
    it a wiggle of noise; this is where the curve has arrived.  Parameters and errors are those
    of `plateau_range`.

    Examples
    --------
    >>> plateau_order([3, 4, 5, 6, 7], [-1.0, -2.99, -3.0, -2.98, -2.0])
    4
    """
    return plateau_range(orders, values, side, within)[0]


def told_stabilisation(
    orders: NDArray[np.int64],
    curve: NDArray[np.float64],
    replicates: NDArray[np.float64],
    side: Literal["lowest", "highest"] = "lowest",
) -> dict[str, object]:
    """Where a curve of extremes stops bending, as published, and where it has arrived.

    Parameters
    ----------
    orders : ndarray of int, shape (n_orders,)
        Consecutive.
    curve : ndarray, shape (n_orders,)
        Minimum or maximum, nats.
    replicates : ndarray, shape (n_replicates, n_orders)
        The same of replicates; there may be none.
    side : str
        ``lowest`` for a minimum, ``highest`` for a maximum.

    Returns
    -------
    dict
        For a summary: orders of the plateau and of the knee, and how often each was found in
        replicates.  Of fewer than three orders there is no knee.
    """
    name = "minimum" if side == "lowest" else "maximum"
    first, last = plateau_range(orders, curve, side)
    told: dict[str, object] = {
        f"plateau_order_of_{name}": first,
        f"plateau_of_{name}": {"first_order": first, "last_order": last, "within": PLATEAU},
    }
    knees = len(orders) >= 3
    if knees:
        told[f"stabilisation_order_of_{name}"] = stabilisation_order(orders, curve)
    if len(replicates):
        arrived = [plateau_order(orders, one, side) for one in replicates]
        told[f"plateau_orders_of_{name}_in_replicates"] = _counted(arrived)
        if knees:
            bent = stabilisation_orders(orders, list(replicates))
            told[f"stabilisation_orders_of_{name}_in_replicates"] = _counted(bent)
    return told


def _counted(orders: ArrayLike) -> dict[str, int]:
    """Count how often each order was found."""
    values, counts = np.unique(orders, return_counts=True)
    return {str(value): int(count) for value, count in zip(values, counts, strict=True)}


def area_under_curve(orders: ArrayLike, values: ArrayLike) -> float:
    """Area under a curve over orders by trapezoids, nats x orders.

    Examples
    --------
    >>> area_under_curve([3, 4, 5], [0.0, 1.0, 1.0])
    1.5
    """
    from scipy.integrate import trapezoid  # brings scipy.optimize and scipy.spatial

    return float(trapezoid(np.asarray(values, dtype=np.float64), np.asarray(orders)))
