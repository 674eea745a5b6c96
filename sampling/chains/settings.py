"""What a run is asked to do, and whether an existing run was asked the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from ...emodels import EModel
from ...errors import IonfoError
from ...features.scores import CostName
from ...limits import MOST_STEPS, check_count, check_number, check_seed
from ..evaluation.cell_hashes import cell_hashes
from ..runs.session import check_same
from .learning.training_data import Evaluated
from .moves import parse_moves
from .proposals_per_step import EVALUATIONS_PER_STEP
from .store import RunStore

SamplerName = Literal["chain", "importance"]
DEFAULT_MOVES = "surrogate:0.8,de:0.2"
"""Where nobody names others: the best by `scripts/bench/learning.py`."""

MOVES_WITHOUT_LEARNING = "de:0.9,snooker:0.1"
"""In runs too short to be worth learning for, and where too little is known to learn from."""

START_SPREAD = 0.01
ROUNDS = 5
MOST_ROUNDS = 100
MOST_WALKERS = 10_000
MOST_ENSEMBLES = 1_000
_WORTH_LEARNING = 6_000  # evaluations of the chains, of which 1,500 to learn are a quarter
_PACKAGES = ("ionfo", "neuron", "bluepyopt", "efel", "emcee", "numpy")


@dataclass(frozen=True)
class SampleSettings:
    """What `ionfo sample` is asked to do.

    Attributes
    ----------
    steps : int
        Sampling steps of every walker; the search for starting points is not counted.
    walkers : int or None
        Walkers of an ensemble; None for the smallest even number >= 2 x free parameters + 2.
    ensembles : int
        Independent ensembles, each with its own starting points.
    seed : int
        Of all random numbers.
    temperature : float
        T of exp(-cost/T).
    cost : {"max", "sum", "mean"}
        How scores are combined.
    max_cost : float or None
        Largest cost of a state.
    start_evaluations : int or None
        Evaluations of the search for starting points, per ensemble; None for 40 x walkers.
    start_spread : float
        SD of the spread around given models where they are fewer than the walkers, as a fraction
        of the width of the bounds.
    exact_rates : bool
        Evaluate gate rates instead of looking them up.
    moves : str or None
        Mixture of moves, see `ionfo.sampling.chains.moves.parse_moves`; None for the default, see
        `with_defaults`.
    adapt_steps : int
        Steps in which an adaptive move learns; they belong to the burn-in.
    early_rejection : bool
        Whether evaluations end where rejection is certain; the chain is the same.
    keep_rejected : bool or None
        Whether rejected proposals are stored too, for other runs to learn from; None for the
        default, see `with_defaults`.
    rounds : int or None
        Rounds of learning before the chains, where move ``surrogate`` is in the mixture or the
        sampler is ``importance``; None for the default.
    sampler : {"chain", "importance"}
        Chains, or independent draws of what was learned, weighted.
    may_not_learn : bool
        Whether moves that learn nothing take over where too little is known to learn from.
    """

    steps: int
    walkers: int | None = None
    ensembles: int = 4
    seed: int = 0
    temperature: float = 0.5
    cost: CostName = "max"
    max_cost: float | None = None
    start_evaluations: int | None = None
    start_spread: float = START_SPREAD
    exact_rates: bool = False
    moves: str | None = None
    adapt_steps: int = 200
    early_rejection: bool = True
    keep_rejected: bool | None = None
    rounds: int | None = None
    sampler: SamplerName = "chain"
    may_not_learn: bool = False

    def check(self, emodel: EModel) -> int:
        """Check the settings against an e-model and return the number of walkers.

        Raises
        ------
        IonfoError
            If one of them breaks a rule.
        """
        self.mixture()
        if self.sampler not in get_args(SamplerName):
            known = " or ".join(get_args(SamplerName))
            raise IonfoError(f"--sampler must be {known}, got '{self.sampler}'")
        n_parameters = len(emodel.free_names)
        walkers = 2 * n_parameters + 2 if self.walkers is None else self.walkers
        for name, value, least, most in (
            ("--steps", self.steps, 1, MOST_STEPS),
            ("--ensembles", self.ensembles, 1, MOST_ENSEMBLES),
            ("--start-evaluations", self.start_evaluations, 0, MOST_STEPS),
            ("--adapt-steps", self.adapt_steps, 0, MOST_STEPS),
            ("--rounds", self.rounds, 0, MOST_ROUNDS),
        ):
            check_count(name, value, least, most)
        check_seed(self.seed)
        if walkers < 2 * n_parameters or walkers % 2:
            raise IonfoError(
                f"--walkers must be even and at least {2 * n_parameters} (twice the free "
                f"parameters of '{emodel.name}'), got {walkers}"
            )
        check_count("--walkers", walkers, 2 * n_parameters, max(MOST_WALKERS, 4 * n_parameters))
        check_number("--temperature", self.temperature, 0, 1e6, is_above=True)
        check_number("--start-spread", self.start_spread, 0, 1, is_above=True)
        if self.max_cost is not None and not self.max_cost > 0:
            raise IonfoError(f"--max-cost must be positive, got {self.max_cost}")
        return walkers

    def with_defaults(self, n_walkers: int, run: Mapping[str, Any] | None) -> SampleSettings:
        """Give the settings with moves where nobody named any, and with what is stored.

        A run keeps the moves that it has, of the two mixtures that are a default, and goes on to
        store rejected proposals or not.  A new one stores them, and learns where its chains make at
        least 6,000 evaluations, or where rounds of learning are asked for.

        Parameters
        ----------
        n_walkers : int
            Of an ensemble.
        run : mapping or None
            Settings of the run that goes on (run.json, ``settings``); None for a new one.
        """
        found = self
        if found.keep_rejected is None:
            found = replace(self, keep_rejected=run is None or bool(run.get("keep_rejected")))
        if self.moves is not None or self.sampler != "chain":
            return found
        n_evaluations = self.steps * n_walkers * self.ensembles
        is_worth_it = n_evaluations >= _WORTH_LEARNING if self.rounds is None else self.rounds > 0
        moves = DEFAULT_MOVES if is_worth_it else MOVES_WITHOUT_LEARNING
        for one in (DEFAULT_MOVES, MOVES_WITHOUT_LEARNING):
            if run is not None and run.get("moves") == parse_moves(one):
                moves = one
        return replace(found, moves=moves, may_not_learn=True)

    def mixture(self) -> dict[str, float]:
        """Give the moves with their probabilities."""
        return parse_moves(MOVES_WITHOUT_LEARNING if self.moves is None else self.moves)

    @property
    def learns(self) -> bool:
        """Whether a surrogate is learned."""
        return self.sampler == "importance" or "surrogate" in self.mixture()

    @property
    def evaluations_per_step(self) -> float:
        """Evaluations of a walker in a step, about; one where proposals are long walks."""
        return 1.0 if "surrogate" in self.mixture() else EVALUATIONS_PER_STEP

    @property
    def n_rounds(self) -> int:
        """Rounds of learning; none without a surrogate."""
        if not self.learns:
            return 0
        return ROUNDS if self.rounds is None else self.rounds

    def n_start_evaluations(self, n_walkers: int) -> int:
        """Bound on the evaluations of one ensemble's search."""
        return 40 * n_walkers if self.start_evaluations is None else self.start_evaluations


