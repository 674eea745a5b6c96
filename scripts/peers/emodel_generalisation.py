"""Evaluate parameter sets with emodel-generalisation, in this one process, one line each.

Run by the python of an environment that has emodel-generalisation, which
scripts/make/peer_environment.py builds, without ionfo:

    PEER_PYTHON scripts/peers/emodel_generalisation.py FOLDER [--alone] [--exact-rates] < sets.jsonl

FOLDER is what `ionfo export` writes.  The first line on standard output describes the worker:
`ready`, `versions`, `set_up_cpu_seconds` (compilation and building the evaluator), `parameters`.
Then each line on standard input is a JSON object parameter -> value, all free parameters and any
fixed ones, and is answered by one line:

    cpu_seconds     user and system time of this process and its children
    wall_seconds
    n_simulations   sweeps integrated
    n_steps         integrator steps, the recorded times of all sweeps (null when one failed)
    features        name -> values, or null where undefined
    scores          name -> score
    holding_current, threshold_current (nA), rmp (mV), rin (MOhm), or null

A set that cannot be evaluated is answered by {"error": why}.  The worker ends with its input.
Sweeps run as in that package except that none gets a process of its own.  The package leaves a
second bare copy of the cell in the process, which is integrated along, costs time and moves the
integrator's steps; --alone removes it.  --exact-rates leaves the tables of our mechanisms out.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any, TextIO

# NEURON and its libraries print to standard output, which is for answers here
ANSWERS = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")
os.environ.setdefault("NEURON_MODULE_OPTIONS", "-nogui")
# this file has the name of the package and lies in the first folder that is searched
HERE = Path(__file__).resolve().parent
sys.path[:] = [one for one in sys.path if Path(one or ".").resolve() != HERE]


def cpu_seconds() -> float:
    """User and system time of this process and of its children that ended."""
    return sum(os.times()[:4])


class Worker:
    """The evaluator of one folder, built once.

    Parameters
    ----------
    folder : Path
        With recipes.json, config, mechanisms and morphologies.
    scratch : Path
        Where the mechanisms are compiled.
    alone : bool
        Whether to remove the bare copy of the cell that building the evaluator leaves.
    exact_rates : bool
        Whether to evaluate gate rates instead of looking them up in the mechanisms' tables.
    """

    def __init__(self, folder: Path, scratch: Path, alone: bool, exact_rates: bool) -> None:
        self._load_mechanisms(folder, scratch)
        if exact_rates:
            import neuron

            for file in (folder / "mechanisms").glob("*.mod"):
                if hasattr(neuron.h, f"usetable_{file.stem}"):
                    setattr(neuron.h, f"usetable_{file.stem}", 0)
        from emodel_generalisation.model.access_point import AccessPoint
        from emodel_generalisation.model.evaluation import get_evaluator_from_access_point

        recipes = folder / "recipes.json"
        (self.emodel,) = json.loads(recipes.read_text())
        access_point = AccessPoint(emodel_dir=folder, recipes_path=recipes)
        self.evaluator = get_evaluator_from_access_point(self.emodel, access_point)
        self.evaluator.isolate_protocols = False
        if alone:
            import neuron

            for section in list(neuron.h.allsec()):
                neuron.h.delete_section(sec=section)
        self.free = list(self.evaluator.param_names)
        # the package forgets the value of a parameter after a run, so fixed ones are given too
        parameters = self.evaluator.cell_model.params
        self.fixed = {one: parameters[one].value for one in parameters if one not in self.free}
        self.evaluator.cell_model.unfreeze(self.fixed)
        self.sweeps: list[int | None] = []
        self._count_sweeps()

    def _load_mechanisms(self, folder: Path, scratch: Path) -> None:
        shutil.copytree(folder / "mechanisms", scratch / "mechanisms")
        scripts = Path(sys.executable).parent
        path = os.pathsep.join([str(scripts), os.environ.get("PATH", "")])
        subprocess.run(
            [scripts / "nrnivmodl", "mechanisms"],
            cwd=scratch,
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=sys.stderr,
            env={**os.environ, "PATH": path},
        )
        import neuron

        neuron.load_mechanisms(str(scratch))

    def _count_sweeps(self) -> None:
        """Note the number of recorded times of every sweep, None for one that failed."""
        from bluepyopt.ephys.protocols import SweepProtocol

        run = SweepProtocol._run_func
        sweeps = self.sweeps

        def counted(protocol: Any, *arguments: Any, **keywords: Any) -> Any:
            responses = run(protocol, *arguments, **keywords)
            found = next((one for one in responses.values() if one is not None), None)
            sweeps.append(None if found is None else len(found["time"]))
            return responses

        SweepProtocol._run_func = counted

    def evaluate(self, parameters: dict[str, float]) -> dict[str, Any]:
        """Features, scores and cost of one parameter set."""
        values = {**self.fixed, **parameters}
        known = {*self.free, *self.fixed}
        if set(values) != known:
            raise ValueError(f"missing or unknown parameters: {sorted(known ^ set(values))}")
        self.sweeps.clear()
        cpu, wall = cpu_seconds(), time.perf_counter()
        responses = self.evaluator.run_protocols(self.evaluator.fitness_protocols.values(), values)
        features = self.evaluator.fitness_calculator.calculate_values(responses)
        scores = self.evaluator.fitness_calculator.calculate_scores(responses)
        cpu, wall = cpu_seconds() - cpu, time.perf_counter() - wall
        results = ("holding_current", "threshold_current", "rmp", "rin")
        return {
            "cpu_seconds": cpu,
            "wall_seconds": wall,
            "n_simulations": len(self.sweeps),
            "n_steps": None if None in self.sweeps else sum(filter(None, self.sweeps)),
            "features": {one: as_list(value) for one, value in features.items()},
            "scores": {one: float(score) for one, score in scores.items()},
            **{one: as_float(responses.get(f"bpo_{one}")) for one in results},
        }


def as_list(values: Any) -> list[float] | None:
    """Return the values of a feature, None where it is undefined."""
    if values is None or len(values) == 0 or any(value is None for value in values):
        return None
    return [float(value) for value in values]


def as_float(value: Any) -> float | None:
    """Return a number, or None."""
    return None if value is None else float(value)


def serve(folder: Path, alone: bool, exact_rates: bool, requests: TextIO, answers: TextIO) -> None:
    """Answer every line of `requests` by a line of `answers`."""

    def answer(content: dict[str, Any]) -> None:
        answers.write(json.dumps(content) + "\n")
        answers.flush()

    with tempfile.TemporaryDirectory() as scratch:
        worker = Worker(folder.resolve(), Path(scratch), alone, exact_rates)
        names = ("emodel-generalisation", "neuron", "bluepyopt", "efel", "numpy")
        answer(
            {
                "ready": worker.emodel,
                "versions": {name: version(name) for name in names},
                "set_up_cpu_seconds": cpu_seconds(),
                "parameters": worker.free,
            }
        )
        for line in requests:
            if not line.strip():
                continue
            try:
                content = worker.evaluate(json.loads(line))
            except Exception as error:
                content = {"error": f"{type(error).__name__}: {error}"}
            answer(content)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--alone", action="store_true")
    parser.add_argument("--exact-rates", action="store_true")
    arguments = parser.parse_args()
    serve(arguments.folder, arguments.alone, arguments.exact_rates, sys.stdin, ANSWERS)
