"""``ionfo genes predict``: from counts of genes to parameters to firing, of cells not seen."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import ClassVar, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..analysis.figures.regression import prediction_intervals
from ..analysis.figures.style import Figure
from ..analysis.genes.cross_validation import default_penalties, make_folds, training_cells
from ..analysis.genes.families import Gain, mean_of_known, paired_gain
from ..analysis.genes.predicted_draws import (
    draws_inside,
    interval_of,
    predict_by_genes,
    predict_by_label,
    ranked_probability_score,
)
from ..emodels.point.hh import HH_BOUNDS, HHRun
from ..errors import IonfoError
from ..features.patchseq import PATCHSEQ_FEATURES, Rest
from ..limits import check_count, most_workers
from ..progress import progress
from ..sampling.posterior.hh import NOISE_SD, hh_features
from ..tables.cell_parameters import CellParameters
from ..tables.expression import Expression
from .gene_cells import GeneCells, GeneSettings, match_cells
from .predict_output import sentences_of, write_prediction
from .shown import Shown

Array = NDArray[np.float64]

OWN, GENES, FAMILY, WITHIN, ALL = (
    "own fit",
    "genes",
    "family mean",
    "genes within families",
    "mean of all cells",
)
MEASURED = "measured cells of the family"
"""What predicts a cell; the last needs no model."""


@dataclass(frozen=True)
class PredictSettings(GeneSettings):
    """How firing is predicted.

    Attributes
    ----------
    measured : str
        What the names of the columns with measured features begin with.
    draws : int
        Of the errors of the parameters of each cell.
    run : HHRun
        Temperature, current, noise and protocol of the simulations.
    rest : str
        As `patchseq_features` takes it.
    threads : int
        At work at a time.
    """

    measured: str = "features/"
    draws: int = 19
    run: HHRun = field(default_factory=lambda: HHRun(noise_sd=NOISE_SD))
    rest: Rest = "before"
    threads: int = 1

    def check(self) -> None:
        """Refuse settings that nobody can mean."""
        super().check()
        check_count("--draws", self.draws, 5, 1000)
        check_count("--threads", self.threads, 1, most_workers())
        if self.rest not in get_args(Rest):
            raise IonfoError(f"rest must be 'before' or 'before and after', got '{self.rest}'")


@dataclass(frozen=True)
class Predictor:
    """Features of all cells as one way predicts them.

    Attributes
    ----------
    name : str
        Of the way.
    parameters : ndarray, shape (n_cells, n_parameters), or None
        Predicted means, inside their bounds.
    point : ndarray, shape (n_cells, n_features)
        Features at these; NaN where one is not defined.
    draws : ndarray, shape (n_cells, n_draws, n_features)
        With the errors of the parameters drawn.
    moved : float
        Share of the draws that were moved to the bounds.
    """

    name: str
    parameters: Array | None
    point: Array
    draws: Array
    moved: float = 0.0


@dataclass(frozen=True)
class FiringPrediction(Shown):
    """How well genes, families and own fits predict how cells fire.

    Attributes
    ----------
    cells : GeneCells
        Cells, genes, families and fitted parameters.
    measured : ndarray, shape (n_cells, n_features)
        Features of the recordings.
    predictors : list of Predictor
        The cell's own fit first, then what did not see the cell.
    settings : PredictSettings
        What was asked.
    recordings : dict of str to tuple of ndarray
        Cell -> times (ms) and voltages (mV), where there are any.
    """

    last: ClassVar[str] = "predict.json"
    alt: ClassVar[str] = "errors and coverage of predicted features"

    cells: GeneCells
    measured: Array
    predictors: list[Predictor]
    settings: PredictSettings
    recordings: dict[str, tuple[Array, Array]]

    @property
    def title(self) -> str:
        """What the findings are of."""
        return f"Firing of {len(self.cells.cells)} cells, predicted"

    @property
    def scale(self) -> Array:
        """SDs of the measured features, shape (n_features,)."""
        return np.asarray(np.nanstd(self.measured, axis=0))

    def distances(self, name: str) -> Array:
        """Distance of the predicted from the measured features (SDs); NaN where one is missing."""
        difference = (self._by_name(name).point - self.measured) / self.scale
        return np.asarray(np.sqrt(np.sum(difference**2, axis=1)))

    def scores(self, name: str) -> Array:
        """Mean ranked probability score of the features of each cell (SDs)."""
        found = ranked_probability_score(
            self._by_name(name).draws / self.scale, self.measured / self.scale
        )
        return mean_of_known(found, axis=1)

    def gain(self, worse: str, better: str) -> Gain:
        """Mean of how much lower the score of one prediction is, with its interval over cells."""
        return paired_gain(self.scores(worse), self.scores(better), 1.0, seed=self.settings.seed)

    @property
    def by_predictor(self) -> pd.DataFrame:
        """A row a predictor: failed simulations, distances, score and coverage."""
        rows = []
        for one in self.predictors:
            distance = self.distances(one.name)
            known = distance[np.isfinite(distance)]
            rows.append(
                {
                    "predictor": one.name,
                    "failed": float(np.isnan(distance).mean()),
                    "distance_mean": known.mean() if len(known) else np.nan,
                    "distance_sd": known.std() if len(known) else np.nan,
                    "distance_median": np.median(known) if len(known) else np.nan,
                    "score": float(mean_of_known(self.scores(one.name))),
                    "coverage_90": float(mean_of_known(self._covered(one).ravel())),
                    "undefined_draws": float(np.isnan(one.draws).any(axis=2).mean()),
                    "draws_at_bounds": one.moved,
                }
            )
        return pd.DataFrame(rows)

    @property
    def by_feature(self) -> pd.DataFrame:
        """A row a predictor and feature: error of the median and coverage of the interval."""
        frames = []
        for one in self.predictors:
            median, _, _ = interval_of(one.draws)
            error = np.abs(median - self.measured) / self.scale
            frames.append(
                pd.DataFrame(
                    {
                        "predictor": one.name,
                        "feature": list(PATCHSEQ_FEATURES),
                        "error_sd": [_median(column) for column in error.T],
                        "coverage_90": mean_of_known(self._covered(one)),
                    }
                )
            )
        return pd.concat(frames, ignore_index=True)

    def sentences(self) -> list[str]:
        """Say what was found, a line each."""
        return sentences_of(self)

    def figure(self) -> Figure:
        """Draw errors and coverage of every feature."""
        title = f"{len(self.cells.cells)} cells, {self.settings.draws} draws of each"
        return prediction_intervals(self.by_feature, title)

    def _by_name(self, name: str) -> Predictor:
        return next(one for one in self.predictors if one.name == name)

    def _covered(self, one: Predictor) -> Array:
        """Whether the interval holds the measured value; NaN where there is none.

        A fit without draws has no interval.
        """
        if one.name == OWN and not self.cells.parameters.has_draws:
            return np.full_like(self.measured, np.nan)
        _, low, high = interval_of(one.draws)
        inside = (self.measured >= low) & (self.measured <= high)
        known = np.isfinite(low) & np.isfinite(self.measured)
        return np.where(known, inside.astype(np.float64), np.nan)

    def _fill(self, folder: Path) -> None:
        write_prediction(folder, self)


def predict_firing(
    expression: Expression,
    parameters: CellParameters,
    settings: PredictSettings,
    recordings: dict[str, tuple[Array, Array]] | None = None,
) -> FiringPrediction:
    """Predict parameters and firing of cells by genes that the fit did not see.

    Parameters
    ----------
    expression : Expression
        Counts or log values.
    parameters : CellParameters
        Of the model ``hh``, with the measured features of each cell.
    settings : PredictSettings
        How.
    recordings : dict of str to tuple of ndarray, optional
        Voltages to draw beside the simulated ones.

    Raises
    ------
    IonfoError
        If cells or columns do not match, or a setting is out of bounds.
    """
    settings.check()
    cells = match_cells(expression, _in_order(parameters), settings)
    if recordings and not recordings.keys() & set(cells.cells):
        raise IonfoError(
            f"none of the {len(recordings)} recorded cells, such as '{next(iter(recordings))}', is "
            f"among those with genes and parameters, such as '{cells.cells[0]}'"
        )
    measured = measured_features(cells.parameters, settings.measured)
    folds = make_folds(len(measured), settings.folds, settings.seed)
    simulated = [OWN, GENES, FAMILY, WITHIN, ALL]
    rng = np.random.default_rng(settings.seed)
    predictors = []
    with progress("ways to predict", len(simulated)) as advance:
        for name in simulated:
            means, draws, moved = _parameters(name, cells, folds, settings, rng)
            predictors.append(_simulated(name, means, draws, moved, settings))
            advance()
    predictors.append(_measured(measured, cells, folds, settings, rng))
    return FiringPrediction(cells, measured, predictors, settings, recordings or {})


def _median(values: Array) -> float:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if len(known) else np.nan


def measured_features(parameters: CellParameters, prefix: str) -> Array:
    """Give the measured features in the order of the simulated ones.

    Raises
    ------
    IonfoError
        If a feature has no column, or does not vary.
    """
    found = parameters.columns(prefix)
    for name in PATCHSEQ_FEATURES:
        if name not in found:
            raise IonfoError(
                f"there is no column '{prefix}{name}'; measured features are needed to compare "
                "with: --measured names the beginning of their columns, --observed another table"
            )
    values = found[list(PATCHSEQ_FEATURES)].apply(pd.to_numeric, errors="coerce")
    values = values.where(np.isfinite(values))
    for name in PATCHSEQ_FEATURES:
        if values[name].nunique() < 2:
            raise IonfoError(f"column '{prefix}{name}' must hold numbers that vary")
    return np.asarray(values, dtype=np.float64)


def _in_order(known: CellParameters) -> CellParameters:
    """Give the parameters in the order of the model."""
    missing = [name for name in HH_BOUNDS if name not in known.names]
    if missing:
        raise IonfoError(
            f"'{known.origin}' has no parameter '{missing[0]}', and the model 'hh' needs "
            f"{', '.join(HH_BOUNDS)}; name the beginning of their columns with --columns"
        )
    return known.in_order(list(HH_BOUNDS))


def _parameters(
    name: str,
    cells: GeneCells,
    folds: list[NDArray[np.int64]],
    settings: PredictSettings,
    rng: np.random.Generator,
) -> tuple[Array, Array, float]:
    """Give means of parameters, draws about them, and the share of draws moved to the bounds."""
    outputs = cells.parameters.means
    low, high = np.array(list(HH_BOUNDS.values())).T
    if name == OWN:
        drawn = np.array([cells.parameters.draw(rng) for _ in range(settings.draws)])
        return outputs, drawn.transpose(1, 0, 2), 0.0
    means = np.empty_like(outputs)
    draws = np.empty((len(outputs), settings.draws, outputs.shape[1]))
    moved = 0.0
    labels = np.full(len(outputs), "all") if name == ALL else cells.families
    # only the sparse fit can select nothing, where a family tells all there is
    choice = replace(settings.choice, relaxed=settings.relaxed and name != WITHIN)
    penalties = (
        default_penalties(cells.genes, outputs, settings.penalties)
        if settings.penalty is None
        else [settings.penalty]
    )
    for test in folds:
        if name in (FAMILY, ALL):
            some, covariance = predict_by_label(outputs, labels, test)
        else:
            some, covariance = predict_by_genes(
                cells.genes, outputs, test, penalties, choice, labels if name == WITHIN else None
            )
        means[test] = np.clip(some, low, high)
        draws[test], share = draws_inside(some, covariance, (low, high), settings.draws, rng)
        moved += share * len(test) / len(outputs)
    return means, draws, moved


def _simulated(
    name: str, means: Array, draws: Array, moved: float, settings: PredictSettings
) -> Predictor:
    """Simulate the cells at the means of their parameters, and at the draws; none twice."""
    every = np.vstack([means, draws.reshape(-1, draws.shape[2])])
    rows, place = np.unique(every, axis=0, return_inverse=True)
    found = hh_features(
        rows,
        settings.run,
        seed=settings.seed,
        rest=settings.rest,
        workers=settings.threads,
    )[place.ravel()]
    point, others = found[: len(means)], found[len(means) :]
    return Predictor(name, means, point, others.reshape(*draws.shape[:2], -1), moved)


def _measured(
    measured: Array,
    cells: GeneCells,
    folds: list[NDArray[np.int64]],
    settings: PredictSettings,
    rng: np.random.Generator,
) -> Predictor:
    """Predict by measured features of other cells of the family, without any model."""
    point = np.empty_like(measured)
    draws = np.empty((len(measured), settings.draws, measured.shape[1]))
    for test in folds:
        point[test] = predict_by_label(measured, cells.families, test)[0]
        train = training_cells(len(measured), test)
        for i in test:
            known = train[cells.families[train] == cells.families[i]]
            draws[i] = measured[rng.choice(known if len(known) else train, settings.draws)]
    return Predictor(MEASURED, None, point, draws)