def settings_json(
    emodel: EModel,
    settings: SampleSettings,
    n_walkers: int,
    morphology: Path,
    mechanisms: Path,
    start_models: NDArray[np.float64] | None,
    learned: Evaluated | None = None,
) -> dict[str, Any]:
    """Describe a run for run.json: all that its bytes depend on."""
    learn = None
    if learned is not None:
        learn = {"n": len(learned.theta), "sha256": learned.digest}
    return {
        "emodel": emodel.model_dump(mode="json"),
        "emodel_hash": emodel.content_hash,
        **cell_hashes(morphology, mechanisms),
        "settings": {
            "steps": settings.steps,
            "walkers": n_walkers,
            "ensembles": settings.ensembles,
            "seed": settings.seed,
            "temperature": settings.temperature,
            "cost": settings.cost,
            "max_cost": settings.max_cost,
            "start_evaluations": settings.start_evaluations,
            "start_spread": settings.start_spread,
            "start": "bounds" if start_models is None else start_models.tolist(),
            "moves": settings.mixture(),
            "adapt_steps": settings.adapt_steps,
            "exact_rates": settings.exact_rates,
            "keep_rejected": settings.keep_rejected,
            "learn": learn,
            "rounds": settings.n_rounds,
            "sampler": settings.sampler,
        },
        "versions": {name: version(name) for name in _PACKAGES},
    }


def check_same_run(store: RunStore, asked: Mapping[str, Any]) -> None:
    """Check that a run folder holds the run that is asked for.

    Only its steps and what it stores may differ, before its first step the bound on its search, and
    after it what its surrogate is to learn from and, where it started from another run, where that
    one stands.

    Raises
    ------
    IonfoError
        If anything else differs; it says what.
    """
    present = store.settings
    # runs from before there were rounds and draws
    before = {"rounds": 0, "sampler": "chain"}
    present = {**present, "settings": {**before, **present["settings"]}}
    asked = {**asked, "settings": {**before, **asked["settings"]}}
    # what was learned is in the run once its chains have begun
    free = {"steps", "learn" if store.state["ensembles"] else "start_evaluations"}
    free.add("keep_rejected")  # no chain depends on it
    now = asked["settings"]
    if store.state["ensembles"] and all(
        np.ndim(one.get("start")) == 3 for one in (present["settings"], now)
    ):
        free.add("start")  # the other run may have gone on
    check_same(store.folder, present, asked, "a chain", frozenset(free))
    done = max((one["steps"] for one in store.state["ensembles"]), default=0)
    if done > now["steps"]:
        raise IonfoError(
            f"run '{store.folder}' already has {done} steps, --steps asks for {now['steps']}; "
            "--steps is the total"
        )
