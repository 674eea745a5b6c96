"""The scripts on optimised populations, small; their verdicts on populations that are known."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ionfo.analysis.cells.class_tests import compare_classes
from ionfo.emodels import load_emodel
from ionfo.sampling import Evaluation

SOMA = load_emodel("soma")


def script(root: Path, name: str) -> Any:
    """Import a script by its path."""
    import importlib.util

    spec = importlib.util.spec_from_file_location(name, root / "scripts" / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look for their module
    spec.loader.exec_module(module)
    return module


def known_classes(shift: float) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    values = np.tile(rng.normal(size=(30, 4)), (2, 1))  # else some column differs by chance
    values[30:, :2] += shift
    return compare_classes(values, ["a"] * 30 + ["b"] * 30, list("pqrs"), n_bootstraps=50)


def test_verdicts_on_known_classes(root: Path) -> None:
    claims = script(root, "reproduce_nandi_classes")
    found = known_classes(3.0)
    assert claims.ordered(found, [("a", "b", "p"), ("a", "b", "q")])[1:] == ("holds", "holds")
    assert claims.ordered(found, [("a", "b", "p"), ("a", "b", "r")])[1] == "partly"
    assert claims.only(found, ("p", "q"), "a", "b")[1] == "holds"
    statistic, verdict, _ = claims.only(found, ("p",), "a", "b")
    assert verdict == "partly" and "others that differ, of 3: q (delta" in statistic
    assert claims.ordered(known_classes(-3.0), [("a", "b", "p")])[1] == "does not hold"
    assert claims.ordered(known_classes(0.0), [("a", "b", "p")])[1] == "not shown"


@pytest.mark.slow
def test_claims_on_the_stored_models(root: Path, shared: Path, tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, root / "scripts/reproduce_nandi_classes.py", shared / "data",
         "--out", tmp_path, "--bootstrap", "50", "--no-maps"],
        check=True, timeout=600,
    )  # fmt: skip
    table = pd.read_csv(tmp_path / "claims.csv")
    assert len(table) == 12 and table["verdict"].notna().all()
    assert (tmp_path / "claims.md").read_text().count("\n") == len(table) + 2
    tests = pd.read_csv(tmp_path / "tests.csv")
    assert (tests["q_two_sided"] >= tests["p_two_sided"]).all()
    counts = tests.groupby("family")[["n_first", "n_second"]].first()
    assert tuple(counts.loc["L4 and L5 conductances"]) == (17, 17)


def test_recovery_tells_recovered_from_sloppy(root: Path) -> None:
    virtual = script(root, "virtual_cells")
    rng = np.random.default_rng(1)
    low, high = SOMA.bounds.T
    truth = low + (high - low) * rng.random((30, len(low)))
    best = low + (high - low) * rng.random((30, len(low)))
    best[:, 0] = truth[:, 0]
    hall = best[:, None] + 0.01 * (high - low) * rng.normal(size=(30, 5, len(low)))
    found = virtual.recovery(truth, best, hall, SOMA).set_index("parameter")
    assert found["verdict"].iloc[0] == "recovered" and found["correlation"].iloc[0] > 0.99
    assert (found["verdict"].iloc[1:] != "recovered").all()
    assert (found["verdict"].iloc[1:] == "sloppy").mean() >= 0.5  # 30 cells: medians scatter
    assert found["spread"].iloc[1] == pytest.approx(0.01, rel=0.5)
    assert virtual.draw_recovery(truth, best, hall, SOMA).axes


def test_o_information_of_independent_models_is_their_bias(root: Path) -> None:
    virtual = script(root, "virtual_cells")
    rng = np.random.default_rng(2)
    chain, values = rng.normal(size=(3000, 5)), rng.normal(size=(40, 5)).repeat(4, axis=0)
    values += 1e-3 * rng.normal(size=values.shape)
    cells, rank = np.repeat(np.arange(40), 4), np.tile(np.arange(4), 40)
    table = virtual.o_information_table(values, cells, rank, chain, np.ones(3000), 30, 0)
    last = table[table["order"] == 5].set_index("population")
    assert last.loc["MCMC", "rows"] == last.loc["unique", "rows"] == 40
    error = (last.loc["MCMC", "high"] - last.loc["MCMC", "low"]) / 4 / np.sqrt(30)
    assert abs(last.loc["MCMC", "corrected"]) < 4 * error
    # twice the same cells: half the independent rows, so more of the bias than is corrected
    assert last.loc["oversampled", "corrected"] < -error
    assert len(virtual.draw_o_information(table).axes) == 2


@pytest.mark.neuron
@pytest.mark.slow
def test_virtual_cells_end_to_end_and_again(root: Path, tmp_path: Path) -> None:
    from ionfo.tables.files import write_table

    assert SOMA.reference is not None
    theta = np.array([[SOMA.reference[name] for name in SOMA.free_names]] * 3)
    frame = pd.DataFrame(
        theta * np.array([[1.0], [1.1], [0.9]]),
        columns=[f"parameters/{name}" for name in SOMA.free_names],
    )
    for one in SOMA.features:
        frame[f"features/{one.name}"] = one.mean * np.array([1.0, 1.02, 0.98])
    frame["features/Step_140.soma.v.AHP_depth"] = np.nan  # this experiment has none
    write_table(tmp_path / "p.parquet", frame, {"emodel": SOMA.model_dump(mode="json")})
    command = [
        sys.executable, root / "scripts/virtual_cells.py", tmp_path / "p.parquet",
        "--out", tmp_path / "v", "--cells", "2", "--generations", "2", "--offspring", "4",
        "--seeds", "1", "--hall", "4",
    ]  # fmt: skip
    for _ in range(2):  # the second time nothing is left to do
        subprocess.run(command, check=True, timeout=600)
    models = pd.read_parquet(tmp_path / "v/models.parquet")
    assert models.groupby("cell").size().tolist() == [4, 4]
    assert "features/Step_140.soma.v.AHP_depth" not in models
    assert len(pd.read_csv(tmp_path / "v/recovery.csv")) == 11


class FormulaEvaluator:
    """Answers with the distance from the middle of the bounds."""

    def __call__(self, theta: Any, order: Any = None) -> Evaluation:
        low, high = SOMA.bounds.T
        unit = (np.asarray(theta) - low) / (high - low)
        scores = 20 * np.abs(np.resize(unit, len(SOMA.features)) - 0.5)
        if order is not None:
            asked = [target.protocol in order for target in SOMA.targets]
            scores = np.where(asked, scores, np.nan)
        return Evaluation(scores, scores, float(np.nanmax(scores)))


def test_every_search_of_the_benchmark_counts(root: Path) -> None:
    bench = script(root, "bench_optimise")
    options = bench.argparse.Namespace(offspring=12, seeds=1, evaluations=2500, limit=3.2)
    rows = bench.convergence(SOMA, FormulaEvaluator(), options)
    found = pd.DataFrame(rows).set_index("search")
    assert len(found) == 4 and (found["evaluations"] <= 2500).all()
    reached = found["evaluations_to_limit"]
    assert reached["IBEA, one stage"] < 2500 and reached["CMA-ES"] < 2500
    assert np.isnan(reached["random"])  # 0.32 to the power of 11 of the volume
    assert found.loc["random", "lowest_largest_score"] > 3.2


@pytest.mark.neuron
@pytest.mark.slow
def test_leak_sets_the_input_resistance(root: Path, tmp_path: Path) -> None:
    pytest.importorskip("chaospy")
    from ionfo.tables.files import write_table

    assert SOMA.reference is not None
    row = {f"parameters/{name}": [SOMA.reference[name]] for name in SOMA.free_names}
    about = {"emodel": SOMA.model_dump(mode="json")}
    write_table(tmp_path / "p.parquet", pd.DataFrame(row), about)
    subprocess.run(
        [sys.executable, root / "scripts/study_sobol.py", tmp_path / "p.parquet", "--out",
         tmp_path, "--parameters", "g_pas.somatic,gSKv3_1bar_SKv3_1.somatic", "--order", "1"],
        check=True, timeout=300,
    )  # fmt: skip
    table = pd.read_csv(tmp_path / "sobol.csv").set_index(["parameter", "feature"])
    feature = "RinProtocol.soma.v.ohmic_input_resistance_vb_ssse"
    assert table.loc[("g_pas.somatic", feature), "first"] > 0.95
    assert table["points"].max() == 8 and (tmp_path / "sobol.png").exists()
