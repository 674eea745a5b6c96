"""Where a run stands, for whoever shows it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Progress:
    """Where a run stands, for whoever shows it.

    Attributes
    ----------
    phase : {"suspects", "start", "order", "sample"}
        What is being done.
    done, total : int
        Evaluations, or steps of all ensembles together.
    began : float
        Time at which the phase began (`time.monotonic`).
    n_evaluations : int
        In this phase.
    acceptance, best_cost, median_cost : float
        Of the walkers; NaN before the chains.
    """

    phase: str
    done: int
    total: int
    began: float
    n_evaluations: int
    acceptance: float = float("nan")
    best_cost: float = float("nan")
    median_cost: float = float("nan")
