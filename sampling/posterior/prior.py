"""The prior that posteriors stand on: parameters drawn uniformly from a box."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from ...errors import IonfoError

Array = NDArray[np.float64]

BLOCK = 500
"""Draws that are made and stored together."""

_EDGE = 1e-9  # of the box, to which parameters at a bound are moved


@dataclass(frozen=True)
class BoxPrior:
    """Parameters that are independent and uniform between bounds.

    Attributes
    ----------
    names, units : tuple of str
        Of the parameters.
    low, high : ndarray, shape (n_parameters,)
        Bounds.
    """

    names: tuple[str, ...]
    units: tuple[str, ...]
    low: Array
    high: Array

    def __post_init__(self) -> None:
        if not self.names or not (self.low < self.high).all():
            raise IonfoError("a prior needs parameters whose lower bounds are below the upper ones")

    def block(self, seed: int, number: int) -> Array:
        """Draw a block of parameters, which depends on the seed and its number alone."""
        sequence = np.random.SeedSequence((seed, number), spawn_key=(1,))
        generator = np.random.Generator(np.random.Philox(sequence))
        drawn: Array = self.low + (self.high - self.low) * generator.random(
            (BLOCK, len(self.names))
        )
        return drawn

    def contains(self, theta: Array) -> NDArray[np.bool_]:
        """Tell which rows lie inside the box, shape (n,)."""
        return np.asarray(((theta >= self.low) & (theta <= self.high)).all(axis=1), dtype=np.bool_)

    def part(self, theta: Array) -> Array:
        """Map the box to that from 0 to 1."""
        found: Array = (theta - self.low) / (self.high - self.low)
        return found

    def to_line(self, theta: Array) -> Array:
        """Map the box to the whole space, shape (n, n_parameters).

        The prior becomes the standard normal distribution, from which flows begin: a parameter
        that features say nothing of needs no learning, also near its bounds.
        """
        line: Array = ndtri(np.clip(self.part(theta), _EDGE, 1 - _EDGE))
        return line

    def from_line(self, line: Array) -> Array:
        """Map the whole space back into the box."""
        theta: Array = self.low + (self.high - self.low) * ndtr(line)
        return np.clip(theta, self.low, self.high)

    def log_slope(self, line: Array) -> Array:
        """Log of the volume that a step of the whole space has in the box, shape (n,)."""
        each = -0.5 * line**2 - 0.5 * np.log(2 * np.pi)
        slope: Array = (each + np.log(self.high - self.low)).sum(axis=1)
        return slope

    @property
    def log_density(self) -> float:
        """Log of the density inside the box."""
        return -float(np.log(self.high - self.low).sum())

    def told(self) -> dict[str, Any]:
        """Give the prior as JSON."""
        return {
            "names": list(self.names),
            "units": list(self.units),
            "low": self.low.tolist(),
            "high": self.high.tolist(),
        }


def read_prior(told: Mapping[str, Any]) -> BoxPrior:
    """Read what `BoxPrior.told` gave."""
    return BoxPrior(
        tuple(map(str, told["names"])),
        tuple(map(str, told["units"])),
        np.array(told["low"], dtype=np.float64),
        np.array(told["high"], dtype=np.float64),
    )
