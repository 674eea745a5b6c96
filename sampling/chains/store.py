"""The run folder: what was asked, every state of the chains, and where they stand.

    run.json                  the question: e-model, settings, seed, versions, hashes
    state.json                steps done, files that count with their SHA-256, random states;
                              replaced atomically
    state.previous.json       the state before it, for when it is damaged
    segments/NNNNNN.parquet   states in the order of their acceptance, immutable
    rejected/NNNNNN.parquet   rejected proposals, if they are kept
    start/NNNNNN.parquet      evaluations of the searches for starting points and of the rounds of
                              learning, never collected
    draws/NNNNNN.parquet      evaluations of independent draws, of an importance sampler
    walkers/NNNNNN.parquet    where every walker stands
    surrogate.parquet         what move "surrogate" has learned from the searches
    in-flight.json, failed.json   see `ionfo.sampling.evaluation.flight`
    log.jsonl                 clock data: hosts, seconds, ranks; no result reads it

A row of a segment is a state that a walker moved to: ensemble, walker, step, parameters,
features, scores, cost, log_prob; it is held until the walker's next row.  In a step every walker
makes a number of proposals in turn; "try" says which of them it was.  Starting states have
step -1.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from ...errors import IonfoError, why_unread
from ...tables.files import read_sealed, read_table, write_table
from ..runs.run_folder import RunFolder
from .learning.fitting import Surrogate
from .learning.stored import surrogate_frame, surrogate_of
from .states import KEYS, Gap

Kind = Literal["segments", "rejected", "start", "draws"]
KINDS: tuple[Kind, ...] = ("segments", "rejected", "start", "draws")
STATE, PREVIOUS_STATE = "state.json", "state.previous.json"
_LOG = logging.getLogger("ionfo")


class RunStore(RunFolder):
    """Read access to the folder of a chain, and its creation."""

    is_another = "is an optimisation and no chain; `ionfo collect` makes a population of it"
    has_damaged_state = False
    """Whether the state before the last one had to be taken."""

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
            folder.mkdir(parents=True, exist_ok=True)
            store.write_settings(settings)
        except OSError as error:
            raise IonfoError(
                f"run folder '{folder}' cannot be written: {error.strerror or error}"
            ) from None
        return store

    @property
    def state(self) -> dict[str, Any]:
        """Where the run stands (state.json); nothing is listed when there is none yet.

        The state before it takes its place where it is damaged, with a warning.

        Raises
        ------
        IonfoError
            If both are damaged.
        """
        path = self.folder / STATE
        try:
            return self._read_state(STATE)
        except FileNotFoundError:
            return {**{kind: [] for kind in KINDS}, "walkers": None, "ensembles": []}
        except (OSError, ValueError, RecursionError) as error:
            try:
                previous = self._read_state(PREVIOUS_STATE)
            except (OSError, ValueError, RecursionError):
                raise IonfoError(f"'{path}' cannot be read: {why_unread(error)}") from None
            if not self.has_damaged_state:
                self.has_damaged_state = True
                _LOG.warning(
                    "'%s' cannot be read (%s); the state before it counts, which lacks the work "
                    "of a few seconds to two minutes",
                    path,
                    why_unread(error),
                )
            return previous

    def _read_state(self, name: str) -> dict[str, Any]:
        content: dict[str, Any] = read_sealed(self.folder / name)
        if isinstance(content, dict):
            content.setdefault("draws", [])  # of a run from before there were any
        if not _is_state(content):
            raise ValueError("it is damaged: it must list ensembles and segments")
        return content

    def surrogate(self) -> Surrogate | None:
        """Read the surrogate of the run; None when there is none yet."""
        path = self.folder / "surrogate.parquet"
        if not path.exists():
            return None
        frame, about = read_table(path, self.state.get("surrogate_sha256"))
        try:
            return surrogate_of(frame, about)
        except (KeyError, TypeError, ValueError):
            raise IonfoError(
                f"'{path}' was written by another version of ionfo, whose surrogates were others; "
                "sample into a new folder, with --learn and --start this run"
            ) from None

    def keep_surrogate(self, surrogate: Surrogate) -> str:
        """Store the surrogate; give its SHA-256."""
        frame, about = surrogate_frame(surrogate)
        return write_table(self.folder / "surrogate.parquet", frame, about)

    @property
    def n_draws(self) -> int:
        """Independent draws that are stored, of an importance sampler."""
        return sum(int(entry["rows"]) for entry in self.state["draws"])

    @property
    def n_tries(self) -> int:
        """Proposals of a walker in a step."""
        return int(self.settings.get("tries", 1))

    @property
    def n_steps(self) -> int:
        """Steps that every ensemble has done."""
        return min((int(one["steps"]) for one in self.state["ensembles"]), default=0)

    def states(self) -> tuple[pd.DataFrame, list[Gap]]:
        """Every state that counts, sorted by ensemble, walker and step, and what is lost.

        A segment that cannot be read leaves a gap; the rest counts.

        Raises
        ------
        IonfoError
            If there is none.
        """
        state = self.state
        frames, gaps = [], []
        before = [-1] * len(state["ensembles"])
        for entry in state["segments"]:
            frame = self._read("segments", entry)
            if frame is not None:
                frames.append(frame)
            else:
                gaps += [
                    Gap(ensemble, begin, end)
                    for ensemble, (begin, end) in enumerate(
                        zip(before, entry["steps"], strict=True)
                    )
                ]
            before = entry["steps"]
        if not frames:
            raise IonfoError(f"run '{self.folder}' holds no states yet")
        found = pd.concat(frames).sort_values(list(KEYS), ignore_index=True)
        return found, gaps

    def table(self, kind: Kind) -> pd.DataFrame | None:
        """Give all readable rows of one kind; None when there are none."""
        frames = [self._read(kind, entry) for entry in self.state[kind]]
        known = [frame for frame in frames if frame is not None]
        return pd.concat(known, ignore_index=True) if known else None

    def unreadable(self, kind: Kind = "segments") -> list[tuple[str, int]]:
        """Name the files of a kind that cannot be read, with the rows that each held."""
        return [
            (str(entry["name"]), int(entry["rows"]))
            for entry in self.state[kind]
            if self._read(kind, entry) is None
        ]

    @property
    def n_lost(self) -> int:
        """States in segments that cannot be read."""
        return sum(n for _, n in self.unreadable())

    def set_state_aside(self) -> None:
        """Keep a damaged state.json in the folder ``unreadable`` before it is replaced."""
        aside = self.folder / "unreadable"
        aside.mkdir(exist_ok=True)
        (self.folder / STATE).replace(aside / STATE)
        (self.folder / PREVIOUS_STATE).replace(self.folder / STATE)

    def set_aside(self, name: str, kind: Kind = "segments") -> None:
        """Move a file to the folder ``unreadable``; only the writer of a run does that."""
        path = self.folder / kind / name
        if path.exists():
            aside = self.folder / "unreadable"
            aside.mkdir(exist_ok=True)
            path.replace(aside / (name if kind == "segments" else f"{kind}-{name}"))

    def _read(self, kind: Kind, entry: Mapping[str, Any]) -> pd.DataFrame | None:
        try:
            frame = read_table(self.folder / kind / entry["name"], entry.get("sha256"))[0]
        except IonfoError:
            return None
        return frame if len(frame) == entry["rows"] else None


def _is_state(content: Any) -> bool:
    """Whether a state file has the form that the rest of the program relies on."""
    try:
        n = len(content["ensembles"])
        names = [entry["name"] for kind in KINDS for entry in content[kind]]
        names += [content["walkers"]] if content["walkers"] is not None else []
        return (
            all(isinstance(name, str) and Path(name).name == name for name in names)
            and all(isinstance(entry["rows"], int) for kind in KINDS for entry in content[kind])
            and all(len(entry["steps"]) == n for entry in content["segments"])
            and all(isinstance(one["steps"], int) for one in content["ensembles"])
        )
    except (KeyError, TypeError):
        return False


def set_damage_aside(store: RunStore, note: Callable[[str], None]) -> None:
    """Keep damaged files apart and say what they held; only the writer of a run does that."""
    if store.has_damaged_state:
        store.set_state_aside()
    for kind in KINDS:
        for name, n_rows in store.unreadable(kind):
            store.set_aside(name, kind)
            told = "states, all others count" if kind == "segments" else "evaluations"
            note(
                f"'{kind}/{name}' cannot be read or is not what was written, and is now in "
                f"'{store.folder / 'unreadable'}'; it held {n_rows} {told}"
            )
