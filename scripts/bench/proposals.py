"""How many workers the driver of a run can feed with the proposals of move `surrogate`.

    python scripts/bench/proposals.py RUN

walks on the frozen density of a run from where its walkers stand, half an ensemble at a time as
its chains do, and prints the CPU time of a proposal, that of an evaluation by the run's own log,
and their ratio: workers beyond that many wait for the driver.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ionfo.errors import IonfoError
from ionfo.sampling import RunStore
from ionfo.sampling.chains.last_states import read_standing
from ionfo.sampling.chains.learning.learner import density_of
from ionfo.sampling.chains.moves.surrogate import SurrogateMove


def seconds_of_proposal(folder: Path, n_repeats: int) -> float:
    """Give the CPU time of a proposal, the mean over walks of all lengths."""
    store = RunStore(folder)
    asked = store.settings["settings"]
    surrogate = store.surrogate()
    if surrogate is None:
        raise IonfoError(f"run '{folder}' has learned nothing; give one with move 'surrogate'")
    density = density_of(store.emodel, asked, surrogate, store.settings["learned"])
    move = SurrogateMove(density)
    random = np.random.RandomState(np.random.MT19937(0))  # noqa: NPY002  moves take the legacy one
    stand = read_standing(folder, store.emodel, asked["ensembles"])[0]
    half = len(stand) // 2
    began = time.process_time()
    for _ in range(n_repeats):
        move.get_proposal(stand[:half], [stand[half:]], random)
    return (time.process_time() - began) / (n_repeats * half)


def seconds_of_evaluation(folder: Path) -> float:
    """Give what workers took for an evaluation, by the log of the run."""
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
    """Print both, and how many workers the driver feeds."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("run", type=Path)
    parser.add_argument("--repeats", type=int, default=12)
    asked = parser.parse_args(arguments)
    try:
        proposal = seconds_of_proposal(asked.run, asked.repeats)
        evaluation = seconds_of_evaluation(asked.run)
    except IonfoError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"a proposal takes the driver {1000 * proposal:.1f} ms")
    print(f"an evaluation takes a worker {1000 * evaluation:.0f} ms")
    print(f"the driver feeds {evaluation / proposal:.0f} workers")
    return 0


if __name__ == "__main__":
    sys.exit(main())
