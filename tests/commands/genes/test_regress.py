"""``ionfo genes regress`` and ``predict``: cells are matched, and what they find is written."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ionfo import genes
from ionfo.cli import app
from ionfo.commands.genes.predict import predict_command
from ionfo.commands.genes.regress import regress_command
from ionfo.emodels.point.hh import HH_BOUNDS
from ionfo.errors import IonfoError
from ionfo.features.patchseq import PATCHSEQ_FEATURES
from ionfo.sampling.posterior.hh import hh_features
from ionfo.studies.gene_cells import GeneSettings
from ionfo.studies.predict import PredictSettings, measured_features
from ionfo.studies.regress import RegressSettings
from ionfo.studies.regress_output import coefficient_table
from ionfo.tables.cell_parameters import read_cell_parameters

pytest.importorskip("sklearn")

SPIKING = [9.5, 273.0, 21.4, 93.0, 36.3, 10.7, 0.9, 27.4, 0.9, -85.2, 413.0, -54.4, 1.66]
NAMES = ["Kcna1", "Kcnc1", "Kcnd2", "Scn8a", "Hcn1", "Scn1a"]
N_CELLS = 24


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Counts of six genes, the first two of which tell parameters of cells that spike."""
    rng = np.random.default_rng(0)
    folder = tmp_path_factory.mktemp("tables")
    level = rng.standard_normal((N_CELLS, 6))
    counts = rng.poisson(np.exp(4.0 + 0.6 * level)).astype(float)
    frame = pd.DataFrame(counts, columns=[f"count/{one}" for one in NAMES])
    frame.insert(0, "cell_id", [f"c{i}" for i in range(N_CELLS)])
    frame.assign(family=["a", "b"] * (N_CELLS // 2)).to_parquet(folder / "counts.parquet")
    bounds = np.array(list(HH_BOUNDS.values()))
    theta = np.array(SPIKING) + 0.02 * np.ptp(bounds, axis=1) * rng.standard_normal((N_CELLS, 13))
    theta[:, 5] += 1.5 * level[:, 0]
    theta[:, 7] += 10.0 * (level[:, 1] - level[:, 1].min())
    theta = np.clip(theta, *bounds.T)
    features = hh_features(theta, seed=3)
    table = pd.DataFrame(theta, columns=[f"parameters/{one}" for one in HH_BOUNDS])
    table[[f"features/{one}" for one in PATCHSEQ_FEATURES]] = features
    table.insert(0, "cell", [f"c{i}" for i in range(N_CELLS)])
    table.iloc[::-1].to_csv(folder / "fits.csv", index=False)
    return folder / "counts.parquet", folder / "fits.csv"


def test_regress_finds_what_was_put_in_and_writes_it(
    tables: tuple[Path, Path], tmp_path: Path
) -> None:
    counts, fits = map(str, tables)
    quick = [
        "--folds",
        "3",
        "--penalties",
        "3",
        "--permutations",
        "4",
        "--labels",
        "family",
        "--out",
        str(tmp_path),
    ]
    app(["genes", "regress", counts, fits, *quick], standalone_mode=False)
    summary = json.loads((tmp_path / "regress.json").read_text())
    assert summary["cells"] == N_CELLS and set(summary["selected"]) <= set(NAMES)
    frame = pd.read_csv(fits, float_precision="round_trip")
    found = genes.regress(
        pd.read_parquet(counts), frame, "family", folds=3, penalties=3, permutations=0
    )
    assert found.cells.cells[0] == f"c{N_CELLS - 1}" and found.tests == []
    assert summary["nested"]["r2"] == pytest.approx(found.nested.r2.mean())
    r2 = found.r2.set_index("parameter")["genes"]
    assert r2["gKd"] > 0.2 and found.r2["genes"].idxmax() in (5, 7)
    assert abs(found.coefficients["gKd"]).idxmax() == "Kcna1"
    told = pd.read_parquet(tmp_path / "coefficients.parquet")
    assert set(told["gene"]) == set(found.coefficients.index) and len(found.drawn) == 0
    assert "the mean of the family alone" in found._repr_html_()
    assert "mean of the family" in (tmp_path / "report.html").read_text()


def test_uncertain_parameters_make_uncertain_coefficients(tables: tuple[Path, Path]) -> None:
    counts, fits = tables
    frame = pd.read_csv(fits)
    names = [f"parameters/{one}" for one in HH_BOUNDS]
    rng = np.random.default_rng(1)
    draws = pd.concat([frame] * 5, ignore_index=True)
    draws[names] += 0.3 * frame[names].std().to_numpy() * rng.standard_normal((len(draws), 13))
    found = genes.regress(
        counts, draws, "family", folds=2, permutations=0, draws=4, penalty=0.2, penalties=2
    )
    assert len(found.drawn) == 4 and found.drawn.std(axis=0).max() > 0.01
    assert "4 draws of the parameters:" in found.sentences()[-1]
    table = coefficient_table(found)
    assert (table["sd_over_draws"] > 0).any() and table["selected_in_draws"].between(0, 1).all()


@pytest.mark.parametrize(
    ("change", "options", "told"),
    [
        ({"cell": [f"x{i}" for i in range(N_CELLS)]}, {}, "0 of 24 cells of 'parameters'"),
        ({"cell": ["c0", *(f"x{i}" for i in range(1, N_CELLS))]}, {}, "1 of 24 cells"),
        ({}, {"folds": 30}, "got 30 folds of 24 cells"),
        ({}, {"rank": 7}, "--rank must be at most the smaller of 13 parameters and 6 genes"),
        ({}, {"penalty": 0.0}, "--penalty must be above 0"),
        ({}, {"penalty": float("nan")}, "--penalty must be above 0"),
        ({}, {"least_count": 1e9}, "none of 6 genes has 1e\\+09 counts"),
        ({"parameters/gM": 1.0}, {}, "parameter 'gM' does not vary over the 24 matched cells"),
        ({}, {"labels": "cell_id"}, "every cell has a label of its own in column 'cell_id'"),
        ({}, {"columns": "map/"}, "no column that starts with 'map/'"),
        ({}, {"cell": "id"}, "no column 'id' with the names"),
    ],
)
def test_bad_input_gets_one_sentence(
    tables: tuple[Path, Path], change: dict[str, Any], options: dict[str, Any], told: str
) -> None:
    frame = pd.read_csv(tables[1]).assign(**change)
    with pytest.raises(IonfoError, match=told):
        genes.regress(tables[0], frame, **{"labels": "family", **options})


def test_a_cell_without_counts_is_named(tables: tuple[Path, Path]) -> None:
    counts = pd.read_parquet(tables[0])
    counts.loc[5, [f"count/{one}" for one in NAMES]] = 0.0
    with pytest.raises(IonfoError, match="cell 'c5' has no counts of the 6 genes"):
        genes.regress(counts, tables[1], "family")


def test_counts_that_were_normalised_before_are_refused(tables: tuple[Path, Path]) -> None:
    counts = pd.read_parquet(tables[0])
    columns = [f"count/{one}" for one in NAMES]
    for factor, told in ((0.37, "must be whole numbers"), (-1.0, "must not be negative")):
        with pytest.raises(IonfoError, match=told):
            genes.regress(
                counts.assign(**(counts[columns] * factor)), pd.read_csv(tables[1]), "family"
            )


def test_predict_sets_every_way_beside_the_own_fit(
    tables: tuple[Path, Path], tmp_path: Path
) -> None:
    counts, fits = map(str, tables)
    recorded = tmp_path / "recorded.csv"
    pd.DataFrame({"cell": [f"c{i}" for i in range(N_CELLS)] * 2, "t": 0.0, "v": -70.0}).to_csv(
        recorded, index=False
    )
    out = tmp_path / "out"
    quick = [
        "--folds",
        "3",
        "--penalties",
        "3",
        "--draws",
        "5",
        "--labels",
        "family",
        "--out",
        str(out),
    ]
    line = ["genes", "predict", counts, fits, "--recordings", str(recorded), *quick]
    app([*line, "--threads", "1"], standalone_mode=False)
    table = pd.read_parquet(out / "predictors.parquet").set_index("predictor")
    assert list(table.index) == [
        "own fit", "genes", "family mean", "genes within families", "mean of all cells",
        "measured cells of the family",
    ]  # fmt: skip
    # the own parameters differ from the measured cell by the noise of the current alone
    assert table["distance_median"].idxmin() == table["score"].idxmin() == "own fit"
    # fits without draws have no intervals
    assert table["coverage_90"].isna().tolist() == [True, *[False] * 5]
    summary = json.loads((out / "predict.json").read_text())
    assert set(summary["predictors"]) == set(table.index)
    low, high = summary["gains_of_score"]["gain of genes within families"]["central_95"]
    assert low < high
    features = pd.read_parquet(out / "cell_features.parquet")
    known = features.dropna(subset=["low_90"])
    assert (known["low_90"] <= known["median"]).all() and len(features) == 6 * N_CELLS * 23
    page = (out / "report.html").read_text()
    assert "measured" in page and "Traces of chosen cells" in page


def test_predict_names_what_the_table_lacks(tables: tuple[Path, Path]) -> None:
    frame = pd.read_csv(tables[1])
    for column, told in (
        ("parameters/gKd", "no parameter 'gKd', and the model 'hh' needs"),
        ("features/skew", "no column 'features/skew'; measured features"),
    ):
        with pytest.raises(IonfoError, match=told):
            genes.predict(tables[0], frame.drop(columns=column), "family", folds=3)
    with pytest.raises(IonfoError, match="'features/skew' must hold numbers that vary"):
        genes.predict(tables[0], frame.assign(**{"features/skew": 1.0}), "family", folds=3)
    with pytest.raises(IonfoError, match="'features/skew' must hold numbers that vary"):
        genes.predict(tables[0], frame.assign(**{"features/skew": "x"}), "family", folds=3)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"draws": 2}, "--draws must be at least 5, got 2"),
        ({"rest": "after"}, "rest must be 'before' or 'before and after', got 'after'"),
        ({"permutations": 5}, "there is no option 'permutations'"),
    ],
)
def test_predict_refuses_what_it_does_not_know(
    tables: tuple[Path, Path], options: dict[str, Any], told: str
) -> None:
    with pytest.raises(IonfoError, match=told):
        genes.predict(tables[0], tables[1], "family", **options)


