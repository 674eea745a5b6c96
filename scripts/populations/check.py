"""Simulate models of the bundled populations again and compare with what is stored.

    python scripts/populations/check.py --models 20

prints, for every population, the largest difference of a feature in SDs of the experiment and
exits with 1 if one exceeds the tolerance.  On the kind of machine that made the population the
differences are zero; elsewhere rounding moves spikes by a little.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ionfo.emodels.cell import resolve_morphology
from ionfo.emodels.definition import POPULATIONS
from ionfo.sampling import Evaluator, Population, evaluator_spec, read_population
from ionfo.sampling.evaluation.traces import emodel_of, own_morphology
from ionfo.tables.population_files import list_populations
from ionfo.terminal.output import mistakes_told

TOLERANCE = 0.1
"""Of a feature, in SDs of the experiment."""


def largest_difference(population: Population, name: str, n_models: int, seed: int = 0) -> float:
    """Re-score models drawn at random; give the largest difference of a feature in SDs.

    Raises
    ------
    ValueError
        If a feature is there in one of them and missing in the other.
    """
    emodel = emodel_of(population, name)
    frame = population.frame
    rows = np.sort(np.random.default_rng(seed).choice(len(frame), n_models, replace=False))
    morphology = resolve_morphology(emodel, own_morphology(population, emodel))
    evaluator = Evaluator(evaluator_spec(emodel, morphology))
    stored = frame[[f"features/{one}" for one in emodel.feature_names]].to_numpy(np.float64)
    theta = frame[[f"parameters/{one}" for one in emodel.free_names]].to_numpy(np.float64)
    sd = np.array([one.std for one in emodel.features])
    largest = 0.0
    for row in rows:
        found = evaluator(tuple(theta[row])).features
        if (np.isnan(found) != np.isnan(stored[row])).any():
            raise ValueError(f"model {row} of {name}: a feature is missing in one of the two")
        difference = np.abs(found - stored[row]) / sd
        largest = max(largest, float(np.nanmax(difference)))
    evaluator.simulator.close()
    return largest


def main(arguments: Sequence[str] | None = None) -> int:
    """Check all of them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", type=int, default=20, help="of each population")
    parser.add_argument("--populations", type=Path, default=POPULATIONS, help="folder of them")
    asked = parser.parse_args(arguments)
    if asked.models < 1:
        parser.error(f"--models must be at least 1, got {asked.models}")
    failed = False
    files = list_populations(asked.populations)
    for file in files:
        population = read_population(file)
        n = min(asked.models, len(population.frame))
        largest = largest_difference(population, file.stem, n)
        failed = failed or largest > TOLERANCE
        told = f"{n} of {len(population.frame)} models, largest difference {largest:.3g} SD"
        print(f"{file.stem}: {told}")
    return int(failed)


if __name__ == "__main__":
    with mistakes_told():
        raise SystemExit(main())
