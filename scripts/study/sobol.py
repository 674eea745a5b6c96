"""Ask which conductances set which features near a model: Sobol indices by polynomial chaos.

    python scripts/study/sobol.py hall.parquet --out sobol --model 0 \
        --parameters gIhbar_Ih.somatic,gK_Pstbar_K_Pst.somatic

Each chosen parameter is uniform within ``--width`` of its value (0.1: 5 % to both sides), all
others stay; features are those of the e-model.  sobol.csv holds first-order and total indices with
the residual of the polynomial (a large one makes no indices) and the points used.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

from ionfo.analysis.cells.sobol import ORDER, sobol_design, sobol_indices
from ionfo.analysis.figures.classes import sobol_figure
from ionfo.errors import IonfoError, nearest
from ionfo.sampling import ModelRequest, evaluate, evaluator_spec, open_pool, read_population
from ionfo.sampling.evaluation.traces import emodel_of
from ionfo.tables.models import models_of_frame
from ionfo.terminal.output import mistakes_told


def main() -> None:
    """Evaluate the design and write indices and their figure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("population", type=Path)
    parser.add_argument("--out", type=Path, default=Path("sobol"))
    parser.add_argument("--model", type=int, default=0)
    parser.add_argument("--parameters", default="", help="separated by commas; default all")
    parser.add_argument("--width", type=float, default=0.1)
    parser.add_argument("--order", type=int, default=ORDER)
    parser.add_argument("--morphology", type=Path, default=None)
    parser.add_argument("--processes", type=int, default=1)
    options = parser.parse_args()
    population = read_population(options.population)
    emodel = emodel_of(population, str(options.population))
    names = [one for one in options.parameters.split(",") if one] or list(emodel.free_names)
    for name in names:
        if name not in emodel.free_names:
            raise IonfoError(f"no free parameter '{name}'{nearest(name, emodel.free_names)}")
    theta = models_of_frame(population.frame, emodel, str(options.population)).theta[options.model]
    places = [emodel.free_names.index(name) for name in names]
    design = sobol_design(theta[places], options.width, options.order)
    models = np.repeat(theta[None], len(design.points), axis=0)
    models[:, places] = design.points
    requests = [ModelRequest(tuple(map(float, one))) for one in models]
    spec = evaluator_spec(emodel, options.morphology)
    with open_pool(spec, options.processes) as pool:
        features = np.array([one.features for one in pool.map(evaluate, requests)])
    found = sobol_indices(design, features)
    options.out.mkdir(parents=True, exist_ok=True)
    rows = [
        {
            "parameter": name,
            "feature": feature,
            "first": found.first[i, j],
            "total": found.total[i, j],
            "residual": found.error[j],
            "points": found.n_used[j],
        }
        for j, feature in enumerate(emodel.feature_names)
        for i, name in enumerate(names)
    ]
    pd.DataFrame(rows).to_csv(options.out / "sobol.csv", index=False)
    title = f"model {options.model}, {len(design.points)} evaluations"
    sobol_figure(found.first, names, emodel.feature_names, title).savefig(
        options.out / "sobol.png", dpi=110
    )
    best = [names[i] for i in np.nan_to_num(found.first).argmax(axis=0)]
    for j, feature in enumerate(emodel.feature_names):
        print(f"{feature}: {best[j]} {np.nan_to_num(found.first[:, j]).max():.2f}")


if __name__ == "__main__":
    with mistakes_told():
        main()
