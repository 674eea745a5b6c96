"""How far walks on what a run has learned go, of steps that move some parameters or always all.

    python scripts/bench/walks.py RUN

walks on the frozen density of a run, `--walkers` rows that have settled on it, and prints after
100, 200, ... steps the mean squared jump in variances (independent draws have 2): averaged over
the parameters, and of the slowest one.  A twelfth of the walkers begin where the parameter with
the longest tail lies farthest out; printed is where they stand in it then, in SDs from the middle.
Steps as they are stand beside steps of before: always of all parameters, and shorter.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

import numpy as np
from numpy.typing import NDArray
from proposals import frozen_density

from ionfo.errors import IonfoError
from ionfo.sampling import RunStore
from ionfo.sampling.chains.draws import cheapest
from ionfo.sampling.chains.learning import walk as walks
from ionfo.sampling.chains.learning.density import SurrogateDensity
from ionfo.sampling.chains.learning.threads import one_thread
from ionfo.terminal.output import mistakes_told

Array = NDArray[np.float64]

STEPS = {
    "some or all parameters": {one: getattr(walks, one) for one in ("_SHARE_WHOLE", "_LOG_SCALES")},
    "always all parameters": {"_SHARE_WHOLE": 1.0, "_LOG_SCALES": (-1.0, 0.0)},
}
LENGTHS = (100, 200, 400, 800, 1600)
_TO_SETTLE = 2000


@dataclass(frozen=True)
class Reached:
    """Where walks have come to: squared jumps in variances, and SDs that are left of a tail."""

    steps: int
    mean_jump: float
    least_jump: float
    slowest: int
    tail: float


def reached(
    density: SurrogateDensity, settled: Array, random: np.random.RandomState
) -> Iterator[Reached]:
    """Walk from points that have settled, and from the end of the longest tail."""
    middle, sd = settled.mean(axis=0), settled.std(axis=0)
    z = (settled - middle) / sd
    skewness = np.mean(z**3, axis=0)
    one = int(np.argmax(np.abs(skewness)))
    sign = np.sign(skewness[one])
    farthest = np.argsort(-sign * z[:, one], kind="stable")[: max(len(z) // 12, 1)]
    here, out, done = settled, settled[farthest], 0
    for n_steps in LENGTHS:
        here, _ = walks.walk(density, here, settled, random, n_steps - done)
        out, _ = walks.walk(density, out, settled, random, n_steps - done)
        done = n_steps
        variance = np.var(np.vstack([settled, here]), axis=0)
        jump = np.mean((here - settled) ** 2, axis=0) / variance
        left = float(np.mean(sign * (out[:, one] - middle[one]) / sd[one]))
        slowest = int(np.argmin(jump))
        yield Reached(n_steps, float(jump.mean()), float(jump[slowest]), slowest, left)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print both kinds of steps."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("run", type=Path)
    parser.add_argument("--walkers", type=int, default=240)
    asked = parser.parse_args(arguments)
    try:
        store = RunStore(asked.run)
        density = frozen_density(store)
    except IonfoError as error:
        print(error, file=sys.stderr)
        return 1
    names = store.emodel.free_names
    low, high = density.bounds.T
    begin = (cheapest(store, 0, asked.walkers) - low) / (high - low)
    random = np.random.RandomState(np.random.MT19937(0))  # noqa: NPY002  walks take the legacy one
    with one_thread():
        settled, _ = walks.walk(density, begin, begin, random, _TO_SETTLE)
        settled, _ = walks.walk(density, settled, settled, random, _TO_SETTLE)
        print("| a step moves | steps | squared jump | of the slowest | SDs left of the tail |")
        print("|---|---|---|---|---|")
        for name, constants in STEPS.items():
            with patch.multiple(walks, **constants):
                for one in reached(density, settled, np.random.RandomState(1)):  # noqa: NPY002
                    told = f"{one.least_jump:.2f} (`{names[one.slowest]}`)"
                    jump = f"{one.mean_jump:.2f} | {told} | {one.tail:.1f}"
                    print(f"| {name} | {one.steps} | {jump} |", flush=True)
    return 0


if __name__ == "__main__":
    with mistakes_told():
        sys.exit(main())
