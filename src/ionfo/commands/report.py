"""``ionfo report``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..errors import tell
from ..limits import split
from ..terminal.options import (
    BootstrapOption,
    DecimalOption,
    DropMissingOption,
    Estimators,
    EstimatorsOption,
    ExcludeOption,
    KeepOption,
    MechanismsOption,
    MorphologyOption,
    Pairs,
    PairsOption,
    PermutationsOption,
    SeedOption,
    SeparatorOption,
    ShufflesOption,
    TargetsOption,
)
from ..terminal.output import add_result
from ..terminal.repair import RepairOption, RepairTypeOption, repaired


def report_command(
    source: Annotated[Path, typer.Argument(help="A run folder, or a population or table.")],
    out: Annotated[Path, typer.Option("--out", help="Folder for report.html and its tables.")],
    targets: TargetsOption = None,
    exclude: ExcludeOption = None,
    burn_in: Annotated[
        int | None,
        typer.Option(
            "--burn-in",
            help="Of a run: steps to drop; by default as many as drift and tau ask for.",
        ),
    ] = None,
    max_cost: Annotated[
        float | None, typer.Option("--max-cost", help="Of a run: drop states above this cost.")
    ] = None,
    morphology: MorphologyOption = None,
    mechanisms: MechanismsOption = None,
    repair: RepairOption = False,
    repair_type: RepairTypeOption = None,
    traces: Annotated[
        bool, typer.Option("--traces/--no-traces", help="Simulate four models.")
    ] = True,
    analysis: Annotated[
        bool,
        typer.Option("--analysis/--no-analysis", help="Analyse, or take tables that are there."),
    ] = True,
    estimator: EstimatorsOption = Estimators.both,
    pairs: PairsOption = Pairs.knn,
    keep: KeepOption = None,
    drop_missing: DropMissingOption = False,
    separator: SeparatorOption = None,
    decimal: DecimalOption = None,
    bootstrap: BootstrapOption = 50,
    shuffles: ShufflesOption = 100,
    permutations: PermutationsOption = 1000,
    seed: SeedOption = 0,
) -> None:
    """Write one HTML page about a run or a population, with everything it takes to make it.

    The page needs no network: summary in words, sampling quality, linked charts, traces of four
    models, mutual information, O-information, RSI and a methods paragraph.

    Example: ionfo report run --out report
    """
    from ..studies.plan import AnalysisSettings
    from ..studies.report import ReportSettings, report

    settings = AnalysisSettings(
        targets=split(targets, "--targets"),
        exclude=split(exclude, "--exclude"),
        estimator=estimator.value,
        pairs=pairs.value,
        keep=split(keep, "--keep"),
        drop_missing=drop_missing,
        separator=separator,
        decimal=decimal,
        bootstrap=bootstrap,
        shuffles=shuffles,
        permutations=permutations,
        seed=seed,
    )
    morphology = repaired(morphology, out, repair, repair_type)
    page = ReportSettings(burn_in, max_cost, morphology, mechanisms, traces, analysis)
    found = report(source, out, settings, page)
    tell(f"report: {found['page']}")
    add_result(found)
