"""What surrogates tell of evaluations that they have not seen.

    python scripts/bench/surrogates.py l5pc RUN_OR_POPULATION... [--rows 250 1000 4000]

fits each kind to some of the evaluations that runs and populations hold, also those that ended
early, and prints for the fifth that was left out: the median error of a feature (SDs); the log loss
of whether one is missing, of which too far off is a kind, beside that of one chance for all; and
the chance that the density ranks an evaluation below the largest cost before another (AUC).
CPU seconds are those of the fits for its errors too: of six processes, or of five networks.

Cost is what surrogates know of it, the largest deviation of a feature (its mean over spikes).  An
evaluation that was rejected below the largest cost is of no known cost and tells its features only.
Where all evaluations were proposed by a surrogate, the easy ones are missing among them, and
ranking the others is harder than ranking points of a wider region.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from ionfo.emodels import EModel, load_emodel
from ionfo.errors import IonfoError
from ionfo.sampling.chains.learning.brought import read_evaluations
from ionfo.sampling.chains.learning.density import SurrogateDensity
from ionfo.sampling.chains.learning.fitting import (
    FARTHEST,
    Kind,
    fit_surrogate,
    too_far,
    training_rows,
)
from ionfo.sampling.chains.learning.network import TrainingRows
from ionfo.sampling.chains.learning.training_data import Evaluated
from ionfo.terminal.output import mistakes_told

Array = NDArray[np.float64]

KINDS: tuple[Kind, ...] = ("quadratic", "gaussian_process", "network")
_MOST_OF_A_PROCESS = 1000  # beyond, a fit takes many minutes
_LEFT_OUT = 5  # every fifth


@dataclass(frozen=True)
class Told:
    """What one surrogate tells of evaluations that were left out of its fit."""

    kind: Kind
    n_rows: int
    n_whole: int
    error: float
    log_loss: float
    log_loss_of_one_chance: float
    auc: float
    seconds: float


def told_by(
    emodel: EModel,
    known: Evaluated,
    sizes: Sequence[int],
    kinds: Sequence[Kind] = KINDS,
    max_cost: float = 5.0,
) -> Iterator[Told]:
    """Fit kinds to so many evaluations each, and ask them about the others."""
    order = np.random.default_rng(0).permutation(len(known.theta))
    left_out = _of(known, order[::_LEFT_OUT])
    others = np.delete(order, np.s_[::_LEFT_OUT])
    missing_from = too_far(max_cost, "max")
    rows = training_rows(emodel, left_out, missing_from=missing_from)
    is_told = np.isfinite(rows.lacks_any)
    lacks = rows.lacks_any[is_told] == 1.0
    is_good, is_bad = below(rows, max_cost)
    for n_rows in dict.fromkeys(min(one, len(others)) for one in sizes):
        some = _of(known, others[:n_rows])
        for kind in kinds:
            if kind == "gaussian_process" and n_rows > _MOST_OF_A_PROCESS:
                continue
            begin = time.process_time()
            surrogate = fit_surrogate(emodel, some, kinds=(kind,), missing_from=missing_from)
            seconds = time.process_time() - begin
            found, chance = surrogate.model.deviations(rows.unit)
            density = SurrogateDensity(
                surrogate.model, surrogate.residuals, emodel.bounds, 1.0, max_cost
            )
            value = density(rows.unit)
            yield Told(
                kind, n_rows, some.n_complete,
                float(np.median(np.abs(found - rows.deviation)[rows.is_known])),
                log_loss(chance[is_told], lacks),
                log_loss(np.full(len(lacks), lacks.mean()), lacks),
                auc(value[is_good], value[is_bad]), seconds,
            )  # fmt: skip


def below(rows: TrainingRows, max_cost: float) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Tell which evaluations lie below a largest cost, and which do not; some are unknown."""
    largest = np.where(rows.is_known, np.abs(rows.deviation), 0.0).max(axis=1)
    is_bad = (rows.lacks_any == 1.0) | (largest > max_cost)
    return rows.is_known.all(axis=1) & ~is_bad, is_bad


def log_loss(chance: Array, happened: NDArray[np.bool_]) -> float:
    """Mean negative log of the chance that was given to what happened, nats."""
    safe = np.clip(chance, 1e-6, 1 - 1e-6)
    return float(-np.mean(np.log(np.where(happened, safe, 1 - safe))))


def auc(good: Array, bad: Array) -> float:
    """Chance that one of the good has the larger value; NaN where there are none of a kind."""
    if not len(good) or not len(bad):
        return float("nan")
    ranks = rankdata(np.concatenate([good, bad]))[: len(good)]
    return float((ranks.mean() - (len(good) + 1) / 2) / len(bad))


def _of(known: Evaluated, rows: NDArray[np.int64]) -> Evaluated:
    return Evaluated(known.theta[rows], known.features[rows], known.is_computed[rows])


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a row for each kind and number of evaluations."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("emodel")
    parser.add_argument("evaluated", type=Path, nargs="+", help="runs and populations")
    parser.add_argument("--rows", type=int, nargs="+", default=[250, 1000, 4000, 16000])
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=KINDS)
    parser.add_argument("--max-cost", type=float, default=5.0)
    asked = parser.parse_args(arguments)
    if not 0 < asked.max_cost <= FARTHEST or min(asked.rows) < 1:
        parser.error(f"--max-cost must lie above 0 and be at most {FARTHEST:g}, --rows at least 1")
    try:
        emodel = load_emodel(asked.emodel)
        known = read_evaluations(asked.evaluated, emodel)
        print("| evaluations | with all features | kind | error, SDs | log loss of a missing one "
              "| of one chance | AUC | CPU s |")  # fmt: skip
        print("|---|---|---|---|---|---|---|---|")
        for one in told_by(emodel, known, asked.rows, asked.kinds, asked.max_cost):
            loss = f"{one.log_loss:.3f} | {one.log_loss_of_one_chance:.3f}"
            print(f"| {one.n_rows} | {one.n_whole} | {one.kind} | {one.error:.3f} | {loss} "
                  f"| {one.auc:.3f} | {one.seconds:.0f} |", flush=True)  # fmt: skip
    except IonfoError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    with mistakes_told():
        sys.exit(main())
