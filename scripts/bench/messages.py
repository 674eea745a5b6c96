"""Measure what messages to workers take of the driver's time, and how busy it keeps many of them.

The first table is measured on three ranks whose evaluations take no time; the second is the real
scheduler on simulated workers, with the first table's cost of a message in it.

    python scripts/bench/messages.py
"""

from __future__ import annotations

import argparse
import heapq
import os
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator
from typing import Any

import numpy as np

from ionfo.sampling import Evaluation, ModelRequest
from ionfo.sampling.evaluation import mpi
from ionfo.sampling.evaluation.pool import Timed
from ionfo.sampling.evaluation.scheduler import Scheduler, SharedPool
from ionfo.sampling.evaluation.workers import LARGEST_BATCH, batch_size, next_batches
from ionfo.terminal.output import mistakes_told

NOTHING = Evaluation(np.zeros(60), np.zeros(60), 1.0)
THETA = tuple(float(i) for i in range(30))


def answer(batch: list[tuple[int, ModelRequest]]) -> list[Timed]:
    """Evaluate nothing, at once."""
    mpi.tell_begin([ticket for ticket, _ in batch])
    return [(ticket, NOTHING, 0.0) for ticket, _ in batch]


def initialise(_: None) -> None:
    """Initialise nothing."""


def measure(n_requests: int) -> None:
    """Print the driver's cost of evaluations by the size of a batch; on the ranks of mpirun."""
    if mpi.rank() > 0:
        mpi.serve()
        return
    for size in (1, 2, 4, 8, 16):
        with mpi.executor(initialise, None) as workers:
            batch = [(i, ModelRequest(THETA)) for i in range(size)]
            going = deque(workers.submit(answer, batch) for _ in range(4))
            began, cpu = time.perf_counter(), time.process_time()
            n_batches = n_requests // size
            for _ in range(n_batches):
                going.popleft().result()
                for _ in mpi.heard_begin():
                    pass
                going.append(workers.submit(answer, batch))
            cpu, seconds = time.process_time() - cpu, time.perf_counter() - began
        n = n_batches * size
        print(f"{size:6d} {1e6 * cpu / n_batches:12.0f} {1e6 * cpu / n:15.0f} {n / seconds:15.0f}")
    mpi.dismiss()


class SimulatedWorkers:
    """Workers on a simulated clock, fed by a driver whose messages take time."""

    is_here = True

    def __init__(self, n_workers: int, mean: float, message: float, own: float, largest: int):
        self.n_workers, self.mean, self.message, self.own = n_workers, mean, message, own
        self.size = min(batch_size(n_workers, mean), largest)
        self.capacity = 2 * n_workers * self.size
        self.now = 0.0
        self.busy = 0.0
        self._rng = np.random.default_rng(0)
        self._waiting: deque[int] = deque()
        self._free = [0.0] * n_workers  # when each worker will be free
        self._going: list[tuple[float, int, list[tuple[int, float]]]] = []
        self._ready: deque[tuple[int, float]] = deque()

    def submit(self, ticket: int, request: ModelRequest) -> None:
        """Take a request."""
        self._waiting.append(ticket)

    def wait(self, timeout: float) -> Timed:
        """Give the one that is done first, and let the clock go on."""
        n_out = len(self._going)
        for n in next_batches(len(self._waiting), n_out, self.n_workers, self.size):
            self.now += self.message / 2
            times = self._rng.gamma(4.0, self.mean / 4.0, n)
            begin = max(self.now, heapq.heappop(self._free))
            heapq.heappush(self._free, begin + times.sum())
            batch = [(self._waiting.popleft(), float(one)) for one in times]
            heapq.heappush(self._going, (begin + times.sum(), batch[0][0], batch))
        if not self._ready:
            end, _, batch = heapq.heappop(self._going)
            self.now = max(self.now, end) + self.message / 2
            self._ready.extend(batch)
        self.now += self.own
        ticket, seconds = self._ready.popleft()
        self.busy += seconds
        return ticket, NOTHING, seconds

    def begun(self) -> Iterator[tuple[int, int]]:
        """Tell nothing."""
        return iter(())


def simulate(
    n_workers: int, n_walkers: int, mean: float, message: float, own: float, largest: int
) -> float:
    """Give the share of its time that a worker evaluates, with so many walkers a worker."""
    workers: Any = SimulatedWorkers(n_workers, mean, message, own, largest)
    n_moving = n_walkers * n_workers // 4 // 2  # half of each of four ensembles moves at a time

    def task() -> None:
        for _ in range(6):
            left = dict.fromkeys(range(n_moving), 4)

            def follow(i: int, found: Evaluation, left: dict[int, int] = left) -> Any:
                left[i] -= 1
                return {i: ModelRequest(THETA)} if left[i] else {}

            SharedPool().stream({i: ModelRequest(THETA) for i in range(n_moving)}, follow)

    Scheduler(workers, clock=lambda: workers.now).run([task] * 4)
    return float(workers.busy / (n_workers * workers.now))


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--requests", type=int, default=8000)
    parser.add_argument("--mpirun", default="mpirun")
    parser.add_argument("--message", type=float, default=2e-4, help="seconds, of a batch")
    parser.add_argument("--own", type=float, default=2e-5, help="seconds of scheduling a request")
    options = parser.parse_args()
    if mpi.is_launched():
        measure(options.requests)
        return
    print("measured on three ranks")
    print(" batch  us a message  us an evaluation  evaluations/s")
    allowed = {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
               "OMPI_MCA_rmaps_base_oversubscribe": "1"}  # fmt: skip
    command = [options.mpirun, "-n", "3", sys.executable, __file__]
    command += ["--requests", str(options.requests)]
    subprocess.run(command, check=True, env={**os.environ, **allowed})
    print(
        f"simulated, {1e6 * options.message:.0f} us a message: share of time that workers are busy"
    )
    print("workers  walkers each  ms an evaluation  one a message  in batches")
    for n_workers, n_walkers, mean in (
        (127, 8, 0.05), (511, 8, 0.05), (511, 16, 0.05), (511, 32, 0.05), (511, 8, 0.2), (511, 8, 1)
    ):  # fmt: skip
        one, many = (
            simulate(n_workers, n_walkers, mean, options.message, options.own, largest)
            for largest in (1, LARGEST_BATCH)
        )
        print(f"{n_workers:7d} {n_walkers:13d} {1e3 * mean:17.0f} {one:14.0%} {many:11.0%}")


if __name__ == "__main__":
    with mistakes_told():
        main()
