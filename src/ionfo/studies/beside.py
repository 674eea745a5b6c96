"""``ionfo genes beside``: models and expression side by side, at the same number of rows."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from numpy.typing import NDArray

from ..analysis import (
    PairwiseInformation,
    Question,
    Sample,
    high_covariance_rows,
    pairwise_information,
)
from ..analysis.cells.subsets import N_COMPONENTS
from ..analysis.genes.ion_channels import approved_symbol, genes_of_conductances
from ..analysis.measures.estimators import Estimator
from ..analysis.multiplets.spectrum import usable_cores
from ..analysis.uncertainty.beside import (
    N_DRAWS,
    Side,
    equal_rows,
    measure_side,
    side_frame,
)
from ..errors import IonfoError, note
from ..limits import MOST_REPLICATES, check_count, check_seed, most_workers, shortened
from ..tables.expression import TARGET_SUM, Expression, log_normalised, varying_genes
from ..tables.files import make_folder, whole_folder
from ..tables.matrix import chain_of, weights_of
from .beside_output import curves_figure, draw_beside, write_beside
from .expression_choice import ION_CHANNELS, expressed_genes, gene_set, groups_of
from .groups import runner
from .shown import html

CONDUCTANCES = "conductances"
"""Gene set of a comparison: the genes of the channels whose conductances the models have."""

HIGH_COVARIANCE = "high-covariance"
RANDOM = "random"


@dataclass(frozen=True)
class TableSpec:
    """One table of a comparison: ``NAME=FILE[::SUBSET]``.

    Attributes
    ----------
    name : str
        What figures call it.
    file : Path
        Where it is.
    subset : str
        ``random``, ``high-covariance`` or ``COLUMN=LABEL``.
    """

    name: str
    file: Path
    subset: str = RANDOM


@dataclass(frozen=True)
class BesideTable:
    """Rows that count as independent, and the names of their columns.

    Attributes
    ----------
    name : str
        What figures call it.
    values : ndarray, shape (n_rows, n_variables)
        Log expression, or parameters.
    names : list of str
        Of the columns.
    is_models : bool
        Whether rows are models.
    is_high_covariance : bool
        Whether those rows are taken that few principal components explain best.
    """

    name: str
    values: NDArray[np.float64]
    names: list[str]
    is_models: bool = False
    is_high_covariance: bool = False


@dataclass(frozen=True)
class BesideSettings:
    """How tables are compared; as in ``ionfo analyse``."""

    rows: int | None = None
    genes: str = ION_CHANNELS
    median: bool = True
    shuffles: int = 100
    bootstrap: int = 50
    draws: int = N_DRAWS
    permutations: int = 1000
    estimator: Estimator = "gaussian"
    target_sum: float = TARGET_SUM
    library: str | None = None
    seed: int = 0
    threads: int | None = None


@dataclass(frozen=True)
class BesideFindings:
    """Tables side by side at the same number of rows; values in nats.

    Attributes
    ----------
    tables : list of BesideTable
        All their rows.
    sides : list of Side
        O-information of each table.
    pairs : list of PairwiseInformation
        Pairs of columns of each table.
    rows_of : list of ndarray, shape (n_rows, n_variables)
        The rows that were drawn from each table.
    n_rows : int
        How many.
    settings : BesideSettings
        What was asked.
    """

    tables: list[BesideTable]
    sides: list[Side]
    pairs: list[PairwiseInformation]
    rows_of: list[NDArray[np.float64]]
    n_rows: int
    settings: BesideSettings

    @property
    def curves(self) -> pd.DataFrame:
        """O-information by table, order and statistic: raw, corrected, null (nats)."""
        return side_frame(self.sides)

    def sentences(self) -> list[str]:
        """Say what was found, a line a table."""
        return [
            f"{side.name}: {side.n_rows} of {side.n_table} rows, {side.question.n} variables; all "
            f"together raw {side.raw[-1, -1]:+.3f}, corrected {side.corrected[-1, -1]:+.3f} "
            f"({side.low[-1, -1]:+.3f} to {side.high[-1, -1]:+.3f}) nats; "
            f"{int(np.triu(pair.is_significant, 1).sum())} significant pairs"
            for side, pair in zip(self.sides, self.pairs, strict=True)
        ]

    def plot_o_information(self) -> Axes:
        """Draw O-information of the tables by order.

        Returns
        -------
        Axes
            The first panel; its figure is ``axes.figure``.
        """
        return curves_figure(self).axes[0]

    def write(self, folder: str | Path) -> Path:
        """Write tables, figures and beside.json.

        Parameters
        ----------
        folder : str or Path
            Made if need be.

        Returns
        -------
        Path
            The folder.
        """
        out = Path(folder)
        with whole_folder(out, "beside.json") as beside:
            write_beside(beside, self)
            draw_beside(beside, self)
        return out

    def _repr_html_(self) -> str:
        """Show the sentences and the curves in a notebook."""
        title = "Tables side by side"
        return html(title, self.sentences(), curves_figure(self), "O-information by order")


def parse_table(text: str) -> TableSpec:
    """Read ``NAME=FILE`` or ``NAME=FILE::SUBSET``.

    Raises
    ------
    IonfoError
        If it is something else.

    Examples
    --------
    >>> spec = parse_table("L5 PT=cells.parquet::subclass=L5 PT")
    >>> spec.name, spec.file.name, spec.subset
    ('L5 PT', 'cells.parquet', 'subclass=L5 PT')
    """
    name, equals, rest = text.partition("=")
    file, _, subset = rest.partition("::")
    if not equals or not name or not file:
        raise IonfoError(
            f"a table must be NAME=FILE, NAME=FILE::high-covariance or NAME=FILE::COLUMN=LABEL, "
            f"got '{text}'"
        )
    subset = subset or RANDOM
    if subset not in (RANDOM, HIGH_COVARIANCE) and "=" not in subset:
        raise IonfoError(
            f"the subset of table '{name}' must be {RANDOM}, {HIGH_COVARIANCE} or COLUMN=LABEL, "
            f"got '{subset}'"
        )
    return TableSpec(name, Path(file), subset)


def prepare_tables(
    tables: Sequence[tuple[TableSpec, Expression]], settings: BesideSettings
) -> list[BesideTable]:
    """Choose rows and columns of every table, in their order; as `prepare_table`.

    With the gene set ``conductances`` the models say which genes count.
    """
    models = [one for _, one in tables if one.kind == "parameters"]
    joined = genes_of_conductances([name for one in models for name in one.genes])
    genes = {gene for one in joined for gene in one.genes}
    if settings.genes == CONDUCTANCES and not genes:
        raise IonfoError(
            f"--genes {CONDUCTANCES} needs a table of models with conductances such as "
            "parameters/gIhbar_Ih.somadend; none is among the tables"
        )
    names = [spec.name for spec, _ in tables]
    if twice := [name for name in names if names.count(name) > 1]:
        raise IonfoError(f"two tables are called '{twice[0]}'; give each NAME=FILE its own name")
    return [prepare_table(spec, table, settings, genes) for spec, table in tables]


def prepare_table(
    spec: TableSpec,
    table: Expression,
    settings: BesideSettings,
    genes: Collection[str] = (),
) -> BesideTable:
    """Choose rows and columns of one table.

    Parameters
    ----------
    spec : TableSpec
        Which rows.
    table : Expression
        What was read.
    settings : BesideSettings
        Which genes.
    genes : collection of str
        Mouse symbols behind the gene set ``conductances``.

    Raises
    ------
    IonfoError
        If there is nothing to choose from.
    """
    rows = np.arange(table.n_cells)
    if "=" in spec.subset:
        column, _, label = spec.subset.partition("=")
        rows = groups_of(table, column, [label])[label]
    is_models = table.kind == "parameters"
    library = None if is_models or table.kind == "log" else settings.library
    chosen = varying_genes(log_normalised(table, settings.target_sum, library)).rows(rows)
    if is_models:
        names = list(chosen.genes)
    elif settings.genes == CONDUCTANCES:
        symbols = {*genes, *(gene.upper() for gene in genes)}
        names = [gene for gene in chosen.genes if approved_symbol(gene) in symbols]
    else:
        names = gene_set(chosen, settings.genes)
    if settings.median and not is_models:
        names = expressed_genes(chosen, names, {spec.name: np.arange(len(rows))}, True)
    values = chosen.values(names)
    varies = np.ptp(values, axis=0) > 0
    if not varies.all():
        fixed = [names[i] for i in np.flatnonzero(~varies)]
        note(f"table '{spec.name}': left out columns that do not vary: {', '.join(fixed)}")
        names = [names[i] for i in np.flatnonzero(varies)]
        values = values[:, varies]
    if is_models:
        weights = weights_of(chosen.cells, spec.file)
        sample = Sample(values, weights, *chain_of(chosen.cells))
        kept = sample.thinned(np.random.default_rng([settings.seed, 17]))
        if len(kept) < len(values):
            note(f"table '{spec.name}': {len(kept)} rows count as independent")
        values = values[kept]
    if len(names) < 4:
        raise IonfoError(
            f"table '{spec.name}' needs at least 4 variables that vary, got {len(names)} "
            f"({', '.join(names)}); take more with --genes, or --no-median"
        )
    return BesideTable(spec.name, values, names, is_models, spec.subset == HIGH_COVARIANCE)


def tables_beside(
    tables: Sequence[BesideTable], out: Path, settings: BesideSettings | None = None
) -> list[Side]:
    """Measure tables, see `measure_beside`, and write them to a folder.

    Returns
    -------
    list of Side
        O-information of each table at equal rows.
    """
    found = measure_beside(tables, settings, out)
    found.write(out)
    return found.sides


def measure_beside(
    tables: Sequence[BesideTable],
    settings: BesideSettings | None = None,
    kept: Path | None = None,
) -> BesideFindings:
    """Measure O-information by order and pairs of tables at the same number of rows.

    Parameters
    ----------
    tables : sequence of BesideTable
        At least one.
    settings : BesideSettings, optional
        How.
    kept : Path, optional
        Folder for the results; made before the work.

    Raises
    ------
    IonfoError
        If a table has too few rows.
    """
    asked = settings or BesideSettings()
    for name, value, least in (
        ("--draws", asked.draws, 3),
        ("--shuffles", asked.shuffles, 2),
        ("--bootstrap", asked.bootstrap, 2),
        ("--permutations", asked.permutations, 1),
    ):
        check_count(name, value, least, MOST_REPLICATES)
    check_count("--threads", asked.threads, 1, most_workers())
    check_seed(asked.seed)
    n_rows = min(len(one.values) for one in tables) if asked.rows is None else asked.rows
    for one in tables:
        if not len(one.names) < n_rows <= len(one.values):
            raise IonfoError(
                f"--rows must be more than the {len(one.names)} variables and at most the "
                f"{len(one.values)} rows of table '{one.name}', got {shortened(n_rows)}"
            )
    if kept is not None:
        make_folder(kept)  # what is in the way is said before the work
    run = runner(asked.threads, here=True)
    sides, rows_of = [], []
    for one in tables:
        values = _subset(one, n_rows)
        rows_of.append(values[equal_rows(len(values), n_rows, 0, asked.seed)])
        question = Question("o_information", tuple(range(len(one.names))))
        try:
            side = measure_side(
                one.name,
                values,
                question,
                n_rows,
                run,
                estimator=asked.estimator,
                shuffles=asked.shuffles,
                bootstrap=asked.bootstrap,
                draws=asked.draws,
                seed=asked.seed,
            )
        except ValueError as error:
            raise IonfoError(f"table '{one.name}' cannot be measured: {error}") from None
        sides.append(side)
    pairs = [
        pairwise_information(
            values,
            n_permutations=asked.permutations,
            seed=asked.seed,
            threads=asked.threads or usable_cores(),
        )
        for values in rows_of
    ]
    return BesideFindings(list(tables), sides, pairs, rows_of, n_rows, asked)


def _subset(table: BesideTable, n_rows: int) -> NDArray[np.float64]:
    if not table.is_high_covariance:
        return table.values
    if len(table.names) <= N_COMPONENTS:
        raise IonfoError(
            f"table '{table.name}': a {HIGH_COVARIANCE} subset needs more than {N_COMPONENTS} "
            f"variables, got {len(table.names)}"
        )
    return table.values[high_covariance_rows(table.values, n_rows)]
