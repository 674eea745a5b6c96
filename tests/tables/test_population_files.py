"""Populations of a folder are listed; those of the published cells are found by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from ionfo.errors import IonfoError
from ionfo.tables.population_files import list_populations, published_populations


def test_an_empty_folder_is_no_pass(tmp_path: Path) -> None:
    (tmp_path / "notes.csv").touch()
    with pytest.raises(IonfoError, match="holds no population"):
        list_populations(tmp_path)
    for name in ("l5pc", "cac", "cac_high", "other"):
        (tmp_path / f"{name}.parquet").touch()
    assert [one.stem for one in list_populations(tmp_path)] == ["cac", "cac_high", "l5pc", "other"]
    assert list(published_populations(tmp_path)) == ["cac", "l5pc"]
    assert published_populations(tmp_path, "_high") == {"cac": tmp_path / "cac_high.parquet"}


def test_bundled_ones_are_there() -> None:
    assert {"cac", "bnac"} <= set(published_populations())
