"""Single-cell expression beside models, as functions: what ``ionfo.genes`` holds."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal

import pandas as pd
from typing_extensions import Unpack

from ..analysis.genes.ion_channels import genes_of_conductances
from ..emodels import EModel, load_emodel
from ..emodels.point.hh import HHRun
from ..features.patchseq import Rest
from ..tables.cell_parameters import CellParameters, read_cell_parameters, with_columns_of
from ..tables.cell_traces import read_cell_traces
from ..tables.expression import Expression
from ..tables.expression_files import read_expression
from ..tables.files import make_folder
from ..tables.population import Population
from ..tables.text import csv_format
from .beside import (
    BesideFindings,
    BesideSettings,
    TableSpec,
    measure_beside,
    parse_table,
    prepare_tables,
)
from .expression_input import ReadOptions, Source, settings_of, take
from .identify import Identification, IdentifySettings, identify_types
from .predict import FiringPrediction, PredictSettings, predict_firing
from .regress import GeneRegression, RegressSettings, regress_genes
from .sizes import SizeFindings, SizeSettings, measure_sizes

__all__ = ["beside", "channels", "identify", "predict", "regress", "sizes"]


ParameterSource = str | Path | pd.DataFrame | Population | CellParameters
"""A file, a table with a row per cell or draw, a population, or what was read already."""


class IdentifyOptions(ReadOptions, total=False):
    """The settings of `identify` as options; see `ionfo.studies.identify.IdentifySettings`."""

    groups: Sequence[str]
    genes: str
    median: bool
    random: int
    replicates: int
    target_sum: float
    library: str | None
    seed: int
    processes: int | None


class SizeOptions(ReadOptions, total=False):
    """The settings of `sizes` as options; see `ionfo.studies.sizes.SizeSettings`."""

    groups: Sequence[str]
    genes: str
    median: bool
    sizes: Sequence[int]
    draws: int
    target_sum: float
    library: str | None
    seed: int


class BesideOptions(ReadOptions, total=False):
    """The settings of `beside` as options; see `ionfo.studies.beside.BesideSettings`."""

    rows: int | None
    genes: str
    median: bool
    shuffles: int
    bootstrap: int
    draws: int
    permutations: int
    target_sum: float
    library: str | None
    seed: int
    threads: int | None


_CELLS = ("columns", "cell")
"""Those of `CellOptions` that settings do not hold."""


class CellOptions(ReadOptions, total=False):
    """How parameters of cells are read; see `ionfo.tables.cell_parameters`."""

    columns: str
    cell: str | None


class GeneOptions(CellOptions, total=False):
    """How genes are regressed, as options; see `ionfo.studies.gene_cells.GeneSettings`."""

    genes: str
    least_count: float
    rank: int
    penalty: float | None
    relaxed: bool
    penalties: int
    folds: int
    seed: int


class RegressOptions(GeneOptions, total=False):
    """The settings of `regress` as options; see `ionfo.studies.regress.RegressSettings`."""

    permutations: int
    draws: int


class PredictOptions(GeneOptions, total=False):
    """The settings of `predict` as options; see `ionfo.studies.predict.PredictSettings`."""

    measured: str
    draws: int
    run: HHRun
    rest: Rest
    threads: int
    observed: str | Path | pd.DataFrame | None
    recordings: str | Path | None


def channels(
    emodel: str | Path | EModel, species: Literal["mouse", "human"] = "mouse"
) -> pd.DataFrame:
    """List the conductances of an e-model with the genes of their channels.

    Parameters
    ----------
    emodel : str, Path or EModel
        Name of an e-model, its definition file, or itself.
    species : {"mouse", "human"}
        Whose symbols.

    Returns
    -------
    DataFrame
        A row per conductance: ``parameter``, ``channel``, ``title``, ``genes`` (a tuple) and
        ``source``.

    Examples
    --------
    >>> found = channels("l5pc").set_index("channel")
    >>> found.loc["Ih", "genes"]
    ('Hcn1', 'Hcn2', 'Hcn3')
    """
    one = emodel if isinstance(emodel, EModel) else load_emodel(emodel)
    found = genes_of_conductances([each.name for each in one.parameters], species)
    names = ["parameter", "channel", "title", "genes", "source"]
    return pd.DataFrame([asdict(each) for each in found], columns=names)


def identify(
    data: Source,
    labels: str,
    out: str | Path | None = None,
    **options: Unpack[IdentifyOptions],
) -> Identification:
    """Compare clusters of a gene set with those of random sets of the same size.

    Parameters
    ----------
    data : path, DataFrame or Expression
        Cells x genes.
    labels : str
        Column with the known types.
    out : path, optional
        Folder to write to, which finishes what an earlier call of the same began.
    **options
        Those of ``ionfo genes identify``; see `IdentifyOptions`.

    Returns
    -------
    Identification
        The index of the set and of random sets, with p.

    Raises
    ------
    IonfoError
        If labels or genes do not allow it.
    """
    settings = settings_of(IdentifySettings, options)
    table = take(data, [labels, settings.library], options)
    return identify_types(table, labels, None if out is None else Path(out), settings)


def sizes(
    data: Source,
    group: str,
    out: str | Path | None = None,
    **options: Unpack[SizeOptions],
) -> SizeFindings:
    """Find how many cells a group needs before corrected O-information excludes zero.

    Parameters
    ----------
    data : path, DataFrame or Expression
        Cells x genes.
    group : str
        Column with the labels.
    out : path, optional
        Folder to write to.
    **options
        Those of ``ionfo genes sizes``; see `SizeOptions`.

    Returns
    -------
    SizeFindings
        By group, number of cells and order.

    Raises
    ------
    IonfoError
        If a group is too small for the sizes.
    """
    settings = settings_of(SizeSettings, options, group=group)
    found = measure_sizes(take(data, [group, settings.library], options), settings)
    if out is not None:
        found.write(out)
    return found


def regress(
    counts: Source,
    parameters: ParameterSource,
    labels: str,
    out: str | Path | None = None,
    **options: Unpack[RegressOptions],
) -> GeneRegression:
    """Regress parameters of cells on their genes, beside the mean of their family.

    Parameters
    ----------
    counts : path, DataFrame or Expression
        Cells x genes.
    parameters : path, DataFrame, Population or CellParameters
        A row a cell, or several that are draws of its posterior; cells are matched by name.
    labels : str
        Column of the counts with the family of each cell.
    out : path, optional
        Folder to write to.
    **options
        Those of ``ionfo genes regress``; see `RegressOptions`.

    Returns
    -------
    GeneRegression
        Genes, coefficients, R2 of cells that were not seen, and what genes add to the family.

    Raises
    ------
    IonfoError
        If cells do not match, or genes, folds, rank or penalty do not allow it.
    """
    settings = settings_of(RegressSettings, _without(options, _CELLS), labels=labels)
    cells = _cells(parameters, options)
    expression = take(counts, [labels], options)
    if out is not None:
        make_folder(Path(out))  # before what takes minutes
    found = regress_genes(expression, cells, settings)
    if out is not None:
        found.write(out)
    return found


def predict(
    counts: Source,
    parameters: ParameterSource,
    labels: str,
    out: str | Path | None = None,
    **options: Unpack[PredictOptions],
) -> FiringPrediction:
    """Predict how cells fire by their genes, beside their own fit and the mean of their family.

    Parameters
    ----------
    counts : path, DataFrame or Expression
        Cells x genes.
    parameters : path, DataFrame, Population or CellParameters
        Of the model ``hh``: a row a cell, or several that are draws.  Measured features are columns
        of the same table, or of that of the option ``observed``.
    labels : str
        Column of the counts with the family of each cell.
    out : path, optional
        Folder to write to.
    **options
        Those of ``ionfo genes predict``; see `PredictOptions`.

    Returns
    -------
    FiringPrediction
        Features with intervals, errors and coverage of every way to predict them.

    Raises
    ------
    IonfoError
        If cells or columns do not match, or a setting is out of bounds.
    """
    beside = (*_CELLS, "observed", "recordings")
    settings = settings_of(PredictSettings, _without(options, beside), labels=labels)
    csv = csv_format(options.get("separator"), options.get("decimal"))
    cells = _cells(parameters, options)
    observed, file = options.get("observed"), options.get("recordings")
    if observed is not None:
        cells = with_columns_of(cells, observed, options.get("cell"), csv)
    recordings = None if file is None else read_cell_traces(Path(file), csv)
    expression = take(counts, [labels], options)
    if out is not None:
        make_folder(Path(out))
    found = predict_firing(expression, cells, settings, recordings)
    if out is not None:
        found.write(out)
    return found


def _without(options: Mapping[str, Any], names: Collection[str]) -> dict[str, Any]:
    return {name: one for name, one in options.items() if name not in names}


def _cells(source: ParameterSource, options: Mapping[str, Any]) -> CellParameters:
    if isinstance(source, CellParameters):
        return source
    csv = csv_format(options.get("separator"), options.get("decimal"))
    prefix = options.get("columns", "parameters/")
    return read_cell_parameters(source, prefix, options.get("cell"), csv)


def beside(
    tables: Sequence[str] | Mapping[str, Source],
    out: str | Path | None = None,
    **options: Unpack[BesideOptions],
) -> BesideFindings:
    """Measure models and expression side by side at equal rows, each with its own null.

    Parameters
    ----------
    tables : sequence of str, or mapping of str to source
        ``NAME=FILE``, ``NAME=FILE::high-covariance`` or ``NAME=FILE::COLUMN=LABEL`` each; or
        tables by name, a file of which may have such an ending.
    out : path, optional
        Folder to write to.
    **options
        Those of ``ionfo genes beside``; see `BesideOptions`.

    Returns
    -------
    BesideFindings
        O-information and pairs of each table.

    Raises
    ------
    IonfoError
        If a table has too few rows, or two have one name.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> names = [f"parameters/{one}" for one in "abcd"]
    >>> models = pd.DataFrame(rng.standard_normal((40, 4)), columns=names)
    >>> found = beside({"models": models}, shuffles=2, bootstrap=2, permutations=1, threads=1)
    >>> found.n_rows
    40
    """
    settings = settings_of(BesideSettings, options)
    read = [_read(name, source, settings, options) for name, source in _named(tables)]
    folder = None if out is None else Path(out)
    found = measure_beside(prepare_tables(read, settings), settings, folder)
    if folder is not None:
        found.write(folder)
    return found


def _named(tables: Sequence[str] | Mapping[str, Source]) -> list[tuple[str | None, Source]]:
    if isinstance(tables, Mapping):
        return list(tables.items())
    return [(None, text) for text in tables]


def _read(
    name: str | None, source: Source, settings: BesideSettings, options: Mapping[str, Any]
) -> tuple[TableSpec, Expression]:
    """Read one table, which a name or its own text names."""
    if not isinstance(source, (str, Path)):
        assert name is not None  # only texts come without
        return TableSpec(name, Path(name)), take(source, [settings.library], options)
    spec = parse_table(str(source) if name is None else f"{name}={source}")
    column = [spec.subset.partition("=")[0]] if "=" in spec.subset else []
    known = [*column, *([settings.library] if settings.library else [])]
    values = options.get("values")
    csv = csv_format(options.get("separator"), options.get("decimal"))
    return spec, read_expression(spec.file, values, annotations=known, as_declared=True, csv=csv)
