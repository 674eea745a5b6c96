"""Which rows and columns of models and expression are set side by side."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..analysis import (
    Sample,
)
from ..analysis.genes.ion_channels import approved_symbol, genes_of_conductances
from ..analysis.measures.estimators import Estimator
from ..analysis.uncertainty.beside import (
    N_DRAWS,
)
from ..errors import IonfoError, note
from ..tables.book import chain_of, weights_of
from ..tables.expression import TARGET_SUM, Expression, log_normalised, varying_genes
from .expression_choice import ION_CHANNELS, expressed_genes, gene_set, groups_of

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
