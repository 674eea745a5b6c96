"""What the paper reads off a curve over orders: where it stabilises, and its area."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray


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


def area_under_curve(orders: ArrayLike, values: ArrayLike) -> float:
    """Area under a curve over orders by trapezoids, nats x orders.

    Examples
    --------
    >>> area_under_curve([3, 4, 5], [0.0, 1.0, 1.0])
    1.5
    """
    from scipy.integrate import trapezoid  # brings scipy.optimize and scipy.spatial

    return float(trapezoid(np.asarray(values, dtype=np.float64), np.asarray(orders)))
