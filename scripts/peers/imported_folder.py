"""Compare the scores of an e-model folder with those of another tool on the same files.

    python scripts/peers/imported_folder.py FOLDER --peer PEER --python PYTHON [OPTIONS]

PEER is bluepyemodel or emodel-generalisation, and PYTHON that of an environment with it and with
the versions of NEURON, BluePyOpt and eFEL that ionfo has; scripts/make/peer_environment.py makes
one for emodel-generalisation.  FOLDER is as `ionfo import` takes it.  Both tools read one copy of
it, with the one e-model, its morphology, and no mechanisms but those it inserts.

Which models are scored:

    --models N     drawn uniformly from the middle third of the bounds (3)
    --around FILE  the model of a JSON file, or the reference of an e-model of that name, and N - 1
                   that lie 4 % (s.d.) of the bounds away from it
    --table FILE   those of a table of emodel-generalisation's MCMC

--axon keep tells both to leave the axon as the file has it; else the recipe decides.
--second-copy leaves the bare copy of the cell in, that emodel-generalisation keeps in its process
and that moves the integrator's steps.  --numerics default scores with the short cuts of a run.
--mechanisms DIR gives both tools other files.  --atol sets ionfo's absolute tolerance.
--append DIR:NAME,NAME adds protocols, with their features, of DIR/protocols.json and
DIR/features.json (those of somatic_validation in SSCxEModelExamples), instead of its own.
--stimuli plays a protocol of every shape of current, of given amplitudes, with features of each.

Printed: how many scores are within 0.1, whether the same ones are missing, the currents and
voltages that each search found, and the largest differences.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ionfo.emodels import PLAIN, EModel, Numerics, load_emodel
from ionfo.mechanisms.declared import read_declared
from ionfo.sampling import Evaluator, evaluator_spec
from ionfo.tables.exchange import read_emodel_folder, read_mcmc_table
from ionfo.terminal.output import mistakes_told

HERE = Path(__file__).resolve().parent
WORKERS = {
    "bluepyemodel": "bluepyemodel.py",
    "emodel-generalisation": "emodel_generalisation.py",
}
RECIPES = ("config/recipes.json", "recipes.json", "config/recipes/recipes.json")
SEARCHED = {"holding_current": "nA", "threshold_current": "nA"}
Model = dict[str, float]

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


def make_copy(folder: Path, out: Path, options: argparse.Namespace) -> Path:
    """Copy a folder: one recipe at the top, one morphology, the mechanisms that it inserts."""
    shutil.copytree(folder, out)
    found = next(out / one for one in RECIPES if (out / one).is_file())
    recipes = json.loads(found.read_text())
    name = options.emodel or next(iter(recipes))
    recipe = recipes[name]
    for one in RECIPES:
        (out / one).unlink(missing_ok=True)
    if options.axon == "keep":
        recipe.get("pipeline_settings", {}).pop("morph_modifiers", None)
        # the one tool replaces the axon when there is no modifier, the other has no such one
        empty: list[Any] = [] if options.peer == "bluepyemodel" else [["builtins", "dict"]]
        recipe["morph_modifiers"] = empty
    if options.stimuli:
        play_every_shape(out, recipe)
    if options.append is not None:
        append(out, recipe, options.append)
    if options.morphology is not None:
        recipe["morph_path"] = "."
        recipe["morphology"] = [[options.morphology.stem, options.morphology.name]]
        shutil.copy(options.morphology, out)
    (out / "recipes.json").write_text(json.dumps({name: recipe}, indent=1))
    if options.mechanisms is not None:
        shutil.rmtree(out / "mechanisms", ignore_errors=True)
        shutil.copytree(options.mechanisms, out / "mechanisms")
    inserted = read_emodel_folder(out).emodel.inserted
    for file in (out / "mechanisms").glob("*.mod"):
        if read_declared(file).name not in inserted:
            file.unlink()
    return out


def play_every_shape(folder: Path, recipe: dict[str, Any]) -> None:
    """Put a protocol of every shape in the place of those of the folder."""
    recipe.setdefault("pipeline_settings", {})["validation_protocols"] = []
    content = json.loads((folder / recipe["features"]).read_text())
    content["protocols"] = [
        _protocol(name, {"holding_current": -0.01, "thresh_perc": None, **stimulus}, "Protocol")
        for name, stimulus in STIMULI.items()
    ]  # fmt: skip
    content["efeatures"] = [
        content["efeatures"][0]
        | {"protocol_name": name, "efel_feature_name": feature, "efeature_name": feature,
           "mean": mean, "original_std": std}
        for name in STIMULI
        for feature, (mean, std) in FEATURES.items()
    ]  # fmt: skip
    (folder / recipe["features"]).write_text(json.dumps(content))


def append(folder: Path, recipe: dict[str, Any], chosen: str) -> None:
    """Add protocols and features of another folder, in the form that the recipe's have."""
    source, _, names = chosen.rpartition(":")
    steps = json.loads((Path(source) / "protocols.json").read_text())
    targets = json.loads((Path(source) / "features.json").read_text())
    path = folder / recipe["features"]
    features = json.loads(path.read_text())
    if "protocol" in recipe:  # the older form: two files of dictionaries
        other = folder / recipe["protocol"]
        protocols = json.loads(other.read_text())
        for name in names.split(","):
            stimuli = {"step": steps[name]["step"]}
            protocols[name] = {"type": "StepThresholdProtocol", "stimuli": stimuli}
            protocols["Main"]["other_protocols"].append(name)
            features[name] = {"soma.v": targets[name]["soma"]}
        other.write_text(json.dumps(protocols))
    else:
        features["protocols"] = [
            one for one in features["protocols"] if one["name"] not in names.split(",")
        ]
        features["efeatures"] = [
            one for one in features["efeatures"] if one["protocol_name"] not in names.split(",")
        ]
        recipe["pipeline_settings"]["validation_protocols"] = []
        for name in names.split(","):
            stimulus = {**steps[name]["step"], "holding_current": steps[name]["holding"]["amp"]}
            features["protocols"].append(_protocol(name, stimulus, "ThresholdBasedProtocol"))
            for one in targets[name]["soma"]:
                mean, std = one["val"]
                features["efeatures"].append(
                    features["efeatures"][0]
                    | {"protocol_name": name, "efel_feature_name": one["feature"],
                       "efeature_name": one["efeature_name"], "mean": mean, "original_std": std,
                       "efel_settings": one["efel_settings"]}
                )  # fmt: skip
    path.write_text(json.dumps(features))


