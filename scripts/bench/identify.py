"""Time ``ionfo genes identify`` on a simulated table.

    python scripts/bench/identify.py --out bench        # 5,000 cells x 2,000 genes, 500 sets

Counts of eight types with 150 marker genes, negative binomial, library sizes of log10 SD 0.3; 60
ion-channel symbols among the genes.  Prints wall and CPU seconds (of all processes) of the whole
command: normalisation, differential expression, the sets of all three nulls, maps and tables.

2026-11-21, AMD EPYC, 2 cores: see docs/how_to/genes.md.
"""

from __future__ import annotations

import argparse
import resource
import time
from pathlib import Path

import numpy as np
import pandas as pd

from ionfo.analysis.genes.ion_channels import ion_channel_families
from ionfo.studies.identify import IdentifySettings, identify_types
from ionfo.tables.expression import Expression
from ionfo.terminal.output import mistakes_told

N_TYPES, N_MARKERS, N_CHANNELS = 8, 150, 60


def simulated(n_cells: int, n_genes: int, seed: int) -> Expression:
    """Draw counts of eight types."""
    rng = np.random.default_rng(seed)
    channels = [symbol for one in ion_channel_families() for symbol in one.mouse][:N_CHANNELS]
    names = [*channels, *(f"gene{i}" for i in range(n_genes - N_CHANNELS))]
    labels = rng.integers(0, N_TYPES, n_cells)
    level = rng.gamma(0.8, 2.0, n_genes) + 0.1
    fold = np.ones((N_TYPES, n_genes))
    for gene in rng.choice(n_genes, N_MARKERS, replace=False):
        fold[rng.integers(N_TYPES), gene] = rng.uniform(2.0, 6.0)
    depth = 10.0 ** rng.normal(0.0, 0.3, (n_cells, 1))
    mean = depth * level * fold[labels] * rng.gamma(2.0, 0.5, (n_cells, n_genes))
    cells = pd.DataFrame({"type": [f"type {k}" for k in labels]})
    return Expression(rng.poisson(mean).astype(np.float64), names, cells, "counts", "simulated")


def main() -> None:
    """Time one run."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cells", type=int, default=5000)
    parser.add_argument("--genes", type=int, default=2000)
    parser.add_argument("--random", type=int, default=500, help="sets of each of three nulls")
    parser.add_argument("--processes", type=int)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path("bench-identify"))
    options = parser.parse_args()
    table = simulated(options.cells, options.genes, options.seed)
    began = time.monotonic()
    settings = IdentifySettings(
        random=options.random,
        median=False,
        target_sum=1e4,
        seed=options.seed,
        processes=options.processes,
    )
    found = identify_types(table, "type", options.out, settings)
    wall = time.monotonic() - began
    uses = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    cpu = sum(one.ru_utime + one.ru_stime for one in uses)
    print(
        f"{options.cells} cells x {options.genes} genes, {len(found.nulls)} x {options.random} "
        f"sets of {len(found.genes)} genes: {wall:.0f} s wall, {cpu:.0f} s CPU"
    )


if __name__ == "__main__":
    with mistakes_told():
        main()
