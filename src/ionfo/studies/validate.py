"""``ionfo validate``: models on held-out steps and on noise, beside an experiment."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..analysis.cells.spike_trains import explained_variance
from ..emodels import EModel, load_emodel
from ..emodels.bounded import LONGEST_SWEEP, MOST_PERCENT
from ..emodels.cell import resolve_morphology
from ..errors import IonfoError
from ..limits import check_count, check_number, check_seed, shortened
from ..mechanisms import build_mechanisms
from ..mechanisms.build import bundled_folder
from ..sampling import ModelRequest, evaluate, evaluator_spec, open_pool, read_population
from ..sampling.evaluation.cell_hashes import check_same_cell
from ..sampling.evaluation.held_out import (
    NoiseRequest,
    held_out_steps,
    mean_z,
    noise_currents,
    noise_spikes,
    search_currents,
)
from ..sampling.evaluation.traces import emodel_of
from ..tables.files import check_table_path, write_table
from ..tables.models import models_of_frame

Array = NDArray[np.float64]


@dataclass(frozen=True)
class ValidateSettings:
    """What models are held against.

    Attributes
    ----------
    held_out : Path, optional
        Definition with held-out steps and their targets, instead of a model as experiment.
    experiment : Path, optional
        Population with a model that stands for the experiment.
    row : int
        Of that model.
    percents : tuple of float
        Held-out steps, in percent of each model's rheobase.
    sd : float
        SD of the experiment's features, as a share of their values.
    noise_seed : int, optional
        Also play coloured noise from this seed; needs `experiment`.
    noise_duration : float
        ms.
    trials : int
        Repetitions of the experiment.
    private : float
        SD of the noise that differs between them, in threshold currents.
    """

    held_out: Path | None = None
    experiment: Path | None = None
    row: int = 0
    percents: tuple[float, ...] = ()
    sd: float = 0.05
    noise_seed: int | None = None
    noise_duration: float = 2000.0
    trials: int = 5
    private: float = 0.2

    def check(self) -> None:
        """Refuse what does not go together, and numbers that are none.

        Raises
        ------
        IonfoError
            Naming the option.
        """
        if (self.held_out is None) == (self.experiment is None):
            raise IonfoError("give either --held-out DEFINITION or --experiment MODELS")
        if self.noise_seed is not None and self.experiment is None:
            raise IonfoError("--noise-seed needs --experiment, whose spikes models must predict")
        check_number("--sd", self.sd, 0, 1e3, is_above=True)
        check_number("--noise-duration", self.noise_duration, 0, LONGEST_SWEEP, is_above=True)
        check_number("--private", self.private, 0, 100)
        check_count("--trials", self.trials, 1, 1_000)
        if self.noise_seed is not None:
            check_seed(self.noise_seed, "--noise-seed")
        for percent in self.percents:
            check_number("--percent", percent, -MOST_PERCENT, MOST_PERCENT)
        if self.experiment is not None and not self.percents:
            raise IonfoError("--experiment needs held-out steps, for example --percent 180")


def validate(
    population: Path,
    out: Path,
    settings: ValidateSettings,
    *,
    morphology: Path | None = None,
    mechanisms: Path | None = None,
    processes: int = 1,
) -> pd.DataFrame:
    """Validate the models of a population and write the table.

    Parameters
    ----------
    population : Path
        Models with their e-model.
    out : Path
        .parquet or .csv.
    settings : ValidateSettings
        Experiment or held-out targets, steps and noise.
    morphology, mechanisms : Path, optional
        Instead of the bundled ones.
    processes : int
        Local processes, when not under mpirun.

    Returns
    -------
    DataFrame
        What was written, in the order of the population: parameters, ``features/`` of the held-out
        steps, ``training_z`` (mean score of the population's own features, where it has them),
        ``held_out_z``, ``explained_variance``, ``explained_by_trials`` and
        ``explained_variance_ratio``.

    Raises
    ------
    IonfoError
        If an input breaks a rule.
    """
    check_table_path(out)
    settings.check()
    read = read_population(population)
    emodel = emodel_of(read, str(population))
    folder = mechanisms or bundled_folder(emodel.inserted)
    morphology = resolve_morphology(emodel, morphology)
    check_same_cell(read.metadata, morphology, folder, str(population))
    models = models_of_frame(read.frame, emodel, str(population)).theta
    if settings.held_out is not None:
        asked = load_emodel(str(settings.held_out))
        if asked.free_names != emodel.free_names:
            raise IonfoError(
                f"'{settings.held_out}' frees other parameters than the e-model of the models"
            )
        truth = None
    else:
        assert settings.experiment is not None
        asked = held_out_steps(emodel, settings.percents)
        truth = _experiment(settings.experiment, emodel, settings.row)
    build_mechanisms(folder, needed=emodel.inserted)
    spec = evaluator_spec(asked, morphology, mechanisms)
    everyone = models if truth is None else np.vstack([truth, models])
    requests = [
        ModelRequest(tuple(map(float, theta)), max_steps=asked.max_steps) for theta in everyone
    ]
    noise: dict[str, Any] = {}
    with open_pool(spec, processes) as pool:
        features = np.array([one.features for one in pool.map(evaluate, requests)])
        if truth is not None and settings.noise_seed is not None:
            noise = _noise(pool, truth, models, settings)
    if truth is None:
        mean = np.array([one.mean for one in asked.features])
        std = np.array([one.std for one in asked.features])
    else:
        mean, features = features[0], features[1:]
        # 0.05 where the mean is 0, as published
        std = np.where(mean == 0, settings.sd, settings.sd * np.abs(mean))
        if not np.isfinite(mean).any():
            raise IonfoError("the experiment has no feature at the held-out steps")
    table: dict[str, Any] = {
        f"parameters/{name}": models[:, i] for i, name in enumerate(emodel.free_names)
    }
    table |= {f"features/{name}": features[:, i] for i, name in enumerate(asked.feature_names)}
    scores = read.frame[[str(c) for c in read.frame if str(c).startswith("scores/")]]
    table["training_z"] = scores.mean(axis=1).to_numpy() if scores.shape[1] else np.nan
    table["held_out_z"] = mean_z(features, mean, std)
    frame = pd.DataFrame({**table, **noise})
    metadata = {
        "validation": {
            "targets": {
                name: [float(m), float(s)] if np.isfinite(m) else None
                for name, m, s in zip(asked.feature_names, mean, std, strict=True)
            },
            "percents": list(settings.percents),
            "noise_seed": settings.noise_seed,
            "noise_duration": settings.noise_duration,
            "trials": settings.trials,
            "private": settings.private,
        },
        "emodel": asked.model_dump(mode="json"),
    }
    write_table(out, frame, metadata)
    return frame


def _experiment(path: Path, emodel: EModel, row: int) -> Array:
    frame = read_population(path).frame
    if not 0 <= row < len(frame):
        raise IonfoError(f"'{path}' has models 0 to {len(frame) - 1}, got --row {shortened(row)}")
    theta: Array = models_of_frame(frame, emodel, str(path)).theta[row]
    return theta


def _noise(
    pool: Any,
    truth: Array,
    models: Array,
    settings: ValidateSettings,
) -> dict[str, Array]:
    """Play noise to the experiment, trial by trial, and once to each model."""
    (found,) = pool.map(search_currents, [tuple(map(float, truth))])
    if found is None:
        raise IonfoError("the experiment has no rheobase, which scales the noise")
    holding, threshold = found
    duration, n_trials = settings.noise_duration, settings.trials
    assert settings.noise_seed is not None
    times, current, of_trials = noise_currents(
        holding, threshold, duration, settings.noise_seed, n_trials, settings.private
    )
    corners = tuple(map(float, times))
    requests = [NoiseRequest(tuple(map(float, truth)), corners, tuple(one)) for one in
                of_trials.tolist()]  # fmt: skip
    requests += [
        NoiseRequest(tuple(map(float, theta)), corners, tuple(current.tolist())) for theta in models
    ]
    spikes = list(pool.map(noise_spikes, requests))
    trials = [one for one in spikes[:n_trials] if one is not None]
    if not any(trials):
        raise IonfoError("the experiment gives no spike to the noise; give another --noise-seed")
    rows = []
    for one in spikes[n_trials:]:
        if one is None:
            rows.append((np.nan, np.nan, np.nan))
        else:
            ev = explained_variance(trials, one, duration)
            rows.append((ev.of_model, ev.of_trials, ev.ratio))
    of_model, by_trials, ratio = np.array(rows).reshape(-1, 3).T
    return {
        "explained_variance": of_model,
        "explained_by_trials": by_trials,
        "explained_variance_ratio": ratio,
    }