def _protocol(name: str, stimulus: dict[str, Any], kind: str) -> dict[str, Any]:
    """Write a protocol as features.json has it."""
    return {
        "name": name,
        "stimuli": [stimulus],
        "recordings_from_config": [
            {"type": "CompRecording", "name": f"{name}.soma.v", "location": "soma",
             "variable": "v"}
        ],
        "validation": False,
        "protocol_type": kind,
        "stochasticity": False,
    }  # fmt: skip


def choose_models(emodel: EModel, options: argparse.Namespace) -> list[Model]:
    """Draw models, or read them."""
    names = emodel.free_names
    if options.table is not None:
        frame = read_mcmc_table(options.table).frame
        rows = frame[[f"parameters/{name}" for name in names]].to_numpy()
        return [dict(zip(names, row.tolist(), strict=True)) for row in rows]
    low, high = emodel.bounds.T
    rng = np.random.default_rng(options.seed)
    if options.around is None:
        share = rng.uniform(1 / 3, 2 / 3, (options.models, len(low)))
        return [
            dict(zip(names, theta.tolist(), strict=True)) for theta in low + (high - low) * share
        ]
    file = Path(options.around)
    given = json.loads(file.read_text()) if file.is_file() else load_emodel(file.name).reference
    middle = {name: sum(pair) / 2 for name, pair in zip(names, emodel.bounds, strict=True)}
    base = np.array([(given or {}).get(name, middle[name]) for name in names])
    away = rng.normal(size=(options.models, len(low))) * 0.04 * (high - low)
    away[0] = 0.0
    return [
        dict(zip(names, theta.tolist(), strict=True)) for theta in np.clip(base + away, low, high)
    ]


def scores_of_ionfo(
    folder: Path,
    choose: Callable[[EModel], list[Model]],
    numerics: Numerics,
    atol: float | None = None,
) -> list[dict[str, Any]]:
    """Score models with ionfo; each answer holds its parameters."""
    read = read_emodel_folder(folder)
    emodel = read.emodel
    if atol is not None:
        emodel = emodel.model_copy(update={"cvode_atol": atol})
    evaluator = Evaluator(
        evaluator_spec(emodel, read.morphology, read.mechanisms, numerics=numerics)
    )
    answers = []
    for model in choose(emodel):
        found = evaluator([model[name] for name in emodel.free_names])
        features = dict(zip(emodel.feature_names, found.features.tolist(), strict=True))
        answer: dict[str, Any] = {
            "parameters": model,
            "scores": dict(zip(emodel.feature_names, found.scores.tolist(), strict=True)),
        }
        for one in SEARCHED:
            answer[one] = next((v for k, v in features.items() if k.endswith(f"bpo_{one}")), None)
        answers.append(answer)
    return answers


