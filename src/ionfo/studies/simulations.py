"""Simulations that a page asks for: one at a time, in the order asked, kept once made."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..sampling.evaluation.evaluator import EvaluatorSpec
from ..sampling.evaluation.watched import CANCELLED, CellProcess, Watched

Key = tuple[tuple[float, ...], tuple[tuple[str, float], ...]]
"""Free and fixed parameters of a model."""

_MOST_KEPT = 64
_LOOK = 0.1  # s


@dataclass(frozen=True)
class Job:
    """A model that is waiting, being simulated, or done.

    Attributes
    ----------
    share : float
        Of the protocols that are done.
    watched : Watched or None
        What is known; None while it waits.
    """

    share: float
    watched: Watched | None

    @property
    def is_done(self) -> bool:
        """Whether nothing more will come."""
        return self.watched is not None and self.watched.is_done

    @property
    def is_known(self) -> bool:
        """Whether it is done and was not cancelled."""
        return self.watched is not None and self.is_done and self.watched.error != CANCELLED


class Simulations:
    """Models in one process of the evaluation, for any number of readers.

    Parameters
    ----------
    spec : EvaluatorSpec
        Of the cell.
    n_protocols : int
        Of the e-model.
    """

    def __init__(self, spec: EvaluatorSpec, n_protocols: int) -> None:
        self._process = CellProcess(spec, n_protocols)
        self._n_protocols = n_protocols
        self._lock = threading.Condition()
        self._waiting: OrderedDict[Key, None] = OrderedDict()
        self._found: OrderedDict[Key, Watched] = OrderedDict()
        self._now: Key | None = None
        self._cancelled = False
        self._is_stopped = True  # nothing is being simulated
        self._is_closed = False
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    @property
    def sections(self) -> list[tuple[str, NDArray[np.float64]]]:
        """Region and course of every section of the cell; empty before it has been built."""
        return self._process.sections

    def ask(self, theta: Sequence[float], fixed: Mapping[str, float] | None = None) -> Key:
        """Ask for a model; one that was made or is waiting is not made again."""
        key = (tuple(map(float, theta)), tuple(sorted((fixed or {}).items())))
        with self._lock:
            known = self._found.get(key)
            is_stopping = key == self._now and self._cancelled
            if known is not None and (is_stopping or known.error == CANCELLED):
                del self._found[key]
                known = None
            if known is None and (key != self._now or is_stopping or self._is_stopped):
                self._waiting[key] = None
                self._lock.notify_all()
        return key

    def look(self, key: Key) -> Job:
        """Say how far a model is."""
        with self._lock:
            found = self._found.get(key)
            if found is None:
                return Job(0.0, None)
            share = 1.0 if found.is_done else len(found.protocols) / max(1, found.n_protocols)
            return Job(share, found)

    def cancel(self, key: Key) -> None:
        """Forget a model that waits, or stop it."""
        with self._lock:
            self._waiting.pop(key, None)
            if self._now == key:
                self._cancelled = True

    def cancel_all(self) -> None:
        """Forget all models that wait, and stop the one that is being simulated."""
        with self._lock:
            for key in self._waiting:  # whoever else has asked for them sees what happened
                self._found[key] = Watched(key[0], self._n_protocols, error=CANCELLED)
            self._waiting.clear()
            if self._now is not None:
                self._cancelled = True

    def close(self) -> None:
        """End the process."""
        with self._lock:
            self._is_closed = True
            self._lock.notify_all()
        self._thread.join()

    def _work(self) -> None:
        while (key := self._next()) is not None:
            watched = self._process.start(key[0], dict(key[1]))
            self._keep(key, watched)
            while not watched.is_done:
                with self._lock:
                    must_stop = self._cancelled or self._is_closed
                if must_stop:
                    self._process.cancel()
                else:
                    self._process.look(_LOOK)
            with self._lock:
                self._is_stopped = True
        self._process.close()

    def _next(self) -> Key | None:
        with self._lock:
            self._now, self._cancelled = None, False
            while not self._waiting and not self._is_closed:
                self._lock.wait()
            if self._is_closed:
                return None
            self._now, _ = self._waiting.popitem(last=False)
            self._is_stopped = False
            return self._now

    def _keep(self, key: Key, watched: Watched) -> None:
        with self._lock:
            self._found[key] = watched
            while len(self._found) > _MOST_KEPT:
                self._found.popitem(last=False)
