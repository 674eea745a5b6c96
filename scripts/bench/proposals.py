"""What the proposals of move `surrogate` cost workers, who walk, and the driver, who sends walks.

    python scripts/bench/proposals.py RUN

walks on the frozen density of a run from where its walkers stand, half an ensemble at a time as
its chains do, and prints the CPU time of a proposal: of a worker, and of the driver, which packs
pieces of half an ensemble, unpacks what comes back, and exchanges two messages more.  The time of
an evaluation is that of the run's own log, and its ratio to the driver's says how many workers
that feeds; more of them wait.
"""

from __future__ import annotations

import argparse
import pickle
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ionfo.errors import IonfoError
from ionfo.sampling import RunStore
from ionfo.sampling.chains.last_states import read_standing
from ionfo.sampling.chains.learning.density import SurrogateDensity
from ionfo.sampling.chains.learning.learner import density_of
from ionfo.sampling.chains.moves.surrogate import SurrogateMove
from ionfo.sampling.evaluation.pool import Call
from ionfo.sampling.evaluation.workers import MESSAGE_SECONDS
from ionfo.terminal.output import mistakes_told


class TimedPool:
    """Work out what would be sent to workers, and time what both sides do."""

    def __init__(self) -> None:
        self.worker_seconds = self.driver_seconds = 0.0
        self.n_messages = 0

    def map(self, function: Callable[[Any], Any], requests: Iterable[Any], /) -> list[Any]:
        """Pack, work out and unpack each by itself."""
        return [self._one(Call(function, request)) for request in requests]

    def _one(self, call: Call) -> Any:
        packed, packing = _timed(lambda: pickle.dumps(call))
        found, walking = _timed(pickle.loads(packed))
        answer = pickle.dumps(found)
        result, unpacking = _timed(lambda: pickle.loads(answer))
        self.worker_seconds += walking
        self.driver_seconds += packing + unpacking
        self.n_messages += 1
        return result


def _timed(work: Callable[[], Any]) -> tuple[Any, float]:
    began = time.process_time()
    return work(), time.process_time() - began


def frozen_density(store: RunStore) -> SurrogateDensity:
    """Give what the proposals of a run walk on."""
    surrogate = store.surrogate()
    if surrogate is None:
        raise IonfoError(
            f"run '{store.folder}' has learned nothing; give one with move 'surrogate'"
        )
    asked, told = store.settings["settings"], store.settings["learned"]
    return density_of(store.emodel, asked, surrogate, told)


def seconds_of_proposal(folder: Path, n_repeats: int) -> tuple[float, float]:
    """Give the CPU time of a proposal of a worker and of the driver, means over walks."""
    store = RunStore(folder)
    density = frozen_density(store)
    pool = TimedPool()
    move = SurrogateMove(density, pool)
    random = np.random.RandomState(np.random.MT19937(0))  # noqa: NPY002  moves take the legacy one
    stand = read_standing(folder, store.emodel, store.settings["settings"]["ensembles"])[0]
    half = len(stand) // 2
    for _ in range(n_repeats):
        move.get_proposal(stand[:half], [stand[half:]], random)
    n = n_repeats * half
    # the proposal itself goes out and comes back too
    messages = MESSAGE_SECONDS * (1 + pool.n_messages / n)
    return pool.worker_seconds / n, pool.driver_seconds / n + messages


def seconds_of_evaluation(folder: Path) -> float:
    """Give what workers took for an evaluation, walks included, by the log of the run."""
    seconds = n_evaluations = 0.0
    session: dict[str, float] = {}
    for told in [*RunStore(folder).read_log(), {"event": "start"}]:
        if told["event"] == "start":  # counts of a session begin anew
            seconds += session.get("busy_seconds", 0.0)
            n_evaluations += session.get("evaluations", 0.0)
            session = {}
        elif "busy_seconds" in told:
            session = told
    return seconds / max(n_evaluations, 1.0)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print them, and how many workers the driver feeds."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("run", type=Path)
    parser.add_argument("--repeats", type=int, default=12)
    asked = parser.parse_args(arguments)
    try:
        walk, driver = seconds_of_proposal(asked.run, asked.repeats)
        evaluation = seconds_of_evaluation(asked.run)
    except IonfoError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"a proposal takes a worker {1000 * walk:.1f} ms, the driver {1000 * driver:.2f} ms")
    print(f"an evaluation takes a worker {1000 * evaluation:.0f} ms by the log of the run")
    print(f"the driver feeds {evaluation / driver:.0f} workers")
    return 0


if __name__ == "__main__":
    with mistakes_told():
        sys.exit(main())
