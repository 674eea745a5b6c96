"""``ionfo report``."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from ..output import add_result
from ..ranks import on_driver


class Estimator(str, Enum):
    """How correlations are estimated."""

    gaussian = "gaussian"
    copula = "copula"


def register_report(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("report")(report_command)


def report_command(
    source: Annotated[Path, typer.Argument(help="A run folder, or a population or table.")],
    out: Annotated[Path, typer.Option("--out", help="Folder for report.html and its tables.")],
    targets: Annotated[
        list[str] | None,
        typer.Option("--targets", help="Feature for RSI; repeat or separate by commas."),
    ] = None,
    exclude: Annotated[
        list[str] | None,
        typer.Option("--exclude", help="Column to leave out; repeat or separate by commas."),
    ] = None,
    burn_in: Annotated[int, typer.Option("--burn-in", help="Of a run: steps to drop.")] = 0,
    max_cost: Annotated[
        float | None, typer.Option("--max-cost", help="Of a run: drop states above this cost.")
    ] = None,
    morphology: Annotated[
        Path | None, typer.Option("--morphology", help="Reconstruction, for the traces.")
    ] = None,
    mechanisms: Annotated[
        Path | None, typer.Option("--mechanisms", help="Folder with your own .mod files.")
    ] = None,
    traces: Annotated[
        bool, typer.Option("--traces/--no-traces", help="Simulate four models.")
    ] = True,
    analysis: Annotated[
        bool,
        typer.Option("--analysis/--no-analysis", help="Analyse, or take tables that are there."),
    ] = True,
    estimator: Annotated[
        Estimator, typer.Option("--estimator", help="Of values, or of their normal scores.")
    ] = Estimator.gaussian,
    bootstrap: Annotated[int, typer.Option("--bootstrap", help="Replicates; 0 for none.")] = 50,
    shuffles: Annotated[int, typer.Option("--shuffles", help="For the null; 0 for none.")] = 100,
    permutations: Annotated[
        int, typer.Option("--permutations", help="Of every pair of columns; 0 for none.")
    ] = 1000,
    seed: Annotated[int, typer.Option("--seed", help="Of all random numbers.")] = 0,
) -> None:
    """Write one HTML page about a run or a population, with everything it takes to make it.

    The page needs no network: summary in words, sampling quality, linked charts, traces of four
    models, mutual information, O-information, RSI and a methods paragraph.

    Example: ionfo report run --out report --burn-in 100
    """
    from ..analysis_work import AnalysisSettings
    from ..reporting import report

    settings = AnalysisSettings(
        exclude=tuple(one for text in exclude or [] for one in text.split(",") if one),
        estimator=estimator.value,
        bootstrap=bootstrap,
        shuffles=shuffles,
        permutations=permutations,
        seed=seed,
    )
    wanted = tuple(one for text in targets or [] for one in text.split(",") if one)

    def work() -> None:
        add_result(
            report(
                source,
                out,
                wanted,
                settings,
                burn_in,
                max_cost,
                morphology,
                mechanisms,
                traces,
                analysis,
            )
        )

    on_driver(work)
