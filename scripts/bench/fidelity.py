"""Compare the published L5PC optimum with the published evaluator; writes docs/studies/fidelity.md.

Needs the reference file and the reconstruction, which are not part of the repository:

    python scripts/bench/fidelity.py REFERENCE.json MORPHOLOGY.asc [--traces TRACES.npz]
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np

from ionfo.emodels import Missing, ProtocolRunner, Simulator, load_emodel
from ionfo.sampling import Evaluator, evaluator_spec
from ionfo.terminal.output import mistakes_told


def trace_rows(simulator: Simulator, file: Path) -> list[str]:
    """Compare traces where they are regular: before the first spike, and in the peaks."""
    stored = np.load(file)
    rows = []
    for name, response in ProtocolRunner(simulator).run():
        if isinstance(response, Missing):
            break
        for recording, values in response.recordings.items():
            key = f"{name}.{recording}"
            if f"{key}|raw_y" not in stored:
                continue
            t, y = stored[f"{key}|raw_t"], stored[f"{key}|raw_y"]
            base = slice(None, int(np.searchsorted(t, 699.0)))
            ours = np.interp(t[base], response.t, values)
            difference = float(np.abs(ours - y[base])[t[base] > 600].max())
            rows.append(
                f"| {key} | {len(values)} | {len(y)} | {difference:.2e} | "
                f"{values.max():.6g} | {y.max():.6g} |"
            )
    return rows


def main() -> None:
    """Write the comparison."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("reference", type=Path)
    parser.add_argument("morphology", type=Path)
    parser.add_argument("--traces", type=Path)
    root = Path(__file__).resolve().parents[2]
    parser.add_argument("--out", type=Path, default=root / "docs/studies/fidelity.md")
    arguments = parser.parse_args()

    reference = json.loads(arguments.reference.read_text())
    emodel = load_emodel("l5pc")
    evaluator = Evaluator(evaluator_spec(emodel, arguments.morphology))
    theta = [reference["parameters"][name] for name in emodel.free_names]
    evaluation = evaluator(theta)
    published = np.array([reference["scores"][name] for name in emodel.feature_names])
    means = [reference["feature_means"][name] for name in emodel.feature_names]
    away = np.abs(evaluation.scores - published)
    lines = [
        "# The L5 pyramidal cell against the published evaluator",
        "",
        "The published optimum (hall-of-fame rank 0, e_pas -79.60 mV) on the reconstruction",
        "C060114A5, through ionfo and through the evaluator of emodel-generalisation 0.2.14",
        "(NEURON 9.0.2, eFEL 5.7.34). Made by `scripts/bench/fidelity.py`.",
        "",
        "| | ionfo | published evaluator |",
        "|---|---|---|",
        f"| sum of scores | {evaluation.scores.sum():.4f} | {published.sum():.4f} |",
        f"| maximum | {evaluation.cost:.4f} | {published.max():.4f} |",
        f"| scores within 0.1 | {(away < 0.1).sum()} of {len(away)} | |",
        f"| largest difference | {away.max():.4f} | |",
        "",
        "The mechanisms are written anew, and the published process integrates a second bare copy",
        "of the cell, which changes the integrator's steps; hence the differences.",
        "",
        "| feature | ionfo | published | score | published | difference |",
        "|---|---|---|---|---|---|",
    ]
    for i, name in enumerate(emodel.feature_names):
        lines.append(
            f"| {name} | {evaluation.features[i]:.6g} | {means[i]:.6g} | "
            f"{evaluation.scores[i]:.4f} | {published[i]:.4f} | {away[i]:.4f} |"
        )
    if arguments.traces:
        lines += [
            "",
            "Traces at the integrator's own steps: number of steps, largest difference in the last",
            "100 ms before the stimulus, and the peak (mV or mM).",
            "",
            "| recording | steps | published | difference before | peak | published |",
            "|---|---|---|---|---|---|",
            *trace_rows(evaluator.simulator, arguments.traces),
        ]
    arguments.out.write_text("\n".join(lines) + "\n")
    print("\n".join(lines[7:13]))


if __name__ == "__main__":
    with mistakes_told():
        main()
