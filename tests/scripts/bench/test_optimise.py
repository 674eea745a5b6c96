"""The searches of the benchmark count their evaluations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from ionfo.emodels import load_emodel
from ionfo.sampling import Evaluation

Load = Callable[[str], Any]
SOMA = load_emodel("soma")


class FormulaEvaluator:
    """Answers with the distance from the middle of the bounds."""

    def __call__(self, theta: Any, order: Any = None) -> Evaluation:
        low, high = SOMA.bounds.T
        unit = (np.asarray(theta) - low) / (high - low)
        scores = 20 * np.abs(np.resize(unit, len(SOMA.features)) - 0.5)
        if order is not None:
            asked = [target.protocol in order for target in SOMA.targets]
            scores = np.where(asked, scores, np.nan)
        return Evaluation(scores, scores, float(np.nanmax(scores)))


def test_every_search_of_the_benchmark_counts(load: Load) -> None:
    bench = load("bench/optimise.py")
    options = bench.argparse.Namespace(offspring=12, seeds=1, evaluations=2500, limit=3.2)
    rows = bench.convergence(SOMA, FormulaEvaluator(), options)
    found = pd.DataFrame(rows).set_index("search")
    assert len(found) == 4 and (found["evaluations"] <= 2500).all()
    reached = found["evaluations_to_limit"]
    assert reached["IBEA, one stage"] < 2500 and reached["CMA-ES"] < 2500
    assert np.isnan(reached["random"])  # 0.32 to the power of 11 of the volume
    assert found.loc["random", "lowest_largest_score"] > 3.2
