"""``ionfo genes identify``: whether clusters of some genes find the types better than others."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import ClassVar

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from ..analysis.figures.style import Figure
from ..analysis.genes.clusters import (
    N_COMPONENTS,
    N_HALVINGS,
    N_NEIGHBOURS,
    RESOLUTIONS,
    Clustering,
    adjusted_rand_index,
    differential_genes,
    embedding,
    find_clusters,
    neighbour_graph,
)
from ..analysis.genes.gene_sets import N_BINS, Overlap, expression_bins, overlap
from ..analysis.memory import require_memory
from ..analysis.multiplets.spectrum import usable_cores
from ..errors import IonfoError, note
from ..limits import MOST_REPLICATES, check_count, check_seed, most_workers
from ..pages.report.genes import write_types_page
from ..tables.expression import (
    TARGET_SUM,
    Expression,
    log_normalised,
    require_scanpy,
    varying_genes,
)
from ..tables.files import make_folder
from .expression_choice import ION_CHANNELS, expressed_genes, gene_set, groups_of, labels_of
from .identify_output import (
    TOLD,
    draw_identification,
    index_figure,
    sentences_of,
    write_identification,
)
from .identify_pool import Kind, Score, Scoring, score_sets
from .shown import Shown

NULLS: tuple[Kind, ...] = ("all", "differential", "matched")


@dataclass(frozen=True)
class IdentifySettings:
    """How a gene set is tested.

    Attributes
    ----------
    groups : tuple of str
        Labels that count; empty for all.
    genes : str
        ``ion-channels``, ``all`` or a file.
    median : bool
        Keep only genes with a median other than zero in at least one group.
    random : int
        Sets of each null.
    replicates : int
        Subsamples of cells for the interval.
    target_sum, library
        As `log_normalised`.
    seed : int
        Of all random numbers.
    processes : int or None
        At work at a time; default the cores this process may use.
    """

    groups: tuple[str, ...] = ()
    genes: str = ION_CHANNELS
    median: bool = True
    random: int = 1000
    replicates: int = 20
    target_sum: float = TARGET_SUM
    library: str | None = None
    seed: int = 0
    processes: int | None = None


@dataclass(frozen=True)
class Null:
    """Scores of random sets of one kind.

    Attributes
    ----------
    kind : str
        ``all``: of all genes; ``differential``: of the differentially expressed ones;
        ``matched``: of genes of like mean expression.
    scores : ndarray, shape (n_sets,)
        Adjusted Rand indices.
    p : float
        Chance of an index as high, (1 + hits)/(1 + sets).
    percentile : float
        Per cent of the sets below the index of the chosen one.
    """

    kind: Kind
    scores: NDArray[np.float64]
    p: float
    percentile: float


@dataclass(frozen=True)
class Identification(Shown):
    """How well clusters of a gene set find the types, beside random sets.

    Attributes
    ----------
    table : Expression
        Log values of the cells that count.
    labels : ndarray of str, shape (n_cells,)
        Known types.
    genes : list of str
        The set.
    score : float
        Adjusted Rand index of its clusters and the labels; 1 where they agree.
    clustering : Clustering
        Of the cells by the set.
    replicates : ndarray, shape (n_replicates,)
        Indices of subsamples of the cells.
    nulls : list of Null
        Indices of random sets, a kind each.
    sets : list of Score
        Of every random set.
    differential : ndarray of int
        Places of the differentially expressed genes.
    bins : ndarray of int, shape (n_genes,)
        Bin of mean expression of each gene.
    overlap : Overlap
        Of the set with the differentially expressed genes.
    embeddings : dict of str to (ndarray, Clustering)
        Maps of the cells by name.
    settings : IdentifySettings
        What was asked.
    """

    last: ClassVar[str] = "identify.json"
    alt: ClassVar[str] = "index of the set and of others"

    table: Expression
    labels: NDArray[np.str_]
    genes: list[str]
    score: float
    clustering: Clustering
    replicates: NDArray[np.float64]
    nulls: list[Null]
    sets: list[Score]
    differential: NDArray[np.int64]
    bins: NDArray[np.int64]
    overlap: Overlap
    embeddings: dict[str, tuple[NDArray[np.float64], Clustering]]
    settings: IdentifySettings

    def sentences(self) -> list[str]:
        """Say what was found, a line each."""
        return sentences_of(self)

    @property
    def title(self) -> str:
        """What the findings are of."""
        return f"Types in {Path(self.table.origin).name}"

    def figure(self) -> Figure:
        """Draw the index of the set among those of random sets."""
        return index_figure(self)

    def plot_index(self) -> Axes:
        """Draw the index of the set among those of random sets; see `plot`."""
        return self.plot()

    def _fill(self, folder: Path) -> None:
        write_identification(folder, self)
        draw_identification(folder, self)
        write_types_page(
            folder,
            self.title,
            self.sentences(),
            self.score,
            {TOLD[one.kind]: one.scores for one in self.nulls},
            {name: places for name, (places, _) in self.embeddings.items()},
            self.labels,
        )


def identify_types(
    table: Expression, column: str, out: Path | None, settings: IdentifySettings | None = None
) -> Identification:
    """Compare clusters of a gene set with those of random sets.

    Parameters
    ----------
    table : Expression
        Counts or log values.
    column : str
        Annotation with the known types.
    out : Path or None
        Folder to write to; one that holds a part of the same work is finished.  None writes
        nothing.
    settings : IdentifySettings, optional
        How.

    Raises
    ------
    IonfoError
        If labels or genes do not allow it.
    """
    asked = settings or IdentifySettings()
    _check(asked)
    require_scanpy("cells are clustered")
    groups = groups_of(table, column, asked.groups)
    if len(groups) < 2 or min(map(len, groups.values())) < 2:
        raise IonfoError(
            f"'{table.origin}': column '{column}' needs at least 2 groups of at least 2 cells, got "
            + ", ".join(f"{name} ({len(rows)})" for name, rows in groups.items())
        )
    normalised = log_normalised(table, asked.target_sum, asked.library)
    rows = np.sort(np.concatenate(list(groups.values())))
    cells = varying_genes(normalised.rows(rows))
    labels = labels_of(cells, column).to_numpy().astype(str)
    genes = gene_set(cells, asked.genes)
    if asked.median:
        genes = expressed_genes(cells, genes, groups_of(cells, column, list(groups)), False)
    if not 2 <= len(genes) < len(cells.genes):
        raise IonfoError(
            f"a set of 2 to {len(cells.genes) - 1} genes can be compared with random sets of the "
            f"{len(cells.genes)} genes of '{table.origin}', got {len(genes)}"
        )
    try:
        # the table, scanpy's copy of it, and the ranks of its genes
        require_memory(
            3 * 8 * cells.n_cells * len(cells.genes),
            f"comparing {len(cells.genes)} genes of {cells.n_cells} cells",
            "keep the genes that some cells express, or fewer cells",
        )
    except ValueError as error:
        raise IonfoError(f"'{table.origin}': {error}") from None
    if out is None:
        with TemporaryDirectory() as room:
            return _identify(cells, labels, genes, Path(room), asked)
    make_folder(out)
    found = _identify(cells, labels, genes, out, asked)
    found.write(out)
    return found


def _identify(
    cells: Expression,
    labels: NDArray[np.str_],
    genes: Sequence[str],
    out: Path,
    asked: IdentifySettings,
) -> Identification:
    values = cells.values(cells.genes)
    place = {gene: i for i, gene in enumerate(cells.genes)}
    chosen = np.array([place[gene] for gene in genes], dtype=np.int64)
    differential = differential_genes(values, labels)
    bins = expression_bins(values.mean(axis=0))
    codes = np.unique(labels, return_inverse=True)[1].astype(np.int64)
    stored = out / "values.npy"
    np.save(stored, values.astype(np.float32))
    scoring = Scoring(stored, codes, chosen, differential, bins, asked.seed)
    kinds = list(NULLS)
    if len(differential) <= len(chosen):
        kinds.remove("differential")
        note(
            f"no sets of differentially expressed genes: there are {len(differential)}, and more "
            f"than the {len(chosen)} of the set are needed"
        )
    wanted: list[tuple[Kind, int]] = [("cells", i) for i in range(asked.replicates)]
    wanted += [(kind, i) for i in range(asked.random) for kind in kinds]
    key = _fingerprint(scoring, values)
    scores = score_sets(scoring, wanted, out / "sets.jsonl", key, asked.processes or usable_cores())
    graph = neighbour_graph(values[:, chosen], asked.seed)
    n_labels = len(np.unique(labels))
    clustering = find_clusters(graph, n_labels, asked.seed)
    score = adjusted_rand_index(clustering.labels, codes)
    nulls = [null_of(kind, score, [one for one in scores if one.kind == kind]) for kind in kinds]
    shown = {f"the set: {len(chosen)} genes": chosen, f"all {len(cells.genes)} genes": None}
    middle = _median_set(scores)
    if middle is not None:
        shown[f"random set of median index: {len(chosen)} genes"] = scoring.genes("all", middle)
    embeddings = {}
    for name, columns in shown.items():
        linked = neighbour_graph(values if columns is None else values[:, columns], asked.seed)
        found = find_clusters(linked, n_labels, asked.seed)
        embeddings[name] = (embedding(linked, asked.seed), found)
    stored.unlink()
    return Identification(
        cells,
        labels,
        list(genes),
        score,
        clustering,
        np.array([one.adjusted_rand_index for one in scores if one.kind == "cells"]),
        nulls,
        [one for one in scores if one.kind != "cells"],
        differential,
        bins,
        overlap(chosen, differential, len(cells.genes)),
        embeddings,
        asked,
    )


def null_of(kind: Kind, score: float, sets: Sequence[Score]) -> Null:
    """Place an index among those of random sets."""
    scores = np.array([one.adjusted_rand_index for one in sets])
    hits = int(np.sum(scores >= score))
    return Null(
        kind, scores, (1 + hits) / (1 + len(scores)), 100.0 * float(np.mean(scores < score))
    )


def _median_set(scores: Sequence[Score]) -> int | None:
    sets = sorted(
        (one for one in scores if one.kind == "all"), key=lambda one: one.adjusted_rand_index
    )
    return sets[len(sets) // 2].i if sets else None


def _check(asked: IdentifySettings) -> None:
    check_count("--random", asked.random, 1, MOST_REPLICATES)
    check_count("--replicates", asked.replicates, 2, MOST_REPLICATES)
    check_count("--processes", asked.processes, 1, most_workers())
    check_seed(asked.seed)


def _fingerprint(scoring: Scoring, values: NDArray[np.float64]) -> str:
    """Name everything that a score depends on, the versions of what clusters included."""
    digest = hashlib.sha256(np.ascontiguousarray(values, dtype=np.float32).tobytes())
    for part in (scoring.labels, scoring.chosen, scoring.differential, scoring.bins):
        digest.update(np.ascontiguousarray(part).tobytes())
    rule = [N_BINS, N_COMPONENTS, N_NEIGHBOURS, *RESOLUTIONS, N_HALVINGS]
    digest.update(json.dumps([scoring.seed, *rule]).encode())
    for package in ("scanpy", "igraph", "scikit-learn", "umap-learn"):
        digest.update(f"{package} {version(package)}".encode())
    return digest.hexdigest()
