"""The table of emodel-generalisation: read, written, and nothing lost either way."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ionfo.emodels import load_emodel
from ionfo.errors import IonfoError
from ionfo.tables.exchange import read_mcmc_table, write_mcmc_table
from ionfo.tables.exchange.mcmc_table import is_mcmc_table
from ionfo.tables.exchange.reading import detect_format, import_file
from ionfo.tables.exchange.writing import export_source
from ionfo.tables.files import read_table, write_table

SOMA = load_emodel("soma")


@pytest.fixture
def sample(shared: Path) -> Path:
    return shared / "data" / "models" / "emodel_generalisation_mcmc_sample.csv"


def population(n_walkers: int = 3, n_steps: int = 40) -> tuple[pd.DataFrame, dict[str, object]]:
    """Chains of the e-model soma, with values that need every digit."""
    rng = np.random.default_rng(0)
    low, high = SOMA.bounds.T
    rows = []
    for walker in range(n_walkers):
        steps = np.flatnonzero(np.append(True, rng.random(n_steps - 1) < 0.4))
        for step, until in zip(steps, np.append(steps[1:], n_steps), strict=True):
            theta = rng.uniform(low, high)
            row = {f"parameters/{name}": value
                   for name, value in zip(SOMA.free_names, theta, strict=True)}  # fmt: skip
            row |= {f"features/{name}": rng.normal() for name in SOMA.feature_names}
            row |= {f"scores/{name}": abs(rng.normal()) for name in SOMA.feature_names}
            row["features/" + SOMA.feature_names[3]] = np.nan
            cost = rng.exponential() * 3
            row |= {"cost": cost, "log_prob": -cost / 0.5, "weight": until - step,
                    "ensemble": 0, "walker": walker, "step": step + 7}  # fmt: skip
            rows.append(row)
    metadata = {
        "settings": {"temperature": 0.5},
        "emodel": SOMA.model_dump(mode="json"),
        "emodel_hash": SOMA.content_hash,
    }
    return pd.DataFrame(rows), metadata


def test_a_published_table_comes_back_byte_for_byte(sample: Path, tmp_path: Path) -> None:
    assert detect_format(sample) == "mcmc-table"
    told = import_file(sample, tmp_path / "p.parquet")
    assert told["models"] == 11 and "accepted states only" in told["notes"][0]
    export_source(str(tmp_path / "p.parquet"), tmp_path / "back.csv", "mcmc-table")
    assert (tmp_path / "back.csv").read_bytes() == sample.read_bytes()


def test_what_a_published_table_means(sample: Path) -> None:
    read = read_mcmc_table(sample)
    frame = read.frame
    assert read.metadata["mcmc_table"]["temperature"] == 0.5
    np.testing.assert_allclose(frame["log_prob"], np.log(frame["mcmc/probability"]), rtol=1e-6)
    # the third chain accepted two of three proposals: its first state was held for two steps
    chain = frame[frame["ensemble"] == 2]
    assert chain["step"].tolist() == [0, 2] and chain["weight"].tolist() == [2, 1]
    assert frame.filter(like="parameters/").shape[1] == 16  # eight, and eight normalised


@pytest.mark.parametrize("suffix", [".parquet", ".csv"])
def test_our_population_survives_the_table(tmp_path: Path, suffix: str) -> None:
    frame, metadata = population()
    write_table(tmp_path / f"ours{suffix}", frame, metadata)
    export_source(str(tmp_path / f"ours{suffix}"), tmp_path / "table.csv", "mcmc-table")
    assert is_mcmc_table(tmp_path / "table.csv")
    import_file(tmp_path / "table.csv", tmp_path / "back.parquet", emodel="soma")
    back, _ = read_table(tmp_path / "back.parquet")
    pd.testing.assert_frame_equal(back[list(frame)], frame, check_exact=True)
    export_source(str(tmp_path / "back.parquet"), tmp_path / "again.csv", "mcmc-table")
    assert (tmp_path / "again.csv").read_bytes() == (tmp_path / "table.csv").read_bytes()


def test_columns_that_the_other_tool_computes(tmp_path: Path) -> None:
    frame, metadata = population()
    write_mcmc_table(tmp_path / "t.csv", frame, metadata, SOMA)
    table = pd.read_csv(tmp_path / "t.csv", header=[0, 1])  # as that tool reads it
    low, high = SOMA.bounds[0]
    name = SOMA.free_names[0]
    normalised = (table["parameters", name] - (low + high) / 2) / ((high - low) / 2)
    np.testing.assert_allclose(table["normalized_parameters", name], normalised, atol=1e-14)
    own = {first: table[first].iloc[:, 0] for first in ("cost", "probability", "accept_rate")}
    np.testing.assert_allclose(own["probability"], np.exp(-own["cost"] / 0.5))
    assert own["accept_rate"].iloc[0] == 100.0


def test_weights_survive_without_our_columns(tmp_path: Path) -> None:
    frame, metadata = population(n_steps=25)
    write_mcmc_table(tmp_path / "t.csv", frame, metadata, SOMA)
    table = pd.read_csv(tmp_path / "t.csv", header=None, dtype=str, keep_default_na=False)
    ours = table.iloc[0].isin(["ensemble", "walker", "step", "weight"])
    table.loc[:, ~ours].to_csv(tmp_path / "t.csv", header=False, index=False)
    back = read_mcmc_table(tmp_path / "t.csv").frame
    last = ~frame.duplicated(["ensemble", "walker"], keep="last")
    assert (back["weight"] == frame["weight"])[~last].all()


def test_rows_taken_out_give_no_weights(sample: Path, tmp_path: Path) -> None:
    lines = sample.read_text().splitlines(keepends=True)
    (tmp_path / "t.csv").write_text("".join(lines[:2] + lines[3:5]))  # the first state is gone
    read = read_mcmc_table(tmp_path / "t.csv")
    assert read.frame["weight"].tolist() == [1, 1]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda text: text.replace("parameters,", "x,"), "no MCMC table"),
        (lambda text: text.replace("100.0,0.0006443985176304,1.0", "100.0"), "has 46 values"),
        (lambda text: text.replace("5.488135039273248e-06", "much"), "holds words"),
        (lambda text: text.replace("5.488135039273248e-06", ""), "is missing in some rows"),
        (lambda text: "\n".join(text.splitlines()[:2]) + "\n", "holds no models"),
    ],
)
def test_mistakes(sample: Path, tmp_path: Path, change: object, words: str) -> None:
    path = tmp_path / "t.csv"
    path.write_text(change(sample.read_text()))  # type: ignore[operator]
    with pytest.raises(IonfoError, match=words):
        read_mcmc_table(path)


def test_an_emodel_must_fit(sample: Path, tmp_path: Path) -> None:
    with pytest.raises(IonfoError, match="which e-model 'soma' does not have"):
        import_file(sample, tmp_path / "p.parquet", emodel="soma")
    assert not (tmp_path / "p.parquet").exists()
