"""Run the sampler: searches for starting points, the order of protocols, then the chains."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...emodels import EModel, Numerics
from ...emodels.cell import resolve_morphology
from ...emodels.mechanism_checks import check_mechanisms
from ...errors import IonfoError
from ...mechanisms import build_mechanisms
from ...mechanisms.build import bundled_folder
from ..evaluation import mpi
from ..evaluation.counts import Counts
from ..evaluation.evaluator import evaluator_spec
from ..evaluation.flight import FlightRecord
from ..evaluation.scheduler import Scheduler, SharedPool
from ..evaluation.stop import stoppable
from ..evaluation.workers import Workers, open_workers
from ..runs.forecast import Forecast
from ..runs.lock import writing
from ..runs.progress import Progress
from ..runs.session import Session, see_through
from .chain import Chain, stream
from .draws import draw_task
from .forecast import forecast_of
from .idle import idle_workers
from .learning.density import SurrogateDensity
from .learning.learner import Learner
from .learning.training_data import Evaluated
from .moves import make_moves
from .opening import do_not_learn, keep_asked, settled
from .order import N_EVALUATIONS, choose_order
from .proposals_per_step import choose_tries
from .replay import ReplayPool
from .search import from_bounds
from .settings import SampleSettings, settings_json
from .start import Start, around_models
from .store import RunStore, set_damage_aside
from .target import Target
from .writer import RunWriter

_LOG_SECONDS = 60.0


def run_sampler(
    emodel: EModel,
    out: Path,
    settings: SampleSettings,
    morphology: Path | None = None,
    mechanisms: Path | None = None,
    start_models: NDArray[np.float64] | None = None,
    learned: Evaluated | None = None,
    session: Session | None = None,
) -> Counts:
    """Sample an e-model into a run folder, or go on with the run that is there.

    The chains of a run that was stopped or killed and resumed, on any number of ranks, are the
    chains of one that was not.  `settings.steps` is the total: a larger one extends a run.

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
        Where to start; around them when they are fewer than the walkers.  With a leading axis,
        shape (n_ensembles, n_models, n_parameters), each ensemble has its own.
    learned : Evaluated, optional
        What the surrogates of the search and of the chains learn from besides their own search.
    session : Session, optional
        How the run is carried out; it changes no result.

    Returns
    -------
    Counts
        Of all evaluations of the chains.

    Raises
    ------
    IonfoError
        If an input breaks a rule; before anything is written where that is possible.
    StopRun
        If a signal asked it to stop; the chain is stored up to the last step.
    """
    session = session or Session()
    note = session.note
    n_walkers = settings.check(emodel)
    folder = mechanisms or bundled_folder(emodel.inserted)
    check_mechanisms(emodel, folder)
    morphology = resolve_morphology(emodel, morphology, tells=True)
    learns = settings.with_defaults(n_walkers, None).learns
    if learned is not None and start_models is not None and not learns:
        raise IonfoError(
            "--learn is of use to the search for starting points, which --start leaves out, to "
            "move 'surrogate' and to independent draws; name that move in --moves, or give "
            "--sampler importance"
        )
    store = RunStore(out)
    settings, asked = settled(
        store,
        settings,
        n_walkers,
        lambda one: settings_json(
            emodel, one, n_walkers, morphology, folder, start_models, learned
        ),
        session,
    )
    if settings.ensembles == 1:
        note("one ensemble: R-hat, the check that chains agree, needs two")
    build_mechanisms(folder, needed=emodel.inserted)
    numerics = Numerics(exact_rates=settings.exact_rates)
    spec = evaluator_spec(emodel, morphology, mechanisms, settings.cost, numerics)
    out.mkdir(parents=True, exist_ok=True)
    with writing(out, note), stoppable() as flag, open_workers(spec, session.processes) as workers:
        keep_asked(store, asked)
        if warning := idle_workers(workers.n_workers, n_walkers, settings):
            note(warning)
        flight = FlightRecord(out, emodel, settings.cost)
        for text in flight.told():
            note(text)
        set_damage_aside(store, note)
        run = _Run(store, emodel, settings, n_walkers, start_models, workers, session, learned)
        run.scheduler = Scheduler(workers, flag, flight)
        run.scheduler.on_evaluation = run.forecast()
        run.begin()
        see_through(run.all, run.end, run.scheduler, session.stopped)
        return run.counts()


class _Run:
    """The phases of one session of a run."""

    scheduler: Scheduler

    def __init__(
        self,
        store: RunStore,
        emodel: EModel,
        settings: SampleSettings,
        n_walkers: int,
        start_models: NDArray[np.float64] | None,
        workers: Workers,
        session: Session,
        learned: Evaluated | None = None,
    ) -> None:
        self.store = store
        self.emodel = emodel
        self.settings = settings
        self.n_walkers = n_walkers
        self.start_models = start_models
        self.workers = workers
        self.report, self.note = session.report, session.note
        self.learned = learned
        self.writer = RunWriter(store)
        self.learner = Learner(emodel, settings, store, self.writer, learned)
        self._density: SurrogateDensity | None = None
        self._pools: list[ReplayPool] = []
        self._targets: list[Target] = []
        self.chains: list[Chain] = []
        self._began = self._last_log = time.monotonic()
        self._n_results = 0

    def begin(self) -> None:
        """Log that a session begins, and show what it tries first."""
        self.store.log(
            "start",
            ranks=mpi.announced()[0],
            workers=self.workers.n_workers,
            host=platform.node(),
        )
        if n := len(self.scheduler.flight.suspects):
            self._phase("suspects", lambda began, done: Progress("suspects", done, n, began, done))

    def all(self) -> None:
        """Do what is left to do."""
        if self.settings.sampler == "importance":
            self._draw()
            return
        is_new = not self.writer.ensembles
        if not is_new:
            self._density = self.learner.kept()
        else:
            starts = self._search()
            starts, self._density = self._learn(starts)
            if "tries" not in self.store.settings:
                self._prepare(starts)
        order = self.store.settings["order"]
        for ensemble in range(self.settings.ensembles):
            target = self._target(order=None if order is None else tuple(order))
            chain = Chain(
                target,
                self.writer,
                self.settings,
                ensemble,
                self.store.settings["tries"],
                self._density,
            )
            if is_new:
                chain.begin(starts[ensemble])
            else:
                chain.resume(self.n_walkers)
            self.chains.append(chain)
        if is_new:
            self.writer.flush()
        self._phase("sample", self._tell_chains)
        self.scheduler.run([chain.walk for chain in self.chains])

    def end(self, event: str, **more: Any) -> None:
        """Store and log where the run stands."""
        self.writer.flush()
        self._log(event, **more)

    def counts(self) -> Counts:
        """Sum over the chains."""
        total = Counts()
        for target in (*(chain.target for chain in self.chains), *self._targets):
            total += target.counts
        return total

    def forecast(self) -> Forecast:
        """Foresee the evaluations that are left."""
        given, n_workers = self.start_models is not None, self.workers.n_workers
        return forecast_of(self.store, self.settings, self.n_walkers, given, n_workers, self.note)

    # -- phases -----------------------------------------------------------------

    def _search(self) -> list[Start]:
        """Find starting points for every ensemble."""
        settings = self.settings
        allowed = settings.n_start_evaluations(self.n_walkers)
        starts: dict[int, Start] = {}
        n_rows = self.learner.rows_of_a_search()
        stored = self.store.table("start")

        self._pools = [
            ReplayPool(SharedPool(), self.emodel, self.writer, ensemble, stored)
            for ensemble in range(settings.ensembles)
        ]

        def search(ensemble: int) -> Callable[[], None]:
            target, models = self._target(), self.start_models
            if models is not None and models.ndim == 3:
                models = models[ensemble]
            target.pool = self._pools[ensemble]
            rng = np.random.default_rng(stream(settings.seed, 0, ensemble))

            def task() -> None:
                starts[ensemble] = (
                    from_bounds(target, self.n_walkers, allowed, rng, self.learned, n_rows)
                    if models is None
                    else around_models(
                        target, models, self.n_walkers, allowed, rng, settings.start_spread
                    )
                )

            return task

        at_most = self.n_walkers if self.start_models is not None else max(allowed, self.n_walkers)
        total = settings.ensembles * at_most
        n_stored = _n_of(stored, range(settings.ensembles))
        self._phase("start", lambda began, n: Progress("start", n_stored + n, total, began, n))
        self.scheduler.run([search(ensemble) for ensemble in range(settings.ensembles)])
        self.writer.flush()
        return [starts[ensemble] for ensemble in range(settings.ensembles)]

    def _draw(self) -> None:
        """Learn, unless that is done, and evaluate independent draws of what was learned."""
        density = self.learner.kept() or self._learn(self._search())[1]
        assert density is not None  # it was asked for
        stored = self.store.table("draws")
        n_stored = 0 if stored is None else len(stored)
        total = self.settings.ensembles * self.n_walkers * self.settings.steps
        self._phase("draw", lambda began, n: Progress("draw", n_stored + n, total, began, n))
        self._targets = [self._target() for _ in range(self.settings.ensembles)]
        draw = partial(draw_task, self.store, self.writer, density, self.settings, self.n_walkers)
        self.scheduler.run([draw(target, i) for i, target in enumerate(self._targets)])
        self.writer.flush()

    def _learn(self, starts: list[Start]) -> tuple[list[Start], SurrogateDensity | None]:
        """Walk, evaluate and fit in rounds; then freeze the surrogate.

        Returns
        -------
        list of Start
            Where the walkers stand then.
        SurrogateDensity or None
            What proposals walk on; None where nothing is learned.
        """
        if not self.learner.is_asked_for:
            return starts, None
        if self.settings.may_not_learn and not self.learner.knows_enough(self._pools):
            n_rows = self.learner.rows_of_a_search()
            self.settings = do_not_learn(self.store, self.settings, n_rows, self.note)
            return starts, None
        total = self.learner.n_evaluations(self.n_walkers)
        self._phase("learn", lambda began, n: Progress("learn", n, total, began, n))
        return self.learner.learn(starts, self._pools, self._target, self.scheduler.run)

    def _prepare(self, starts: list[Start]) -> None:
        """Choose tries and the order of protocols, and write them to run.json."""
        settings = self.settings
        moves = make_moves(
            settings.mixture(), self.emodel.bounds, settings.adapt_steps, self._density
        )
        random = np.random.RandomState(  # noqa: NPY002  emcee moves take the legacy generator
            np.random.MT19937(stream(settings.seed, 3, 0))
        )
        inside = self._target().is_inside
        per_step = settings.evaluations_per_step
        theta = [start.theta for start in starts]
        tries = choose_tries(moves, theta, inside, random, per_step)
        order = self._order(starts) if settings.early_rejection else None
        self.store.write_settings({**self.store.settings, "tries": tries, "order": order})

    def _order(self, starts: list[Start]) -> list[str]:
        """Choose the order of protocols."""
        target = self._target()
        stored = self.store.table("start")
        target.pool = ReplayPool(target.pool, self.emodel, self.writer, -1, stored)
        rng = np.random.default_rng(stream(self.settings.seed, 2, 0))
        theta = np.concatenate([start.theta for start in starts])
        cost = np.concatenate([start.blobs["cost"] for start in starts])
        found: list[tuple[str, ...]] = []
        n_stored = _n_of(stored, [-1])
        self._phase(
            "order", lambda began, n: Progress("order", n_stored + n, N_EVALUATIONS, began, n)
        )
        self.scheduler.run([lambda: found.append(choose_order(target, theta, cost, rng))])
        self.writer.flush()
        return list(found[0])

    # -- what is shown and logged -------------------------------------------------

    def _target(self, order: tuple[str, ...] | None = None) -> Target:
        settings = self.settings
        return Target(
            self.emodel,
            SharedPool(),
            settings.temperature,
            np.inf if settings.max_cost is None else settings.max_cost,
            cost=settings.cost,
            order=order,
        )

    def _phase(self, name: str, progress: Callable[[float, int], Progress]) -> None:
        began, n_before = time.monotonic(), self._n_results

        def on_result() -> None:
            self._n_results += 1
            self.report(progress(began, self._n_results - n_before))
            if time.monotonic() - self._last_log > _LOG_SECONDS:
                self._log("progress", phase=name)

        self.scheduler.on_result = on_result

    def _tell_chains(self, began: float, n: int) -> Progress:
        costs = np.concatenate([chain.state.blobs["cost"] for chain in self.chains])
        return Progress(
            "sample",
            sum(chain.backend.iteration for chain in self.chains),
            self.settings.steps * len(self.chains),
            began,
            n,
            acceptance=float(np.mean([chain.acceptance for chain in self.chains])),
            best_cost=float(costs.min()),
            median_cost=float(np.median(costs)),
        )

    def _log(self, event: str, **more: Any) -> None:
        self._last_log = time.monotonic()
        self.store.log(
            event,
            seconds=round(self._last_log - self._began, 1),
            workers=self.workers.n_workers,
            busy_seconds=round(self.scheduler.busy_seconds, 1),
            steps=sum(chain.backend.iteration for chain in self.chains),
            evaluations=self._n_results,
            **more,
        )


def _n_of(stored: pd.DataFrame | None, ensembles: Iterable[int]) -> int:
    """Count the stored evaluations of some searches."""
    return 0 if stored is None else int(stored["ensemble"].isin(list(ensembles)).sum())
