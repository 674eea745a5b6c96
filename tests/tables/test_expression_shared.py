"""The real tables: what is read, what is refused, and values from plain formulas."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ionfo.analysis import correlation_matrix, o_information
from ionfo.errors import IonfoError
from ionfo.studies.expression_choice import gene_set, groups_of
from ionfo.studies.groups import GroupSettings, grouped_tables
from ionfo.studies.plan import AnalysisSettings
from ionfo.tables.expression import log_normalised
from ionfo.tables.expression_files import read_expression


@pytest.fixture
def folder(shared: Path) -> Path:
    found = shared / "data/expression"
    if not found.is_dir():
        pytest.skip("the expression tables are not in ../shared")
    return found


def plain_o_information(values: np.ndarray) -> float:
    """O-information by its definition: entropies of the whole and of all but one."""
    covariance = np.cov(values, rowvar=False)
    n = len(covariance)

    def entropy(columns: list[int]) -> float:
        return 0.5 * float(np.linalg.slogdet(covariance[np.ix_(columns, columns)])[1])

    whole = entropy(list(range(n)))
    without = [entropy([i for i in range(n) if i != j]) for j in range(n)]
    alone = [entropy([j]) for j in range(n)]
    return (n - 2) * whole + sum(alone) - sum(without)


def test_counts_of_patch_seq_declare_themselves(folder: Path) -> None:
    table = read_expression(folder / "m1_patchseq_counts.parquet")
    assert (table.n_cells, len(table.genes), table.kind) == (1208, 1286, "counts")
    assert len(groups_of(table, "rna_family")["Pvalb"]) == 289
    channels = gene_set(table, "ion-channels")
    assert {"Kcnc1", "Hcn1", "Scn8a"} < set(channels) and "Kcnq1ot1" not in channels
    assert len(channels) == 54


def test_reads_that_cannot_be_libraries_are_refused(folder: Path) -> None:
    table = read_expression(folder / "m1_patchseq_counts.parquet")
    with pytest.raises(IonfoError, match=r"59763 counts and 244 in .*exon_reads.*\(49 such cells"):
        log_normalised(table, library="exon_reads")


def test_unlabelled_cells_of_the_excitatory_table_are_not_dropped(folder: Path) -> None:
    table = read_expression(folder / "tasic_exc.parquet", "log")
    with pytest.raises(IonfoError, match="34 of 1018 cells have no label"):
        groups_of(table, "subclass_label")
    with pytest.raises(IonfoError, match="does not say what it holds"):
        read_expression(folder / "tasic_exc.parquet")


def test_o_information_of_groups_follows_from_the_definition(folder: Path) -> None:
    table = read_expression(folder / "tasic_exc.parquet", "log")
    how = GroupSettings("subclass_label", ("L4", "L5 IT", "L5 PT"))
    grouped = grouped_tables(table, how, AnalysisSettings())
    assert {name: len(values) for name, values in grouped.values.items()} == {
        "L4": 241, "L5 IT": 434, "L5 PT": 248,
    }  # fmt: skip
    frame = pd.read_parquet(folder / "tasic_exc.parquet").set_index("subclass_label")
    medians = np.array([frame.loc[name, grouped.names].median() for name in grouped.values])
    assert len(grouped.names) == 43 and (medians != 0).all()
    for name, values in grouped.values.items():
        expected = plain_o_information(frame.loc[name, grouped.names].to_numpy())
        assert o_information(correlation_matrix(values)) == pytest.approx(expected, abs=1e-9)
