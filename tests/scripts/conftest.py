"""Ways to run a script, or to import it, and populations whose structure is known."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ionfo.emodels import load_emodel
from ionfo.tables.files import write_table
from ionfo.tables.population_files import RMP


@pytest.fixture
def run(root: Path) -> Callable[..., str]:
    """Run a script of a path below scripts/; give what it prints."""

    def run(script: str, *arguments: str | Path) -> str:
        command = [sys.executable, root / "scripts" / script, *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=600)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


@pytest.fixture(scope="module")
def load(root: Path) -> Iterator[Callable[[str], Any]]:
    """Import a script by its path below scripts/, with what it imports from its own folder."""
    loaded: list[str] = []

    def load(script: str) -> Any:
        path = root / "scripts" / script
        for line in path.read_text().splitlines():
            words = line.split()
            beside = path.with_name(f"{words[1]}.py") if words[:1] == ["from"] else path
            if beside != path and beside.exists():
                load(str(beside.relative_to(root / "scripts")))
        spec = importlib.util.spec_from_file_location(path.stem, path)
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[path.stem] = module  # dataclasses look for their module
        loaded.append(path.stem)
        spec.loader.exec_module(module)
        return module

    yield load
    for name in loaded:
        sys.modules.pop(name, None)


@pytest.fixture(scope="session")
def population() -> Callable[[str, int, float], pd.DataFrame]:
    """Make a population whose structure is known."""
    return make_population


def make_population(name: str, seed: int, synergy: float) -> pd.DataFrame:
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


@pytest.fixture(scope="session")
def populations(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of populations of both interneurons, one of them synergistic."""
    made = tmp_path_factory.mktemp("populations")
    for seed, (name, synergy) in enumerate((("cac", 0.0), ("bnac", 5.0), ("cac_high", 0.0))):
        emodel = load_emodel(name.partition("_")[0])
        metadata = {
            "emodel": emodel.model_dump(mode="json"),
            "emodel_hash": emodel.content_hash,
            "settings": {"temperature": 1.0},
            "morphology": {"file": "interneuron.swc", "sha256": ""},
        }
        frame = make_population(emodel.name, seed, synergy)
        write_table(made / f"{name}.parquet", frame, metadata)
    return made
