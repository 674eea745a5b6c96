"""What library size and normalisation do to covariance; prints the tables of docs/how_to/genes.md.

    python scripts/study/library_size.py ../shared/data/expression/m1_patchseq_counts.parquet

1. Simulated: 20 genes that are independent by construction, in 300 cells whose library sizes vary
   as those of real cells do (log10 SD 0.4); once beside 500 other genes, and once in a table that
   holds them and one gene with most of its counts, of a cell that has more (closure).
   O-information of all 20 genes should be zero.
2. Real: the ion-channel genes of Pvalb and Lamp5 cells.

Each time from counts as they are, normalised by the counts of the table, by the reads of the
whole cell where they are known, and with the effect of log library size regressed out.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ionfo.analysis import correlation_matrix, o_information, wishart_bias
from ionfo.analysis.genes.residuals import residuals
from ionfo.studies.expression_choice import expressed_genes, gene_set, groups_of
from ionfo.tables.expression import Expression, log_normalised
from ionfo.tables.expression_files import read_expression
from ionfo.terminal.output import mistakes_told

Array = NDArray[np.float64]


def simulated(rng: np.random.Generator, n_others: int, share: float) -> Expression:
    """Draw counts of independent genes; one more has a `share` of the table's on average."""
    n_cells, n_genes = 300, 20
    depth = 10.0 ** rng.normal(5.0, 0.4, n_cells)
    level = rng.gamma(2.0, 1.0, n_genes + n_others)
    own = level * np.exp(rng.normal(0.0, 0.7, (n_cells, n_genes + n_others)))
    names = [f"gene{i}" for i in range(n_genes + n_others)]
    if share:
        # this gene varies between cells, so what is left for the others does
        large = share / (1.0 - share) * level.sum() * np.exp(rng.normal(0.0, 0.7, (n_cells, 1)))
        own, names = np.hstack([own, large]), [*names, "large"]
    whole = own.sum(axis=1, keepdims=True) + 20.0 * level.mean() * n_genes
    counts = rng.poisson(depth[:, None] * own / whole).astype(np.float64)
    return Expression(counts, names, pd.DataFrame({"reads": depth}), "counts", "simulated")


def values_by_way(
    table: Expression, genes: list[str], rows: NDArray[np.int64], reads: str
) -> dict[str, Array]:
    """Normalise the same cells and genes in several ways."""
    depth = np.log10(table.numbers(reads)[rows])[:, None]
    by_table = log_normalised(table).values(genes)[rows]
    by_reads = log_normalised(table, library=reads).values(genes)[rows]
    return {
        "log2(count + 1), not normalised": np.log2(table.values(genes)[rows] + 1.0),
        "by the counts of the table": by_table,
        "by the reads of the cell": by_reads,
        "by the reads, log reads regressed out": residuals(by_reads, depth),
    }


def told(values: Array, rng: np.random.Generator, n_shuffles: int) -> list[float]:
    """Measure O-information of all genes, raw and corrected, and 95 % of its null, nats."""
    n_rows, n_genes = values.shape
    bias = float(wishart_bias("o_information", [n_genes], n_rows - 1.0)[0])
    raw = o_information(correlation_matrix(values))
    null = [
        o_information(correlation_matrix(rng.permuted(values, axis=0))) - bias
        for _ in range(n_shuffles)
    ]
    low, high = np.quantile(null, (0.025, 0.975)).tolist()
    return [raw, raw - bias, low, high]


def main() -> None:
    """Print one row per table and way."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    beside = Path(__file__).resolve().parents[3] / "shared/data/expression"
    parser.add_argument("file", type=Path, nargs="?", default=beside / "m1_patchseq_counts.parquet")
    parser.add_argument("--shuffles", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    rng = np.random.default_rng(options.seed)
    works: list[tuple[str, dict[str, Array]]] = []
    for label, n_others, share in (
        ("20 independent genes beside 500", 500, 0.0),
        ("20 independent genes and one with most counts of the table", 0, 0.8),
    ):
        table = simulated(rng, n_others, share)
        genes, rows = table.genes[:20], np.arange(table.n_cells)
        works.append((label, values_by_way(table, genes, rows, "reads")))
    if options.file.is_file():
        table = read_expression(options.file)
        # a few cells have fewer reads than counts; their number of reads is that of something else
        reads = table.numbers("exon_reads")
        table = table.rows(np.flatnonzero(reads >= np.asarray(table.matrix).sum(axis=1)))
        groups = groups_of(table, "rna_family", ["Lamp5", "Pvalb"])
        genes = expressed_genes(table, gene_set(table, "ion-channels"), groups, True)
        for name, rows in groups.items():
            label = f"{len(genes)} ion-channel genes of {len(rows)} {name} cells"
            works.append((label, values_by_way(table, genes, rows, "exon_reads")))
    print("| genes | normalisation | raw | corrected | null, 95 % |\n|---|---|---|---|---|")
    for label, ways in works:
        for way, values in ways.items():
            raw, corrected, low, high = told(values, rng, options.shuffles)
            print(
                f"| {label} | {way} | {raw:+.3f} | {corrected:+.3f} | {low:+.3f} to {high:+.3f} |"
            )


if __name__ == "__main__":
    with mistakes_told():
        main()
