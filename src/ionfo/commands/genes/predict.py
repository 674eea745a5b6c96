"""``ionfo genes predict``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ...errors import tell
from ...terminal.help import CELL
from ...terminal.options import (
    CellOption,
    CellsOption,
    ColumnsOption,
    DataArgument,
    DecimalOption,
    FamiliesOption,
    FoldsOption,
    GenesOption,
    LayerOption,
    LeastCountOption,
    ParametersArgument,
    PenaltiesOption,
    PenaltyOption,
    RankOption,
    RelaxedOption,
    SeedOption,
    SeparatorOption,
    SumDuplicatesOption,
    ThreadsOption,
    ValuesOption,
)


def predict_command(
    counts: DataArgument,
    parameters: ParametersArgument,
    labels: FamiliesOption,
    out: Annotated[Path, typer.Option("--out", help="Folder for tables, figures and the page.")],
    measured: Annotated[
        str,
        typer.Option(
            "--measured", help="What the names of columns with measured features begin with."
        ),
    ] = "features/",
    observed: Annotated[
        Path | None,
        typer.Option(
            "--observed", help="Table with the measured features; default that of the parameters."
        ),
    ] = None,
    recordings: Annotated[
        Path | None,
        typer.Option("--recordings", help="Voltages to draw: columns cell, t (ms), v (mV)."),
    ] = None,
    rank: RankOption = 2,
    penalty: PenaltyOption = None,
    relaxed: RelaxedOption = True,
    penalties: PenaltiesOption = 14,
    folds: FoldsOption = 10,
    draws: Annotated[
        int, typer.Option("--draws", help="Of the errors of the parameters of each cell.")
    ] = 19,
    temperature: Annotated[
        float,
        typer.Option("--temperature", help="Of the recordings, degC.", rich_help_panel=CELL),
    ] = 25.0,
    current: Annotated[
        float, typer.Option("--current", help="Of the step, pA.", rich_help_panel=CELL)
    ] = 300.0,
    noise_sd: Annotated[
        float, typer.Option("--noise-sd", help="Of the current, pA.", rich_help_panel=CELL)
    ] = 10.0,
    rest_after: Annotated[
        bool,
        typer.Option(
            "--rest-after",
            help="The measured resting voltage is the mean before and after the step, as in the "
            "published table.",
            rich_help_panel=CELL,
        ),
    ] = False,
    values: ValuesOption = None,
    gene_set: GenesOption = "ion-channels",
    least_count: LeastCountOption = 10.0,
    columns: ColumnsOption = "parameters/",
    cell: CellOption = None,
    separator: SeparatorOption = None,
    decimal: DecimalOption = None,
    cells: CellsOption = None,
    layer: LayerOption = None,
    sum_duplicates: SumDuplicatesOption = False,
    seed: SeedOption = 0,
    threads: ThreadsOption = None,
) -> None:
    """Predict how cells fire by their genes, beside their own fit and the mean of their family.

    Example: ionfo genes predict cells.h5ad fits.parquet --values counts --labels subclass --out
    predicted
    """
    from ...analysis.multiplets.spectrum import usable_cores
    from ...emodels.point.hh import HHRun
    from ...studies import genes

    found = genes.predict(
        counts,
        parameters,
        labels,
        out,
        genes=gene_set,
        least_count=least_count,
        rank=rank,
        penalty=penalty,
        relaxed=relaxed,
        penalties=penalties,
        folds=folds,
        seed=seed,
        measured=measured,
        draws=draws,
        run=HHRun(temperature, current, noise_sd),
        rest="before and after" if rest_after else "before",
        threads=threads or usable_cores(),
        observed=observed,
        recordings=recordings,
        columns=columns,
        cell=cell,
        values=None if values is None else values.value,
        separator=separator,
        decimal=decimal,
        cells=cells,
        layer=layer,
        sum_duplicates=sum_duplicates,
    )
    for line in [*found.sentences(), f"tables, figures and page in {out}"]:
        tell(line)
