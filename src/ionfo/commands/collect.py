"""``ionfo collect``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import note
from ..terminal.output import add_result

if TYPE_CHECKING:
    from ..sampling.chains.collect import Collected
    from ..tables.population import Population


def collect_command(
    run: Annotated[Path, typer.Argument(help="A run folder.")],
    out: Annotated[Path, typer.Option("--out", help="Population: .parquet or .csv.")],
    burn_in: Annotated[
        int | None,
        typer.Option(
            "--burn-in",
            help="Steps to drop from the start; by default as many as the test for drift and five "
            "autocorrelation times ask for, at most half.",
        ),
    ] = None,
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

    Example: ionfo collect run --out population.parquet --max-cost 5
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
    from ..terminal.console import console

    screen = console()
    frame, quality = found.population.frame, found.quality
    if found.importance is not None:
        cost = frame["cost"]
        screen.print(
            f"{len(frame)} models with weights; cost {cost.min():.3f} to {cost.max():.3f}; {out}"
        )
        screen.print(f"draws: {found.importance.told()}")
        add_result(
            {
                "models": len(frame),
                "pareto_k": found.importance.pareto_k,
                "effective_sample_size": found.importance.ess,
            }
        )
        return
    if found.why:
        screen.print(
            f"burn-in: the first {found.burn_in} of {found.n_steps} steps are dropped: {found.why}"
        )
    tries = int(found.population.metadata["collect"]["tries"])
    each = f" of {tries} proposals" if tries > 1 else ""
    screen.print(
        f"{len(frame)} models (weight {int(frame['weight'].sum())} proposals) from "
        f"{found.n_walkers} walkers ({found.n_ensembles} ensembles) x "
        f"{found.n_steps - found.burn_in} steps{each} after a burn-in of {found.burn_in}; {out}"
    )
    screen.print(
        f"cost {frame['cost'].min():.3f} to {frame['cost'].max():.3f}; {found.n_outside} held "
        "proposals dropped for their cost"
    )
    screen.print(f"chains: {quality.told()}")
    if found.n_lost:
        note(f"{found.n_lost} states are in segments that cannot be read; the rest is here")
    if found.condemned:
        from ..sampling.evaluation.flight import condemned_told

        note(condemned_told(found.condemned))
    for caution in quality.cautions():
        note(caution)
    add_result({"models": len(frame), "burn_in": found.burn_in, "verdict": quality.verdict})


def show_hall(population: Population, out: Path) -> None:
    """Say what the population of an optimisation holds."""
    from ..terminal.console import console

    cost = population.frame["cost"]
    console().print(
        f"{len(cost)} models of {population.frame['seed'].nunique()} searches; largest score "
        f"{cost.min():.3f} to {cost.max():.3f}; {out}"
    )
    add_result({"models": len(cost), "lowest_cost": float(cost.min())})
