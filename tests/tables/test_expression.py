"""Cells x genes: formats agree, kinds are declared, and what is wrong is said."""

from __future__ import annotations

import gzip
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import io, sparse

from ionfo.errors import IonfoError
from ionfo.studies.expression_choice import expressed_genes, gene_set, groups_of, usable_groups
from ionfo.tables.expression import Expression, log_normalised, varying_genes
from ionfo.tables.expression_files import expression_of, read_expression

GENES = ["Kcna1", "Scn2a1", "Hcn1", "Gad1"]
COUNTS = np.array([[3, 0, 1, 6], [0, 2, 0, 8], [5, 5, 0, 0], [1, 1, 1, 1]], dtype=np.float64)
LABELS = ["a", "a", "b", "b"]


def plain(tmp_path: Path, counts: np.ndarray = COUNTS) -> Path:
    frame = pd.DataFrame(counts, columns=GENES)
    frame["type"] = LABELS
    frame.to_csv(tmp_path / "table.csv", index=False)
    return tmp_path / "table.csv"


def prefixed(tmp_path: Path, counts: np.ndarray = COUNTS) -> Path:
    frame = pd.DataFrame(counts, columns=[f"count/{gene}" for gene in GENES])
    frame["type"], frame["width"] = LABELS, [0.5, 0.6, 0.7, 0.8]
    frame.to_parquet(tmp_path / "table.parquet")
    return tmp_path / "table.parquet"


def tenx(tmp_path: Path, genes: list[str] = GENES) -> Path:
    folder = tmp_path / "tenx"
    folder.mkdir()
    with gzip.open(folder / "matrix.mtx.gz", "wb") as handle:
        io.mmwrite(handle, sparse.coo_matrix(COUNTS.T.astype(int)))
    with gzip.open(folder / "features.tsv.gz", "wt") as text:
        text.writelines(f"ENS{i}\t{gene}\tGene Expression\n" for i, gene in enumerate(genes))
    with gzip.open(folder / "barcodes.tsv.gz", "wt") as text:
        text.writelines(f"cell{i}\n" for i in range(4))
    return folder


def test_every_format_gives_the_same_table(tmp_path: Path) -> None:
    anndata = pytest.importorskip("anndata")
    pytest.importorskip("scanpy")
    cells = pd.DataFrame({"type": pd.Categorical(LABELS)}, index=[f"cell{i}" for i in range(4)])
    content = anndata.AnnData(
        sparse.csr_matrix(np.log1p(COUNTS)), obs=cells, var=pd.DataFrame(index=GENES)
    )
    content.layers["counts"] = sparse.csr_matrix(COUNTS)
    content.write_h5ad(tmp_path / "table.h5ad")
    labels = tmp_path / "labels.csv"
    cells.astype(str).rename_axis("cell").reset_index().to_csv(labels, index=False)
    tables = [
        read_expression(plain(tmp_path), "counts"),
        read_expression(prefixed(tmp_path)),
        read_expression(tmp_path / "table.h5ad", "counts", layer="counts"),
        read_expression(tenx(tmp_path), cells=labels),
    ]
    for one in tables:
        assert (one.genes, one.kind) == (GENES, "counts")
        np.testing.assert_array_equal(one.values(GENES), COUNTS)
        assert {k: v.tolist() for k, v in groups_of(one, "type").items()} == {
            "a": [0, 1], "b": [2, 3],
        }  # fmt: skip
    expected = np.log2(COUNTS / COUNTS.sum(axis=1, keepdims=True) * 1e6 + 1)
    for one in tables:
        np.testing.assert_allclose(log_normalised(one).values(GENES), expected, rtol=1e-12)


