"""``ionfo groups``: each group on its own, then all at the same number of rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from typing_extensions import Unpack

from ..analysis import Passes
from ..analysis.genes.residuals import residuals
from ..analysis.multiplets.spectrum import usable_cores
from ..analysis.significance import benjamini_hochberg
from ..analysis.uncertainty.beside import (
    Run,
    Side,
    SideSettings,
    compare_sides,
    equal_rows,
    measure_side,
)
from ..errors import IonfoError, nearest, note
from ..limits import MOST_REPLICATES, check_count, shortened
from ..tables.expression import Expression, log_normalised, varying_genes
from ..tables.files import make_folder
from ..tables.matrix import Table
from .expression_choice import (
    ALL,
    ION_CHANNELS,
    expressed_genes,
    gene_set,
    groups_of,
    usable_groups,
)
from .expression_input import ReadOptions, Source, settings_of, take
from .group_findings import (
    N_PERMUTATIONS,
    Grouped,
    GroupFindings,
    GroupSettings,
    folder_name,
    told_of,
)
from .passes import run_passes
from .plan import MOST_VARIABLES, AnalysisOptions, AnalysisSettings, check_settings
from .population import measure

__all__ = [
    "GroupFindings",
    "GroupOptions",
    "GroupSettings",
    "Grouped",
    "analyse_groups",
    "compare_at_equal_rows",
    "folder_name",
    "grouped_tables",
    "groups",
    "measure_groups",
    "runner",
    "told_of",
]


class GroupOptions(AnalysisOptions, ReadOptions, total=False):
    """The settings of groups as options of a function; see `GroupSettings`."""

    groups: Sequence[str]
    genes: str | None
    median: bool
    equal_rows: int | None
    group_permutations: int
    regress: Sequence[str]
    target_sum: float
    library: str | None


def groups(
    population: Source,
    group: str,
    targets: Sequence[str] = (),
    out: str | Path | None = None,
    **options: Unpack[GroupOptions],
) -> GroupFindings:
    """Measure each group of a table on its own, and compare groups at the same number of rows.

    Parameters
    ----------
    population : path, DataFrame, Population or Expression
        Models with their parameters, or cells with their genes.
    group : str
        Column with the labels.
    targets : sequence of str
        Features whose RSI is measured.
    out : path, optional
        Folder to write to; `GroupFindings.write` writes later.
    **options
        Those of ``ionfo groups``: of `AnalysisSettings` and `GroupSettings`, where rows and
        permutations of the comparison are called equal_rows and group_permutations; separator and
        decimal of a CSV file; values, cells, layer and sum_duplicates of
        `ionfo.tables.expression_files.read_expression`.

    Returns
    -------
    GroupFindings
        Of each group, and of all at the same number of rows.

    Raises
    ------
    IonfoError
        If labels, genes or targets do not allow it.

    Examples
    --------
    >>> values = np.random.default_rng(0).standard_normal((60, 4))
    >>> table = pd.DataFrame(values, columns=[f"parameters/{one}" for one in "abcd"])
    >>> table["kind"] = ["x", "y"] * 30
    >>> quick = {"shuffles": 0, "bootstrap": 0, "permutations": 0, "group_permutations": 0}
    >>> groups(table, "kind", **quick).curves["table"].unique().tolist()
    ['x', 'y']
    """
    asked: dict[str, Any] = dict(options)
    named = {
        "rows": asked.pop("equal_rows", None),
        "permutations": asked.pop("group_permutations", N_PERMUTATIONS),
    }
    of_groups = {one.name for one in fields(GroupSettings)} - {"permutations"}
    how = settings_of(
        GroupSettings,
        {name: value for name, value in asked.items() if name in of_groups} | named,
        group=group,
    )
    rest = {name: value for name, value in asked.items() if name not in of_groups}
    settings = settings_of(AnalysisSettings, rest, targets=tuple(targets))
    numbers = [group, *targets, *settings.exclude, *how.regress, how.library]
    folder = None if out is None else Path(out)
    found = measure_groups(take(population, numbers, asked), how, settings, folder)
    if folder is not None:
        found.write(folder)
    return found


def analyse_groups(
    expression: Expression,
    out: Path,
    how: GroupSettings,
    settings: AnalysisSettings | None = None,
) -> list[Side]:
    """Measure groups, see `measure_groups`, and write them to a folder.

    Returns
    -------
    list of Side
        Of every question and group, at equal rows.
    """
    found = measure_groups(expression, how, settings or AnalysisSettings(), out)
    found.write(out)
    return found.sides


def measure_groups(
    expression: Expression,
    how: GroupSettings,
    asked: AnalysisSettings,
    kept: Path | None = None,
) -> GroupFindings:
    """Measure every group, and all of them at the same number of rows.

    Parameters
    ----------
    expression : Expression
        Cells x genes, or models x parameters.
    how : GroupSettings
        Groups and genes.
    asked : AnalysisSettings
        Targets, estimator, nulls.
    kept : Path, optional
        Folder that keeps long computations, a folder of its own for each group.

    Raises
    ------
    IonfoError
        If labels, genes or targets do not allow it.
    """
    check_settings(asked)
    check_count("--group-permutations", how.permutations, 19, MOST_REPLICATES, or_zero=True)
    grouped = grouped_tables(expression, how, asked)
    sizes = {name: len(values) for name, values in grouped.values.items()}
    n_rows = min(sizes.values()) if how.rows is None else how.rows
    n_columns = len(grouped.names) + bool(grouped.targets)
    if not n_columns < n_rows <= min(sizes.values()):
        raise IonfoError(
            f"--equal-rows must be more than the {n_columns} variables and at most the "
            f"{min(sizes.values())} rows of the smallest group, got {shortened(n_rows)}"
        )
    if kept is not None:
        make_folder(kept)
    findings = {}
    for name, values in grouped.values.items():
        note(f"group '{name}': {len(values)} rows, {len(grouped.names)} variables")
        table = _table(values, grouped)
        origin = Path(f"{expression.origin} [{how.group} = {name}]")
        folder = None if kept is None else kept / folder_name(name)
        findings[name] = measure(table, origin, list(grouped.targets), asked, folder)
    sides, compared = compare_at_equal_rows(grouped, n_rows, how.permutations, asked)
    return GroupFindings(how, grouped, findings, sides, compared, n_rows)


def grouped_tables(expression: Expression, how: GroupSettings, asked: AnalysisSettings) -> Grouped:
    """Choose rows, genes and targets of every group.

    Raises
    ------
    IonfoError
        If a group is too small, a target unknown or a gene set empty.
    """
    is_models = expression.kind == "parameters"
    groups = groups_of(expression, how.group, how.groups)
    targets = [_target(expression, name) for name in asked.targets]
    table = varying_genes(log_normalised(expression, how.target_sum, how.library))
    names = gene_set(table, how.genes or (ALL if is_models else ION_CHANNELS))
    names = [name for name in names if name not in asked.exclude]
    if how.median and not is_models:
        names = expressed_genes(table, names, groups, in_every=True)
    if len(names) < 3:
        raise IonfoError(
            f"'{expression.origin}': at least 3 variables are needed, got {len(names)} "
            f"({', '.join(names)}); take more genes with --genes, or --no-median"
        )
    if len(names) > MOST_VARIABLES:
        raise IonfoError(
            f"'{expression.origin}': {len(names)} variables, and {MOST_VARIABLES} are the most; "
            "take fewer genes with --genes FILE"
        )
    kept = usable_groups(table, groups, len(names) + bool(targets), bool(how.groups))
    values = {}
    for name, rows in kept.items():
        part = table.rows(rows)
        matrix = part.values(names)
        if how.regress:
            known = np.column_stack([part.numbers(one) for one in how.regress])
            try:
                matrix = residuals(matrix, known)
            except ValueError as error:
                raise IonfoError(f"group '{name}': {error}") from None
        fixed = [names[i] for i in np.flatnonzero(np.ptp(matrix, axis=0) == 0)]
        if fixed:
            raise IonfoError(
                f"group '{name}' of '{expression.origin}': {len(fixed)} genes do not vary there, "
                f"the first is '{fixed[0]}'; leave them out with --exclude"
            )
        columns = [part.numbers(target)[:, None] for target in targets]
        values[name] = np.hstack([matrix, *columns])
    return Grouped(values, names, list(targets))


def compare_at_equal_rows(
    grouped: Grouped, n_rows: int, permutations: int, asked: AnalysisSettings
) -> tuple[list[Side], pd.DataFrame]:
    """Measure every group at `n_rows` rows and test pairs of groups.

    Returns
    -------
    list of Side
        Question by question, group by group.
    DataFrame
        One row per question and pair of groups.
    """
    run = runner(asked.threads)
    sides, rows = [], []
    for question in grouped.questions:
        what = told_of(question, grouped)
        for name, values in grouped.values.items():
            sides.append(
                measure_side(
                    name,
                    values,
                    question,
                    n_rows,
                    run,
                    SideSettings(
                        estimator="copula" if asked.estimator == "copula" else "gaussian",
                        shuffles=asked.shuffles,
                        bootstrap=asked.bootstrap,
                        seed=asked.seed,
                    ),
                )
            )
        for first, second in combinations(grouped.values, 2) if permutations else ():
            pooled = np.vstack([grouped.values[first], grouped.values[second]])
            n_first = len(grouped.values[first])
            found = compare_sides(
                pooled,
                equal_rows(n_first, n_rows, 0, asked.seed),
                n_first + equal_rows(len(pooled) - n_first, n_rows, 0, asked.seed),
                question,
                permutations=permutations,
                seed=asked.seed,
            )
            rows.append(
                {
                    "measure": what,
                    "first": first,
                    "second": second,
                    "rows_each": n_rows,
                    "difference_of_areas": found.difference,
                    "low": found.interval[0],
                    "high": found.interval[1],
                    "effect_size": found.effect_size,
                    "p": found.p,
                    "permutations": found.n_permutations,
                }
            )
    frame = pd.DataFrame(rows)
    if len(frame):
        frame["p_adjusted"] = benjamini_hochberg(frame["p"].to_numpy())
    return sides, frame


def runner(threads: int | None, here: bool = False) -> Run:
    """Run passes on the ranks of mpirun or on threads, by default as many as cores.

    `here` as in `run_passes`.
    """

    def run(passes: Passes, requests: list[tuple[str, int]]) -> list[list[NDArray[np.float64]]]:
        return run_passes(passes, requests, threads or usable_cores(), here)

    return run


def _target(expression: Expression, name: str) -> str:
    known = [str(one) for one in expression.cells]
    for column in (name, f"features/{name}"):
        if column in known:
            return column
    raise IonfoError(f"'{expression.origin}' has no feature '{name}'{nearest(name, known)}")


def _table(values: NDArray[np.float64], grouped: Grouped) -> Table:
    n = len(grouped.names)
    return Table(
        values[:, :n],
        list(grouped.names),
        values[:, n:],
        list(grouped.targets),
        np.ones(len(values)),
        None,
        None,
        None,
        None,
        None,
    )
