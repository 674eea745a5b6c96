"""Compare the scores of an e-model folder with those of BluePyEModel on the same files.

    python scripts/peers/bluepyemodel.py FOLDER --python PYTHON [--models N] [--seed S] [--stimuli]

PYTHON is that of an environment with BluePyEModel and the versions of NEURON, BluePyOpt and eFEL
that ionfo has (`pip install bluepyemodel neuron==... bluepyopt==... efel==...`).  FOLDER is as
`ionfo import` takes it, with one e-model, a morphology and mechanisms.  N models are drawn
uniformly from the middle third of the bounds.  --stimuli works on a copy with a protocol of every
shape of current, of given amplitudes, and features of each.

Printed: how many scores are within 0.1, whether the same ones are missing, and the
largest differences.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

# this file has the name of the package and lies in the first folder that is searched
HERE = Path(__file__).resolve().parent
sys.path[:] = [one for one in sys.path if Path(one or ".").resolve() != HERE]

Scores = list[dict[str, float]]
RECIPES = "config/recipes.json"
FEATURES = {
    "voltage_base": (-70, 2), "maximum_voltage": (0, 10), "minimum_voltage": (-90, 5),
    "steady_state_voltage_stimend": (-60, 2), "voltage_after_stim": (-70, 2), "Spikecount": (10, 2),
    "ohmic_input_resistance_vb_ssse": (100, 10), "time_to_last_spike": (500, 100),
}  # fmt: skip
STEP = {"delay": 300.0, "duration": 500.0, "totduration": 1000.0}
CHEOPS = {"delay": 100.0, "ramp1_duration": 200.0, "ramp2_duration": 100.0, "ramp3_duration": 50.0,
          "inter_delay": 100.0, "totduration": 1200.0}  # fmt: skip
DEPOLARISING, HYPERPOLARISING = 0.2, -0.1  # nA
STIMULI = {
    "Step_1": {**STEP, "amp": DEPOLARISING},
    "FirePattern_1": {**STEP, "amp": DEPOLARISING},
    "APThreshold_1": {**STEP, "amp": 2 * DEPOLARISING},
    "sAHP_1": {"delay": 100.0, "tmid": 300.0, "tmid2": 400.0, "toff": 800.0, "totduration": 900.0,
               "amp": DEPOLARISING, "long_amp": 0.3 * DEPOLARISING},
    "HyperDepol_1": {"delay": 100.0, "tmid": 300.0, "toff": 600.0, "totduration": 900.0,
                     "hyper_amp": HYPERPOLARISING, "depol_amp": DEPOLARISING},
    "DeHyperpol_1": {"delay": 100.0, "tmid": 300.0, "toff": 600.0, "totduration": 900.0,
                     "amp": DEPOLARISING, "amp2": HYPERPOLARISING},
    "PosCheops_1": {**CHEOPS, "amp": 2 * DEPOLARISING},
    "NegCheops_1": {**CHEOPS, "amp": HYPERPOLARISING},
    "SpikeRecMultiSpikes_1": {"delay": 100.0, "n_spikes": 5, "spike_duration": 3.0, "delta": 20.0,
                              "totduration": 400.0, "amp": 10 * DEPOLARISING},
    "HighFreq_1": {"delay": 100.0, "n_steps": 10, "duration": 1.0, "inter_delay": 15.0,
                   "totduration": 400.0, "amp": 20 * DEPOLARISING},
    "SineSpec_1": {"delay": 100.0, "duration": 1500.0, "totduration": 1800.0, "amp": DEPOLARISING},
}  # fmt: skip


def with_stimuli(folder: Path, out: Path) -> Path:
    """Copy a folder, with a protocol of every shape in the place of its own."""
    shutil.copytree(folder, out)
    recipes = json.loads((out / RECIPES).read_text())
    (recipe,) = recipes.values()
    recipe.setdefault("pipeline_settings", {})["validation_protocols"] = []
    (out / RECIPES).write_text(json.dumps(recipes))
    content = json.loads((out / recipe["features"]).read_text())
    content["protocols"] = [
        {
            "name": name,
            "stimuli": [{"holding_current": -0.01, "thresh_perc": None, **stimulus}],
            "recordings_from_config": [
                {"type": "CompRecording", "name": f"{name}.soma.v", "location": "soma",
                 "variable": "v"}
            ],
            "validation": False,
            "protocol_type": "Protocol",
            "stochasticity": False,
        }
        for name, stimulus in STIMULI.items()
    ]  # fmt: skip
    content["efeatures"] = [
        content["efeatures"][0]
        | {"protocol_name": name, "efel_feature_name": feature, "efeature_name": feature,
           "mean": mean, "original_std": std}
        for name in STIMULI
        for feature, (mean, std) in FEATURES.items()
    ]  # fmt: skip
    (out / recipe["features"]).write_text(json.dumps(content))
    return out


def scores_of_ionfo(folder: Path, n: int, seed: int) -> tuple[list[dict[str, float]], Scores]:
    """Draw models and score them with ionfo, without any short cut."""
    import numpy as np

    from ionfo.emodels import PLAIN
    from ionfo.sampling import Evaluator, evaluator_spec
    from ionfo.tables.exchange import read_emodel_folder

    read = read_emodel_folder(folder)
    emodel = read.emodel
    low, high = emodel.bounds.T
    share = np.random.default_rng(seed).uniform(1 / 3, 2 / 3, (n, len(low)))
    evaluator = Evaluator(evaluator_spec(emodel, read.morphology, read.mechanisms, numerics=PLAIN))
    models, scores = [], []
    for theta in low + (high - low) * share:
        models.append(dict(zip(emodel.free_names, theta.tolist(), strict=True)))
        found = evaluator(theta).scores.tolist()
        scores.append(dict(zip(emodel.feature_names, found, strict=True)))
    return models, scores


def serve(folder: Path) -> Scores:
    """Score the models of standard input with BluePyEModel; the current folder has its library."""
    from bluepyemodel.access_point.local import LocalAccessPoint
    from bluepyemodel.evaluation.evaluation import get_evaluator_from_access_point

    recipes = folder / RECIPES
    (name,) = json.loads(recipes.read_text())
    access_point = LocalAccessPoint(emodel=name, emodel_dir=folder, recipes_path=recipes)
    evaluator = get_evaluator_from_access_point(access_point=access_point)
    scores: list[dict[str, float]] = []
    for model in json.load(sys.stdin):
        responses = evaluator.run_protocols(evaluator.fitness_protocols.values(), model)
        found = evaluator.fitness_calculator.calculate_scores(responses)
        scores.append({key: float(value) for key, value in found.items()})
    return scores


def scores_of_peer(python: Path, folder: Path, models: Any, scratch: Path) -> Scores:
    """Run this file by the peer's python, beside the mechanisms compiled for it."""
    scripts = python.parent
    environment = {**os.environ, "PATH": f"{scripts}{os.pathsep}{os.environ.get('PATH', '')}"}
    environment.pop("PYTHONPATH", None)
    environment["NEURON_MODULE_OPTIONS"] = "-nogui"
    if (folder / "mechanisms").is_dir():
        subprocess.run([scripts / "nrnivmodl", folder / "mechanisms"], cwd=scratch, check=True,
                       env=environment, capture_output=True)  # fmt: skip
    out = scratch / "scores.json"
    command = [python, Path(__file__).resolve(), folder, "--python", python, "--worker", out]
    subprocess.run(command, cwd=scratch, check=True, env=environment, input=json.dumps(models),
                   text=True, stdout=subprocess.DEVNULL)  # fmt: skip
    found: Scores = json.loads(out.read_text())
    return found