def test_a_library_column_stands_for_genes_that_are_not_stored(tmp_path: Path) -> None:
    pytest.importorskip("scanpy")
    frame = pd.read_parquet(prefixed(tmp_path)).assign(reads=[100, 200, 400, 1000])
    frame.to_parquet(tmp_path / "reads.parquet")
    found = log_normalised(read_expression(tmp_path / "reads.parquet"), 100, "reads")
    np.testing.assert_allclose(found.values(["Kcna1"])[:, 0], np.log2([4, 1, 2.25, 1.1]))
    with pytest.raises(IonfoError, match="no column 'read'.*did you mean 'reads'"):
        log_normalised(read_expression(tmp_path / "reads.parquet"), 100, "read")
    frame.assign(reads=[100, 200, 9, 1000]).to_parquet(tmp_path / "reads.parquet")
    with pytest.raises(IonfoError, match=r"cell 2 has 10 counts and 9 in .* \(1 such cells\)"):
        log_normalised(read_expression(tmp_path / "reads.parquet"), 100, "reads")
    frame.assign(reads=[100, 0, 400, 1000]).to_parquet(tmp_path / "reads.parquet")
    with pytest.raises(IonfoError, match="must be positive, cell 1 has 0"):
        log_normalised(read_expression(tmp_path / "reads.parquet"), 100, "reads")


def test_nothing_is_guessed(tmp_path: Path) -> None:
    with pytest.raises(IonfoError, match="does not say what it holds; declare.*--values counts"):
        read_expression(plain(tmp_path))
    with pytest.raises(IonfoError, match="holds counts by its own names, and --values says log"):
        read_expression(prefixed(tmp_path), "log")
    with pytest.raises(IonfoError, match="whole numbers, gene 'Kcna1' of cell 0 has 1.5"):
        read_expression(plain(tmp_path, COUNTS / 2), "counts")
    with pytest.raises(IonfoError, match=r"not exceed 40, gene 'Kcna1' of cell 0 has 300"):
        read_expression(plain(tmp_path, COUNTS * 100), "log")


def test_negative_counts_are_refused_by_name(tmp_path: Path) -> None:
    bad = COUNTS.copy()
    bad[2, 1] = -3
    with pytest.raises(IonfoError, match="not be negative, gene 'Scn2a1' of cell 2 has -3"):
        read_expression(prefixed(tmp_path, bad))


def test_genes_with_one_name_are_refused_or_added(tmp_path: Path) -> None:
    pytest.importorskip("scanpy")
    folder = tenx(tmp_path, ["Kcna1", "Hcn1", "Hcn1", "Gad1"])
    with pytest.raises(IonfoError, match="the first is 'Hcn1'; rename them, or add up"):
        read_expression(folder)
    found = read_expression(folder, sum_duplicates=True)
    assert found.genes == ["Kcna1", "Hcn1", "Gad1"]
    np.testing.assert_array_equal(found.values(["Hcn1"])[:, 0], COUNTS[:, 1] + COUNTS[:, 2])
    text = plain(tmp_path).read_text().replace("Hcn1", "Kcna1", 1)
    (tmp_path / "twice.csv").write_text(text)
    with pytest.raises(IonfoError, match="column 'Kcna1' stands 2 times in it; rename"):
        read_expression(tmp_path / "twice.csv", "counts")


def test_missing_labels_are_never_dropped_unasked(tmp_path: Path) -> None:
    table = read_expression(prefixed(tmp_path))
    with pytest.raises(IonfoError, match="no column 'typ' with labels; did you mean 'type'"):
        groups_of(table, "typ")
    unlabelled = Expression(
        table.matrix, table.genes, table.cells.assign(type=["a", None, "b", "b"]), "counts", "t"
    )
    with pytest.raises(IonfoError, match="1 of 4 cells have no label in column 'type'; label them"):
        groups_of(unlabelled, "type")
    assert groups_of(unlabelled, "type", ["b"])["b"].tolist() == [2, 3]
    with pytest.raises(IonfoError, match="no group 'c'; there are: a, b"):
        groups_of(unlabelled, "type", ["c"])


