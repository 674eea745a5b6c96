"""Maps, clusters and forests on populations whose classes are known."""

from __future__ import annotations

import numpy as np
import pytest

from ionfo.analysis import extras
from ionfo.analysis.cells.classification import ForestSettings, classify_cells
from ionfo.analysis.cells.feature_space import fit_space, gap_clusters, label_grid
from ionfo.errors import IonfoError


def blobs(n_classes: int, n: int = 30, distance: float = 8.0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    angle = 0.7 + 2 * np.pi * np.arange(n_classes) / n_classes
    centres = distance * np.column_stack([np.cos(angle), np.sin(angle)])
    labels = np.repeat(np.arange(n_classes), n)
    return centres[labels] + rng.normal(size=(n * n_classes, 2)), labels


@pytest.mark.parametrize("n_classes", [2, 3, 5])
def test_gap_statistic_finds_the_clusters(n_classes: int) -> None:
    pytest.importorskip("sklearn")
    places, labels = blobs(n_classes)
    found = gap_clusters(places, range(2, 8), 20)
    assert found.n_clusters == n_classes
    for i in range(n_classes):
        assert len(set(found.labels[labels == i])) == 1
    assert (found.label(places) == found.labels).all()
    extent, grid = label_grid(found, places, 0.5)
    assert set(np.unique(grid)) == set(range(n_classes)) and extent[0] < extent[1]


def test_too_few_references_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 20, got 1"):
        gap_clusters(blobs(2)[0], range(2, 4), 1)
    with pytest.raises(ValueError, match="must have more than 4 rows"):
        gap_clusters(blobs(2, 2)[0], range(2, 4))


@pytest.mark.slow
def test_models_are_placed_where_their_experiments_are() -> None:
    pytest.importorskip("umap")
    places, labels = blobs(3, 25)
    table = np.hstack([places, places[:, :1] * 3 + 5])
    space = fit_space(table, seed=1)
    assert np.array_equal(space.places, fit_space(table, seed=1).places)
    models = space.place(table + np.random.default_rng(1).normal(0, 0.05, table.shape))
    clusters = gap_clusters(space.places, range(2, 6), 20)
    assert clusters.n_clusters == 3
    assert (clusters.label(models) == clusters.labels).mean() > 0.95
    with pytest.raises(ValueError, match="every column must vary"):
        fit_space(np.ones((20, 2)))
    with pytest.raises(ValueError, match="more than n_neighbours"):
        fit_space(table[:5])


def halls(seed: int, by_class: float, by_cell: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    cells = np.repeat(np.arange(40), 4)
    classes = np.array(["a", "b"])[np.arange(40) % 2]
    centres = rng.normal(0, by_cell, (40, 4))
    centres[:, 0] += by_class * (np.arange(40) % 2)
    return centres[cells] + rng.normal(0, 0.01, (160, 4)), classes[cells], cells


def test_forest_tells_classes_by_the_column_that_differs() -> None:
    pytest.importorskip("sklearn")
    values, classes, cells = halls(0, 4.0, 1.0)
    found = classify_cells(
        values, classes, cells, list("pqrs"), ForestSettings(n_trees=(20, 40), n_null=19)
    )
    assert found.f1.mean() > 0.85 and found.p == pytest.approx(0.05)
    assert found.importance["name"].iloc[0] == "p" and found.n_cells == 40


def test_forest_split_by_cell_learns_no_cells() -> None:
    pytest.importorskip("sklearn")
    values, classes, cells = halls(1, 0.0, 1.0)  # a forest split by model would know every cell
    found = classify_cells(
        values, classes, cells, list("pqrs"), ForestSettings(n_trees=(20,), n_null=19)
    )
    assert found.f1.mean() < 0.75 and found.p > 0.05
    from sklearn.ensemble import RandomForestClassifier

    half = np.arange(160) % 2 == 0
    leaky = RandomForestClassifier(20, random_state=0).fit(values[half], classes[half])
    assert leaky.score(values[~half], classes[~half]) > 0.95


def test_classes_with_few_cells_are_left_out() -> None:
    pytest.importorskip("sklearn")
    values, classes, cells = halls(0, 4.0, 1.0)
    with pytest.raises(ValueError, match="two classes must have at least 30 cells, got 0"):
        classify_cells(values, classes, cells, list("pqrs"), ForestSettings(least_cells=30))


def test_missing_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr(extras, "import_module", missing)
    with pytest.raises(IonfoError, match=r'needs \'umap-learn\'.*pip install "ionfo\[optimise\]"'):
        fit_space(blobs(2)[0])
