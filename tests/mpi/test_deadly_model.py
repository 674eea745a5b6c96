"""A model that kills its worker is found, named and set aside; the chain is the same everywhere."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from pathlib import Path

import pandas as pd
import pytest

from ionfo.mechanisms.build import BUNDLED
from ionfo.tables.files import read_table

from .launchers import command, environment, ionfo
from .small_cell import small_cell

pytestmark = [pytest.mark.mpi, pytest.mark.neuron, pytest.mark.slow]

SAMPLE = ["--steps", "1", "--ensembles", "2", "--start-evaluations", "0"]
PARAMETER = "gIhbar_Ih.somatic"


def deadly_mechanisms(folder: Path, value: float) -> Path:
    """Channels of which one ends its process where its conductance has a value."""
    shutil.copytree(BUNDLED, folder, ignore=lambda _, names: [n for n in names if n[-4:] != ".mod"])
    file = folder / "Ih.mod"
    text, place = file.read_text(), "INITIAL {"
    assert text.count(place) == 1
    killing = (
        "\nVERBATIM\n"
        f"    if (fabs(gIhbar - {value!r}) < {1e-9 * value!r}) {{ abort(); }}\n"
        "ENDVERBATIM\n"
    )
    file.write_text(text.replace(place, place + killing))
    return folder


def until_done(cell: Path, run: Path, mechanisms: Path, starts: list[tuple[int, str]]) -> list[str]:
    """Start a run until it ends by itself; give what each session said."""
    told = []
    for ranks, mpi in starts:
        arguments = [*SAMPLE, "--mechanisms", str(mechanisms), "--out", str(run)]
        done = ionfo("sample", str(cell), *arguments, ranks=ranks, mpi=mpi)
        told.append(done.stderr)
        if done.returncode == 0:
            return told
        assert done.returncode != 2, done.stderr
    raise AssertionError("\n".join(told))


def test_model_that_kills_its_worker_is_found_and_named(tmp_path: Path) -> None:
    cell, healthy = small_cell(tmp_path / "cell.json"), tmp_path / "healthy"
    start = healthy / "start/000000.parquet"
    with subprocess.Popen(
        command("sample", str(cell), *SAMPLE, "--out", str(healthy)), env=environment(),
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    ) as started:  # fmt: skip
        while not start.exists():
            assert started.poll() is None
            time.sleep(0.05)
        started.kill()
    first = pd.read_parquet(start)[f"parameters/{PARAMETER}"]
    mechanisms = deadly_mechanisms(tmp_path / "mods", float(first[7]))
    populations, condemned = [], []
    for name, starts in (
        ("serial", [(0, "")] * 4),
        ("ranks", [(3, "openmpi"), (2, "mpich"), (3, "openmpi"), (3, "mpich")]),
    ):
        run, out = tmp_path / name, tmp_path / f"{name}.parquet"
        told = until_done(cell, run, mechanisms, starts)
        assert len(told) == 2, told  # the first session dies of it, the second one finds it
        assert "in flight, which are tried first, each in a process of its own" in told[1]
        (found,) = json.loads((run / "failed.json").read_text())["condemned"]
        assert found["how"] == "SIGABRT"
        condemned.append(found["theta"])
        done = ionfo("collect", str(run), "--out", str(out))
        assert done.returncode == 0 and "1 parameter sets count as failed" in done.stderr
        assert "by SIGABRT" in ionfo("status", str(run)).stdout
        assert read_table(out)[1]["collect"]["condemned"] == [found]
        populations.append(out.read_bytes())
    assert condemned[0] == condemned[1] and float(first[7]) in condemned[0]
    assert populations[0] == populations[1]
