"""Draw the traces of the reference models, and their features beside the targets.

    python scripts/make/plot_references.py --out references.png

A row is an e-model on one of its bundled morphologies: two current steps, the instantaneous
rates at the stronger one beside their targets, and all scores.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes

from ionfo.emodels import EModel, ProtocolRunner, load_emodel
from ionfo.emodels.cell import on_morphology, resolve_morphology
from ionfo.emodels.protocol_kinds import Step
from ionfo.features import Response
from ionfo.sampling import Evaluation, Evaluator, evaluator_spec
from ionfo.terminal.output import mistakes_told

CELLS = [("cac", None), ("bnac", None), ("l5pc", None), ("l5pc", "l5pc_reduced")]
INTERVALS = ("first", "second", "third", "fourth", "fifth", "last")


def steps_of(emodel: EModel) -> list[str]:
    """Names of the long steps, the weakest first."""
    steps = [p for p in emodel.protocols if isinstance(p, Step) and p.duration >= 1000.0]
    return [p.name for p in sorted(steps, key=lambda one: one.percent) if p.percent > 0.0]


def draw_rates(axis: Axes, emodel: EModel, evaluation: Evaluation, step: str) -> None:
    """Draw the inverse intervals of a step beside their targets."""
    row = {name: i for i, name in enumerate(emodel.feature_names)}
    for x, interval in enumerate(INTERVALS):
        i = row.get(f"{step}.soma.v.inv_{interval}_ISI")
        if i is not None:
            feature = emodel.features[i]
            axis.errorbar(x, feature.mean, feature.std, fmt="_k", capsize=3)
            axis.plot(x, evaluation.features[i], "o", color="tab:blue")
    axis.set_xticks(range(len(INTERVALS)), INTERVALS, rotation=45)
    axis.set(ylabel="1/interval (Hz)", title=f"{step}: model (dots), mean and SD of cells")


def draw_row(row: np.ndarray, name: str, morphology: str | None) -> None:
    """Draw one e-model."""
    emodel = load_emodel(name)
    path = resolve_morphology(emodel, None if morphology is None else Path(morphology))
    emodel = on_morphology(emodel, path)
    assert emodel.reference is not None
    evaluator = Evaluator(evaluator_spec(emodel, path))
    theta = [emodel.reference[one] for one in emodel.free_names]
    evaluation = evaluator(theta)
    evaluator.simulator.set_parameters(theta)
    responses = dict(ProtocolRunner(evaluator.simulator).run())
    evaluator.simulator.close()
    names = steps_of(emodel)
    for axis, step in zip(row, (names[0], names[-1]), strict=False):
        response = responses[step]
        assert isinstance(response, Response)
        axis.plot(response.t, response.recordings["soma.v"], lw=0.6)
        axis.set(xlim=(600, 2800), xlabel="t (ms)", ylabel="soma (mV)")
        axis.set_title(f"{name} on {path.stem}, {step}")
    draw_rates(row[2], emodel, evaluation, names[-1])
    row[3].plot(np.sort(evaluation.scores)[::-1], ".")
    row[3].axhline(3.0, color="k", lw=0.5)
    row[3].set(xlabel="feature", ylabel="score", title=f"largest score {evaluation.cost:.2f}")


def main() -> None:
    """Draw every reference."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--emodel", action="append", help="only these")
    arguments = parser.parse_args()
    cells = [one for one in CELLS if arguments.emodel is None or one[0] in arguments.emodel]
    size = (16, 3 * len(cells))
    figure, axes = plt.subplots(len(cells), 4, figsize=size, layout="constrained", squeeze=False)
    for row, (name, morphology) in zip(axes, cells, strict=True):
        draw_row(row, name, morphology)
    figure.savefig(arguments.out, dpi=110)


if __name__ == "__main__":
    with mistakes_told():
        main()
