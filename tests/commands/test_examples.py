"""Every example in a help text runs, at a small size."""

from __future__ import annotations

import inspect
import io
import json
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import redirect_stderr
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ionfo.__main__ import main
from ionfo.commands import COMMANDS
from ionfo.emodels import load_emodel
from ionfo.emodels.cell import resolve_morphology
from ionfo.emodels.point.hh import HH_BOUNDS
from ionfo.features.patchseq import PATCHSEQ_FEATURES
from ionfo.mechanisms.build import BUNDLED
from ionfo.morphologies import find_morphology
from ionfo.sampling.evaluation.cell_hashes import cell_hashes
from ionfo.sampling.posterior.hh import hh_features
from ionfo.tables.files import write_table

from ..mpi.small_cell import AT_REST, small_cell

pytestmark = [pytest.mark.neuron, pytest.mark.slow]

SOMA = load_emodel("soma")
N_MODELS = 90
FEW = "--shuffles 2 --bootstrap 0 --permutations 2"

# what an example says, and what the test says instead so that it takes seconds
SMALLER = {
    "mpirun -n 3 ionfo": "ionfo",
    "sample soma": "sample small.json --ensembles 1 --start-evaluations 0 --no-early-rejection",
    "--steps 500": "--steps 5",
    "--generations 20 --offspring 64": "--generations 2 --offspring 4 --seeds 1",
    "population.parquet --max-cost 5": "population.parquet --max-cost 250",
    "report run": f"report run {FEW}",
    "analyse population.parquet": f"analyse population.parquet {FEW}",
    "groups cells.h5ad": f"groups cells.h5ad {FEW} --group-permutations 19",
    "genes identify cells.h5ad": "genes identify cells.h5ad --random 2 --replicates 2 --processes 1",
    "genes sizes cells.h5ad": "genes sizes cells.h5ad --draws 3 --sizes 50",
    "--target -5,10 --target-sd 0.5 --n 500": "--target -5,10 --target-sd 0.5 --n 5",
    "dics train stg --n 2048": "dics train stg --n 64",
    "genes regress": "genes regress --permutations 2 --folds 3 --penalties 3",
    "genes predict": "genes predict --draws 5 --folds 3 --penalties 3",
    "explore population.parquet": "explore population.parquet --idle 0.001",
    "genes beside": "genes beside --shuffles 2 --bootstrap 2 --draws 3 --permutations 2",
}


def examples(commands: dict[str, Any] = COMMANDS) -> Iterator[str]:
    """Every example of every help, on one line."""
    for name, one in commands.items():
        if name == "infer":  # tests/commands/infer runs its examples in one process
            continue
        if isinstance(one, dict):
            yield from examples(one)
            continue
        paragraphs = inspect.cleandoc(one.__doc__ or "").split("\n\n")
        found = [" ".join(text.split()) for text in paragraphs if text.startswith("Example: ")]
        assert found, one
        yield from (text.removeprefix("Example: ") for text in found)


