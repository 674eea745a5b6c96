"""``ionfo score``: features and scores of models from a file."""

from __future__ import annotations

import json
import time
from concurrent.futures import BrokenExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ...emodels import EModel, Numerics, load_emodel
from ...emodels.cell import check_mechanisms, on_morphology, resolve_morphology
from ...errors import IonfoError, note
from ...features.scores import CostName
from ...limits import MOST_STEPS, check_count, is_same
from ...mechanisms import build_mechanisms
from ...mechanisms.build import BUNDLED
from ...tables.files import check_table_path, read_table, write_table
from ...tables.matrix import BOOK, is_population
from ...tables.models import Models, outside_bounds
from ...terminal import console as show
from ...terminal.output import add_result
from .. import (
    Evaluation,
    Evaluator,
    ModelRequest,
    Progress,
    evaluate,
    evaluator_spec,
    open_pool,
    read_models,
)
from . import mpi
from .cell_hashes import cell_hashes
from .profile import profile_models
from .stop import StopRun, stoppable

_PROFILED = 5  # models
_OF_OLD_SCORES = ("cost", "probability", "a", "ratio")


def score_file(
    name: str,
    file: Path | None,
    out: Path | None = None,
    morphology: Path | None = None,
    mechanisms: Path | None = None,
    cost: CostName = "max",
    processes: int = 1,
    exact_rates: bool = False,
    profile: bool = False,
    max_steps: int | None = None,
) -> pd.DataFrame:
    """Evaluate every model of a file and write the table.

    All features of the reference are shown; the worst ones of the models of a file.

    Parameters
    ----------
    name : str
        E-model name or definition file.
    file : Path or None
        Models, see `ionfo.sampling.read_models`; None for the shipped reference.
    out : Path, optional
        .parquet or .csv.  Only the reference, which can be had again, is scored without.
    morphology, mechanisms : Path, optional
        Instead of the bundled ones.
    cost : {"max", "sum", "mean"}
        How scores are combined.
    processes : int
        Local processes, when not under mpirun.
    exact_rates : bool
        Evaluate gate rates instead of looking them up.
    profile : bool
        Evaluate the first models once more, in this process, and show what takes the time.
    max_steps : int, optional
        Integrator steps that an evaluation may take, those that a sweep may take by default; a
        model that takes more has failed.

    Returns
    -------
    DataFrame
        What was written, in file order: ``parameters/``, ``features/`` and ``scores/``
        columns, ``cost`` and ``failures`` (JSON, feature -> reason).

    Raises
    ------
    IonfoError
        If an input breaks a rule.  A failed model is a row, not an error.
    StopRun
        If a signal asked to stop; the models that were scored by then are in the table.
    """
    check_count("--max-steps", max_steps, 1, MOST_STEPS)
    if out is not None:
        check_table_path(out)
    if file is not None:
        _check_kept(out, file)
    emodel = load_emodel(name)
    models = None if file is None else read_models(file, emodel)
    check_mechanisms(emodel, mechanisms or BUNDLED)
    morphology = resolve_morphology(emodel, morphology)
    if models is None:
        models = reference_models(emodel, morphology)
    build_mechanisms(mechanisms or BUNDLED)
    if warning := outside_bounds(models, emodel):
        note(warning)
    if profile and (processes > 1 or mpi.size() > 1):
        raise IonfoError("--profile measures one process; leave out mpirun and --processes")
    numerics = Numerics(exact_rates=exact_rates)
    requests = [
        ModelRequest(tuple(theta.tolist()), fixed=fixed, max_steps=max_steps or emodel.max_steps)
        for theta, fixed in zip(models.theta, models.fixed, strict=True)
    ]
    metadata = {
        "emodel": emodel.model_dump(mode="json"),
        "emodel_hash": emodel.content_hash,
        **cell_hashes(morphology, mechanisms or BUNDLED),
        "cost": cost,
        "numerics": asdict(numerics),
        "max_steps": max_steps or emodel.max_steps,
        "units": {p.name: p.unit for p in emodel.parameters}
        | {feature.name: feature.unit for feature in emodel.features},
    }
    evaluations: list[Evaluation] = []

    def keep() -> pd.DataFrame:
        frame, of_table = _with_book(score_frame(emodel, models, evaluations), file)
        if out is not None:
            write_table(out, frame, {**of_table, **metadata})
        return frame

    spec = evaluator_spec(emodel, morphology, mechanisms, cost, numerics)
    with open_pool(spec, processes) as pool, stoppable() as flag:
        began = time.monotonic()
        try:
            with show.SampleProgress() as bar:
                for one in pool.map(evaluate, requests):
                    evaluations.append(one)
                    n_done = len(evaluations)
                    bar.update(Progress("score", n_done, len(requests), began, n_done))
                    if n_done < len(requests):
                        flag.check()
        except (StopRun, BrokenExecutor) as why:
            held = "nothing"
            if evaluations:
                keep()
                held = f"the first {len(evaluations)} of {len(requests)} models, '{out}' holds them"
            if flag.number is None:
                raise IonfoError(
                    f"a worker died, perhaps of too little memory; scored: {held}"
                ) from why
            note(f"stopped by {StopRun(flag.number)}; scored: {held}")
            raise StopRun(flag.number) from None
    frame = keep()
    show.worst_features(emodel, evaluations, len(emodel.features) if file is None else 10)
    costs = [one.cost for one in evaluations]
    failed = sum(bool(one.reasons) for one in evaluations)
    add_result({"models": len(costs), "lowest_cost": min(costs), "missed_features": failed})
    if profile:
        first = [(list(one.theta), one.fixed) for one in requests[:_PROFILED]]
        show.profile(profile_models(Evaluator(spec), first))
    return frame


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


def score_frame(emodel: EModel, models: Models, evaluations: list[Evaluation]) -> pd.DataFrame:
    """Put models and their evaluations, which may be of the first ones only, into one table."""
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
