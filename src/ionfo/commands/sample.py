"""``ionfo sample``."""

from __future__ import annotations

import time
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..limits import split
from ..terminal.options import (
    Cost,
    CostOption,
    EmodelArgument,
    ExactRatesOption,
    ForceOption,
    MechanismsOption,
    MorphologyOption,
    ProcessesOption,
    SeedOption,
)
from ..terminal.repair import RepairOption, RepairTypeOption, repaired
from .status import show_rejections

if TYPE_CHECKING:
    from ..sampling.evaluation.counts import Counts


class Sampler(str, Enum):
    """How models are sampled."""

    chain = "chain"
    importance = "importance"


def sample_command(
    emodel: EmodelArgument,
    out: Annotated[Path, typer.Option("--out", help="Run folder; one that is there is resumed.")],
    steps: Annotated[int, typer.Option("--steps", help="Total steps of every walker.")] = 1000,
    walkers: Annotated[
        int | None, typer.Option("--walkers", help="Even; default 2 x free parameters + 2.")
    ] = None,
    ensembles: Annotated[
        int, typer.Option("--ensembles", help="Independent ensembles that share the workers.")
    ] = 4,
    seed: SeedOption = 0,
    temperature: Annotated[
        float, typer.Option("--temperature", help="T of exp(-cost/T), in cost units.")
    ] = 0.5,
    cost: CostOption = Cost.max,
    max_cost: Annotated[
        float | None, typer.Option("--max-cost", help="Sample only states at or below this cost.")
    ] = None,
    morphology: MorphologyOption = None,
    mechanisms: MechanismsOption = None,
    repair: RepairOption = False,
    repair_type: RepairTypeOption = None,
    start: Annotated[
        str | None,
        typer.Option(
            "--start",
            help="Models to start at or around; 'reference' for the shipped one; or a run or "
            "population, and ensembles start where its own stand.",
        ),
    ] = None,
    start_spread: Annotated[
        float,
        typer.Option(
            "--start-spread",
            help="SD of the spread around models that are fewer than the walkers, as a fraction "
            "of the bounds.",
        ),
    ] = 0.01,
    start_evaluations: Annotated[
        int | None,
        typer.Option(
            "--start-evaluations",
            help="Bound on each ensemble's search; default 40 x walkers, 0 draws from the bounds.",
        ),
    ] = None,
    processes: ProcessesOption = 1,
    exact_rates: ExactRatesOption = False,
    moves: Annotated[
        str | None,
        typer.Option(
            "--moves",
            help="Mixture, for example stretch:0.5,de:0.5; default surrogate:0.8,de:0.2, of short "
            "runs de:0.9,snooker:0.1.",
        ),
    ] = None,
    learn: Annotated[
        list[str] | None,
        typer.Option(
            "--learn",
            help="Run or population that surrogates learn from too; repeat or separate by commas.",
        ),
    ] = None,
    adapt_steps: Annotated[
        int, typer.Option("--adapt-steps", help="Steps in which move 'gaussian' learns.")
    ] = 200,
    sampler: Annotated[
        Sampler,
        typer.Option(
            "--sampler",
            help="Chains, or (importance) weighted independent draws of what was learned, --steps "
            "of each walker.",
        ),
    ] = Sampler.chain,
    rounds: Annotated[
        int | None,
        typer.Option(
            "--rounds",
            help="Of 300 evaluations each, after which move 'surrogate' learns again before the "
            "chains begin; 5 by default.",
        ),
    ] = None,
    early_rejection: Annotated[
        bool,
        typer.Option(
            "--early-rejection/--no-early-rejection",
            help="End evaluations where rejection is certain; the chain is the same.",
        ),
    ] = True,
    keep_rejected: Annotated[
        bool | None,
        typer.Option(
            "--keep-rejected/--no-keep-rejected",
            help="Store rejected proposals too, from which other runs learn (--learn); default: "
            "a new run does, another goes on as it began.",
        ),
    ] = None,
    force: ForceOption = False,
) -> None:
    """Sample models by MCMC: log p = -cost/T inside the bounds; the same command resumes.

    SIGTERM, SIGUSR1 and Ctrl-C stop it between steps; exit code 75 (130 for Ctrl-C) says that
    steps are left.

    Example: mpirun -n 3 ionfo sample soma --out run --steps 500
    """
    from ..sampling.chains.sample import sample as sample_chains
    from ..terminal.console import SampleProgress

    morphology = repaired(morphology, out, repair, repair_type)
    bar, began = SampleProgress(), time.monotonic()
    with bar:
        run = sample_chains(
            emodel,
            out,
            start=start,
            learn=split(learn, "--learn"),
            morphology=morphology,
            mechanisms=mechanisms,
            steps=steps,
            walkers=walkers,
            ensembles=ensembles,
            seed=seed,
            temperature=temperature,
            cost=cost.value,
            max_cost=max_cost,
            start_evaluations=start_evaluations,
            start_spread=start_spread,
            exact_rates=exact_rates,
            moves=moves,
            adapt_steps=adapt_steps,
            early_rejection=early_rejection,
            keep_rejected=keep_rejected,
            rounds=rounds,
            sampler=sampler.value,
            processes=processes,
            force=force,
            report=bar.update,
        )
    show_summary(out, run.counts, time.monotonic() - began)


def show_summary(out: Path, counts: Counts | None, seconds: float) -> None:
    """Say what a run did."""
    from ..terminal.console import console

    assert counts is not None  # this program sampled
    screen = console()
    screen.print(
        f"{counts.n_evaluations} evaluations, {counts.n_steps} integrator steps in the chains; "
        f"{seconds:.0f} s now; run in {out}"
    )
    show_rejections(counts)
    screen.print(f"next: ionfo collect {out} --out population.parquet")
    if counts.reasons:
        total = sum(counts.reasons.values())
        screen.print(f"{total} evaluations missed features; the commonest first reasons:")
        for reason, count in counts.reasons.most_common(5):
            screen.print(f"  {count:6d}  {reason}", markup=False)
