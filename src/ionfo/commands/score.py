"""``ionfo score``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import IonfoError
from ..sampling.evaluation import mpi
from ..terminal.options import (
    Cost,
    CostOption,
    EmodelArgument,
    ExactRatesOption,
    MechanismsOption,
    MorphologyOption,
    ProcessesOption,
)
from ..terminal.output import add_result
from ..terminal.repair import RepairOption, RepairTypeOption, repaired

if TYPE_CHECKING:
    import pandas as pd

    from ..emodels import EModel
    from ..sampling.evaluation.profile import Profile


def score_command(
    emodel: EmodelArgument,
    file: Annotated[
        str,
        typer.Argument(help="Models: .json, .csv or .parquet; 'reference' for the shipped one."),
    ],
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Result: .parquet or .csv; may be left out for the reference."),
    ] = None,
    morphology: MorphologyOption = None,
    mechanisms: MechanismsOption = None,
    repair: RepairOption = False,
    repair_type: RepairTypeOption = None,
    cost: CostOption = Cost.max,
    processes: ProcessesOption = 1,
    exact_rates: ExactRatesOption = False,
    profile: Annotated[
        bool, typer.Option("--profile", help="Show where the time goes, by protocol.")
    ] = False,
    max_steps: Annotated[
        int | None,
        typer.Option(
            "--max-steps",
            help="Integrator steps of an evaluation, beyond which it has failed; default those "
            "that the e-model allows a sweep (200,000).",
        ),
    ] = None,
) -> None:
    """Compute every feature and score of existing models.

    `reference` is the model that ships with the e-model; ./reference is a file of that name.

    Example: ionfo score soma models.csv --out scored.parquet
    """
    from ..emodels import list_emodels, load_emodel
    from ..sampling.evaluation.score import ScoreSettings, profile_first, score_file

    if profile and (processes > 1 or mpi.size() > 1):
        raise IonfoError("--profile measures one process; leave out mpirun and --processes")
    if file in list_emodels() and emodel not in list_emodels() and not Path(file).exists():
        raise IonfoError(
            f"the e-model comes first, and then the models: ionfo score {file} {emodel}"
        )
    models = None if file == "reference" else Path(file)
    morphology = repaired(morphology, out, repair, repair_type)
    settings = ScoreSettings(morphology, mechanisms, cost.value, exact_rates, max_steps)
    scored = score_file(emodel, models, out, settings, processes)
    of = load_emodel(emodel)
    show_worst_features(of, scored, len(of.features) if models is None else 10)
    failed = int((scored["failures"] != "{}").sum())
    lowest = float(scored["cost"].min())
    add_result({"models": len(scored), "lowest_cost": lowest, "missed_features": failed})
    if profile:
        show_profile(profile_first(emodel, models, settings))


def show_worst_features(emodel: EModel, scored: pd.DataFrame, n_rows: int = 10) -> None:
    """Show the features with the largest scores."""
    import numpy as np
    from rich.table import Table

    from ..terminal.console import console

    scores = scored[[f"scores/{name}" for name in emodel.feature_names]].to_numpy(np.float64)
    features = scored[[f"features/{name}" for name in emodel.feature_names]].to_numpy(np.float64)
    typical = np.median(scores, axis=0)
    n_models = len(scored)
    table = Table(
        "features, worst first",
        "value",
        "target",
        "score" if n_models == 1 else "median score",
        "missing",
    )
    for i in np.argsort(-typical, kind="stable")[:n_rows]:
        target = emodel.features[i]
        known = features[np.isfinite(features[:, i]), i]
        table.add_row(
            target.name,
            f"{np.median(known):.5g} {target.unit}" if len(known) else "–",
            f"{target.mean:.5g} ± {target.std:.3g}",
            f"{typical[i]:.3f}",
            f"{n_models - len(known)} of {n_models}",
        )
    screen = console()
    screen.print(table)
    costs = scored["cost"].to_numpy(np.float64)
    n_failed = int((scored["failures"] != "{}").sum())
    screen.print(
        f"{n_models} models: cost min {costs.min():.4f}, median {np.median(costs):.4f}, "
        f"max {costs.max():.4f}; sum of scores of the first {scores[0].sum():.4f}; "
        f"{n_failed} with missing features"
    )


def show_profile(measured: Profile) -> None:
    """Show what whole evaluations took, by protocol."""
    from rich.table import Table

    from ..terminal.console import console

    table = Table("protocol", "simulations", "steps", "us per step", "CPU s", "share", "features s")
    n, protocols = measured.n_models, measured.protocols
    total = sum(one.integration + one.features for one in protocols)
    for one in protocols:
        seconds = one.integration + one.features
        table.add_row(
            one.name,
            f"{one.n_simulations / n:g}",
            f"{one.n_steps / n:.0f}",
            f"{1e6 * one.integration / max(1, one.n_steps):.3g}",
            f"{seconds / n:.4g}",
            f"{seconds / total:.1%}",
            f"{one.features / n:.3g}",
        )
    screen = console()
    screen.print(table)
    integration = sum(one.integration for one in protocols)
    screen.print(
        f"{total / n:.4g} CPU s a model (mean of {n}): integration {integration / total:.1%}, of "
        f"which gate rates about {measured.rates_share:.0%}; features and searches "
        f"{1 - integration / total:.1%}"
    )
