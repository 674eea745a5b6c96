"""A search that is killed is run again, and what it had evaluated is read instead of simulated.

The search for starting points is a function of its seed and of the evaluations alone, so it
needs no other memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pandas as pd

from ..emodels import EModel
from .evaluator import Evaluation
from .pool import ModelPool, ModelRequest
from .tables import columns, evaluation_frame, evaluations_of
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
    """

    def __init__(
        self,
        pool: ModelPool,
        emodel: EModel,
        writer: RunWriter,
        ensemble: int,
        stored: pd.DataFrame | None = None,
    ) -> None:
        self.pool = pool
        self.emodel = emodel
        self.writer = writer
        self.ensemble = ensemble
        self._n_asked = 0
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
            (self._n_asked + i, one.theta, one.bound, one.cost or "") for i, one in enumerate(batch)
        ]
        self._n_asked += len(batch)
        new = [i for i, key in enumerate(keys) if key not in self._known]
        found = list(self.pool.map(function, [batch[i] for i in new]))
        if new:
            frame = evaluation_frame(
                self.emodel,
                {
                    "ensemble": np.full(len(new), self.ensemble),
                    "evaluation": np.array([keys[i][0] for i in new]),
                },
                np.array([batch[i].theta for i in new]),
                np.array([batch[i].bound for i in new]),
                found,
            )
            frame["combined"] = [batch[i].cost or "" for i in new]
            self.writer.add("start", frame)
            self.writer.flush_now_and_then()
        evaluated = dict(zip(new, found, strict=True))
        return [evaluated[i] if i in evaluated else self._known[key] for i, key in enumerate(keys)]
