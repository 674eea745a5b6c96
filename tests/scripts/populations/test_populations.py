"""Figures and claims from populations whose structure is known; the bundled ones re-score."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ionfo.emodels import load_emodel
from ionfo.tables.files import read_table, write_table

RMP = "RMPProtocol.soma.v.steady_state_voltage_stimend"


def population(name: str, seed: int, synergy: float) -> pd.DataFrame:
    """Independent parameters, but for one that nearly is the sum of two others.

    The resting potential is the sum of g_pas and gIh, so that these two are its minimal set.
    """
    emodel = load_emodel(name)
    rng = np.random.default_rng(seed)
    n = 400
    unit = rng.standard_normal((n, len(emodel.free_names)))
    row = list(emodel.free_names).index
    if synergy:
        unit[:, 3] = unit[:, 4] + unit[:, 5] + rng.standard_normal(n) / synergy
    low, high = emodel.bounds.T
    theta = low + (high - low) * (0.5 + 0.08 * unit)
    columns = {f"parameters/{one}": theta[:, i] for i, one in enumerate(emodel.free_names)}
    rest = unit[:, row("g_pas.all")] + unit[:, row("gIhbar_Ih.somadend")]
    for feature in emodel.features:
        told = rest if feature.name == RMP else rng.standard_normal(n)
        noise = 0.05 * rng.standard_normal(n)
        columns[f"features/{feature.name}"] = feature.mean + feature.std * (told + noise)
        columns[f"scores/{feature.name}"] = np.abs(told + noise)
    return pd.DataFrame(columns).assign(
        cost=1.0, log_prob=-2.0, weight=1.0, ensemble=np.arange(n) % 4, walker=np.arange(n) % 40,
        step=np.arange(n) // 40,
    )  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("populations")
    for seed, (name, synergy) in enumerate((("cac", 0.0), ("bnac", 5.0), ("cac_high", 0.0))):
        emodel = load_emodel(name.partition("_")[0])
        metadata = {
            "emodel": emodel.model_dump(mode="json"),
            "emodel_hash": emodel.content_hash,
            "morphology": {"file": "interneuron.swc", "sha256": ""},
        }
        write_table(made / f"{name}.parquet", population(emodel.name, seed, synergy), metadata)
    return made


def run(root: Path, *arguments: str | Path) -> str:
    command = [sys.executable, root / "scripts" / arguments[0], *map(str, arguments[1:])]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
def test_claims_are_judged_by_the_data(root: Path, folder: Path, tmp_path: Path) -> None:
    run(root, "reproduce_reva.py", "--populations", folder, "--out", tmp_path, "--replicates", "6")
    rows = pd.read_csv(tmp_path / "claims.csv").groupby(["claim", "population"])["verdict"]
    found = rows.agg(list).to_dict()
    rest = "the minimal set of the resting potential is g_pas and gIh"
    assert found[rest, "cac"] == ["reproduces"]
    assert found["synergy dominates", "bnac"] == ["reproduces"]
    assert found["synergy dominates", "cac"] != ["reproduces"]
    assert found["bNAC is more synergistic than cAC", "cac and bnac"] == ["reproduces"]
    assert len(found["models of high cost are more redundant", "cac"]) == 3
    assert "reproduces" not in found["models of high cost are more redundant", "cac"]
    assert "ESS" in (tmp_path / "claims.md").read_text()


def test_rows_are_weighed_as_at_another_temperature(root: Path, tmp_path: Path) -> None:
    sys.path.insert(0, str(root / "scripts"))
    try:
        from reproduce_reva import Models, worth
    finally:
        sys.path.pop(0)
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
    assert worth(warm) < 0.8 * worth(cool)
    assert np.array_equal(cool.at(0.5).weights, cool.weights)


@pytest.mark.slow
def test_every_figure_is_drawn(root: Path, folder: Path, tmp_path: Path) -> None:
    options = "--bootstrap 2 --shuffles 2 --permutations 2"
    run(
        root,
        "plot_populations.py",
        "--populations",
        folder,
        "--out",
        tmp_path,
        "--options",
        options,
    )
    drawn = {one.name for one in tmp_path.glob("*.png")}
    assert drawn == {"parameters.png", "scores.png", "o_information.png", "frequencies.png",
                     "rsi_cac.png", "rsi_bnac.png", "cac_bnac.png"}  # fmt: skip
    assert json.loads((tmp_path / "bnac" / "summary.json").read_text())["rows"] == 400


def test_quality_is_told_in_a_table(root: Path, folder: Path) -> None:
    # 40 walkers of 10 independent states are worth 400
    lines = run(root, "describe_populations.py", "--populations", folder).splitlines()
    assert len(lines) == 5 and lines[2].startswith(
        "| `bnac` | 400 | 1.00 to 1.00 | 40 walkers in 4 ensembles"
    )
    told = re.fullmatch(r" at most (\d+): chains of (\d+\.\d) tau ", lines[2].split("|")[6])
    assert told is not None, lines[2]
    size, spanned = map(float, told.groups())
    assert 150 < size <= 400 and spanned <= 10, lines[2]
    assert 250 < float(lines[2].split("|")[7]) < 650, lines[2]
    assert ("fewer than 210" in lines[2]) == (size < 210)


def test_what_stuck_walkers_and_gaps_leave_unknown_is_told(
    root: Path, folder: Path, tmp_path: Path
) -> None:
    frame, metadata = read_table(folder / "cac.parquet")
    is_stuck = frame["walker"] == 3
    stuck = frame[~is_stuck | (frame["step"] == 0)].assign(weight=1.0)
    stuck.loc[stuck["walker"] == 3, "weight"] = 10.0
    for name, one in (("cac", stuck), ("cac_high", frame.drop(index=[5, 57]))):
        write_table(tmp_path / f"{name}.parquet", one.reset_index(drop=True), metadata)
    told = run(root, "describe_populations.py", "--populations", tmp_path).splitlines()[2:]
    assert [re.sub(r"\d{3}", "N", line.split("|")[6].strip()) for line in told] == [
        "at most N: walkers that never moved: 1",
        "at most N: chains have gaps",
    ]
    assert all(0.9 < float(line.split("|")[8] or 1.0) < 1.2 for line in told)


@pytest.mark.neuron
def test_bundled_populations_score_as_stored(root: Path) -> None:
    told = run(root, "check_populations.py", "--models", "2")
    for file in (root / "emodels" / "populations").glob("*.parquet"):
        assert f"{file.stem}: 2 of " in told


def test_nothing_to_check_is_no_pass(root: Path, tmp_path: Path) -> None:
    for script, *options in (
        ("describe_populations.py", "--populations", tmp_path),
        ("check_populations.py", "--populations", tmp_path),
        ("check_populations.py", "--models", "0"),
    ):
        command = [sys.executable, root / "scripts" / script, *options]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        assert done.returncode != 0 and done.stdout == "", script
