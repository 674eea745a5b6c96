"""Plain tables as matrices: bad cells, roles of columns, and rows that miss something."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ionfo.errors import IonfoError
from ionfo.tables.cells import bad_cell
from ionfo.tables.matrix import Reading, Table, analysis_table, read_analysis_table
from ionfo.tables.missing import Dropped
from ionfo.tables.roles import counts_rows, labels_told, repeats_told, roles_told
from ionfo.tables.text import csv_format

N = 60


@pytest.fixture
def frame() -> pd.DataFrame:
    return pd.DataFrame(np.random.default_rng(0).standard_normal((N, 4)), columns=[*"abcd"])


def seen(frame: pd.DataFrame, targets: tuple[str, ...] = (), **how: object) -> Table:
    """The table as `ionfo.analyse` sees a DataFrame."""
    reading = Reading(**how)  # type: ignore[arg-type]
    return analysis_table(frame, {}, Path("table.parquet"), targets, (), reading)


# cells that are no numbers


def test_shared_table_with_a_bad_cell_is_refused(shared: Path) -> None:
    file = shared / "cases/table-one-bad-cell/t.csv"
    words = r"column 'Vrest' holds numbers, but for 1 of 38 cells, the first of them '-' in row 5"
    with pytest.raises(IonfoError, match=rf"{words} \(line 6\) \(1 more are missing\); correct"):
        read_analysis_table(file, ())
    without = read_analysis_table(file, (), ["Vrest"])
    assert without.parameter_names == ["Rin (MOhm)", "tau (ms)", "Kcna1", "Scn1a", "sag"]
    assert without.left_out == {"Vrest": "--exclude names"}


def test_shared_table_with_decimal_commas_is_read(shared: Path) -> None:
    file = shared / "cases/table-decimal-comma/t.csv"
    with pytest.raises(IonfoError, match="read it with --separator ';' --decimal ,"):
        read_analysis_table(file, ())
    words = "holds numbers with decimal commas, such as '0,34558' in row 1 .line 2.; save it with"
    with pytest.raises(IonfoError, match=f"{words} decimal points, or .*--separator ';' --decimal"):
        read_analysis_table(file, (), how=Reading(csv_format(";")))
    found = read_analysis_table(file, (), how=Reading(csv_format(decimal=",")))
    assert found.parameters.shape == (39, 6)
    np.testing.assert_array_equal(found.parameters[0, :3], [0.34558, 0.82162, 0.33044])


@pytest.mark.parametrize(
    ("cells", "found"),
    [
        (["1", "2", "x", "y"], None),  # as many words as numbers
        (["1", "2", "3", "x", "y"], (4, "x", 2, 5)),
        ([1.0, "2", None, "inf?"], (4, "inf?", 1, 3)),
        (["1", "2.5", "1e-3"], (1, "1", 0, 3)),
        ([True, False, None], None),
        (["0,5", "0,25", "3"], None),
        ([1.5, 2.5, np.nan], None),
    ],
)
def test_what_keeps_a_column_from_being_numbers(
    cells: list[object], found: tuple[object, ...] | None
) -> None:
    bad = bad_cell(pd.Series(cells))
    assert (None if bad is None else (bad.row, bad.text, bad.n_bad, bad.n_cells)) == found


def test_bad_cells_of_a_frame_and_of_a_population(frame: pd.DataFrame) -> None:
    spoilt = frame.astype({"c": object})
    spoilt.loc[7, "c"] = "weird"
    with pytest.raises(IonfoError, match="'c' holds numbers, but for 1 of 60 .* 'weird' in row 8;"):
        seen(spoilt)
    with pytest.raises(IonfoError, match="column 'parameters/c' holds numbers, but for 1 of 60"):
        seen(spoilt.rename(columns=lambda name: f"parameters/{name}"))
    with pytest.raises(IonfoError, match="if that row holds units, remove it"):
        seen(frame.astype(object).mask(frame.index.to_series() == 0, "furlong"))
    with pytest.raises(IonfoError, match="written as text, such as .* turn them into numbers"):
        seen(frame.astype({"b": str}))
    np.testing.assert_array_equal(seen(frame.astype(object)).parameters, frame.to_numpy())


# roles of columns


def test_columns_that_count_rows_are_left_out_and_can_be_kept(
    frame: pd.DataFrame, capsys: pytest.CaptureFixture[str]
) -> None:
    order = np.random.default_rng(1).permutation(N)
    numbered = frame.assign(
        model_id=order, nr=order + 1.0, specimen=700_000 + 17 * order, steps=order // 2
    )
    found = seen(numbered)
    assert found.parameter_names == ["a", "b", "c", "d", "steps"]
    assert found.left_out == {
        "model_id": "counts rows", "nr": "counts rows", "specimen": "numbers its rows",
    }  # fmt: skip
    told = capsys.readouterr().err
    assert "left out column 'model_id', which counts rows" in told and "--keep 'model_id'" in told
    assert "'steps' holds whole numbers of 30 values: if it names groups" in told
    kept = seen(numbered, ("nr",), keep=("model_id",))
    assert kept.parameter_names == ["a", "b", "c", "d", "model_id", "steps"]
    assert kept.feature_names == ["nr"]
    with pytest.raises(IonfoError, match="has no column 'model' to keep; did you mean 'model_id'"):
        seen(numbered, keep=("model",))


def test_unique_counts_are_no_identifiers_among_counts() -> None:
    rng = np.random.default_rng(2)
    counts = pd.DataFrame({name: rng.permutation(10_000)[:N] for name in "abcd"})
    assert seen(counts).parameter_names == [*"abcd"]
    assert seen(counts.assign(cell_id=counts["a"] + 5)).left_out == {"cell_id": "numbers its rows"}


@pytest.mark.parametrize(
    ("values", "name", "told"),
    [
        (range(9), "x", "counts rows"),
        (range(9, 0, -1), "x", "counts rows"),
        (range(2, 11), "x", None),  # nine rows, whole numbers that never repeat: may be measured
        (range(2, 11), "cellID", "numbers its rows"),
        (range(2, 32), "x", "numbers its rows"),
        (range(-5, 25), "x", None),
        ([*range(29), 3], "id", None),
        (np.arange(30) / 2, "id", None),
        ([True, False], "id", None),
    ],
)
def test_what_counts_rows(values: object, name: str, told: str | None) -> None:
    assert counts_rows(pd.Series(values, name=name)) == told  # type: ignore[call-overload]


def test_labels_are_asked_about() -> None:
    one = pd.DataFrame({"x": [0, 1, 2] * 4, "y": np.arange(12) / 8, "z": np.arange(12) / 7})
    assert labels_told(one, ["x"]) is None
    both = labels_told(one.assign(w=[4, 5] * 6), ())
    assert both is not None and both.startswith("'x' (3 values), 'w' (2 values) hold whole numbers")


def test_roles_are_said_in_one_line() -> None:
    told = roles_told(
        ["a"], ["f", "g"], {"m": "holds no numbers", "n": "counts rows", "w": "holds no numbers"}
    )
    assert told == (
        "1 parameter: a; 2 targets: f, g; left out: m, w, which hold no numbers; n, which counts "
        "rows"
    )
    assert roles_told([f"p{i}" for i in range(60)], [], {}).endswith("p39 and 20 more; no target")


def test_repeated_rows_are_said() -> None:
    assert repeats_told(10, 10) is None
    assert "only 5 of 10 rows are distinct" in str(repeats_told(10, 5))


# rows that miss something


def test_rows_that_miss_something_are_left_out_when_asked(
    frame: pd.DataFrame, capsys: pytest.CaptureFixture[str]
) -> None:
    gaps = frame.assign(f=frame["a"].where(frame.index > 2), g=1.0)
    gaps.loc[[2, 9], "b"] = np.nan
    with pytest.raises(IonfoError, match="'b' is missing in some models .* with --drop-missing"):
        seen(gaps)
    with pytest.raises(IonfoError, match=r"'f' is missing in some models \(3 of 60\).*--drop-miss"):
        seen(gaps.assign(b=frame["b"]), ("f",))
    with pytest.raises(IonfoError, match="feature 'g' does not vary; name another target"):
        seen(frame.assign(g=1.0), ("g",))
    found = seen(gaps, ("f",), drop_missing=True)
    kept = [i for i in range(N) if i not in (0, 1, 2, 9)]
    assert found.dropped == Dropped(4, 60, {"b": 2, "f": 3})
    np.testing.assert_array_equal(found.parameters, frame.iloc[kept].to_numpy())
    np.testing.assert_array_equal(found.features[:, 0], frame["a"].iloc[kept])
    assert len(found.weights) == 56
    told = "left out 4 of 60 rows in which a parameter or a target is missing (2 in 'b', 3 in 'f')"
    assert told in capsys.readouterr().err
    assert seen(frame, drop_missing=True).dropped is None


def test_rows_of_a_population_keep_their_chain(
    frame: pd.DataFrame, capsys: pytest.CaptureFixture[str]
) -> None:
    models = frame.rename(columns=lambda name: f"parameters/{name}").assign(
        weight=np.arange(N) + 1.0, ensemble=0, walker=np.arange(N) % 2, step=np.arange(N) // 2
    )
    models["features/f"] = frame["a"].where(frame.index != 5)
    found = seen(models, ("f",), drop_missing=True)
    assert found.walker is not None and len(found.walker) == N - 1
    assert found.weights.sum() == models["weight"].drop(5).sum()
    with pytest.raises(IonfoError, match="'e' is missing in all 60 rows; leave it out with --excl"):
        seen(models.assign(**{"parameters/e": np.nan}), drop_missing=True)
    assert seen(models, drop_missing=True).dropped is None  # no target misses anything
    assert "left out with --targets NAME --drop-missing" in capsys.readouterr().err
