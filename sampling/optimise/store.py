"""The folder of an optimisation: what was asked, and where each search stands.

    run.json                          the question: e-model, settings, stages, versions, hashes
    searches/STAGE-SEED.parquet       parents and hall of fame of a search; its metadata hold the
                                      generation, the random state and the step budget
    searches/STAGE-SEED.previous.parquet   the same one generation before
    progress/STAGE-SEED.parquet       one row per generation: best, median, each objective
    evaluated/STAGE-SEED/NNNNNN.parquet    every evaluated model, if they are kept
    hall_of_fame.parquet              the merged hall of fame, evaluated whole
    in-flight.json, failed.json       see `ionfo.sampling.evaluation.flight`
    log.jsonl                         clock data; no result reads it

A search is replaced atomically each generation.  Should its file be damaged, the one before it
leads to the same numbers.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...emodels import EModel
from ...errors import IonfoError
from ...features import MAX_SCORE
from ...limits import read_text
from ...tables.columns import columns
from ...tables.files import read_metadata, read_table, write_table
from ..evaluation.evaluator import Evaluation
from ..runs.run_folder import RunFolder
from .ibea import Member
from .stages import parse_stages, resolve

HALL = "hall_of_fame.parquet"


@dataclass(frozen=True)
class Found:
    """A model and all that is known of it.

    Attributes
    ----------
    theta : ndarray, shape (n_parameters,)
        Free parameters of the definition.
    features, scores : ndarray, shape (n_features,)
        NaN where its stage does not look.
    cost : float
        Combined scores of its stage.
    n_steps : int
        Integrator steps.
    """

    theta: NDArray[np.float64]
    features: NDArray[np.float64]
    scores: NDArray[np.float64]
    cost: float
    n_steps: int

    def __deepcopy__(self, _: dict[int, Any]) -> Found:
        # DEAP copies individuals all the time; nobody writes into these arrays
        return self

    @classmethod
    def of(cls, theta: NDArray[np.float64], evaluation: Evaluation) -> Found:
        """Take what an evaluation found."""
        return cls(
            theta, evaluation.features, evaluation.scores, evaluation.cost, evaluation.n_steps
        )


@dataclass(frozen=True)
class SearchState:
    """Where a search stands after a generation.

    Attributes
    ----------
    generation : int
        Generations done.
    random_state : list
        See `Ibea.random_state`.
    max_steps : int or None
        Budget of the next generation.
    parents, hall : list of Member
        Their data are `Found`.
    n_evaluations : int
        Done by this search.
    """

    generation: int
    random_state: list[Any]
    max_steps: int | None
    parents: list[Member]
    hall: list[Member]
    n_evaluations: int


class OptimiseStore(RunFolder):
    """Access to the folder of an optimisation.

    Parameters
    ----------
    folder : Path
        The run folder.
    """

    kind = "optimise"
    is_another = "is no optimisation; choose another folder"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._damaged: set[Path] = set()

    def write_search(self, stage: str, seed: int, state: SearchState) -> None:
        """Replace where a search stands, and keep the state before it."""
        path = self._path("searches", stage, seed)
        path.parent.mkdir(exist_ok=True)
        members = [*state.parents, *state.hall]
        frame = found_frame(self.emodel, [one.data for one in members])
        frame.insert(0, "role", ["parent"] * len(state.parents) + ["hall"] * len(state.hall))
        if path.exists() and path not in self._damaged:
            path.replace(path.with_suffix(".previous.parquet"))
        self._damaged.discard(path)
        write_table(
            path,
            frame,
            {
                "generation": state.generation,
                "random_state": state.random_state,
                "max_steps": state.max_steps,
                "n_evaluations": state.n_evaluations,
            },
        )

    def read_search(
        self, stage: str, seed: int, free: NDArray[np.int64], objectives: NDArray[np.int64]
    ) -> SearchState | None:
        """Give where a search stands; None when it has not begun.

        Raises
        ------
        IonfoError
            If it has begun and neither of its files can be read.
        """
        path = self._path("searches", stage, seed)
        previous = path.with_suffix(".previous.parquet")
        if not path.exists() and not previous.exists():
            return None
        for one in (path, previous):
            try:
                return self._search(*read_table(one), free, objectives)
            except (IonfoError, KeyError, TypeError, ValueError):
                self._damaged.add(one)
        raise _damaged(path)

    def _search(
        self,
        frame: pd.DataFrame,
        metadata: Mapping[str, Any],
        free: NDArray[np.int64],
        objectives: NDArray[np.int64],
    ) -> SearchState:
        members: dict[str, list[Member]] = {"parent": [], "hall": []}
        for role, found in zip(frame["role"], found_of(self.emodel, frame), strict=True):
            members[role].append(member_of(found, free, objectives))
        return SearchState(
            int(metadata["generation"]),
            list(metadata["random_state"]),
            metadata["max_steps"],
            members["parent"],
            members["hall"],
            int(metadata["n_evaluations"]),
        )

    def generations(self) -> tuple[int, int, bool]:
        """Count generations; reads no model.

        Returns
        -------
        asked, done : int
            Of all searches of all stages together.
        is_merged : bool
            Whether the merged hall of fame has been written, which is done last.

        Raises
        ------
        IonfoError
            If a search has begun and neither of its files can be read.
        """
        settings = self.settings["settings"]
        stages = parse_stages(json.dumps(settings["stages"]), str(self.folder / "run.json"))
        plans = resolve(stages, self.emodel, int(settings["generations"]), int(settings["seeds"]))
        asked = done = 0
        for number, plan in enumerate(plans):
            asked += plan.generations * plan.n_seeds
            done += sum(self._generation(f"{number}-{plan.name}", i) for i in range(plan.n_seeds))
        return asked, done, (self.folder / HALL).exists()

    def _generation(self, stage: str, seed: int) -> int:
        """Count the generations of a search by the newest of its files that can be read."""
        path = self._path("searches", stage, seed)
        previous = path.with_suffix(".previous.parquet")
        if not path.exists() and not previous.exists():
            return 0
        for one in (path, previous):
            try:
                return int(read_metadata(one)["generation"])
            except (IonfoError, KeyError, TypeError, ValueError):
                continue
        raise _damaged(path)

    def write_progress(self, stage: str, seed: int, frame: pd.DataFrame) -> None:
        """Replace the progress of a search."""
        path = self._path("progress", stage, seed)
        path.parent.mkdir(exist_ok=True)
        write_table(path, frame)

    def read_progress(self, stage: str, seed: int, generations: int) -> pd.DataFrame:
        """Give the progress of a search up to a generation; empty when there is none."""
        path = self._path("progress", stage, seed)
        if not path.exists() or not generations:
            return pd.DataFrame()
        frame = read_table(path)[0]
        return frame[frame["generation"] <= generations].reset_index(drop=True)

    def progress(self) -> pd.DataFrame:
        """Give the progress of all searches, in the order of the stages."""
        frames = [read_table(path)[0] for path in sorted((self.folder / "progress").glob("*"))]
        return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()

    def write_evaluated(
        self, stage: str, seed: int, generation: int, found: Sequence[Found]
    ) -> None:
        """Store every model of a generation."""
        folder = self.folder / "evaluated" / f"{stage}-{seed}"
        folder.mkdir(parents=True, exist_ok=True)
        frame = found_frame(self.emodel, found)
        frame.insert(0, "generation", generation)
        frame.insert(0, "seed", seed)
        write_table(folder / f"{generation:06d}.parquet", frame)

    def evaluated(self, stage: str, seed: int, generations: int) -> pd.DataFrame:
        """Give every model of a search up to a generation.

        Raises
        ------
        IonfoError
            If they were not kept.
        """
        folder = self.folder / "evaluated" / f"{stage}-{seed}"
        paths = [folder / f"{generation:06d}.parquet" for generation in range(1, generations + 1)]
        if not paths or not all(path.is_file() for path in paths):
            raise IonfoError(
                f"run '{self.folder}' did not keep every evaluated model; optimise with "
                "--keep-evaluations"
            )
        return pd.concat([read_table(path)[0] for path in paths], ignore_index=True)

    def _path(self, kind: str, stage: str, seed: int) -> Path:
        return self.folder / kind / f"{stage}-{seed}.parquet"


def _damaged(path: Path) -> IonfoError:
    return IonfoError(
        f"'{path}' is damaged and so is the state before it; remove both to begin this search "
        "anew, which gives the same result"
    )


def is_optimisation(folder: Path) -> bool:
    """Whether a folder holds an optimisation, and not a chain."""
    try:
        content = json.loads(read_text(folder / "run.json"))
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(content, dict) and content.get("kind") == OptimiseStore.kind


def found_frame(emodel: EModel, found: Sequence[Found]) -> pd.DataFrame:
    """Put models into a table."""
    parameters, features, scores = columns(emodel)
    n = len(found)
    return pd.concat(
        [
            pd.DataFrame(np.array([one.theta for one in found]).reshape(n, -1), columns=parameters),
            pd.DataFrame(
                np.array([one.features for one in found]).reshape(n, -1), columns=features
            ),
            pd.DataFrame(np.array([one.scores for one in found]).reshape(n, -1), columns=scores),
            pd.DataFrame(
                {
                    "cost": [one.cost for one in found],
                    "integrator_steps": [one.n_steps for one in found],
                }
            ),
        ],
        axis=1,
    )


def found_of(emodel: EModel, frame: pd.DataFrame) -> list[Found]:
    """Give the models of the rows of a `found_frame`."""
    parameters, features, scores = columns(emodel)
    return [
        Found(theta, values, of_scores, float(cost), int(steps))
        for theta, values, of_scores, cost, steps in zip(
            frame[parameters].to_numpy(),
            frame[features].to_numpy(),
            frame[scores].to_numpy(),
            frame["cost"],
            frame["integrator_steps"],
            strict=True,
        )
    ]


def member_of(found: Found, free: NDArray[np.int64], objectives: NDArray[np.int64]) -> Member:
    """See a model as a member of a search."""
    return Member(
        tuple(map(float, found.theta[free])),
        tuple(min(float(one), MAX_SCORE) for one in found.scores[objectives]),
        found,
    )
