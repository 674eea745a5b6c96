"""Check that a long life changes neither memory, nor steps, nor speed of an evaluator.

Evaluates the same few parameter sets over and over in one process.  Prints resident memory and
CPU time per integrator step of the first and the last part, and exits with 1 when memory has
grown by 2 % or more, or the integrator's steps of a set have changed.

    python scripts/check/memory.py soma --evaluations 5000
    python scripts/check/memory.py l5pc --evaluations 300 --settle 30 --morphology CELL.asc
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import numpy as np

from ionfo.analysis.cells.neighbours import neighbours
from ionfo.emodels import load_emodel
from ionfo.sampling import Evaluator, evaluator_spec
from ionfo.terminal.output import mistakes_told


def resident_kilobytes() -> int:
    """Resident memory of this process (kB)."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    raise OSError("/proc/self/status holds no VmRSS")


def main() -> int:
    """Evaluate, and compare the end with the beginning."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("emodel")
    parser.add_argument("--evaluations", type=int, default=5000)
    parser.add_argument("--settle", type=int, default=500, help="evaluations before the first look")
    parser.add_argument("--sets", type=int, default=10)
    parser.add_argument("--bound", type=float, default=np.inf, help="end evaluations at this cost")
    parser.add_argument("--morphology", type=Path)
    arguments = parser.parse_args()

    emodel = load_emodel(arguments.emodel)
    evaluator = Evaluator(evaluator_spec(emodel, arguments.morphology))
    assert emodel.reference is not None
    reference = [emodel.reference[name] for name in emodel.free_names]
    thetas = neighbours(reference, emodel.bounds, arguments.sets, seed=0)
    steps: dict[int, int] = {}
    spent: list[float] = []
    n_changed, settled = 0, 0
    for i in range(arguments.evaluations):
        began = time.process_time()
        evaluation = evaluator(thetas[i % len(thetas)], arguments.bound)
        spent.append((time.process_time() - began) / evaluation.n_steps)
        n_changed += steps.setdefault(i % len(thetas), evaluation.n_steps) != evaluation.n_steps
        if i + 1 == arguments.settle:
            settled = resident_kilobytes()
    end = resident_kilobytes()
    growth = end / settled - 1
    first, last = (
        1e6 * float(np.median(part))
        for part in (spent[: arguments.settle], spent[-arguments.settle :])
    )
    print(
        f"{arguments.evaluations} evaluations of {arguments.emodel}: resident memory "
        f"{settled / 1024:.1f} MB after {arguments.settle}, {end / 1024:.1f} MB at the end "
        f"({growth:+.2%}); {n_changed} changed their number of steps; {first:.2f} CPU us per step "
        f"in the first {arguments.settle}, {last:.2f} in the last ({last / first - 1:+.1%})"
    )
    return int(growth >= 0.02 or n_changed > 0)


if __name__ == "__main__":
    with mistakes_told():
        sys.exit(main())