def scores_of_peer(
    peer: str, python: Path, folder: Path, models: Sequence[Model], second_copy: bool = False
) -> list[dict[str, Any]]:
    """Score models by the peer's python."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    alone = [] if second_copy or peer == "bluepyemodel" else ["--alone"]
    done = subprocess.run(
        [python, HERE / WORKERS[peer], folder, *alone],
        check=True,
        env=environment,
        input="".join(json.dumps(one) + "\n" for one in models),
        text=True,
        stdout=subprocess.PIPE,
    )
    _, *answers = map(json.loads, done.stdout.splitlines())
    for one in answers:
        if "error" in one:
            raise SystemExit(f"{peer} could not evaluate a model: {one['error']}")
    return answers


def plain(name: str) -> str:
    """Give a name of a feature as both tools write it: they differ in dots."""
    return name.replace(".", "p")


def find(name: str, peers: dict[str, float]) -> float | None:
    """Find a score of the other tool; it may call the voltage at the end of a search a base."""
    other = name.replace("steady_state_voltage_stimend", "voltage_base")
    return peers.get(plain(name), peers.get(plain(other)))


def compare(ours: Sequence[dict[str, Any]], theirs: Sequence[dict[str, Any]]) -> None:
    """Print how far the scores of two tools lie apart."""
    apart: list[tuple[float, str, float, float]] = []
    n_missing_alike, n_unknown = 0, 0
    for i, (one, other) in enumerate(zip(ours, theirs, strict=True)):
        peers = {plain(name): score for name, score in other["scores"].items()}
        before = len(apart)
        for name, score in one["scores"].items():
            peer = find(name, peers)
            if peer is None:
                n_unknown += 1
                continue
            apart.append((abs(score - peer), f"model {i}, {name}", score, peer))
            n_missing_alike += (score == 250.0) == (peer == 250.0)
        here = apart[before:]
        currents = ", ".join(
            f"{key} {one[key]:.6g} and {other[key]:.6g} {unit}"
            for key, unit in SEARCHED.items()
            if one.get(key) is not None and other.get(key) is not None
        )
        print(f"model {i}: {sum(a[0] < 0.1 for a in here)} of {len(here)} within 0.1; {currents}")
    n = len(apart)
    within = sum(one[0] < 0.1 for one in apart)
    print(f"{within} of {n} scores within 0.1; {n_missing_alike} of {n} missing alike")
    if n_unknown:
        print(f"{n_unknown} scores have no like of their name in the other tool")
    for difference, name, score, peer in sorted(apart, reverse=True)[:8]:
        print(f"  {name}: {score:.4f} and {peer:.4f}, apart {difference:.4f}")


def main() -> None:
    """Compare."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--peer", choices=WORKERS, required=True)
    parser.add_argument("--python", type=Path, required=True)
    parser.add_argument("--emodel", help="which of the folder")
    parser.add_argument("--morphology", type=Path, help="instead of the recipe's")
    parser.add_argument("--axon", choices=("as-is", "keep"), default="as-is")
    parser.add_argument("--models", type=int, default=3)
    parser.add_argument("--around")
    parser.add_argument("--table", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--mechanisms", type=Path)
    parser.add_argument("--numerics", choices=("plain", "default"), default="plain")
    parser.add_argument("--append")
    parser.add_argument("--atol", type=float)
    parser.add_argument("--second-copy", action="store_true")
    parser.add_argument("--stimuli", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = make_copy(options.folder.resolve(), Path(scratch) / "folder", options)
        numerics = Numerics() if options.numerics == "default" else PLAIN
        ours = scores_of_ionfo(
            folder, lambda emodel: choose_models(emodel, options), numerics, options.atol
        )
        models = [one["parameters"] for one in ours]
        python = options.python.absolute()  # a link resolved is no longer in its environment
        theirs = scores_of_peer(options.peer, python, folder, models, options.second_copy)
        compare(ours, theirs)


if __name__ == "__main__":
    with mistakes_told():
        main()
