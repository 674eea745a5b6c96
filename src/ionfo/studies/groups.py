"""``ionfo analyse --group``: each group on its own, then all at the same number of rows."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..analysis import Passes, Question
from ..analysis.figures.beside import curves_beside
from ..analysis.genes.residuals import residuals
from ..analysis.minimal import minimal_frame
from ..analysis.multiplets.spectrum import usable_cores
from ..analysis.significance import benjamini_hochberg
from ..analysis.uncertainty.beside import (
    Run,
    Side,
    compare_sides,
    equal_rows,
    measure_side,
    side_frame,
)
from ..errors import IonfoError, nearest, note, tell
from ..limits import MOST_REPLICATES, check_count, shortened
from ..tables.expression import TARGET_SUM, Expression, log_normalised, varying_genes
from ..tables.files import whole_folder, write_table, write_text
from ..tables.matrix import Table
from .expression_choice import (
    ALL,
    ION_CHANNELS,
    expressed_genes,
    gene_set,
    groups_of,
    usable_groups,
)
from .passes import run_passes
from .plan import MOST_VARIABLES, AnalysisSettings, check_settings
from .population import measure


@dataclass(frozen=True)
class GroupSettings:
    """Which rows and columns, and how groups are compared.

    Attributes
    ----------
    group : str
        Column with the labels.
    groups : tuple of str
        Those that count; empty for all.
    genes : str or None
        ``ion-channels``, ``all`` or a file; default ion channels of expression, all parameters
        of models.
    median : bool
        Keep only genes with a median other than zero in every group.
    rows : int or None
        Rows of each group in the comparison; default those of the smallest.
    permutations : int
        Reassignments of rows to groups in the comparison.
    regress : tuple of str
        Columns whose linear effect on every variable is taken out first, group by group.
    target_sum, library
        As `log_normalised`.
    """

    group: str
    groups: tuple[str, ...] = ()
    genes: str | None = None
    median: bool = True
    rows: int | None = None
    permutations: int = 199
    regress: tuple[str, ...] = ()
    target_sum: float = TARGET_SUM
    library: str | None = None


@dataclass(frozen=True)
class Grouped:
    """Matrices of the groups: variables first, targets last; names of both."""

    values: dict[str, NDArray[np.float64]]
    names: list[str]
    targets: list[str]

    @property
    def questions(self) -> list[Question]:
        """O-information of the variables, and RSI about each target."""
        n = len(self.names)
        return [
            Question("o_information", tuple(range(n))),
            *(
                Question("redundancy_synergy_index", tuple(range(n)), n + i)
                for i in range(len(self.targets))
            ),
        ]


def analyse_groups(
    expression: Expression,
    out: Path,
    how: GroupSettings,
    settings: AnalysisSettings | None = None,
) -> list[Side]:
    """Analyse every group, and compare them at the same number of rows.

    Parameters
    ----------
    expression : Expression
        Cells x genes, or models x parameters.
    out : Path
        Folder; each group gets a folder of its own in it.
    how : GroupSettings
        Groups and genes.
    settings : AnalysisSettings, optional
        Targets, estimator, nulls.

    Returns
    -------
    list of Side
        Of every question and group, at equal rows.

    Raises
    ------
    IonfoError
        If labels, genes or targets do not allow it.
    """
    asked = settings or AnalysisSettings()
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
    minimal = []
    with whole_folder(out, "groups.json") as beside:
        for name, values in grouped.values.items():
            note(f"group '{name}': {len(values)} rows, {len(grouped.names)} variables")
            table = _table(values, grouped)
            origin = Path(f"{expression.origin} [{how.group} = {name}]")
            folder = folder_name(name)
            found = measure(table, origin, list(grouped.targets), asked, out / folder)
            found.write(beside / folder)
            frames = [minimal_frame(one) for one in found.answers[1:]]
            minimal += [frame.assign(group=name, rows=len(values)) for frame in frames]
        sides, compared = compare_at_equal_rows(grouped, n_rows, how.permutations, asked)
        _write(beside, grouped, sides, compared, minimal, how, n_rows)
    _tell(sides, compared, out)
    return sides


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
                    estimator=asked.estimator,
                    shuffles=asked.shuffles,
                    bootstrap=asked.bootstrap,
                    seed=asked.seed,
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


def told_of(question: Question, grouped: Grouped) -> str:
    """Name a question in a table."""
    if question.target is None:
        return "o_information"
    return f"redundancy_synergy {grouped.targets[question.target - len(grouped.names)]}"


def folder_name(name: str) -> str:
    """Turn a label into the name of a folder.

    Examples
    --------
    >>> folder_name("L2/3 IT")
    'L2_3_IT'
    """
    return re.sub(r"[^\w.+-]", "_", name).lstrip(".") or "_"


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
    )


def _write(
    out: Path,
    grouped: Grouped,
    sides: Sequence[Side],
    compared: pd.DataFrame,
    minimal: list[pd.DataFrame],
    how: GroupSettings,
    n_rows: int,
) -> None:
    n_groups = len(grouped.values)
    frames = []
    for i, question in enumerate(grouped.questions):
        part = list(sides[i * n_groups : (i + 1) * n_groups])
        what = told_of(question, grouped)
        frames.append(side_frame(part).assign(measure=what))
        quantity = "O-information" if question.target is None else "RSI"
        figure = curves_beside(part, f"{quantity} (nats)", f"{what}, {n_rows} rows of each group")
        stem = "groups_o_information" if question.target is None else f"groups_rsi_{i}"
        for suffix in (".png", ".svg"):
            figure.savefig((out / stem).with_suffix(suffix), dpi=130)
    tables = {"groups_curves": pd.concat(frames, ignore_index=True)}
    if len(compared):
        tables["groups_compared"] = compared
    if minimal:
        tables["minimal_sets"] = pd.concat(minimal, ignore_index=True)
    for stem, frame in tables.items():
        for suffix in (".csv", ".parquet"):
            write_table(out / f"{stem}{suffix}", frame)
    summary = {
        "group": how.group,
        "rows": {name: len(values) for name, values in grouped.values.items()},
        "rows_in_the_comparison": n_rows,
        "variables": grouped.names,
        "targets": grouped.targets,
        "regressed_out": list(how.regress),
        "library": how.library,
        "target_sum": how.target_sum,
        "compared": json.loads(compared.to_json(orient="records")),
    }
    write_text(out / "groups.json", json.dumps(summary, indent=1, allow_nan=False) + "\n")


def _tell(sides: Sequence[Side], compared: pd.DataFrame, out: Path) -> None:
    tell(f"at {sides[0].n_rows} rows each, at the order of all {sides[0].question.n}:")
    for one in sides:
        if one.question.target is None:
            mean = -1  # the last statistic of the last order: the set of all variables
            tell(
                f"  {one.name}: raw {one.raw[-1, mean]:+.3f}, corrected "
                f"{one.corrected[-1, mean]:+.3f} ({one.low[-1, mean]:+.3f} to "
                f"{one.high[-1, mean]:+.3f}) nats"
            )
    for row in compared.to_dict("records"):
        tell(
            f"{row['measure']}: area of {row['first']} less {row['second']} "
            f"{row['difference_of_areas']:+.3f}, permutation p {row['p']:.3g} "
            f"(adjusted {row['p_adjusted']:.3g})"
        )
    tell(f"tables and figures in {out}")
