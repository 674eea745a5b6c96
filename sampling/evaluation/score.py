"""``ionfo score``: features and scores of models from a file."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import BrokenExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ...emodels import EModel, Numerics, load_emodel
from ...emodels.cell import on_morphology, resolve_morphology
from ...emodels.mechanism_checks import check_mechanisms
from ...errors import IonfoError, note
from ...features.scores import CostName
from ...limits import MOST_STEPS, check_count, is_same
from ...mechanisms import build_mechanisms
from ...mechanisms.build import bundled_folder
from ...progress import progress
from ...tables.book import BOOK, is_population
from ...tables.files import check_table_path, read_table, write_table
from ...tables.models import Models, models_of_frame, outside_bounds
from .. import (
    Evaluation,
    Evaluator,
    EvaluatorSpec,
    ModelRequest,
    evaluate,
    evaluator_spec,
    open_pool,
    read_models,
)
from .cell_hashes import cell_hashes
from .profile import Profile, profile_models
from .stop import StopRun, stoppable

_PROFILED = 5  # models
_OF_OLD_SCORES = ("cost", "probability", "a", "ratio")


def score(
    emodel: str | Path | EModel,
    models: str | Path | pd.DataFrame | None = None,
    *,
    morphology: str | Path | None = None,
    mechanisms: str | Path | None = None,
    cost: CostName = "max",
    processes: int = 1,
    exact_rates: bool = False,
    max_steps: int | None = None,
) -> pd.DataFrame:
    """Compute every feature and score of models.

    Parameters
    ----------
    emodel : str, Path or EModel
        Name of an e-model, its definition file, or itself.
    models : path or DataFrame, optional
        A column per parameter, with or without ``parameters/``, or a file of models; the shipped
        reference by default.
    morphology, mechanisms : path, optional
        Instead of the bundled ones.
    cost : {"max", "sum", "mean"}
        How scores are combined.
    processes : int
        Local processes, when not under mpirun.
    exact_rates : bool
        Evaluate gate rates instead of looking them up.
    max_steps : int, optional
        Integrator steps of an evaluation; those of a sweep by default.

    Returns
    -------
    DataFrame
        In the order of the models: ``parameters/``, ``features/`` and ``scores/`` columns,
        ``cost`` and ``failures`` (JSON, feature -> reason).

    Raises
    ------
    IonfoError
        If an input breaks a rule.  A failed model is a row, not an error.
    """
    settings = ScoreSettings(morphology, mechanisms, cost, exact_rates, max_steps)
    asked = _asked(emodel, models, settings)
    file = Path(models) if isinstance(models, (str, Path)) else None
    return _with_book(
        score_frame(asked, _evaluated(asked, processes, lambda found: "nothing")), file
    )[0]


@dataclass(frozen=True)
class ScoreSettings:
    """How models are scored.

    Attributes
    ----------
    morphology, mechanisms : path, optional
        Instead of the bundled ones.
    cost : {"max", "sum", "mean"}
        How scores are combined.
    exact_rates : bool
        Evaluate gate rates instead of looking them up.
    max_steps : int, optional
        Integrator steps of an evaluation; those of a sweep by default.
    """

    morphology: str | Path | None = None
    mechanisms: str | Path | None = None
    cost: CostName = "max"
    exact_rates: bool = False
    max_steps: int | None = None


def score_file(
    name: str,
    file: Path | None,
    out: Path | None = None,
    settings: ScoreSettings | None = None,
    processes: int = 1,
) -> pd.DataFrame:
    """Evaluate every model of a file and write the table.

    Parameters
    ----------
    name : str
        E-model name or definition file.
    file : Path or None
        Models, see `ionfo.sampling.read_models`; None for the shipped reference.
    out : Path, optional
        .parquet or .csv.  Only the reference, which can be had again, is scored without.
    settings : ScoreSettings, optional
        How.
    processes : int
        Local processes, when not under mpirun.

    Returns
    -------
    DataFrame
        What was written, see `score`.

    Raises
    ------
    IonfoError
        If an input breaks a rule.  A failed model is a row, not an error.
    StopRun
        If a signal asked to stop; the models that were scored by then are in the table.
    """
    if out is not None:
        check_table_path(out)
    if file is not None:
        _check_kept(out, file)
    asked = _asked(name, file, settings or ScoreSettings())

    def keep(evaluations: list[Evaluation]) -> pd.DataFrame:
        frame, of_table = _with_book(score_frame(asked, evaluations), file)
        if out is not None:
            write_table(out, frame, {**of_table, **asked.metadata})
        return frame

    def keep_first(evaluations: list[Evaluation]) -> str:
        if not evaluations:
            return "nothing"
        keep(evaluations)
        n = len(asked.requests)
        return f"the first {len(evaluations)} of {n} models, '{out}' holds them"

    return keep(_evaluated(asked, processes, keep_first))


def profile_first(name: str, file: Path | None, settings: ScoreSettings | None = None) -> Profile:
    """Evaluate the first models of a file in this process, and tell what takes the time.

    Parameters
    ----------
    name, file, settings
        As for `score_file`.
    """
    asked = _asked(name, file, settings or ScoreSettings())
    first = [(list(one.theta), one.fixed) for one in asked.requests[:_PROFILED]]
    return profile_models(Evaluator(asked.spec), first)


@dataclass(frozen=True)
class _Asked:
    """Models to score, checked: of which e-model, by which evaluator."""

    emodel: EModel
    models: Models
    requests: list[ModelRequest]
    spec: EvaluatorSpec
    metadata: dict[str, Any]


def _asked(
    emodel: str | Path | EModel,
    models: str | Path | pd.DataFrame | None,
    settings: ScoreSettings,
) -> _Asked:
    check_count("--max-steps", settings.max_steps, 1, MOST_STEPS)
    morphology, mechanisms = settings.morphology, settings.mechanisms
    one = emodel if isinstance(emodel, EModel) else load_emodel(emodel)
    folder = bundled_folder(one.inserted) if mechanisms is None else Path(mechanisms)
    found: Models | None = None
    if isinstance(models, pd.DataFrame):
        found = models_of_frame(models, one, "models")
    elif models is not None:
        found = read_models(Path(models), one)
    check_mechanisms(one, folder)
    cell = resolve_morphology(one, None if morphology is None else Path(morphology), tells=True)
    if found is None:
        found = reference_models(one, cell)
    build_mechanisms(folder, needed=one.inserted)
    if warning := outside_bounds(found, one):
        note(warning)
    numerics = Numerics(exact_rates=settings.exact_rates)
    steps = settings.max_steps or one.max_steps
    requests = [
        ModelRequest(tuple(theta.tolist()), fixed=fixed, max_steps=steps)
        for theta, fixed in zip(found.theta, found.fixed, strict=True)
    ]
    metadata = {
        "emodel": one.model_dump(mode="json"),
        "emodel_hash": one.content_hash,
        **cell_hashes(cell, folder),
        "cost": settings.cost,
        "numerics": asdict(numerics),
        "max_steps": steps,
        "units": {p.name: p.unit for p in one.parameters}
        | {feature.name: feature.unit for feature in one.features},
    }
    own = None if mechanisms is None else folder
    spec = evaluator_spec(one, cell, own, settings.cost, numerics)
    return _Asked(one, found, requests, spec, metadata)


def _evaluated(
    asked: _Asked, processes: int, keep: Callable[[list[Evaluation]], str]
) -> list[Evaluation]:
    """Evaluate the models; `keep` what there is when they cannot all be, and say what was kept."""
    evaluations: list[Evaluation] = []
    with open_pool(asked.spec, processes) as pool, stoppable() as flag:
        try:
            with progress("score", len(asked.requests)) as advance:
                for one in pool.map(evaluate, asked.requests):
                    evaluations.append(one)
                    advance()
                    if len(evaluations) < len(asked.requests):
                        flag.check()
        except (StopRun, BrokenExecutor) as why:
            held = keep(evaluations)
            if flag.number is None:
                raise IonfoError(
                    f"a worker died, perhaps of too little memory; scored: {held}"
                ) from why
            note(f"stopped by {StopRun(flag.number)}; scored: {held}")
            raise StopRun(flag.number) from None
    return evaluations


def _check_kept(out: Path | None, file: Path) -> None:
    """Refuse to lose the scores of a file, or the file."""
    if out is None:
        raise IonfoError(
            f"the scores of '{file}' would be lost; name a table with --out (.parquet or .csv)"
        )
    if is_same(out, file):
        raise IonfoError(f"--out '{out}' is the file of the models; choose another name")


def reference_models(emodel: EModel, morphology: Path) -> Models:
    """Give the reference model of an e-model on a morphology.

    Raises
    ------
    IonfoError
        If none ships with it.
    """
    reference = on_morphology(emodel, morphology).reference
    if reference is None:
        raise IonfoError(
            f"e-model '{emodel.name}' has no reference model for morphology '{morphology.name}'; "
            "give a file with models"
        )
    free = emodel.free_names
    fixed = {name: value for name, value in reference.items() if name not in free}
    return Models(np.array([[reference[name] for name in free]]), [fixed])


def _with_book(frame: pd.DataFrame, file: Path | None) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Keep what a table says of its rows beside parameters, features and scores.

    Weights, walkers and steps belong to the models and not to their scores; densities, costs and
    acceptance of an imported chain belong to the scores that it had.
    """
    if file is None or file.suffix == ".json":
        return frame, {}
    table, metadata = read_table(file)
    if not is_population(table) and (found := [name for name in BOOK if name in table]):
        note(
            f"left out {', '.join(map(repr, found))}: columns of a plain table say nothing of its "
            "models; to keep them, name parameters with parameters/"
        )
        table = table.drop(columns=found)
    old = ("cost", "log_prob", "failures", *(f"mcmc/{one}" for one in _OF_OLD_SCORES))
    kept = [
        column
        for column in map(str, table)
        if column not in old
        and column not in frame
        and (column in BOOK or column.startswith(("mcmc/", "normalized_parameters/")))
    ]
    return pd.concat([frame, table[kept].iloc[: len(frame)]], axis=1), {
        key: metadata[key] for key in ("mcmc_table", "imported") if key in metadata
    }


def score_frame(asked: _Asked, evaluations: list[Evaluation]) -> pd.DataFrame:
    """Put models and their evaluations, which may be of the first ones only, into one table."""
    emodel, models = asked.emodel, asked.models
    table: dict[str, object] = {}
    n = len(evaluations)
    for i, parameter in enumerate(emodel.free_names):
        table[f"parameters/{parameter}"] = models.theta[:n, i]
    for parameter in sorted({key for fixed in models.fixed for key in fixed}):
        default = emodel.fixed_values[parameter]
        table[f"parameters/{parameter}"] = [row.get(parameter, default) for row in models.fixed[:n]]
    features = np.array([one.features for one in evaluations])
    scores = np.array([one.scores for one in evaluations])
    for i, feature in enumerate(emodel.feature_names):
        table[f"features/{feature}"] = features[:, i]
    for i, feature in enumerate(emodel.feature_names):
        table[f"scores/{feature}"] = scores[:, i]
    table["cost"] = [one.cost for one in evaluations]
    table["failures"] = [json.dumps(one.reasons) for one in evaluations]
    return pd.DataFrame(table)
