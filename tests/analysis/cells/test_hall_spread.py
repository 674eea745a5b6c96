"""Distances against loops, and what they must say of populations that are known."""

from __future__ import annotations

import numpy as np
import pytest

from ionfo.analysis.cells.hall_spread import class_distances, hall_dispersion


def nested(seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Models close to their cell, cells close to their class."""
    rng = np.random.default_rng(seed)
    cells = np.repeat(np.arange(12), 5)
    classes = np.array(["a", "b", "c"])[cells % 3]
    centres = rng.normal(0, 4, (3, 6))[np.arange(12) % 3] + rng.normal(0, 1.5, (12, 6))
    return 20 + centres[cells] + rng.normal(0, 0.3, (60, 6)), cells, classes


def test_dispersion_is_its_definition() -> None:
    values, cells, _ = nested()
    constant = np.full((60, 1), 3.0)
    found = hall_dispersion(np.hstack([values, constant]), cells)
    assert found.n_parameters == 6
    for i, cell in enumerate(found.cells):
        own = values[cells == cell]
        expected = sum(np.linalg.norm(one / own.mean(axis=0) - 1) / 6 for one in own)
        assert found.total[i] == pytest.approx(expected, rel=1e-12)


def test_distances_are_their_definition() -> None:
    values, cells, classes = nested()
    found = class_distances(values, cells, classes)
    scaled = (values - values.mean(axis=0)) / values.std(axis=0)
    for i, cell in enumerate(found.cells):
        groups: dict[str, list[float]] = {"own": [], "class": [], "other": []}
        for a in np.flatnonzero(cells == cell):
            for b in range(60):
                if a == b:
                    continue
                kind = (
                    "own" if cells[b] == cell else "class" if classes[b] == classes[a] else "other"
                )
                groups[kind].append(float(np.linalg.norm(scaled[a] - scaled[b])))
        means = [np.mean(one) for one in groups.values()]
        assert [found.within_cell[i], found.within_class[i], found.between_classes[i]] == (
            pytest.approx(means, rel=1e-10)
        )


def test_order_of_nested_populations_and_none_where_classes_are_shuffled() -> None:
    values, cells, classes = nested()
    found = class_distances(values, cells, classes)
    mean, low, high, share = found.difference("within_cell", "within_class")
    assert low < mean < high < 0 and share == 1.0
    assert found.difference("within_class", "between_classes")[2] < 0
    mixed = np.random.default_rng(3).permutation(classes[::5])[cells]
    none = class_distances(values, cells, mixed).difference("within_class", "between_classes")
    assert abs(none[0]) < abs(found.difference("within_class", "between_classes")[0]) / 3


def test_units_and_order_of_rows_do_not_matter() -> None:
    values, cells, classes = nested()
    order = np.random.default_rng(1).permutation(60)
    one = class_distances(values, cells, classes)
    two = class_distances((7 * values + 2)[order], cells[order], classes[order])
    assert np.allclose(one.between_classes, two.between_classes)
    scaled = hall_dispersion(values * np.arange(1, 7), cells).total
    assert np.allclose(hall_dispersion(values, cells).total, scaled)


def test_unfit_input() -> None:
    values, cells, classes = nested()
    with pytest.raises(ValueError, match="same class"):
        class_distances(values, cells, np.roll(classes, 1))
    with pytest.raises(ValueError, match="finite"):
        class_distances(np.where(values > 22, np.nan, values), cells, classes)
    with pytest.raises(ValueError, match="varies"):
        hall_dispersion(np.ones((60, 2)), cells)
    with pytest.raises(ValueError, match="shape"):
        hall_dispersion(values, cells[:-1])
