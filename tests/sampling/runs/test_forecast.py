"""How long a run will take, told once, and what makes it cheaper."""

from __future__ import annotations

import os

import numpy as np

from ionfo.emodels import load_emodel
from ionfo.sampling.evaluation.evaluator import Evaluation
from ionfo.sampling.runs.forecast import N_SEEN, Forecast

L5PC = load_emodel("l5pc")


def evaluation(**steps: int) -> Evaluation:
    return Evaluation(np.zeros(1), np.zeros(1), 0.0, protocol_steps=steps)


def told(
    n_expected: float, seconds: float, n_workers: int = 4, morphology: str = "l5pc.swc"
) -> list[str]:
    found: list[str] = []
    forecast = Forecast(
        L5PC, n_expected, "all", n_workers, ["fewer steps"], found.append, morphology=morphology
    )
    for _ in range(3 * N_SEEN):
        forecast(evaluation(Step_280=60, Step_200=30, bAP=10), seconds)
    return found


def test_it_is_told_once_with_the_time_of_all_workers() -> None:
    (text,) = told(14_400, 2.0)
    assert "10 evaluations took 2 s each" in text and "14,400 of them (all)" in text
    assert "about 2 h on 4 workers" in text


def test_it_names_what_would_be_cheaper() -> None:
    (text,) = told(14_400, 2.0, n_workers=1)
    assert "--morphology l5pc_reduced" in text and "fewer steps" in text
    assert "Step_280 (60% of the integrator steps), Step_200 (30% of the integrator steps)" in text
    assert "bAP" not in text
    (on_the_reduced,) = told(14_400, 2.0, morphology="l5pc_reduced.swc")
    assert "--morphology" not in on_the_reduced
    if (n_cores := os.cpu_count() or 1) > 1:
        assert f"--processes {n_cores}" in text


def test_a_short_run_is_not_foretold() -> None:
    assert told(100, 1.0) == []
