"""A search that is killed is run again, and what it had evaluated is read instead of simulated.

The search for starting points is a function of its seed and of the evaluations alone, so it
needs no other memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
import pandas as pd

from ...emodels import EModel
from ...tables.columns import columns
from ..evaluation.evaluator import Evaluation
from ..evaluation.pool import ModelRequest, Pool, Request, Result, evaluate, stream
from .states import evaluation_frame, evaluations_of
from .store import Kind
from .writer import RunWriter


class ReplayPool:
    """A pool that stores every evaluation of one search, and knows those stored before.

    Parameters
    ----------
    pool : Pool
        Evaluates what is not known.
    emodel : EModel
        The e-model.
    writer : RunWriter
        Stores the evaluations.
    ensemble : int
        Whose search it is.
    stored : DataFrame or None
        Rows of all searches, as stored before.
    kind : str
        Folder of the run that keeps them.

    Attributes
    ----------
    n_asked : int
        Evaluations that the search has asked for so far; they are numbered from 0.
    """

    def __init__(
        self,
        pool: Pool,
        emodel: EModel,
        writer: RunWriter,
        ensemble: int,
        stored: pd.DataFrame | None = None,
        kind: Kind = "start",
    ) -> None:
        self.pool = pool
        self.emodel = emodel
        self.writer = writer
        self.ensemble = ensemble
        self.kind = kind
        self.n_asked = 0
        self._known: dict[tuple[Any, ...], Evaluation] = {}
        if stored is not None:
            rows = stored[stored["ensemble"] == ensemble]
            theta = rows[columns(emodel)[0]].to_numpy()
            for i, row, bound, combined, one in zip(
                rows["evaluation"], theta, rows["bound"], rows["combined"],
                evaluations_of(emodel, rows), strict=True,
            ):  # fmt: skip
                self._known[(int(i), tuple(map(float, row)), float(bound), str(combined))] = one

    def map(
        self, function: Callable[[Request], Result], requests: Iterable[Request], /
    ) -> list[Any]:
        """Give the stored evaluations of requests that were made before, and evaluate the rest.

        What is no evaluation is stored nowhere, and worked out anew.
        """
        if function is not evaluate:
            return list(self.pool.map(function, requests))
        batch: list[Any] = list(requests)
        keys = [self._next_key(one) for one in batch]
        found: dict[int, Evaluation] = {}

        def keep(i: int, evaluation: Evaluation) -> None:
            found[i] = evaluation
            self._store(keys[i][0], batch[i], evaluation)  # as it comes: a batch can take long

        new = {i: batch[i] for i, key in enumerate(keys) if key not in self._known}
        stream(self.pool, new, keep)
        return [found[i] if i in found else self._known[key] for i, key in enumerate(keys)]

    def evaluate_each(
        self,
        requests: Iterator[ModelRequest],
        n_at_once: int,
        tell: Callable[[Evaluation], None],
    ) -> None:
        """Evaluate requests that do not depend on results, so many at once, as they come.

        They are numbered in the order in which they come, whichever is done first.

        Parameters
        ----------
        requests : iterator of ModelRequest
            Asked for the next whenever one is done.
        n_at_once : int
            Requests under way.
        tell : callable
            Given every evaluation.
        """
        asked: dict[int, tuple[int, ModelRequest]] = {}
        is_begun = False

        def next_of(lane: int) -> ModelRequest | None:
            for request in requests:
                key = self._next_key(request)
                if key not in self._known:
                    asked[lane] = key[0], request
                    return request
                tell(self._known[key])
                if not is_begun:
                    self.pool.map(evaluate, [])  # where a signal can stop a long replay
            return None

        def follow(lane: int, evaluation: Evaluation) -> ModelRequest | None:
            self._store(*asked[lane], evaluation)
            tell(evaluation)
            return next_of(lane)

        first = {lane: next_of(lane) for lane in range(n_at_once)}
        is_begun = True
        stream(self.pool, {i: one for i, one in first.items() if one is not None}, follow)

    def _next_key(self, one: ModelRequest) -> tuple[int, tuple[float, ...], float, str]:
        """Give the next number, and by what else a request is known again."""
        self.n_asked += 1
        return self.n_asked - 1, one.theta, one.bound, one.cost or ""

    def _store(self, number: int, request: ModelRequest, evaluation: Evaluation) -> None:
        frame = evaluation_frame(
            self.emodel,
            {"ensemble": np.array([self.ensemble]), "evaluation": np.array([number])},
            np.array([request.theta]),
            np.array([request.bound]),
            [evaluation],
        )
        frame["combined"] = request.cost or ""
        self.writer.add(self.kind, frame)
        self.writer.flush_now_and_then()
