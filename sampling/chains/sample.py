"""``ionfo sample`` as a function: from what is asked to a run that can be looked at."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray
from typing_extensions import Unpack

from ...emodels import EModel, load_emodel
from ...emodels.cell import resolve_morphology
from ...errors import IonfoError, note
from ...features.scores import CostName
from ...tables.models import read_models
from ...tables.population import Population
from ..evaluation.counts import Counts
from ..evaluation.score import reference_models
from ..evaluation.stop import StopRun
from ..runs.progress import Progress
from ..runs.quality import Quality
from ..runs.session import Session
from .collect import collect as collect_run
from .last_states import read_standing, standing_of
from .learning.brought import read_evaluations
from .run import run_sampler
from .settings import SamplerName, SampleSettings
from .status import RunStatus, run_status
from .store import RunStore


class SampleOptions(TypedDict, total=False):
    """The settings of a chain as options of a function, and how it is carried out.

    See `SampleSettings`; `processes` (local processes, when not under mpirun), `force` (move
    another run in the folder aside) and `report` (called as the run goes on) change no result.
    """

    steps: int
    walkers: int | None
    ensembles: int
    seed: int
    temperature: float
    cost: CostName
    max_cost: float | None
    start_evaluations: int | None
    start_spread: float
    exact_rates: bool
    moves: str | None
    adapt_steps: int
    early_rejection: bool
    keep_rejected: bool | None
    rounds: int | None
    sampler: SamplerName
    processes: int
    force: bool
    report: Callable[[Progress], None]


@dataclass(frozen=True)
class Run:
    """A run folder of chains.

    Attributes
    ----------
    folder : Path
        Where it is.
    counts : Counts or None
        Of the evaluations of its chains, where this program sampled them.
    """

    folder: Path
    counts: Counts | None = None

    def status(self) -> RunStatus:
        """Tell where the run stands: steps, costs, convergence, what is in flight."""
        return run_status(RunStore(self.folder))

    def diagnostics(self) -> Quality | None:
        """Judge the chains: drift, effective sizes, R-hat; None before there are steps enough."""
        return self.status().quality

    def collect(
        self,
        burn_in: int | None = None,
        max_cost: float | None = None,
        min_cost: float | None = None,
    ) -> Population:
        """Turn the chains into a population; see `collect`."""
        return collect(self.folder, burn_in, max_cost, min_cost)

    def _repr_html_(self) -> str:
        """Show where the run stands in a notebook."""
        found = self.status()
        told = [
            f"run {self.folder}: {min(found.steps, default=0)} of {found.n_asked} steps in "
            f"{len(found.steps)} ensembles of {found.n_walkers} walkers"
        ]
        cautions = ""
        if found.quality is not None:
            told.append(found.quality.told())
            listed = "".join(f"<li>{escape(one)}</li>" for one in found.quality.cautions())
            cautions = f"<ul>{listed}</ul>"
        return f"<p>{escape('; '.join(told))}</p>{cautions}"


def sample(
    emodel: str | Path | EModel,
    out: str | Path,
    *,
    start: str | Path | None = None,
    learn: Sequence[str | Path] = (),
    morphology: str | Path | None = None,
    mechanisms: str | Path | None = None,
    **options: Unpack[SampleOptions],
) -> Run:
    """Sample models by MCMC into a run folder, or go on with the run that is there.

    Parameters
    ----------
    emodel : str, Path or EModel
        Name of an e-model, its definition file, or itself.
    out : path
        Run folder.
    start : path, optional
        Models to start at or around; "reference" for the shipped one; or a run or a population,
        and ensembles start where its own stand.
    learn : sequence of path
        Runs or populations that surrogates learn from too.
    morphology, mechanisms : path, optional
        Instead of the bundled ones.
    **options
        Of the chain and of how it is carried out; see `SampleOptions`.

    Returns
    -------
    Run
        The folder, to be looked at and collected.

    Raises
    ------
    IonfoError
        If an input breaks a rule; before anything is written where that is possible.
    StopRun
        If a signal asked it to stop; the chain is stored up to the last step.
    """
    folder = Path(out)
    processes = options.pop("processes", 1)
    force = options.pop("force", False)
    report = options.pop("report", lambda progress: None)
    settings = SampleSettings(**options)  # type: ignore[misc]  # the rest are its fields
    one = emodel if isinstance(emodel, EModel) else load_emodel(emodel)
    cell = None if morphology is None else Path(morphology)
    models = None if start is None else _starting_models(one, start, settings.ensembles, cell)

    def stopped(why: StopRun) -> None:
        store = RunStore(folder)
        is_draws = settings.sampler == "importance"
        done = f"{store.n_draws} draws" if is_draws else f"{store.n_steps} steps"
        note(f"stopped by {why} after {done}, all stored in '{folder}'; the same command resumes")

    counts = run_sampler(
        one,
        folder,
        settings,
        cell,
        None if mechanisms is None else Path(mechanisms),
        models,
        read_evaluations([Path(each) for each in learn], one) if learn else None,
        Session(processes, report, stopped, note, force),
    )
    return Run(folder, counts)


def collect(
    run: str | Path | Run,
    burn_in: int | None = None,
    max_cost: float | None = None,
    min_cost: float | None = None,
) -> Population:
    """Turn the chains of a run into a population with weights.

    Parameters
    ----------
    run : path or Run
        A run folder.
    burn_in : int, optional
        Steps to drop from the start; by default as many as their drift and their autocorrelation
        ask for, at most half.
    max_cost, min_cost : float, optional
        Largest and smallest cost of a model.

    Raises
    ------
    IonfoError
        If it is no run, no step is left, or no model is cheap enough.
    """
    folder = run.folder if isinstance(run, Run) else Path(run)
    most = np.inf if max_cost is None else max_cost
    least = -np.inf if min_cost is None else min_cost
    return collect_run(RunStore(folder), burn_in, most, least).population


def _starting_models(
    emodel: EModel, start: str | Path, ensembles: int, morphology: Path | None
) -> NDArray[np.float64]:
    """Read where to start: a run's last states, models of a file, or the reference."""
    if start != "reference" and Path(start).is_dir():
        return read_standing(Path(start), emodel, ensembles)
    if start == "reference":
        read = reference_models(emodel, resolve_morphology(emodel, morphology))
    else:
        read = read_models(Path(start), emodel)
    for fixed in read.fixed:
        for parameter, value in fixed.items():
            if value != emodel.fixed_values[parameter]:
                raise IonfoError(
                    f"'{start}' sets '{parameter}' to {value}, and e-model '{emodel.name}' "
                    f"fixes it at {emodel.fixed_values[parameter]}; a chain cannot mix them"
                )
    return standing_of(read, ensembles)
