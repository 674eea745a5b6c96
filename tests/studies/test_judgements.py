"""What an analysis says of itself: which estimator leads, what settles, how sure extremes are."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

import ionfo
from ionfo.analysis import Design, Question
from ionfo.analysis.multiplets.questions import STATISTICS
from ionfo.tables.files import write_table

MEAN = STATISTICS.index("mean")


def known_copula(n: int, seed: int) -> NDArray[np.float64]:
    """Correlation matrix of a factor and one variable that sums two others."""
    rng = np.random.default_rng(seed)
    loadings = rng.standard_normal((n, 2)) * 0.7
    covariance = loadings @ loadings.T + np.eye(n)
    scale = np.sqrt(np.diag(covariance))
    return np.asarray(covariance / np.outer(scale, scale))


def test_log_normal_conductances_are_told_by_the_copula() -> None:
    n = 7
    correlation = known_copula(n, 0)
    rng = np.random.default_rng(1)
    rows = rng.standard_normal((3000, n)) @ np.linalg.cholesky(correlation).T
    table = pd.DataFrame(np.exp(1.5 * rows), columns=[f"g{i}" for i in range(n)])
    found = ionfo.analyse(table, shuffles=0, bootstrap=30, permutations=0)
    assert found.summary["estimator_leading"] == "copula"
    question = Question("o_information", tuple(range(n)))
    truth = Design(True).curve(question.measure(correlation), question.orders)
    frame = found.o_information
    for statistic in ("min", "max", "mean"):
        own = frame[frame["statistic"] == statistic]
        values = truth[:, STATISTICS.index(statistic)]
        low = own["confidence_low_nats"].to_numpy()
        high = own["confidence_high_nats"].to_numpy()
        assert np.mean((low <= values) & (values <= high)) >= 0.8, statistic
        # the Gaussian estimator beside it is far off, with a tight band
        other = own["other_corrected_nats"].to_numpy()
        assert np.abs(other[-1]) < 0.8 * np.abs(values[-1])
    assert any("Gaussian: lowest" in one for one in found.sentences())


def test_the_gaussian_estimator_leads_where_both_agree() -> None:
    rng = np.random.default_rng(2)
    rows = rng.standard_normal((800, 6)) @ np.linalg.cholesky(known_copula(6, 3)).T
    found = ionfo.analyse(pd.DataFrame(rows), shuffles=0, bootstrap=10, permutations=0)
    assert found.summary["estimator_leading"] == "gaussian"
    assert found.summary["estimator_other"] == "copula"
    frame = found.o_information
    assert np.allclose(frame["other_raw_nats"], frame["raw_nats"], atol=0.02)


def chains(seed: int, drift: float, n: int = 5) -> pd.DataFrame:
    """Two ensembles of twenty walkers, whose first parameter drifts by so many SDs."""
    rng = np.random.default_rng(seed)
    frames = []
    for walker in range(40):
        values = rng.standard_normal((30, n))
        values[:, 0] += drift * np.linspace(0, 1, 30)
        frame = pd.DataFrame(values, columns=[f"parameters/p{i}" for i in range(n)])
        frames.append(frame.assign(weight=2, ensemble=walker // 20, walker=walker,
                                   step=2 * np.arange(30)))  # fmt: skip
    return pd.concat(frames, ignore_index=True)


def test_chains_that_settle_get_no_verdict(tmp_path: Path) -> None:
    file = tmp_path / "population.parquet"
    chains(0, 6.0).to_parquet(file)
    found = ionfo.analyse(file, shuffles=20, bootstrap=4, permutations=20)
    assert found.summary["chains"] == "still settling"
    assert found.summary["significant_pairs"] is None
    told = "\n".join(found.sentences())
    assert told.startswith("the chains are still settling")
    assert "beyond the shuffles" not in told and "pairs depend" not in told
    page = found.report(tmp_path / "out").read_text()
    assert "still settling" in page and "is beyond its shuffles" not in page
    for table in ("o_information", "o_information_curves", "o_information_extremes",
                  "o_information_frequencies", "o_information_histogram", "sensitivity",
                  "mutual_information_pairs", "mutual_information"):  # fmt: skip
        frame = pd.read_csv(tmp_path / "out" / f"{table}.csv")
        assert (frame["chains"] == "still settling").all(), table
    title = found.plot_o_information().figure.get_suptitle()
    assert title.startswith("STILL SETTLING, no verdict")
    settled = ionfo.analyse(chains(1, 0.0), shuffles=20, bootstrap=4, permutations=20)
    assert settled.summary["chains"] == "settled"
    assert "beyond the shuffles" in "\n".join(settled.sentences())


def test_extremes_are_judged_one_by_one() -> None:
    rng = np.random.default_rng(4)
    rows = rng.standard_normal((400, 6))
    rows[:, 5] = rows[:, 0] + rows[:, 1] + 0.5 * rng.standard_normal(400)
    table = pd.DataFrame(rows, columns=[*"abcdef"])
    found = ionfo.analyse(table, shuffles=60, bootstrap=15, permutations=20)
    frame = found.extremes
    best = frame[(frame["order"] == 3) & (frame["side"] == "lowest")].set_index("multiplet")
    assert best.loc["a b f", "p"] == pytest.approx(1 / 61)
    assert best.loc["a b f", "recurrence"] == 1.0
    assert best["recurrence"].drop("a b f").max() < 1.0
    assert (frame["p_adjusted"] >= frame["p"]).all()
    nothing = pd.DataFrame(rng.standard_normal((400, 6)), columns=[*"abcdef"])
    found = ionfo.analyse(nothing, shuffles=60, bootstrap=15, permutations=20)
    assert (found.extremes["p_adjusted"] > 0.05).all()


def test_what_pairs_do_not_tell_and_what_hangs_on_choices(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    rows = np.exp(rng.standard_normal((500, 5)))
    rows[:, 4] = np.exp(
        np.abs(np.log(rows[:, 4])) * np.sign(np.log(rows[:, 0]) * np.log(rows[:, 1]))
    )
    table = pd.DataFrame(rows, columns=[*"abcde"])
    found = ionfo.analyse(table, shuffles=20, bootstrap=4, permutations=20)
    beyond = found.summary["beyond_pairs"]
    assert beyond["third_order"]["beyond_gaussian"] >= 1
    assert found.beyond is not None and found.beyond.third is not None
    assert list(found.sensitivity["setting"]) == [
        "linear", "logarithm", "normal scores (copula)"
    ]  # fmt: skip
    assert len(found.gradients) == 5
    local = found.local_o_information["local_nats"]
    last = found.o_information.query("order == 5 and statistic == 'mean'")["raw_nats"].iloc[0]
    assert local.mean() == pytest.approx(last, abs=1e-9)
    folder = found.write(tmp_path / "out")
    assert json.loads((folder / "summary.json").read_text())["beyond_pairs"] == beyond
    assert (folder / "co_moments.csv").exists() and (folder / "sensitivity.parquet").exists()


def test_temperature_and_cost_are_chosen_otherwise(tmp_path: Path) -> None:
    frame = chains(6, 0.0)
    rng = np.random.default_rng(7)
    frame["cost"] = 1.0 + rng.exponential(size=len(frame))
    file = tmp_path / "population.parquet"
    write_table(file, frame, {"settings": {"temperature": 1.0}})
    found = ionfo.analyse(file, shuffles=0, bootstrap=0, permutations=0)
    assert found.sensitivity is not None
    kinds = found.sensitivity.groupby("what")["effective_rows"].max()
    assert set(kinds.index) == {"scale", "temperature", "cost limit"}
    whole = kinds["scale"]
    assert (found.sensitivity["effective_rows"] <= whole + 1e-9).all()
    colder = found.sensitivity[found.sensitivity["setting"].str.startswith("T = 0.5")]
    weights = frame["weight"] * np.exp(-frame["cost"])
    kish = weights.sum() ** 2 / (weights**2).sum() / len(frame)
    assert colder["effective_rows"].iloc[0] == pytest.approx(kish * whole, rel=0.01)
