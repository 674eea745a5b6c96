"""What leaves the explorer as a file: a selection, a model."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from ...errors import IonfoError
from ...studies.explored import Explored
from ...tables.files import write_table
from .state import Shown


def selection_file(explored: Explored, rows: Sequence[int] | None) -> tuple[str, bytes]:
    """Give a population of the selected models; name and content of its file.

    Raises
    ------
    IonfoError
        If nothing is selected.
    """
    chosen = list(range(len(explored.values))) if rows is None else sorted(rows)
    if not chosen:
        raise IonfoError("no model is selected; select some first")
    name = f"{Path(explored.name).stem}_selection"
    if explored.population is None:
        return f"{name}.csv", explored.values.iloc[chosen].to_csv(index=False).encode()
    frame = explored.population.frame.iloc[chosen].reset_index(drop=True)
    metadata = {**explored.population.metadata, "selected_from": explored.name}
    metadata.pop("chain", None)  # a selection is no chain any more
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"{name}.parquet"
        write_table(file, frame, metadata)
        return file.name, file.read_bytes()


def model_json(explored: Explored, model: Shown) -> tuple[str, bytes]:
    """Give the parameters of a model, as `ionfo score` reads them."""
    content = {"params": {**_parameters(explored, model)}}
    return f"{_stem(model)}.json", (json.dumps(content, indent=1) + "\n").encode()


def hoc_file(explored: Explored, model: Shown) -> tuple[str, bytes]:
    """Give a model as hoc, by `ionfo export` in a process of its own, which has a cell of its own.

    Raises
    ------
    IonfoError
        If it cannot be exported.
    """
    assert explored.population is not None
    frame = pd.DataFrame(
        {f"parameters/{name}": [value] for name, value in _parameters(explored, model).items()}
    )
    kept = ("emodel", "morphology", "mechanisms", "units")
    metadata = {key: value for key, value in explored.population.metadata.items() if key in kept}
    with tempfile.TemporaryDirectory() as folder:
        source, out = Path(folder) / "model.parquet", Path(folder) / f"{_stem(model)}.hoc"
        write_table(source, frame, metadata)
        command = [sys.executable, "-m", "ionfo", "export", str(source), "--out", str(out),
                   "--model", "0"]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
        if done.returncode or not out.is_file():
            raise IonfoError(f"no hoc was written: {done.stderr.strip()[-300:]}")
        return out.name, out.read_bytes()


def _parameters(explored: Explored, model: Shown) -> dict[str, float]:
    if explored.emodel is None:
        return dict(model["values"])
    free = dict(zip(explored.emodel.free_names, model["theta"], strict=True))
    return {**model["fixed"], **free}


def _stem(model: Shown) -> str:
    return "".join(c if c.isalnum() else "_" for c in model["label"]).strip("_")
