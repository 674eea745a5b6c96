"""The run folder: what was asked, every state of the chain, and where the chain stands.

    run.json              the question: e-model, settings, seed, versions, hashes
    start.parquet         the search for starting points, never collected
    segments/NNNNNN.parquet   states in the order of their acceptance, immutable
    state.json            steps done, segments that count, random state; replaced atomically
    log.jsonl             clock data: hosts, seconds, ranks; read by nobody

A row of a segment is a state that a walker moved to: ensemble, walker, step, parameters,
features, scores, cost and log density.  It is held until the walker's next row.  Starting
states have step -1.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from emcee.backends import Backend
from emcee.state import State
from numpy.typing import NDArray

from ..emodels import EModel, parse_emodel
from ..errors import IonfoError
from .files import read_table, write_table, write_text

FORMAT = 1
_KEYS = ("ensemble", "walker", "step")
# how often a segment is written; no result depends on it
_FLUSH_SECONDS = float(os.environ.get("IONFO_FLUSH_SECONDS", "10"))


def columns(emodel: EModel) -> tuple[list[str], list[str], list[str]]:
    """Column names of parameters, features and scores."""
    return (
        [f"parameters/{name}" for name in emodel.free_names],
        [f"features/{name}" for name in emodel.feature_names],
        [f"scores/{name}" for name in emodel.feature_names],
    )


def state_frame(
    emodel: EModel,
    keys: Mapping[str, NDArray[np.int64]],
    theta: NDArray[np.float64],
    blobs: NDArray[np.void],
    log_prob: NDArray[np.float64],
) -> pd.DataFrame:
    """Put states into a table.

    Parameters
    ----------
    emodel : EModel
        Gives the column names.
    keys : mapping of str to ndarray, shape (n_states,)
        First columns, for example ensemble, walker and step.
    theta : ndarray, shape (n_states, n_parameters)
        Parameters.
    blobs : ndarray, shape (n_states,)
        Fields features, scores and cost.
    log_prob : ndarray, shape (n_states,)
        Log densities.
    """
    parameters, features, scores = columns(emodel)
    return pd.concat(
        [
            pd.DataFrame(dict(keys)),
            pd.DataFrame(theta, columns=parameters),
            pd.DataFrame(np.asarray(blobs["features"]), columns=features),
            pd.DataFrame(np.asarray(blobs["scores"]), columns=scores),
            pd.DataFrame({"cost": np.asarray(blobs["cost"]), "log_prob": log_prob}),
        ],
        axis=1,
    )


class RunStore:
    """Read access to a run folder, and its creation.

    Parameters
    ----------
    folder : Path
        The run folder.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.segments = folder / "segments"

    @classmethod
    def create(cls, folder: Path, settings: Mapping[str, Any]) -> RunStore:
        """Make a new run folder.

        Raises
        ------
        IonfoError
            If the folder holds another run or other files, or cannot be written.
        """
        cls.check_free(folder)
        store = cls(folder)
        try:
            store.segments.mkdir(parents=True, exist_ok=True)
            text = json.dumps({"format": FORMAT, **settings}, indent=1) + "\n"
            write_text(folder / "run.json", text)
        except OSError as error:
            raise IonfoError(
                f"run folder '{folder}' cannot be written: {error.strerror or error}"
            ) from None
        return store

    @staticmethod
    def check_free(folder: Path) -> None:
        """Check that a new run may use this folder, before the work that fills it.

        Raises
        ------
        IonfoError
            If it holds another run or other files, or cannot be written.
        """
        if (folder / "run.json").exists():
            raise IonfoError(f"'{folder}' holds another run; choose another folder with --out")
        if folder.exists() and not folder.is_dir():
            raise IonfoError(f"'{folder}' is a file; choose another folder with --out")
        if folder.exists() and any(folder.iterdir()):
            raise IonfoError(
                f"'{folder}' is not empty and is no run; choose another folder with --out"
            )
        existing = next(
            one for one in (folder.absolute(), *folder.absolute().parents) if one.exists()
        )
        if not os.access(existing, os.W_OK | os.X_OK):
            raise IonfoError(f"'{existing}' cannot be written to; choose another folder with --out")

    @property
    def settings(self) -> dict[str, Any]:
        """What was asked (run.json).

        Raises
        ------
        IonfoError
            If this is no run folder, or one of a newer version.
        """
        path = self.folder / "run.json"
        try:
            content: dict[str, Any] = json.loads(path.read_text())
        except FileNotFoundError:
            raise IonfoError(f"'{self.folder}' is no run folder: it has no run.json") from None
        except (OSError, ValueError, RecursionError) as error:
            raise IonfoError(f"'{path}' cannot be read: {error}") from None
        if not isinstance(content, dict) or "format" not in content:
            raise IonfoError(f"'{path}' is damaged: it names no run format")
        if content["format"] != FORMAT:
            raise IonfoError(
                f"'{self.folder}' has run format {content.get('format')} and this version reads "
                f"{FORMAT}; use the version of ionfo that wrote it"
            )
        if not isinstance(content.get("emodel"), dict):
            raise IonfoError(f"'{path}' is damaged: it holds no e-model")
        return content

    @property
    def emodel(self) -> EModel:
        """The e-model of the run."""
        return parse_emodel(json.dumps(self.settings["emodel"]), str(self.folder / "run.json"))

    @property
    def state(self) -> dict[str, Any]:
        """Where the chain stands (state.json); no steps when there is none yet."""
        path = self.folder / "state.json"
        if not path.exists():
            return {"steps": 0, "segments": []}
        try:
            content: dict[str, Any] = json.loads(path.read_text())
        except (OSError, ValueError, RecursionError) as error:
            raise IonfoError(f"'{path}' cannot be read: {error}") from None
        if (
            not isinstance(content, dict)
            or not isinstance(content.get("steps"), int)
            or not isinstance(content.get("segments"), list)
            or not all(isinstance(n, str) and Path(n).name == n for n in content["segments"])
        ):
            raise IonfoError(f"'{path}' is damaged: it must hold steps and a list of segments")
        return content

    def states(self) -> pd.DataFrame:
        """Every state that counts, sorted by ensemble, walker and step."""
        frames = [read_table(self.segments / name)[0] for name in self.state["segments"]]
        if not frames:
            raise IonfoError(f"run '{self.folder}' holds no states yet")
        return pd.concat(frames).sort_values(list(_KEYS), ignore_index=True)

    def last_state(self) -> State:
        """Where every walker stands after the last step, with emcee's random numbers.

        Raises
        ------
        IonfoError
            If the state file holds no random state, or a segment cannot be read.
        """
        state, emodel = self.state, self.emodel
        if "random_state" not in state:
            raise IonfoError(f"'{self.folder / 'state.json'}' is damaged: no random state")
        states = self.states()
        rows = states[states["step"] < state["steps"]].groupby("walker", sort=True).tail(1)
        rows = rows.sort_values("walker")
        parameters, features, scores = columns(emodel)
        n = len(emodel.features)
        blobs = np.empty(
            len(rows),
            [("features", np.float64, (n,)), ("scores", np.float64, (n,)), ("cost", np.float64)],
        )
        blobs["features"] = rows[features].to_numpy()
        blobs["scores"] = rows[scores].to_numpy()
        blobs["cost"] = rows["cost"].to_numpy()
        kind, key, position, has_gauss, cached = state["random_state"]
        return State(
            rows[parameters].to_numpy(),
            log_prob=rows["log_prob"].to_numpy(),
            blobs=blobs,
            random_state=(kind, np.array(key, dtype=np.uint32), position, has_gauss, cached),
        )

    def set_steps(self, steps: int) -> None:
        """Raise the number of steps that were asked for."""
        content = self.settings
        content["settings"]["steps"] = steps
        write_text(self.folder / "run.json", json.dumps(content, indent=1) + "\n")

    def write_start(self, frame: pd.DataFrame) -> None:
        """Store the search for starting points apart from the chain."""
        write_table(self.folder / "start.parquet", frame)

    def log(self, event: str, **fields: Any) -> None:
        """Append clock data to the log."""
        line = json.dumps({"time": time.strftime("%Y-%m-%dT%H:%M:%S"), "event": event, **fields})
        with open(self.folder / "log.jsonl", "a") as handle:
            handle.write(line + "\n")


