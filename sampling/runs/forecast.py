"""How long a run will take, told once after a few evaluations, and what would be cheaper."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from ...emodels import EModel
from ...progress import duration
from ..evaluation.evaluator import Evaluation

N_SEEN = 10
"""Evaluations after which the forecast is told."""

_SHORT = 60.0  # s; nobody plans for less
_LARGE = 0.2  # share of the integrator steps that makes a protocol worth naming
_MOST_NAMED = 2


@dataclass
class Forecast:
    """Watches the first evaluations of a session, and tells what the rest will take.

    Attributes
    ----------
    emodel : EModel
        What is evaluated.
    n_expected : float
        Evaluations that the session has before it, each worth one of the first ones.
    what : str
        Names them in the sentence.
    n_workers : int
        Processes that evaluate.
    advice : sequence of str
        What makes this kind of run cheaper.
    note : callable
        Given the sentence.
    is_whole : bool
        Whether the first evaluations run all protocols, so that their shares are worth telling.
    morphology : str
        File that is in use; a smaller one is worth telling where it is the e-model's own.
    """

    emodel: EModel
    n_expected: float
    what: str
    n_workers: int
    advice: Sequence[str]
    note: Callable[[str], None]
    is_whole: bool = True
    morphology: str = ""
    _seconds: list[float] = field(default_factory=list)
    _steps: Counter[str] = field(default_factory=Counter)

    def __call__(self, evaluation: Evaluation, seconds: float) -> None:
        """Take in an evaluation and the time that a worker spent on it (s)."""
        if len(self._seconds) >= N_SEEN:
            return
        self._seconds.append(seconds)
        self._steps.update(evaluation.protocol_steps)
        if len(self._seconds) == N_SEEN and self.seconds > _SHORT:
            self.note(self.told())

    @property
    def seconds(self) -> float:
        """Wall time of the whole session (s), with all workers busy."""
        each = sum(self._seconds) / max(1, len(self._seconds))
        return each * self.n_expected / max(1, self.n_workers)

    def told(self) -> str:
        """Say how long it takes, and what would make it cheaper."""
        each = sum(self._seconds) / len(self._seconds)
        workers = "1 worker" if self.n_workers == 1 else f"{self.n_workers} workers"
        text = (
            f"{N_SEEN} evaluations took {each:.2g} s each: {self.n_expected:,.0f} of them "
            f"({self.what}) take about {duration(self.seconds)} on {workers}"
        )
        return (
            f"{text}; cheaper: {'; '.join([*self._of_workers(), *self._of_cell(), *self.advice])}"
        )

    def _of_workers(self) -> list[str]:
        n_cores = os.cpu_count() or 1
        if self.n_workers < n_cores:
            less = duration(self.seconds * self.n_workers / n_cores)
            return [f"--processes {n_cores}, all cores of this machine ({less})"]
        return ["more workers on other machines, with mpirun"]

    def _of_cell(self) -> list[str]:
        told = []
        if self.morphology == self.emodel.morphology.file:
            told = [f"--morphology {name}, which has fewer segments"
                    for name in self.emodel.alternatives if name.endswith("reduced")]  # fmt: skip
        total = sum(self._steps.values())
        large = [
            f"{name} ({n / total:.0%} of the integrator steps)"
            for name, n in self._steps.most_common(_MOST_NAMED)
            if n > _LARGE * total
        ]
        if large and self.is_whole and len(self._steps) > 1:
            told.append(f"a shorter or no protocol {', '.join(large)}")
        return told


def simulated(emodel: EModel, protocols: Sequence[str]) -> float:
    """Estimate how much time protocols simulate (ms); each halving of a search is a sweep.

    Examples
    --------
    >>> from ionfo.emodels import load_emodel
    >>> simulated(load_emodel("soma"), ["RMPProtocol", "RinProtocol"])
    335.0
    """
    total = 0.0
    for one in emodel.protocols:
        if one.name in protocols:
            length = float(getattr(one, "total", getattr(one, "duration", 1.0)))
            total += length * (1 + int(getattr(one, "max_depth", 0)))
    return max(total, 1.0)
