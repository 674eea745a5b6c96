"""What ``ionfo genes identify`` leaves: tables, two figures and a few lines."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..analysis.figures.genes import index_distributions, maps_of_cells
from ..analysis.figures.style import Figure
from ..analysis.genes.ion_channels import ion_channel_genes, ion_channel_source
from ..tables.files import write_text
from .saved import save_figure, save_table

if TYPE_CHECKING:
    from .identify import Identification

RULE = (
    "Leiden at the resolution, found by seven halvings between 0.01 and 4, whose number of "
    "clusters is nearest to the number of labels; the same for every set"
)
TOLD = {
    "all": "of all genes",
    "differential": "of differentially expressed genes",
    "matched": "of genes of like mean expression",
}


def identification_summary(found: Identification) -> dict[str, Any]:
    """Gather what identify.json holds."""
    asked = found.settings
    labels, counts = np.unique(found.labels, return_counts=True)
    low, high = np.quantile(found.replicates, (0.025, 0.975)).tolist()
    return {
        "table": Path(found.table.origin).name,
        "cells": found.table.n_cells,
        "genes_of_the_table": len(found.table.genes),
        "labels": {str(a): int(b) for a, b in zip(labels, counts, strict=True)},
        "set": asked.genes,
        "source_of_the_ion_channels": ion_channel_source(),
        "genes": found.genes,
        "resolution_rule": RULE,
        "adjusted_rand_index": found.score,
        "clusters": found.clustering.n_clusters,
        "resolution": found.clustering.resolution,
        "subsamples_of_80_percent_of_the_cells": {
            "n": len(found.replicates),
            "mean": float(found.replicates.mean()),
            "central_95": [low, high],
        },
        "random_sets": {
            one.kind: {
                "drawn": TOLD[one.kind],
                "n": len(one.scores),
                "mean": float(one.scores.mean()),
                "sd": float(one.scores.std(ddof=1)) if len(one.scores) > 1 else None,
                "quantiles_025_500_975": np.quantile(one.scores, (0.025, 0.5, 0.975)).tolist(),
                "percentile_of_the_set": one.percentile,
                "p": one.p,
            }
            for one in found.nulls
        },
        "differentially_expressed": {
            "rule": "Wilcoxon of each label against all others, adjusted p <= 0.05, "
            "log2 fold change >= 1",
            "genes": len(found.differential),
            "in_the_set": found.overlap.shared,
            "expected_by_chance": found.overlap.expected,
            "p": found.overlap.p,
        },
        "seed": asked.seed,
        "target_sum": asked.target_sum,
        "library": asked.library,
    }


def write_identification(out: Path, found: Identification) -> None:
    """Write identify.json, sets, genes and clusters."""
    summary = identification_summary(found)
    write_text(out / "identify.json", json.dumps(summary, indent=1, allow_nan=False) + "\n")
    genes, family = found.table.genes, ion_channel_genes(found.table.genes)
    is_differential = np.zeros(len(genes), dtype=bool)
    is_differential[found.differential] = True
    tables = {
        "sets": pd.DataFrame([vars(one) for one in found.sets]),
        "genes": pd.DataFrame(
            {
                "gene": genes,
                "family": [family.get(gene, "") for gene in genes],
                "in_set": [gene in set(found.genes) for gene in genes],
                "is_differential": is_differential,
                "mean": found.table.values(genes).mean(axis=0),
                "bin": found.bins,
            }
        ),
        "cells": pd.DataFrame(
            {
                "cell": found.table.cells.index.astype(str),
                "label": found.labels,
                "cluster": found.clustering.labels,
            }
        ),
    }
    for name, frame in tables.items():
        save_table(out / name, frame)


def draw_identification(out: Path, found: Identification) -> None:
    """Draw the distributions of the index, and the maps side by side."""
    save_figure(out / "index", index_figure(found))
    maps = {name: (points, one.labels) for name, (points, one) in found.embeddings.items()}
    save_figure(out / "umap", maps_of_cells(maps, found.labels))


def index_figure(found: Identification) -> Figure:
    """Draw the distributions of the index, and that of the set."""
    nulls = {TOLD[one.kind]: one.scores for one in found.nulls}
    low, high = np.quantile(found.replicates, (0.025, 0.975))
    title = (
        f"{len(found.genes)} genes, {found.table.n_cells} cells, {len(np.unique(found.labels))} "
        "labels; grey band: 95 % of subsamples of 80 % of the cells"
    )
    return index_distributions(nulls, found.score, (low, high), title)


def sentences_of(found: Identification) -> list[str]:
    """Say what was found in a few lines."""
    low, high = np.quantile(found.replicates, (0.025, 0.975))
    told = [
        f"{len(found.genes)} genes in {found.table.n_cells} cells: adjusted Rand index "
        f"{found.score:.3f} (95 % of subsamples of the cells {low:.3f} to {high:.3f}), "
        f"{found.clustering.n_clusters} clusters for {len(np.unique(found.labels))} labels"
    ]
    for one in found.nulls:
        below, above = np.quantile(one.scores, (0.025, 0.975))
        told.append(
            f"  {len(one.scores)} random sets {TOLD[one.kind]}: mean {one.scores.mean():.3f}, "
            f"95 % {below:.3f} to {above:.3f}; percentile {one.percentile:.1f}, p {one.p:.3g}"
        )
    shared = found.overlap
    told.append(
        f"  {shared.shared} of them differentially expressed, {shared.expected:.1f} by chance "
        f"(p {shared.p:.3g}, {len(found.differential)} of {len(found.table.genes)} genes)"
    )
    return told
