"""What ``ionfo analyse`` sets out to do with a table: rows, questions and passes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, TypedDict

import numpy as np
from numpy.typing import NDArray

from ..analysis import LONG_CHAIN, Design, Passes, Question, Sample, estimated_correlation
from ..analysis.measures.estimators import ESTIMATORS, Estimator
from ..analysis.multiplets.questions import EXHAUSTIVE_N
from ..analysis.multiplets.spectrum import usable_cores
from ..analysis.pairs.pairwise import PairEstimator
from ..analysis.uncertainty.leading import Leading, leading_estimator
from ..analysis.uncertainty.stationarity import Stationarity
from ..errors import IonfoError, note
from ..limits import MOST_REPLICATES, check_count, check_seed, most_workers
from ..tables.matrix import Reading, Table
from ..tables.text import csv_format

N_DEFAULT_TARGETS = 2
"""Features whose RSI is measured when none is named."""


EstimatorChoice = Literal["both", "gaussian", "copula"]

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
        ``both``: Gaussian and copula side by side, led by the copula where they differ by more
        than their errors; or ``gaussian`` or ``copula`` alone.
    bootstrap, shuffles, permutations : int
        Replicates of each kind, shuffles, and draws of the null of each pair; 0 for none.
    exhaustive_nulls : int
        Shuffles that measure every multiplet of more than 24 variables.
    seed : int
        Of all random numbers.
    threads : int or None
        At work at a time; default the cores this process may use.  No result depends on it.
    pairs : str
        How pairs are measured: ``knn``, nearest neighbours of ranks, or ``histogram``, as
        published, which is a lower bound.
    keep : tuple of str
        Columns of a plain table that are variables although they number its rows.
    drop_missing : bool
        Whether rows in which a parameter or a named target is missing are left out.
    separator, decimal : str, optional
        Of a CSV file: a character or ``tab``, and ``.`` or ``,``.
    """

    targets: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    orders: tuple[int, ...] = ()
    estimator: EstimatorChoice = "both"
    bootstrap: int = 50
    shuffles: int = 100
    permutations: int = 1000
    exhaustive_nulls: int = 0
    seed: int = 0
    threads: int | None = None
    pairs: PairEstimator = "knn"
    keep: tuple[str, ...] = ()
    drop_missing: bool = False
    separator: str | None = None
    decimal: str | None = None

    @property
    def reading(self) -> Reading:
        """How the table is read; raises `IonfoError` for separators and decimals that are none."""
        return Reading(csv_format(self.separator, self.decimal), self.keep, self.drop_missing)


class AnalysisOptions(TypedDict, total=False):
    """The settings as options of a function; see `AnalysisSettings`."""

    exclude: tuple[str, ...]
    orders: tuple[int, ...]
    estimator: EstimatorChoice
    bootstrap: int
    shuffles: int
    permutations: int
    exhaustive_nulls: int
    seed: int
    threads: int | None
    pairs: PairEstimator


class PopulationOptions(AnalysisOptions, total=False):
    """Those, and how a table is read; see `AnalysisSettings`."""

    keep: tuple[str, ...]
    drop_missing: bool
    separator: str | None
    decimal: str | None


@dataclass(frozen=True)
class Work:
    """What is analysed: the table, the rows, and the questions put to them.

    Attributes
    ----------
    table : Table
        What was read.
    sample : Sample
        Parameters and targets of its rows.
    targets : list of str
        Features whose RSI is measured.
    questions : tuple of Question
        O-information, then RSI about each target.
    passes : Passes
        By the estimator that leads.
    settings : AnalysisSettings
        What was asked.
    other : Passes or None
        By the other estimator, where both are asked for.
    leading : Leading or None
        Why that one leads.
    stationarity : Stationarity
        Whether the parameters of the chains drift; not tested of independent rows.
    """

    table: Table
    sample: Sample
    targets: list[str]
    questions: tuple[Question, ...]
    passes: Passes
    settings: AnalysisSettings
    other: Passes | None = None
    leading: Leading | None = None
    stationarity: Stationarity = Stationarity(None, None, None)

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
    leading, estimator = None, asked.estimator
    if estimator == "both":
        leading, estimator = _lead(table, asked.seed)
    correlation = estimated_correlation(
        table.parameters, table.weights, estimator, table.parameter_names
    )
    if asked.orders and not 3 <= asked.orders[0] <= asked.orders[-1] <= n:
        raise ValueError(f"--orders must be from 3 to {n} for its {n} parameters")
    for name in wanted:
        _joint(table, name, estimator)  # refuses what follows from the parameters
    targets = wanted or _most_informed(table, correlation, estimator)
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
        table.worth,
    )
    if n != sample.values.shape[1]:
        alone = replace(sample, values=table.parameters)
    else:
        alone = sample
    found = alone.stationarity
    if not found.is_sample:
        note(
            "the chains are still settling: what follows describes a transient and gets no "
            "verdict; sample longer"
        )
    if not sample.is_long:
        note(
            f"the shortest walker spans {sample.n_tau:.1f} autocorrelation times of "
            f"{sample.tau:.0f} proposals, less than {LONG_CHAIN:.0f}: the effective sample size is "
            f"at most {sample.ess:.0f}, and may be far less; sample longer"
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
    passes = Passes(sample, rows, estimator, questions, design, asked.seed)
    other = None
    if leading is not None:
        other = replace(passes, estimator="gaussian" if estimator == "copula" else "copula")
        if estimator == "copula":
            note(
                "the copula leads: linear correlations give O-information from "
                f"{leading.gaussian[0]:+.4f} to {leading.gaussian[1]:+.4f} nats, those of ranks "
                f"{leading.copula[0]:+.4f} to {leading.copula[1]:+.4f} (over the multiplets "
                f"compared), {min(leading.n_errors, 999):.1f} standard errors apart"
            )
    return Work(table, sample, targets, questions, passes, asked, other, leading, found)


def _lead(table: Table, seed: int) -> tuple[Leading | None, Estimator]:
    """Choose the estimator; where only one of them works, that one alone."""
    sample = Sample(
        table.parameters, table.weights, table.walker, table.step, table.ensemble, table.worth
    )
    try:
        found = leading_estimator(sample, len(table.parameter_names), seed)
    except ValueError:
        try:
            estimated_correlation(table.parameters, table.weights, "copula")
        except ValueError:  # neither works: the Gaussian one says why, by name
            return None, "gaussian"
        note(
            "only the copula works: among the values a column follows from others, among their "
            "ranks none does"
        )
        return None, "copula"
    return found, found.estimator


def check_settings(asked: AnalysisSettings) -> None:
    """Refuse numbers that are none.

    Raises
    ------
    IonfoError
        Naming the option.
    """
    if asked.estimator not in ("both", *ESTIMATORS):
        raise IonfoError(
            f"--estimator must be one of both, {', '.join(ESTIMATORS)}, got '{asked.estimator}'"
        )
    if asked.pairs not in ("knn", "histogram", "gaussian"):
        raise IonfoError(f"--pairs must be one of knn, histogram, gaussian, got '{asked.pairs}'")
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
