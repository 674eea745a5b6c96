"""Trains a posterior on simulations of draws from the prior."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ...errors import IonfoError, nearest
from ...limits import check_count, check_number, check_seed
from ...progress import progress
from .estimator import Posterior, Scale
from .fitting import FitSettings, fit_classifier, fit_flow
from .networks import Shape, needed
from .simulations import Simulations

Array = NDArray[np.float64]
Places = NDArray[np.int64]

NoiseKind = Literal["sd", "variance"]

FEWEST_VALID = 200
"""Draws with all features that a posterior can be trained on."""

_KNOWN = 5000  # training draws that observations are judged by
_NORMAL_QUARTILES = 1.349  # from the first to the third, in SDs of a normal distribution
_SMALLEST_SD = 1e-9  # below it a feature is constant


@dataclass(frozen=True)
class TrainSettings:
    """How a posterior is trained.

    Attributes
    ----------
    noise : float
        Of the features: eps.
    noise_kind : {"sd", "variance"}
        Whether the noise of a feature has the SD eps x SD of the feature, or, as published, the
        variance eps x SD, which depends on the unit.
    flows : int
        Of the ensemble.
    held_out : float
        Part of the draws that fitting is stopped by.
    layers, width : int
        Of each flow.
    fit : FitSettings
        Of each network.
    """

    noise: float = 0.3
    noise_kind: NoiseKind = "sd"
    flows: int = 1
    held_out: float = 0.1
    layers: int = 6
    width: int = 64
    fit: FitSettings = field(default_factory=FitSettings)

    def check(self) -> None:
        """Refuse settings that nobody can mean.

        Raises
        ------
        IonfoError
            Naming the setting.
        """
        check_number("--noise", self.noise, 0, 10)
        check_count("--flows", self.flows, 1, 100)
        check_number("the part of held-out draws", self.held_out, 0.01, 0.5)
        check_count("--layers", self.layers, 1, 50)
        check_count("--width", self.width, 2, 4096)
        check_count("--epochs", self.fit.epochs, 1, 100_000)
        check_count("--batch", self.fit.batch, 1, 10**6)
        check_number("--learning-rate", self.fit.learning_rate, 0, 1, is_above=True)
        if self.noise_kind not in ("sd", "variance"):
            raise IonfoError(f"the noise must be of 'sd' or 'variance', got '{self.noise_kind}'")


def train(
    simulations: Simulations,
    *,
    seed: int = 0,
    settings: TrainSettings | None = None,
    features: Sequence[str] | None = None,
    spread: Mapping[str, float] | None = None,
) -> Posterior:
    """Train a posterior.

    Parameters
    ----------
    simulations : Simulations
        Draws from the prior with their features.
    seed : int
        Of everything; the same on the same machine gives the same numbers.
    settings : TrainSettings, optional
        How.
    features : sequence of str, optional
        To infer from; all by default.
    spread : mapping of str to float, optional
        SD of each feature that its noise is in, in its unit; by default over the draws.

    Returns
    -------
    Posterior
        Of the parameters given features.

    Raises
    ------
    IonfoError
        If the extra ``infer`` is not installed, too few draws have all features, a feature is
        constant, or a setting is out of bounds.
    """
    needed()
    settings = settings or TrainSettings()
    settings.check()
    check_seed(seed)
    simulations = chosen_features(simulations, features)
    is_valid = simulations.is_valid
    n_valid = int(is_valid.sum())
    if n_valid < FEWEST_VALID:
        raise IonfoError(
            f"only {n_valid} of {len(is_valid)} draws have all features, and {FEWEST_VALID} are "
            "the fewest to train on; simulate more, or leave features out with --features"
        )
    prior, units = simulations.prior, simulations.feature_units
    line = prior.to_line(simulations.theta[is_valid])
    values = simulations.features[is_valid]
    sd = values.std(axis=0)
    if (sd < _SMALLEST_SD).any():
        name = list(units)[int(sd.argmin())]
        raise IonfoError(f"feature '{name}' is the same in all draws; leave it out with --features")
    scale = _scale(values, sd)
    if spread is not None:
        sd = np.array([spread[name] for name in units])
    line_scale = Scale(line.mean(axis=0), line.std(axis=0))
    given, rows = scale.standard(values), line_scale.standard(line)
    of_sd = settings.noise * sd if settings.noise_kind == "sd" else np.sqrt(settings.noise * sd)
    noise = of_sd / scale.sd
    generator = np.random.Generator(np.random.Philox(np.random.SeedSequence((seed, 1))))
    shape = Shape(len(prior.names), len(units), settings.layers, settings.width)
    parts = _parts(n_valid, settings.held_out, generator)
    data, held = ((rows[one], given[one]) for one in parts)
    is_mixed = n_valid < len(is_valid)
    with progress("epochs", settings.fit.epochs * (settings.flows + is_mixed)) as advance:
        fits = [
            fit_flow(data, held, noise, shape, settings.fit, seed + 1000 * k, advance)
            for k in range(settings.flows)
        ]
        classifier = None
        if is_mixed:
            part = 2 * prior.part(simulations.theta) - 1
            both = [
                (part[one], is_valid[one].astype(np.float64))
                for one in _parts(len(part), settings.held_out, generator)
            ]
            classifier = fit_classifier(both[0], both[1], settings.fit, seed, advance)
    whose = "" if spread is None else " over the cells or targets that were given"
    kind = "an SD of" if settings.noise_kind == "sd" else "a variance (published) of"
    about = {
        "about": simulations.about["about"],
        "simulation_seed": simulations.about["seed"],
        "n_draws": len(is_valid),
        "n_valid": n_valid,
        "seed": seed,
        "settings": asdict(settings),
        "noise_told": f"{kind} {settings.noise:g} of their SD{whose}",
        "validation_loss": [one.loss for one in fits],
        "epochs": [len(one.losses) - 1 for one in fits],
        "classifier_loss": None if classifier is None else classifier.loss,
    }
    few = generator.permutation(n_valid)[:_KNOWN]
    return Posterior(
        prior,
        units,
        scale,
        line_scale,
        noise * scale.sd,
        shape,
        [one.arrays for one in fits],
        [] if classifier is None else classifier.arrays,
        given[few],
        about,
    )


def chosen_features(simulations: Simulations, names: Sequence[str] | None) -> Simulations:
    """Keep some features of simulations.

    Raises
    ------
    IonfoError
        If one is unknown.
    """
    if not names:
        return simulations
    known = list(simulations.feature_units)
    for name in names:
        if name not in known:
            raise IonfoError(f"the simulations have no feature '{name}'{nearest(name, known)}")
    places = [known.index(name) for name in names]
    units = {name: simulations.feature_units[name] for name in names}
    return Simulations(
        simulations.theta, simulations.features[:, places], {**simulations.about, "features": units}
    )


def _scale(values: Array, sd: Array) -> Scale:
    """Centre and spread of features: of their middle half, where few draws lie far outside.

    The SD of a feature that is large in few draws would leave nothing to see of the others.
    """
    low, middle, high = np.quantile(values, [0.25, 0.5, 0.75], axis=0)
    middle_half = (high - low) / _NORMAL_QUARTILES
    is_narrow = (middle_half > _SMALLEST_SD) & (middle_half < sd)
    return Scale(
        np.where(is_narrow, middle, values.mean(axis=0)), np.where(is_narrow, middle_half, sd)
    )


def _parts(n: int, held_out: float, generator: np.random.Generator) -> tuple[Places, Places]:
    """Part n draws at random: those to train on, and those to judge by."""
    order = generator.permutation(n)
    n_held = max(1, round(n * held_out))
    return order[n_held:], order[:n_held]
