"""What simulations come from: the cell `hh` by its compiled loop, any e-model by its evaluation."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ...emodels import EModel, Numerics, load_emodel, parse_emodel
from ...emodels.cell import resolve_morphology
from ...emodels.mechanism_checks import check_mechanisms
from ...emodels.point.hh import HH_BOUNDS, HH_UNITS, HHRun, Solutions, StepProtocol
from ...errors import IonfoError
from ...features.patchseq import PATCHSEQ_FEATURES
from ...features.scores import CostName
from ...mechanisms import build_mechanisms
from ...mechanisms.build import bundled_folder
from ..evaluation.cell_hashes import cell_hashes
from ..evaluation.evaluator import Evaluation, evaluator_spec
from ..evaluation.pool import ModelRequest, evaluate, open_pool
from .hh import NOISE_SD, hh_features
from .prior import BoxPrior

Array = NDArray[np.float64]

Simulate = Callable[[Array, int, int], Array]
"""Takes rows of parameters, a seed and the number of the first row; gives rows of features."""


class Simulator(Protocol):
    """From parameters to features."""

    @property
    def prior(self) -> BoxPrior:
        """Where parameters are drawn from."""

    @property
    def features(self) -> dict[str, str]:
        """Names of the features with their units."""

    @property
    def about(self) -> dict[str, Any]:
        """What it is, as JSON; `read_simulator` makes it again."""

    def opened(self, workers: int) -> AbstractContextManager[Simulate]:
        """Start what simulates."""


@dataclass(frozen=True)
class HHSimulator:
    """The cell `hh` in a step of current, with its 23 features.

    Attributes
    ----------
    run : HHRun
        Temperature, current, noise and protocol.
    """

    run: HHRun = HHRun(noise_sd=NOISE_SD)

    @property
    def prior(self) -> BoxPrior:
        """The box of the 13 parameters."""
        low, high = np.array(list(HH_BOUNDS.values())).T
        return BoxPrior(tuple(HH_BOUNDS), tuple(HH_UNITS.values()), low, high)

    @property
    def features(self) -> dict[str, str]:
        """The 23 features of patch-seq."""
        return PATCHSEQ_FEATURES

    @property
    def about(self) -> dict[str, Any]:
        """Settings."""
        return {"simulator": "hh", "run": asdict(self.run), "rest": "before"}

    @contextmanager
    def opened(self, workers: int) -> Iterator[Simulate]:
        """Simulate in threads of this process."""
        yield lambda theta, seed, first: hh_features(
            theta, self.run, seed=seed, first=first, workers=workers
        )


@dataclass(frozen=True)
class EModelSimulator:
    """An e-model with the features of its definition.

    Attributes
    ----------
    emodel : EModel
        The cell.
    morphology, mechanisms : Path, optional
        Instead of the bundled ones.
    """

    emodel: EModel
    morphology: Path | None = None
    mechanisms: Path | None = None

    @property
    def prior(self) -> BoxPrior:
        """The bounds of the free parameters."""
        free = self.emodel.free_parameters
        low, high = np.array([one.bounds for one in free], dtype=np.float64).T
        return BoxPrior(tuple(p.name for p in free), tuple(p.unit for p in free), low, high)

    @property
    def features(self) -> dict[str, str]:
        """The features of the definition."""
        return {one.name: one.unit for one in self.emodel.features}

    @property
    def about(self) -> dict[str, Any]:
        """The definition, and hashes of the files of the cell."""
        return {
            "simulator": "emodel",
            "emodel": self.emodel.model_dump(mode="json"),
            "emodel_hash": self.emodel.content_hash,
            **cell_hashes(*self._files),
        }

    @cached_property
    def _files(self) -> tuple[Path, Path]:
        """Morphology and folder of mechanisms, checked."""
        folder = self.mechanisms or bundled_folder(self.emodel.inserted)
        check_mechanisms(self.emodel, folder)
        return resolve_morphology(self.emodel, self.morphology, tells=True), folder

    @contextmanager
    def opened(self, workers: int) -> Iterator[Simulate]:
        """Evaluate on local processes, or on the ranks of mpirun."""
        n = len(self.emodel.feature_names)
        with self.evaluated(workers) as run:

            def simulate(theta: Array, seed: int, first: int) -> Array:
                found = [one.features for one in run(theta)]
                return np.array(found, dtype=np.float64).reshape(len(theta), n)

            yield simulate

    @contextmanager
    def evaluated(
        self, workers: int, cost: CostName = "max", bound: float = float("inf")
    ) -> Iterator[Callable[[Array], list[Evaluation]]]:
        """Evaluate rows of parameters, each whole or until its cost is known to reach `bound`."""
        cell, folder = self._files
        build_mechanisms(folder, needed=self.emodel.inserted)
        spec = evaluator_spec(self.emodel, cell, self.mechanisms, cost, Numerics())
        most = self.emodel.max_steps
        with open_pool(spec, workers) as pool:

            def run(theta: Array) -> list[Evaluation]:
                asked = [ModelRequest(tuple(row), bound, max_steps=most) for row in theta.tolist()]
                return list(pool.map(evaluate, asked))

            yield run


def load_simulator(
    name: str, morphology: Path | None = None, mechanisms: Path | None = None
) -> Simulator:
    """Give the simulator of a cell: ``hh`` or an e-model by its name or definition file.

    Raises
    ------
    IonfoError
        If there is no such cell, or it has nothing to infer.
    """
    if name == "hh":
        _refuse_files(morphology, mechanisms)
        return HHSimulator()
    emodel = load_emodel(name)
    if not emodel.free_parameters:
        raise IonfoError(f"e-model '{name}' has no free parameter, so that nothing can be inferred")
    return EModelSimulator(emodel, morphology, mechanisms)


def read_simulator(
    about: dict[str, Any],
    origin: str,
    morphology: Path | None = None,
    mechanisms: Path | None = None,
) -> Simulator:
    """Make the simulator again from what it told of itself.

    Parameters
    ----------
    about : dict
        What it told.
    origin : str
        Where that stands, for errors.
    morphology, mechanisms : Path, optional
        Of an e-model, instead of the bundled ones.

    Raises
    ------
    IonfoError
        If it is of another kind or damaged.
    """
    try:
        if about["simulator"] == "emodel":
            emodel = parse_emodel(json.dumps(about["emodel"]), origin)
            return EModelSimulator(emodel, morphology, mechanisms)
        if about["simulator"] == "hh":
            _refuse_files(morphology, mechanisms)
            run = dict(about["run"])
            run["protocol"] = StepProtocol(**run["protocol"])
            run["solutions"] = Solutions(**run["solutions"])
            return HHSimulator(HHRun(**run))
    except (KeyError, TypeError, ValueError):
        pass
    raise IonfoError(f"'{origin}' does not say what was simulated; simulate again")


def _refuse_files(*files: Path | None) -> None:
    if any(file is not None for file in files):
        raise IonfoError("the cell 'hh' has no morphology and no mechanisms to choose")
