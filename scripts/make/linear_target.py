"""Linearise the features of `l5pc` around its reference: a 30-dimensional target for samplers.

Every signed score (value - mean)/SD of the first value of a feature is differentiated by central
differences in each parameter, in units of the half-width of its bounds.  The cost
max |score + jacobian x| of the linear model has the conditioning of the real one and costs
nothing, so that samplers can be compared over many autocorrelation times.

    python scripts/make/linear_target.py --morphology C060114A5.asc --out l5pc_linear.json

scripts/bench/l5pc_linear.json was made so.
"""

from __future__ import annotations

import argparse
import json
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np

from ionfo.emodels import load_emodel
from ionfo.sampling import Evaluator, evaluator_spec
from ionfo.terminal.output import mistakes_told

_evaluator: Evaluator | None = None


def _initialise(morphology: Path | None) -> None:
    global _evaluator
    _evaluator = Evaluator(evaluator_spec(load_emodel("l5pc"), morphology))


def _features(theta: list[float]) -> list[float]:
    assert _evaluator is not None
    return [float(value) for value in _evaluator(theta).features]


def main() -> None:
    """Evaluate the differences and write the linear model."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--morphology", type=Path)
    parser.add_argument("--step", type=float, default=0.02, help="of the half-width of the bounds")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True)
    settings = parser.parse_args()

    emodel = load_emodel("l5pc")
    assert emodel.reference is not None
    centre = np.array([emodel.reference[name] for name in emodel.free_names])
    low, high = emodel.bounds.T
    half = (high - low) / 2
    points = [centre]
    for i in range(len(centre)):
        for sign in (-1, 1):
            moved = centre.copy()
            moved[i] = np.clip(moved[i] + sign * settings.step * half[i], low[i], high[i])
            points.append(moved)
    with ProcessPoolExecutor(settings.processes, initializer=_initialise,
                             initargs=(settings.morphology,)) as pool:  # fmt: skip
        values = np.array(list(pool.map(_features, [point.tolist() for point in points])))
    mean = np.array([target.mean for target in emodel.features])
    std = np.array([target.std for target in emodel.features])
    signed = (values - mean) / std
    jacobian = np.empty((len(emodel.features), len(centre)))
    for i in range(len(centre)):
        before, after = 1 + 2 * i, 2 + 2 * i
        width = (points[after][i] - points[before][i]) / half[i]
        jacobian[:, i] = (signed[after] - signed[before]) / width
    known = np.isfinite(jacobian).all(axis=1)
    content = {
        "what": f"signed scores of l5pc ({settings.morphology and settings.morphology.name}) at "
        f"its reference and their derivatives, steps of {settings.step} of the half-width",
        "parameters": list(emodel.free_names),
        "features": [
            t.name for t, is_known in zip(emodel.features, known, strict=True) if is_known
        ],
        "centre": ((centre - low) / half - 1).round(6).tolist(),
        "scores": signed[0, known].round(5).tolist(),
        "jacobian": jacobian[known].round(4).tolist(),
    }
    settings.out.write_text(json.dumps(content) + "\n")
    print(f"{known.sum()} of {len(known)} features have derivatives; written to {settings.out}")


if __name__ == "__main__":
    with mistakes_told():
        main()
