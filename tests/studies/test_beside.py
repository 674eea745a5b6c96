"""``ionfo genes beside`` and ``sizes``: models and expression at equal rows, by one command."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ionfo.analysis import correlation_matrix, high_covariance_rows, o_information
from ionfo.cli import app
from ionfo.errors import IonfoError
from ionfo.studies.beside import BesideSettings, parse_table, prepare_table, prepare_tables
from ionfo.studies.sizes import SizeSettings, study_sizes
from ionfo.tables.expression import Expression

GENES = ["Kcna1", "Kcnc1", "Kcnd2", "Scn8a", "Hcn1", "Cacna1a", "Kcnq2"]


def expression(n: int = 90) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    values = rng.normal(5.0, 1.0, (n, 7)) + rng.standard_normal((n, 1))
    return pd.DataFrame(values, columns=GENES).assign(kind=["a", "b"] * (n // 2))


def population(n: int = 200) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    names = [
        "gIhbar_Ih.somadend", "gSKv3_1bar_SKv3_1.somatic", "gNaTgbar_NaTg.axonal", "g_pas.all",
        "e_pas.all", "gK_Tstbar_K_Tst.somatic",
    ]  # fmt: skip
    values = rng.standard_normal((n, 6))
    values[:, 5] += values[:, 0] + values[:, 1]
    return pd.DataFrame(values, columns=[f"parameters/{one}" for one in names])


def test_models_and_cells_are_drawn_side_by_side(tmp_path: Path) -> None:
    population().to_parquet(tmp_path / "models.parquet")
    expression().to_csv(tmp_path / "cells.csv", index=False)
    models, cells = tmp_path / "models.parquet", tmp_path / "cells.csv"
    arguments = [
        "genes", "beside", f"random={models}", f"covarying={models}::high-covariance",
        f"type a={cells}::kind=a", "--values", "log", "--rows", "40", "--shuffles", "5",
        "--bootstrap", "4", "--draws", "4", "--permutations", "20", "--threads", "1",
        "--out", str(tmp_path / "out"),
    ]  # fmt: skip
    app(arguments, standalone_mode=False)
    curves = pd.read_csv(tmp_path / "out/beside_curves.csv")
    assert set(curves["rows"]) == {40}
    rows_of = curves.groupby("table")["rows_of_the_table"].first().to_dict()
    assert rows_of == {"random": 200, "covarying": 40, "type a": 45}
    values = population().to_numpy()
    covarying = values[high_covariance_rows(values, 40)]
    whole = curves[
        (curves["table"] == "covarying") & (curves["order"] == 6) & (curves["statistic"] == "mean")
    ]
    expected = o_information(correlation_matrix(covarying))
    assert whole["raw_nats"].iloc[0] == pytest.approx(expected, abs=1e-12)
    joined = pd.read_csv(tmp_path / "out/beside_channels.csv")
    ih = joined[joined["channel"] == "Ih"].set_index("gene")["is_in_the_expression"]
    assert ih["Hcn1"].all() and not ih["Hcn3"].any()
    told = json.loads((tmp_path / "out/beside.json").read_text())
    assert told["tables"]["type a"]["variables"] == GENES
    for stem in ("o_information", "mutual_information", "four_lowest", "four_highest"):
        assert (tmp_path / f"out/beside_{stem}.png").exists()


def test_rows_of_a_chain_are_thinned_first(capsys: pytest.CaptureFixture[str]) -> None:
    frame = population(240)
    book = pd.DataFrame(
        {"ensemble": 0, "walker": np.repeat(range(6), 40), "step": np.tile(range(40), 6)}
    ).assign(weight=3)
    names = [name.removeprefix("parameters/") for name in frame]
    models = Expression(frame.to_numpy(), names, book, "parameters", "models.parquet")
    table = prepare_table(parse_table("m=models.parquet"), models, BesideSettings())
    # each state is held for three steps, so three held steps are worth about one row
    assert len(table.values) < 300 and "rows count as independent" in capsys.readouterr().err


def test_tables_that_cannot_be_compared_are_refused(tmp_path: Path) -> None:
    with pytest.raises(IonfoError, match="must be NAME=FILE"):
        parse_table("cells.csv")
    with pytest.raises(IonfoError, match="must be random, high-covariance or COLUMN=LABEL"):
        parse_table("a=cells.csv::large")
    expression(20).to_csv(tmp_path / "cells.csv", index=False)
    arguments = ["genes", "beside", f"a={tmp_path / 'cells.csv'}", "--values", "log", "--out"]
    with pytest.raises(IonfoError, match="more than the 7 variables and at most the 20 rows"):
        app([*arguments, str(tmp_path / "out"), "--rows", "21"], standalone_mode=False)
    (tmp_path / "three.txt").write_text("Kcna1\nHcn1\nScn8a\n")
    genes = ["--genes", str(tmp_path / "three.txt")]
    with pytest.raises(IonfoError, match="needs at least 4 variables that vary, got 3"):
        app([*arguments, str(tmp_path / "out"), *genes], standalone_mode=False)


def test_genes_of_the_conductances_are_found_by_former_symbols_too() -> None:
    models = Expression(
        population(50).to_numpy(),
        [name.removeprefix("parameters/") for name in population(2)],
        pd.DataFrame(index=range(50)),
        "parameters",
        "models",
    )
    names = ["Scn2a1", "Scn8a", "Hcn1", "Kcnc1", "Kcnd2", "Kcnq2"]
    values = np.random.default_rng(0).normal(5, 1, (30, 6))
    cells = Expression(values, names, pd.DataFrame(index=range(30)), "log", "cells")
    settings = BesideSettings(genes="conductances")
    specs = [(parse_table("m=models"), models), (parse_table("c=cells"), cells)]
    # the models have axonal sodium channels only, which Scn8a carries
    assert prepare_tables(specs, settings)[1].names == ["Scn8a", "Hcn1", "Kcnc1", "Kcnd2"]
    models.genes[2] = "gNaTgbar_NaTg.somatic"
    assert prepare_tables(specs, settings)[1].names[0] == "Scn2a1"
    with pytest.raises(IonfoError, match="needs a table of models with conductances"):
        prepare_tables(specs[1:], settings)


def test_the_cells_that_a_group_needs_are_written(tmp_path: Path) -> None:
    expression(180).to_csv(tmp_path / "cells.csv", index=False)
    arguments = [
        "genes", "sizes", str(tmp_path / "cells.csv"), "--values", "log", "--group", "kind",
        "--sizes", "20,40,60", "--draws", "6", "--out", str(tmp_path / "out"),
    ]  # fmt: skip
    app(arguments, standalone_mode=False)
    needed = pd.read_csv(tmp_path / "out/needed.csv")
    assert set(needed["group"]) == {"a", "b"} and set(needed["order"]) == set(range(3, 8))
    sizes = pd.read_parquet(tmp_path / "out/sizes.parquet")
    assert set(sizes["rows"]) == {20, 40, 60} and (tmp_path / "out/sizes.svg").exists()
    # the common factor is strong: sixty cells show its redundancy
    assert (sizes[(sizes["rows"] == 60) & (sizes["order"] == 7)]["low_nats"] > 0).all()


def test_groups_too_small_for_a_study_are_refused(tmp_path: Path) -> None:
    frame = expression(24)
    table = Expression(frame[GENES].to_numpy(), GENES, frame[["kind"]], "log", "cells")
    with pytest.raises(IonfoError, match="no group is large enough"):
        study_sizes(table, tmp_path, SizeSettings("kind"))
    with pytest.raises(IonfoError, match="--draws must be at least 3, got 2"):
        study_sizes(table, tmp_path, SizeSettings("kind", draws=2))
