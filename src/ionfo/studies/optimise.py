"""``ionfo optimise``: read what is asked, run it, say how it went and draw its convergence."""

from __future__ import annotations

import time
from pathlib import Path

from rich.table import Table

from ..emodels import load_emodel
from ..errors import note
from ..sampling.evaluation.stop import StopRun
from ..sampling.optimise import (
    OptimiseSettings,
    OptimiseStore,
    collect_hall,
    read_stages,
    read_targets,
    run_optimiser,
    with_targets,
)
from ..terminal import console as show
from ..terminal.output import add_result


def optimise(
    name: str,
    out: Path,
    settings: OptimiseSettings,
    targets: Path | None = None,
    stages: Path | None = None,
    morphology: Path | None = None,
    mechanisms: Path | None = None,
    processes: int = 1,
    force: bool = False,
) -> None:
    """Optimise an e-model into a run folder.

    Parameters
    ----------
    name : str
        E-model name or definition file.
    out : Path
        Run folder.
    settings : OptimiseSettings
        Length, seeds, budget and so on.
    targets, stages : Path, optional
        See `ionfo.sampling.optimise.read_targets` and `read_stages`.
    morphology, mechanisms : Path, optional
        Instead of the bundled ones.
    processes : int
        Local processes, when not under mpirun.
    force : bool
        Move another run that is in the folder aside.

    Raises
    ------
    IonfoError
        If an input breaks a rule.
    """
    settings.check()
    emodel = load_emodel(name)
    if targets is not None:
        emodel = with_targets(emodel, read_targets(targets), str(targets))
    asked = None if stages is None else read_stages(stages)
    bar = show.SampleProgress()
    began = time.monotonic()

    def stopped(why: StopRun) -> None:
        note(f"stopped by {why}; all is stored in '{out}', and the same command resumes")

    with bar:
        store = run_optimiser(
            emodel,
            out,
            settings,
            asked,
            morphology,
            mechanisms,
            processes,
            bar.update,
            stopped,
            note,
            force,
        )
    plot_convergence(store, out)
    show.console().print(f"{time.monotonic() - began:.0f} s now; run in {out}")
    tell_optimisation(store)
    show.console().print(f"next: ionfo collect {out} --out population.parquet")


def tell_optimisation(store: OptimiseStore) -> None:
    """Say where an optimisation stands: each search, and the best models."""
    progress = store.progress()
    screen = show.console()
    if progress.empty:
        screen.print(f"{store.folder}: no generation is done yet")
        return
    table = Table("stage", "seed", "generation", "evaluations", "best sum", "median sum")
    last = progress.groupby(["stage", "seed"], sort=False).tail(1)
    for row in last.to_dict(orient="records"):
        table.add_row(
            str(row["stage"]),
            str(row["seed"]),
            str(row["generation"]),
            str(row["n_evaluations"]),
            f"{row['best_sum']:.3f}",
            f"{row['median_sum']:.3f}",
        )
    screen.print(table)
    n_over = int(progress["n_over_budget"].sum())
    if n_over:
        screen.print(f"{n_over} evaluations took more integrator steps than they may")
    add_result(
        {
            "generations": int(last["generation"].iloc[-1]),
            "evaluations": int(last["n_evaluations"].sum()),
            "stage": str(last["stage"].iloc[-1]),
        }
    )
    if (store.folder / "hall_of_fame.parquet").exists():
        cost = collect_hall(store).frame["cost"]
        screen.print(
            f"hall of fame: {len(cost)} models, largest score {cost.min():.3f} to {cost.max():.3f}"
        )
        add_result({"models": len(cost), "lowest_cost": float(cost.min())})


def plot_convergence(store: OptimiseStore, folder: Path) -> None:
    """Draw the convergence of a run into a folder."""
    from ..analysis.figures.optimisation import convergence, objective_convergence

    progress = store.progress()
    if progress.empty:
        return
    folder.mkdir(parents=True, exist_ok=True)
    convergence(progress).savefig(folder / "convergence.png", dpi=130)
    last = progress[progress["stage"] == progress["stage"].iloc[-1]]
    objective_convergence(last).savefig(folder / "objectives.png", dpi=130)