def small(example: str) -> str:
    for said, instead in SMALLER.items():
        if said in example:
            example = example.replace(said, instead)
    return example


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the examples read: models of the soma cell, cells with genes, a run, an analysis."""
    folder = tmp_path_factory.mktemp("inputs")
    rng = np.random.default_rng(0)
    assert SOMA.reference is not None
    reference = np.array([SOMA.reference[name] for name in SOMA.free_names])
    low, high = SOMA.bounds.T
    values = reference + 0.02 * (high - low) * rng.standard_normal((N_MODELS, len(reference)))
    frame = pd.DataFrame(
        np.clip(values, low, high), columns=[f"parameters/{one}" for one in SOMA.free_names]
    )
    frame.head(2).rename(columns=lambda name: name.removeprefix("parameters/")).to_csv(
        folder / "models.csv", index=False
    )
    frame.to_csv(folder / "chains.csv", index=False)
    for feature in SOMA.features:
        frame[f"features/{feature.name}"] = rng.normal(feature.mean, feature.std, N_MODELS)
    frame["cost"] = rng.exponential(size=N_MODELS)
    about = {
        "emodel": SOMA.model_dump(mode="json"),
        **cell_hashes(resolve_morphology(SOMA, None), BUNDLED),
    }
    write_table(folder / "population.parquet", frame, about)
    write_table(folder / "experiment.parquet", frame.head(1), about)
    write_own_cell(folder)
    small_cell(folder / "small.json", AT_REST)
    genes = ["Kcna1", "Kcnb1", "Kcnc1", "Scn1a", "Hcn1", *(f"Other{i}" for i in range(20))]
    counts = rng.poisson(30.0, (240, 25)) + 1
    counts[:120, :5] *= 3
    cells = pd.DataFrame({"subclass": ["PT"] * 120 + ["IT"] * 120}, index=map(str, range(240)))
    table = pd.DataFrame(np.log1p(counts), columns=[f"log/{one}" for one in genes])
    table.assign(subclass=cells["subclass"].to_numpy()).to_parquet(folder / "cells.parquet")
    anndata = pytest.importorskip("anndata", reason="needs the genes extra")
    content = anndata.AnnData(counts.astype(np.float32), cells)
    content.var_names = genes
    content.write_h5ad(folder / "cells.h5ad")
    write_fits(folder / "fits.parquet")
    return folder


def write_fits(file: Path) -> None:
    """Parameters of the model hh of some of the cells, which spike, and their features."""
    rng = np.random.default_rng(1)
    typical = [9.5, 273.0, 21.4, 93.0, 36.3, 10.7, 0.9, 27.4, 0.9, -85.2, 413.0, -54.4, 1.66]
    fits = pd.DataFrame(
        np.array(typical) * rng.uniform(0.95, 1.05, (30, 13)),
        columns=[f"parameters/{one}" for one in HH_BOUNDS],
    )
    features = hh_features(fits.head(10).to_numpy())
    for name, column in zip(PATCHSEQ_FEATURES, features.T, strict=True):
        known = column[np.isfinite(column)]
        fits[f"features/{name}"] = rng.choice(known, len(fits)) + 0.01 * rng.standard_normal(30)
    fits.insert(0, "cell", [str(i) for i in range(105, 135)])
    fits.to_parquet(file)


def write_own_cell(folder: Path) -> None:
    """A morphology, mechanisms, and recordings of a cell with what is asked of them."""
    shutil.copy(find_morphology("soma.swc"), folder / "cell.swc")
    shutil.copytree(BUNDLED, folder / "mods", ignore=shutil.ignore_patterns("*.py*", "__py*"))
    (folder / "recordings" / "one" / "IDrest").mkdir(parents=True)
    t = np.arange(0.0, 300.0, 0.1)
    for i, amplitude in enumerate((0.1, 0.15)):
        step = (t >= 100) & (t < 200)
        peaks = sum(np.exp(-(((t - at) / 0.5) ** 2)) for at in np.arange(110, 200, 20 - 5 * i))
        v = -70 + 5 * step + 90 * peaks
        pd.DataFrame({"t": t, "v": v, "i": amplitude * step}).to_csv(
            folder / "recordings" / "one" / "IDrest" / f"{i}.csv", index=False
        )
    asked = {
        "liquid_junction_potential": 0.0,
        "threshold": {"protocols": ["IDrest"]},
        "protocols": {"IDrest": {"amplitudes": [150], "features": ["mean_frequency"]}},
    }
    (folder / "targets.json").write_text(json.dumps(asked))


@pytest.fixture(scope="module")
def made(inputs: Path) -> Path:
    """The same with what earlier commands leave for later ones."""
    for example in FIRST:
        run(example, inputs)
    return inputs


FIRST = [
    one
    for one in examples()
    if re.search("ionfo (sample|analyse|dics generate|dics simulate) ", one)
]
"""Examples whose results later ones read."""


BUILD_CELLS = {"check", "explore", "export", "optimise", "sample", "score", "trace", "validate"}
"""Commands that run in a process of their own, because NEURON holds one cell in each."""


def run(example: str, folder: Path) -> None:
    words = shlex.split(small(example))
    assert words[0] == "ionfo"
    code, told = (in_a_process if words[1] in BUILD_CELLS else here)(words[1:], folder)
    # the doctor may find something to mend on the machine of the test
    assert code == 0 or (code == 3 and words[1] == "doctor"), told
    assert "Traceback" not in told


def in_a_process(words: list[str], folder: Path) -> tuple[int, str]:
    """Exit code and what is said on standard error."""
    command = [sys.executable, "-m", "ionfo", *words]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=600)
    return done.returncode, done.stderr


def here(words: list[str], folder: Path) -> tuple[int, str]:
    """The same, without the start of another Python."""
    told = io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stderr(told):
        patch.chdir(folder)
        patch.setattr(sys, "argv", ["ionfo", *words])
        with pytest.raises(SystemExit) as left:
            main()
    return int(left.value.code or 0), told.getvalue()


@pytest.mark.parametrize("example", list(examples()), ids=lambda one: one.split(" --")[0])
def test_an_example_runs(example: str, made: Path, tmp_path: Path) -> None:
    if "identify" in example:
        pytest.importorskip("umap", reason="needs the genes extra")
    if "targets" in example.split()[:2]:
        pytest.importorskip("bluepyefe", reason="needs the recordings extra")
        pytest.importorskip("pyabf", reason="needs the recordings extra")
    here = shutil.copytree(made, tmp_path / "here")
    found = re.search(r"--(?:out|plots) (\S+)", example)
    out = here / ("nothing" if found is None else found[1])
    if example not in FIRST:
        if out.name not in example.split("--out")[0].split():  # unless the example reads it too
            shutil.rmtree(out, ignore_errors=True)
            out.unlink(missing_ok=True)
        run(example, here)
    if found is not None:
        assert list(out.iterdir()) if out.is_dir() else out.stat().st_size


def test_what_is_said_for_short_is_said_somewhere() -> None:
    text = "\n".join(examples())
    assert [said for said in SMALLER if said not in text] == []
