"""Neural posteriors as functions: what ``ionfo.infer`` holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from ..analysis.figures.infer import coverage_curve, rank_histograms
from ..emodels.point.hh import HHRun
from ..errors import IonfoError
from ..sampling.posterior.calibration import Calibration
from ..sampling.posterior.calibration import calibrate as _calibrate
from ..sampling.posterior.chain_target import ChainTarget
from ..sampling.posterior.correction import correct
from ..sampling.posterior.estimator import Posterior, read_posterior
from ..sampling.posterior.inference import LEAST_VALID
from ..sampling.posterior.inference import infer as _infer
from ..sampling.posterior.inside import UNUSUAL, inside
from ..sampling.posterior.simulations import Simulations, read_simulations
from ..sampling.posterior.simulations import simulate as _simulate
from ..sampling.posterior.simulators import (
    HHSimulator,
    Simulator,
    load_simulator,
    read_simulator,
)
from ..sampling.posterior.training import TrainSettings, chosen_features
from ..sampling.posterior.training import train as _train
from ..tables.files import whole_folder, write_table
from .infer_input import TARGETS, Simulated, leave_out_undefined, read_observed, read_spread
from .inferred import Inferred
from .saved import save_figure

__all__ = [
    "Calibration",
    "ChainTarget",
    "CorrectionSettings",
    "HHRun",
    "Inferred",
    "InsideFindings",
    "Posterior",
    "Simulations",
    "TrainSettings",
    "calibrate",
    "check",
    "posterior",
    "read_posterior",
    "read_simulations",
    "simulate",
    "simulator_of",
    "train",
]


def simulate(
    emodel: str,
    n: int,
    out: str | Path,
    *,
    seed: int = 0,
    workers: int = 1,
    run: HHRun | None = None,
    morphology: str | Path | None = None,
    mechanisms: str | Path | None = None,
) -> Simulations:
    """Simulate draws from the prior: parameters uniform between their bounds.

    Parameters
    ----------
    emodel : str
        ``hh``, or an e-model by its name or definition file.
    n : int
        Draws in all; the same call with the same folder continues.
    out : str or Path
        Folder of the draws.
    seed : int
        Of parameters and noise.
    workers : int
        Threads (hh) or processes; under mpirun the ranks work.
    run : HHRun, optional
        Of ``hh``: temperature, current, noise and protocol.
    morphology, mechanisms : path, optional
        Of e-models: instead of the bundled ones.

    Returns
    -------
    Simulations
        Parameters and features.

    Raises
    ------
    IonfoError
        If the cell is unknown, the folder holds something else, or a number is out of bounds.
    """
    simulator = load_simulator(emodel, _path(morphology), _path(mechanisms))
    if run is not None:
        if not isinstance(simulator, HHSimulator):
            raise IonfoError("temperature, current and noise are options of 'hh' alone")
        simulator = HHSimulator(run)
    return _simulate(simulator, n, out, seed=seed, workers=workers)


def train(
    simulations: Simulations | str | Path,
    *,
    seed: int = 0,
    settings: TrainSettings | None = None,
    features: Sequence[str] | None = None,
    noise_of: str | Path | pd.DataFrame | None = None,
) -> Posterior:
    """Train a posterior on simulations.

    Parameters
    ----------
    simulations : Simulations, str or Path
        Draws, or their folder.
    seed : int
        Of everything.
    settings : TrainSettings, optional
        Noise of the features, flows and their fit.
    features : sequence of str, optional
        To infer from; all by default.
    noise_of : str, Path or DataFrame, optional
        Observed cells, over which the noise of the features is in SDs, or ``targets`` for the SDs
        of an e-model's definition; by default over the draws.

    Returns
    -------
    Posterior
        Write it with ``.write("posterior.npz")``.

    Raises
    ------
    IonfoError
        If the extra ``infer`` is missing or the simulations do not suffice.
    """
    if not isinstance(simulations, Simulations):
        simulations = read_simulations(simulations)
    chosen = chosen_features(simulations, features)
    spread = None
    if noise_of is not None:
        spread = read_spread(Simulated(chosen.feature_units, chosen.about["about"]), noise_of)
    return _train(chosen, seed=seed, settings=settings, spread=spread)


@dataclass(frozen=True)
class CorrectionSettings:
    """How draws are corrected to the exact posterior: every one is simulated.

    Attributes
    ----------
    by : {"weights", "chain"}
        By importance weights, or by an independence move of a Markov chain.
    target : ChainTarget, optional
        What `ionfo sample` samples, to correct to that; by default the posterior of the noise of
        features that was trained with.  The observation is then ``targets``, as its costs have
        the targets of the definition.
    simulator : Simulator, optional
        As `simulator_of` gives it; by default with the bundled files of an e-model.
    """

    by: str = "weights"
    target: ChainTarget | None = None
    simulator: Simulator | None = None

    def check(self, observed: str | Path | pd.DataFrame) -> None:
        """Refuse what cannot be done for an observation.

        Raises
        ------
        IonfoError
            Naming it.
        """
        if self.by not in ("weights", "chain"):
            raise IonfoError(f"the correction must be 'weights' or 'chain', got '{self.by}'")
        if self.target is not None:
            self.target.check()
            if not (isinstance(observed, str) and observed == TARGETS):
                raise IonfoError(
                    "the target of a chain has the targets of the definition: give the "
                    "observation 'targets'"
                )

    def simulator_for(self, trained: Posterior) -> Simulator:
        """Give the simulator, if it is the one that was trained on.

        Raises
        ------
        IonfoError
            If it is another.
        """
        simulator = self.simulator or simulator_of(trained)
        if simulator.about != trained.about["about"]:
            raise IonfoError(
                "the posterior was trained on simulations of another morphology, mechanisms or "
                "settings than the correction would make; give the files with --morphology and "
                "--mechanisms"
            )
        return simulator


def posterior(
    observed: str | Path | pd.DataFrame,
    estimator: Posterior | str | Path,
    n: int = 10_000,
    *,
    seed: int = 0,
    correction: str | CorrectionSettings | None = None,
    least_valid: float = LEAST_VALID,
    workers: int = 1,
) -> Inferred:
    """Draw parameters of observed cells from their posteriors.

    Parameters
    ----------
    observed : str, Path or DataFrame
        Features or traces, as `read_observed` takes them; ``targets`` for the means of an
        e-model's definition.
    estimator : Posterior, str or Path
        Trained, or its file.
    n : int
        Draws of each cell.
    seed : int
        Of the draws.
    correction : {"weights", "chain"} or CorrectionSettings, optional
        Simulate every draw and correct the posterior to the exact one.
    least_valid : float
        Least probability of having all features of an accepted draw.
    workers : int
        Threads or processes of the correction.

    Returns
    -------
    Inferred
        Draws, and their population.

    Raises
    ------
    IonfoError
        If a feature is missing or not defined, or a setting is out of bounds.
    """
    how = CorrectionSettings(correction) if isinstance(correction, str) else correction
    if how is not None:
        how.check(observed)
    trained = _estimator(estimator)
    cells = leave_out_undefined(read_observed(_simulated(trained), observed))
    simulator = None if how is None else how.simulator_for(trained)
    draws = _infer(trained, cells, n, seed=seed, least_valid=least_valid)
    corrected = []
    if simulator is not None and how is not None:
        corrected = [
            correct(trained, one, simulator, target=how.target, seed=seed, workers=workers)
            for one in draws
        ]
    return Inferred(trained, draws, corrected, how is not None and how.by == "chain", seed)


def simulator_of(
    estimator: Posterior | str | Path,
    morphology: str | Path | None = None,
    mechanisms: str | Path | None = None,
) -> Simulator:
    """Give what simulates for a posterior, as for its training.

    Parameters
    ----------
    estimator : Posterior, str or Path
        Trained, or its file.
    morphology, mechanisms : path, optional
        Of e-models: instead of the bundled ones.
    """
    return read_simulator(
        _estimator(estimator).about["about"], "the posterior", _path(morphology), _path(mechanisms)
    )


def calibrate(
    estimator: Posterior | str | Path,
    simulations: Simulations | str | Path,
    *,
    n_cells: int = 500,
    n_draws: int = 500,
    seed: int = 0,
) -> Calibration:
    """Calibrate a posterior on fresh simulations, of another seed than those of the training.

    Parameters
    ----------
    estimator : Posterior, str or Path
        Trained, or its file.
    simulations : Simulations, str or Path
        Fresh draws, or their folder.
    n_cells, n_draws : int
        Fresh draws with all features, and draws of the posterior of each.
    seed : int
        Of noise and draws.

    Returns
    -------
    Calibration
        Ranks of the true parameters, and expected coverage.

    Raises
    ------
    IonfoError
        If the simulations are those of the training, or have other parameters or features.
    """
    trained = _estimator(estimator)
    if not isinstance(simulations, Simulations):
        simulations = read_simulations(simulations)
    if simulations.about["about"] != trained.about["about"]:
        raise IonfoError(
            "the fresh simulations are of another cell or other settings than the posterior; "
            "simulate as for the training, with another --seed"
        )
    fresh = chosen_features(simulations, list(trained.features))
    return _calibrate(trained, fresh, n_cells=n_cells, n_draws=n_draws, seed=seed)


def write_calibration(found: Calibration, folder: str | Path) -> None:
    """Write the tables and figures of a calibration into a folder."""
    with whole_folder(Path(folder), "rank_tests.csv") as beside:
        for name, table in found.tables().items():
            write_table(beside / f"{name}.csv", table)
        save_figure(beside / "ranks", rank_histograms(found.ranks, found.names))
        save_figure(beside / "coverage", coverage_curve(found.levels, found.coverage))


@dataclass(frozen=True)
class InsideFindings:
    """Whether observed cells lie inside what a posterior was trained on.

    Attributes
    ----------
    table : DataFrame
        A row a cell, as `ionfo.sampling.posterior.inside.inside` gives it.
    """

    table: pd.DataFrame

    def sentences(self) -> list[str]:
        """Tell how many cells lie outside, and the furthest one."""
        n_out = int((~self.table["is_inside"]).sum())
        worst = self.table.sort_values("further", kind="stable").to_dict("records")[0]
        return [
            f"{len(self.table) - n_out} of {len(self.table)} cells lie inside what was trained on; "
            f"{n_out} lie further from their neighbours than {1 - UNUSUAL:.0%} of the draws",
            f"the furthest is '{worst['cell']}': {worst['further']:.1%} of the draws lie further; "
            f"its '{worst['furthest_feature']}' is {worst['furthest_sd']:.1f} SD from the mean",
        ]

    def write(self, file: str | Path) -> Path:
        """Write the table; give the file, which ends in .parquet or .csv."""
        write_table(Path(file), self.table)
        return Path(file)

    def _repr_html_(self) -> str:
        return f"<p>{self.sentences()[0]}</p>{self.table.head().to_html()}"


def check(observed: str | Path | pd.DataFrame, estimator: Posterior | str | Path) -> InsideFindings:
    """Tell whether observed cells lie inside what a posterior was trained on.

    Parameters
    ----------
    observed : str, Path or DataFrame
        As `posterior` takes it.
    estimator : Posterior, str or Path
        Trained, or its file.

    Returns
    -------
    InsideFindings
        Distances to the training draws.
    """
    trained = _estimator(estimator)
    cells = leave_out_undefined(read_observed(_simulated(trained), observed))
    return InsideFindings(inside(trained, cells))


def _path(file: str | Path | None) -> Path | None:
    return None if file is None else Path(file)


def _simulated(trained: Posterior) -> Simulated:
    return Simulated(trained.features, trained.about["about"])


def _estimator(estimator: Posterior | str | Path) -> Posterior:
    return estimator if isinstance(estimator, Posterior) else read_posterior(estimator)
