"""``ionfo collect``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import note
from ..terminal.output import add_result
from .status import convergence_told

if TYPE_CHECKING:
    from ..sampling.chains.collect import Collected
    from ..tables.population import Population


def collect_command(
    run: Annotated[Path, typer.Argument(help="A run folder.")],
    out: Annotated[Path, typer.Option("--out", help="Population: .parquet or .csv.")],
    burn_in: Annotated[int, typer.Option("--burn-in", help="Steps to drop from the start.")] = 0,
    max_cost: Annotated[
        float | None, typer.Option("--max-cost", help="Drop states above this cost.")
    ] = None,
    min_cost: Annotated[
        float | None, typer.Option("--min-cost", help="Drop states below this cost.")
    ] = None,
    every: Annotated[
        bool,
        typer.Option("--every", help="Of an optimisation: all kept models, not the hall of fame."),
    ] = False,
) -> None:
    """Turn a run into a population with weights; of an optimisation, its hall of fame.

    Example: ionfo collect run --out population.parquet --burn-in 100 --max-cost 5
    """
    from ..sampling.folders import collect_file
    from ..tables.population import Population

    found = collect_file(run, out, burn_in, max_cost, min_cost, every)
    if isinstance(found, Population):
        show_hall(found, out)
    else:
        show_collected(found, out)


def show_collected(found: Collected, out: Path) -> None:
    """Say what a population holds and how far to believe it."""
    import numpy as np

    from ..sampling.runs.diagnostics import GOOD_R_HAT
    from ..terminal.console import console

    screen = console()
    frame = found.population.frame
    diagnostics = found.diagnostics
    columns = [str(column) for column in frame]
    names = [name.removeprefix("parameters/") for name in columns if name.startswith("parameters/")]
    screen.print(
        f"{len(frame)} models (weight {int(frame['weight'].sum())}) from {found.n_walkers} walkers "
        f"({found.n_ensembles} ensembles) x {found.n_steps - found.burn_in} steps "
        f"after a burn-in of {found.burn_in}; {out}"
    )
    screen.print(
        f"acceptance {found.acceptance:.3f}; walkers that never moved {found.walkers_unmoved}; "
        f"cost {frame['cost'].min():.3f} to {frame['cost'].max():.3f}; "
        f"{found.n_outside} held steps dropped for their cost"
    )
    ess, tau = diagnostics.effective_sample_size, diagnostics.tau
    if found.n_lost:
        note(f"{found.n_lost} states are in segments that cannot be read; the rest is here")
    if found.condemned:
        from ..sampling.evaluation.flight import condemned_told

        note(condemned_told(found.condemned))
    if np.isfinite(tau).all():
        i = int(np.argmin(ess))
        screen.print(
            f"minimum effective sample size {ess[i]:.0f} ({names[i]}, tau {tau[i]:.1f} steps)"
        )
        if found.burn_in < 2 * tau.max():
            note(f"burn-in is below 2 tau; --burn-in {int(np.ceil(2 * tau.max()))} or more is due")
    screen.print(convergence_told(diagnostics, names))
    known = diagnostics.r_hat[diagnostics.is_assessed]
    if (known > GOOD_R_HAT).any():
        note(f"R-hat exceeds {GOOD_R_HAT}: the ensembles disagree; sample longer")


def show_hall(population: Population, out: Path) -> None:
    """Say what the population of an optimisation holds."""
    from ..terminal.console import console

    cost = population.frame["cost"]
    console().print(
        f"{len(cost)} models of {population.frame['seed'].nunique()} searches; largest score "
        f"{cost.min():.3f} to {cost.max():.3f}; {out}"
    )
    add_result({"models": len(cost), "lowest_cost": float(cost.min())})