class SegmentBackend(Backend):  # type: ignore[misc]  # emcee has no types
    """emcee's storage: states of one ensemble go to segments of a run folder.

    Parameters
    ----------
    store : RunStore
        An existing run folder without states.
    emodel : EModel
        The e-model of the run.
    ensemble : int
        Number of the ensemble.
    """

    def __init__(self, store: RunStore, emodel: EModel, ensemble: int = 0) -> None:
        super().__init__()
        self.store = store
        self.emodel = emodel
        self.ensemble = ensemble
        self._buffer: list[pd.DataFrame] = []
        self._written: list[str] = []
        self._last_flush = time.monotonic()
        self._random_state: Any = None

    def reset(self, nwalkers: int, ndim: int) -> None:
        """Start a new chain."""
        self.nwalkers, self.ndim = int(nwalkers), int(ndim)
        self.iteration = 0
        self.accepted = np.zeros(self.nwalkers)
        self.initialized = True

    def resume(self) -> State:
        """Go on where the run folder says the chain stands, and return that state."""
        stored = self.store.state
        last = self.store.last_state()
        states = self.store.states()
        moves = states[(states["step"] >= 0) & (states["step"] < stored["steps"])]
        self.iteration = stored["steps"]
        counted = np.bincount(moves["walker"].to_numpy(), minlength=self.nwalkers)
        self.accepted = counted.astype(np.float64)
        self._written = list(stored["segments"])
        self._random_state = last.random_state
        return last

    def has_blobs(self) -> bool:
        """Features, scores and cost travel with every state."""
        return True

    @property
    def shape(self) -> tuple[int, int]:
        """Walkers and parameters."""
        return self.nwalkers, self.ndim

    @property
    def random_state(self) -> Any:
        """State of emcee's random numbers after the last step."""
        return self._random_state

    def grow(self, ngrow: int, blobs: Any) -> None:
        """Segments need no room made in advance."""

    def save_initial(self, state: State) -> None:
        """Store the starting states as step -1."""
        self._add(state, np.ones(self.nwalkers, bool), -1)
        self._random_state = state.random_state
        self.flush()

    def save_step(self, state: State, accepted: NDArray[np.bool_]) -> None:
        """Store the states that walkers moved to in one step."""
        self._add(state, np.asarray(accepted, bool), self.iteration)
        self.accepted += accepted
        self.iteration += 1
        self._random_state = state.random_state
        if time.monotonic() - self._last_flush > _FLUSH_SECONDS:
            self.flush()

    def get_value(self, name: str, flat: bool = False, thin: int = 1, discard: int = 0) -> Any:
        """Chain or log density of the written states.

        Parameters
        ----------
        name : {"chain", "log_prob"}
            What to read; shape (n_steps, n_walkers, n_parameters) or (n_steps, n_walkers).
        flat, thin, discard
            As in emcee.
        """
        self.flush()
        wanted = columns(self.emodel)[0] if name == "chain" else [name]
        values = dense(self.store.states(), wanted, self.iteration)[self.ensemble]
        values = values if name == "chain" else values[..., 0]
        values = values[discard + thin - 1 : self.iteration : thin]
        return values.reshape(-1, *values.shape[2:]) if flat else values

    def flush(self) -> None:
        """Write what is buffered, then let the state file say so."""
        if self._buffer:
            name = f"{len(self._written):06d}.parquet"
            write_table(self.store.segments / name, pd.concat(self._buffer, ignore_index=True))
            self._written.append(name)
            self._buffer = []
        kind, key, position, has_gauss, cached = self._random_state
        state = {
            "steps": self.iteration,
            "segments": self._written,
            "random_state": [kind, np.asarray(key).tolist(), position, has_gauss, cached],
        }
        write_text(self.store.folder / "state.json", json.dumps(state) + "\n")
        self._last_flush = time.monotonic()

    def _add(self, state: State, moved: NDArray[np.bool_], step: int) -> None:
        walkers = np.flatnonzero(moved)
        if len(walkers) == 0:
            return
        keys = {
            "ensemble": np.full(len(walkers), self.ensemble),
            "walker": walkers,
            "step": np.full(len(walkers), step),
        }
        self._buffer.append(
            state_frame(
                self.emodel,
                keys,
                state.coords[walkers],
                state.blobs[walkers],
                state.log_prob[walkers],
            )
        )


def dense(states: pd.DataFrame, wanted: list[str], n_steps: int) -> dict[int, NDArray[np.float64]]:
    """Fill in the steps at which walkers stayed.

    Parameters
    ----------
    states : DataFrame
        From `RunStore.states`.
    wanted : list of str
        Columns to fill in.
    n_steps : int
        Steps of the chain.

    Returns
    -------
    dict of int to ndarray, shape (n_steps, n_walkers, n_columns)
        One array per ensemble.
    """
    filled: dict[int, NDArray[np.float64]] = {}
    for _, of_ensemble in states.groupby("ensemble"):
        n_walkers = of_ensemble["walker"].nunique()
        values = np.empty((n_steps, n_walkers, len(wanted)))
        for walker, rows in enumerate(rows for _, rows in of_ensemble.groupby("walker")):
            held = np.searchsorted(rows["step"].to_numpy(), np.arange(n_steps), side="right") - 1
            values[:, walker] = rows[wanted].to_numpy()[held]
        filled[int(of_ensemble["ensemble"].iloc[0])] = values
    return filled
