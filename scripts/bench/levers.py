"""Measure what each short cut of the integration saves, and how far it moves the scores.

Ten parameter sets (the reference and neighbours) on two morphologies, every set with every
choice of `Numerics`, against the plain evaluation.  A score that differs by more than 0.05 is
followed up: the steps are run again at the exact holding and threshold currents, which tells a
changed bisection from a changed sweep.  Writes a table.

    python scripts/bench/levers.py MORPHOLOGY.asc OTHER.asc [--sets 10] [--out levers.md]
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ionfo.analysis.cells.neighbours import neighbours
from ionfo.emodels import PLAIN, EModel, Missing, Numerics, ProtocolRunner, load_emodel
from ionfo.emodels.protocols import _Measured
from ionfo.features import extract_features, z_score
from ionfo.sampling import Evaluation, Evaluator, evaluator_spec, read_models
from ionfo.terminal.output import mistakes_told

HOLDING = "SearchHoldingCurrent.soma.v.bpo_holding_current"
THRESHOLD = "SearchThresholdCurrent.soma.v.bpo_threshold_current"

# name -> numerics, absolute tolerance in multiples of the definition's
LEVERS = {
    "plain": (PLAIN, 1.0),
    "plain, one held state (rounding alone)": (replace(PLAIN, share_holding=True), 1.0),
    "tables": (replace(PLAIN, exact_rates=False), 1.0),
    "order 3": (replace(PLAIN, max_order=3), 1.0),
    "order 4": (replace(PLAIN, max_order=4), 1.0),
    "order 2": (replace(PLAIN, max_order=2), 1.0),
    "default: tables, order 3, one held state": (Numerics(), 1.0),
    "default, atol 2e-3": (Numerics(), 2.0),
    "default, atol 1e-2": (Numerics(), 10.0),
    "plain, atol 1e-4 (nearer the truth)": (PLAIN, 0.1),
}


@dataclass
class Outcome:
    """What a lever gave on all sets of one morphology."""

    evaluations: list[Evaluation]
    seconds: list[float]
    at_exact_currents: list[NDArray[np.float64]]


def scores_at(
    evaluator: Evaluator, theta: NDArray[np.float64], currents: _Measured
) -> NDArray[np.float64]:
    """Scores of the steps run at given holding and threshold currents; NaN for the others."""
    emodel = evaluator.emodel
    evaluator.simulator.set_parameters(theta)
    runner = ProtocolRunner(evaluator.simulator)
    scores = np.full(len(emodel.targets), np.nan)
    for protocol in emodel.protocols:
        if protocol.kind != "step":
            continue
        response = runner._run_one(protocol, currents)
        if isinstance(response, Missing):
            continue
        targets = [target for target in emodel.targets if target.protocol == protocol.name]
        found = extract_features(response, targets, emodel.efel_settings)
        for i, target in enumerate(emodel.targets):
            if target.protocol == protocol.name:
                scores[i] = z_score(found[target.name].values, target.mean, target.std, True)
    return scores


def run(
    emodel: EModel, morphology: Path, lever: str, thetas: NDArray[np.float64],
    plain: list[Evaluation] | None,
) -> Outcome:  # fmt: skip
    """Evaluate all sets with one lever, and again at the plain currents where scores moved."""
    numerics, looser = LEVERS[lever]
    changed = emodel.model_copy(update={"cvode_atol": looser * emodel.cvode_atol})
    evaluator = Evaluator(evaluator_spec(changed, morphology, numerics=numerics))
    outcome = Outcome([], [], [])
    for i, theta in enumerate(thetas):
        began = time.process_time()
        outcome.evaluations.append(evaluator(theta))
        outcome.seconds.append(time.process_time() - began)
        again = np.full(len(emodel.targets), np.nan)
        if plain is not None:
            reference = plain[i]
            away = np.abs(outcome.evaluations[-1].scores - reference.scores)
            value = dict(zip(emodel.feature_names, reference.features, strict=True))
            if away.max() > 0.05 and np.isfinite(value[THRESHOLD]):
                currents = _Measured(holding=value[HOLDING], threshold=value[THRESHOLD])
                again = np.abs(scores_at(evaluator, theta, currents) - reference.scores)
        outcome.at_exact_currents.append(again)
    return outcome


def compare(emodel: EModel, morphology: Path, thetas: NDArray[np.float64]) -> list[str]:
    """Make the table of one morphology."""
    rows = []
    plain: Outcome | None = None
    index = list(emodel.feature_names)
    for lever in LEVERS:
        outcome = run(emodel, morphology, lever, thetas, plain and plain.evaluations)
        plain = plain or outcome
        pairs = list(zip(outcome.evaluations, plain.evaluations, strict=True))
        away = np.array([np.abs(a.scores - b.scores) for a, b in pairs])
        n_missing = sum(set(a.reasons) != set(b.reasons) for a, b in pairs)
        current = [
            (a.features[index.index(name)], b.features[index.index(name)])
            for a, b in pairs
            for name in (HOLDING, THRESHOLD)
        ]
        # a bisection that ends one cell of its grid away moves by about 1 %
        n_flips = sum(abs(x - y) > 3e-3 * max(abs(x), abs(y)) for x, y in current)
        remaining = np.array(outcome.at_exact_currents)
        left = int((remaining > 0.05).sum())
        cpu = np.median(np.array(outcome.seconds) / np.array(plain.seconds))
        steps = np.median([a.n_steps / b.n_steps for a, b in pairs])
        rows.append(
            f"| {lever} | {steps:.3f} | {cpu:.3f} | {(away < 0.05).mean():.2%} | "
            f"{np.median(away):.1e} | {away.max():.3f} | {n_flips} | {left} | {n_missing} |"
        )
        print(rows[-1], flush=True)
    return rows


def main() -> None:
    """Write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("morphologies", type=Path, nargs="+")
    parser.add_argument("--sets", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--states", type=Path, help="models to compare instead of neighbours")
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    emodel = load_emodel("l5pc")
    assert emodel.reference is not None
    reference = [emodel.reference[name] for name in emodel.free_names]
    thetas = neighbours(reference, emodel.bounds, arguments.sets, arguments.seed)
    if arguments.states is not None:
        thetas = read_models(arguments.states, emodel).theta[: arguments.sets]
    lines = []
    for morphology in arguments.morphologies:
        lines += [
            f"{morphology.stem}, {arguments.sets} parameter sets:",
            "",
            "| lever | steps | CPU | scores within 0.05 | median difference | largest | flips | "
            "left at the exact currents | missing otherwise |",
            "|---|---|---|---|---|---|---|---|---|",
        ]
        print("\n".join(lines[-4:]))
        lines += [*compare(emodel, morphology, thetas), ""]
    if arguments.out:
        arguments.out.write_text("\n".join(lines))


if __name__ == "__main__":
    with mistakes_told():
        main()
