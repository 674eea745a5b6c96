"""The command line: parse, call one function, write."""

from __future__ import annotations

import os
import signal
import sys
import time
from dataclasses import replace
from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from .commands import (
    register_doctor,
    register_formats,
    register_optimise,
    register_plot,
    register_report,
    register_validate,
)
from .errors import IonfoError, tell
from .genes_cli import (
    CellsOption,
    GroupsOption,
    LayerOption,
    LibraryOption,
    MedianOption,
    SumDuplicatesOption,
    TargetSumOption,
    ValuesOption,
    genes,
)
from .limits import most_workers, printable, split
from .progress import shown_by
from .terminal.options import (
    Estimator,
    EstimatorOption,
    ExactRatesOption,
    ExcludeOption,
    ForceOption,
    MechanismsOption,
    MorphologyOption,
    PermutationsOption,
    ProcessesOption,
    SeedOption,
    TargetsOption,
)
from .terminal.output import add_result, notes_said, reader_gone, shown, with_output_options
from .terminal.ranks import dismiss_workers, has_work_for_ranks, one_thread_each
from .terminal.usage import OF_THE_MACHINE, usage_told

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.add_typer(genes, name="genes")


def _tell_version(is_asked: bool) -> None:
    if is_asked:
        from . import __version__

        print(f"ionfo {__version__}")
        raise typer.Exit


@app.callback()
def start(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_tell_version, is_eager=True, help="Show the version and leave."
        ),
    ] = False,
) -> None:
    """Sample neuron models by MCMC and measure how their conductances act together."""


class Cost(str, Enum):
    """How scores become one cost."""

    max = "max"
    sum = "sum"
    mean = "mean"


CostOption = Annotated[Cost, typer.Option("--cost", help="How scores are combined.")]


READER_GONE = 141
"""Exit code when nobody reads the output any more, as of a tool that SIGPIPE ended."""


def main() -> None:
    """Run the command line; a user's mistake gets one sentence and exit code 2."""
    try:
        code = _run()
        sys.stdout.flush()
    except (BrokenPipeError, SystemExit):  # the parser makes the one into the other
        if not reader_gone():
            raise
        # whoever read us, such as head, has enough; nothing is left to tell anybody
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.dup2(nowhere, sys.stderr.fileno())
        code = READER_GONE
    sys.exit(code)


def _run() -> int:
    """Run the command line, and give its exit code."""
    one_thread_each()
    from .sampling.evaluation import mpi
    from .sampling.evaluation.stop import STOPPED, StopRun
    from .terminal.console import bar

    is_stopped = False
    usage_error: type[Exception] = typer.BadParameter.__bases__[0]
    code, told = 0, None
    try:
        with notes_said(), shown_by(bar), shown(sys.argv[1:]) as done:
            try:
                if has_work_for_ranks(sys.argv[1:]):
                    mpi.size()  # a launcher that does not fit is said before anything is done
                code = int(app(standalone_mode=False) or 0)
            except usage_error as error:
                code, told = 2, usage_told(error, sys.argv[1:])
            except IonfoError as error:
                code, told = error.exit_code, str(error)
            except StopRun as why:
                is_stopped = True
                code = 130 if why.number == signal.SIGINT else STOPPED
            except KeyboardInterrupt:
                code, told = 130, "interrupted"
            except OSError as error:
                if error.errno not in OF_THE_MACHINE:
                    raise
                what = "a file" if error.filename is None else f"'{error.filename}'"
                code, told = 2, f"{what} cannot be written or read: {error.strerror}"
            done(code, told)
        if told is not None:
            print(
                told if told.startswith("Usage:") else f"ionfo: {printable(told)}", file=sys.stderr
            )
    finally:
        if not is_stopped:
            dismiss_workers(sys.argv[1:])
    if is_stopped and mpi.size() > 1:
        mpi.abort(code)
    return code


@app.command()
def emodels(
    name: Annotated[str | None, typer.Argument(help="An e-model, to see what it holds.")] = None,
) -> None:
    """List the e-models, or show parameters, bounds, protocols and targets of one.

    Example: ionfo emodels l5pc
    """
    from .emodels import bundled_populations, list_emodels, load_emodel
    from .terminal import console as show

    if name is None:
        show.emodel_list([load_emodel(one) for one in list_emodels()])
        add_result({"emodels": list_emodels()})
    else:
        found = load_emodel(name)
        show.emodel(found)
        populations = [str(file) for file in bundled_populations(found.name)]
        content = found.model_dump(mode="json")
        add_result({"hash": found.content_hash, **content, "populations": populations})


