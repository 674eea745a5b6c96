"""The corners of a recorded current: where its straight pieces begin and end."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ...errors import IonfoError

Array = NDArray[np.float64]

MOST_CORNERS = 1000
"""Of one current; what has more is noise, which a definition plays from a file."""

_TOLERANCE = 0.01  # of the range of the current
_N_SD = 6.0  # of the noise, by which no sample leaves a straight piece
_EDGE, _SLOW_EDGE = 0.3, 1.0  # ms; what is shorter, and steep, is the flank of a jump
_STEEP = 0.2  # of the range of the current
_BLOCKS = 8  # of the residuals of a fit, whose means show a bend that noise hides
_NEAR = 0.05  # share of a piece within which two pieces meet


def current_corners(dt: float, current: Array) -> tuple[float, list[tuple[float, float]]]:
    """Find the holding current and the corners of what is played on top of it.

    Parameters
    ----------
    dt : float
        Between samples (ms).
    current : ndarray, shape (n_time,)
        nA; noise of the amplifier is averaged over each piece.

    Returns
    -------
    float
        Level at the beginning (nA).
    list of (float, float)
        Times (ms) and currents on top of that level (nA), which is zero before the first and after
        the last; two at one time are a jump.  Empty where the current does not change.

    Raises
    ------
    IonfoError
        If it has more corners than a current of straight pieces.
    """
    differences = np.diff(current)
    noise = 1.4826 * float(np.median(np.abs(differences - np.median(differences)))) / np.sqrt(2)
    span = float(np.ptp(current))
    tolerance = max(_N_SD * noise, _TOLERANCE * span)
    if span < 3 * tolerance:
        return float(np.median(current)), []
    breaks = _breaks(current, tolerance)
    pieces = _merged(current, _long_pieces(current, breaks, dt), tolerance, span, noise)
    lines = [_line(current, dt, first, last, span, noise) for first, last in pieces]
    holding = lines[0][1]
    corners: list[tuple[float, float]] = []
    ends = [
        _joint(current, dt, *two, tolerance) for two in pairwise(zip(pieces, lines, strict=True))
    ]
    starts = [0.0, *ends]
    stops = [*ends, len(current) * dt]
    for (slope, level), start, stop in zip(lines, starts, stops, strict=True):
        for time in (start, stop):
            value = slope * time + level - holding
            if corners and corners[-1][0] == time and abs(corners[-1][1] - value) < tolerance:
                corners[-1] = (time, (corners[-1][1] + value) / 2)
            else:
                corners.append((time, value))
    return holding, _trimmed(corners, tolerance)


def _breaks(current: Array, tolerance: float) -> list[int]:
    """Split where the current is farthest from a straight line, until it is near one (Douglas)."""
    found = {0, len(current) - 1}
    waiting = [(0, len(current) - 1)]
    while waiting:
        first, last = waiting.pop()
        if last - first < 2:
            continue
        line = np.linspace(current[first], current[last], last - first + 1)
        away = np.abs(current[first : last + 1] - line)
        worst = int(np.argmax(away))
        if away[worst] > tolerance:
            found.add(first + worst)
            waiting += [(first, first + worst), (first + worst, last)]
        if len(found) > 4 * MOST_CORNERS:
            raise IonfoError(
                f"its current has more than {MOST_CORNERS} corners; a definition plays such a "
                "one from a file (shape 'file')"
            )
    return sorted(found)


def _long_pieces(current: Array, breaks: list[int], dt: float) -> list[tuple[int, int]]:
    """Leave flanks out: samples [first, last) of pieces that are longer than a flank."""
    found = []
    for first, last in pairwise(breaks):
        length = (last - first) * dt
        is_steep = abs(current[last] - current[first]) > _STEEP * np.ptp(current)
        if last - first > 1 and length > (_SLOW_EDGE if is_steep else _EDGE):
            found.append((first, last + 1))
    return found


def _merged(
    current: Array, pieces: list[tuple[int, int]], tolerance: float, span: float, noise: float
) -> list[tuple[int, int]]:
    """Join neighbours that one straight line fits."""
    if not pieces:
        raise IonfoError("its current changes all the time")
    merged = [pieces[0]]
    for first, last in pieces[1:]:
        before, _ = merged[-1]
        x = np.arange(before, last, dtype=np.float64)
        fit = np.polynomial.Polynomial.fit(x, current[before:last], 1)
        residuals = current[before:last] - fit(x)
        means = [
            abs(part.mean()) * np.sqrt(len(part)) for part in np.array_split(residuals, _BLOCKS)
        ]
        smallest = max(_N_SD * noise, _TOLERANCE * span / 2 * np.sqrt(len(residuals) / _BLOCKS))
        if np.abs(residuals).max() <= tolerance and max(means) <= smallest:
            merged[-1] = (before, last)
        else:
            merged.append((first, last))
    return merged


def _line(
    current: Array, dt: float, first: int, last: int, span: float, noise: float
) -> tuple[float, float]:
    """Fit slope (nA/ms) and level at 0 ms; flat where it changes less than the tolerance."""
    inner = slice(first + 1, last - 1) if last - first > 4 else slice(first, last)
    times, values = np.arange(len(current))[inner] * dt, current[inner]
    slope, level = np.polyfit(times, values, 1) if len(times) > 2 else (0.0, float(values.mean()))
    change = abs(slope) * (last - first) * dt
    if change <= max(_TOLERANCE * span, _N_SD * noise / np.sqrt(len(values))):
        return 0.0, float(values.mean())
    return float(slope), float(level)


def _joint(
    current: Array,
    dt: float,
    before: tuple[tuple[int, int], tuple[float, float]],
    after: tuple[tuple[int, int], tuple[float, float]],
    tolerance: float,
) -> float:
    """Find when one piece becomes the next: where they cross, or the middle of the jump (ms)."""
    (_, stop), (slope, level) = before
    (start, last), (other, next_level) = after
    first, end = min(stop - 1, start), max(stop - 1, start)
    gap = (other - slope) * start * dt + next_level - level
    if abs(gap) < tolerance:
        crossing = (level - next_level) / (other - slope) if other != slope else start * dt
        reach = _NEAR * (last - start) * dt
        if first * dt - reach <= crossing <= end * dt + reach:
            return float(crossing)
    middle = (slope * start * dt + level + other * start * dt + next_level) / 2
    flank = current[first : end + 1] > middle
    crossed = np.flatnonzero(flank != flank[0])
    return float((first + (crossed[0] if len(crossed) else end - first)) * dt)


def _trimmed(corners: list[tuple[float, float]], tolerance: float) -> list[tuple[float, float]]:
    """Leave out what is at the holding current before the first change and after the last."""
    away = [i for i, (_, value) in enumerate(corners) if abs(value) > tolerance / 2]
    if not away:
        return []
    first, last = away[0], away[-1]
    # a ramp begins at the holding current; a jump from there needs no corner
    if first and corners[first - 1][0] < corners[first][0]:
        first -= 1
    if last + 1 < len(corners) and corners[last + 1][0] > corners[last][0]:
        last += 1
    return corners[first : last + 1]
