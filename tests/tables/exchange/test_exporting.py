"""What leaves ionfo: ArviZ, hoc, folders; and what cannot."""

from __future__ import annotations

import json
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ionfo.emodels import load_emodel
from ionfo.errors import IonfoError
from ionfo.tables.exchange.inference_data import chain_rows
from ionfo.tables.exchange.writing import export_source
from ionfo.tables.files import write_table

with warnings.catch_warnings():
    warnings.simplefilter("ignore", FutureWarning)
    import arviz

SOMA = load_emodel("soma")


def population(path: Path, n_steps: int = 30, complete: bool = True) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    low, high = SOMA.bounds.T
    rows = []
    for walker in range(4):
        steps = np.flatnonzero(np.append(True, rng.random(n_steps - 1) < 0.4))
        for step, until in zip(steps, np.append(steps[1:], n_steps), strict=True):
            theta = rng.uniform(low, high)
            rows.append(
                {f"parameters/{n}": v for n, v in zip(SOMA.free_names, theta, strict=True)}
                | {f"features/{n}": rng.normal() for n in SOMA.feature_names}
                | {"scores/" + SOMA.feature_names[0]: 1.0, "cost": rng.exponential()}
                | {"weight": until - step, "ensemble": walker // 2, "walker": walker, "step": step}
            )
    frame = pd.DataFrame(rows)
    if not complete:
        frame = frame.drop(index=5).reset_index(drop=True)
    write_table(path, frame, {"emodel": SOMA.model_dump(mode="json"), "seed": 4})
    return frame


def test_chains_of_arviz(tmp_path: Path) -> None:
    frame = population(tmp_path / "p.parquet")
    export_source(str(tmp_path / "p.parquet"), tmp_path / "p.nc")
    data = arviz.from_netcdf(tmp_path / "p.nc")
    name = SOMA.free_names[2]
    assert data.posterior[name].shape == (4, 30)
    # the oracle: what the walker held at a step
    for walker in range(4):
        own = frame[frame["walker"] == walker]
        for step in range(30):
            held = own[own["step"] <= step].iloc[-1]
            assert data.posterior[name].values[walker, step] == held[f"parameters/{name}"]
            assert data.sample_stats["cost"].values[walker, step] == held["cost"]
    moved = data.sample_stats["accepted"].values
    assert moved.sum() == len(frame)
    feature = SOMA.features[0]
    assert data.constant_data[f"{feature.name} sd"].item() == feature.std
    assert data.posterior_predictive[feature.name].shape == (4, 30)
    assert json.loads(data.attrs["ionfo"])["seed"] == 4
    assert np.isfinite(arviz.rhat(data)[name])


def test_rows_with_gaps_are_one_chain_with_weights(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    frame = population(tmp_path / "p.parquet", complete=False)
    assert chain_rows(frame) is None
    export_source(str(tmp_path / "p.parquet"), tmp_path / "p.nc")
    assert "no unbroken chains" in capsys.readouterr().err
    data = arviz.from_netcdf(tmp_path / "p.nc")
    np.testing.assert_array_equal(data.sample_stats["weight"].values[0], frame["weight"])


def test_a_model_of_a_population_becomes_the_reference(tmp_path: Path) -> None:
    l5pc = load_emodel("l5pc")
    assert l5pc.reference is not None
    cell = tmp_path / "cell.swc"
    cell.write_text("1 1 0 0 0 10 -1\n2 1 0 10 0 10 1\n3 2 0 -10 0 1 1\n4 2 0 -90 0 1 3\n")
    rows = [{**l5pc.reference, "g_pas.all": value, "e_pas.all": -77.0} for value in (2e-5, 3e-5)]
    frame = pd.DataFrame(rows).add_prefix("parameters/").assign(cost=[2.0, 1.0])
    write_table(tmp_path / "p.parquet", frame, {"emodel": l5pc.model_dump(mode="json")})
    export_source(str(tmp_path / "p.parquet"), tmp_path / "best", morphology=cell)
    export_source(str(tmp_path / "p.parquet"), tmp_path / "first", model=0, morphology=cell)
    for name, value in (("best", 3e-5), ("first", 2e-5)):
        (final,) = json.loads((tmp_path / name / "final.json").read_text()).values()
        assert final["params"]["g_pas.all"] == value and "e_pas.all" not in final["params"]
        (params,) = (tmp_path / name / "config" / "params").glob("*.json")
        entries = json.loads(params.read_text())["parameters"]["all"]
        assert {"name": "e_pas", "val": -77.0} in entries


SIMULATE = """
import sys, numpy as np
from neuron import h
h.load_file("stdrun.hoc")
from ionfo.mechanisms import mechanism_files
from ionfo.mechanisms.build import BUNDLED, build_mechanisms, load_mechanisms
if sys.argv[1] == "hoc":
    load_mechanisms(build_mechanisms(BUNDLED), ())
    assert h.load_file(sys.argv[2])
    cell = getattr(h, sys.argv[3])()
    soma = cell.soma[0](0.5)
else:
    from pathlib import Path
    from ionfo.emodels import load_emodel
    from ionfo.emodels.cell import Cell
    emodel = load_emodel(sys.argv[3])
    cell = Cell(emodel, Path(sys.argv[2]) if sys.argv[2] else None)
    cell.set_parameters({**emodel.fixed_values, **emodel.reference})
    h.celsius, h.v_init = emodel.fixed_values["celsius"], emodel.fixed_values["v_init"]
    soma = cell.soma
h.CVode().active(1)
clamp = h.IClamp(soma)
clamp.delay, clamp.dur, clamp.amp = 100, 100, float(sys.argv[4])
t, v = h.Vector().record(h._ref_t), h.Vector().record(soma._ref_v)
h.finitialize(h.v_init)
h.continuerun(200)
t, v = np.array(t), np.array(v)
up = np.flatnonzero((v[1:] > 0) & (v[:-1] <= 0))
cross = t[up] + (t[up + 1] - t[up]) * -v[up] / (v[up + 1] - v[up])
print("SPIKES", *(repr(float(one)) for one in cross))
"""


def spikes(*arguments: str | Path) -> list[float]:
    command = [sys.executable, "-c", SIMULATE, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    (line,) = [one for one in done.stdout.splitlines() if one.startswith("SPIKES")]
    return [float(one) for one in line.split()[1:]]


@pytest.mark.neuron
@pytest.mark.slow
@pytest.mark.parametrize(("name", "current"), [("soma", "0.02"), ("l5pc", "0.6")])
def test_hoc_is_the_same_cell(tmp_path: Path, shared: Path, name: str, current: str) -> None:
    morphology = shared / "data" / "morphologies" / "C060114A5.asc" if name == "l5pc" else None
    code = (
        "import sys; from pathlib import Path; from ionfo.tables.exchange.writing import export_source\n"
        "export_source(sys.argv[1], Path(sys.argv[2]),"
        " morphology=Path(sys.argv[3]) if sys.argv[3] else None)"
    )
    out = tmp_path / "model.hoc"
    subprocess.run([sys.executable, "-c", code, name, out, str(morphology or "")], check=True)
    found = spikes("hoc", out, f"ionfo_{name}", current)
    expected = spikes("cell", str(morphology or ""), name, current)
    assert len(found) > 1
    assert found == pytest.approx(expected, abs=1e-3)  # ms


def test_mistakes_in_what_to_export(tmp_path: Path) -> None:
    population(tmp_path / "p.parquet")
    frame = pd.DataFrame({"parameters/a": [1.0], "cost": [1.0]})
    write_table(tmp_path / "bare.parquet", frame)
    (tmp_path / "folder").mkdir()
    for what, out, kind, model, words in (
        ("soma", "x.csv", None, None, "e-model soma is no population"),
        ("soma", "x.nc", None, None, "is no population"),
        ("soma", "x.hoc", None, 3, "--model is a row of a population"),
        ("soma", "x.txt", None, None, "tells no format"),
        ("soma", "x.txt", "hoc", None, "must end in .hoc"),
        ("sona", "x.hoc", None, None, "did you mean 'soma'"),
        (str(tmp_path / "folder"), "x.nc", None, None, "is no run folder"),
        (str(tmp_path / "bare.parquet"), "x.hoc", None, None, "carries no e-model"),
        (str(tmp_path / "p.parquet"), "x.hoc", None, 999, "has models 0 to"),
        (str(tmp_path / "p.parquet"), "no/x.csv", None, None, "does not exist"),
    ):
        with pytest.raises(IonfoError, match=words):
            export_source(what, tmp_path / out, kind, model)
    assert not list(tmp_path.glob("x.*"))
