"""``ionfo groups``, and ``ionfo analyse --group``, which is the same."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import ionfo
from ionfo.cli import app
from ionfo.errors import IonfoError

QUICK = ["--shuffles", "4", "--bootstrap", "4", "--permutations", "5", "--threads", "1",
         "--group-permutations", "19"]  # fmt: skip


@pytest.fixture
def table(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    values = rng.standard_normal((80, 5))
    values[:40] += rng.standard_normal((40, 1))
    frame = pd.DataFrame(values, columns=[*(f"parameters/{one}" for one in "abcd"), "features/f"])
    frame.assign(kind=["x"] * 40 + ["y"] * 40).to_csv(tmp_path / "t.csv", index=False)
    return tmp_path / "t.csv"


def test_the_alias_writes_the_same_bytes(
    table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = {}
    for name in ("groups", "analyse"):
        line = [name, str(table), "--group", "kind", "--targets", "f"]
        app([*line, "--out", str(tmp_path / name), *QUICK], standalone_mode=False)
        told[name] = capsys.readouterr().out.replace(name, "")
    assert told["groups"] == told["analyse"] and "permutation p" in told["groups"]
    files = sorted(p.relative_to(tmp_path / "groups") for p in (tmp_path / "groups").rglob("*.csv"))
    assert len(files) > 8
    for file in files:
        assert (tmp_path / "groups" / file).read_bytes() == (
            tmp_path / "analyse" / file
        ).read_bytes()


def test_options_of_groups_need_a_group(table: Path, tmp_path: Path) -> None:
    for option in (
        ["--groups", "x"],
        ["--equal-rows", "20"],
        ["--sum-duplicates"],
        ["--genes", "all"],
    ):
        line = ["analyse", str(table), "--out", str(tmp_path / "out"), *option]
        with pytest.raises(IonfoError, match=f"{option[0]} goes with --group COLUMN"):
            app(line, standalone_mode=False)


def test_the_function_finds_what_the_command_writes(table: Path, tmp_path: Path) -> None:
    line = ["groups", str(table), "--group", "kind", "--out", str(tmp_path / "out"), *QUICK]
    app(line, standalone_mode=False)
    found = ionfo.groups(
        pd.read_csv(table, float_precision="round_trip"), "kind", shuffles=4, bootstrap=4, permutations=5, threads=1,
        group_permutations=19,
    )  # fmt: skip
    written = pd.read_parquet(tmp_path / "out/groups_curves.parquet")
    pd.testing.assert_frame_equal(found.curves, written, check_exact=True)
    assert set(found.findings) == {"x", "y"} and len(found.compared) == len(found.sides) // 2
    assert "data:image/png;base64," in found._repr_html_() and "at 40 rows" in found._repr_html_()
    assert found.plot_o_information().figure is not None
    assert found.write(tmp_path / "again") == tmp_path / "again"
    one, two = (tmp_path / name / "groups.json" for name in ("out", "again"))
    assert one.read_text() == two.read_text()
    with pytest.raises(IonfoError, match="no option 'shufles'; did you mean 'shuffles'"):
        ionfo.groups(pd.read_csv(table, float_precision="round_trip"), "kind", shufles=3)  # type: ignore[call-arg]
