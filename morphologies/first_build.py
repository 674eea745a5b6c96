"""Build a morphology that was never seen before once in a child process.

NEURON's importer ends the process that gives it certain files.  Then only the child dies, and its
death is one sentence.  What it found is kept in the cache, under a hash of the file.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import IonfoError
from ..mechanisms.build import cache_root
from .axon import N_DIAMETERS, PIECE, too_short
from .reading import is_bundled, readable_by_neuron

_SCRIPT = Path(__file__).resolve().parent / "build_alone.py"
_LONGEST = 600.0
"""A build (s)."""


def check_build(path: Path, replaces_axon: bool) -> None:
    """Check that NEURON makes a cell of a morphology file: one soma, and no segment without width.

    Parameters
    ----------
    path : Path
        .asc or .swc file that `check_morphology` has passed; one of the bundled ones is not built.
    replaces_axon : bool
        Whether the cell leaves out the file's axon, so that its diameters do not matter.

    Raises
    ------
    IonfoError
        If it does not.
    """
    if is_bundled(path):
        return
    made, content = _built(path)
    if made["n_somata"] == 0:
        raise IonfoError(
            f"morphology '{path}' has 0 soma sections for NEURON; one is needed: in an .asc file "
            'a block that begins with ("CellBody" and has a contour of three points or more; '
            "--repair draws a circle for one of fewer points"
        )
    if made["n_somata"] > 1:
        raise IonfoError(
            f"morphology '{path}' has {made['n_somata']} soma sections; one is needed: a soma that "
            "does not branch" + ("; --repair joins them" if path.suffix.lower() == ".swc" else "")
        )
    for name, point in made["thin"].items():
        if replaces_axon and name.startswith("axon"):
            continue
        raise IonfoError(
            f"morphology '{path}'{_line_of(point, content)}: the diameter is 0 along a segment of "
            f"NEURON's section {name}; give its points a diameter"
        )


def check_taper(path: Path) -> None:
    """Check that the axon of a file that `check_build` has passed is long enough for its taper.

    Raises
    ------
    IonfoError
        If it is too short for `taper_axon`.
    """
    made, _ = _built(path)
    if (n := sum(1 + 2 * int(length / PIECE) for length in made["axon_lengths"])) < N_DIAMETERS:
        raise too_short(n)


def built_size(path: Path) -> dict[str, list[float]]:
    """Size of what NEURON makes of a morphology file that `check_build` has passed.

    Returns
    -------
    dict of str to list of float
        ``axonal``, ``basal``, ``apical`` -> number of sections, their length (um) and area (um2),
        and how much of both lies between the soma and the first points of trees.
    """
    made, _ = _built(path)
    return {name: made[name] for name in ("axonal", "basal", "apical")}


def _built(path: Path) -> tuple[Any, bytes]:
    """Give what NEURON made of a file, from the cache or from a build; and its content."""
    content = path.read_bytes()
    made_by = f"{path.suffix.lower()} {version('neuron')}"
    key = hashlib.sha256(content + made_by.encode() + _SCRIPT.read_bytes())
    kept = cache_root() / "morphologies" / f"{key.hexdigest()[:32]}.json"
    try:
        return json.loads(kept.read_text()), content
    except (OSError, ValueError):
        return _built_alone(path, kept), content


def _built_alone(path: Path, kept: Path) -> Any:
    """Build a morphology in a child process, and keep what it found."""
    # a child is no rank of a launcher, and finds no compiled mechanisms where it runs
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("OMPI_", "PMIX_", "PMI_"))
    } | {"NEURON_MODULE_OPTIONS": "-nogui"}
    with tempfile.TemporaryDirectory(prefix="ionfo-") as folder:
        result = Path(folder) / "made.json"
        try:
            with readable_by_neuron(path) as file:
                command = [sys.executable, str(_SCRIPT), str(file), str(result)]
                done = subprocess.run(
                    command, cwd=folder, env=environment, stdin=subprocess.DEVNULL,
                    capture_output=True, text=True, errors="replace", timeout=_LONGEST,
                )  # fmt: skip
        except subprocess.TimeoutExpired:
            raise IonfoError(
                f"NEURON does not finish building a cell from '{path}' within {_LONGEST:g} s"
            ) from None
        if done.returncode != 0 or not result.exists():
            told = re.findall(r"^NEURON: (.+?)\.?$", done.stdout + done.stderr, re.M)
            told = told or [line for line in done.stderr.splitlines() if "Error" in line][-1:]
            ends = " and its process ends of it" if done.returncode < 0 else ""
            raise IonfoError(
                f"NEURON cannot build a cell from '{path}'{ends}"
                + (f"; it says: {told[0][:200]}" if told else "")
            )
        text = result.read_text()
    if broken := re.search(r"^parse error$.*?^line (\d+): *(.*?)$", done.stdout, re.M | re.DOTALL):
        raise IonfoError(
            f"morphology '{path}', line {broken.group(1)}: NEURON cannot read "
            f"'{broken.group(2).strip()[:60]}' and would leave out all that follows"
        )
    try:
        kept.parent.mkdir(parents=True, exist_ok=True)
        beside = kept.with_suffix(f".{os.getpid()}")
        beside.write_text(text)
        beside.replace(kept)
    except OSError:
        pass  # it is built again the next time
    return json.loads(text)


def _line_of(point: list[float], content: bytes) -> str:
    """Say on which line of an .asc file a point with diameter 0 stands."""
    for i, line in enumerate(content.decode("utf-8", "replace").splitlines(), start=1):
        for group in re.findall(r"\(([^()]*)", line.split(";")[0]):
            try:
                values = [float(value) for value in group.split()[:4]]
            except ValueError:
                continue
            # NEURON keeps points as floats of 32 bits
            if len(values) == 4 and np.allclose(values, [*point, 0.0], rtol=1e-6, atol=1e-9):
                return f", line {i}"
    return ""
