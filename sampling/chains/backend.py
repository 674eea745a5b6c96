"""emcee's storage: the states of one ensemble go to the segments of a run folder."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from emcee.backends import Backend
from emcee.state import State
from numpy.typing import NDArray

from ...emodels import EModel
from ...errors import IonfoError
from ...tables.columns import columns
from ...tables.files import read_table
from ..evaluation.counts import Counts
from .moves import Trial
from .states import dense, evaluation_frame, state_frame, states_of
from .store import RunStore
from .target import blob_dtype, pack_blobs
from .writer import RunWriter, random_state_from, random_state_json

# walker, step, try, parameters, blob, log density
_Row = tuple[int, int, int, NDArray[np.float64], Any, float]


class SegmentBackend(Backend):  # type: ignore[misc]  # emcee has no types
    """Storage of one ensemble.

    Parameters
    ----------
    writer : RunWriter
        Of the run folder; shared by all ensembles.
    emodel : EModel
        The e-model of the run.
    ensemble : int
        Number of the ensemble.
    counts : Counts
        Counted along with the chain.
    moves : list
        Moves with a memory (`to_json`, `from_json`), to be stored with the chain.
    n_tries : int
        Proposals of a walker in a step.
    keep_rejected : bool
        Whether rejected trials are stored too.
    log_prob : callable
        Log density of a cost.
    """

    def __init__(
        self,
        writer: RunWriter,
        emodel: EModel,
        ensemble: int = 0,
        counts: Counts | None = None,
        moves: list[Any] | None = None,
        n_tries: int = 1,
        keep_rejected: bool = False,
        log_prob: Callable[[NDArray[np.float64]], NDArray[np.float64]] = np.negative,
    ) -> None:
        super().__init__()
        self.n_tries = n_tries
        self.keep_rejected = keep_rejected
        self.log_prob = log_prob
        self.writer = writer
        self.emodel = emodel
        self.ensemble = ensemble
        self.counts = counts or Counts()
        self.moves = moves or []
        self._random_state: Any = None
        self._trials: list[Trial] = []
        self._rows: list[_Row] = []
        self._last: State = None
        writer.rows[ensemble] = self._take_rows

    def reset(self, nwalkers: int, ndim: int) -> None:
        """Start a new chain."""
        self.nwalkers, self.ndim = int(nwalkers), int(ndim)
        self.iteration = 0
        self.accepted = np.zeros(self.nwalkers)
        self.initialized = True

    def resume(self) -> State:
        """Go on where the run folder says the chain stands, and return that state."""
        stored = self.writer.ensembles[self.ensemble]
        state = last_state(self.writer.store, self.ensemble)
        self.iteration = int(stored["steps"])
        self.accepted = np.array(stored["accepted"], dtype=np.float64)
        for move, content in zip(self.moves, stored["moves"], strict=True):
            move.from_json(content)
        self.counts += Counts.from_json(stored["counts"])
        self._tell(state)
        return state

    def has_blobs(self) -> bool:
        """Features, scores, cost and steps travel with every state."""
        return True

    @property
    def shape(self) -> tuple[int, int]:
        """Walkers and parameters."""
        return self.nwalkers, self.ndim

    @property
    def random_state(self) -> Any:
        """State of emcee's random numbers after the last step."""
        return self._random_state

    def get_last_sample(self) -> State:
        """Give the state after the last step."""
        return State(self._last, copy=True)

    def grow(self, ngrow: int, blobs: Any) -> None:
        """Segments need no room made in advance."""

    def save_initial(self, state: State) -> None:
        """Store the starting states as step -1; the caller flushes once all ensembles have."""
        still = State(state, copy=True)  # emcee goes on in the same arrays
        for walker in range(self.nwalkers):
            of_walker = still.coords[walker], still.blobs[walker], float(still.log_prob[walker])
            self._rows.append((walker, -1, self.n_tries - 1, *of_walker))
        self._tell(state)

    def save_trials(self, trials: list[Trial]) -> None:
        """Take the trials of the step that is being made; stored with the step."""
        self._trials = trials

    def save_step(self, state: State, accepted: NDArray[np.bool_]) -> None:
        """Store the states that walkers moved to in one step."""
        for one in self._trials:
            if one.is_accepted:
                blob = pack_blobs(self.emodel, [one.evaluation])[0]
                log_prob = float(self.log_prob(np.array(one.evaluation.cost)))
                self._rows.append(
                    (one.walker, self.iteration, one.number, one.theta, blob, log_prob)
                )
        if self.keep_rejected:
            self._save_rejected([one for one in self._trials if not one.is_accepted])
        self._trials = []
        self.accepted += accepted
        self.iteration += 1
        self._tell(state)
        self.writer.flush_now_and_then()

    def _save_rejected(self, trials: list[Trial]) -> None:
        if trials:
            keys = {
                "ensemble": np.full(len(trials), self.ensemble),
                "walker": np.array([one.walker for one in trials]),
                "step": np.full(len(trials), self.iteration),
                "try": np.array([one.number for one in trials]),
            }
            theta = np.array([one.theta for one in trials])
            bounds = np.array([one.bound for one in trials])
            evaluations = [one.evaluation for one in trials]
            frame = evaluation_frame(self.emodel, keys, theta, bounds, evaluations)
            self.writer.add("rejected", frame)

    def get_value(self, name: str, flat: bool = False, thin: int = 1, discard: int = 0) -> Any:
        """Chain or log density of the written states.

        Parameters
        ----------
        name : {"chain", "log_prob"}
            What to read; shape (n_steps, n_walkers, n_parameters) or (n_steps, n_walkers).
        flat, thin, discard
            As in emcee.
        """
        self.writer.flush()
        wanted = columns(self.emodel)[0] if name == "chain" else [name]
        states, gaps = self.writer.store.states()
        values = dense(states, wanted, self.iteration, gaps)[self.ensemble]
        values = values if name == "chain" else values[..., 0]
        values = values[discard + thin - 1 : self.iteration : thin]
        return values.reshape(-1, *values.shape[2:]) if flat else values

    def _take_rows(self) -> pd.DataFrame | None:
        """Give the states gathered since the last time, in the order of their acceptance."""
        if not self._rows:
            return None
        walkers, steps, tries, theta, blobs, log_prob = zip(*self._rows, strict=True)
        self._rows = []
        return self._frame(walkers, steps, tries, np.array(theta), blobs, np.array(log_prob))

    def _standing(self, state: State, step: int) -> pd.DataFrame:
        """Give the table of where all walkers stand."""
        n = self.nwalkers
        return self._frame(range(n), [step] * n, [0] * n, state.coords, state.blobs, state.log_prob)

    def _frame(
        self,
        walkers: Sequence[int],
        steps: Sequence[int],
        tries: Sequence[int],
        theta: NDArray[np.float64],
        blobs: Any,
        log_prob: NDArray[np.float64],
    ) -> pd.DataFrame:
        keys = {
            "ensemble": np.full(len(walkers), self.ensemble),
            "walker": np.array(walkers, dtype=np.int64),
            "step": np.array(steps, dtype=np.int64),
            "try": np.array(tries, dtype=np.int64),
        }
        packed = np.empty(len(walkers), blob_dtype(self.emodel))
        for i, blob in enumerate(blobs):
            packed[i] = blob
        return state_frame(self.emodel, keys, theta, packed, log_prob)

    def _tell(self, state: State) -> None:
        """Say to the writer where this ensemble stands."""
        self._random_state = state.random_state
        # emcee goes on in the same arrays
        still, steps = State(state, copy=True), self.iteration
        self._last = still
        self.writer.tell(
            self.ensemble,
            {
                "steps": self.iteration,
                "accepted": [int(n) for n in self.accepted],
                "random_state": random_state_json(state.random_state),
                "moves": [move.to_json() for move in self.moves],
                "counts": self.counts.to_json(),
            },
            lambda: self._standing(still, steps),
        )


def last_state(store: RunStore, ensemble: int) -> State:
    """Where every walker of an ensemble stands after its last step, with emcee's random numbers.

    Raises
    ------
    IonfoError
        If the file of the walkers cannot be read.
    """
    state = store.state
    try:
        path = store.folder / "walkers" / str(state["walkers"])
        frame = read_table(path, state.get("walkers_sha256"))[0]
    except IonfoError as error:
        raise IonfoError(
            f"run '{store.folder}' cannot go on: {error}; its states can still be collected"
        ) from None
    rows = frame[frame["ensemble"] == ensemble].sort_values("walker")
    theta, blobs = states_of(store.emodel, rows)
    return State(
        theta,
        log_prob=rows["log_prob"].to_numpy(),
        blobs=blobs,
        random_state=random_state_from(state["ensembles"][ensemble]["random_state"]),
    )
