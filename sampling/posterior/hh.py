"""The features of many cells `hh`, simulated one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from ...emodels import load_emodel
from ...emodels.point.hh import HH_BOUNDS, HHRun, hh_rows
from ...emodels.point.hh_in_neuron import HH_EMODEL_NAMES, hh_emodel_parameters
from ...errors import IonfoError
from ...features.patchseq import PATCHSEQ_FEATURES, Rest, check_rest, even_trace_features
from ...limits import MOST_ROWS, check_count, check_seed, most_workers
from ...tables.population import Population

Array = NDArray[np.float64]

NOISE_SD = 10.0
"""SD of the noise current of simulations that posteriors are learned from (pA)."""


def hh_features(
    theta: ArrayLike,
    run: HHRun | None = None,
    *,
    seed: int = 0,
    first: int = 0,
    rest: Rest = "before",
    workers: int = 1,
) -> Array:
    """Simulate cells `hh` and extract their 23 features.

    Parameters
    ----------
    theta : array_like, shape (n, 13)
        In the order of `HH_BOUNDS`.
    run : HHRun, optional
        Temperature, current, noise and protocol; by default those of the recordings of mouse motor
        cortex, with a noise current of 10 pA.
    seed : int
        Of the noise; a cell's noise depends on the seed and its number alone.
    first : int
        Number of the first cell.
    rest : {"before", "before and after"}
        As `patchseq_features` takes it.
    workers : int
        Threads; they change no number.

    Returns
    -------
    ndarray, shape (n, 23)
        In the order of `PATCHSEQ_FEATURES`; NaN where a feature is not defined.

    Raises
    ------
    IonfoError
        If a parameter lies outside its box or a setting is out of bounds.
    """
    rows = hh_rows(theta)
    check_seed(seed, "seed")
    check_count("first", first, 0, MOST_ROWS)
    check_rest(rest)
    check_count("workers", workers, 1, most_workers())
    run = run or HHRun(noise_sd=NOISE_SD)
    protocol = run.protocol
    clock = (0.0, protocol.dt, protocol.stim_start, protocol.stim_end)

    def features(i: int) -> Array:
        drawn = np.random.Generator(np.random.Philox(np.random.SeedSequence((seed, first + i))))
        v = run.voltage(rows[i], drawn, by_table=True)
        return even_trace_features(v, clock, rest)

    found: Sequence[Array]
    if workers == 1:
        found = [features(i) for i in range(len(rows))]
    else:
        with ThreadPoolExecutor(workers) as threads:
            found = list(threads.map(features, range(len(rows))))
    return np.array(found).reshape(len(rows), len(PATCHSEQ_FEATURES))


def named_for_neuron(population: Population) -> Population:
    """Give a population of `hh` with the parameters of the e-model `hh`, which NEURON runs.

    Raises
    ------
    IonfoError
        If it is of another cell.
    """
    if list(population.parameters) != list(HH_BOUNDS):
        raise IonfoError("names of an e-model are for posteriors of 'hh'; others have them")
    changed = hh_emodel_parameters(population.parameters)
    columns = [f"parameters/{name}" for name in HH_EMODEL_NAMES]
    others = population.frame.drop(columns=[f"parameters/{name}" for name in HH_BOUNDS])
    frame = pd.DataFrame(changed, columns=columns, index=population.frame.index).join(others)
    units = {one.name: one.unit for one in load_emodel("hh").free_parameters}
    old = {key: unit for key, unit in population.metadata["units"].items() if key not in HH_BOUNDS}
    return Population(frame, {**population.metadata, "units": units | old})
