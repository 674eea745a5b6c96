"""What a run learns: it fits surrogates to what it has evaluated, in rounds, and keeps the last."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from ....emodels import EModel
from ..replay import ReplayPool
from ..settings import SampleSettings
from ..start import Start
from ..store import RunStore
from ..target import Target
from ..writer import RunWriter
from .density import N_INNER, POWER, SurrogateDensity
from .fitting import FEWEST_ROWS, Surrogate, fit_surrogate, too_far
from .rounds import evaluations_of_round, length_of_walks, walk_round
from .training_data import Evaluated, evaluated, joined


@dataclass
class Learner:
    """Fits, freezes and keeps the surrogate of a run.

    Attributes
    ----------
    emodel : EModel
        The e-model.
    settings : SampleSettings
        Of the run.
    store, writer : RunStore, RunWriter
        The run folder.
    given : Evaluated or None
        Evaluations that the user brought.
    """

    emodel: EModel
    settings: SampleSettings
    store: RunStore
    writer: RunWriter
    given: Evaluated | None

    @property
    def is_asked_for(self) -> bool:
        """Whether chains or draws come from a surrogate."""
        return self.settings.learns

    def rows_of_a_search(self) -> int:
        """How many whole evaluations each search should leave for the first surrogate."""
        if not self.is_asked_for:
            # a run that has found too little to learn from was asked for some all the same
            return int(self.store.settings.get("rows_of_a_search", 0))
        n_given = 0 if self.given is None else self.given.n_complete
        n_lacking = max(0, FEWEST_ROWS * len(self.emodel.free_names) - n_given)
        return -(-n_lacking // self.settings.ensembles)

    def kept(self) -> SurrogateDensity | None:
        """Give the density that was frozen; None while nothing is."""
        surrogate = self.store.surrogate() if self.is_asked_for else None
        if surrogate is None:
            return None
        return self._density(surrogate, self.store.settings.get("learned", {}))

    def n_evaluations(self, n_walkers: int) -> int:
        """Count those of all rounds of all ensembles, where none falls outside the bounds."""
        n_ensembles = self.settings.ensembles
        return self.settings.n_rounds * n_ensembles * evaluations_of_round(n_ensembles, n_walkers)

    def learn(
        self,
        starts: Sequence[Start],
        pools: Sequence[ReplayPool],
        make_target: Callable[[], Target],
        run: Callable[[Sequence[Callable[[], None]]], None],
    ) -> tuple[list[Start], SurrogateDensity]:
        """Walk on what is known, evaluate and fit again, in rounds; then freeze.

        Parameters
        ----------
        starts : sequence of Start
            Where the walkers of each ensemble stand.
        pools : sequence of ReplayPool
            Evaluate for each ensemble, and count what it asked for.
        make_target : callable
            Gives a target of the chains.
        run : callable
            Runs a task an ensemble until all are done.

        Returns
        -------
        list of Start
            Where the walkers stand then.
        SurrogateDensity
            What proposals walk on from now on.
        """
        stands = list(starts)
        n_each = evaluations_of_round(len(starts), len(starts[0].theta))

        def walk(ensemble: int, density: SurrogateDensity, seed: np.random.SeedSequence) -> None:
            target = make_target()
            target.pool = pools[ensemble]
            random = np.random.RandomState(np.random.MT19937(seed))  # noqa: NPY002
            stands[ensemble] = walk_round(target, stands[ensemble], density, n_each, random)

        for i in range(self.settings.n_rounds):
            density = self._density_of_round(self._fit(pools), stands, i)
            seeds = [
                np.random.SeedSequence(self.settings.seed, spawn_key=(4, ensemble, i))
                for ensemble in range(len(stands))
            ]
            run([partial(walk, one, density, seed) for one, seed in enumerate(seeds)])
        return stands, self._freeze(pools, stands)

    def _freeze(self, pools: Sequence[ReplayPool], starts: Sequence[Start]) -> SurrogateDensity:
        """Fit for the last time, choose the length of walks, and keep both in the run folder."""
        surrogate = self._fit(pools, is_last=True)
        n_inner, jump = self._length(self._density(surrogate), starts, 0)
        told = {
            "kind": surrogate.kind,
            "errors": surrogate.errors,
            "n_rows": surrogate.n_rows,
            "n_partial": surrogate.n_partial,
            "walk": n_inner,
            "squared_jump": jump,
            "power": POWER,
        }
        self.store.write_settings({**self.store.settings, "learned": told})
        self.writer.surrogate_sha256 = self.store.keep_surrogate(surrogate)
        self.writer.flush()
        frozen = self.kept()  # with the layout of a resumed run
        assert frozen is not None
        return frozen

    def _density_of_round(
        self, surrogate: Surrogate, starts: Sequence[Start], i: int
    ) -> SurrogateDensity:
        """Give what a round walks on, as far as chains will: where it is wrong far off is learned.

        A Gaussian process, on which steps take longer, is walked on for short.
        """
        density = self._density(surrogate)
        if surrogate.kind == "gaussian_process":
            return density
        return replace(density, n_inner=self._length(density, starts, i + 1)[0])

    def _length(
        self, density: SurrogateDensity, starts: Sequence[Start], stream: int
    ) -> tuple[int, float]:
        """Choose the length of walks, and tell their squared jump."""
        random = np.random.RandomState(  # noqa: NPY002  walks take numpy's legacy generator
            np.random.MT19937(np.random.SeedSequence(self.settings.seed, spawn_key=(5, stream)))
        )
        return length_of_walks(density, np.concatenate([one.theta for one in starts]), random)

    def knows_enough(self, pools: Sequence[ReplayPool]) -> bool:
        """Whether the search has left what a first surrogate asks for."""
        return self._known(pools).n_complete >= FEWEST_ROWS * len(self.emodel.free_names)

    def _fit(self, pools: Sequence[ReplayPool], is_last: bool = False) -> Surrogate:
        known = self._known(pools)
        missing_from = too_far(self.settings.max_cost, self.settings.cost)
        return fit_surrogate(self.emodel, known, is_last=is_last, missing_from=missing_from)

    def _known(self, pools: Sequence[ReplayPool]) -> Evaluated:
        self.writer.flush()
        table = self.store.table("start")
        if table is not None:
            # in one order whoever was faster, and nothing that a session before has seen later
            asked = {pool.ensemble: pool.n_asked for pool in pools}
            limit = table["ensemble"].map(asked).fillna(0)
            table = table[table["evaluation"] < limit]
            table = table.sort_values(["ensemble", "evaluation"], ignore_index=True)
        return joined(evaluated(self.emodel, table), self.given)

    def _density(
        self, surrogate: Surrogate, told: Mapping[str, Any] | None = None
    ) -> SurrogateDensity:
        asked = {
            "temperature": self.settings.temperature,
            "max_cost": self.settings.max_cost,
            "cost": self.settings.cost,
        }
        told = {"power": POWER} if told is None else told  # {} is what an old run tells
        return density_of(self.emodel, asked, surrogate, told)


def density_of(
    emodel: EModel,
    settings: Mapping[str, Any],
    surrogate: Surrogate,
    told: Mapping[str, Any],
) -> SurrogateDensity:
    """Give the density that a run has by a surrogate.

    Parameters
    ----------
    emodel : EModel
        Gives the bounds.
    settings : mapping
        Temperature, largest cost and cost of the run (run.json, ``settings``).
    surrogate : Surrogate
        Tells features.
    told : mapping
        Length of walks and power (run.json, ``learned``); 200 and 1 where runs of before tell none.
    """
    max_cost = settings["max_cost"]
    # walks need no more of it, and are sent to workers, which should not import what fits it
    return SurrogateDensity(
        surrogate.model,
        surrogate.residuals,
        emodel.bounds,
        settings["temperature"],
        np.inf if max_cost is None else max_cost,
        settings["cost"],
        int(told.get("walk", N_INNER)),
        float(told.get("power", 1.0)),
    )
