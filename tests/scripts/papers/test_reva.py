"""Claims are judged by the data: populations whose structure is known."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ionfo.emodels import load_emodel
from ionfo.tables.files import write_table

Run = Callable[..., str]
Load = Callable[[str], Any]
Population = Callable[[str, int, float], pd.DataFrame]


@pytest.mark.slow
def test_claims_are_judged_by_the_data(run: Run, populations: Path, tmp_path: Path) -> None:
    run("papers/reva.py", "--populations", populations, "--out", tmp_path, "--replicates", "6")
    rows = pd.read_csv(tmp_path / "claims.csv").groupby(["claim", "population"])["verdict"]
    found = rows.agg(list).to_dict()
    rest = "the minimal set of the resting potential is g_pas and gIh"
    assert found[rest, "cac"] == ["not claimed"]  # of the L5PC only, as the test below
    assert found["redundancy is about ten times smaller", "bnac"] == ["not claimed"]
    assert found["the minimum stabilises before the last of 21 parameters", "bnac"] == [
        "not claimed"
    ]
    assert found["the minimum stabilises at order 14 of 21 parameters", "cac"] != ["not claimed"]
    assert found["synergy dominates", "bnac"] == ["reproduces"]
    assert found["synergy dominates", "cac"] != ["reproduces"]
    assert found["bNAC is more synergistic than cAC", "cac and bnac"] == ["reproduces"]
    assert len(found["models of high cost are more redundant", "cac"]) == 3
    assert "reproduces" not in found["models of high cost are more redundant", "cac"]
    told = (tmp_path / "claims.md").read_text()
    assert "ESS" in told and "minimal set at 95 %" in told and "whole walkers" in told


def test_rows_are_weighed_as_at_another_temperature(
    load: Load, tmp_path: Path, population: Population
) -> None:
    Models = load("papers/reva.py").Models
    rng = np.random.default_rng(0)
    emodel = load_emodel("cac")
    # costs of a density exp(-cost/T) up to 5, T = 0.5, and a parameter that follows the cost
    cost = -0.5 * np.log1p(-rng.random(20_000) * -np.expm1(-5 / 0.5))
    frame = pd.concat([population("cac", 0, 0.0)] * 50, ignore_index=True).assign(cost=cost)
    metadata = {"emodel": emodel.model_dump(mode="json"), "settings": {"temperature": 0.5}}
    write_table(tmp_path / "cac.parquet", frame, metadata)
    cool = Models.read("cac", tmp_path / "cac.parquet", [])
    warm = cool.at(1.0)
    below = np.exp(-5.0)
    assert np.average(cost, weights=cool.weights) == pytest.approx(0.5, abs=0.02)
    expected = (1 - 6 * below) / (1 - below)  # mean of exp(-cost) cut at 5
    assert np.average(cost, weights=warm.weights) == pytest.approx(expected, abs=0.05)
    assert warm.worth < 0.8 * cool.worth
    assert np.array_equal(cool.at(0.5).weights, cool.weights)


def written(
    folder: Path, name: str, frame: pd.DataFrame, temperature: float | None = 1.0, of: str = ""
) -> Path:
    """Write a population as a chain of a temperature left it."""
    emodel = load_emodel(of or name.partition("_")[0])
    metadata: dict[str, object] = {"emodel": emodel.model_dump(mode="json")}
    if temperature is not None:
        metadata["settings"] = {"temperature": temperature}
    write_table(folder / f"{name}.parquet", frame, metadata)
    return folder / f"{name}.parquet"


def drifting(frame: pd.DataFrame, until: int, by: float) -> pd.DataFrame:
    """Move all parameters with the step, up to a step, by so many SDs."""
    columns = [one for one in frame if str(one).startswith("parameters/")]
    left = np.clip(until - frame["step"].to_numpy(), 0, None) / max(until, 1)
    moved = frame[columns] + by * np.outer(left, frame[columns].std())
    return frame.assign(**{str(one): moved[one] for one in columns})


def test_the_set_of_the_resting_potential_is_judged_on_the_pyramidal_cell(
    load: Load, tmp_path: Path, population: Population
) -> None:
    reva = load("papers/reva.py")
    for name, verdict in (("l5pc", "reproduces"), ("cac", "not claimed")):
        file = written(tmp_path, name, population(name, 2, 0.0))
        models = reva.Models.read(name, file, [reva.RMP])
        found = reva.sets_of(models, reva.RMP, 3, 0)
        assert set(found[0]) == {0.8, 0.9, 0.95}
        row = reva.claim_of_rest(models, found)
        assert (row["estimate"], row["verdict"]) == ("gIhbar_Ih.somadend, g_pas.all", verdict)


def test_replicates_of_a_set_have_a_say(load: Load, tmp_path: Path, population: Population) -> None:
    reva = load("papers/reva.py")
    file = written(tmp_path, "l5pc", population("l5pc", 2, 0.0))
    models = reva.Models.read("l5pc", file, [reva.RMP])
    wanted = frozenset({"gIhbar_Ih.somadend", "g_pas.all"})
    more, other = wanted | {"gK_Tstbar_K_Tst.axonal"}, frozenset({"g_pas.all"})
    for whole, replicates, verdict in (
        (wanted, [wanted, wanted, more], "reproduces"),
        (wanted, [wanted, more, more], "in part: replicates add more"),
        (wanted, [wanted, other, other], "open: replicates disagree"),
        (more, [more, more, more], "in part: with 1 more"),
        (other, [wanted, other, other], "does not reproduce"),
    ):
        found = (dict.fromkeys((0.8, 0.9, 0.95), whole), replicates)
        assert reva.claim_of_rest(models, found)["verdict"] == verdict


def test_chains_that_settle_get_no_verdict_and_no_interval(
    load: Load, tmp_path: Path, population: Population
) -> None:
    reva = load("papers/reva.py")
    frame = population("cac", 0, 5.0)
    still = reva.Models.read("cac", written(tmp_path, "cac", frame), [])
    assert not still.is_settling and still.n_replicates(40) == 40
    marching = written(tmp_path, "cac_high", drifting(frame, 10, 4.0))
    models = reva.Models.read("cac", marching, [])
    assert models.is_settling and models.n_replicates(40) == 0
    rows = reva.claims_of_one(models, 0, 0) + reva.claims_of_high_cost(still, models, 40, 0)
    verdicts = {row["claim"]: row["verdict"] for row in rows}
    assert verdicts.pop("redundancy is about ten times smaller") == "not claimed"
    assert set(verdicts.values()) == {"withdrawn: the chains are still settling"}
    assert {row["interval_95"] for row in rows} == {"–"} and len(rows) == 6
    assert "still settling" in models.told


def test_what_chains_drift_at_first_is_left_out(
    load: Load, tmp_path: Path, population: Population
) -> None:
    reva = load("papers/reva.py")
    frame = pd.concat([population("cac", seed, 0.0).assign(step=lambda one, i=seed: one["step"]
        + 10 * i) for seed in range(4)], ignore_index=True)  # fmt: skip
    models = reva.Models.read("cac", written(tmp_path, "cac", drifting(frame, 8, 6.0)), [])
    assert models.sample.stationarity.verdict == "settled" and not models.is_settling
    assert 5 <= models.left_out <= 20
    assert models.sample.step.min() == models.left_out
    assert models.sample.n_rows == 40 * (40 - models.left_out)
    assert f"without the first {models.left_out:g} proposals" in models.told


def test_a_state_held_across_the_burn_in_counts_for_the_rest(
    load: Load, tmp_path: Path, population: Population
) -> None:
    reva = load("papers/reva.py")
    frame = population("cac", 0, 0.0)
    frame = frame.assign(weight=5.0, step=5 * frame["step"])
    table = reva.Models.read("cac", written(tmp_path, "cac", frame), []).table
    kept = reva.from_proposal(table, 12.0)
    assert len(kept.weights) == 40 * 8 and kept.weights.sum() == 40 * (50 - 12)
    first = kept.step == 12
    assert first.sum() == 40 and (kept.weights[first] == 3).all()
    assert (kept.weights[~first] == 5).all() and len(kept.cost) == len(kept.weights)


def test_high_cost_is_compared_at_equal_temperature(
    load: Load, tmp_path: Path, population: Population
) -> None:
    reva = load("papers/reva.py")
    rng = np.random.default_rng(0)
    frame = population("cac", 0, 0.0)
    low = frame.assign(cost=3 + 2 * rng.random(len(frame)))

    def pair(cool: float | None, warm: float | None) -> tuple[Any, Any, str, str]:
        first = reva.Models.read("cac", written(tmp_path, "cac", low, cool), [])
        file = written(tmp_path, "cac_high", frame.assign(cost=7.0), warm)
        return reva.at_equal_temperature(first, reva.Models.read("cac", file, []))

    one, other, words, open_ = pair(1.0, 3.0)
    assert (one.temperature, other.temperature, open_) == (3.0, 3.0, "")
    expected = np.exp(low["cost"] * (1 - 1 / 3))
    np.testing.assert_allclose(one.weights / one.weights[0], expected / expected[0])
    kish = expected.sum() ** 2 / np.sum(expected**2)
    assert f"Kish ESS {kish:.0f} of 400" in words
    assert one.worth < other.worth
    # weights that a few rows carry say nothing of another temperature
    assert pair(0.02, 3.0)[3] == "open: another temperature"
    assert pair(None, 3.0)[2:] == ("at temperatures not known", "open: temperatures not known")
    assert pair(2.0, 2.0)[2:] == ("both at T = 2", "")


def test_independent_draws_are_worth_what_their_weights_say(
    load: Load, tmp_path: Path, population: Population
) -> None:
    reva = load("papers/reva.py")
    frame = population("cac", 0, 0.0).drop(columns=["walker", "step"])
    weight = np.random.default_rng(0).exponential(size=len(frame))
    metadata = {
        "emodel": load_emodel("cac").model_dump(mode="json"),
        "settings": {"temperature": 3.0},
        "importance": {"effective_sample_size": 150.0},
    }
    write_table(tmp_path / "cac_high.parquet", frame.assign(weight=weight), metadata)
    draws = reva.Models.read("cac", tmp_path / "cac_high.parquet", [])
    assert draws.worth == pytest.approx(150.0) and not draws.is_settling
    assert draws.rows.n_units == len(frame) and draws.left_out == 0.0
    assert "; independent draws, worth 150; " in draws.told
    assert draws.told.endswith("resampled: draws")
    low = reva.Models.read("cac", written(tmp_path, "cac", population("cac", 1, 0.0), 3.0), [])
    rows = reva.claims_of_high_cost(low, draws, 20, 0)
    assert all("both worth 150 rows" in str(row["statistic"]) for row in rows) and len(rows) == 3


def test_a_quarter_of_the_walkers_scatters_more(
    load: Load, tmp_path: Path, population: Population
) -> None:
    reva = load("papers/reva.py")
    for synergy, shows in ((5.0, True), (0.0, False)):
        frame = population("bnac", 1, synergy)
        models = reva.Models.read("bnac", written(tmp_path, "bnac", frame), [])
        rng = np.random.default_rng(0)
        value, low, high = reva.quarter_of_walkers(models, 8, rng)
        whole = [reva.dominance(one) for one in reva.curves_of(models, rng, 8)]
        assert low < value < high
        assert high - low > 2 * 1.96 * np.std(whole, ddof=1)
        assert (value > 0.5) == shows


@pytest.mark.parametrize(
    ("published", "plateau", "interval", "verdict"),
    [
        (14, (13, 19), (12, 15), "reproduces"),
        (14, (15, 19), (15, 17), "reproduces"),
        (14, (10, 19), (9, 12), "in part: on the plateau, but not where it begins"),
        (14, (9, 12), (9, 12), "does not reproduce"),
        (14, (9, 12), (5, 19), "open: replicates disagree"),
        (None, (9, 12), (9, 12), "not claimed"),
    ],
)
def test_a_plateau_is_judged_by_where_replicates_arrive(
    load: Load, published: int | None, plateau: Any, interval: Any, verdict: str
) -> None:
    assert load("papers/reva.py").judge_plateau(published, plateau, interval, 21) == verdict


def test_a_module_that_hangs_on_the_share_is_open(load: Load) -> None:
    reva = load("papers/reva.py")
    a, b, c = frozenset("abcd"), frozenset("abcde"), frozenset("vwxyz")
    firm = ({0.8: a, 0.9: a, 0.95: b}, [a, b, a])
    row = reva.shared_module("S.rate", firm, ({0.8: a, 0.9: b, 0.95: b}, [a, a, b]), 21, True)
    assert row["verdict"] == "reproduces" and "1.00 at 80 %, 1.00 at 95 %" in row["statistic"]
    row = reva.shared_module("S.rate", firm, ({0.8: c, 0.9: b, 0.95: b}, [a, a, b]), 21, True)
    assert row["verdict"] == "open: another answer at 80 % of the lowest RSI"
    row = reva.shared_module("S.rate", firm, ({0.8: c, 0.9: c, 0.95: c}, [c, c, c]), 21, True)
    assert row["verdict"] == "does not reproduce"
