"""A trained posterior: its networks, what scales their numbers, and the file that keeps it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...errors import IonfoError
from ...tables.archives import check_archive_path, read_arrays, write_arrays
from .networks import (
    FURTHEST,
    Arrays,
    Shape,
    from_arrays,
    log_density,
    logits,
    needed,
    new_classifier,
    new_flow,
    sampler,
)
from .prior import BoxPrior, read_prior

Array = NDArray[np.float64]

FORMAT = 2


@dataclass(frozen=True)
class Scale:
    """Means and SDs by which numbers become standard ones.

    Attributes
    ----------
    mean, sd : ndarray, shape (n,)
        In the unit of each.
    """

    mean: Array
    sd: Array

    def standard(self, values: Array) -> Array:
        """Take the mean off and divide by the SD."""
        found: Array = (values - self.mean) / self.sd
        return found

    def back(self, values: Array) -> Array:
        """Undo `standard`."""
        found: Array = self.mean + self.sd * values
        return found


@dataclass(frozen=True)
class Posterior:
    """Infers the parameters of a cell from its features, as a density over the prior's box.

    It is conditional on all features being defined, which `valid` models.

    Attributes
    ----------
    prior : BoxPrior
        Where parameters were drawn from.
    features : dict
        Names of the features with their units, in their order.
    feature_scale, line_scale : Scale
        Of features; of parameters on the whole space (`BoxPrior.to_line`).
    noise : ndarray, shape (n_features,)
        SD of the noise that was added to features, in their units.
    shape : Shape
        Of the flows.
    flows : list of list of ndarray
        Numbers of each flow of the ensemble.
    classifier : list of ndarray
        Numbers of the classifier of draws that have all features; empty if all have.
    known : ndarray, shape (n_known, n_features)
        Standard features of some training draws, to judge observations by.
    about : dict
        What was simulated and how it was trained.
    """

    prior: BoxPrior
    features: dict[str, str]
    feature_scale: Scale
    line_scale: Scale
    noise: Array
    shape: Shape
    flows: list[Arrays] = field(repr=False)
    classifier: Arrays = field(repr=False)
    known: Array = field(repr=False)
    about: dict[str, Any] = field(repr=False)

    def condition(self, observed: Array) -> Array:
        """Give features, shape (n, n_features), as the flows take them."""
        return np.clip(self.feature_scale.standard(observed), -FURTHEST, FURTHEST)

    def log_prob(self, theta: Array, observed: Array) -> Array:
        """Log density of parameters given the features of one cell.

        Parameters
        ----------
        theta : ndarray, shape (n, n_parameters)
            Inside the box.
        observed : ndarray, shape (n_features,) or (n, n_features)
            Of one cell, or of one a row.

        Returns
        -------
        ndarray, shape (n,)
            Of the mean of the flows; -inf outside the box.
        """
        line = self.prior.to_line(theta)
        standard = self.line_scale.standard(line)
        given = self.condition(np.atleast_2d(observed))
        each = np.array([density(standard, given) for density in self._densities])
        volume = self.prior.log_slope(line) + np.log(self.line_scale.sd).sum()
        found = np.logaddexp.reduce(each, axis=0) - np.log(len(each)) - volume
        return np.where(self.prior.contains(theta), found, -np.inf)

    def draw(self, n: int, observed: Array, seed: int) -> Array:
        """Draw parameters given the features of cells, the flows in turn.

        Parameters
        ----------
        n : int
            Draws of each cell.
        observed : ndarray, shape (n_cells, n_features)
            Features.
        seed : int
            Of the draws.

        Returns
        -------
        ndarray, shape (n, n_cells, n_parameters)
            Inside the box.
        """
        given = self.condition(np.atleast_2d(observed))
        each = -(-n // len(self._samplers))
        parts = [sample(each, given, seed + i) for i, sample in enumerate(self._samplers)]
        # flows alternate, so that the first draws are of all of them
        drawn = np.stack(parts, axis=1).reshape(-1, *parts[0].shape[1:])[:n]
        return self.prior.from_line(self.line_scale.back(drawn))

    def valid(self, theta: Array) -> Array:
        """Probability that a simulation of parameters has all features, shape (n,)."""
        if not self.classifier:
            return np.ones(len(theta))
        logit = self._logit(2 * self.prior.part(theta) - 1)
        found: Array = 1 / (1 + np.exp(-np.clip(logit, -50, 50)))
        return found

    @cached_property
    def _networks(self) -> list[Any]:
        needed()
        return [from_arrays(new_flow(self.shape, 0), arrays) for arrays in self.flows]

    @cached_property
    def _densities(self) -> list[Callable[[Array, Array], Array]]:
        return [log_density(flow) for flow in self._networks]

    @cached_property
    def _samplers(self) -> list[Callable[[int, Array, int], Array]]:
        return [sampler(flow) for flow in self._networks]

    @cached_property
    def _logit(self) -> Callable[[Array], Array]:
        return logits(from_arrays(new_classifier(len(self.prior.names), 0), self.classifier))

    def write(self, file: str | Path) -> Path:
        """Write the posterior as .npz; give the file.

        Raises
        ------
        IonfoError
            If it cannot be written.
        """
        path = Path(file)
        check_archive_path(path, "posterior")
        told = {
            "format": FORMAT,
            "prior": self.prior.told(),
            "features": self.features,
            "shape": asdict(self.shape),
            "n_flows": len(self.flows),
            "about": self.about,
        }
        arrays: dict[str, Any] = {
            "told": np.frombuffer(json.dumps(told).encode(), dtype=np.uint8),
            "feature_scale": np.array([self.feature_scale.mean, self.feature_scale.sd]),
            "line_scale": np.array([self.line_scale.mean, self.line_scale.sd]),
            "noise": self.noise,
            "known": self.known.astype(np.float32),
        }
        for i, flow in enumerate(self.flows):
            arrays |= {f"flow_{i}_{k:03d}": one for k, one in enumerate(flow)}
        arrays |= {f"classifier_{k:03d}": one for k, one in enumerate(self.classifier)}
        write_arrays(path, arrays)
        return path

    def sentences(self) -> list[str]:
        """Tell what it was trained on and how well."""
        about = self.about
        losses = ", ".join(f"{one:.3f}" for one in about["validation_loss"])
        return [
            f"trained on {about['n_valid']:,} of {about['n_draws']:,} draws, those with all "
            f"{len(self.features)} features; {len(self.flows)} flow"
            f"{'' if len(self.flows) == 1 else 's'}, loss on held-out draws {losses}",
            f"features carry a noise of {about['noise_told']}; the posterior is conditional on all "
            "of them being defined",
        ]


def read_posterior(file: str | Path) -> Posterior:
    """Read a posterior that `Posterior.write` wrote.

    Raises
    ------
    IonfoError
        If it cannot be read or is of another version.
    """
    path = Path(file)
    arrays = read_arrays(path, "posterior")
    try:
        told = json.loads(arrays["told"].tobytes())
        if told["format"] != FORMAT:
            raise IonfoError(
                f"posterior '{path}' is of format {told['format']}, and this version reads "
                f"{FORMAT}; train it again with ionfo infer train"
            )
        return _of_arrays(arrays, told)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise IonfoError(
            f"posterior '{path}' cannot be read: `ionfo infer train` did not write it"
        ) from None


def _of_arrays(arrays: dict[str, NDArray[Any]], told: dict[str, Any]) -> Posterior:
    """Make a posterior of what a file holds, if all of it fits together."""
    prior, features = read_prior(told["prior"]), dict(told["features"])
    n, k = len(prior.names), len(features)
    sizes = {"line_scale": (2, n), "feature_scale": (2, k), "noise": (k,)}
    for name, size in (*sizes.items(), ("known", (len(arrays["known"]), k))):
        if arrays[name].shape != size or not np.isfinite(arrays[name]).all():
            raise ValueError(f"'{name}' does not fit")
    flows = [
        [arrays[name] for name in sorted(arrays) if name.startswith(f"flow_{i}_")]
        for i in range(told["n_flows"])
    ]
    return Posterior(
        prior,
        features,
        Scale(*arrays["feature_scale"]),
        Scale(*arrays["line_scale"]),
        arrays["noise"],
        Shape(**told["shape"]),
        flows,
        [arrays[name] for name in sorted(arrays) if name.startswith("classifier_")],
        arrays["known"].astype(np.float64),
        dict(told["about"]),
    )
