"""Evaluate parameter sets with BluePyEModel, in this one process, one line each.

Run by the python of an environment that has BluePyEModel, without ionfo; imported_folder.py calls
it so:

    PEER_PYTHON scripts/peers/bluepyemodel.py FOLDER < sets.jsonl

FOLDER has recipes.json with one e-model, and all it names.  Every line of standard input is a JSON
object parameter -> value.  It is answered by one line: scores (name -> score), and
holding_current, threshold_current (nA), rmp (mV) and rin (MOhm), null where there is none.  The
first line of the answers tells the versions.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

# NEURON and its libraries print to standard output, which is for answers here
ANSWERS = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)
os.environ.setdefault("NEURON_MODULE_OPTIONS", "-nogui")
# this file has the name of the package and lies in the first folder that is searched
HERE = Path(__file__).resolve().parent
sys.path[:] = [one for one in sys.path if Path(one or ".").resolve() != HERE]

RESULTS = ("holding_current", "threshold_current", "rmp", "rin")


def make_evaluator(folder: Path, scratch: Path) -> Any:
    """Compile the mechanisms where NEURON loads them from, the current folder, and build."""
    os.chdir(scratch)
    if (folder / "mechanisms").is_dir():
        shutil.copytree(folder / "mechanisms", scratch / "mechanisms")
        scripts = Path(sys.executable).parent
        path = os.pathsep.join([str(scripts), os.environ.get("PATH", "")])
        subprocess.run(
            [scripts / "nrnivmodl", "mechanisms"],
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=sys.stderr,
            env={**os.environ, "PATH": path},
        )
    from bluepyemodel.access_point.local import LocalAccessPoint
    from bluepyemodel.evaluation.evaluation import get_evaluator_from_access_point

    recipes = folder / "recipes.json"
    (emodel,) = json.loads(recipes.read_text())
    access_point = LocalAccessPoint(emodel=emodel, emodel_dir=folder, recipes_path=recipes)
    return get_evaluator_from_access_point(access_point=access_point)


def evaluate(evaluator: Any, parameters: dict[str, float]) -> dict[str, Any]:
    """Scores of one parameter set."""
    responses = evaluator.run_protocols(evaluator.fitness_protocols.values(), parameters)
    scores = evaluator.fitness_calculator.calculate_scores(responses)
    numbers = {one: responses.get(f"bpo_{one}") for one in RESULTS}
    return {
        "scores": {name: float(score) for name, score in scores.items()},
        **{name: None if value is None else float(value) for name, value in numbers.items()},
    }


def main() -> None:
    """Answer every line of standard input by a line."""
    with tempfile.TemporaryDirectory() as scratch:
        evaluator = make_evaluator(Path(sys.argv[1]).resolve(), Path(scratch))
        names = ("bluepyemodel", "neuron", "bluepyopt", "efel")
        print(json.dumps({"versions": {name: version(name) for name in names}}), file=ANSWERS)
        for line in sys.stdin:
            print(json.dumps(evaluate(evaluator, json.loads(line))), file=ANSWERS, flush=True)


if __name__ == "__main__":
    main()
