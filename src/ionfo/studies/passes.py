"""Run the passes of an analysis: on threads here, or on the ranks of mpirun; told as they go."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..analysis import Passes
from ..errors import tell
from ..progress import progress
from ..sampling.evaluation import mpi
from ..tables.files import write_text

Curves = list[NDArray[np.float64]]
Request = tuple[Any, int]


# The passes of this rank.  The initializer of an executor has no other way to hand them to
# `_run`; nothing else writes it.
_passes: Passes | None = None


def _initialise(passes: Passes) -> None:
    global _passes
    _passes = passes


def _run(request: Request) -> Curves:
    assert _passes is not None  # the executor initialises every rank first
    return _passes.run(*request)


def run_passes(
    passes: Passes, requests: list[Request], threads: int, here: bool = False
) -> list[Curves]:
    """Run the passes of all requests, in their order.

    Parameters
    ----------
    passes : Passes
        The sample and what is measured.
    requests : list of tuple
        Kind and number of each pass.
    threads : int
        At work at a time, when not under mpirun.  No result depends on it.
    here : bool
        Use threads even under mpirun: the command is one whose other ranks have left.
    """
    if not requests:
        return []
    with progress("shuffles and replicates", len(requests)) as advance:
        if mpi.size() > 1 and not here:
            with mpi.executor(_initialise, passes) as workers:
                return list(_counted(workers.map(_run, requests), advance))
        with ThreadPoolExecutor(threads) as pool:
            futures = [pool.submit(passes.run, *request) for request in requests]
            try:
                for _ in _as_they_end(futures):
                    advance()
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise
            return [future.result() for future in futures]


def run_exhaustive(
    passes: Passes, n_passes: int, folder: Path | None, seconds: float
) -> list[Curves]:
    """Shuffle `n_passes` times and measure every multiplet; finished passes are kept.

    Parameters
    ----------
    passes : Passes
        The sample and what is measured, with an exhaustive design.
    n_passes : int
        Full passes, one after the other.
    folder : Path, optional
        Where each pass is kept as it ends; a repeated run takes them from there.
    seconds : float
        What one pass is expected to take.
    """
    key = _fingerprint(passes)
    if folder is None:
        with progress("exhaustive shuffles", n_passes) as advance:
            return list(_counted((passes.run("shuffle", i) for i in range(n_passes)), advance))
    folder.mkdir(parents=True, exist_ok=True)
    found: list[Curves] = []
    kept = [folder / f"pass_{i:04d}.json" for i in range(n_passes)]
    n_left = sum(_kept(path, key) is None for path in kept)
    tell(
        f"{n_passes} exhaustive shuffles, {n_passes - n_left} of them done before; about "
        f"{n_left * seconds / 60:.1f} minutes for the others"
    )
    with progress("exhaustive shuffles", n_passes) as advance:
        for i, path in enumerate(kept):
            curves = _kept(path, key)
            if curves is None:
                curves = passes.run("shuffle", i)
                content = {"key": key, "curves": [one.tolist() for one in curves]}
                write_text(path, json.dumps(content) + "\n")
            found.append(curves)
            advance()
    return found


def _counted(results: Iterable[Curves], advance: Callable[[], None]) -> Iterator[Curves]:
    for one in results:
        advance()
        yield one


def _as_they_end(futures: list[Future[Curves]]) -> Iterator[Curves]:
    left = set(futures)
    while left:
        done, left = wait(left, return_when=FIRST_COMPLETED)
        for one in done:
            yield one.result()


def _fingerprint(passes: Passes) -> str:
    """Name everything that a full pass depends on."""
    digest = hashlib.sha256()
    digest.update(np.ascontiguousarray(passes.sample.values[passes.rows]).tobytes())
    digest.update(repr((passes.estimator, passes.questions, passes.seed)).encode())
    return digest.hexdigest()


def _kept(path: Path, key: str) -> Curves | None:
    """Read a finished pass; None when there is none of these settings."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["key"] != key:
            return None
        return [np.array(one, dtype=np.float64) for one in content["curves"]]
    except (OSError, ValueError, KeyError, TypeError):
        return None
