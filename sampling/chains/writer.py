"""Write a run folder: rows are gathered, then a segment, then the state that names it.

A kill at any moment leaves the state before or the state after; files that no state names are
written over.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from ...errors import IonfoError
from ...tables.files import write_sealed, write_table
from .store import KINDS, PREVIOUS_STATE, STATE, Kind, RunStore

# how often a segment is written; no result depends on it
_FLUSH_SECONDS = float(os.environ.get("IONFO_FLUSH_SECONDS", "10"))
_LONGEST = 120.0  # s between segments of a long run


class RunWriter:
    """The one writer of a run folder.

    Parameters
    ----------
    store : RunStore
        The run folder.

    Attributes
    ----------
    ensembles : list of dict
        What the state file says of each ensemble: "steps", "accepted", "random_state", "moves",
        "counts".  Empty until all have their starting points.
    rows : dict of int to callable
        Gives the states that an ensemble has gathered since it was last asked.
    walkers : dict of int to callable
        Gives the table of where the walkers of an ensemble stand.
    surrogate_sha256 : str or None
        Of the surrogate's file, once there is one.
    """

    def __init__(self, store: RunStore) -> None:
        self.store = store
        state = store.state
        self.ensembles: list[dict[str, Any]] = state["ensembles"]
        self.walkers: dict[int, Callable[[], pd.DataFrame]] = {}
        self.rows: dict[int, Callable[[], pd.DataFrame | None]] = {}
        self._files: dict[Kind, list[dict[str, Any]]] = {kind: state[kind] for kind in KINDS}
        self._buffers: dict[Kind, list[pd.DataFrame]] = {kind: [] for kind in KINDS}
        self._state: dict[str, Any] | None = None
        if (store.folder / STATE).exists():
            self._state = json.loads(json.dumps(state))  # what it names goes on to change
        self._walkers_name: str | None = state["walkers"]
        self._walkers_sha256: str | None = state.get("walkers_sha256")
        self.surrogate_sha256: str | None = state.get("surrogate_sha256")
        self._began = self._last_flush = time.monotonic()

    def add(self, kind: Kind, frame: pd.DataFrame) -> None:
        """Gather rows."""
        self._buffers[kind].append(frame)

    def tell(
        self, ensemble: int, stands: dict[str, Any], walkers: Callable[[], pd.DataFrame]
    ) -> None:
        """Note where an ensemble stands; ensembles tell in order the first time."""
        if ensemble == len(self.ensembles):
            self.ensembles.append(stands)
        else:
            self.ensembles[ensemble] = stands
        self.walkers[ensemble] = walkers

    def flush_now_and_then(self) -> None:
        """Flush when the last time is long enough ago; less often in long runs."""
        now = time.monotonic()
        interval = max(_FLUSH_SECONDS, min(_LONGEST, 0.01 * (now - self._began)))
        if now - self._last_flush > interval:
            self.flush()

    def flush(self) -> None:
        """Write what is gathered, then let the state file say so.

        Raises
        ------
        IonfoError
            If the disk is full or the folder is gone; all up to the last flush is readable.
        """
        try:
            self._flush()
        except (OSError, IonfoError) as error:
            why = error.strerror if isinstance(error, OSError) else str(error)
            raise IonfoError(
                f"run '{self.store.folder}' cannot be written ({why}); what it held before is "
                "whole: make room, then the same command goes on"
            ) from None

    def _flush(self) -> None:
        folder = self.store.folder
        for gathered in self.rows.values():
            if (frame := gathered()) is not None:
                self.add("segments", frame)
        if not any(self._buffers.values()) and self._is_told():
            self._last_flush = time.monotonic()
            return
        for kind, buffer in self._buffers.items():
            if not buffer:
                continue
            rows = pd.concat(buffer, ignore_index=True)
            name = f"{len(self._files[kind]):06d}.parquet"
            (folder / kind).mkdir(exist_ok=True)
            written = write_table(folder / kind / name, rows)
            entry: dict[str, Any] = {"name": name, "rows": len(rows), "sha256": written}
            if kind == "segments":
                entry["steps"] = [one["steps"] for one in self.ensembles]
            self._files[kind].append(entry)
            self._buffers[kind] = []
        before = self._walkers_name
        if self.walkers:
            n = 0 if before is None else int(before.removesuffix(".parquet")) + 1
            self._walkers_name = f"{n:06d}.parquet"
            (folder / "walkers").mkdir(exist_ok=True)
            self._walkers_sha256 = write_table(
                folder / "walkers" / self._walkers_name,
                pd.concat([one() for one in self.walkers.values()], ignore_index=True),
            )
        state: dict[str, Any] = {
            **{str(kind): entries for kind, entries in self._files.items()},
            "walkers": self._walkers_name,
            "walkers_sha256": self._walkers_sha256,
            "surrogate_sha256": self.surrogate_sha256,
            "ensembles": self.ensembles,
        }
        state = json.loads(json.dumps(state))
        if self._state is not None:
            write_sealed(folder / PREVIOUS_STATE, self._state)
        write_sealed(folder / STATE, state)
        self._state = state
        kept = {name for name in (before, self._walkers_name) if name is not None}
        for file in (folder / "walkers").glob("*.parquet"):
            if file.name not in kept:
                file.unlink(missing_ok=True)
        self._last_flush = time.monotonic()

    def _is_told(self) -> bool:
        """Whether the state file says all there is to say."""
        return (
            self._state is not None
            and self._state["ensembles"] == json.loads(json.dumps(self.ensembles))
            and self._state.get("surrogate_sha256") == self.surrogate_sha256
        )


def random_state_json(state: Any) -> list[Any]:
    """Give the state of numpy's legacy generator as plain numbers."""
    kind, key, position, has_gauss, cached = state
    return [kind, np.asarray(key).tolist(), position, has_gauss, cached]


def random_state_from(content: list[Any]) -> tuple[Any, ...]:
    """Read what `random_state_json` gave."""
    kind, key, position, has_gauss, cached = content
    return kind, np.array(key, dtype=np.uint32), position, has_gauss, cached
