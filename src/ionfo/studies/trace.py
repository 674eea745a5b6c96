"""``ionfo trace``: simulate models of a population and draw their traces."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ..analysis.figures import style as plots
from ..errors import IonfoError
from ..sampling import read_population
from ..sampling.evaluation.traces import choose_models, emodel_of, simulate_models


def trace_models(
    file: Path,
    out: Path,
    models: Sequence[int] = (),
    morphology: Path | None = None,
    mechanisms: Path | None = None,
) -> None:
    """Draw the somatic voltage of chosen models at the steps of their e-model.

    Parameters
    ----------
    file : Path
        A population that carries its e-model.
    out : Path
        Figure (.png, .svg or .pdf).
    models : sequence of int
        Rows, counted from 0; by default the best, the median and the two most distant.
    morphology, mechanisms : Path, optional
        Instead of the bundled ones.

    Raises
    ------
    IonfoError
        If the file carries no e-model, or a row does not exist.
    """
    if out.suffix not in (".png", ".svg", ".pdf"):
        raise IonfoError(f"figure '{out}' must end in .png, .svg or .pdf")
    if not out.absolute().parent.is_dir():
        raise IonfoError(f"output folder '{out.absolute().parent}' does not exist")
    population = read_population(file)
    emodel = emodel_of(population, str(file))
    chosen = choose_models(population, emodel, models, str(file))
    traces, _ = simulate_models(population, emodel, chosen, str(file), morphology, mechanisms)
    frame = population.frame
    panels: dict[str, plots.Traces] = {}
    for label, row in chosen.items():
        cost = frame["cost"].iloc[row] if "cost" in frame else np.nan
        panels[f"{label}\ncost {cost:.2f}"] = traces[label]
    figure = plots.traces(panels, f"{emodel.name}: somatic voltage, {file.name}")
    figure.savefig(out, dpi=130)
