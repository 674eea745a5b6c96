"""Cells that are tested are not seen, and the published folds give the published numbers."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ionfo.analysis.genes import cross_validation
from ionfo.analysis.genes.cross_validation import (
    RegressionChoice,
    choose_penalty,
    cross_validate,
    default_penalties,
    fit_genes,
    fold_r2,
    make_folds,
    nested_cross_validation,
    penalty_path,
    scaled_once,
    training_cells,
)
from ionfo.analysis.genes.preparation import gene_table, prepare
from ionfo.errors import IonfoError

pytest.importorskip("sklearn")
CHOICE = RegressionChoice(2, 0.1)


def test_sizes_means_and_sds_are_those_of_the_training_cells(cells: Any) -> None:
    genes, _, _ = cells
    train = training_cells(120, np.arange(20))
    prepared = prepare(genes.rows(train))
    scores = prepared.apply(genes.values[train])
    np.testing.assert_allclose(scores.mean(axis=0), 0.0, atol=1e-12)
    np.testing.assert_allclose(scores.std(axis=0), 1.0)
    # the depth of a cell cancels, so that reading it twice as deep changes nothing
    np.testing.assert_allclose(prepared.apply(2 * genes.values), prepared.apply(genes.values))


def test_a_test_cell_changes_no_prediction_of_its_fold_but_its_own(cells: Any) -> None:
    genes, outputs, _ = cells
    folds = make_folds(120, 4)
    found = cross_validate(genes, outputs, folds, CHOICE)
    odd, changed = folds[0][0], outputs.copy()
    changed[odd] += 1e3
    counts = genes.values.copy()
    counts[odd] *= 50
    again = cross_validate(gene_table(counts, genes.names), changed, folds, CHOICE)
    np.testing.assert_array_equal(again.predicted[folds[0][1:]], found.predicted[folds[0][1:]])
    leaky = scaled_once(gene_table(counts, genes.names), changed)
    assert not np.allclose(leaky[1][folds[0][1:]], scaled_once(genes, outputs)[1][folds[0][1:]])
    assert found.r2.mean() > 0.4 and len(found.n_genes) == 4
    shifted = fold_r2(outputs, found.predicted + outputs.std(axis=0), folds)
    assert (shifted[0] < found.r2).all()


def test_units_of_outputs_change_nothing_but_the_predictions(cells: Any) -> None:
    genes, outputs, _ = cells
    folds = make_folds(120, 4)
    scale = np.array([1e3, 1.0, 0.1])
    one, other = (cross_validate(genes, x, folds, CHOICE) for x in (outputs, outputs * scale))
    np.testing.assert_allclose(other.predicted, one.predicted * scale, rtol=1e-9)
    np.testing.assert_allclose(other.r2, one.r2)


def test_penalties_are_chosen_among_the_training_cells(cells: Any) -> None:
    genes, outputs, _ = cells
    path = default_penalties(genes, outputs, 5)
    assert path == sorted(path, reverse=True)
    first, *_, last = penalty_path(genes, outputs, make_folds(120, 3), path, CHOICE)
    assert first.n_genes.mean() < last.n_genes.mean()
    folds = make_folds(120, 3)
    nested = nested_cross_validation(genes, outputs, folds, path, CHOICE)
    train = training_cells(120, folds[0])
    best, _ = choose_penalty(genes.rows(train), outputs[train], path, CHOICE)
    assert nested.penalties[0] == best and nested.r2.mean() > 0.4
    with pytest.raises(IonfoError, match="no penalty from 50 to 60 selects 2 genes"):
        choose_penalty(genes, outputs, [60.0, 50.0], CHOICE)


def test_within_families_a_new_family_is_at_the_mean_of_all(cells: Any) -> None:
    genes, outputs, families = cells
    model = fit_genes(genes, outputs, CHOICE, families)
    told = model.predict(genes.values, np.full(120, "new"))
    base = model.predict(genes.values, families)
    offsets = np.array([model.sd * model.centres[one][1] for one in families])
    shift = np.array([model.centres[one][0] for one in families]) @ model.regression.coefficients
    np.testing.assert_allclose(base, told + offsets - model.sd * shift, rtol=1e-9)


@pytest.mark.parametrize(
    ("counts", "told"),
    [
        ([[-1.0, 2.0], [1.0, 1.0]], "must not be negative, gene 'a' of row 0"),
        ([[1.5, 2.0], [1.0, 1.0]], "whole numbers, gene 'a' of row 0 has 1.5; they are divided"),
        ([[0.0, 0.0], [1.0, 1.0]], "row 0 has none"),
        ([[np.nan, 0.0], [1.0, 1.0]], "must be finite"),
        ([[1.0], [2.0]], "got \\(2, 1\\)"),
    ],
)
def test_bad_counts_get_one_sentence(counts: Any, told: str) -> None:
    with pytest.raises(IonfoError, match=told):
        gene_table(counts, ["a", "b"])


def test_folds_and_constant_genes_are_refused(cells: Any) -> None:
    genes, outputs, _ = cells
    with pytest.raises(IonfoError, match="got 10 folds of 4 cells"):
        make_folds(4, 10)
    counts = genes.values.copy()
    counts[:, 3] = 0
    counts[0, 3] = 9  # in one cell, which each fold but one can see
    with pytest.raises(IonfoError, match="'gene3' does not vary over the 90 cells"):
        cross_validate(gene_table(counts, genes.names), outputs, make_folds(120, 4), CHOICE)
    outputs = outputs.copy()
    outputs[:, 1] = 3.0
    with pytest.raises(IonfoError, match="column 1 does not; leave it out"):
        cross_validate(genes, outputs, make_folds(120, 4), CHOICE)


def test_published_folds_and_preparation_give_the_stored_r2(shared: Path) -> None:
    stored = json.loads((shared / "data/reference/npe/srrr.json").read_text())
    table = pd.read_parquet(shared / "data/reference/npe/npe_m1_cells.parquet")
    columns = [f"count/{one}" for one in stored["gene_list"]]
    counts = pd.read_parquet(
        shared / "data/expression/m1_patchseq_counts.parquet", columns=["cell_id", *columns]
    ).set_index("cell_id")
    genes = gene_table(counts.loc[table["cell_id"]].to_numpy(float), stored["gene_list"])
    outputs = table.filter(like="map/").to_numpy(float)
    x, y = scaled_once(genes, outputs)
    fit = stored["cv_rank2"][2]
    for relaxed, name in ((False, "r2"), (True, "relaxed")):
        choice = RegressionChoice(2, fit["lam"], relaxed)
        found = cross_validate(x, y, make_folds(len(y)), choice)
        assert found.r2.mean() == pytest.approx(fit[name], abs=1e-4)
        assert found.n_genes.mean() == pytest.approx(fit["genes"], abs=0.11)
        if relaxed:
            np.testing.assert_allclose(
                found.r2_outputs.mean(axis=0), fit["per_parameter"], atol=1e-3
            )


def test_a_penalty_that_leaves_too_few_genes_is_not_chosen(
    cells: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The best penalty by its folds is of no use where the fit of all of them has no solution."""
    genes, outputs, _ = cells
    best, _ = choose_penalty(genes, outputs, [0.1, 0.2], CHOICE, 3)
    real = cross_validation.fit_genes

    def fit(table: Any, y: Any, choice: Any, families: Any = None) -> Any:
        model = real(table, y, choice, families)
        if len(y) == 120 and choice.penalty == best:
            return replace(model, regression=replace(model.regression, r2=np.nan))
        return model

    monkeypatch.setattr(cross_validation, "fit_genes", fit)
    assert {choose_penalty(genes, outputs, [0.1, 0.2], CHOICE, 3)[0], best} == {0.1, 0.2}