def test_genes_are_chosen_by_set_and_median(tmp_path: Path) -> None:
    table = read_expression(prefixed(tmp_path))
    groups = groups_of(table, "type")
    chosen = gene_set(table, "ion-channels")
    assert chosen == ["Kcna1", "Scn2a1", "Hcn1"]
    assert expressed_genes(table, chosen, groups, in_every=True) == chosen
    lower = Expression(COUNTS * [1, 1, 0, 1], GENES, table.cells, "counts", "t")
    assert expressed_genes(lower, chosen, groups, in_every=True) == ["Kcna1", "Scn2a1"]
    (tmp_path / "genes.txt").write_text("# mine\nGad1  # marker\nNowhere\n")
    assert gene_set(table, str(tmp_path / "genes.txt")) == ["Gad1"]
    with pytest.raises(IonfoError, match="--genes must be ion-channels, all or a file"):
        gene_set(table, "channels")


def test_genes_of_zeros_are_left_out_and_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = read_expression(prefixed(tmp_path, COUNTS * [1, 0, 1, 1]))
    assert varying_genes(table).genes == ["Kcna1", "Hcn1", "Gad1"]
    assert "1 genes that are zero in every cell: Scn2a1" in capsys.readouterr().err


def test_groups_with_too_few_cells_are_refused_or_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = read_expression(prefixed(tmp_path))
    groups = {"a": np.arange(3), "b": np.array([3])}
    assert list(usable_groups(table, groups, 2, named=False)) == ["a"]
    assert "no more cells than the 2 variables: b (1)" in capsys.readouterr().err
    with pytest.raises(IonfoError, match="group 'b' has 1 cells for 2 variables"):
        usable_groups(table, groups, 2, named=True)


def test_broken_files_get_one_sentence(tmp_path: Path) -> None:
    pytest.importorskip("scanpy")
    (tmp_path / "bad.h5ad").write_text("no h5ad")
    with pytest.raises(IonfoError, match="cannot be read as h5ad"):
        read_expression(tmp_path / "bad.h5ad", "counts")
    with pytest.raises(IonfoError, match="is no 10x folder: it needs matrix.mtx"):
        read_expression(tmp_path)
    with pytest.raises(IonfoError, match="does not exist"):
        read_expression(tmp_path / "nowhere.parquet", "log")
    folder = tenx(tmp_path)
    (folder / "matrix.mtx.gz").write_bytes(b"broken")
    with pytest.raises(IonfoError, match="cannot be read as 10x"):
        read_expression(folder)


def test_without_the_extra_the_sentence_says_how_to_install_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "scanpy", None)
    table = read_expression(prefixed(tmp_path))  # reading needs nothing
    with pytest.raises(IonfoError, match=r"normalised with the package scanpy.*ionfo\[genes\]"):
        log_normalised(table)
    (tmp_path / "table.h5ad").write_text("")
    monkeypatch.setitem(sys.modules, "anndata", None)
    with pytest.raises(IonfoError, match=r"needs the package anndata.*ionfo\[genes\]"):
        read_expression(tmp_path / "table.h5ad", "counts")


def test_two_columns_of_one_name_are_added_up_if_they_are_genes() -> None:
    frame = pd.DataFrame([[1.0, 2.0, 3.0], [1.0, 2.0, 4.0]], columns=["a", "a", "b"])
    frame = frame.add_prefix("count/").assign(type="x")
    found = expression_of(frame, sum_duplicates=True)
    assert found.genes == ["a", "b"]
    np.testing.assert_array_equal(found.values(["a", "b"]), [[3.0, 3.0], [3.0, 4.0]])
    with pytest.raises(IonfoError, match="--sum-duplicates"):
        expression_of(frame)
    with pytest.raises(IonfoError, match="two columns named 'type'"):
        expression_of(pd.concat([frame, frame[["type"]]], axis=1), sum_duplicates=True)