@app.command()
def score(
    emodel: Annotated[str, typer.Argument(help="Name of an e-model, or its .json file.")],
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

    Example: ionfo score l5pc models.csv --out scored.parquet --morphology cell.asc
    """
    from .emodels import load_emodel
    from .sampling.evaluation import mpi
    from .sampling.evaluation.score import profile_first, score_file
    from .terminal import console as show

    models = None if file == "reference" else Path(file)
    if profile and (processes > 1 or mpi.size() > 1):
        raise IonfoError("--profile measures one process; leave out mpirun and --processes")
    scored = score_file(
        emodel, models, out, morphology, mechanisms, cost.value, processes, exact_rates, max_steps
    )
    of = load_emodel(emodel)
    show.worst_features(of, scored, len(of.features) if models is None else 10)
    failed = int((scored["failures"] != "{}").sum())
    lowest = float(scored["cost"].min())
    add_result({"models": len(scored), "lowest_cost": lowest, "missed_features": failed})
    if profile:
        show.profile(profile_first(emodel, models, morphology, mechanisms, exact_rates))


@app.command()
def sample(
    emodel: Annotated[str, typer.Argument(help="Name of an e-model, or its .json file.")],
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
        str | None, typer.Option("--moves", help="Mixture, for example de:0.8,snooker:0.2.")
    ] = None,
    learn: Annotated[
        list[Path] | None,
        typer.Option(
            "--learn",
            help="Run or population that surrogates learn from too; may be repeated.",
        ),
    ] = None,
    adapt_steps: Annotated[
        int, typer.Option("--adapt-steps", help="Steps in which move 'gaussian' learns.")
    ] = 200,
    early_rejection: Annotated[
        bool,
        typer.Option(
            "--early-rejection/--no-early-rejection",
            help="End evaluations where rejection is certain; the chain is the same.",
        ),
    ] = True,
    keep_rejected: Annotated[
        bool, typer.Option("--keep-rejected", help="Store rejected proposals too.")
    ] = False,
    force: ForceOption = False,
) -> None:
    """Sample models by MCMC: log p = -cost/T inside the bounds; the same command resumes.

    SIGTERM, SIGUSR1 and Ctrl-C stop it between steps; exit code 75 (130 for Ctrl-C) says that
    steps are left.

    Example: mpirun -n 3 ionfo sample soma --out run --steps 500
    """
    from .sampling.chains.sample import sample as sample_chains
    from .terminal import console as show

    bar, began = show.SampleProgress(), time.monotonic()
    with bar:
        run = sample_chains(
            emodel,
            out,
            start=start,
            learn=learn or [],
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
            processes=processes,
            force=force,
            report=bar.update,
        )
    show.run_summary(out, run.counts, time.monotonic() - began)


@app.command()
def status(
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
        from .sampling.folders import work_of

        if plots is not None:
            raise IonfoError("--batch prints two numbers and draws nothing; leave out --plots")
        work = work_of(run)
        print(work.done, work.left)
        add_result({"done": work.done, "left": work.left})
        return
    from .sampling import RunStore
    from .sampling.chains.status import run_status
    from .sampling.optimise import OptimiseStore, is_optimisation
    from .studies.chain_figures import plot_chains
    from .terminal import console as show

    if is_optimisation(run):
        from .studies.optimise import plot_convergence
        from .terminal import console as show

        show.optimisation(OptimiseStore(run))
        if plots is not None:
            plot_convergence(OptimiseStore(run), plots)
        return
    store = RunStore(run)
    found = run_status(store)
    show.status(run, found, store.emodel.free_names)
    if plots is not None:
        plot_chains(store, found, plots)


@app.command()
def collect(
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
    from .sampling import RunStore
    from .sampling import collect as collect_population
    from .sampling.optimise import is_optimisation
    from .tables.files import check_table_path, write_table
    from .terminal import console as show

    check_table_path(out)
    limit = float("inf") if max_cost is None else max_cost
    if is_optimisation(run):
        from .sampling.folders import population_of

        if min_cost is not None:
            raise IonfoError(f"--min-cost is for chains, and '{run}' is an optimisation")
        population = population_of(run, burn_in, limit, every)
        write_table(out, population.frame, population.metadata)
        show.collected_hall(population, out)
        return
    if every:
        raise IonfoError(f"--every is for optimisations, and '{run}' is a chain; leave it out")
    least = -float("inf") if min_cost is None else min_cost
    collected = collect_population(RunStore(run), burn_in, limit, least)
    write_table(out, collected.population.frame, collected.population.metadata)
    show.collected(collected, out)


@app.command()
def analyse(
    population: Annotated[
        Path, typer.Argument(help="A population, or any table: .parquet, .csv or .h5ad.")
    ],
    out: Annotated[Path, typer.Option("--out", help="Folder for tables and figures.")],
    targets: TargetsOption = None,
    exclude: ExcludeOption = None,
    orders: Annotated[
        str | None, typer.Option("--orders", help="Orders to report, such as 3-6,10; default all.")
    ] = None,
    estimator: EstimatorOption = Estimator.gaussian,
    bootstrap: Annotated[
        int, typer.Option("--bootstrap", help="Replicates of each kind; 0 for none.")
    ] = 50,
    shuffles: Annotated[
        int, typer.Option("--shuffles", help="Column-wise shuffles for the null; 0 for none.")
    ] = 100,
    permutations: PermutationsOption = 1000,
    exhaustive_nulls: Annotated[
        int,
        typer.Option(
            "--exhaustive-nulls",
            help="Shuffles that measure every multiplet of 25 to 30 variables.",
        ),
    ] = 0,
    seed: SeedOption = 0,
    threads: Annotated[
        int | None,
        typer.Option("--threads", min=1, max=most_workers(), help="Default: the cores there are."),
    ] = None,
    group: Annotated[
        str | None,
        typer.Option("--group", help="Column of labels: each group on its own, then compared."),
    ] = None,
    groups: GroupsOption = None,
    gene_set: Annotated[
        str | None,
        typer.Option("--genes", help="With --group: ion-channels, all, or a file of genes."),
    ] = None,
    values: ValuesOption = None,
    library: LibraryOption = None,
    target_sum: TargetSumOption = 1e6,
    median: MedianOption = True,
    regress: Annotated[
        list[str] | None,
        typer.Option("--regress", help="Column whose effect on every gene is taken out."),
    ] = None,
    equal_rows: Annotated[
        int | None,
        typer.Option("--equal-rows", help="Rows of each group; default those of the smallest."),
    ] = None,
    group_permutations: Annotated[
        int, typer.Option("--group-permutations", help="Rows reassigned to groups; 0 for none.")
    ] = 199,
    cells: CellsOption = None,
    layer: LayerOption = None,
    sum_duplicates: SumDuplicatesOption = False,
) -> None:
    """Measure mutual information, O-information and redundancy-synergy with their nulls.

    Example: ionfo analyse population.parquet --out report

    Example: ionfo analyse cells.h5ad --values counts --group subclass --out report
    """
    from .studies.plan import AnalysisSettings
    from .studies.population import analyse_population, parse_orders

    wanted = split(targets, "--targets")
    settings = AnalysisSettings(
        exclude=split(exclude, "--exclude"),
        orders=() if orders is None else parse_orders(orders),
        estimator=estimator.value,
        bootstrap=bootstrap,
        shuffles=shuffles,
        permutations=permutations,
        exhaustive_nulls=exhaustive_nulls,
        seed=seed,
        threads=threads,
    )
    if group is None:
        for name, is_given in (
            ("groups", groups), ("genes", gene_set), ("values", values), ("library", library),
            ("regress", regress), ("equal-rows", equal_rows), ("cells", cells), ("layer", layer),
        ):  # fmt: skip
            if is_given:
                raise IonfoError(f"--{name} goes with --group COLUMN, which names the labels")
        found = analyse_population(population, out, wanted, settings)
        add_result(found.summary)
        for line in [*found.sentences(), f"tables and figures in {out}"]:
            tell(line)
        return

    from .studies.groups import GroupSettings, analyse_groups
    from .tables.expression_files import read_expression

    effects = split(regress, "--regress")
    how = GroupSettings(
        group=group,
        groups=split(groups, "--groups"),
        genes=gene_set,
        median=median,
        rows=equal_rows,
        permutations=group_permutations,
        regress=effects,
        target_sum=target_sum,
        library=library,
    )

    table = read_expression(
        population,
        None if values is None else values.value,
        annotations=[
            group,
            *wanted,
            *settings.exclude,
            *effects,
            *([library] if library else []),
        ],
        cells=cells,
        layer=layer,
        sum_duplicates=sum_duplicates,
    )
    analyse_groups(table, out, how, replace(settings, targets=wanted))


@app.command()
def trace(
    population: Annotated[Path, typer.Argument(help="A population: .parquet or .csv.")],
    out: Annotated[Path, typer.Option("--out", help="Figure: .png, .svg or .pdf.")],
    model: Annotated[
        list[int] | None, typer.Option("--model", help="Row, from 0; repeat for more.")
    ] = None,
    morphology: MorphologyOption = None,
    mechanisms: MechanismsOption = None,
) -> None:
    """Simulate models of a population and draw their traces.

    Example: ionfo trace population.parquet --out traces.png --model 12
    """
    from .studies.trace import trace_models

    trace_models(population, out, model or [], morphology, mechanisms)


register_optimise(app)
register_validate(app)
register_formats(app)
register_doctor(app)
register_report(app)
register_plot(app)
_groups = [group.typer_instance for group in app.registered_groups if group.typer_instance]
for _info in [info for one in (app, *_groups) for info in one.registered_commands]:
    if _info.callback is not None:
        _info.callback = with_output_options(_info.callback)
