"""``ionfo dics``: from a target to a population that the analysis reads."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import ionfo
from ionfo.cli import app
from ionfo.tables.files import read_table
from ionfo.tables.spike_trains import read_spike_trains


def run(*words: object) -> str:
    done = CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False)
    assert done.exit_code == 0
    return done.stdout


@pytest.fixture(scope="module")
def population(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("dics") / "population.parquet"
    run("dics", "generate", "stg", "--target", "-10,5", "--target-sd", "0.5,1", "--n", 40,
        "--seed", 3, "--out", file)  # fmt: skip
    return file


def test_generate_is_the_function(population: Path) -> None:
    made = ionfo.dics.generate("stg", (-10, 5), 40, target_sd=(0.5, 1), seed=3)
    found = ionfo.read_population(population)
    np.testing.assert_array_equal(found.parameters.to_numpy(), made.conductances)
    assert found.metadata["dics"]["target_sd"] == [0.5, 1.0]
    assert found.metadata["point_model"]["name"] == "stg"


def test_same_seed_same_bytes(population: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.parquet"
    run("dics", "generate", "stg", "--target", "-10,5", "--target-sd", "0.5,1", "--n", 40,
        "--seed", 3, "--out", again)  # fmt: skip
    assert again.read_bytes() == population.read_bytes()


def test_simulate_adds_descriptors_and_spikes(population: Path, tmp_path: Path) -> None:
    out, spikes = tmp_path / "simulated.csv", tmp_path / "spikes.csv"
    run("dics", "simulate", population, "--out", out, "--spikes", spikes, "--duration", 2000,
        "--discard", 1000)  # fmt: skip
    frame, about = read_table(out)
    assert (frame["cells/regime"] == "bursting").all()
    assert frame["features/spikes_per_burst"].between(4, 8).all()
    trains = read_spike_trains(spikes)
    assert [len(one) for one in trains.trains] == frame["features/n_spikes"].tolist()
    assert about["simulation"]["discard"] == 1000 and about["units"]["burst_duration"] == "ms"


def test_reconstruct_is_the_function(tmp_path: Path) -> None:
    spikes, out, table = (tmp_path / name for name in ("spikes.txt", "cells.csv", "estimates.csv"))
    train = np.cumsum(np.tile([8.0, 9, 10, 120], 15))
    spikes.write_text(" ".join(f"{t / 1000:.6f}" for t in train))
    run("dics", "reconstruct", spikes, "--unit", "s", "--n", 12, "--seed", 2, "--out", out,
        "--estimates", table)  # fmt: skip
    found = ionfo.dics.reconstruct(train, "stg", 12, seed=2)
    frame, _ = read_table(out)
    np.testing.assert_allclose(frame["parameters/CaS"], found.populations[0].conductances[:, 3])
    estimates, _ = read_table(table)
    assert estimates["regime"].tolist() == ["bursting"]
    assert estimates["g_s"][0] == pytest.approx(found.densities[0].mean[0])


def test_table_without_a_model_needs_its_name(population: Path, tmp_path: Path) -> None:
    plain = tmp_path / "plain.csv"
    ionfo.read_population(population).frame.head(3).to_csv(plain, index=False)
    with pytest.raises(ionfo.IonfoError, match="does not say of which point model it is; add"):
        ionfo.dics.simulate(plain)
    table = ionfo.read_population(population)
    text = table.frame.head(3).assign(**{"parameters/CaS": ["1", "x", "2"]})
    with pytest.raises(ionfo.IonfoError, match="conductances of 'stg' must be numbers"):
        ionfo.dics.simulate(ionfo.Population(text, table.metadata))
    table.metadata["point_model"] = {"name": "stg"}
    with pytest.raises(ionfo.IonfoError, match="the point model of the population is not valid at"):
        ionfo.dics.simulate(table)
    found = ionfo.dics.simulate(plain, "stg", duration=500, discard=100)
    assert len(found.trains) == 3 and "cells" in " ".join(found.sentences())
    again = ionfo.dics.simulate(
        ionfo.read_population(plain).frame, "stg", duration=500, discard=100
    )
    assert all(np.array_equal(a, b) for a, b in zip(found.trains, again.trains, strict=True))
    with pytest.raises(ionfo.IonfoError, match="has no column 'parameters/CaL'"):
        ionfo.dics.simulate(plain, "da")


def test_names_of_the_emodel_are_understood(population: Path, tmp_path: Path) -> None:
    named = tmp_path / "named.parquet"
    run("dics", "generate", "stg", "--target", "-10,5", "--target-sd", "0.5,1", "--n", 40,
        "--seed", 3, "--emodel-names", "--out", named)  # fmt: skip
    found = ionfo.read_population(named)
    assert set(found.parameters) == set(ionfo.load_emodel("stg").free_names)
    short = {"duration": 300.0, "discard": 0.0}
    one, other = (ionfo.dics.simulate(file, **short) for file in (population, named))
    assert all(np.array_equal(a, b) for a, b in zip(one.trains, other.trains, strict=True))


def test_reachable_is_a_table(tmp_path: Path) -> None:
    out = tmp_path / "reachable.csv"
    run("dics", "reachable", "da", "--step", 5, "--n", 20, "--out", out)
    frame, _ = read_table(out)
    assert list(frame) == ["g_s", "g_u", "yield"] and len(frame) == 30


def test_population_is_analysed(population: Path) -> None:
    found = ionfo.analyse(population, shuffles=2, bootstrap=0, permutations=0)
    assert set(found.o_information["order"]) == set(range(3, 9))


def test_exact_population_is_analysed_without_its_constant_feedback(tmp_path: Path) -> None:
    file = ionfo.dics.generate("stg", (-5, 10), 60).write(tmp_path / "exact.parquet")
    found = ionfo.analyse(file, shuffles=2, bootstrap=0, permutations=0)
    assert len(found.o_information) > 0


def test_noise_depends_on_the_seed(population: Path) -> None:
    short = dict(duration=400.0, discard=0.0, noise_sd=2.0)
    one, same, other = (ionfo.dics.simulate(population, seed=s, **short) for s in (1, 1, 2))
    assert all(np.array_equal(a, b) for a, b in zip(one.trains, same.trains, strict=True))
    assert not all(np.array_equal(a, b) for a, b in zip(one.trains, other.trains, strict=True))
