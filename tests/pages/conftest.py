"""An analysed population of the e-model soma, with traces, made without a simulation."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ionfo.emodels import load_emodel
from ionfo.pages.report.tables import OUTLINE, TRACES
from ionfo.studies import population as analysing
from ionfo.studies.plan import AnalysisSettings
from ionfo.tables.checksums import file_hash
from ionfo.tables.files import write_table

SOMA = load_emodel("soma")
N_STEPS = 60
QUICK = AnalysisSettings(bootstrap=4, shuffles=6, permutations=20, threads=1)


def population(path: Path) -> None:
    """Twenty walkers whose parameters depend on each other, and features on them."""
    rng = np.random.default_rng(0)
    low, high = SOMA.bounds.T
    rows = []
    for walker in range(20):
        steps = np.flatnonzero(np.append(True, rng.random(N_STEPS - 1) < 0.4))
        for step, until in zip(steps, np.append(steps[1:], N_STEPS), strict=True):
            unit = rng.uniform(0, 1, len(low))
            unit[1] = np.clip(unit[0] + 0.1 * rng.normal(), 0, 1)
            means = {f.name: f.mean + f.std * (unit[i % 11] + 0.3 * rng.normal())
                     for i, f in enumerate(SOMA.features)}  # fmt: skip
            rows.append(
                {f"parameters/{n}": v for n, v in
                 zip(SOMA.free_names, low + unit * (high - low), strict=True)}
                | {f"features/{n}": v for n, v in means.items()}
                | {f"scores/{n}": 1.0 for n in SOMA.feature_names}
                | {"cost": rng.exponential(), "log_prob": 0.0, "weight": until - step,
                   "ensemble": 0, "walker": walker, "step": step}
            )  # fmt: skip
    metadata = {
        "emodel": SOMA.model_dump(mode="json"),
        "settings": {"temperature": 0.5, "walkers": 20, "steps": 2 * N_STEPS, "seed": 3,
                     "ensembles": 1, "start": "bounds", "start_evaluations": 90,
                     "learn": {"n": 700, "sha256": ""}, "max_cost": 9.0,
                     "moves": {"stretch": 0.75, "de": 0.25}, "cost": "max"},
        "collect": {"burn_in": 5, "max_cost": None, "n_steps": N_STEPS, "tries": 4,
                    "burn_in_because": "drift"},
        "versions": {"ionfo": "0.1.0", "neuron": "9"},
    }  # fmt: skip
    write_table(path, pd.DataFrame(rows), metadata)


@pytest.fixture(scope="session")
def analysed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Folder of an analysis, and its population."""
    folder = tmp_path_factory.mktemp("report")
    file = folder / "population <of> soma.parquet"
    population(file)
    t = np.linspace(0, 185, 300)
    traces = [
        pd.DataFrame({"model": f"{label} (model {i})", "protocol": protocol, "t_ms": t,
                      "v_mV": -80 + 100 * np.exp(-((t - 90 - i) ** 2))})
        for i, label in enumerate(("best", "median", "distant 1", "distant 2"))
        for protocol in ("Step_140", "Step_220")
    ]  # fmt: skip
    key = {"population": file_hash(file)}
    write_table(folder / TRACES, pd.concat(traces, ignore_index=True), key)
    outline = pd.DataFrame({
        "region": ["somatic"] * 3 + ["axonal"] * 3,
        "x_um": [0.0, 0.0, np.nan, 0.0, 5.0, np.nan],
        "y_um": [-10.0, 10.0, np.nan, -10.0, -70.0, np.nan],
    })  # fmt: skip
    write_table(folder / OUTLINE, outline, key)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ionfo.studies.output.draw_figures", lambda *_: None)
        analysing.analyse_population(file, folder, ["Step_220.soma.v.mean_frequency"], QUICK)
    return folder, file
