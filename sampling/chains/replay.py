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
from ...tables.columns import columns
from ..evaluation.evaluator import Evaluation
from ..evaluation.pool import ModelPool, ModelRequest, StreamingPool
from .states import evaluation_frame, evaluations_of
from .store import Kind
from .writer import RunWriter


class ReplayPool:
    """A pool that stores every evaluation of one search, and knows those stored before.

    Parameters
    ----------
    pool : ModelPool
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
        pool: ModelPool,
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
        self, function: Callable[..., Any], requests: Iterable[ModelRequest], /
    ) -> list[Evaluation]:
        """Give the stored evaluations of requests that were made before, and evaluate the rest."""
        batch = list(requests)
        keys = [
            (self.n_asked + i, one.theta, one.bound, one.cost or "") for i, one in enumerate(batch)
        ]
        self.n_asked += len(batch)
        new = [i for i, key in enumerate(keys) if key not in self._known]
        found: dict[int, Evaluation] = {}

        def keep(i: int, evaluation: Evaluation) -> None:
            found[i] = evaluation
            self._store(keys[i][0], batch[i], evaluation)

        if isinstance(self.pool, StreamingPool):
            # each is stored as it comes: a batch can take long
            self.pool.stream({i: batch[i] for i in new}, keep)
        else:
            for i, one in zip(new, self.pool.map(function, [batch[i] for i in new]), strict=True):
                keep(i, one)
        return [found[i] if i in found else self._known[key] for i, key in enumerate(keys)]

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
