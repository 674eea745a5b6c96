"""What ``ionfo analyse`` sets out to do with a table: rows, questions and passes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

from ..analysis import LONG_CHAIN, Design, Passes, Question, Sample, estimated_correlation
from ..analysis.measures.estimators import ESTIMATORS, Estimator
from ..analysis.multiplets.questions import EXHAUSTIVE_N
from ..analysis.multiplets.spectrum import usable_cores
from ..errors import IonfoError, note
from ..limits import MOST_REPLICATES, check_count, check_seed, most_workers
from ..tables.matrix import Table

N_DEFAULT_TARGETS = 2
"""Features whose RSI is measured when none is named."""


MOST_VARIABLES = 500
"""Above, no order can be sampled in a time that anybody has."""

N_IN_PASSES = 5_000
"""Multiplets per order that a pass draws above 24 variables: the SD over passes is far above the
error of the draw, which is the same in all of them."""


@dataclass(frozen=True)
class AnalysisSettings:
    """What to measure and how well to test it.

    Attributes
    ----------
    targets : tuple of str
        Features whose RSI is measured; empty for the two about which the parameters together
        tell most.
    exclude : tuple of str
        Columns to leave out.
    orders : tuple of int
        Orders to report; empty for all.
    estimator : str
        ``gaussian`` or ``copula``.
    bootstrap, shuffles, permutations : int
        Replicates of each kind, shuffles, and draws of the null of each pair; 0 for none.
    exhaustive_nulls : int
        Shuffles that measure every multiplet of more than 24 variables.
    seed : int
        Of all random numbers.
    threads : int or None
        At work at a time; default the cores this process may use.  No result depends on it.
    """

    targets: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    orders: tuple[int, ...] = ()
    estimator: Estimator = "gaussian"
    bootstrap: int = 50
    shuffles: int = 100
    permutations: int = 1000
    exhaustive_nulls: int = 0
    seed: int = 0
    threads: int | None = None


class AnalysisOptions(TypedDict, total=False):
    """The settings as options of a function; see `AnalysisSettings`."""

    exclude: tuple[str, ...]
    orders: tuple[int, ...]
    estimator: Estimator
    bootstrap: int
    shuffles: int
    permutations: int
    exhaustive_nulls: int
    seed: int
    threads: int | None


@dataclass(frozen=True)
class Work:
    """What is analysed: the table, the rows, and the questions put to them."""

    table: Table
    sample: Sample
    targets: list[str]
    questions: tuple[Question, ...]
    passes: Passes
    settings: AnalysisSettings

    @property
    def threads(self) -> int:
        """Threads at work at a time."""
        return self.settings.threads or usable_cores()

    def target(self, question: Question) -> str | None:
        """Name of the target of a question about RSI."""
        if question.target is None:
            return None
        return self.targets[question.target - len(self.table.parameter_names)]


def make_work(table: Table, wanted: list[str], asked: AnalysisSettings) -> Work:
    """Choose targets, questions and passes for a table.

    Raises
    ------
    ValueError
        If columns are degenerate, or orders are none of the table's.
    """
    n = len(table.parameter_names)
    if n > MOST_VARIABLES:
        raise ValueError(
            f"it has {n} variables, and {MOST_VARIABLES} are the most; leave some out with "
            "--exclude, or keep the columns of interest"
        )
    correlation = estimated_correlation(
        table.parameters, table.weights, asked.estimator, table.parameter_names
    )
    if asked.orders and not 3 <= asked.orders[0] <= asked.orders[-1] <= n:
        raise ValueError(f"--orders must be from 3 to {n} for its {n} parameters")
    for name in wanted:
        _joint(table, name, asked.estimator)  # refuses what follows from the parameters
    targets = wanted or _most_informed(table, correlation, asked.estimator)
    if not targets:
        note(
            "no feature varies in all models: no redundancy-synergy index; a column of the table "
            "can be named with --targets"
        )
    columns = [table.features[:, [table.feature_names.index(name)]] for name in targets]
    sample = Sample(
        np.hstack([table.parameters, *columns]),
        table.weights,
        table.walker,
        table.step,
        table.ensemble,
    )
    if not sample.is_long:
        note(
            f"the shortest walker spans {sample.n_tau:.1f} autocorrelation times of "
            f"{sample.tau:.0f} steps, less than {LONG_CHAIN:.0f}: the effective sample size is at "
            f"most {sample.ess:.0f}, and may be far less; sample longer"
        )
    questions = (
        Question("o_information", tuple(range(n))),
        *(
            Question("redundancy_synergy_index", tuple(range(n)), n + i)
            for i in range(len(targets))
        ),
    )
    rows = sample.thinned(np.random.default_rng([asked.seed, 17]))
    design = Design(n <= EXHAUSTIVE_N, N_IN_PASSES, asked.seed)
    passes = Passes(sample, rows, asked.estimator, questions, design, asked.seed)
    return Work(table, sample, targets, questions, passes, asked)


def check_settings(asked: AnalysisSettings) -> None:
    """Refuse numbers that are none.

    Raises
    ------
    IonfoError
        Naming the option.
    """
    if asked.estimator not in ESTIMATORS:
        raise IonfoError(
            f"--estimator must be one of {', '.join(ESTIMATORS)}, got '{asked.estimator}'"
        )
    for name, value, least in (
        ("--bootstrap", asked.bootstrap, 2),
        ("--shuffles", asked.shuffles, 2),
        ("--permutations", asked.permutations, 1),
        ("--exhaustive-nulls", asked.exhaustive_nulls, 2),
    ):
        check_count(name, value, least, MOST_REPLICATES, or_zero=True)
    check_count("--threads", asked.threads, 1, most_workers())
    check_seed(asked.seed)


def _joint(table: Table, feature: str, estimator: Estimator) -> NDArray[np.float64]:
    """Correlation of all parameters and one feature, the feature last."""
    column = table.features[:, [table.feature_names.index(feature)]]
    values = np.hstack([table.parameters, column])
    return estimated_correlation(
        values, table.weights, estimator, [*table.parameter_names, feature]
    )


def _most_informed(
    table: Table, correlation: NDArray[np.float64], estimator: Estimator
) -> list[str]:
    """Features about which all parameters together tell most: the largest R^2."""
    explained = {}
    for name in table.feature_names:
        try:
            link = _joint(table, name, estimator)[-1, :-1]
        except ValueError:  # the parameters tell all of it
            note(f"feature '{name}' follows from the parameters and is no target")
            continue
        explained[name] = float(link @ np.linalg.solve(correlation, link))
    best = sorted(explained, key=lambda name: -explained[name])[:N_DEFAULT_TARGETS]
    return [name for name in table.feature_names if name in best]
