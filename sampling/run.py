"""Run the sampler: settings, starting points, chain, store."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import emcee
import numpy as np
from emcee.state import State
from numpy.typing import NDArray

from ..emodels import EModel, Numerics
from ..emodels.cell import check_mechanisms, resolve_morphology
from ..errors import IonfoError
from ..features.scores import CostName
from ..mechanisms import build_mechanisms
from ..mechanisms.build import BUNDLED
from . import mpi
from .cell_hashes import cell_hashes
from .evaluator import evaluator_spec
from .lock import writing
from .moves import EarlyRejection, make_moves, parse_moves
from .pool import open_pool
from .start import Start, around_models, from_bounds
from .stop import StopRun, stoppable
from .store import RunStore, SegmentBackend, state_frame
from .target import Target

_PACKAGES = ("ionfo", "neuron", "bluepyopt", "efel", "emcee", "numpy")


@dataclass(frozen=True)
class SampleSettings:
    """What `ionfo sample` is asked to do.

    Attributes
    ----------
    steps : int
        Sampling steps; the search for starting points is not counted.
    walkers : int or None
        Walkers; None for the smallest even number >= 2 x free parameters + 2.
    seed : int
        Of all random numbers.
    temperature : float
        T of exp(-cost/T).
    cost : {"max", "sum", "mean"}
        How scores are combined.
    max_cost : float or None
        Largest cost of a state.
    start_evaluations : int or None
        Evaluations of the search for starting points; None for 40 x walkers.
    exact_rates : bool
        Evaluate gate rates instead of looking them up.
    moves : str
        Mixture of moves, see `ionfo.sampling.moves.parse_moves`.
    early_rejection : bool
        Whether evaluations end where rejection is certain; the chain is the same.
    """

    steps: int
    walkers: int | None = None
    seed: int = 0
    temperature: float = 0.5
    cost: CostName = "max"
    max_cost: float | None = None
    start_evaluations: int | None = None
    exact_rates: bool = False
    moves: str = "stretch"
    early_rejection: bool = True

    def check(self, emodel: EModel) -> int:
        """Check the settings against an e-model and return the number of walkers.

        Raises
        ------
        IonfoError
            If one of them breaks a rule.
        """
        parse_moves(self.moves)
        n_parameters = len(emodel.free_names)
        walkers = 2 * n_parameters + 2 if self.walkers is None else self.walkers
        if self.steps < 1:
            raise IonfoError(f"--steps must be at least 1, got {self.steps}")
        if walkers < 2 * n_parameters or walkers % 2:
            raise IonfoError(
                f"--walkers must be even and at least {2 * n_parameters} (twice the free "
                f"parameters of '{emodel.name}'), got {walkers}"
            )
        if not (np.isfinite(self.temperature) and self.temperature > 0):
            raise IonfoError(f"--temperature must be positive, got {self.temperature}")
        if self.max_cost is not None and not self.max_cost > 0:
            raise IonfoError(f"--max-cost must be positive, got {self.max_cost}")
        if self.seed < 0:
            raise IonfoError(f"--seed must not be negative, got {self.seed}")
        if self.start_evaluations is not None and self.start_evaluations < 0:
            raise IonfoError(
                f"--start-evaluations must not be negative, got {self.start_evaluations}"
            )
        return walkers


@dataclass(frozen=True)
class Progress:
    """Where a run stands, for whoever shows it.

    Attributes
    ----------
    phase : {"start", "sample"}
        The search for starting points, or the chain.
    done, total : int
        Evaluations of the search, or steps of the chain.
    began : float
        Time at which the phase began (`time.monotonic`).
    n_evaluations : int
        In this phase.
    acceptance, best_cost, median_cost : float
        Of the walkers; NaN in the search.
    """

    phase: str
    done: int
    total: int
    began: float
    n_evaluations: int
    acceptance: float = float("nan")
    best_cost: float = float("nan")
    median_cost: float = float("nan")


def run_sampler(
    emodel: EModel,
    out: Path,
    settings: SampleSettings,
    morphology: Path | None = None,
    mechanisms: Path | None = None,
    start_models: NDArray[np.float64] | None = None,
    processes: int = 1,
    report: Callable[[Progress], None] = lambda progress: None,
    stopped: Callable[[StopRun], None] = lambda why: None,
) -> Target:
    """Sample an e-model into a run folder, or go on with the run that is there.

    The chain of a run that was stopped or killed and resumed, on any number of ranks, is the
    chain of one that was not.  `settings.steps` is the total: a larger one extends a run.

    Parameters
    ----------
    emodel : EModel
        The e-model.
    out : Path
        Run folder: new, empty, or with a run of the same e-model, cell and settings.
    settings : SampleSettings
        Length, seed, temperature and so on.
    morphology, mechanisms : Path, optional
        Instead of the bundled ones.
    start_models : ndarray, shape (n_models, n_parameters), optional
        Where to start; around them when they are fewer than the walkers.
    processes : int
        Local processes, when not under mpirun.
    report : callable
        Called as the run goes on.
    stopped : callable
        Called when a signal has stopped the run and all is stored.

    Returns
    -------
    Target
        With the counts of evaluations and failures.

    Raises
    ------
    IonfoError
        If an input breaks a rule; before anything is written where that is possible.
    StopRun
        If a signal asked it to stop; the chain is stored up to the last step.
    """
    n_walkers = settings.check(emodel)
    is_old = (out / "run.json").exists()
    if not is_old:
        RunStore.check_free(out)
    folder = mechanisms or BUNDLED
    check_mechanisms(emodel, folder)
    morphology = resolve_morphology(emodel, morphology)
    build_mechanisms(folder)
    numerics = Numerics(exact_rates=settings.exact_rates)
    spec = evaluator_spec(emodel, morphology, mechanisms, settings.cost, numerics)
    asked = _settings_json(emodel, settings, n_walkers, morphology, folder, start_models)
    store = RunStore(out)
    if is_old:
        check_same_run(store, asked)
        if settings.steps > store.settings["settings"]["steps"]:
            store.set_steps(settings.steps)
    began = time.monotonic()
    with stoppable() as flag, open_pool(spec, processes) as pool:
        max_cost = np.inf if settings.max_cost is None else settings.max_cost
        target = Target(emodel, pool, settings.temperature, max_cost, stop=flag)
        start = None
        if not is_old:
            start = _search(target, settings, n_walkers, start_models, report, began)
            store = RunStore.create(out, asked)
        with writing(out):
            if start is None and not store.state["segments"]:
                # it was killed between the search and the first step: the search again
                start = _search(target, settings, n_walkers, start_models, report, began)
            if start is not None:
                store.write_start(_start_frame(target, start))
            store.log("start", ranks=mpi.announced()[0], processes=processes, host=platform.node())
            try:
                run_chain(target, store, settings, start, report)
            except StopRun as why:
                store.log("stopped", signal=str(why))
                stopped(why)
                raise
            store.log(
                "end",
                seconds=round(time.monotonic() - began, 1),
                evaluations=target.n_evaluations,
                integrator_steps=target.n_steps,
            )
    return target


def check_same_run(store: RunStore, asked: Mapping[str, Any]) -> None:
    """Check that a run folder holds the run that is asked for; only its steps may differ.

    Raises
    ------
    IonfoError
        If anything else differs; it says what.
    """
    present = store.settings
    for key in ("emodel_hash", "morphology", "mechanisms_hash", "versions"):
        if present.get(key) != asked[key]:
            what = key.removesuffix("_hash").replace("emodel", "e-model")
            if key == "versions":
                was, now = present.get(key) or {}, asked[key]
                changed = sorted(n for n in {*was, *now} if was.get(n) != now.get(n))
                what = "versions of " + ", ".join(
                    f"{n} ({was.get(n)}, now {now.get(n)})" for n in changed
                )
            raise IonfoError(
                f"run '{store.folder}' was made with other {what}, and a chain cannot mix them; "
                "choose another folder with --out"
            )
    was, now = present["settings"], asked["settings"]
    for name in sorted({*was, *now} - {"steps"}):
        if was.get(name) != now.get(name):
            raise IonfoError(
                f"run '{store.folder}' was made with {name} {was.get(name)}, not "
                f"{now.get(name)}, and a chain cannot mix them; give the same, or choose another "
                "folder with --out"
            )
    if store.state["steps"] > now["steps"]:
        raise IonfoError(
            f"run '{store.folder}' already has {store.state['steps']} steps, --steps asks for "
            f"{now['steps']}; --steps is the total"
        )


def _search(
    target: Target,
    settings: SampleSettings,
    n_walkers: int,
    start_models: NDArray[np.float64] | None,
    report: Callable[[Progress], None],
    began: float,
) -> Start:
    asked = settings.start_evaluations
    allowed = 40 * n_walkers if asked is None else asked
    rng = np.random.default_rng(_seed(settings.seed, 0))

    total = n_walkers if start_models is not None else max(allowed, n_walkers)

    def tell() -> None:
        report(Progress("start", target.n_evaluations, total, began, target.n_evaluations))

    target.on_evaluation = tell
    if start_models is not None:
        return around_models(target, start_models, n_walkers, allowed, rng)
    return from_bounds(target, n_walkers, allowed, rng)


def run_chain(
    target: Target,
    store: RunStore,
    settings: SampleSettings,
    start: Start | None,
    report: Callable[[Progress], None] = lambda progress: None,
) -> None:
    """Walk on a target and store every state.

    Parameters
    ----------
    target : Target
        The density.
    store : RunStore
        A run folder, without states when `start` is given.
    settings : SampleSettings
        Gives steps and seed.
    start : Start or None
        Starting points with their costs; None goes on where the store stands.
    report : callable
        Called after every evaluation and every step.
    """
    if start is None:
        n_walkers, n_parameters = store.last_state().coords.shape
    else:
        n_walkers, n_parameters = start.theta.shape
    backend = SegmentBackend(store, target.emodel)
    sampler = emcee.EnsembleSampler(
        n_walkers,
        n_parameters,
        target,
        backend=backend,
        blobs_dtype=target.blob_dtype,
        vectorize=True,
        moves=[
            (EarlyRejection(move, target, settings.early_rejection), weight)
            for move, weight in make_moves(parse_moves(settings.moves))
        ],
    )
    if start is None:
        state = backend.resume()
    else:
        generator = np.random.RandomState(  # noqa: NPY002
            np.random.MT19937(_seed(settings.seed, 1))
        )
        state = State(
            start.theta,
            log_prob=target.log_prob(start.blobs["cost"]),
            blobs=start.blobs,
            random_state=generator.get_state(),
        )
        backend.save_initial(state)
    n_left = settings.steps - backend.iteration
    if n_left <= 0:
        return
    began, n_before = time.monotonic(), target.n_evaluations

    def tell() -> None:
        costs = state.blobs["cost"]
        report(
            Progress(
                "sample",
                backend.iteration,
                settings.steps,
                began,
                target.n_evaluations - n_before,
                acceptance=float(backend.accepted.mean()) / max(1, backend.iteration),
                best_cost=float(costs.min()),
                median_cost=float(np.median(costs)),
            )
        )

    target.on_evaluation = tell
    try:
        for stepped in sampler.sample(
            state, iterations=n_left, store=True, skip_initial_state_check=True
        ):
            state = stepped
            tell()
    finally:
        backend.flush()


def _seed(seed: int, phase: int) -> np.random.SeedSequence:
    """One stream per phase (0 start, 1 chain), independent of ranks and of each other."""
    return np.random.SeedSequence(seed, spawn_key=(phase, 0))


def _start_frame(target: Target, start: Start) -> Any:
    return state_frame(
        target.emodel,
        {"evaluation": np.arange(len(start.tried_theta))},
        start.tried_theta,
        start.tried_blobs,
        target.log_prob(start.tried_blobs["cost"]),
    )


def _settings_json(
    emodel: EModel,
    settings: SampleSettings,
    n_walkers: int,
    morphology: Path,
    mechanisms: Path,
    start_models: NDArray[np.float64] | None,
) -> dict[str, Any]:
    return {
        "emodel": emodel.model_dump(mode="json"),
        "emodel_hash": emodel.content_hash,
        **cell_hashes(morphology, mechanisms),
        "settings": {
            "steps": settings.steps,
            "walkers": n_walkers,
            "ensembles": 1,
            "seed": settings.seed,
            "temperature": settings.temperature,
            "cost": settings.cost,
            "max_cost": settings.max_cost,
            "start_evaluations": settings.start_evaluations,
            "start": "bounds" if start_models is None else start_models.tolist(),
            "moves": parse_moves(settings.moves),
            "exact_rates": settings.exact_rates,
        },
        "versions": {name: version(name) for name in _PACKAGES},
    }
