"""``ionfo plot``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..terminal.output import add_result


def plot_command(
    folder: Annotated[Path, typer.Argument(help="What `ionfo analyse` or `ionfo report` wrote.")],
    figure: Annotated[str, typer.Argument(help="Name of the figure, such as o_information.")],
    out: Annotated[Path, typer.Option("--out", help="Figure: .png, .svg or .pdf.")],
    population: Annotated[
        Path | None, typer.Option("--population", help="The table that was analysed.")
    ] = None,
    target: Annotated[str | None, typer.Option("--target", help="Of an RSI.")] = None,
    style: Annotated[
        str | None,
        typer.Option("--style", help="For a journal: one-column (85 mm) or two-columns (180 mm)."),
    ] = None,
    dpi: Annotated[int, typer.Option("--dpi", min=20, max=1200, help="Of a .png.")] = 130,
) -> None:
    """Make a figure of an analysis again from its tables, without repeating the analysis.

    Figures: o_information, redundancy_synergy, mutual_information and their relatives, parameters,
    features, components and traces.  The caption is written beside, as text.

    Example: ionfo plot report o_information --out figure.pdf
    """
    from ..studies.replot import plot_figure

    plot_figure(folder, figure, out, population, target, dpi, style)
    print(f"figure: {out}, caption: {out.with_suffix('.caption.txt').name}")
    add_result({"figure": figure, "out": str(out)})
