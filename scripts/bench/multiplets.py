"""How many multiplets per second: ours, THOI, hoi and the published function's arithmetic.

    python scripts/bench/multiplets.py                      # all, several minutes, 9 GiB
    python scripts/bench/multiplets.py --largest 24 --no-peers

THOI and hoi are installed from the package index into an environment of their own (--peers).
Speeds of one core are CPU seconds, medians over repeats; ours and a peer's are timed in turns.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import combinations
from pathlib import Path

import numpy as np

from ionfo.analysis import measure_all, o_information, redundancy_synergy_index
from ionfo.analysis.measures.forms import measure_of
from ionfo.analysis.multiplets import summary
from ionfo.analysis.multiplets.lattice import new_table
from ionfo.analysis.multiplets.spectrum import fill_table, index_of
from ionfo.terminal.output import mistakes_told

N_ROWS = 400
BIT = np.log(2)  # nats; hoi gives bits
PEER_SECONDS = 900  # a peer that takes longer is reported as unfinished

PEER_CODE = """
import json, sys, time, warnings
warnings.filterwarnings("ignore")
import numpy as np
peer, folder, n, agree = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4] == "agree"
rows = np.load(folder + "/rows.npy")[:, :n]
rows = (rows - rows.mean(axis=0)) / rows.std(axis=0)  # hoi does not subtract the mean itself
covariance = np.corrcoef(rows.T)
if peer == "thoi":
    import torch
    torch.set_num_threads(1)
    from thoi.measures.gaussian_copula import multi_order_measures, nplets_measures
    def run():
        return multi_order_measures(covariance, covmat_precomputed=True, batch_size=100_000)
    if agree:
        found = {}
        for k in (3, n // 2, n):
            sets = np.load(folder + f"/sets{k}.npy")
            values = nplets_measures(covariance, torch.as_tensor(sets), covmat_precomputed=True)
            found[str(k)] = np.asarray(values).reshape(len(sets), -1)[:, :4].tolist()
        print("RESULT", json.dumps(found)); sys.exit()
else:
    from hoi.metrics import RSI, Oinfo
    def run():
        return Oinfo(rows, verbose="ERROR").fit(minsize=3, maxsize=n, method="gauss")
    if agree:
        model = Oinfo(rows, verbose="ERROR")
        values = np.asarray(model.fit(minsize=3, maxsize=n, method="gauss")).ravel()
        oinfo = [[[int(i) for i in one if i >= 0], float(v)] for one, v in
                 zip(model.multiplets, values)]
        model = RSI(rows[:, 1:], rows[:, 0], verbose="ERROR")
        values = np.asarray(model.fit(minsize=2, maxsize=n - 1, method="gauss")).ravel()
        rsi = [[[int(i) for i in one if i >= 0], float(v)] for one, v in
               zip(model.multiplets, values)]
        print("RESULT", json.dumps({"oinfo": oinfo, "rsi": rsi})); sys.exit()
wall, cpu = time.perf_counter(), time.process_time()
run()
print("RESULT", json.dumps([time.process_time() - cpu, time.perf_counter() - wall]))
"""


def rows_of(seed: int) -> np.ndarray:
    """Draw rows with a common factor, sums and noise: 30 variables, all sorts of multiplets."""
    rng = np.random.default_rng(seed)
    rows = rng.standard_normal((N_ROWS, 30))
    rows[:, ::3] += 0.7 * rng.standard_normal((N_ROWS, 1))
    rows[:, 5] += rows[:, 1] + rows[:, 2]
    return rows


def multiplets(n: int) -> int:
    """Count the multiplets of order 3 and more."""
    return 2**n - 1 - n - n * (n - 1) // 2


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """CPU and wall seconds of one run."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return time.process_time() - cpu, time.perf_counter() - wall


def one_core(correlation: np.ndarray, n: int) -> Callable[[], object]:
    """Minimum, maximum, mean, SD and histogram of all orders on one thread."""
    measure = measure_of(np.ascontiguousarray(correlation[:n, :n]), "o_information")
    table = new_table(n)

    def work() -> None:
        fill_table(measure, table)
        summary.histograms(table, n, summary.moments(table, n))

    return work


def peer_environment(folder: Path) -> Path:
    """Make the peers' environment once and return its python."""
    python = folder / "bin" / "python"
    if not (folder / ".done").exists():
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        packages = ["thoi", "hoi", "torch"]
        subprocess.run([python, "-m", "pip", "install", "--quiet", *packages], check=True)
        (folder / ".done").touch()
    return python


def ask_peer(python: Path, peer: str, folder: Path, n: int, task: str) -> object:
    """Run a peer on one core; None when it fails or takes too long."""
    environment = os.environ | {name: "1" for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS")}
    environment |= {"XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false", "JAX_PLATFORMS": "cpu"}
    if task == "agree":  # float32 is what its users get, and what is timed
        environment["JAX_ENABLE_X64"] = "1"
    pin = [] if not hasattr(os, "sched_getaffinity") else ["taskset", "-c", str(_core())]
    command = [*pin, str(python), "-c", PEER_CODE, peer, str(folder), str(n), task]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, env=environment, timeout=PEER_SECONDS
        )
    except subprocess.TimeoutExpired:
        return None
    told = [line for line in done.stdout.splitlines() if line.startswith("RESULT ")]
    if not told:
        print(f"{peer}, n = {n}: {(done.stderr or 'no answer').strip().splitlines()[-1]}")
        return None
    return json.loads(told[-1].removeprefix("RESULT "))


def _core() -> int:
    return max(os.sched_getaffinity(0))


def agreement(python: Path, folder: Path, rows: np.ndarray) -> None:
    """Compare values with the peers on one matrix."""
    n = 10
    covariance = np.corrcoef(rows[:, :n].T)
    sets = {k: np.array(list(combinations(range(n), k))) for k in (3, n // 2, n)}
    for k, some in sets.items():
        np.save(folder / f"sets{k}.npy", some)
    table = measure_all(covariance)
    theirs = ask_peer(python, "thoi", folder, n, "agree")
    if isinstance(theirs, dict):
        worst = 0.0
        for k, some in sets.items():
            # columns of THOI: TC, DTC, O-information, S-information
            expected = [table[index_of(one)] for one in some.tolist()]
            worst = max(worst, float(np.abs(np.array(theirs[str(k)])[:, 2] - expected).max()))
        print(f"THOI, O-information, n = {n}: largest difference {worst:.1e} nats")
    theirs = ask_peer(python, "hoi", folder, n, "agree")
    if isinstance(theirs, dict):
        same = [abs(table[index_of(one)] - value * BIT) for one, value in theirs["oinfo"]]
        print(
            f"hoi, O-information, n = {n}: largest difference {max(same):.1e} nats (hoi gives bits)"
        )
        ours = [
            redundancy_synergy_index(
                covariance[np.ix_([0, *(i + 1 for i in one)], [0, *(i + 1 for i in one)])], 0
            )
            for one, _ in theirs["rsi"]
        ]
        values = np.array([value * BIT for _, value in theirs["rsi"]])
        difference = np.abs(np.array(ours) + values).max()
        print(
            f"hoi, RSI, n = {n}: its sign is the opposite, I(S;Y) - sum I; largest difference "
            f"after turning it {difference:.1e} nats"
        )


def published_arithmetic(correlation: np.ndarray, n: int, seed: int) -> float:
    """Multiplets per CPU second of one slogdet per leave-one-out, over all orders."""
    rng = np.random.default_rng(seed)
    # as many of each order as there are of it, relative to the whole
    some = [np.flatnonzero(one) for one in rng.random((4000, n)) < 0.5]
    some = [one for one in some if len(one) >= 3]

    def work() -> None:
        for one in some:
            part = correlation[np.ix_(one, one)]
            k = len(one)
            whole = np.linalg.slogdet(part)[1]
            without = sum(
                np.linalg.slogdet(np.delete(np.delete(part, i, 0), i, 1))[1] for i in range(k)
            )
            _ = 0.5 * ((k - 2) * whole - without)

    return len(some) / statistics.median(timed(work)[0] for _ in range(3))


def large(correlation: np.ndarray, n: int, cores: int) -> None:
    """Time every pass for many variables."""
    print(f"\nn = {n}, {multiplets(n):,} multiplets of order 3 and more, {cores} threads (wall):")
    measure = measure_of(np.ascontiguousarray(correlation[:n, :n]), "o_information")
    table = new_table(n)
    seconds = {}

    def step(name: str, work: Callable[[], object]) -> object:
        kept: list[object] = []
        cpu, wall = timed(lambda: kept.append(work()))
        seconds[name] = wall
        print(f"  {name:48s} {wall:7.2f} s   ({cpu:.2f} CPU s)")
        return kept[0]

    step("every O-information", lambda: fill_table(measure, table, cores))
    found = step("min, max, mean, SD", lambda: summary.moments(table, n, cores))
    bins = step("histogram and quantiles", lambda: summary.histograms(table, n, found, cores))  # type: ignore[arg-type]
    total = sum(seconds.values())
    print(f"  {'together':48s} {total:7.2f} s   {multiplets(n) / total / 1e6:.1f} M per second")
    step("10 lowest and highest of every order", lambda: summary.extremes(table, n, 10, cores))
    step(
        "variables in the outermost 5 %",
        lambda: summary.frequencies(table, n, bins, 0.05, cores),  # type: ignore[arg-type]
    )
    about = measure_of(_with_target(correlation[:n, :n]), "redundancy_synergy_index", n)
    step("every RSI about one target", lambda: fill_table(about, table, cores))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"  peak memory {peak:.2f} GiB")


def _with_target(correlation: np.ndarray) -> np.ndarray:
    """Add a target: the mean of all variables and noise."""
    n = len(correlation)
    link = correlation.mean(axis=0)
    link = 0.7 * link / np.sqrt(link.mean())
    return np.block([[correlation, link[:, None]], [link[None, :], np.ones((1, 1))]])[
        : n + 1, : n + 1
    ]


def second_core(correlation: np.ndarray, n: int, repeats: int) -> None:
    """Compare one and two threads in turns."""
    measure = measure_of(np.ascontiguousarray(correlation[:n, :n]), "o_information")
    table = new_table(n)

    def work(threads: int) -> None:
        fill_table(measure, table, threads)
        summary.histograms(table, n, summary.moments(table, n, threads), threads)

    work(1)
    ratios = [timed(lambda: work(1))[1] / timed(lambda: work(2))[1] for _ in range(repeats)]
    print(f"second core, n = {n}: {statistics.median(ratios):.2f} x (median of {repeats} pairs)")


def main() -> None:
    """Run the benchmark and print it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--largest", type=int, default=30, help="most variables")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--peers", type=Path, default=Path.home() / ".cache/ionfo-peers")
    parser.add_argument("--no-peers", action="store_true")
    parser.add_argument("--out", type=Path, help="folder for intermediate files")
    options = parser.parse_args()
    rows = rows_of(options.seed)
    correlation = np.corrcoef(rows.T)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    print(
        f"{time.strftime('%Y-%m-%d')}, {platform.processor() or platform.machine()}, {cores} cores"
    )

    compile_cpu, _ = timed(one_core(correlation, 10))
    print(f"compilation, or loading what was compiled before: {compile_cpu:.1f} CPU s")
    assert abs(measure_all(correlation[:9, :9])[-1] - o_information(correlation[:9, :9])) < 1e-10

    folder = options.out or Path.cwd() / "bench-multiplets"
    folder.mkdir(parents=True, exist_ok=True)
    np.save(folder / "rows.npy", rows)
    python = None if options.no_peers else peer_environment(options.peers)
    if python is not None:
        agreement(python, folder, rows)
    print("\nmultiplets per CPU second on one core (M: million)")
    for n in (one for one in (16, 20, 24) if one <= options.largest):
        work = one_core(correlation, n)
        work()
        ours, peers = [], {"thoi": [], "hoi": []}
        rounds = options.repeats if python is None or n == 16 else min(2, options.repeats)
        for _ in range(rounds):
            ours.append(statistics.median(timed(work)[0] for _ in range(3)))
            if python is not None and n <= 20:
                for name, found in peers.items():
                    if found and found[-1] is None:
                        continue
                    told = ask_peer(python, name, folder, n, "time")
                    found.append(told[0] if isinstance(told, list) else None)
        rate = multiplets(n) / statistics.median(ours)
        line = f"n = {n}: ours {rate / 1e6:.1f} M"
        for name, found in peers.items():
            known = [one for one in found if one is not None]
            if known:
                theirs = multiplets(n) / statistics.median(known)
                line += f"; {name} {theirs / 1e6:.4f} M (ours is {rate / theirs:.0f} x)"
            elif found:
                line += f"; {name} did not finish in {PEER_SECONDS} s"
        if n <= 20:
            slogdet = published_arithmetic(correlation, n, options.seed)
            line += f"; slogdet {slogdet / 1e6:.4f} M ({rate / slogdet:.0f} x)"
        print(line, flush=True)
    if cores and cores > 1:
        second_core(correlation, min(26, options.largest), options.repeats)
    for n in (one for one in (24, 30) if one <= options.largest):
        large(correlation, n, cores or 1)


if __name__ == "__main__":
    with mistakes_told():
        main()
