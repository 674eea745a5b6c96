"""An optimisation from what is asked to its folder, and its convergence as figures."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypedDict

from typing_extensions import Unpack

from ..emodels import EModel, load_emodel
from ..errors import note
from ..sampling import Progress
from ..sampling.evaluation.stop import StopRun
from ..sampling.optimise import (
    OptimiseSettings,
    OptimiseStore,
    read_stages,
    read_targets,
    run_optimiser,
    with_targets,
)
from ..sampling.runs.session import Session


def optimise(
    emodel: str | Path | EModel,
    out: str | Path,
    settings: OptimiseSettings | None = None,
    *,
    targets: str | Path | None = None,
    stages: str | Path | None = None,
    morphology: str | Path | None = None,
    mechanisms: str | Path | None = None,
    **more: Unpack[RunOptions],
) -> OptimiseStore:
    """Optimise models stage by stage, or go on with the run that is there.

    Parameters
    ----------
    emodel : str, Path or EModel
        Name of an e-model, its definition file, or itself.
    out : path
        Run folder.
    settings : OptimiseSettings, optional
        Length, seeds, budget and so on.
    targets, stages : str or Path, optional
        See `ionfo.sampling.optimise.read_targets` and `read_stages`.
    morphology, mechanisms : str or Path, optional
        Instead of the bundled ones.
    **more
        processes: local processes, when not under mpirun; force: move another run that is in the
        folder aside; report: called as the search goes on.

    Returns
    -------
    OptimiseStore
        Access to the folder.

    Raises
    ------
    IonfoError
        If an input breaks a rule.
    StopRun
        If a signal asked to stop; all is stored.
    """
    asked, folder = settings or OptimiseSettings(), Path(out)
    asked.check()
    one = emodel if isinstance(emodel, EModel) else load_emodel(emodel)
    if targets is not None:
        one = with_targets(one, read_targets(Path(targets)), str(targets))

    def stopped(why: StopRun) -> None:
        note(f"stopped by {why}; all is stored in '{folder}', and the same command resumes")

    store = run_optimiser(
        one,
        folder,
        asked,
        None if stages is None else read_stages(Path(stages)),
        None if morphology is None else Path(morphology),
        None if mechanisms is None else Path(mechanisms),
        Session(stopped=stopped, note=note, **more),
    )
    plot_convergence(store, folder)
    return store


class RunOptions(TypedDict, total=False):
    """How a run is carried out, which changes no result."""

    processes: int
    force: bool
    report: Callable[[Progress], None]


def plot_convergence(store: OptimiseStore, folder: Path) -> None:
    """Draw the convergence of a run into a folder."""
    from ..analysis.figures.optimisation import convergence, objective_convergence

    progress = store.progress()
    if progress.empty:
        return
    folder.mkdir(parents=True, exist_ok=True)
    convergence(progress).savefig(folder / "convergence.png", dpi=130)
    last = progress[progress["stage"] == progress["stage"].iloc[-1]]
    objective_convergence(last).savefig(folder / "objectives.png", dpi=130)
