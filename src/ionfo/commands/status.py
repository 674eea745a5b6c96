"""``ionfo status``; and words about runs that other commands say too."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import IonfoError
from ..terminal.output import add_result

if TYPE_CHECKING:
    from ..sampling.chains.status import RunStatus
    from ..sampling.evaluation.counts import Counts
    from ..sampling.optimise import OptimiseStore
    from ..sampling.runs.quality import Quality

ENOUGH = 400
"""Effective samples that are enough for most purposes (Vehtari et al. 2021)."""


def status_command(
    run: Annotated[Path, typer.Argument(help="A run folder, also one that is being written.")],
    plots: Annotated[
        Path | None, typer.Option("--plots", help="Folder for figures of the chains.")
    ] = None,
    batch: Annotated[
        bool,
        typer.Option(
            "--batch",
            help="Print two numbers for batch scripts: what is stored, and the steps or "
            "generations that are left.",
        ),
    ] = False,
) -> None:
    """Show where a run stands: convergence, costs, what early rejection saves, what is in flight.

    Example: ionfo status run --plots figures
    """
    if batch:
        from ..sampling.folders import work_of

        if plots is not None:
            raise IonfoError("--batch prints two numbers and draws nothing; leave out --plots")
        work = work_of(run)
        print(work.done, work.left)
        add_result({"done": work.done, "left": work.left})
        return
    from ..sampling.optimise import OptimiseStore, is_optimisation

    if is_optimisation(run):
        from ..studies.optimise import plot_convergence

        show_optimisation(OptimiseStore(run))
        if plots is not None:
            plot_convergence(OptimiseStore(run), plots)
        return
    from ..sampling import RunStore
    from ..sampling.chains.status import run_status
    from ..studies.chain_figures import plot_chains

    store = RunStore(run)
    found = run_status(store)
    show_status(run, found)
    if plots is not None:
        if found.n_draws is not None:
            raise IonfoError(
                f"--plots draws chains, and '{run}' holds independent draws, which "
                "`ionfo report` shows; leave out --plots"
            )
        plot_chains(store, found, plots)


def show_status(folder: Path, found: RunStatus) -> None:
    """Show where a run stands."""
    import numpy as np

    from ..progress import duration
    from ..terminal.console import console

    screen = console()
    add_result({"steps": found.steps, "steps_asked": found.n_asked, "burn_in": found.burn_in})
    if found.quality is not None:
        add_result({"chain": found.quality.to_json()})
    if found.n_draws:
        asked = found.n_asked * found.n_walkers * found.n_ensembles
        screen.print(f"{folder}: {found.n_draws} of {asked} independent draws are evaluated")
        add_result({"draws": found.n_draws, "draws_asked": asked})
    elif not found.steps:
        screen.print(
            f"{folder}: looking for starting points, {found.n_start} evaluations so far; "
            f"{found.n_asked} steps are asked for"
        )
    else:
        screen.print(
            f"{folder}: {min(found.steps)} to {max(found.steps)} of {found.n_asked} steps in "
            f"{len(found.steps)} ensembles of {found.n_walkers} walkers; "
            f"{found.counts.n_evaluations} evaluations; the first {found.burn_in} steps are left "
            "out below"
        )
    if len(found.costs):
        low, median, high = np.quantile(found.costs, [0.0, 0.5, 1.0])
        shares = ", ".join(f"{found.share_below(c):.0%} at or below {c}" for c in (3, 5))
        screen.print(
            f"cost {low:.3f} to {high:.3f}, median of states {median:.3f}; {shares}; walkers moved "
            f"in {', '.join(f'{one:.0%}' for one in found.acceptance)} of the steps of an ensemble"
        )
    if found.quality is not None:
        show_quality(found.quality)
        hours = found.hours_to(ENOUGH)
        if np.isfinite(hours) and hours > 0:
            screen.print(
                f"smallest effective size {found.quality.ess:.0f}; about "
                f"{duration(3600 * hours)} more on {found.n_workers} workers reach {ENOUGH}"
            )
    show_rejections(found.counts)
    if np.isfinite(found.idle):
        screen.print(f"workers of the last session: {found.n_workers}, idle {found.idle:.0%}")
    if found.condemned:
        from ..sampling.evaluation.flight import condemned_told

        screen.print(condemned_told(found.condemned), markup=False)
    if found.n_lost:
        screen.print(f"{found.n_lost} states are in segments that cannot be read")
    if found.in_flight:
        from ..sampling.evaluation.flight import describe

        screen.print(
            f"{len(found.in_flight)} models are being evaluated now, or were when the last session "
            "ended"
        )
        deadly = [one for one in found.in_flight if one.deaths > 1]
        if deadly:
            screen.print(f"among them, which may end workers: {describe(deadly)}", markup=False)


def show_quality(found: Quality) -> None:
    """Show autocorrelation, effective size and R-hat of the parameters, the worst first."""
    import numpy as np
    from rich.table import Table

    from ..terminal.console import console

    screen = console()
    if found.is_chain:
        table = Table("parameter", "tau (proposals)", "ESS", "R-hat")
        worst = found.parameters.sort_values("ess", kind="stable", na_position="first")
        for row in worst.head(10).to_dict("records"):
            cells = [
                f"{row[name]:.{digits}f}" if np.isfinite(row[name]) else otherwise
                for name, digits, otherwise in (
                    ("tau", 1, "not known"), ("ess", 0, "not known"), ("r_hat", 3, "not assessed")
                )
            ]  # fmt: skip
            table.add_row(str(row["parameter"]), *cells)
        screen.print(table)
        if len(worst) > 10:
            screen.print(f"and {len(worst) - 10} more parameters with larger ESS")
    screen.print(f"chains: {found.told()}", markup=False)
    for caution in found.cautions():
        screen.print(caution, markup=False)


def show_rejections(counts: Counts) -> None:
    """Show what early rejection has saved, by protocol."""
    from rich.table import Table

    from ..terminal.console import console

    n_whole = counts.whole["n"]
    if not counts.rejected or not n_whole:
        return
    screen = console()
    whole = counts.whole["steps"] / n_whole
    table = Table("protocol", "run", "steps each", "ended here", "steps of those", "steps saved")
    for name, n_run in counts.protocols.items():
        count, used = counts.rejected[name], counts.rejected_steps[name]
        table.add_row(
            name,
            str(n_run),
            f"{counts.protocol_steps[name] / n_run:.0f}",
            str(count),
            f"{used / count:.0f}" if count else "",
            f"{count * whole - used:.0f}" if count else "",
        )
    screen.print(table)
    n_ended = sum(counts.rejected.values())
    share = 1 - counts.n_steps / (counts.n_evaluations * whole)
    screen.print(
        f"{n_ended} evaluations ended early, {n_whole} went to the end with "
        f"{whole:.0f} steps each: {share:.0%} of the steps were saved (had all taken that many)"
    )


def show_optimisation(store: OptimiseStore) -> None:
    """Say where an optimisation stands: each search, and the best models."""
    from rich.table import Table

    from ..sampling.optimise import collect_hall
    from ..terminal.console import console

    progress = store.progress()
    if progress.empty:
        console().print(f"{store.folder}: no generation is done yet")
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
    console().print(table)
    n_over = int(progress["n_over_budget"].sum())
    if n_over:
        console().print(f"{n_over} evaluations took more integrator steps than they may")
    add_result(
        {
            "generations": int(last["generation"].iloc[-1]),
            "evaluations": int(last["n_evaluations"].sum()),
            "stage": str(last["stage"].iloc[-1]),
        }
    )
    if (store.folder / "hall_of_fame.parquet").exists():
        cost = collect_hall(store).frame["cost"]
        console().print(
            f"hall of fame: {len(cost)} models, largest score {cost.min():.3f} to {cost.max():.3f}"
        )
        add_result({"models": len(cost), "lowest_cost": float(cost.min())})
