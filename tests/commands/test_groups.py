"""``ionfo groups``, and ``ionfo analyse --group``, which is the same."""

from __future__ import annotations

import io
from contextlib import redirect_stdout
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import ionfo
from ionfo.cli import app
from ionfo.errors import IonfoError
from ionfo.terminal.output import notes_said

QUICK = ["--shuffles", "4", "--bootstrap", "4", "--permutations", "5", "--threads", "1",
         "--group-permutations", "19"]  # fmt: skip


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("table")
    rng = np.random.default_rng(0)
    values = rng.standard_normal((80, 5))
    values[:40] += rng.standard_normal((40, 1))
    frame = pd.DataFrame(values, columns=[*(f"parameters/{one}" for one in "abcd"), "features/f"])
    frame.assign(kind=["x"] * 40 + ["y"] * 40).to_csv(folder / "t.csv", index=False)
    return folder / "t.csv"


@pytest.fixture(scope="module")
def told(table: Path) -> dict[str, str]:
    """What both commands print; what each writes is in the folder of its name beside the table."""
    found = {}
    for name in ("groups", "analyse"):
        line = [name, str(table), "--group", "kind", "--targets", "f"]
        with notes_said(), redirect_stdout(io.StringIO()) as out:
            app([*line, "--out", str(table.parent / name), *QUICK], standalone_mode=False)
        found[name] = out.getvalue().replace(name, "")
    return found


def test_the_alias_writes_the_same_bytes(table: Path, told: dict[str, str]) -> None:
    assert told["groups"] == told["analyse"] and "permutation p" in told["groups"]
    out = table.parent / "groups"
    files = sorted(one.relative_to(out) for one in out.rglob("*.csv"))
    assert len(files) > 8
    for file in files:
        assert (out / file).read_bytes() == (table.parent / "analyse" / file).read_bytes()


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


@pytest.mark.usefixtures("told")
def test_the_function_finds_what_the_command_writes(table: Path, tmp_path: Path) -> None:
    out = table.parent / "groups"
    found = ionfo.groups(
        pd.read_csv(table, float_precision="round_trip"), "kind", targets=["f"], shuffles=4, bootstrap=4, permutations=5, threads=1,
        group_permutations=19,
    )  # fmt: skip
    written = pd.read_parquet(out / "groups_curves.parquet")
    pd.testing.assert_frame_equal(found.curves, written, check_exact=True)
    assert set(found.findings) == {"x", "y"} and len(found.compared) == len(found.sides) // 2
    assert "data:image/png;base64," in found._repr_html_() and "at 40 rows" in found._repr_html_()
    assert found.plot_o_information().figure is not None
    assert found.write(tmp_path / "again") == tmp_path / "again"
    one, two = (folder / "groups.json" for folder in (out, tmp_path / "again"))
    assert one.read_text() == two.read_text()
    with pytest.raises(IonfoError, match="no option 'shufles'; did you mean 'shuffles'"):
        ionfo.groups(pd.read_csv(table, float_precision="round_trip"), "kind", shufles=3)  # type: ignore[call-arg]
