"""Run an optimisation: one stage after the other, the searches of a stage side by side."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...emodels import EModel, Numerics
from ...emodels.cell import resolve_morphology
from ...emodels.mechanism_checks import check_mechanisms
from ...mechanisms import build_mechanisms
from ...mechanisms.build import bundled_folder
from ...tables.files import write_table
from ..evaluation import mpi
from ..evaluation.evaluator import Evaluation, evaluator_spec
from ..evaluation.flight import FlightRecord
from ..evaluation.pool import ModelRequest, evaluate
from ..evaluation.scheduler import Scheduler, SharedPool
from ..evaluation.stop import stoppable
from ..evaluation.workers import open_workers
from ..runs.forecast import Forecast, simulated
from ..runs.lock import writing
from ..runs.progress import Progress
from ..runs.session import Session, check_same, make_way, see_through
from .hall import hall_frame, merged
from .ibea import Ibea, Member
from .settings import OptimiseSettings, settings_json
from .stages import Plan, Stage, default_stages, resolve, stage_bounds, start_values
from .store import HALL, Found, OptimiseStore, SearchState, member_of

HEADROOM = 2.0
"""A learned budget is so many times the quantile, so that it can also grow."""


def run_optimiser(
    emodel: EModel,
    out: Path,
    settings: OptimiseSettings,
    stages: Sequence[Stage] | None = None,
    morphology: Path | None = None,
    mechanisms: Path | None = None,
    session: Session | None = None,
) -> OptimiseStore:
    """Optimise an e-model into a run folder, or go on with the run that is there.

    The hall of fame of a run that was stopped or killed and resumed, on any number of ranks, is
    that of one that was not.

    Parameters
    ----------
    emodel : EModel
        The e-model, with its targets.
    out : Path
        Run folder: new, empty, or with the same optimisation.
    settings : OptimiseSettings
        Length, seeds, budget and so on.
    stages : sequence of Stage, optional
        See `default_stages`.
    morphology, mechanisms : Path, optional
        Instead of the bundled ones.
    session : Session, optional
        How the run is carried out; it changes no result.

    Returns
    -------
    OptimiseStore
        The finished run.

    Raises
    ------
    IonfoError
        If an input breaks a rule; before anything is written where that is possible.
    StopRun
        If a signal asked it to stop; every search is stored up to its last generation.
    """
    session = session or Session()
    note = session.note
    settings.check()
    chosen = tuple(stages) if stages is not None else default_stages(emodel)
    plans = resolve(chosen, emodel, settings.generations, settings.seeds)
    folder = mechanisms or bundled_folder(emodel.inserted)
    check_mechanisms(emodel, folder)
    morphology = resolve_morphology(emodel, morphology, tells=True)
    asked = settings_json(emodel, settings, chosen, morphology, folder)
    store = OptimiseStore(out)
    make_way(
        store,
        lambda: check_same(out, store.settings, asked, "a search"),
        session.force,
        note,
    )
    build_mechanisms(folder, needed=emodel.inserted)
    spec = evaluator_spec(
        emodel, morphology, mechanisms, numerics=Numerics(exact_rates=settings.exact_rates)
    )
    out.mkdir(parents=True, exist_ok=True)
    with writing(out, note), stoppable() as flag, open_workers(spec, session.processes) as workers:
        if not (out / "run.json").exists():
            store.write_settings(asked)
        flight = FlightRecord(out, emodel, "max")
        for text in flight.told():
            note(text)
        run = _Run(store, settings, plans, Scheduler(workers, flag, flight), session.report)
        run.note = session.note
        store.log("start", ranks=mpi.announced()[0], workers=workers.n_workers,
                  host=platform.node())  # fmt: skip
        see_through(run.all, run.log, run.scheduler, session.stopped)
    return store


class _Run:
    """The stages of one session."""

    def __init__(
        self,
        store: OptimiseStore,
        settings: OptimiseSettings,
        plans: Sequence[Plan],
        scheduler: Scheduler,
        report: Callable[[Progress], None],
    ) -> None:
        self.store = store
        self.settings = settings
        self.plans = plans
        self.scheduler = scheduler
        self.report = report
        self.note: Callable[[str], None] = lambda text: None
        self._is_foreseen = False
        self.n_results = 0
        self._began = time.monotonic()

    def all(self) -> None:
        """Do what is left to do."""
        best: NDArray[np.float64] | None = None
        was_free: set[int] = set()
        for number, plan in enumerate(self.plans):
            bounds = stage_bounds(self.store.emodel, plan, best, was_free)
            theta = start_values(self.store.emodel, plan, best)
            searches = [
                _Search(self, number, plan, seed, theta, bounds) for seed in range(plan.n_seeds)
            ]
            self._watch(plan, searches)
            if not self._is_foreseen and any(one.n_done < one.n_asked for one in searches):
                self._is_foreseen = True
                self.scheduler.on_evaluation = self._forecast(number, searches)
            self.scheduler.run([one.go for one in searches])
            best = min((one.best for one in searches), key=lambda one: one.total).data.theta
            was_free |= {int(i) for i in plan.free}
        self._finish(merged([one.hall for one in searches], self.settings.hall))

    def _forecast(self, number: int, searches: Sequence[_Search]) -> Forecast:
        """Foresee the evaluations that are left, each stage by the length of its protocols."""
        first, *later = self.plans[number:]
        offspring = self.settings.offspring
        length = simulated(self.store.emodel, first.protocols)
        n = float(offspring * sum(one.n_asked - one.n_done for one in searches))
        for plan in later:
            share = simulated(self.store.emodel, plan.protocols) / length
            n += offspring * plan.generations * plan.n_seeds * share
        what = "" if not later else f" and of {len(later)} more stages, in evaluations of the first"
        return Forecast(
            self.store.emodel,
            n,
            f"{first.generations} generations, searches: {len(searches)}{what}",
            self.scheduler.workers.n_workers,
            ["fewer --generations, --offspring or --seeds", "--max-steps or --budget-quantile"],
            self.note,
            is_whole=not later,
            morphology=str(self.store.settings["morphology"]["file"]),
        )

    def log(self, event: str, **more: Any) -> None:
        """Log where the run stands."""
        self.store.log(
            event,
            seconds=round(time.monotonic() - self._began, 1),
            workers=self.scheduler.workers.n_workers,
            busy_seconds=round(self.scheduler.busy_seconds, 1),
            evaluations=self.n_results,
            **more,
        )

    def _finish(self, members: Sequence[tuple[int, Member]]) -> None:
        """Evaluate the merged hall of fame whole and write it, unless that has been done."""
        path = self.store.folder / HALL
        if path.exists():
            return
        found: list[Evaluation] = []
        requests = [ModelRequest(tuple(map(float, one.data.theta))) for _, one in members]
        began = time.monotonic()
        self.scheduler.on_result = lambda: self._tell("hall of fame", 0, len(requests), began, [])
        self.scheduler.run([lambda: found.extend(SharedPool().map(evaluate, requests))])
        frame = hall_frame(self.store.emodel, members, found)
        write_table(path, frame)

    def _watch(self, plan: Plan, searches: Sequence[_Search]) -> None:
        began = time.monotonic()
        total = sum(one.n_asked for one in searches)
        self.scheduler.on_result = lambda: self._tell(
            f"stage {plan.name}", sum(one.n_done for one in searches), total, began, searches
        )

    def _tell(
        self, phase: str, done: int, total: int, began: float, searches: Sequence[_Search]
    ) -> None:
        self.n_results += 1
        best = min((one.best.total for one in searches if one.ibea.generation), default=np.nan)
        medians = [one.median for one in searches if one.ibea.generation]
        self.report(
            Progress(
                phase,
                done,
                total,
                began,
                self.n_results,
                best_cost=best,
                median_cost=float(np.median(medians)) if medians else np.nan,
            )
        )


class _Search:
    """One search of a stage, a task of the scheduler."""

    def __init__(
        self,
        run: _Run,
        number: int,
        plan: Plan,
        seed: int,
        theta: NDArray[np.float64],
        bounds: NDArray[np.float64],
    ) -> None:
        self.run = run
        self.plan = plan
        self.seed = seed
        self.theta = theta
        self.name = f"{number}-{plan.name}"
        settings = run.settings
        self.max_steps = settings.max_steps
        self.n_evaluations = 0
        self.median = np.nan
        is_last = plan is run.plans[-1]
        self.ibea = Ibea(
            bounds,
            len(plan.objectives),
            settings.offspring,
            f"{settings.seed}/{number}/{seed}",
            -(-settings.hall // plan.n_seeds) if is_last else 1,
        )
        state = run.store.read_search(self.name, seed, plan.free, plan.objectives)
        self.progress = pd.DataFrame()
        if state is not None:
            self.ibea.restore(state.generation, state.random_state, state.parents, state.hall)
            self.max_steps = state.max_steps
            self.n_evaluations = state.n_evaluations
            self.progress = run.store.read_progress(self.name, seed, state.generation)

    @property
    def hall(self) -> list[Member]:
        """Its hall of fame."""
        return self.ibea.hall

    @property
    def best(self) -> Member:
        """Its best model."""
        return self.ibea.hall[0]

    @property
    def n_asked(self) -> int:
        """Generations to do, in all sessions."""
        return self.plan.generations

    @property
    def n_done(self) -> int:
        """Generations done, in all sessions."""
        return self.ibea.generation

    def go(self) -> None:
        """Do the generations that are left; stored after each."""
        store, plan = self.run.store, self.plan
        while self.ibea.generation < plan.generations:
            thetas = []
            for values in self.ibea.ask():
                theta = self.theta.copy()
                theta[plan.free] = values
                thetas.append(theta)
            requests = [
                ModelRequest(
                    tuple(map(float, theta)), order=plan.protocols, max_steps=self.max_steps
                )
                for theta in thetas
            ]
            evaluations = SharedPool().map(evaluate, requests)
            found = [Found.of(*pair) for pair in zip(thetas, evaluations, strict=True)]
            members = [member_of(one, plan.free, plan.objectives) for one in found]
            self.ibea.tell([one.scores for one in members], found)
            self.n_evaluations += len(found)
            self._note_progress(members, evaluations)
            self._learn_budget(evaluations)
            if self.run.settings.keep_evaluations:
                store.write_evaluated(self.name, self.seed, self.ibea.generation, found)
            store.write_progress(self.name, self.seed, self.progress)
            store.write_search(
                self.name,
                self.seed,
                SearchState(
                    self.ibea.generation,
                    self.ibea.random_state,
                    self.max_steps,
                    self.ibea.parents,
                    self.ibea.hall,
                    self.n_evaluations,
                ),
            )

    def _note_progress(self, members: Sequence[Member], evaluations: Sequence[Evaluation]) -> None:
        """Add a row: this generation's models, and the best of all."""
        scores = np.array([one.scores for one in members])
        totals = np.array([one.total for one in members])
        self.median = float(np.median(totals))
        spent = 0
        if self.max_steps is not None:
            spent = sum(one.n_steps > self.max_steps for one in evaluations)
        row: dict[str, Any] = {
            "stage": self.plan.name,
            "seed": self.seed,
            "generation": self.ibea.generation,
            "n_evaluations": self.n_evaluations,
            "integrator_steps": sum(one.n_steps for one in evaluations),
            "max_steps": np.nan if self.max_steps is None else float(self.max_steps),
            "n_over_budget": spent,
            "best_sum": self.best.total,
            "best_sum_here": float(totals.min()),
            "median_sum": self.median,
            "best_max_here": float(scores.max(axis=1).min()),
            "median_max": float(np.median(scores.max(axis=1))),
        }
        names = self.run.store.emodel.feature_names
        for i, column in zip(self.plan.objectives, scores.T, strict=True):
            row[f"best/{names[i]}"] = float(column.min())
            row[f"median/{names[i]}"] = float(np.median(column))
        self.progress = pd.concat([self.progress, pd.DataFrame([row])], ignore_index=True)

    def _learn_budget(self, evaluations: Sequence[Evaluation]) -> None:
        """Set the budget of the next generation from the steps of this one's whole evaluations."""
        quantile = self.run.settings.budget_quantile
        if quantile is None:
            return
        limit = np.inf if self.max_steps is None else self.max_steps
        steps = [one.n_steps for one in evaluations if one.n_steps <= limit]
        if steps:
            learned = int(HEADROOM * np.quantile(steps, quantile))
            most = self.run.settings.max_steps
            self.max_steps = learned if most is None else min(learned, most)