def test_recordings_of_other_cells_are_refused(tables: tuple[Path, Path], tmp_path: Path) -> None:
    file = tmp_path / "recorded.csv"
    pd.DataFrame({"cell": ["x"], "t": [0.0], "v": [-70.0]}).to_csv(file, index=False)
    with pytest.raises(IonfoError, match="none of the 1 recorded cells, such as 'x', is among"):
        genes.predict(*tables, "family", recordings=file)


def test_what_is_not_finite_was_not_measured(tables: tuple[Path, Path]) -> None:
    frame = pd.read_csv(tables[1])
    frame.loc[0, "features/skew"] = np.inf
    found = measured_features(read_cell_parameters(frame), "features/")
    column = list(PATCHSEQ_FEATURES).index("skew")
    assert np.flatnonzero(np.isnan(found[:, column])).tolist() == [0]


def test_a_folder_that_cannot_be_made_is_refused_before_the_work(
    tables: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object) -> None:
        raise AssertionError

    for name, function in (("regress_genes", genes.regress), ("predict_firing", genes.predict)):
        monkeypatch.setattr(genes, name, never)
        with pytest.raises(IonfoError, match="is a file; choose another folder"):
            function(*tables, "family", tables[0])


@pytest.mark.parametrize(
    ("command", "settings"),
    [(regress_command, RegressSettings("family")), (predict_command, PredictSettings("family"))],
)
def test_defaults_of_the_command_are_those_of_the_function(
    command: Callable[..., None], settings: GeneSettings
) -> None:
    named = {"gene_set": "genes"}
    options = inspect.signature(command).parameters.values()
    own = {named.get(one.name, one.name): one.default for one in options}
    for name, value in vars(settings).items():
        if name not in ("labels", "threads", "run", "rest"):
            assert own[name] == value
