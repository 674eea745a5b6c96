"""Score many gene sets on all cores, keep each as it is done, and take them up again."""

from __future__ import annotations

import json
import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ..analysis.genes.clusters import adjusted_rand_index, find_clusters, neighbour_graph
from ..analysis.genes.gene_sets import draw_genes, draw_matched_genes
from ..errors import tell
from ..progress import progress

Kind = Literal["all", "differential", "matched", "cells"]
KINDS: tuple[Kind, ...] = ("all", "differential", "matched", "cells")

CELL_FRACTION = 0.8
"""Part of the cells in a subsample that tells how certain the index of the chosen set is."""


@dataclass(frozen=True)
class Scoring:
    """All that scoring one set needs besides its number; the matrix is in a file.

    Attributes
    ----------
    values : Path
        ``.npy``, shape (n_cells, n_genes), log-normalised.
    labels : ndarray of int, shape (n_cells,)
        The known types.
    chosen, differential : ndarray of int
        Genes of the set in question, and of the pool of differentially expressed ones.
    bins : ndarray of int, shape (n_genes,)
        Bin of mean expression of each gene.
    seed : int
        Of all draws and clusterings.
    """

    values: Path
    labels: NDArray[np.int64]
    chosen: NDArray[np.int64]
    differential: NDArray[np.int64]
    bins: NDArray[np.int64]
    seed: int

    def genes(self, kind: Kind, i: int) -> NDArray[np.int64]:
        """Set number `i` of a kind; depends on seed, kind and number alone."""
        seed = (self.seed, KINDS.index(kind), i)
        if kind == "all":
            return draw_genes(np.arange(len(self.bins)), len(self.chosen), seed)
        if kind == "differential":
            return draw_genes(self.differential, len(self.chosen), seed)
        if kind == "matched":
            return draw_matched_genes(self.chosen, self.bins, seed)
        return self.chosen

    def score(self, kind: Kind, i: int) -> Score:
        """Cluster with one set, and compare with the labels."""
        values = np.load(self.values, mmap_mode="r")
        rows = np.arange(len(self.labels))
        seed = self.seed
        if kind == "cells":
            rng = np.random.default_rng([self.seed, KINDS.index(kind), i])
            rows = np.sort(rng.choice(rows, round(CELL_FRACTION * len(rows)), replace=False))
            seed = i + 1  # the clustering's own chance belongs to the uncertainty
        labels = self.labels[rows]
        graph = neighbour_graph(values[np.ix_(rows, self.genes(kind, i))], seed)
        found = find_clusters(graph, len(np.unique(labels)), seed)
        index = adjusted_rand_index(found.labels, labels)
        return Score(kind, i, index, found.n_clusters, found.resolution)


@dataclass(frozen=True)
class Score:
    """Adjusted Rand index of one set."""

    kind: Kind
    i: int
    adjusted_rand_index: float
    n_clusters: int
    resolution: float


def score_sets(
    scoring: Scoring, wanted: list[tuple[Kind, int]], kept: Path, key: str, processes: int
) -> list[Score]:
    """Score the sets asked for; those in the file `kept` are not done again.

    Parameters
    ----------
    scoring : Scoring
        What they share.
    wanted : list of tuple
        Kind and number of each.
    kept : Path
        One line of JSON per finished set, after one with the key.
    key : str
        Names everything that a score depends on; a file of another key starts anew.
    processes : int
        At work at a time.  No result depends on it.

    Returns
    -------
    list of Score
        In the order of `wanted`.
    """
    done = {(one.kind, one.i): one for one in _read(kept, key)}
    left = [one for one in wanted if one not in done]
    if len(left) < len(wanted):
        tell(f"{len(wanted) - len(left)} of {len(wanted)} gene sets were scored before")
    with open(kept, "w", encoding="utf-8") as handle, progress("gene sets", len(left)) as advance:
        # written anew, so that a line torn by the end of the last run is gone
        handle.write(json.dumps({"key": key}) + "\n")
        for one in done.values():
            handle.write(json.dumps(asdict(one)) + "\n")
        handle.flush()
        for score in _scores(scoring, left, processes):
            done[score.kind, score.i] = score
            handle.write(json.dumps(asdict(score)) + "\n")
            handle.flush()
            advance()
    return [done[one] for one in wanted]


def _scores(scoring: Scoring, left: list[tuple[Kind, int]], processes: int) -> Iterator[Score]:
    if processes == 1 or len(left) < 2:
        for one in left:
            yield scoring.score(*one)
        return
    # a fresh interpreter each: forked ones would share the thread pools of numba and BLAS
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(processes, len(left)), mp_context=context) as pool:
        futures = [pool.submit(scoring.score, *one) for one in left]
        try:
            for future in as_completed(futures):
                yield future.result()
        except BaseException:
            # not wait=False: leaving the block would then take the cancelling back
            pool.shutdown(wait=True, cancel_futures=True)
            raise


def _read(kept: Path, key: str) -> list[Score]:
    """Scores of an earlier run with the same key; a torn last line is passed over."""
    try:
        lines = kept.read_text(encoding="utf-8").splitlines()
        if json.loads(lines[0]) != {"key": key}:
            return []
    except (OSError, ValueError, IndexError):
        return []
    scores = []
    for line in lines[1:]:
        try:
            scores.append(Score(**json.loads(line)))
        except (ValueError, TypeError):
            continue
    return scores
