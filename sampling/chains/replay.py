"""A search that is killed is run again, and what it had evaluated is read instead of simulated.

The search for starting points is a function of its seed and of the evaluations alone, so it
needs no other memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pandas as pd

from ...emodels import EModel
from ...errors import IonfoError
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
        self._numbers = {key[0] for key in self._known}

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
            self.keep(keys[i][0], batch[i], evaluation)  # as it comes: a batch can take long

        new = {i: batch[i] for i, key in enumerate(keys) if key not in self._known}
        stream(self.pool, new, keep)
        return [found[i] if i in found else self._known[key] for i, key in enumerate(keys)]

    def known(self, number: int, request: ModelRequest) -> Evaluation | None:
        """Give what was stored under a number; None where nothing was.

        Raises
        ------
        IonfoError
            If it was another request: a version that walked otherwise has stored it.
        """
        if number not in self._numbers:
            return None
        found = self._known.get((number, *_known_by(request)))
        if found is None:
            raise IonfoError(
                f"run '{self.writer.store.folder}' holds draws that another version has made and "
                "that this one cannot go on with; collect it, and begin a new run with --learn RUN"
            )
        return found

    def keep(self, number: int, request: ModelRequest, evaluation: Evaluation) -> None:
        """Store an evaluation under its number."""
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

    def _next_key(self, one: ModelRequest) -> tuple[Any, ...]:
        """Give the next number, and by what else a request is known again."""
        self.n_asked += 1
        return (self.n_asked - 1, *_known_by(one))


def _known_by(one: ModelRequest) -> tuple[Any, ...]:
    return one.theta, one.bound, one.cost or ""
