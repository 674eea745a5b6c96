"""What an optimisation is asked to do, and whether an existing run was asked the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from ...emodels import EModel
from ...limits import MOST_STEPS, check_count, check_number, check_seed
from ..evaluation.cell_hashes import cell_hashes
from .stages import MOST_GENERATIONS, MOST_SEEDS, Stage, stages_json
from .store import OptimiseStore

MOST_OFFSPRING = 100_000
_PACKAGES = ("ionfo", "neuron", "bluepyopt", "deap", "efel", "numpy")


@dataclass(frozen=True)
class OptimiseSettings:
    """What `ionfo optimise` is asked to do.

    Attributes
    ----------
    generations : int
        Of the last stage; a quarter for earlier ones that do not say.
    offspring : int
        Models of a generation, and parents.
    seeds : int
        Independent searches of a stage that does not say.
    seed : int
        Of all random numbers.
    hall : int
        Models in the merged hall of fame.
    max_steps : int or None
        Integrator steps of an evaluation; beyond, every score is 250.
    budget_quantile : float or None
        Learn `max_steps`: twice this quantile of the steps of the generation before.
    exact_rates : bool
        Evaluate gate rates instead of looking them up.
    keep_evaluations : bool
        Whether every evaluated model is stored.
    """

    generations: int = 200
    offspring: int = 512
    seeds: int = 4
    seed: int = 0
    hall: int = 40
    max_steps: int | None = None
    budget_quantile: float | None = None
    exact_rates: bool = False
    keep_evaluations: bool = False

    def check(self) -> None:
        """Check the settings.

        Raises
        ------
        IonfoError
            If one of them breaks a rule.
        """
        for name, value, least, most in (
            ("--generations", self.generations, 1, MOST_GENERATIONS),
            ("--offspring", self.offspring, 2, MOST_OFFSPRING),
            ("--seeds", self.seeds, 1, MOST_SEEDS),
            ("--hall", self.hall, 1, MOST_OFFSPRING),
            ("--max-steps", self.max_steps, 1, MOST_STEPS),
        ):
            check_count(name, value, least, most)
        check_seed(self.seed)
        check_number("--budget-quantile", self.budget_quantile, 0, 1, is_above=True)


def settings_json(
    emodel: EModel,
    settings: OptimiseSettings,
    stages: Sequence[Stage],
    morphology: Path,
    mechanisms: Path,
) -> dict[str, Any]:
    """Describe a run for run.json: all that its bytes depend on."""
    return {
        "kind": OptimiseStore.kind,
        "emodel": emodel.model_dump(mode="json"),
        "emodel_hash": emodel.content_hash,
        **cell_hashes(morphology, mechanisms),
        "settings": {
            "generations": settings.generations,
            "offspring": settings.offspring,
            "seeds": settings.seeds,
            "seed": settings.seed,
            "hall": settings.hall,
            "max_steps": settings.max_steps,
            "budget_quantile": settings.budget_quantile,
            "exact_rates": settings.exact_rates,
            "keep_evaluations": settings.keep_evaluations,
            "stages": stages_json(stages),
        },
        "versions": {name: version(name) for name in _PACKAGES},
    }
