"""``ionfo trace``: simulate models of a population or a definition and draw their traces."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from ..analysis.figures import style as plots
from ..emodels import EModel, list_emodels, load_emodel
from ..emodels.cell import resolve_morphology
from ..emodels.definition_text import is_definition
from ..errors import IonfoError, note
from ..sampling import Population, read_models, read_population
from ..sampling.evaluation.score import reference_models
from ..sampling.evaluation.traces import choose_models, emodel_of, simulate_models

REFERENCE = "reference"
"""Stands for the shipped model of an e-model; ./reference is a file of that name."""

_MOST_DRAWN = 4  # models of a definition, unless they are named


def trace_models(
    file: Path,
    out: Path,
    models: Sequence[int] = (),
    morphology: Path | None = None,
    mechanisms: Path | None = None,
    given: str | None = None,
) -> None:
    """Draw the somatic voltage of chosen models at the steps of their e-model.

    Parameters
    ----------
    file : Path
        A population that carries its e-model; or a definition, or the name of an e-model.
    out : Path
        Figure (.png, .svg or .pdf).
    models : sequence of int
        Rows, counted from 0; by default the best, the median and the two most distant.
    morphology, mechanisms : Path, optional
        Instead of the bundled ones.
    given : str, optional
        Models of a definition: "reference" (the default) or a file of models.

    Raises
    ------
    IonfoError
        If the file carries no e-model, or a row does not exist.
    """
    if out.suffix not in (".png", ".svg", ".pdf"):
        raise IonfoError(f"figure '{out}' must end in .png, .svg or .pdf")
    if not out.absolute().parent.is_dir():
        raise IonfoError(f"output folder '{out.absolute().parent}' does not exist")
    if is_definition(str(file)) or str(file) in list_emodels():
        emodel = load_emodel(str(file))
        population = _of_definition(emodel, given or REFERENCE, morphology)
        if not models:
            n_models = len(population.frame)
            models = range(min(_MOST_DRAWN, n_models))
            if n_models > _MOST_DRAWN:
                note(f"the first {_MOST_DRAWN} of {n_models} models are drawn; choose with --model")
    elif given is not None:
        raise IonfoError(
            f"'{file}' is a population, which holds its models; leave '{given}' out, or give the "
            "definition (.json, .yaml) first"
        )
    else:
        population = read_population(file)
        emodel = emodel_of(population, str(file))
    chosen = choose_models(population, emodel, models, str(file))
    traces, _ = simulate_models(population, emodel, chosen, str(file), morphology, mechanisms)
    frame = population.frame
    panels: dict[str, plots.Traces] = {}
    for label, row in chosen.items():
        cost = frame["cost"].iloc[row] if "cost" in frame else np.nan
        told = f"\ncost {cost:.2f}" if np.isfinite(cost) else ""
        panels[f"{label}{told}"] = traces[label]
    figure = plots.traces(panels, f"{emodel.name}: somatic voltage, {file.name}")
    figure.savefig(out, dpi=130)


def _of_definition(emodel: EModel, given: str, morphology: Path | None) -> Population:
    """Make a population of the models that are given with a definition."""
    if given == REFERENCE:
        read = reference_models(emodel, resolve_morphology(emodel, morphology))
    else:
        read = read_models(Path(given), emodel)
    frame = pd.DataFrame(read.theta, columns=[f"parameters/{name}" for name in emodel.free_names])
    for name in {name for row in read.fixed for name in row}:
        frame[f"parameters/{name}"] = [
            row.get(name, emodel.fixed_values[name]) for row in read.fixed
        ]
    return Population(frame, {"emodel": emodel.model_dump(mode="json")})
