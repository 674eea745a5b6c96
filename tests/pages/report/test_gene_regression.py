"""Pages about gene regressions hold what was found, with the family beside it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from ionfo.pages.report.gene_regression import write_prediction_page, write_regression_page

from .test_page import data_of


def test_a_regression_is_drawn_beside_the_mean_of_the_family(tmp_path: Path) -> None:
    path = pd.DataFrame(
        [
            {"penalty": p, "prepared": prepared, "fit": fit, "genes": 9 / p, "r2": 0.1, "r2_sd": 0.0}
            for p in (0.1, 0.3) for prepared in ("inside_folds", "over_all_cells")
            for fit in ("sparse", "relaxed")
        ]
    )  # fmt: skip
    r2 = pd.DataFrame({"parameter": ["C", "tau"], "genes": [0.1, np.nan], "family": [0.2, 0.1],
                       "genes_within_families": [0.2, 0.1]})  # fmt: skip
    components = pd.DataFrame({"cell": ["x", "y"], "family": ["<Pvalb>", "Sst"],
                               "genes_1": [0.0, 1.0], "parameters_1": [1.0, 2.0]})  # fmt: skip
    coefficients = pd.DataFrame([[0.25, -0.5]], index=["Kcnc1"], columns=["C", "tau"])
    tables = {"path": path, "r2": r2, "components": components}
    file = write_regression_page(tmp_path, "Genes", ["R2 0.1"], tables, coefficients, 0.175)
    curves, bars, plane, map_ = data_of(file.read_text())["charts"]
    assert curves["layout"]["annotations"][0]["text"] == "mean of the family: 0.175"
    assert [trace["name"] for trace in curves["data"]] == [
        "sparse", "sparse, prepared once", "relaxed", "relaxed, prepared once",
    ]  # fmt: skip
    assert bars["data"][0]["y"] == [0.1, None] and len(plane["data"]) == 2
    assert map_["data"][0]["z"] == [[0.25, -0.5]]
    assert "<Pvalb>" not in file.read_text().partition('<script type="application/json"')[0]


def test_a_prediction_has_traces_of_cells(tmp_path: Path) -> None:
    by_feature = pd.DataFrame({"predictor": ["genes"] * 2, "feature": ["rest", "mean"],
                               "error_sd": [0.5, np.nan], "coverage_90": [0.9, 0.8]})  # fmt: skip
    traces = {"cell 1": {"measured": (np.arange(3.0), np.full(3, -70.0)),
                         "genes": (np.arange(3.0), np.full(3, -65.0))}}  # fmt: skip
    file = write_prediction_page(tmp_path, "Firing", ["told"], by_feature, traces)
    errors, coverage, voltages = data_of(file.read_text())["charts"]
    assert errors["data"][0]["y"] == [0.5, None] and coverage["data"][0]["y"] == [0.9, 0.8]
    assert [trace["name"] for trace in voltages["data"]] == ["measured", "genes"]