def compare(ours: Scores, theirs: Scores) -> None:
    """Print how far two sets of scores lie apart."""
    apart: list[tuple[float, str, float, float]] = []
    n_missing_alike = 0
    for one, other in zip(ours, theirs, strict=True):
        plain = {name.replace("0.", "0p"): score for name, score in other.items()}
        for name, score in one.items():
            peer = plain.get(name, plain.get(name.replace("0.", "0p"), float("nan")))
            apart.append((abs(score - peer), name, score, peer))
            n_missing_alike += (score == 250.0) == (peer == 250.0)
    n = len(apart)
    within = sum(one[0] < 0.1 for one in apart)
    print(f"{within} of {n} scores within 0.1; {n_missing_alike} of {n} missing alike")
    for difference, name, score, peer in sorted(apart, reverse=True)[:8]:
        print(f"  {name}: {score:.4f} and {peer:.4f}, apart {difference:.4f}")


def main() -> None:
    """Compare."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--python", type=Path, required=True)
    parser.add_argument("--models", type=int, default=3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--stimuli", action="store_true")
    parser.add_argument("--worker", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    folder = options.folder.resolve()
    if options.worker is not None:
        options.worker.write_text(json.dumps(serve(folder)))
        return
    with tempfile.TemporaryDirectory() as scratch:
        if options.stimuli:
            folder = with_stimuli(folder, Path(scratch) / "folder")
        models, ours = scores_of_ionfo(folder, options.models, options.seed)
        compare(ours, scores_of_peer(options.python.absolute(), folder, models, Path(scratch)))


if __name__ == "__main__":
    main()
