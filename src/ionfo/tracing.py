"""``ionfo trace``: simulate models of a population and draw their traces."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from .analysis import plots
from .emodels import EModel, Missing, ProtocolRunner, Simulator, parse_emodel
from .emodels.cell import resolve_morphology
from .errors import IonfoError
from .mechanisms.build import BUNDLED
from .sampling import Population, read_population
from .sampling.cell_hashes import check_same_cell
from .sampling.models_file import models_of_frame


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
    if "emodel" not in population.metadata:
        raise IonfoError(
            f"'{file}' carries no e-model; give what `ionfo collect` or `ionfo score` wrote"
        )
    emodel = parse_emodel(json.dumps(population.metadata["emodel"]), str(file))
    read = models_of_frame(population.frame, emodel, str(file))
    n_models = len(population.frame)
    for row in models:
        if not 0 <= row < n_models:
            raise IonfoError(f"'{file}' has models 0 to {n_models - 1}, got --model {row}")
    if not models and "cost" not in population.frame:
        raise IonfoError(
            f"'{file}' has no column 'cost' to choose models by; name them with --model"
        )
    chosen = {f"model {row}": row for row in models} or _representative(population, emodel)
    nothing = (np.empty(0), np.empty(0))
    folder = mechanisms or BUNDLED
    morphology = resolve_morphology(emodel, morphology)
    check_same_cell(population.metadata, morphology, folder, str(file))
    simulator = Simulator(emodel, morphology, folder)
    steps = [protocol.name for protocol in emodel.protocols if protocol.kind == "step"]
    panels: dict[str, plots.Traces] = {}
    for label, row in chosen.items():
        simulator.set_parameters(read.theta[row], read.fixed[row])
        responses = {}
        for name, response in ProtocolRunner(simulator).run():
            if name in steps and not isinstance(response, Missing):
                responses[name] = (response.t, response.recordings["soma.v"])
        cost = population.frame["cost"].iloc[row] if "cost" in population.frame else np.nan
        panels[f"{label}\ncost {cost:.2f}"] = {name: responses.get(name, nothing) for name in steps}
    figure = plots.traces(panels, f"{emodel.name}: somatic voltage, {file.name}")
    figure.savefig(out, dpi=130)


def _representative(population: Population, emodel: EModel) -> dict[str, int]:
    """Rows of the best and the median model, and of the two that lie farthest apart."""
    cost = population.frame["cost"].to_numpy()
    order = np.argsort(cost, kind="stable")
    low, high = emodel.bounds.T
    theta = population.frame[[f"parameters/{name}" for name in emodel.free_names]].to_numpy()
    unit = (theta - low) / (high - low)
    # farthest from the mean, then farthest from that one: exact enough to look at
    first = int(np.argmax(((unit - unit.mean(axis=0)) ** 2).sum(axis=1)))
    second = int(np.argmax(((unit - unit[first]) ** 2).sum(axis=1)))
    return {
        "best": int(order[0]),
        "median": int(order[len(order) // 2]),
        "distant 1": first,
        "distant 2": second,
    }
